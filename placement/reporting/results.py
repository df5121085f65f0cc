"""What the workflows hand to reporting: frozen, complete, free of presentation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from placement.data.encoding import Encoder
from placement.data.table import Table
from placement.evaluation.evaluation import Evaluation
from placement.model.fitted import Fitted


@dataclass(frozen=True)
class Understanding:
    """What was understood of a file before anything is fitted, as `--dry-run` shows it.

    `rows`: train, validation, test; `notes` say how rows and optimizer were chosen; `encoder`
    is how the columns used are encoded.
    """

    table: Table
    rows: Mapping[str, int]
    notes: tuple[str, ...]
    encoder: Encoder
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Tracked:
    """Where a run and its model are kept; `export_line` makes plain `mlflow` look there too."""

    run_id: str
    run_name: str
    tracking_uri: str
    export_line: str
    model_uri: str
    alias: str


@dataclass(frozen=True)
class TrainResult:
    """One training: the model with its figures, what was understood, and where it went."""

    sources: tuple[str, ...]
    understanding: Understanding
    fitted: Fitted
    warnings: tuple[str, ...]
    tracked: Tracked | None
    bundle: str | None


@dataclass(frozen=True)
class PredictResult:
    """What a scoring came to: counts of rows, warnings, where the model is from."""

    source: str
    out: str | None
    model: Mapping[str, Any]
    rows_in: int
    rows_out: int
    left_out: Mapping[str, int]
    blank_lines: int
    predicted_positive: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class EvaluateResult:
    """A model measured on a file with outcomes."""

    source: str
    model: Mapping[str, Any]
    evaluation: Evaluation
    warnings: tuple[str, ...]

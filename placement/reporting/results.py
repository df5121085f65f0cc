"""What the workflows hand to reporting: frozen, complete, free of presentation."""

from collections.abc import Mapping
from dataclasses import dataclass

from placement.arrays import Document
from placement.config.train_config import TrainConfig
from placement.data.encoding.encoder import Encoder
from placement.data.schema import Schema, Target
from placement.evaluation.alternatives.alternatives import ModelComparison
from placement.evaluation.as_told import ToldOutcome
from placement.evaluation.effect.lottery import DrawnBand, LotteryRequest
from placement.evaluation.effect.lottery_effect import LotteryEffect
from placement.evaluation.effect.power import Detectable
from placement.evaluation.evaluate import Evaluation
from placement.evaluation.explanation.counterfactual import Counterfactual
from placement.evaluation.false_alarms import FalseAlarms
from placement.evaluation.overrides import Overrides
from placement.model.figures import CoefficientEstimate
from placement.model.fitted import Fitted
from placement.stats.capture import Capture
from placement.stats.sample_size import SampleSize


@dataclass(frozen=True)
class Understanding:
    """What was understood of a file before anything is fitted, as `--dry-run` shows it.

    `total`: rows with an outcome, and `rows` those that train, validate and test; `left_out`: why
    others are not used, and how many. `facts` are those of the file, `notes` say how rows and
    optimizer were chosen. `levels`: how many each category has; `encoder` is how the columns used
    are encoded. `sample_size` are the rows needed for so many `parameters`, of which there are
    `weight`; None where none is needed. `waiting_in` is the first of several files that has a row
    whose outcome is not known yet. `students` is the column that tells which rows are of one
    student, None where each has one row.
    """

    name: str
    schema: Schema
    total: int
    rows: Mapping[str, int]
    left_out: tuple[tuple[str, int], ...]
    facts: tuple[str, ...]
    notes: tuple[str, ...]
    levels: Mapping[str, int]
    encoder: Encoder
    warnings: tuple[str, ...]
    weight: float
    parameters: int
    sample_size: SampleSize | None
    waiting_in: str | None
    students: str | None


@dataclass(frozen=True)
class Tracked:
    """Where a run and its model are kept; `export_line` makes plain `mlflow` look there too."""

    run_id: str
    run_name: str
    export_line: str
    model_uri: str
    alias: str


@dataclass(frozen=True)
class TrainResult:
    """One training: the model with its figures, what was understood, and where it went.

    `device`: where its passes were worked out, as torch names it.
    """

    sources: tuple[str, ...]
    understanding: Understanding
    fitted: Fitted
    config: TrainConfig
    warnings: tuple[str, ...]
    tracked: Tracked | None
    bundle: str | None
    device: str


@dataclass(frozen=True)
class ListBand:
    """The words of the groups that shared a draw, and what it was held among."""

    groups: tuple[str, ...]
    band: DrawnBand


@dataclass(frozen=True)
class SeatedList:
    """A list whose seats are known: how many students have which, and what a lottery can show.

    `small` are the groups too small for a band of their own, `full` those in which everybody has a
    seat. `detectable` is what one such list finds, `pooled` what three of them do; None where
    nobody drew. `about` is what is kept beside the list.
    """

    seats: Mapping[str, int]
    lottery: LotteryRequest | None
    bands: tuple[ListBand, ...]
    small: tuple[str, ...]
    full: tuple[str, ...]
    detectable: Detectable | None
    pooled: Detectable | None
    about: Document


@dataclass(frozen=True)
class PredictResult:
    """What a scoring came to: counts of rows, warnings, where the model is from.

    `ranking`: the order in which rows were written, where that is not the file's. `in_doubt` are
    the rows scored with a cell that is unreadable, unknown or beyond what was seen. `seated`: the
    seats, where they were given. `false_alarms`: how many on a list fare otherwise, if known.
    """

    source: str
    out: str | None
    model: Document
    rows_in: int
    rows_out: int
    left_out: Mapping[str, int]
    blank_lines: int
    predicted_positive: int
    in_doubt: int
    target: Target
    added: tuple[str, ...]
    warnings: tuple[str, ...]
    ranking: str | None = None
    seated: SeatedList | None = None
    false_alarms: FalseAlarms | None = None


@dataclass(frozen=True)
class EvaluateResult:
    """A model measured on a file with outcomes, beside `alternatives` where these were asked.

    `capture`: whom its list holds, beside lists by single columns; None where that is not known.
    `as_told`: the probabilities were those that a list told, whichever model they are of.
    `overrides`: the adviser's judgement beside it; None where the list has none. `by_seat`: what
    those without and with a seat were told. `words` are those of the command for today's model.
    """

    source: str
    model: Document
    target: Target
    evaluation: Evaluation
    warnings: tuple[str, ...]
    alternatives: ModelComparison | None = None
    capture: Capture | None = None
    as_told: bool = False
    overrides: Overrides | None = None
    by_seat: tuple[ToldOutcome, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Student:
    """Why a student of a file has this chance, and what would matter.

    `contributions` by file column and `average`, the average student's logit, add up to `logit`;
    `row` is the 1-based data row, `low` and `high` are 95 % limits of the probability. `identity`
    has the cells of the columns that say who it is, `line` is that of the file or sheet.
    """

    row: int
    line: int | None
    identity: Mapping[str, str]
    probability: float
    low: float | None
    high: float | None
    logit: float
    average: float
    contributions: tuple[tuple[str, float], ...]
    reasons: tuple[str, ...]
    what_if: tuple[Counterfactual, ...]


@dataclass(frozen=True)
class ExplainedStudents:
    """The first of the `chosen` students that were asked about, of `total` rows of a file.

    `in_sheet`: their lines are those of a sheet.
    """

    students: tuple[Student, ...]
    chosen: int
    total: int
    in_sheet: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ExplainResult:
    """A model as a table, `maximised` or penalised, and students where a file was named."""

    model: Document
    fitted: Fitted
    coefficients: tuple[CoefficientEstimate, ...]
    maximised: bool
    explained: ExplainedStudents | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class EffectResult:
    """What lists with seats led to. `lists` maps their files to their ids.

    `effect` is None where no lots were drawn, so that none can be told. `joining` are the options
    that said how outcomes are joined; `run_id` is that of the run that keeps the result.
    """

    lists: Mapping[str, str | None]
    outcomes: str
    target: Target | None
    effect: LotteryEffect | None
    warnings: tuple[str, ...]
    joining: tuple[str, ...] = ()
    run_id: str | None = None

    @property
    def verdict(self) -> str:
        """What may be said: helped, harmed, not shown, or no lottery."""
        return "no lottery" if self.effect is None else self.effect.verdict

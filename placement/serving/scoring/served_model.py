"""The model that is served: one object that a request takes once, so no answer mixes two."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from placement.arrays import FloatArray, IntArray
from placement.data.schema import Schema
from placement.errors import DataError
from placement.evaluation.explanation.contributions import explain, reasons
from placement.model.bundle import open_bundle
from placement.model.fitted import Fitted, fitted_of
from placement.model.scorer import (
    Problem,
    Scorer,
    ScorerError,
    TableLike,
    match_columns,
    notes,
)
from placement.serving.scoring.columns import columns_of_records
from placement.serving.scoring.plain_records import PlainRecords
from placement.tracking.lookup import ResolvedModel


class Answers(NamedTuple):
    """What the model says of rows (n,): the columns of an answer.

    `low` and `high` are None where the model does not know them or they were not asked for;
    `reasons` are the strongest of each row, None where they were not asked for.
    """

    probability: FloatArray
    prediction: IntArray
    low: FloatArray | None
    high: FloatArray | None
    problems: tuple[Problem, ...]
    reasons: list[tuple[str, ...]] | None = None

    @property
    def notes(self) -> list[str | None]:
        """Which cells of each row (n,) are in doubt, and why."""
        if not self.problems:
            return [None] * len(self.probability)
        texts: list[str | None] = notes(self.problems, len(self.probability)).tolist()
        return texts


@dataclass(frozen=True)
class ServedModel:
    """A model under the name and version by which requests ask for it."""

    name: str
    version: str
    digest: str
    directory: Path
    fitted: Fitted
    source: ResolvedModel

    @cached_property
    def scorer(self) -> Scorer:
        """What turns columns into probabilities."""
        return self.fitted.scorer

    @property
    def schema(self) -> Schema:
        """The meaning of the columns."""
        return self.fitted.schema

    @property
    def label(self) -> str:
        """Name and version as a header says them."""
        return f"{self.name}/{self.version}"

    @cached_property
    def header(self) -> bytes:
        """The label as a header's value."""
        return self.label.encode("ascii", "replace")

    @cached_property
    def words(self) -> tuple[str, str]:
        """The outcome column's words of prediction 0 and 1."""
        return self.schema.target.negative, self.schema.target.positive

    def threshold(self, given: object) -> float:
        """Return the threshold to decide by: the model's where none is given."""
        own = self.fitted.threshold
        if given is None:
            return own
        if isinstance(given, bool) or not isinstance(given, (int, float)):
            raise DataError(f"threshold: {type(given).__name__} is no number")
        # The model's is just above 1 where it calls nobody positive.
        if given != own and not 0 <= given <= 1:
            raise DataError("threshold: must be between 0 and 1")
        return float(given)

    def answer(
        self,
        table: TableLike,
        threshold: float,
        *,
        limits: bool = False,
        with_reasons: bool = False,
    ) -> Answers:
        """Score the rows of a table; DataError where a column is lacking or cannot be read."""
        try:
            scores = self.scorer.score(table, errors=limits)
            texts = self._reasons(table) if with_reasons else None
        except TypeError as problem:  # a list or an object among numbers
            raise DataError("a cell must be a number, a text, true, false or null") from problem
        except (ScorerError, ValueError) as problem:
            raise DataError(str(problem)) from problem
        prediction = (scores.probability >= threshold).astype(np.int64)
        low, high = scores.interval or (None, None)
        return Answers(scores.probability, prediction, low, high, scores.problems, texts)

    def answer_records(self, records: Sequence[Any], threshold: float) -> Answers:
        """Score records; a few plain ones at once, others by their columns."""
        probability = self._plain.probability(records)
        if probability is None:
            return self.answer(columns_of_records(records), threshold)
        prediction = (probability >= threshold).astype(np.int64)
        return Answers(probability, prediction, None, None, ())

    @cached_property
    def _plain(self) -> PlainRecords:
        return PlainRecords(self.scorer)

    def _reasons(self, table: TableLike) -> list[tuple[str, ...]]:
        """Return the reasons for rows whose columns are all there, as scoring found."""
        spelling = match_columns(table.keys(), self.scorer.feature_columns)
        cells = {name: table[spelled] for name, spelled in spelling.items()}
        formats = self.scorer.formats(cells)
        return reasons(self.fitted, explain(self.fitted, table, formats), cells, formats)


def load_model(found: ResolvedModel) -> ServedModel:
    """Read the bundle of a model that was found; ModelError where it cannot be used."""
    bundle = open_bundle(found.path)
    digest = str(bundle.document["digest"])
    version = digest[:12] if found.version is None else str(found.version)
    name = found.name or found.path.name
    return ServedModel(
        name, version, digest, found.path, fitted_of(bundle, found.path), source=found
    )

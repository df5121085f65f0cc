"""Several models on the same rows: do they answer one question, and from which columns?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from placement.arrays import FloatArray, UInt64Array
from placement.config.label_options import LabelOptions
from placement.data.schema import Schema
from placement.data.splits.row_clusters import student_hashes
from placement.data.table.table import Table, digest_columns
from placement.errors import DataError, UsageError
from placement.evaluation.as_told import warn_of_help
from placement.evaluation.comparison import REPLICATES, Comparison, compare
from placement.evaluation.held_out import is_training_table
from placement.model.scorer import READ, fold
from placement.runtime.progress import ProgressListener
from placement.workflows.reading.find_model import Model
from placement.workflows.reading.read_labelled import read_like, storage_for
from placement.workflows.scoring.score_blocks import ScoringWarnings

_SHOWN = 6


@dataclass(frozen=True)
class RowSource(LabelOptions):
    """Which rows to compare on: a file, and how it is read."""

    data: str
    weight: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.data == "-":
            raise UsageError(
                "--data -: every model reads the rows in its own way, which standard input cannot "
                "be asked for twice; save it to a file"
            )


@dataclass(frozen=True, eq=False)
class PairedScores:
    """What several `models` say of the same rows.

    `label` and `weight` are (n,), `probabilities` (n,) of each model in order; `clusters` (n,) tell
    which rows are of one student, None where each is on its own. `trained_here` tells which models
    were trained on this very table. `digest` is that of the rows as the first reads them.
    """

    name: str
    digest: str
    label: FloatArray
    weight: FloatArray
    clusters: UInt64Array | None
    probabilities: tuple[FloatArray, ...]
    trained_here: tuple[bool, ...]
    warnings: tuple[str, ...]
    models: Sequence[Model]

    def compare(self, first: int, other: int, listener: ProgressListener) -> Comparison:
        """Compare two of the models, given by their indices."""
        with listener.progress("resampling", "samples", REPLICATES) as progress:
            return compare(
                self.probabilities[first],
                self.probabilities[other],
                self.label,
                self.weight,
                thresholds=(self.models[first].threshold, self.models[other].threshold),
                on_progress=progress.update,
            )


def score_pairs(
    models: Sequence[Model], rows: RowSource, listener: ProgressListener
) -> PairedScores:
    """Score the same rows by several models of one target, each reading them as it was trained.

    Raises DataError where a column is lacking, or the models do not count the same rows.
    """
    probabilities: list[FloatArray] = []
    trained: list[bool] = []
    warnings: list[str] = []
    usual_weight = next((m.schema.weight for m in models if m.schema.weight), None)
    with storage_for(rows) as storage:
        tables: dict[tuple[object, ...], Table] = {}
        for model in models:
            schema, learnt = model.schema, model.scorer.numbers
            key = (schema.target, schema.features, tuple(learnt.values()))
            if key not in tables:
                tables[key] = read_like(
                    rows.data,
                    schema,
                    learnt,
                    storage,
                    listener,
                    rows,
                    weight=rows.weight,
                    usual_weight=usual_weight,
                )
                warnings += (*warn_of_help(tables[key]), *tables[key].warnings)
            table = tables[key]
            _refuse_other_rows(next(iter(tables.values())), table)
            scoring_warnings = ScoringWarnings()
            probabilities.append(_scored(model, table, scoring_warnings))
            warnings += scoring_warnings.warnings
            trained.append(_is_training_table(model, table))
        first = next(iter(tables.values()))
        return PairedScores(
            name=first.name,
            digest=first.digest,
            label=np.array(first.label),
            weight=first.weight,
            clusters=student_hashes(first),
            probabilities=tuple(probabilities),
            trained_here=tuple(trained),
            warnings=tuple(dict.fromkeys(warnings)),
            models=models,
        )


def target_difference(one: Schema, other: Schema) -> str | None:
    """Say what `one` predicts and `other` does, None where that is the same."""
    descriptions = []
    for target in (one.target, other.target):
        meaning = target.rule or repr(target.positive)
        descriptions.append(f"{target.name} = {meaning} (else {target.negative!r})")
    mine, theirs = descriptions
    return None if fold(mine) == fold(theirs) else f"{mine}, not {theirs}"


def column_difference(one: Schema, other: Schema) -> str | None:
    """Say which columns `one` needs that `other` does not, and so on; None where none differ."""
    mine = {fold(f.name): f for f in one.features}
    theirs = {fold(f.name): f for f in other.features}
    kinds = [
        f"{f.name} as a {f.kind}, not a {theirs[key].kind}"
        for key, f in mine.items()
        if key in theirs and theirs[key].kind != f.kind
    ]
    parts = {
        "also": [f.name for key, f in mine.items() if key not in theirs],
        "no longer": [f.name for key, f in theirs.items() if key not in mine],
        "reads": kinds,
    }
    return "; ".join(f"{how} {_listed(names)}" for how, names in parts.items() if names) or None


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _refuse_other_rows(first: Table, table: Table) -> None:
    if not (
        len(first) == len(table)
        and np.array_equal(first.rows, table.rows)
        and np.array_equal(first.label, table.label)
        and np.array_equal(first.weight, table.weight)
    ):
        raise DataError(
            f"{table.name}: the models do not count the same rows ({len(first):,} and "
            f"{len(table):,}), so they cannot be compared on it; leave only rows with one of the "
            "two outcomes"
        )


def _scored(model: Model, table: Table, warnings: ScoringWarnings) -> FloatArray:
    parts = []
    for piece in range(table.pieces):
        scores = model.scorer.score(table.piece(piece, model.schema.feature_names), READ)
        warnings.add(scores.problems, partial(table.where, piece))
        parts.append(scores.probability)
    return np.concatenate(parts)


def _is_training_table(model: Model, table: Table) -> bool:
    """Whether a model was trained on the rows of this table, as they are or without its gaps."""
    names = model.schema.feature_names
    if is_training_table(model.figures, names, table):
        return True
    gaps = [table.chunked_columns[name].missing for name in names]
    missing = np.concatenate(
        [np.any([gap(piece) for gap in gaps], axis=0) for piece in range(table.pieces)]
    )
    if not missing.any() or missing.all():
        return False
    rest = table.take(np.flatnonzero(~missing))  # --missing drop
    rest = replace(rest, digest=digest_columns(rest.chunked_columns))
    return is_training_table(model.figures, names, rest)

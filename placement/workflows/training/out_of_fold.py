"""Predict training rows out of fold: what is chosen after the fit is chosen on these."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from placement.arrays import FloatArray, UInt64Array
from placement.data.columns.column_store import ChunkedArray, ChunkedArrayBuilder
from placement.data.splits.folds import assign_folds
from placement.data.splits.row_clusters import cluster_hashes
from placement.data.splits.row_groups import group_of
from placement.errors import DataError
from placement.evaluation.metrics.accumulator import PredictionAccumulator, PredictionSummary
from placement.runtime.progress import NoProgress, ProgressListener
from placement.training.prepare import Prepared
from placement.training.validation.cross_predict import ScoredRows, fold_numbers, predict_each_fold

FOLDS = 5
LEAST_CLUSTERS = 30  # of fewer, a sum of clusters is never many standard errors from 0


@dataclass(frozen=True, eq=False)
class OutOfFoldPredictions:
    """The rows of one fold: probability by the model of the others, label, weight, all (n,).

    `base_rate` is that of the others. The probabilities are those of the sigmoid. `clusters` (n,)
    tell which rows are of one student, or copies; None where each is on its own.
    """

    probability: ChunkedArray
    label: ChunkedArray
    weight: ChunkedArray
    base_rate: float
    clusters: UInt64Array | None = None

    def add_to(
        self,
        accumulator: PredictionAccumulator,
        apply: Callable[[FloatArray], FloatArray] = lambda p: p,
    ) -> None:
        """Add the rows to an accumulator, with what `apply` makes of their probabilities."""
        start = 0
        for p, y, w in zip(self.probability, self.label, self.weight, strict=True):
            clusters = None if self.clusters is None else self.clusters[start : start + len(p)]
            accumulator.add(apply(p), y, w, self.base_rate, clusters)
            start += len(p)


def folds_for(prepared: Prepared, option: str) -> ChunkedArray:
    """Number the folds of the training rows; raises DataError where there cannot be any."""
    table, config = prepared.table, prepared.config
    folds = training_folds(prepared)
    if folds is None:
        grouped = group_of(table, config) is not None
        cure = " or leave out --group" if config.group else " or --group none" if grouped else ""
        raise DataError(
            f"{table.name}: {option} needs training rows of both outcomes in at least two of "
            f"{FOLDS} folds, and there are too few: give more rows{cure}, or leave out {option}"
        )
    return folds


def training_folds(prepared: Prepared) -> ChunkedArray | None:
    """Number the folds of the training rows, None where an outcome would be in one fold only."""
    config = prepared.config
    return assign_folds(
        prepared.table,
        config.seed,
        FOLDS,
        group=group_of(prepared.table, config),
        split=prepared.split,
    )


def predict_training_rows(
    prepared: Prepared, folds: ChunkedArray, listener: ProgressListener = NoProgress()
) -> tuple[OutOfFoldPredictions, ...]:
    """Predict every training row by the model of the other folds."""
    predicted = predict_each_fold(prepared.table, prepared.config, folds)
    numbers, fold_of_row, clusters = fold_numbers(folds), folds.whole(), _clusters(prepared)
    collected = []
    with listener.progress("cross-validating", "folds", len(numbers)) as progress:
        for number, pieces in zip(numbers, predicted, strict=True):
            of_fold = None if clusters is None else clusters[fold_of_row == number]
            collected.append(_collect(pieces, prepared, of_fold))
            progress.update(len(collected))
    return tuple(collected)


def _clusters(prepared: Prepared) -> UInt64Array | None:
    hashes = cluster_hashes(prepared.table, prepared.config)
    return None if hashes is None or len(np.unique(hashes)) < LEAST_CLUSTERS else hashes


def _collect(
    pieces: Iterable[ScoredRows], prepared: Prepared, clusters: UInt64Array | None
) -> OutOfFoldPredictions:
    p, y, w = (ChunkedArrayBuilder(prepared.table.store, np.float64) for _ in range(3))
    base_rate = prepared.base_rate
    for rows in pieces:
        base_rate = rows.base_rate
        for builder, column in zip((p, y, w), rows[:3], strict=True):
            builder.add(column)
    for builder in (p, y, w):
        builder.end_piece()
    return OutOfFoldPredictions(p.array, y.array, w.array, base_rate, clusters)


def summarize(folds: Iterable[OutOfFoldPredictions]) -> PredictionSummary:
    """Return the rows of some folds, summed up in bins where they are many."""
    accumulator = PredictionAccumulator()
    for fold in folds:
        fold.add_to(accumulator)
    return accumulator.summary()

"""Compare a perceptron with its rivals on the rows of a table, cross-validated."""

import itertools

import numpy as np
import numpy.typing as npt

from placement.arrays import BoolArray, FloatArray
from placement.config.train_config import TrainConfig
from placement.data.columns.column_store import ChunkedArray
from placement.data.encoding.nonlinear_terms import nonlinear_terms_of
from placement.data.splits.folds import assign_folds
from placement.data.splits.row_groups import group_of
from placement.data.splits.row_hashes import hash_rows
from placement.data.splits.split import TRAIN, RowMask, Split, break_ties, mark_smallest
from placement.data.table.table import Table
from placement.errors import DataError
from placement.evaluation.alternatives.alternatives import ModelComparison, compare
from placement.evaluation.alternatives.sklearn_cv import CrossValidationData
from placement.model.scorer import Coded
from placement.runtime.progress import NoProgress, ProgressListener
from placement.training.validation.cross_predict import predict_out_of_fold

FOLDS = 5
MOST_ROWS = 20_000  # compared on; more would say little more, and take long
MOST_CELLS = 20_000_000  # encoded, of one fold


def compare_alternatives(
    table: Table,
    config: TrainConfig,
    listener: ProgressListener = NoProgress(),
    *,
    split: Split | None = None,
    folds: int = FOLDS,
) -> ModelComparison:
    """Compare the perceptron of these settings with its rivals, each row predicted out of fold.

    With `split`, only the rows that train take part. Of more than 20,000 (fewer, where categories
    of many levels make rows wide) those are drawn whose hash, keyed by the seed, is lowest. Raises
    DataError where there are too few rows to cross-validate.
    """
    if not table.schema.features:  # of one row, every column is a constant
        raise too_few(table, folds)
    drawn, total = drawn_rows(table, config.seed, split)
    assigned = assign_folds(drawn, config.seed, folds, group=group_of(drawn, config))
    if assigned is None:
        raise too_few(table, folds)
    with listener.progress("comparing", "steps") as progress:
        step = itertools.count(1)
        p = _perceptron(drawn, config, assigned)
        progress.update(next(step), "perceptron")
        return compare(
            _cross_validation_data(drawn, config, assigned.whole()),
            p,
            of_rows=total,
            seed=config.seed,
            on_progress=lambda what: progress.update(next(step), what),
        )


def too_few(table: Table, folds: int) -> DataError:
    """Make the error for rows that cannot be cross-validated."""
    return DataError(
        f"{table.name}: too few rows of one outcome, or too few groups, for {folds} folds; give "
        "more rows"
    )


def drawn_rows(table: Table, seed: int, split: Split | None) -> tuple[Table, int]:
    """Return the rows that train, in memory, or a part that fits; and how many there were."""

    def trains(piece: int) -> BoolArray:
        if split is None:
            return np.ones(table.labels.sizes[piece], dtype=bool)
        return np.asarray(split.subsets.piece(piece) == TRAIN)

    total = sum(int(trains(piece).sum()) for piece in range(table.pieces))
    most = min(MOST_ROWS, MOST_CELLS // max(_width(table), 1))
    chosen: RowMask = trains
    if total > most:

        def held_out(piece: int) -> BoolArray:
            return ~trains(piece)

        hashes = hash_rows(table, table.schema.feature_names, seed)
        keys, _ = break_ties(table, hashes, held_out)
        chosen = mark_smallest(table, keys, most / total, held_out)
    elif total == len(table):
        return table, total
    marks = np.concatenate([chosen(piece) for piece in range(table.pieces)])
    return table.take(np.flatnonzero(marks)), total


def _width(table: Table) -> int:
    """Return about how many encoded columns a table has."""
    return sum(
        2 if feature.kind == "number" else table.chunked_columns[feature.name].count_levels()
        for feature in table.schema.features
    )


def _perceptron(table: Table, config: TrainConfig, folds: ChunkedArray) -> FloatArray:
    """Return the perceptron's out-of-fold probabilities (n,)."""
    p = np.zeros(len(table))
    # They come fold by fold, each in the order of its rows.
    order = np.argsort(folds.whole(), kind="stable")
    scored = predict_out_of_fold(table, config, folds)
    p[order] = np.concatenate([rows.probability for rows in scored])
    return p


def _cross_validation_data(
    table: Table, config: TrainConfig, fold: npt.NDArray[np.integer]
) -> CrossValidationData:
    columns: dict[str, FloatArray | Coded] = {}
    for feature in table.schema.features:
        column = table.chunked_columns[feature.name]
        words = feature.kind == "category"
        columns[feature.name] = (
            Coded(column.array.whole(), column.texts) if words else np.asarray(column.cells())
        )
    return CrossValidationData(
        columns=columns,
        schema=table.schema,
        label=(table.label >= 0.5).astype(np.float64),
        weight=table.weight,
        fold=fold,
        l2=config.l2,
        balanced=config.class_weight == "balanced",
        curves=nonlinear_terms_of(config, table.schema, file=table.name),
    )

"""Which rows of a table a model did not learn from: those that its training held out of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from placement.config.train_config import TrainConfig
from placement.data.splits.row_hashes import digest_rows
from placement.data.splits.split import TEST, TRAIN, Split, hold_out, rows_of
from placement.data.table.table import Table
from placement.errors import DataError
from placement.model.figures import ModelFigures
from placement.model.fitted import Fitted

_SETTINGS = ("test_size", "test_where", "group", "seed", "patience")


def is_training_table(figures: ModelFigures, names: Sequence[str], table: Table) -> bool:
    """Whether a model of these figures and features was trained on these rows, in any order.

    They may have been all of its rows, or those of one of its files.
    """
    if figures.data_digest == table.digest:
        return True
    evaluation = figures.evaluation
    if evaluation is None or not all(name in table.chunked_columns for name in names):
        return False
    return digest_rows(table, names).every in (evaluation.rows_digest, *evaluation.file_digests)


def split_of_training(fitted: Fitted, table: Table) -> Split | None:
    """Return how a model's training held rows out of this table, in any order.

    None where it is another table, where nothing was held out of it, where the model was fitted
    again on all rows, and where it is not known any more which they were.
    """
    trained = is_training_table(fitted.figures, fitted.schema.feature_names, table)
    return _recorded_split(fitted, table) if trained else None


def _recorded_split(fitted: Fitted, table: Table) -> Split | None:
    if not fitted.figures.rows.test or fitted.config["refit"]:
        return None
    settings = {name: fitted.config[name] for name in _SETTINGS}
    try:
        split = hold_out(table, TrainConfig(**settings))
    except DataError:  # the same rows, without the column that --test-where or --group asks
        return None
    return split if _is_recorded(fitted, table, split) else None


def _is_recorded(fitted: Fitted, table: Table, split: Split) -> bool:
    """Whether the rows of a split are those that the training held out."""
    figures, names = fitted.figures, fitted.schema.feature_names
    if figures.evaluation is not None:
        recorded = figures.evaluation.held_out_digest
        if recorded is not None:
            return digest_rows(table, names, rows_of(split, TEST)).marked == recorded
        if table.students is not None:  # an earlier version did not record `--group none`
            return False
    counts = (int(split.counts[TRAIN]), int(split.counts[TEST]))
    return figures.data_digest == table.digest and counts == (figures.rows.train, figures.rows.test)


@dataclass(frozen=True)
class MeasuredRows:
    """The rows of a table to measure a model on.

    `metrics_on`: "test" where they are those its training held out of this table, "train" where it
    learnt from them, None where the table is another.
    """

    table: Table
    metrics_on: Literal["test", "train"] | None


def measured_rows(fitted: Fitted, table: Table, *, every: bool = False) -> MeasuredRows:
    """Return the rows that the training held out of its own table, or all of another.

    All of its own where `every` row is asked for, and where it held none out.
    """
    trained = is_training_table(fitted.figures, fitted.schema.feature_names, table)
    split = _recorded_split(fitted, table) if trained and not every else None
    if split is not None:
        return MeasuredRows(table.only(rows_of(split, TEST)), "test")
    return MeasuredRows(table, "train" if trained else None)

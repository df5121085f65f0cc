"""Train again in the way a model was trained, on rows of another table."""

from collections.abc import Mapping, Sequence
from typing import Any

from placement.arrays import Document
from placement.config.train_config import TrainConfig
from placement.data.splits.row_hashes import digest_rows
from placement.data.splits.split import TEST, TRAIN, Split, hold_out
from placement.data.table.table import Table
from placement.model.figures import ModelFigures
from placement.model.fitted import Fitted

# What is about holding rows out of a file and choosing on the rest, not about fitting.
_ABOUT_A_FILE = ("refit", "test_where", "test_size", "patience")


def training_config(config: Mapping[str, Any]) -> TrainConfig:
    """Return a model's settings for fitting."""
    plain = TrainConfig()
    settings: Document = {
        name: tuple(value) if isinstance(value, list) else value for name, value in config.items()
    }
    return TrainConfig(**settings | {name: getattr(plain, name) for name in _ABOUT_A_FILE})


def is_training_table(figures: ModelFigures, names: Sequence[str], table: Table) -> bool:
    """Whether a model of these figures and features was trained on these rows, in any order.

    They may have been all of its rows, or those of one of its files.
    """
    if figures.data_digest == table.digest:
        return True
    evaluation = figures.evaluation
    if evaluation is None:
        return False
    return digest_rows(table, names)[0] in (evaluation.rows_digest, *evaluation.file_digests)


def split_of_training(fitted: Fitted, table: Table) -> Split | None:
    """Return how a model's training held rows out of this table, None where it is another.

    What is chosen by looking at rows must not look at those that the model's figures are of.
    """
    evaluation, rows = fitted.figures.evaluation, fitted.figures.rows
    if table.digest != fitted.figures.data_digest:
        return None
    if evaluation is None or evaluation.metrics_on != "test":
        return None
    settings = {name: fitted.config[name] for name in ("test_size", "test_where", "seed")}
    split = hold_out(table, TrainConfig(**settings))
    counts = (int(split.counts[TRAIN]), int(split.counts[TEST]))
    # Whole groups were held out, or the model was fitted again: that is not known any more.
    return split if counts == (rows.train, rows.test) else None

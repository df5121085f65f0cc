"""Read the files of a training, before anything is learnt of them; nothing heavy is imported."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placement.config.file_options import FileOptions
from placement.config.train_config import TrainConfig
from placement.data.columns.row_rules import is_rule, parse_rule
from placement.data.columns.same_levels import check_same
from placement.data.columns.storage import Storage
from placement.data.encoding.encoder import learn_encoding
from placement.data.output.left_out_file import left_out_file
from placement.data.splits.row_hashes import count_common_rows
from placement.data.splits.split import TRAIN, make_split
from placement.data.table.table import Table
from placement.errors import Grave
from placement.model.scorer import LearntNumbers, Scorer
from placement.runtime.progress import NoProgress, ProgressListener
from placement.workflows.reading.about_file import warn_of_lists
from placement.workflows.reading.read_labelled import read_like, read_with_progress


@dataclass(frozen=True)
class Tables:
    """The table to learn from, that to test on where there is one, and the warnings about them."""

    train: Table
    test: Table | None
    warnings: tuple[str, ...]


def storage_of(config: TrainConfig) -> Storage:
    """Return where the tables of a training are stored."""
    stream = False if config.labels else True if config.keep_cache else config.stream
    return Storage(stream=stream, folder=config.cache, keep=config.keep_cache)


def read(
    sources: Sequence[str],
    config: TrainConfig,
    storage: Storage,
    listener: ProgressListener = NoProgress(),
) -> Tables:
    """Read the files as the configuration says."""
    _check_settings(config)
    options = FileOptions(rename=config.rename, bad_rows=config.bad_rows)
    with left_out_file(config.left_out) as left_out:
        table = read_with_progress(list(sources), config.of_scope("read"), storage, listener)
        left_out.add(table.left_out_rows)
        if not config.test:
            return Tables(table, None, (*warn_of_lists(sources, table), *table.warnings))
        test = read_like(
            config.test,
            table.schema,
            _numbers_of(table),
            storage,
            listener,
            options,
            sensitive=config.sensitive,
        )
        left_out.add(test.left_out_rows)
    lists = warn_of_lists([*sources, config.test], table)
    warnings = (*lists, *table.warnings, *_rows_in_common(table, test, config.seed), *test.warnings)
    return Tables(table, test, warnings)


def _numbers_of(table: Table) -> dict[str, LearntNumbers]:
    """Return the columns of numbers of a table as a model of all its rows would know them."""
    everything = make_split(table, lambda piece: np.full(table.labels.sizes[piece], TRAIN), "")
    return Scorer(learn_encoding(table, everything).columns, np.empty(0), 0.0).numbers


def _check_settings(config: TrainConfig) -> None:
    """Tell a rule that is none, and a device that is not there, before any data is opened."""
    if config.device == "cuda":
        from placement.training.problem.device import check_device

        check_device(config.device)
    if config.test_where is not None:
        parse_rule(config.test_where, option="--test-where")
    for text in config.same:
        check_same(text)
    for rule in config.where:
        parse_rule(rule, option="--where")
    if config.positive is not None and is_rule(config.positive):
        parse_rule(config.positive, option="--positive", column_needed=False)


def _rows_in_common(table: Table, test: Table, seed: int) -> tuple[str, ...]:
    """Warn of rows to test on that are also trained on: their figures flatter."""
    columns = [
        name
        for name, column in table.chunked_columns.items()
        if (other := test.chunked_columns.get(name)) is not None
        and name not in table.identifiers
        and (column.kind, column.is_hashed) == (other.kind, other.is_hashed)
    ]
    common, exact = count_common_rows(table, test, columns, seed)
    if not common:
        return ()
    count = f"{common:,}" if exact else f"about {common:,}"
    text = f"{test.name}: {count} of {len(test):,} rows to test on are trained on as well"
    return (Grave(text, f"{text}: the figures flatter."),)

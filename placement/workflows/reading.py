"""Read the files of a training, before anything is learnt of them; nothing heavy is imported."""

from collections.abc import Sequence
from dataclasses import dataclass

from placement.config import TrainConfig
from placement.data.hashing import count_common
from placement.data.rules import is_rule, parse_rule
from placement.data.table import Table
from placement.data.understanding import read_table
from placement.workflows.labelled import read_like


@dataclass(frozen=True)
class Tables:
    """The table to learn from, and that to test on where there is one, with what is doubtful."""

    train: Table
    test: Table | None
    warnings: tuple[str, ...]


def read(sources: Sequence[str], config: TrainConfig) -> Tables:
    """Read the files as the configuration says."""
    _check_rules(config)
    table = read_table(list(sources), **config.of_scope("read"))
    if not config.test:
        return Tables(table, None, table.warnings)
    test = read_like(config.test, table.schema)
    doubts = (*table.warnings, *_known_rows(table, test, config.seed), *test.warnings)
    return Tables(table, test, doubts)


def _check_rules(config: TrainConfig) -> None:
    """Tell a rule that is none before any data is opened."""
    if config.test_where is not None:
        parse_rule(config.test_where, option="--test-where")
    if config.positive is not None and is_rule(config.positive):
        parse_rule(config.positive, option="--positive", column_needed=False)


def _known_rows(table: Table, test: Table, seed: int) -> tuple[str, ...]:
    """Warn of rows to test on that are also trained on: their figures flatter."""
    alike = [
        name
        for name, column in table.kept.items()
        if name in test.kept
        and name not in table.identifiers
        and (column.kind, column.is_hashed) == (test.kept[name].kind, test.kept[name].is_hashed)
    ]
    again, exact = count_common(table, test, alike, seed)
    if not again:
        return ()
    about = "" if exact else "about "
    return (
        f"{test.name}: {about}{again:,} of {len(test):,} rows to test on are trained on as well",
    )

"""Which sheet of a workbook is meant: one with an outcome, or one that can be joined."""

from placement.data.columns.load_columns import raw_column
from placement.data.formats.matching import name_pairs
from placement.data.formats.table_reader import WantsSheet
from placement.data.schema import same_column
from placement.data.target.label_keys import unique_identifiers
from placement.data.target.label_words import (
    NEGATIVE_WORDS,
    POSITIVE_WORDS,
    levels_of,
    may_be_outcome,
)
from placement.data.target.target_column import choose_target
from placement.errors import DataError
from placement.model.scorer import TableLike, match_columns

LEAST_OUTCOMES = 2
_CODES = POSITIVE_WORDS | NEGATIVE_WORDS


def sheet_with_target(
    target: str | None, positive: str | None, least_outcomes: int = LEAST_OUTCOMES
) -> WantsSheet:
    """Accept a sheet with an outcome column that has so many different words at least.

    A summary that counts the placed of each batch has none, unless `positive` is said.
    """

    def wants(names: tuple[str, ...], cells: TableLike) -> bool:
        columns = {name: raw_column(name, cells[name]) for name in names}
        if target is None:
            try:
                name = choose_target(columns, target=None, file="")
            except DataError:
                return True  # two outcomes: the sheet is meant, the error comes when it is read
        else:
            name = next((other for other in names if same_column(other, target)), None)
        if name is None:
            return False
        levels = [level for level in levels_of(columns[name]) if may_be_outcome(level)]
        are_words = any(level.number is None or level.key in _CODES for level in levels)
        return len(levels) >= least_outcomes and (are_words or positive is not None)

    return wants


def sheet_with_key(on: str | None) -> WantsSheet:
    """Accept a sheet that can be joined: the one with the key, or any that has an identifier."""

    def wants(names: tuple[str, ...], cells: TableLike) -> bool:
        if on is not None:
            keys = [on, *(side for pair in name_pairs(on) for side in pair)]
            return bool(match_columns(names, keys))
        return bool(unique_identifiers({name: raw_column(name, cells[name]) for name in names}))

    return wants

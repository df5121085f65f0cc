"""Which column is the outcome: chosen by its whole name, never guessed from its values."""

from collections.abc import Sequence
from typing import NoReturn

import numpy as np

from placement.arrays import BoolArray
from placement.data.columns.column import infer_kind
from placement.data.columns.raw_column import (
    CategoricalColumn,
    NumericColumn,
    RawColumn,
    RawColumns,
)
from placement.data.schema import (
    SECOND_TARGET_NAMES,
    TARGET_NAMES,
    Target,
    letters,
    matching_column,
    quoted,
)
from placement.data.target.label_words import levels_of
from placement.errors import DataError
from placement.model.scorer import Coded, TableLike, parse_numbers, words

_CONTINUOUS_LEVELS = 20
_SHOWN = 6


def target_candidates(names: Sequence[str]) -> list[str]:
    """Return the columns whose whole name means an outcome; `status` only where no other does."""
    first = [name for name in names if letters(name) in TARGET_NAMES]
    return first or [name for name in names if letters(name) in SECOND_TARGET_NAMES]


def choose_target(
    columns: RawColumns, *, target: str | None, file: str, option: str = "--target"
) -> str | None:
    """Return the outcome column: the one that `option` names, else the one so named, or None.

    Candidates with continuous values do not count; `DataError` where two are left.
    """
    if target is not None:
        return matching_column(columns, target, option=option, file=file)
    candidates = target_candidates([name for name in columns if not is_continuous(columns[name])])
    if len(candidates) > 1:
        lines = " or ".join(f"--target {quoted(name)}" for name in candidates)
        raise DataError(f"{file}: {len(candidates)} columns may be the outcome; choose by {lines}")
    return candidates[0] if candidates else None


def refuse_without_target(
    columns: RawColumns, *, file: str, identifiers: Sequence[str]
) -> NoReturn:
    """Raise the `DataError` of a table without outcome: suggestions, and the `--labels` way."""
    two = [name for name, raw in columns.items() if _has_two_values(raw)]
    message = f"{file}: no column is named as an outcome (placed, status, target …)"
    continuous = [n for n in target_candidates(list(columns)) if is_continuous(columns[n])]
    if continuous:
        message += f"; {continuous[0]} has continuous values"
    if two:
        listed = ", ".join(quoted(name) for name in two[:_SHOWN])
        message += f"; say which with --target COL (two-valued: {listed})"
    else:
        message += "; say which with --target COL"
    if identifiers:
        on = quoted(identifiers[0])
        message += f"; or, if the outcomes are in another file, --labels FILE --on {on}"
    raise DataError(message)


def is_continuous(raw: RawColumn) -> bool:
    """Whether a column holds measurements, or free text, rather than outcomes."""
    if not isinstance(raw, CategoricalColumn):
        return True
    column = infer_kind(raw)
    values = raw.numbers[(raw.counts > 0) & np.isfinite(raw.numbers)]
    distinct = np.unique(values)
    if column.kind != "number" or len(distinct) <= 2:
        return False
    return bool((distinct % 1 != 0).any() or len(distinct) > _CONTINUOUS_LEVELS)


def _has_two_values(raw: RawColumn) -> bool:
    if isinstance(raw, CategoricalColumn):
        return len(levels_of(raw)) == 2
    if not isinstance(raw, NumericColumn):
        return False
    values: set[float] = set()
    for cells in raw.array:
        values |= set(np.unique(cells[~np.isnan(cells)])[:3].tolist())
        if len(values) > 2:
            return False
    return len(values) == 2


def unlabelled(target: Target, columns: TableLike, *, decimal: str = ".") -> BoolArray:
    """Return which rows (n,) of a table to be scored have no outcome yet (a blank status)."""
    name = matching_column(columns.keys(), target.name, option="--unknown", file="")
    cells = columns[name]
    if isinstance(cells, Coded):
        text_unlabelled = unlabelled(target, {target.name: cells.texts}, decimal=decimal)
        return np.asarray(text_unlabelled[cells.codes], dtype=bool)
    blank = np.array([word is None for word in words(cells)], dtype=bool)
    if target.rule is None and parse_numbers([target.positive])[1][0]:
        return blank
    numbers, unparsable = parse_numbers(cells, decimal)
    return np.asarray(blank | (np.isnan(numbers) & ~unparsable), dtype=bool)

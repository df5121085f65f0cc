"""Which column is the outcome: by its whole name, never guessed from its values."""

from collections.abc import Mapping, Sequence
from typing import NoReturn

import numpy as np

from placement.arrays import BoolArray
from placement.data.columns.column import infer_kind
from placement.data.columns.raw_column import CategoricalColumn, NumericColumn, RawColumn
from placement.data.schema import (
    SECOND_TARGET_NAMES,
    TARGET_NAMES,
    Target,
    letters,
    matching_columns,
    quoted,
)
from placement.data.target.label_words import levels_of
from placement.errors import DataError
from placement.model.scorer import Coded, parse_numbers, words

_CONTINUOUS_LEVELS = 20
_SHOWN = 6


def target_candidates(names: Sequence[str]) -> list[str]:
    """Return the columns whose whole name means an outcome; `status` only where no other does."""
    first = [name for name in names if letters(name) in TARGET_NAMES]
    return first or [name for name in names if letters(name) in SECOND_TARGET_NAMES]


def choose_target(
    columns: Mapping[str, RawColumn], *, target: str | None, file: str, option: str = "--target"
) -> str | None:
    """Return the outcome column: the one asked for by `option`, else the one so named, or None.

    Candidates with continuous values do not count; `DataError` where two are left.
    """
    if target is not None:
        return matching_columns(columns, [target], option=option, file=file)[target]
    found = target_candidates([name for name in columns if not is_continuous(columns[name])])
    if len(found) > 1:
        lines = " or ".join(f"--target {quoted(name)}" for name in found)
        raise DataError(f"{file}: {len(found)} columns may be the outcome; choose by {lines}")
    return found[0] if found else None


def refuse_without_target(
    columns: Mapping[str, RawColumn], *, file: str, identifiers: Sequence[str]
) -> NoReturn:
    """Raise the `DataError` of a table without outcome: suggestions, and the `--labels` way."""
    two = [name for name, read in columns.items() if _has_two_values(read)]
    message = f"{file}: no column is named as an outcome (placed, status, target …)"
    passed = [n for n in target_candidates(list(columns)) if is_continuous(columns[n])]
    if passed:
        message += f"; {passed[0]} has continuous values"
    if two:
        listed = ", ".join(quoted(name) for name in two[:_SHOWN])
        message += f"; say which with --target COL (two-valued: {listed})"
    else:
        message += "; say which with --target COL"
    if identifiers:
        on = quoted(identifiers[0])
        message += f"; or, if the outcomes are in another file, --labels FILE --on {on}"
    raise DataError(message)


def is_continuous(read: RawColumn) -> bool:
    """Whether a column holds measurements, or free text, rather than outcomes."""
    if not isinstance(read, CategoricalColumn):
        return True
    column = infer_kind(read)
    seen = read.numbers[(read.counts > 0) & np.isfinite(read.numbers)]
    distinct = np.unique(seen)
    if column.kind != "number" or len(distinct) <= 2:
        return False
    return bool((distinct % 1 != 0).any() or len(distinct) > _CONTINUOUS_LEVELS)


def _has_two_values(read: RawColumn) -> bool:
    if isinstance(read, CategoricalColumn):
        return len(levels_of(read)) == 2
    if not isinstance(read, NumericColumn):
        return False
    seen: set[float] = set()
    for own in read.array:
        seen |= set(np.unique(own[~np.isnan(own)])[:3].tolist())
        if len(seen) > 2:
            return False
    return len(seen) == 2


def unlabelled(target: Target, columns: Mapping[str, object], *, decimal: str = ".") -> BoolArray:
    """Return which rows (n,) of a table to be scored have no outcome yet (a blank status)."""
    cells = columns[
        matching_columns(columns.keys(), [target.name], option="--unknown")[target.name]
    ]
    if isinstance(cells, Coded):
        of_texts = unlabelled(target, {target.name: cells.texts}, decimal=decimal)
        return np.asarray(of_texts[cells.codes], dtype=bool)
    blank = np.array([word is None for word in words(cells)], dtype=bool)
    if target.rule is None and parse_numbers([target.positive])[1][0]:
        return blank
    numbers, bad = parse_numbers(cells, decimal)
    return np.asarray(blank | (np.isnan(numbers) & ~bad), dtype=bool)

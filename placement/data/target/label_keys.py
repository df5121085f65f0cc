"""The identifier by which students of two files are the same."""

import re

import numpy as np

from placement.arrays import ObjectArray
from placement.data.columns.column_summary import EXACT_ROWS
from placement.data.columns.raw_column import (
    CategoricalColumn,
    NumericColumn,
    RawColumn,
    RawColumns,
)
from placement.data.formats.matching import name_pairs
from placement.data.schema import matching_column, quoted
from placement.errors import DataError, listed
from placement.model.scorer import fold, match_columns

_WHOLE = re.compile(r"([+-]?\d+)\.0+")
_IN_COMMON = 0.5  # of the keys of one file, where two columns are proposed


def normalize_key(text: str) -> str:
    """Return the form in which keys are compared: as text, `21.0` is `21`."""
    match = _WHOLE.fullmatch(text.strip())
    return fold(match[1] if match else text)


def common_key(
    data: RawColumns,
    labels: RawColumns,
    on: str | None,
    files: tuple[str, str],
    *,
    repeats: bool = False,
) -> tuple[str, str]:
    """Return the identifier's name in both files: `--on`, else the one that is unique in both.

    `repeats`: the second file may have several rows of a student.
    """
    if on is not None:
        return _named_keys(data, labels, on, files)
    names = match_columns(labels, list(data))
    unique = [
        (a, b) for a, b in names.items() if is_unique(data[a]) and (repeats or is_unique(labels[b]))
    ]
    if len(unique) == 1:
        return unique[0]
    if unique:
        lines = listed([f"--on {quoted(a)}" for a, _ in unique], last=" or ")
        raise DataError(f"{files[1]}: several columns identify a student; choose by {lines}")
    shown = listed([quoted(name) for name in names]) or "none"
    pairs = [f"--on {quoted(f'{a}={b}')}" for a, b in _pairs_by_values(data, labels)]
    proposed = f"; by their cells {listed(pairs, last=' or ')}" if pairs else ""
    raise DataError(
        f"{files[1]}: no identifier is common to it and {files[0]} and unique in both (columns in "
        f"both: {shown}); name it by --on COL, or --on A=B where it has two names{proposed}"
    )


def _named_keys(
    data: RawColumns, labels: RawColumns, on: str, files: tuple[str, str]
) -> tuple[str, str]:
    """Return the columns that `--on COL` or `--on A=B` names; a name may have the sign in it."""
    pairs = [(on, on), *name_pairs(on)]
    for a, b in pairs:
        left, right = match_columns(data, [a]), match_columns(labels, [b])
        if left and right:
            return left[a], right[b]
    a, b = pairs[min(1, len(pairs) - 1)]
    name = matching_column(data, a, option="--on", file=files[0])
    return name, matching_column(labels, b, option="--on", file=files[1])


def _pairs_by_values(data: RawColumns, labels: RawColumns) -> list[tuple[str, str]]:
    """Return the columns of two names whose cells are mostly the same identifiers."""
    ours = {name: set(keys_of(raw).tolist()) for name, raw in data.items() if is_unique(raw)}
    theirs = {name: set(keys_of(raw).tolist()) - {""} for name, raw in labels.items()}
    return [
        (a, b)
        for a, left in ours.items()
        for b, right in theirs.items()
        if len(right) > 1 and len(left & right) >= _IN_COMMON * len(right)
    ]


def unique_identifiers(columns: RawColumns) -> list[str]:
    """Return the columns with a different value in every row, as far as that is cheap to know."""
    return [name for name, raw in columns.items() if is_unique(raw)]


def keys_of(raw: RawColumn) -> ObjectArray:
    """Return the identifier of each row (n,) in the form in which two are compared."""
    if not isinstance(raw, CategoricalColumn):
        raise TypeError(f"{raw.name} was not read as it is written")
    folded = np.array([normalize_key(text) for text in raw.texts], dtype=object)
    keys: ObjectArray = folded[raw.codes]
    return keys


def is_unique(raw: RawColumn) -> bool:
    """Whether every row has another identifier, as far as that is cheap to know."""
    if isinstance(raw, CategoricalColumn):
        keys = keys_of(raw)
        return len(keys) > 1 and "" not in keys and len(set(keys.tolist())) == len(keys)
    if isinstance(raw, NumericColumn) and 1 < len(raw) == raw.number_count <= EXACT_ROWS:
        return len(np.unique(raw.array.whole())) == len(raw)
    return False

"""Outcomes from another file: `--labels offers.csv [--on COL] --absent not-placed|unknown`."""

import re
from dataclasses import dataclass, replace

import numpy as np

from placement.arrays import BoolArray, IndexArray, IntArray, ObjectArray
from placement.data.columns.column_store import ChunkedArray, MemoryColumnStore
from placement.data.columns.column_summary import EXACT_ROWS
from placement.data.columns.load_columns import LoadedColumns, raw_column
from placement.data.columns.raw_column import (
    CategoricalColumn,
    NumericColumn,
    RawColumn,
    RawColumns,
)
from placement.data.columns.row_locations import MatchingRows
from placement.data.schema import matching_column, quoted
from placement.data.target.label_words import ABSENT, levels_of
from placement.data.target.target_column import (
    choose_target,
    evidence_of_target,
    refuse_without_target,
)
from placement.errors import DataError
from placement.model.scorer import fold

_WHOLE = re.compile(r"([+-]?\d+)\.0+")
LISTED_LABEL = "Placed"


@dataclass(frozen=True)
class JoinedLabels:
    """The outcome column, one cell a row of the data; ABSENT where a missing row means negative."""

    column: CategoricalColumn
    on: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def normalize_key(text: str) -> str:
    """Return the form in which keys are compared: as text, `21.0` is `21`."""
    match = _WHOLE.fullmatch(text.strip())
    return fold(match[1] if match else text)


def join_labels(
    data: LoadedColumns,
    labels: LoadedColumns,
    *,
    target: str | None,
    on: str | None,
    absent: str | None,
) -> JoinedLabels:
    """Find each row's outcome in the other file by an identifier common to both."""
    data_key, label_key = common_key(data.columns, labels.columns, on, (data.name, labels.name))
    warnings: list[str] = []
    outcome, notes = _outcome(labels, target, label_key, absent)
    texts = outcome.texts[outcome.codes]
    row_of_key = _rows_of_keys(labels, label_key, texts, warnings)
    keys = _keys(data.columns[data_key])
    repeated = _repeated(keys)
    if len(repeated):
        rows = data.locations.describe_rows(MatchingRows.at(repeated))
        warnings.append(
            f"{data.name}, {rows}: {data_key} is there more than once "
            f"({len(repeated):,} rows); each takes the same outcome"
        )
    label_rows = np.array([row_of_key.get(key, -1) if key else -1 for key in keys], dtype=np.int64)
    matched = label_rows >= 0
    if not matched.any():
        raise DataError(
            f"{labels.name}: no {label_key} is one of {data_key} in {data.name}; name the common "
            "identifier by --on COL"
        )
    cells = np.where(matched, texts[np.maximum(label_rows, 0)], "")
    unused = np.setdiff1d(np.fromiter(row_of_key.values(), dtype=np.int64), label_rows)
    if len(unused):
        rows = labels.locations.describe_rows(MatchingRows.at(unused))
        warnings.append(
            f"{labels.name}, {rows}: no such {data_key} in {data.name} ({len(unused):,} rows)"
        )
    absent_rows = _absent_rows(data, data_key, matched, absent, labels.name, notes)
    if absent_rows is not None:
        cells[absent_rows] = ABSENT
    # As the data spells it where they have that column too.
    name = next((n for n in data.columns if fold(n) == fold(outcome.name)), outcome.name)
    joined_column = raw_column(name, cells, outcome.form)
    array = _in_pieces(joined_column.codes, data.columns[data_key].array)
    joined = replace(joined_column, array=array)
    notes.insert(0, f"{matched.sum():,} outcomes joined from {labels.name} on {data_key}")
    return JoinedLabels(joined, data_key, tuple(notes), tuple(warnings))


def common_key(
    data: RawColumns, labels: RawColumns, on: str | None, files: tuple[str, str]
) -> tuple[str, str]:
    """Return the identifier's name in both files: `--on`, else the one that is unique in both."""
    if on is not None:
        data_name = matching_column(data, on, option="--on", file=files[0])
        return data_name, matching_column(labels, on, option="--on", file=files[1])
    label_names = {fold(name): name for name in labels}
    both = [(name, label_names[fold(name)]) for name in data if fold(name) in label_names]
    unique = [(a, b) for a, b in both if _is_unique(data[a]) and _is_unique(labels[b])]
    if len(unique) == 1:
        return unique[0]
    if unique:
        names = " or ".join(f"--on {quoted(a)}" for a, _ in unique)
        raise DataError(f"{files[1]}: several columns identify a student; choose by {names}")
    names = ", ".join(quoted(a) for a, _ in both) or "none"
    raise DataError(
        f"{files[1]}: no identifier is common to it and {files[0]} and unique in both "
        f"(columns in both: {names}); name it by --on COL"
    )


def unique_identifiers(columns: RawColumns) -> list[str]:
    """Return the columns with a different value in every row, as far as that is cheap to know."""
    return [name for name, raw in columns.items() if _is_unique(raw)]


def _outcome(
    labels: LoadedColumns, target: str | None, key: str, absent: str | None
) -> tuple[CategoricalColumn, list[str]]:
    """Return the outcome column of the labels file; a bare list of the placed will do."""
    columns = {name: raw for name, raw in labels.columns.items() if name != key}
    name = choose_target(columns, target=target, file=labels.name)
    if name is not None:
        raw = columns[name]
        if not isinstance(raw, CategoricalColumn):
            raise TypeError(f"{name} was not read as it is written")
        evidence = evidence_of_target(columns, name) if target is None else None
        return raw, [] if evidence is None else [f"{labels.name}: {evidence}"]
    if absent != "not-placed":
        refuse_without_target(columns, file=labels.name, identifiers=())
    note = f"{labels.name} has no outcome column: everyone it lists counts as {LISTED_LABEL}"
    return raw_column("outcome", np.full(len(labels.locations), LISTED_LABEL, dtype=object)), [note]


def _rows_of_keys(
    labels: LoadedColumns, key: str, texts: ObjectArray, warnings: list[str]
) -> dict[str, int]:
    """Map each key to a row of the labels file; keys with two outcomes are refused."""
    meaning = _meanings(texts)
    row_of_key: dict[str, int] = {}
    repeated: list[int] = []
    for row, name in enumerate(_keys(labels.columns[key])):
        first = row_of_key.setdefault(name, row) if name else row
        if first == row:
            continue
        repeated.append(row)
        if meaning[first] == "":
            row_of_key[name] = row
        elif meaning[row] not in ("", meaning[first]):
            both = labels.locations.describe_rows(MatchingRows.at(np.array([first, row])))
            raise DataError(
                f"{labels.name}, {both}: the same {key} has two outcomes, {texts[first]!r} and "
                f"{texts[row]!r}; keep one of them"
            )
    if repeated:
        rows = labels.locations.describe_rows(MatchingRows.at(np.array(repeated)))
        warnings.append(
            f"{labels.name}, {rows}: {key} is there more than once "
            f"({len(repeated):,} rows) with the same outcome"
        )
    return row_of_key


def _meanings(texts: ObjectArray) -> list[str]:
    """Return each cell's value in the form in which two spellings are the same."""
    raw = raw_column("outcome", texts)
    of_text = np.full(len(raw.texts), "", dtype=object)
    for level in levels_of(raw):
        of_text[level.is_spelling] = level.key
    return list(of_text[raw.codes])


def _absent_rows(
    data: LoadedColumns,
    data_key: str,
    matched: BoolArray,
    absent: str | None,
    labels: str,
    notes: list[str],
) -> BoolArray | None:
    missing = np.flatnonzero(~matched)
    if not len(missing):
        return None
    which = f"{len(missing):,} rows of {data.name} are not in {labels}"
    rows = data.locations.describe_rows(MatchingRows.at(missing))
    if absent is None:
        raise DataError(
            f"{which} by {data_key} ({rows}); say what that means: "
            "--absent not-placed or --absent unknown"
        )
    notes.append(f"{which} ({rows}): {absent.replace('-', ' ')}")
    return ~matched if absent == "not-placed" else None


def _in_pieces(codes: IntArray, template: ChunkedArray) -> ChunkedArray:
    """Cut codes (n,) where another column is cut."""
    array, start = MemoryColumnStore().new_array(np.int32), 0
    for size in template.sizes:
        array.append(codes[start : start + size])
        start += size
    return array


def _keys(raw: RawColumn) -> ObjectArray:
    if not isinstance(raw, CategoricalColumn):
        raise TypeError(f"{raw.name} was not read as it is written")
    folded = np.array([normalize_key(text) for text in raw.texts], dtype=object)
    keys: ObjectArray = folded[raw.codes]
    return keys


def _is_unique(raw: RawColumn) -> bool:
    if isinstance(raw, CategoricalColumn):
        keys = _keys(raw)
        return len(keys) > 1 and "" not in keys and len(set(keys.tolist())) == len(keys)
    if isinstance(raw, NumericColumn) and 1 < len(raw) == raw.number_count <= EXACT_ROWS:
        return len(np.unique(raw.array.whole())) == len(raw)
    return False


def _repeated(keys: ObjectArray) -> IndexArray:
    seen: set[str] = set()
    repeated = []
    for row, key in enumerate(keys):
        if key and key in seen:
            repeated.append(row)
        seen.add(key)
    return np.array(repeated, dtype=np.intp)

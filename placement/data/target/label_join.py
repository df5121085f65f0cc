"""Outcomes from another file: `--labels offers.csv [--on A=B] --absent not-placed|unknown`."""

from dataclasses import dataclass, replace

import numpy as np

from placement.arrays import BoolArray, IndexArray, IntArray, ObjectArray
from placement.data.columns.column_store import ChunkedArray, MemoryColumnStore
from placement.data.columns.load_columns import LoadedColumns, raw_column
from placement.data.columns.raw_column import CategoricalColumn, RawColumns
from placement.data.columns.row_locations import MatchingRows
from placement.data.target.label_keys import common_key, keys_of
from placement.data.target.label_words import ABSENT, NOT_PLACED_WORDS, levels_of
from placement.data.target.target_column import (
    MOST_WORDS,
    choose_target,
    evidence_of_target,
    refuse_without_target,
    target_names,
)
from placement.errors import DataError, counted
from placement.model.scorer import match_columns

LISTED_LABEL = "Placed"


@dataclass(frozen=True)
class JoinedLabels:
    """The outcome column, one cell a row of the data; ABSENT where a missing row means negative.

    `unused` says which rows of the other file are of nobody in the data, if there are such.
    """

    column: CategoricalColumn
    on: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class JoinRequest:
    """How to join: the options of that name. `of_model`: the outcome is a trained model's.

    Then the column may have another name in the other file. `listed`: the word for whoever a list
    without outcomes names.
    """

    target: str | None = None
    on: str | None = None
    absent: str | None = None
    labels_mean: str | None = None
    of_model: bool = False
    listed: str = LISTED_LABEL


def join_labels(data: LoadedColumns, labels: LoadedColumns, request: JoinRequest) -> JoinedLabels:
    """Find each row's outcome in the other file by an identifier common to both."""
    is_list = request.labels_mean is not None
    files = (data.name, labels.name)
    data_key, label_key = common_key(
        data.columns, labels.columns, request.on, files, repeats=is_list
    )
    warnings: list[str] = []
    outcome, notes = _outcome(data, labels, label_key, request, warnings)
    texts = outcome.texts[outcome.codes]
    row_of_key, repeated_rows = _rows_of_keys(labels, label_key, texts)
    if len(repeated_rows) and is_list:
        students = len(set(keys_of(labels.columns[label_key])[repeated_rows].tolist()))
        notes.append(f"{students:,} of them have several rows (offers); each counts once")
    else:
        warnings += _repetition(labels, label_key, repeated_rows, " with the same outcome")
    keys = keys_of(data.columns[data_key])
    warnings += _repetition(data, data_key, _repeated(keys), "; each takes the same outcome")
    label_rows = np.array([row_of_key.get(key, -1) if key else -1 for key in keys], dtype=np.int64)
    matched = label_rows >= 0
    if not matched.any():
        raise DataError(
            f"{labels.name}: no {label_key} is one of {data_key} in {data.name}; name the common "
            "identifier by --on COL, or --on A=B where it has two names"
        )
    cells = np.where(matched, texts[np.maximum(label_rows, 0)], "")
    rows_of_labels = np.fromiter(row_of_key.values(), dtype=np.int64)
    unused = _unused(data, data_key, labels, np.setdiff1d(rows_of_labels, label_rows))
    absent = request.absent or ("not-placed" if is_list else None)
    absent_rows = _absent_rows(data, data_key, matched, absent, labels.name, notes)
    if absent_rows is not None:
        cells[absent_rows] = ABSENT
    # As the data spells it where they have that column too.
    name = match_columns(data.columns, [outcome.name]).get(outcome.name, outcome.name)
    joined_column = raw_column(name, cells, outcome.form)
    array = _in_pieces(joined_column.codes, data.columns[data_key].array)
    joined = replace(joined_column, array=array)
    notes.insert(0, f"{matched.sum():,} outcomes joined from {labels.name} on {data_key}")
    return JoinedLabels(joined, data_key, tuple(notes), tuple(warnings), unused)


def _unused(
    data: LoadedColumns, key: str, labels: LoadedColumns, unused: IntArray
) -> tuple[str, ...]:
    """Name the rows of the other file that nobody in the data has."""
    if not len(unused):
        return ()
    rows = labels.locations.describe_rows(MatchingRows.at(unused))
    return (f"{labels.name}, {rows}: no such {key} in {data.name} ({len(unused):,} rows)",)


def _repetition(data: LoadedColumns, key: str, repeated: IntArray, outcome: str) -> list[str]:
    """Return the warning that some rows have the key of others, where there are such."""
    if not len(repeated):
        return []
    rows = data.locations.describe_rows(MatchingRows.at(repeated))
    count = counted(len(repeated), "row")
    return [f"{data.name}, {rows}: {key} is there more than once ({count}){outcome}"]


def _outcome(
    data: LoadedColumns,
    labels: LoadedColumns,
    key: str,
    request: JoinRequest,
    warnings: list[str],
) -> tuple[CategoricalColumn, list[str]]:
    """Return the outcome column of the labels file; a bare list of the placed will do."""
    columns = {name: raw for name, raw in labels.columns.items() if name != key}
    if request.labels_mean is not None:
        warnings += _contradictions(columns, labels.name)
        note = f"whoever {labels.name} lists counts as {request.listed!r} (--labels-mean)"
        return _list_of_placed(data, labels, request), [note]
    target = request.target
    if request.of_model and target is not None and not match_columns(columns, [target]):
        target = None
    name = choose_target(columns, target=target, file=labels.name)
    if name is not None:
        raw = columns[name]
        if not isinstance(raw, CategoricalColumn):
            raise TypeError(f"{name} was not read as it is written")
        evidence = evidence_of_target(columns, name) if target is None else None
        notes = [] if evidence is None else [f"{labels.name}: {evidence}"]
        return (replace(raw, name=str(request.target)) if request.of_model else raw), notes
    if request.absent != "not-placed":
        if request.of_model:
            raise DataError(
                f"{labels.name}: no column says who had the outcome; where the file lists those "
                "alone who had it, --absent not-placed says so of all others"
            )
        refuse_without_target(columns, file=labels.name, identifiers=())
    note = f"{labels.name} has no outcome column: everyone it lists counts as {request.listed}"
    return _list_of_placed(data, labels, request), [note]


def _list_of_placed(
    data: LoadedColumns, labels: LoadedColumns, request: JoinRequest
) -> CategoricalColumn:
    """Return the same outcome for every row, named as the data would name it."""
    named = target_names(list(data.columns))
    name = request.target or (named[0] if len(named) == 1 else "outcome")
    return raw_column(name, np.full(len(labels.locations), request.listed, dtype=object))


def _contradictions(columns: RawColumns, file: str) -> list[str]:
    """Warn where a list of the placed has words for those who are not."""
    return [
        f"{file}: {name} says {level.name!r} in {level.rows:,} rows, which count as placed all the "
        "same (--labels-mean placed)"
        for name, raw in columns.items()
        if isinstance(raw, CategoricalColumn) and len(raw.texts) <= MOST_WORDS
        for level in levels_of(raw)
        if level.key in NOT_PLACED_WORDS
    ]


def _rows_of_keys(
    labels: LoadedColumns, key: str, texts: ObjectArray
) -> tuple[dict[str, int], IndexArray]:
    """Map each key to a row of the labels file; return the further rows of a key as well.

    Keys with two outcomes are refused.
    """
    meaning = _meanings(texts)
    row_of_key: dict[str, int] = {}
    repeated: list[int] = []
    for row, name in enumerate(keys_of(labels.columns[key])):
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
    return row_of_key, np.array(repeated, dtype=np.intp)


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


def _repeated(keys: ObjectArray) -> IndexArray:
    seen: set[str] = set()
    repeated = []
    for row, key in enumerate(keys):
        if key and key in seen:
            repeated.append(row)
        seen.add(key)
    return np.array(repeated, dtype=np.intp)

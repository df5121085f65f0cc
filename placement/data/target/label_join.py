"""Outcomes kept in another file: `--labels offers.csv [--on COL] --absent not-placed|unknown`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from placement.arrays import BoolArray, IndexArray, IntArray, ObjectArray
from placement.data.columns.column_store import ChunkedArray, MemoryColumnStore
from placement.data.columns.column_summary import EXACT_ROWS
from placement.data.columns.load_columns import LoadedColumns, raw_column
from placement.data.columns.raw_column import CategoricalColumn, NumericColumn, RawColumn
from placement.data.columns.row_locations import MatchingRows
from placement.data.schema import matching_columns, quoted
from placement.data.target.label_words import ABSENT, levels_of
from placement.data.target.target_column import choose_target, refuse_without_target
from placement.errors import DataError
from placement.model.scorer import fold

_WHOLE = re.compile(r"([+-]?\d+)\.0+")
LISTED = "Placed"


@dataclass(frozen=True)
class Joined:
    """The outcome column, one cell a row of the data; ABSENT where silence means negative."""

    column: CategoricalColumn
    on: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def key_text(text: str) -> str:
    """Return the form in which keys are compared: as text, `21.0` is `21`."""
    found = _WHOLE.fullmatch(text.strip())
    return fold(found[1] if found else text)


def join_labels(
    data: LoadedColumns,
    labels: LoadedColumns,
    *,
    target: str | None,
    on: str | None,
    absent: str | None,
) -> Joined:
    """Find each row's outcome in the other file by an identifier common to both."""
    own, other = common_key(data.columns, labels.columns, on, (data.name, labels.name))
    warnings: list[str] = []
    outcome, notes = _outcome(labels, target, other, absent)
    texts = outcome.texts[outcome.codes]
    places_of = _places_of_keys(labels, other, texts, warnings)
    keys = _keys(data.columns[own])
    twice = _repeated(keys)
    if len(twice):
        rows = data.places.several(MatchingRows.at(twice))
        warnings.append(
            f"{data.name}, {rows}: {own} is there more than once "
            f"({len(twice):,} rows); each takes the same outcome"
        )
    found = np.array([places_of.get(key, -1) if key else -1 for key in keys], dtype=np.int64)
    matched = found >= 0
    if not matched.any():
        raise DataError(
            f"{labels.name}: no {other} is one of {own} in {data.name}; name the common identifier "
            "by --on COL"
        )
    cells = np.where(matched, texts[np.maximum(found, 0)], "")
    unused = np.setdiff1d(np.fromiter(places_of.values(), dtype=np.int64), found)
    if len(unused):
        warnings.append(
            f"{labels.name}, {labels.places.several(MatchingRows.at(unused))}: no such {own} in "
            f"{data.name} ({len(unused):,} rows)"
        )
    silent = _absent_rows(data, own, matched, absent, labels.name, notes)
    if silent is not None:
        cells[silent] = ABSENT
    whole = raw_column(_free_name(outcome.name, data), cells, labels.decimal)
    joined = replace(whole, array=_in_pieces(whole.codes, data.columns[own].array))
    notes.insert(0, f"{matched.sum():,} outcomes joined from {labels.name} on {own}")
    return Joined(joined, own, tuple(notes), tuple(warnings))


def common_key(
    data: Mapping[str, RawColumn],
    labels: Mapping[str, RawColumn],
    on: str | None,
    files: tuple[str, str],
) -> tuple[str, str]:
    """Return the identifier's name in both files: `--on`, else the one that is unique in both."""
    if on is not None:
        own = matching_columns(data, [on], option="--on", file=files[0])[on]
        return own, matching_columns(labels, [on], option="--on", file=files[1])[on]
    there = {fold(name): name for name in labels}
    both = [(name, there[fold(name)]) for name in data if fold(name) in there]
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


def unique_identifiers(columns: Mapping[str, RawColumn]) -> list[str]:
    """Return the columns with a different value in every row, as far as that is told at once."""
    return [name for name, read in columns.items() if _is_unique(read)]


def _outcome(
    labels: LoadedColumns, target: str | None, key: str, absent: str | None
) -> tuple[CategoricalColumn, list[str]]:
    """Return the outcome column of the labels file; a bare list of the placed will do."""
    columns = {name: raw for name, raw in labels.columns.items() if name != key}
    name = choose_target(columns, target=target, file=labels.name)
    if name is not None:
        found = columns[name]
        if not isinstance(found, CategoricalColumn):
            raise TypeError(f"{name} was not read as it is written")
        return found, []
    if absent != "not-placed":
        refuse_without_target(columns, file=labels.name, identifiers=())
    note = f"{labels.name} has no outcome column: everyone it lists counts as {LISTED}"
    return raw_column("outcome", np.full(len(labels.places), LISTED, dtype=object)), [note]


def _places_of_keys(
    labels: LoadedColumns, key: str, texts: ObjectArray, warnings: list[str]
) -> dict[str, int]:
    """Map each key to a row of the labels file; keys with two outcomes are refused."""
    meaning = _meanings(texts)
    places: dict[str, int] = {}
    repeated: list[int] = []
    for place, name in enumerate(_keys(labels.columns[key])):
        first = places.setdefault(name, place) if name else place
        if first == place:
            continue
        repeated.append(place)
        if meaning[first] == "":
            places[name] = place
        elif meaning[place] not in ("", meaning[first]):
            both = labels.places.several(MatchingRows.at(np.array([first, place])))
            raise DataError(
                f"{labels.name}, {both}: the same {key} has two outcomes, {texts[first]!r} and "
                f"{texts[place]!r}; keep one of them"
            )
    if repeated:
        rows = labels.places.several(MatchingRows.at(np.array(repeated)))
        warnings.append(
            f"{labels.name}, {rows}: {key} is there more than once "
            f"({len(repeated):,} rows) with the same outcome"
        )
    return places


def _meanings(texts: ObjectArray) -> list[str]:
    """Return each cell's value in the form in which two spellings are the same."""
    raw = raw_column("outcome", texts)
    of_text = np.full(len(raw.texts), "", dtype=object)
    for level in levels_of(raw):
        of_text[level.texts] = level.key
    return list(of_text[raw.codes])


def _absent_rows(
    data: LoadedColumns,
    own: str,
    matched: BoolArray,
    absent: str | None,
    labels: str,
    notes: list[str],
) -> BoolArray | None:
    missing = np.flatnonzero(~matched)
    if not len(missing):
        return None
    which = f"{len(missing):,} rows of {data.name} are not in {labels}"
    rows = data.places.several(MatchingRows.at(missing))
    if absent is None:
        raise DataError(
            f"{which} by {own} ({rows}); say what that means: "
            "--absent not-placed or --absent unknown"
        )
    notes.append(f"{which} ({rows}): {absent.replace('-', ' ')}")
    return ~matched if absent == "not-placed" else None


def _in_pieces(codes: IntArray, like: ChunkedArray) -> ChunkedArray:
    """Cut codes (n,) where another column is cut."""
    array, start = MemoryColumnStore().new_array(np.int32), 0
    for size in like.sizes:
        array.append(codes[start : start + size])
        start += size
    return array


def _keys(read: RawColumn) -> ObjectArray:
    if not isinstance(read, CategoricalColumn):
        raise TypeError(f"{read.name} was not read as it is written")
    folded = np.array([key_text(text) for text in read.texts], dtype=object)
    keys: ObjectArray = folded[read.codes]
    return keys


def _is_unique(read: RawColumn) -> bool:
    if isinstance(read, CategoricalColumn):
        keys = _keys(read)
        return len(keys) > 1 and "" not in keys and len(set(keys.tolist())) == len(keys)
    if isinstance(read, NumericColumn) and 1 < len(read) == read.known <= EXACT_ROWS:
        return len(np.unique(read.array.whole())) == len(read)
    return False


def _repeated(keys: ObjectArray) -> IndexArray:
    seen: set[str] = set()
    again = []
    for place, key in enumerate(keys):
        if key and key in seen:
            again.append(place)
        seen.add(key)
    return np.array(again, dtype=np.intp)


def _free_name(name: str, data: LoadedColumns) -> str:
    """Return the outcome's name, as the data spells it where they have that column too."""
    return next((own for own in data.columns if fold(own) == fold(name)), name)

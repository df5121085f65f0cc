"""Columns that were read once and stay on the disk, for as long as the files are unchanged."""

import functools
import hashlib
import json
import shutil
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from placement.data.columns.column_store import DiskChunkedArray, DiskColumnStore
from placement.data.columns.load_columns import LoadedColumns, load_columns
from placement.data.columns.raw_column import (
    CategoricalColumn,
    HashedColumn,
    NumericColumn,
    RawColumn,
)
from placement.data.columns.row_locations import RowLocations
from placement.data.columns.storage import Allocation
from placement.data.formats.blocks import Part
from placement.data.formats.sources import Source
from placement.data.formats.table_reader import Reader
from placement.model.scorer import parse_numbers
from placement.runtime.atomic_write import writing
from placement.runtime.memory import in_words
from placement.runtime.ordered_map import in_order, usable_processors

FORMAT = 2
_INDEX = "columns.json"


def load_cached_columns(
    reader: Reader, place: Allocation, as_words: frozenset[str], on_progress: Callable[[int], None]
) -> tuple[LoadedColumns, tuple[str, ...]]:
    """Read the columns of a table, or take up those that an earlier reading kept; say which.

    What is taken up is linked into the folder of this work, so that another process may replace it
    at any time.
    """
    if place.kept is None or not isinstance(place.store, DiskColumnStore):
        return load_columns(reader, place.store, as_words, on_progress=on_progress), ()
    settings, state = _settings(reader, as_words, place.store.piece_rows), _state(reader)
    kept, own = place.kept / f"columns-{settings}", place.store.folder / "columns"
    with writing(str(own)):
        own.mkdir(mode=0o700)
    found = _load(own, state) if _linked(kept, own) else None
    if found is not None:
        return found, (f"the columns are those kept in {kept}: the files are unchanged",)
    for path in own.iterdir():
        path.unlink()
    store = DiskColumnStore(own, place.store.piece_rows)
    data = load_columns(reader, store, as_words, on_progress=on_progress)
    _save(data, own, state)
    size = in_words(sum(path.stat().st_size for path in own.iterdir()))
    _keep(own, kept, place.store.folder)
    return data, (f"the columns ({size}) are kept in {kept}: remove it when it has served",)


def _settings(reader: Reader, as_words: frozenset[str], piece_rows: int) -> str:
    """Return a digest of which files are read, and how."""
    files = [[part.name, file.name, str(file.path.resolve())] for part, file in _files(reader)]
    # Without a header (`--names`) the first record is a row.
    told = [reader.names, reader.header, reader.decimal, sorted(as_words)]
    known = [*told, piece_rows, files]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:24]


def _state(reader: Reader) -> list[Any]:
    """Return what changes with the files, or with how columns are kept."""
    from placement import __version__

    seen = [origin.path.stat() for _, origin in _files(reader)]
    return [FORMAT, __version__, [[s.st_size, s.st_mtime_ns, s.st_ctime_ns] for s in seen]]


def _files(reader: Reader) -> Iterator[tuple[Part, Source]]:
    for part in reader.parts:
        if part.origin is None:
            raise ValueError(f"{part.name}: kept without a file")
        yield part, part.origin


def _linked(source: Path, target: Path) -> bool:
    """Give the files of a folder, if it is there, a second name in another."""
    try:
        for path in source.iterdir():
            try:
                (target / path.name).hardlink_to(path)
            except (OSError, NotImplementedError):  # a disk without such links
                shutil.copyfile(path, target / path.name)
    except OSError:  # not there, or being replaced
        return False
    return True


def _keep(made: Path, kept: Path, work: Path) -> None:
    """Give the columns made for this work a place of their own, instead of those that were there.

    What is replaced (damaged, or of an earlier state of the files) is removed with this work. Where
    another process kept the same columns just now, its own stay.
    """
    new = work / "new"
    with writing(str(kept)):
        new.mkdir(mode=0o700)
        if not _linked(made, new):
            raise OSError(f"{made} cannot be read")
        if kept.exists():
            kept.rename(work / "replaced")
        try:
            new.rename(kept)
        except OSError:
            if not kept.is_dir():
                raise


def _save(data: LoadedColumns, folder: Path, state: list[Any]) -> None:
    index = json.dumps(
        {
            "state": state,
            "name": data.name,
            "decimal": data.decimal,
            "blank_lines": data.blank_lines,
            "places": data.places.as_data(),
            "columns": [_described(read) for read in data.columns.values()],
        }
    )
    path = folder / _INDEX
    with writing(str(path)):
        path.write_text(f"{zlib.crc32(index.encode())}\n{index}", encoding="utf-8")


def _sum_of(path: Path) -> int:
    with path.open("rb") as file:
        pieces = iter(lambda: file.read(1 << 20), b"")
        return functools.reduce(lambda before, piece: zlib.crc32(piece, before), pieces, 0)


def _described(read: RawColumn) -> dict[str, Any]:
    array = read.array
    if not isinstance(array, DiskChunkedArray):
        raise TypeError(f"{read.name}: kept outside a file")
    common = {
        "name": read.name,
        "file": array.path.name,
        "dtype": array.dtype.str,
        "sizes": array.sizes,
        "kinds": array.kinds,
        "sum": _sum_of(array.path),
    }
    if isinstance(read, NumericColumn):
        examples = [[position, word] for position, word in read.examples.items()]
        return common | {"known": read.known, "stray": read.stray, "examples": examples}
    if isinstance(read, CategoricalColumn):
        return common | {"texts": read.texts.tolist(), "counts": read.counts.tolist()}
    return common


def _load(folder: Path, state: list[Any]) -> LoadedColumns | None:
    """Return the columns in a folder; None where they are of another state, or not whole."""
    try:
        total, _, text = (folder / _INDEX).read_text(encoding="utf-8").partition("\n")
        index = json.loads(text)
        if int(total) != zlib.crc32(text.encode()) or index["state"] != state:
            return None
        told = index["columns"]
        read = in_order(told, lambda c: _column(c, folder, index["decimal"]), usable_processors())
        columns = {column.name: column for column in read}
        places = RowLocations.of_data(index["places"])
        return LoadedColumns(index["name"], columns, places, index["decimal"], index["blank_lines"])
    except (OSError, ValueError, KeyError):
        return None


def _column(told: dict[str, Any], folder: Path, decimal: str) -> RawColumn:
    array = DiskChunkedArray.found(
        told["dtype"], folder / told["file"], told["sizes"], told["kinds"]
    )
    if _sum_of(array.path) != told["sum"]:
        raise ValueError(f"{array.path}: damaged")
    if "known" in told:
        examples = dict(told["examples"])
        return NumericColumn(told["name"], array, told["known"], told["stray"], examples)
    if "texts" not in told:
        return HashedColumn(told["name"], array)
    texts = np.empty(len(told["texts"]), dtype=object)
    texts[:] = told["texts"]
    numbers, bad = parse_numbers(texts, decimal)
    counts = np.array(told["counts"], dtype=np.int64)
    return CategoricalColumn(told["name"], array, texts, numbers, bad, counts)

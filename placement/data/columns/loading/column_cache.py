"""A cache of columns on the disk, valid for as long as the files they were read from."""

import functools
import hashlib
import json
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, astuple
from pathlib import Path

import numpy as np

from placement.arrays import Document
from placement.data.columns.column_store import DiskChunkedArray, DiskColumnStore
from placement.data.columns.load_columns import NOTHING_LEARNT, LoadedColumns, load_columns
from placement.data.columns.raw_column import (
    CategoricalColumn,
    HashedColumn,
    NumericColumn,
    RawColumn,
)
from placement.data.columns.row_locations import RowLocations
from placement.data.columns.storage import Allocation
from placement.data.formats.blocks import LeftOutRow, Part
from placement.data.formats.sources import Source
from placement.data.formats.table_reader import Reader
from placement.model.scorer import LearntNumbers, NumberFormat, parse_numbers
from placement.runtime.atomic_write import writing
from placement.runtime.memory import in_words
from placement.runtime.parallel_map import in_order, usable_processors

_State = list[int | str | list[list[int]]]

FORMAT = 7
_INDEX = "columns.json"


def load_cached_columns(
    reader: Reader,
    allocation: Allocation,
    as_text: frozenset[str],
    on_progress: Callable[[int], None],
    learnt: Mapping[str, LearntNumbers] = NOTHING_LEARNT,
) -> tuple[LoadedColumns, tuple[str, ...]]:
    """Return the columns of a table, from the cache where it is valid, and notes that say so.

    Cached files are linked into the folder of this work, so that another process may replace them
    at any time.
    """
    if allocation.cache_folder is None or not isinstance(allocation.store, DiskColumnStore):
        return load_columns(reader, allocation.store, as_text, learnt, on_progress=on_progress), ()
    settings, state = (
        _settings(reader, as_text, learnt, allocation.store.piece_rows),
        _state(reader),
    )
    cache_folder = allocation.cache_folder / f"columns-{settings}"
    folder = allocation.store.folder / "columns"
    with writing(str(folder)):
        folder.mkdir(mode=0o700)
    cached = _load(folder, state) if _link_files(cache_folder, folder) else None
    if cached is not None:
        return cached, (f"the columns are those kept in {cache_folder}: the files are unchanged",)
    for path in folder.iterdir():
        path.unlink()
    store = DiskColumnStore(folder, allocation.store.piece_rows)
    data = load_columns(reader, store, as_text, learnt, on_progress=on_progress)
    _save(data, folder, state)
    size = in_words(sum(path.stat().st_size for path in folder.iterdir()))
    _move_to_cache(folder, cache_folder, allocation.store.folder)
    return data, (f"the columns ({size}) are kept in {cache_folder}: remove it when it has served",)


def _settings(
    reader: Reader,
    as_text: frozenset[str],
    learnt: Mapping[str, LearntNumbers],
    piece_rows: int,
) -> str:
    """Return a digest of which files are read, and how."""
    files = [[part.name, file.name, str(file.path.resolve())] for part, file in _files(reader)]
    # Without a header (`--names`) the first record is a row.
    encoding = reader.dialect and reader.dialect.encoding
    options = [reader.names, reader.header, asdict(reader.number_format), encoding, sorted(as_text)]
    options.append({name: asdict(column) for name, column in learnt.items()})
    return hashlib.sha256(json.dumps([*options, piece_rows, files]).encode()).hexdigest()[:24]


def _state(reader: Reader) -> _State:
    """Return what changes with the files, or with the format of the cache."""
    from placement import __version__

    stats = [origin.path.stat() for _, origin in _files(reader)]
    return [FORMAT, __version__, [[s.st_size, s.st_mtime_ns, s.st_ctime_ns] for s in stats]]


def _files(reader: Reader) -> Iterator[tuple[Part, Source]]:
    for part in reader.parts:
        if part.origin is None:
            raise ValueError(f"{part.name}: kept without a file")
        yield part, part.origin


def _link_files(source: Path, target: Path) -> bool:
    """Link the files of a folder into another; return whether all of them were there."""
    try:
        for path in source.iterdir():
            try:
                (target / path.name).hardlink_to(path)
            except (OSError, NotImplementedError):  # a disk without such links
                shutil.copyfile(path, target / path.name)
    except OSError:  # not there, or being replaced
        return False
    return True


def _move_to_cache(folder: Path, cache_folder: Path, work: Path) -> None:
    """Put the columns of this work into the cache, in place of older ones.

    What is replaced (damaged, or of an earlier state of the files) is removed with this work. Where
    another process just cached the same columns, those stay.
    """
    new = work / "new"
    with writing(str(cache_folder)):
        new.mkdir(mode=0o700)
        if not _link_files(folder, new):
            raise OSError(f"{folder} cannot be read")
        if cache_folder.exists():
            cache_folder.rename(work / "replaced")
        try:
            new.rename(cache_folder)
        except OSError:
            if not cache_folder.is_dir():
                raise


def _save(data: LoadedColumns, folder: Path, state: _State) -> None:
    index = {
        "state": state,
        "name": data.name,
        "blank_lines": data.blank_lines,
        "left_out": [list(astuple(row)) for row in data.left_out],
        "others": [list(astuple(row)) for row in data.others],
        "locations": data.locations.to_json(),
        "columns": [_column_entry(raw) for raw in data.columns.values()],
    }
    path, text = folder / _INDEX, json.dumps(index)
    with writing(str(path)):
        path.write_text(f"{zlib.crc32(text.encode())}\n{text}", encoding="utf-8")


def _checksum(path: Path) -> int:
    with path.open("rb") as file:
        pieces = iter(lambda: file.read(1 << 20), b"")
        return functools.reduce(lambda before, piece: zlib.crc32(piece, before), pieces, 0)


def _column_entry(raw: RawColumn) -> Document:
    array = raw.array
    if not isinstance(array, DiskChunkedArray):
        raise TypeError(f"{raw.name}: kept outside a file")
    common = {
        "name": raw.name,
        "file": array.path.name,
        "dtype": array.dtype.str,
        "sizes": array.sizes,
        "dtypes": array.dtypes,
        "checksum": _checksum(array.path),
    }
    if isinstance(raw, NumericColumn):
        examples = [[row, word] for row, word in raw.examples.items()]
        counts = {"numbers": raw.number_count, "unparsable": raw.unparsable_count}
        return common | _written(raw) | counts | {"examples": examples}
    if isinstance(raw, CategoricalColumn):
        texts = {"texts": raw.texts.tolist(), "counts": raw.counts.tolist()}
        return common | _written(raw) | texts
    return common


def _written(raw: NumericColumn | CategoricalColumn) -> Document:
    return {"form": asdict(raw.form), "notes": raw.notes, "cleaned": raw.cleaned}


def _load(folder: Path, state: _State) -> LoadedColumns | None:
    """Return the columns in a folder; None where they are of another state, or not whole."""
    try:
        checksum, _, text = (folder / _INDEX).read_text(encoding="utf-8").partition("\n")
        index = json.loads(text)
        if int(checksum) != zlib.crc32(text.encode()) or index["state"] != state:
            return None
        entries = index["columns"]
        raw = in_order(entries, lambda c: _column(c, folder), usable_processors())
        columns = {column.name: column for column in raw}
        locations = RowLocations.from_json(index["locations"])
        left_out, others = (
            tuple(LeftOutRow(*row) for row in index[key]) for key in ("left_out", "others")
        )
        return LoadedColumns(
            index["name"], columns, locations, index["blank_lines"], left_out, others
        )
    except (OSError, ValueError, KeyError):
        return None


def _column(entry: Document, folder: Path) -> RawColumn:
    path = folder / entry["file"]
    array = DiskChunkedArray.from_file(entry["dtype"], path, entry["sizes"], entry["dtypes"])
    if _checksum(array.path) != entry["checksum"]:
        raise ValueError(f"{array.path}: damaged")
    if "form" not in entry:
        return HashedColumn(entry["name"], array)
    said: tuple[NumberFormat, tuple[str, ...], str]
    said = NumberFormat(**entry["form"]), tuple(entry["notes"]), entry["cleaned"]
    if "numbers" in entry:
        examples: dict[int, str] = dict(entry["examples"])
        of_cells = entry["numbers"], entry["unparsable"], examples
        return NumericColumn(entry["name"], array, *of_cells, *said)
    texts = np.empty(len(entry["texts"]), dtype=object)
    texts[:] = entry["texts"]
    numbers, unparsable = parse_numbers(texts, said[0])
    of_texts = texts, numbers, unparsable, np.array(entry["counts"], dtype=np.int64)
    return CategoricalColumn(entry["name"], array, *of_texts, *said)

"""Columns that were read once and stay on the disk, for as long as the files are unchanged."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from placement.data.collecting import Collected, Hashed, Numbers, Read, Words, collect
from placement.data.memory import in_words
from placement.data.places import Places
from placement.data.replacing import writing
from placement.data.shelf import FileShelf, FileVector
from placement.data.storage import Place
from placement.data.tables import Reader
from placement.model.scorer import parse_numbers

FORMAT = 1
_INDEX = "columns.json"


def collected(
    reader: Reader, place: Place, as_words: frozenset[str], tell: Callable[[int], None]
) -> tuple[Collected, tuple[str, ...]]:
    """Read the columns of a table, or take up those that an earlier reading kept; say which."""
    if place.kept is None or not isinstance(place.shelf, FileShelf):
        return collect(reader, place.shelf, as_words, tell=tell), ()
    folder = place.kept / f"columns-{_key(reader, as_words, place.shelf.piece_rows)}"
    found = _load(folder)
    if found is not None:
        return found, (f"the columns are those kept in {folder}: the files are unchanged",)
    made = place.shelf.folder / "columns"
    with writing(str(made)):
        made.mkdir(mode=0o700)
    shelf = FileShelf(made, place.shelf.piece_rows)
    _save(collect(reader, shelf, as_words, tell=tell), made)
    size = in_words(sum(path.stat().st_size for path in made.iterdir()))
    with writing(str(folder)):
        if folder.exists():  # damaged, or another process was faster
            folder.rename(place.shelf.folder / "replaced")
        made.rename(folder)
    found = _load(folder)
    if found is None:
        raise ValueError(f"{folder}: what was just kept cannot be read")
    return found, (f"the columns ({size}) are kept in {folder}: remove it when it has served",)


def _key(reader: Reader, as_words: frozenset[str], piece_rows: int) -> str:
    """Return a digest of all that decides what the columns hold."""
    from placement import __version__

    files = []
    for part in reader.parts:
        if part.origin is None:
            raise ValueError(f"{part.name}: kept without a file")
        path = part.origin.path.resolve()
        seen = path.stat()
        stamp = [seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns]
        files.append([part.name, part.origin.name, str(path), stamp])
    known = [FORMAT, __version__, reader.names, reader.decimal, sorted(as_words), piece_rows, files]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:24]


def _save(data: Collected, folder: Path) -> None:
    index = {
        "name": data.name,
        "decimal": data.decimal,
        "blank_lines": data.blank_lines,
        "places": data.places.as_data(),
        "columns": [_described(read) for read in data.columns.values()],
    }
    path = folder / _INDEX
    with writing(str(path)):
        path.write_text(json.dumps(index), encoding="utf-8", errors="surrogatepass")


def _described(read: Read) -> dict[str, Any]:
    vector = read.vector
    if not isinstance(vector, FileVector):
        raise TypeError(f"{read.name}: kept outside a file")
    common = {
        "name": read.name,
        "file": vector.path.name,
        "dtype": vector.dtype.str,
        "sizes": vector.sizes,
        "kinds": vector.kinds,
    }
    if isinstance(read, Numbers):
        examples = [[position, word] for position, word in read.examples.items()]
        return common | {"known": read.known, "stray": read.stray, "examples": examples}
    if isinstance(read, Words):
        return common | {"texts": read.texts.tolist(), "counts": read.counts.tolist()}
    return common


def _load(folder: Path) -> Collected | None:
    """Return the columns kept in a folder; None where it is not there, or not whole."""
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8", errors="surrogatepass"))
        columns = {c["name"]: _column(c, folder, index["decimal"]) for c in index["columns"]}
        places = Places.of_data(index["places"])
        return Collected(index["name"], columns, places, index["decimal"], index["blank_lines"])
    except (OSError, ValueError, KeyError):
        return None


def _column(told: dict[str, Any], folder: Path, decimal: str) -> Read:
    vector = FileVector.found(told["dtype"], folder / told["file"], told["sizes"], told["kinds"])
    if vector.path.stat().st_size != vector.size:
        raise ValueError(f"{vector.path}: cut short")
    if "known" in told:
        examples = dict(told["examples"])
        return Numbers(told["name"], vector, told["known"], told["stray"], examples)
    if "texts" not in told:
        return Hashed(told["name"], vector)
    texts = np.empty(len(told["texts"]), dtype=object)
    texts[:] = told["texts"]
    numbers, bad = parse_numbers(texts, decimal)
    counts = np.array(told["counts"], dtype=np.int64)
    return Words(told["name"], vector, texts, numbers, bad, counts)

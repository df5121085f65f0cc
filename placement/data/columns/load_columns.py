"""Read all rows of a table into a store: each column as numbers, as coded words, or as hashes.

Whether a column holds numbers or words is decided by all of its cells. One whose first rows said
otherwise than all do is read once more, alone: words must stay as they are written.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from placement.arrays import IntArray, ObjectArray, UInt64Array
from placement.data.columns.column_store import (
    ChunkedArrayBuilder,
    ColumnStore,
    MemoryColumnStore,
    compact,
)
from placement.data.columns.raw_column import (
    MAX_TEXTS,
    NUMBER_SHARE,
    UNPARSABLE,
    CategoricalColumn,
    HashedColumn,
    NumericColumn,
    RawColumn,
    coded,
)
from placement.data.columns.row_locations import RowLocations
from placement.data.formats.blocks import Block, BlockRequest, Cells
from placement.errors import DataError
from placement.model.scorer import Coded, fold, parse_numbers
from placement.runtime.ordered_map import usable_processors

if TYPE_CHECKING:
    from placement.data.formats.table_reader import Reader

_EXAMPLES = 1_000
_PIECE_BYTES = 1 << 23  # of text; few calls for each, as they contend with the imports
_HASH_KEY = "placement: words"


@dataclass(frozen=True)
class LoadedColumns:
    """Every row of a source, nothing decided yet but what each column holds."""

    name: str
    columns: dict[str, RawColumn]
    places: RowLocations
    decimal: str
    blank_lines: int


def load_columns(
    reader: "Reader",
    store: ColumnStore,
    as_words: frozenset[str] = frozenset(),
    *,
    most_words: int = MAX_TEXTS,
    on_progress: Callable[[int], None] = lambda _rows: None,
) -> LoadedColumns:
    """Read every row; columns of `as_words` stay as written. `on_progress` hears of the rows."""
    makers = {
        n: _ColumnBuilder(n, store, reader.decimal, True if n in as_words else None, most_words)
        for n in reader.names
    }
    wanted = BlockRequest(as_text=as_words, piece_bytes=_PIECE_BYTES)
    places, blank = _fill(reader, makers, wanted, RowLocations(store.piece_rows), on_progress)
    if not len(places):
        raise DataError(f"{reader.name}: has a header but no rows below it; add the students' rows")
    columns = {name: maker.made() for name, maker in makers.items()}
    wrong = {n: how for n, maker in makers.items() if (how := maker.better_as_words) is not None}
    if wrong:
        again = {
            n: _ColumnBuilder(n, store, reader.decimal, w, most_words) for n, w in wrong.items()
        }
        as_written = frozenset(n for n, how in wrong.items() if how)
        every = BlockRequest(frozenset(wrong), as_written, piece_bytes=_PIECE_BYTES)
        _fill(reader, again, every, RowLocations(), on_progress)
        for name, maker in again.items():
            columns[name].array.discard()
            columns[name] = maker.made()
    return LoadedColumns(reader.name, columns, places, reader.decimal, blank)


def _fill(
    reader: "Reader",
    makers: Mapping[str, "_ColumnBuilder"],
    wanted: BlockRequest,
    places: RowLocations,
    on_progress: Callable[[int], None],
) -> tuple[RowLocations, int]:
    blank = 0
    for block in reader.blocks(wanted, usable_processors(), _compacted):
        blank += block.blank_lines
        if not len(block):
            continue
        new_file = bool(places.files) and places.files[-1] != block.file
        for name, maker in makers.items():
            if new_file:
                maker.end_of_file()
            maker.add(block.columns[name])
        places.add(block)
        on_progress(len(places))
    for maker in makers.values():
        maker.end_of_file()
    return places, blank


def _compacted(block: Block) -> Block:
    columns = {
        name: cells if isinstance(cells, Coded) or cells.dtype.kind not in "if" else compact(cells)
        for name, cells in block.columns.items()
    }
    return replace(block, columns=columns)


def raw_column(
    name: str, cells: Any, decimal: str = ".", store: ColumnStore | None = None
) -> CategoricalColumn:
    """Make one coded column of any cells."""
    maker = _ColumnBuilder(name, store or MemoryColumnStore(), decimal, True, len(cells) + 1)
    maker.add(cells if isinstance(cells, Coded) else np.asarray(cells))
    maker.end_of_file()
    made = maker.made()
    if not isinstance(made, CategoricalColumn):
        raise TypeError(f"{name} was not coded")
    return made


class _ColumnBuilder:
    """Makes one column, block by block; unless told, the first decides whether of words."""

    def __init__(
        self, name: str, store: ColumnStore, decimal: str, as_words: bool | None, most_words: int
    ) -> None:
        self._name, self._store, self._decimal = name, store, decimal
        self._as_words, self._told = as_words, as_words is not None
        self._respelled = False  # some words came as numbers, and lost how they were written
        self._most = most_words
        self._cells: ChunkedArrayBuilder | None = None
        self._known = self._stray = self._rows = 0
        self._examples: dict[int, str] = {}
        self._code_of: defaultdict[str, int] = defaultdict()
        self._code_of.default_factory = self._code_of.__len__
        self._counts = np.zeros(0, dtype=np.int64)

    def add(self, cells: Cells) -> None:
        numbers = isinstance(cells, np.ndarray) and cells.dtype.kind in "fiu"
        if self._as_words is None:
            self._as_words = not numbers and _are_words(coded(cells), self._decimal)
        if not self._as_words:
            self._add_numbers(cells)
        elif self._cells is not None and self._cells.array.dtype == np.uint64:
            self._add_hashes(coded(cells))
        else:
            self._add_words(coded(cells))
        self._respelled = self._respelled or (self._as_words and numbers and not self._told)
        self._rows += len(cells)

    def end_of_file(self) -> None:
        """End the piece: none reaches over the end of a file."""
        if self._cells is not None:
            self._cells.end()

    def _add_numbers(self, cells: Cells) -> None:
        self._cells = self._cells or ChunkedArrayBuilder(self._store, np.float64)
        if isinstance(cells, np.ndarray) and cells.dtype.kind in "fiu":
            gaps = int(np.count_nonzero(np.isnan(cells))) if cells.dtype.kind == "f" else 0
            self._known += len(cells) - gaps
            self._cells.add(cells)
            return
        texts = coded(cells)
        values, stray = parse_numbers(texts, self._decimal)
        self._known += len(values) - int(np.count_nonzero(np.isnan(values)))
        if stray.any():
            values[stray] = UNPARSABLE
            self._stray += int(np.count_nonzero(stray))
            for place in np.flatnonzero(stray)[: _EXAMPLES - len(self._examples)].tolist():
                self._examples[self._rows + place] = str(texts[place])
        self._cells.add(values)

    def _add_words(self, cells: Coded) -> None:
        self._cells = self._cells or ChunkedArrayBuilder(self._store, np.int32)
        new = np.array([self._code_of[(text or "").strip()] for text in cells.texts], np.int32)
        codes = new[cells.codes]
        self._counts = np.append(
            self._counts, np.zeros(len(self._code_of) - len(self._counts), dtype=np.int64)
        )
        self._counts += np.bincount(codes, minlength=len(self._counts))
        self._cells.add(codes)
        if len(self._code_of) > self._most:
            self._cells = self._hashed(self._cells)

    def _add_hashes(self, cells: Coded) -> None:
        self._count_numbers(cells.texts, np.bincount(cells.codes, minlength=len(cells.texts)))
        if self._cells is not None:
            self._cells.add(_hashes(cells))

    def _count_numbers(self, texts: ObjectArray, counts: IntArray) -> None:
        # Most free text begins as no number does (inf) and no missing one (NA, null).
        words = [bool(text) and text[0].isalpha() and text[0] not in "iInN" for text in texts]
        maybe = ~np.array(words, dtype=bool)
        numbers, bad = parse_numbers(texts[maybe], self._decimal)
        self._known += int(counts[maybe][~np.isnan(numbers)].sum())
        self._stray += int(counts[~maybe].sum() + counts[maybe][bad].sum())

    @property
    def better_as_words(self) -> bool | None:
        """How to read the column once more, where the first rows decided otherwise than all do.

        So the order of the rows decides nothing.
        """
        numbers = not self._stray or self._known >= NUMBER_SHARE * (self._known + self._stray)
        dtype = None if self._cells is None else self._cells.array.dtype
        if dtype == np.uint64 and numbers:
            return False
        if self._respelled or (dtype == np.float64 and not numbers):
            return True
        return None

    def _hashed(self, codes: ChunkedArrayBuilder) -> ChunkedArrayBuilder:
        """Keep hashes from here on: there are too many different words to hold."""
        texts = self._texts()
        self._count_numbers(texts, self._counts)
        of_text = _hashes(Coded(np.arange(len(texts)), texts))
        made = ChunkedArrayBuilder(self._store, np.uint64)
        done = len(codes.array)
        codes.end()
        for place, own in enumerate(codes.array):
            made.add(of_text[own])
            if place < done:
                made.end()  # a piece that ended with its file still does
        codes.array.discard()
        self._code_of.clear()
        return made

    def _texts(self) -> ObjectArray:
        texts = np.empty(len(self._code_of), dtype=object)
        texts[:] = list(self._code_of)
        return texts

    def made(self) -> RawColumn:
        array = (self._cells or ChunkedArrayBuilder(self._store, np.int32)).array
        if array.dtype == np.float64:
            return NumericColumn(self._name, array, self._known, self._stray, self._examples)
        if array.dtype == np.uint64:
            return HashedColumn(self._name, array)
        texts = self._texts()
        numbers, bad = parse_numbers(texts, self._decimal)
        return CategoricalColumn(self._name, array, texts, numbers, bad, self._counts)


def _are_words(cells: Coded, decimal: str) -> bool:
    """Whether a first piece looks like a column of words; what is blank looks like nothing yet."""
    counts = np.bincount(cells.codes, minlength=len(cells.texts))
    numbers, bad = parse_numbers(cells.texts, decimal)
    known, stray = int(counts[~np.isnan(numbers)].sum()), int(counts[bad].sum())
    return bool(stray) and known < NUMBER_SHARE * (known + stray)


def _hashes(cells: Coded) -> UInt64Array:
    """Return a hash of each cell's words (n,), the same whatever their case; 0 where blank."""
    from pandas.util import hash_array

    folded = np.empty(len(cells.texts), dtype=object)
    folded[:] = [fold(text or "") for text in cells.texts]
    hashes = hash_array(folded, hash_key=_HASH_KEY, categorize=False)
    hashes[folded == ""] = 0
    found: UInt64Array = hashes[cells.codes]
    return found

"""Read all rows of a table into a store: each column as numbers, as coded text, or as hashes.

Whether a column holds numbers or text is decided by all of its cells. One whose first rows said
otherwise than all do is read once more, alone: text must stay as it is written.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from placement.arrays import IntArray, ObjectArray, UInt64Array
from placement.config.bad_rows import BadRows
from placement.data.columns.column_store import (
    ChunkedArrayBuilder,
    ColumnStore,
    MemoryColumnStore,
    downcast,
)
from placement.data.columns.left_out import ReadRows
from placement.data.columns.raw_column import (
    MAX_TEXTS,
    NUMBER_SHARE,
    UNPARSABLE,
    CategoricalColumn,
    HashedColumn,
    NumericColumn,
    RawColumn,
    factorize,
)
from placement.data.columns.row_locations import RowLocations
from placement.data.formats.blocks import Block, BlockRequest, Cells, LeftOutRow
from placement.data.formats.faulty_rows import leave_out
from placement.errors import DataError
from placement.model.scorer import Coded, ColumnLike, fold, parse_numbers
from placement.runtime.parallel_map import usable_processors

if TYPE_CHECKING:
    from placement.data.formats.table_reader import Reader

_EXAMPLES = 1_000
_PIECE_BYTES = 1 << 23  # of text; few calls for each, as they contend with the imports
_HASH_KEY = "placement: words"


@dataclass(frozen=True)
class LoadedColumns:
    """The raw columns of every student of a source, and where the rows stand in its files.

    `left_out` are the faulty rows, whose cells cannot be told apart, `others` those of no student.
    """

    name: str
    columns: dict[str, RawColumn]
    locations: RowLocations
    decimal: str
    blank_lines: int
    left_out: tuple[LeftOutRow, ...] = ()
    others: tuple[LeftOutRow, ...] = ()


def load_columns(
    reader: "Reader",
    store: ColumnStore,
    as_text: frozenset[str] = frozenset(),
    *,
    max_texts: int = MAX_TEXTS,
    on_progress: Callable[[int], None] = lambda _rows: None,
) -> LoadedColumns:
    """Read every row; columns of `as_text` stay as written. `on_progress` gets the rows so far."""

    def builder_of(name: str, to_text: bool | None) -> _ColumnBuilder:
        return _ColumnBuilder(name, store, reader.decimal, to_text, max_texts)

    builders = {n: builder_of(n, True if n in as_text else None) for n in reader.names}
    request = BlockRequest(as_text=as_text, piece_bytes=_PIECE_BYTES)
    rows = ReadRows(reader.name, RowLocations(store.piece_rows))
    _fill(reader, builders, request, rows, on_progress)
    if not len(rows.locations):
        leave_out(rows.left_out.faulty, len(rows.left_out.faulty), BadRows(), reader.name)
        raise DataError(f"{reader.name}: has a header but no rows below it; add the students' rows")
    columns = {name: builder.build() for name, builder in builders.items()}
    reread = {name: builder.reread_as_text for name, builder in builders.items()}
    misread = {name: to_text for name, to_text in reread.items() if to_text is not None}
    if misread:
        builders = {name: builder_of(name, to_text) for name, to_text in misread.items()}
        as_written = frozenset(n for n, to_text in misread.items() if to_text)
        request = BlockRequest(frozenset(misread), as_written, piece_bytes=_PIECE_BYTES)
        again = ReadRows(reader.name, RowLocations(), rows.not_students)
        _fill(reader, builders, request, again, on_progress)
        for name, builder in builders.items():
            columns[name].array.discard()
            columns[name] = builder.build()
    return LoadedColumns(
        reader.name,
        columns,
        rows.locations,
        reader.decimal,
        rows.blank,
        left_out=tuple(rows.left_out.faulty),
        others=tuple(rows.left_out.others),
    )


def _fill(
    reader: "Reader",
    builders: Mapping[str, "_ColumnBuilder"],
    request: BlockRequest,
    rows: ReadRows,
    on_progress: Callable[[int], None],
) -> None:
    for block in reader.blocks(request, usable_processors(), _compacted):
        new_file = bool(rows.locations.files) and rows.locations.files[-1] != block.file
        students = rows.students(block)
        if not len(students):
            continue
        for name, builder in builders.items():
            if new_file:
                builder.end_of_file()
            builder.add(students.columns[name])
        on_progress(len(rows.locations))
    for builder in builders.values():
        builder.end_of_file()


def _compacted(block: Block) -> Block:
    columns = {
        name: cells if isinstance(cells, Coded) or cells.dtype.kind not in "if" else downcast(cells)
        for name, cells in block.columns.items()
    }
    return replace(block, columns=columns)


def raw_column(
    name: str, cells: ColumnLike, decimal: str = ".", store: ColumnStore | None = None
) -> CategoricalColumn:
    """Make one coded column of any cells."""
    builder = _ColumnBuilder(name, store or MemoryColumnStore(), decimal, True, len(cells) + 1)
    builder.add(cells if isinstance(cells, Coded) else np.asarray(cells))
    builder.end_of_file()
    column = builder.build()
    if not isinstance(column, CategoricalColumn):
        raise TypeError(f"{name} was not coded")
    return column


class _ColumnBuilder:
    """Builds one column, block by block; without `as_text`, the first block decides its dtype."""

    def __init__(
        self, name: str, store: ColumnStore, decimal: str, as_text: bool | None, max_texts: int
    ) -> None:
        self._name, self._store, self._decimal = name, store, decimal
        self._as_text, self._is_requested = as_text, as_text is not None
        self._lost_spelling = False  # some text came as numbers, and lost its spelling
        self._max_texts = max_texts
        self._cells: ChunkedArrayBuilder | None = None
        self._number_count = self._unparsable_count = self._rows = 0
        self._examples: dict[int, str] = {}
        self._code_of: defaultdict[str, int] = defaultdict()
        self._code_of.default_factory = self._code_of.__len__
        self._counts = np.zeros(0, dtype=np.int64)

    def add(self, cells: Cells) -> None:
        numbers = isinstance(cells, np.ndarray) and cells.dtype.kind in "fiu"
        if self._as_text is None:
            self._as_text = not numbers and _are_texts(factorize(cells), self._decimal)
        if not self._as_text:
            self._add_numbers(cells)
        elif self._cells is not None and self._cells.array.dtype == np.uint64:
            self._add_hashes(factorize(cells))
        else:
            self._add_texts(factorize(cells))
        self._lost_spelling |= self._as_text and numbers and not self._is_requested
        self._rows += len(cells)

    def end_of_file(self) -> None:
        """End the piece: none reaches over the end of a file."""
        if self._cells is not None:
            self._cells.end_piece()

    def _add_numbers(self, cells: Cells) -> None:
        self._cells = self._cells or ChunkedArrayBuilder(self._store, np.float64)
        if isinstance(cells, np.ndarray) and cells.dtype.kind in "fiu":
            missing = int(np.count_nonzero(np.isnan(cells))) if cells.dtype.kind == "f" else 0
            self._number_count += len(cells) - missing
            self._cells.add(cells)
            return
        texts = factorize(cells)
        values, unparsable = parse_numbers(texts, self._decimal)
        self._number_count += len(values) - int(np.count_nonzero(np.isnan(values)))
        if unparsable.any():
            values[unparsable] = UNPARSABLE
            self._unparsable_count += int(np.count_nonzero(unparsable))
            for index in np.flatnonzero(unparsable)[: _EXAMPLES - len(self._examples)].tolist():
                self._examples[self._rows + index] = str(texts[index])
        self._cells.add(values)

    def _add_texts(self, cells: Coded) -> None:
        self._cells = self._cells or ChunkedArrayBuilder(self._store, np.int32)
        code_map = np.array([self._code_of[(text or "").strip()] for text in cells.texts], np.int32)
        codes = code_map[cells.codes]
        counts = np.bincount(codes, minlength=len(self._code_of))
        counts[: len(self._counts)] += self._counts
        self._counts = counts
        self._cells.add(codes)
        if len(self._code_of) > self._max_texts:
            self._cells = self._to_hashes(self._cells)

    def _add_hashes(self, cells: Coded) -> None:
        self._count_numbers(cells.texts, np.bincount(cells.codes, minlength=len(cells.texts)))
        if self._cells is not None:
            self._cells.add(_hashes(cells))

    def _count_numbers(self, texts: ObjectArray, counts: IntArray) -> None:
        # Most free text begins as no number does (inf) and no missing one (NA, null).
        is_text = [bool(text) and text[0].isalpha() and text[0] not in "iInN" for text in texts]
        may_be_number = ~np.array(is_text, dtype=bool)
        numbers, unparsable = parse_numbers(texts[may_be_number], self._decimal)
        self._number_count += int(counts[may_be_number][~np.isnan(numbers)].sum())
        self._unparsable_count += int(counts[~may_be_number].sum())
        self._unparsable_count += int(counts[may_be_number][unparsable].sum())

    @property
    def reread_as_text(self) -> bool | None:
        """Whether to read the column again as text (or as numbers); None where it was read right.

        All rows decide, not the first: so their order does not matter.
        """
        non_missing = self._number_count + self._unparsable_count
        numbers = not self._unparsable_count or self._number_count >= NUMBER_SHARE * non_missing
        dtype = None if self._cells is None else self._cells.array.dtype
        if dtype == np.uint64 and numbers:
            return False
        if self._lost_spelling or (dtype == np.float64 and not numbers):
            return True
        return None

    def _to_hashes(self, codes: ChunkedArrayBuilder) -> ChunkedArrayBuilder:
        """Store hashes from here on: there are too many distinct texts to keep."""
        texts = self._texts()
        self._count_numbers(texts, self._counts)
        hash_of_text = _hashes(Coded(np.arange(len(texts)), texts))
        hashes = ChunkedArrayBuilder(self._store, np.uint64)
        ended = len(codes.array)
        codes.end_piece()
        for piece, piece_codes in enumerate(codes.array):
            hashes.add(hash_of_text[piece_codes])
            if piece < ended:
                hashes.end_piece()  # a piece that ended with its file still does
        codes.array.discard()
        self._code_of.clear()
        return hashes

    def _texts(self) -> ObjectArray:
        texts = np.empty(len(self._code_of), dtype=object)
        texts[:] = list(self._code_of)
        return texts

    def build(self) -> RawColumn:
        array = (self._cells or ChunkedArrayBuilder(self._store, np.int32)).array
        if array.dtype == np.float64:
            return NumericColumn(
                self._name, array, self._number_count, self._unparsable_count, self._examples
            )
        if array.dtype == np.uint64:
            return HashedColumn(self._name, array)
        texts = self._texts()
        numbers, unparsable = parse_numbers(texts, self._decimal)
        return CategoricalColumn(self._name, array, texts, numbers, unparsable, self._counts)


def _are_texts(cells: Coded, decimal: str) -> bool:
    """Whether a first piece looks like a column of text; blank cells do not count."""
    counts = np.bincount(cells.codes, minlength=len(cells.texts))
    numbers, unparsable = parse_numbers(cells.texts, decimal)
    parsed, unparsed = int(counts[~np.isnan(numbers)].sum()), int(counts[unparsable].sum())
    return bool(unparsed) and parsed < NUMBER_SHARE * (parsed + unparsed)


def _hashes(cells: Coded) -> UInt64Array:
    """Return a hash of each cell's text (n,), the same whatever its case; 0 where blank."""
    from pandas.util import hash_array

    folded = np.empty(len(cells.texts), dtype=object)
    folded[:] = [fold(text or "") for text in cells.texts]
    hashes = hash_array(folded, hash_key=_HASH_KEY, categorize=False)
    hashes[folded == ""] = 0
    cell_hashes: UInt64Array = hashes[cells.codes]
    return cell_hashes

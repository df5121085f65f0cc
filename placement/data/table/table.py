"""`Table`: the labelled rows of a source with the meaning of its columns."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from placement.arrays import BoolArray, CellArray, FloatArray, IntArray
from placement.data.columns.column import Column
from placement.data.columns.column_store import (
    ChunkedArray,
    ColumnStore,
    ConstantArray,
    MemoryColumnStore,
)
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.formats.blocks import LeftOutRow
from placement.data.schema import Kind, Schema
from placement.errors import counted
from placement.model.scorer import Coded
from placement.runtime.notebook import html_table, paragraph
from placement.runtime.parallel_map import usable_processors
from placement.runtime.ranks import shared_in_order

_UNSEEN = -2  # no word yet has this code


@dataclass(frozen=True, eq=False)
class Table:
    """The labelled rows of a source and the meaning of its columns.

    `chunked_columns` are the columns of the file, in pieces of the same rows; `labels` in [0, 1],
    `weights` (1 without `--weight`) and `row_numbers`, the 1-based data rows within their file,
    have the same pieces. `identifiers` are left out of the split's hash, `sensitive` are those
    whose groups are compared; `students` is the column that tells which rows are of one student,
    where some are. `left_out` counts rows by reason, `left_out_rows()` yields each of them.
    `digest` is the SHA-256 of names, kinds and cells, whatever the format of the file. `store`
    takes further columns. `files` has the number of each piece's file, where that is known.
    """

    name: str
    chunked_columns: Mapping[str, Column]
    labels: ChunkedArray
    weights: ChunkedArray
    row_numbers: ChunkedArray
    schema: Schema
    identifiers: tuple[str, ...]
    sensitive: tuple[str, ...]
    batch: str | None
    left_out: tuple[tuple[str, int], ...]
    left_out_rows: Callable[[], Iterator[LeftOutRow]]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    digest: str
    store: ColumnStore
    students: str | None = None
    files: tuple[int, ...] = ()

    def __len__(self) -> int:
        return self.labels.rows

    def __repr__(self) -> str:
        """Say what the table is; no cell of a row is in it."""
        return f"Table({self._about})"

    def _repr_html_(self) -> str:
        left_out = sum(number for _, number in self.left_out)
        warned = counted(len(self.warnings), "warning")
        about = f"{self._about}; {counted(left_out, 'row')} left out; {warned}"
        roles = self._roles
        rows = [
            (name, "free text" if column.is_hashed else column.kind, roles.get(name, "not used"))
            for name, column in self.chunked_columns.items()
        ]
        return paragraph(about) + html_table(("column", "kind", "role"), rows)

    @property
    def _about(self) -> str:
        positive = sum(int((labels >= 0.5).sum()) for labels in self.labels)
        rows = f"{counted(len(self), 'row')}, {positive:,} of them {self.schema.target.outcome}"
        used = len(self.schema.features)
        return f"{self.name}: {rows}; {used} of {counted(len(self.chunked_columns), 'column')} used"

    @property
    def _roles(self) -> dict[str, str]:
        """What each column is used for, or why it is not, in words."""
        schema, target = self.schema, self.schema.target
        scales = {f.name: f", out of {f.scale:g}" if f.scale else "" for f in schema.features}
        return {
            **{item.column: item.reason for item in schema.dropped},
            **{name: f"used{scale}" for name, scale in scales.items()},
            target.name: f"outcome: {target.outcome}, else {target.other_outcome}",
        }

    def where(self, piece: int, row: int) -> str:
        """Say where a row (0-based) of a piece stands: `may.csv, row 812`."""
        return f"{self.name}, row {self.row_numbers.piece(piece)[row]}"

    @property
    def pieces(self) -> int:
        """Number of pieces."""
        return len(self.labels)

    @property
    def is_weighted(self) -> bool:
        """Whether rows may weigh anything but 1."""
        return not isinstance(self.weights, ConstantArray)

    def piece(self, piece: int, names: Sequence[str]) -> dict[str, FloatArray | Coded]:
        """Return the cells (n,) of some columns in one piece."""
        return {name: self.chunked_columns[name].piece(piece) for name in names}

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each column."""
        return {name: column.kind for name, column in self.chunked_columns.items()}

    @cached_property
    def columns(self) -> dict[str, CellArray]:
        """Every column (n,) but free text: float64 with NaN, or text with None, where missing."""
        return {n: c.cells() for n, c in self.chunked_columns.items() if not c.is_hashed}

    @cached_property
    def label(self) -> FloatArray:
        """The label of every row (n,), in [0, 1]."""
        return self.labels.whole()

    @cached_property
    def weight(self) -> FloatArray:
        """The weight of every row (n,)."""
        return np.array(self.weights.whole())

    @cached_property
    def rows(self) -> IntArray:
        """The 1-based data row of every row (n,), within its file."""
        return self.row_numbers.whole()

    def only(self, rows: Callable[[int], BoolArray]) -> "Table":
        """Return the rows (n,) that `rows(piece)` marks; notes about the whole table stay."""

        def marked(array: ChunkedArray) -> ChunkedArray:
            marked = self.store.new_array(array.dtype)
            for piece, cells in enumerate(array):
                marked.append(cells[rows(piece)])
            return marked

        return self._of_rows(marked, self.store, self.files)

    def take(self, rows: npt.NDArray[np.integer]) -> "Table":
        """Return the rows at these positions, in memory; notes about the whole table stay."""
        store = MemoryColumnStore()

        def take(array: ChunkedArray) -> ChunkedArray:
            taken = store.new_array(array.dtype)
            taken.append(_take(array, rows))
            return taken

        return self._of_rows(take, store, ())

    def _of_rows(
        self,
        chosen: Callable[[ChunkedArray], ChunkedArray],
        store: ColumnStore,
        files: tuple[int, ...],
    ) -> "Table":
        """Return the table of the rows that `chosen` takes out of each of its arrays."""
        columns = {n: c.with_array(chosen(c.array)) for n, c in self.chunked_columns.items()}
        labels = chosen(self.labels)
        return replace(
            self,
            chunked_columns=columns,
            labels=labels,
            weights=chosen(self.weights) if self.is_weighted else ConstantArray(1.0, labels.sizes),
            row_numbers=chosen(self.row_numbers),
            store=store,
            files=files,
        )


def _take(array: ChunkedArray, rows: npt.NDArray[np.integer]) -> CellArray:
    """Return the cells at these positions (m,), with one further piece in memory at a time."""
    ends = np.cumsum(array.sizes)
    piece_of_row = np.searchsorted(ends, rows, side="right")
    taken = np.empty(len(rows), array.dtype)
    for piece in np.unique(piece_of_row):
        in_piece = piece_of_row == piece
        cells = array.piece(int(piece))
        taken[in_piece] = cells[rows[in_piece] - (ends[piece] - len(cells))]
    return taken


def take_used(array: ChunkedArray, outcome: OutcomeCodes, store: ColumnStore) -> ChunkedArray:
    """Return an array of the rows that are used."""
    taken = store.new_array(array.dtype)
    for cells, used_masks in zip(array, outcome.used_masks(), strict=True):
        taken.append(cells if used_masks.all() else cells[used_masks])
    return taken


def digest_columns(columns: Mapping[str, Column]) -> str:
    """Return the SHA-256 of names, kinds and cells in order."""
    digest = hashlib.sha256()
    digests = shared_in_order(columns.values(), _digest_of_column, usable_processors())
    for (name, column), column_digest in zip(columns.items(), digests, strict=True):
        digest.update(f"{name}\x1f{column.kind}\x1f{len(column)}\x1e{column_digest}".encode())
    return digest.hexdigest()


def _digest_of_column(column: Column) -> str:
    digest = hashlib.sha256()
    if column.is_hashed:
        for hashes in column.array:
            digest.update(hashes.astype("<u8").tobytes())
    elif column.kind == "number":
        for piece in range(len(column.array)):
            cells = np.asarray(column.piece(piece)) + 0.0  # one zero and, below, one NaN
            cells[np.isnan(cells)] = np.nan
            digest.update(cells.astype("<f8", copy=False).data)
    else:
        for part in _text_bytes(column):
            digest.update(part)
    return digest.hexdigest()


def _text_bytes(column: Column) -> Iterator[bytes]:
    """Yield the words of a category: codes in the order in which words appear, then the words."""
    code_of: dict[str | None, int] = {None: -1}
    code_of_text = np.full(len(column.texts), _UNSEEN, dtype="<i4")
    for texts in column.array:
        codes = code_of_text[texts]
        unseen, first = np.unique(texts[codes == _UNSEEN], return_index=True)
        for text in unseen[np.argsort(first)]:
            code_of_text[text] = code_of.setdefault(column.texts[text], len(code_of) - 1)
        yield (code_of_text[texts] if len(unseen) else codes).tobytes()
    yield "\x1f".join(word for word in code_of if word is not None).encode("utf-8", "surrogatepass")

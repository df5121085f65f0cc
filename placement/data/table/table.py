"""The understood table: its labelled rows, and the meaning of its columns."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from placement.arrays import CellArray, FloatArray, IntArray
from placement.data.columns.column import Column
from placement.data.columns.column_store import (
    ChunkedArray,
    ColumnStore,
    ConstantArray,
    MemoryColumnStore,
)
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.schema import Kind, Schema
from placement.model.scorer import Coded
from placement.runtime.ordered_map import in_order, usable_processors


@dataclass(frozen=True, eq=False)
class Table:
    """A table that was understood: its labelled rows, and the meaning of its columns.

    `chunked_columns` are the columns of the file, in pieces of the same rows; `labels` in [0, 1],
    `weights` (1 without `--weight`) and `row_numbers`, the 1-based data rows within their file,
    have the same pieces. `identifiers` are left out of the split's hash, `sensitive` are those
    whose groups are compared. `left_out` counts rows by reason. `digest` is the SHA-256 of names,
    kinds and cells, whatever the format of the file. `store` takes further columns.
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
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    digest: str
    store: ColumnStore

    def __len__(self) -> int:
        return self.labels.rows

    def where(self, place: int, row: int) -> str:
        """Say where a row (0-based) of a piece stands: `may.csv, row 812`."""
        return f"{self.name}, row {self.row_numbers.piece(place)[row]}"

    @property
    def pieces(self) -> int:
        """Number of pieces."""
        return len(self.labels)

    @property
    def is_weighted(self) -> bool:
        """Whether rows may weigh anything but 1."""
        return not isinstance(self.weights, ConstantArray)

    def piece(self, place: int, names: Sequence[str]) -> dict[str, FloatArray | Coded]:
        """Return the cells (n,) of some columns in one piece."""
        return {name: self.chunked_columns[name].piece(place) for name in names}

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each column."""
        return {name: column.kind for name, column in self.chunked_columns.items()}

    @cached_property
    def columns(self) -> dict[str, CellArray]:
        """Every column (n,) but free text: float64 with NaN, or text with None, where missing."""
        return {
            name: own.cells() for name, own in self.chunked_columns.items() if not own.is_hashed
        }

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

    def take(self, rows: npt.NDArray[np.integer]) -> "Table":
        """Return the rows at these positions, in memory; what was stated of the whole stays."""
        store = MemoryColumnStore()

        def some(array: ChunkedArray) -> ChunkedArray:
            made = store.new_array(array.dtype)
            made.append(_gathered(array, rows))
            return made

        return replace(
            self,
            chunked_columns={
                name: column.with_array(some(column.array))
                for name, column in self.chunked_columns.items()
            },
            labels=(labels := some(self.labels)),
            weights=some(self.weights) if self.is_weighted else ConstantArray(1.0, labels.sizes),
            row_numbers=some(self.row_numbers),
            store=store,
        )


def _gathered(array: ChunkedArray, rows: npt.NDArray[np.integer]) -> CellArray:
    """Return the cells at these positions (m,), with no more than one piece in memory beside."""
    ends = np.cumsum(array.sizes)
    place_of = np.searchsorted(ends, rows, side="right")
    found = np.empty(len(rows), array.dtype)
    for place in np.unique(place_of):
        here = place_of == place
        own = array.piece(int(place))
        found[here] = own[rows[here] - (ends[place] - len(own))]
    return found


def take_used(array: ChunkedArray, outcome: OutcomeCodes, store: ColumnStore) -> ChunkedArray:
    """Return an array of the rows that are used."""
    made = store.new_array(array.dtype)
    for own, used in zip(array, outcome.used(), strict=True):
        made.append(own if used.all() else own[used])
    return made


def digest_of(columns: Mapping[str, Column]) -> str:
    """Return the SHA-256 of names, kinds and cells in order."""
    whole = hashlib.sha256()
    each = in_order(columns.values(), _digest_of_column, usable_processors())
    for (name, column), own in zip(columns.items(), each, strict=True):
        whole.update(f"{name}\x1f{column.kind}\x1f{len(column)}\x1e{own}".encode())
    return whole.hexdigest()


def _digest_of_column(column: Column) -> str:
    digest = hashlib.sha256()
    if column.is_hashed:
        for own in column.array:
            digest.update(own.astype("<u8").tobytes())
    elif column.kind == "number":
        for place in range(len(column.array)):
            cells = np.asarray(column.piece(place)) + 0.0  # one zero and, below, one NaN
            cells[np.isnan(cells)] = np.nan
            digest.update(cells.astype("<f8", copy=False).data)
    else:
        for part in _spelled(column):
            digest.update(part)
    return digest.hexdigest()


def _spelled(column: Column) -> Iterator[bytes]:
    """Yield the words of a category: codes in the order in which words appear, then the words."""
    number: dict[str | None, int] = {None: -1}
    for own in column.array:
        there, first, inverse = np.unique(own, return_index=True, return_inverse=True)
        codes = np.empty(len(there), dtype="<i4")
        for place in np.argsort(first):
            codes[place] = number.setdefault(column.words[there[place]], len(number) - 1)
        yield codes[inverse].tobytes()
    yield "\x1f".join(word for word in number if word is not None).encode("utf-8", "surrogatepass")

"""Encoded rows as they are held: numbers as columns, categories as codes, never as 0 and 1.

The rows of a category take few different values, one per level; a code says which. Columns of few
levels share one code, so that a byte tells of several. Sums over rows then become sums by code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from placement.arrays import AnyFloatArray, CodeArray, FloatArray, IndexArray

Entries = tuple[IndexArray, FloatArray]  # the codes at which a column is not 0, and what it is


@dataclass(frozen=True, eq=False)
class Levels:
    """What the codes 0 … `size` − 1 stand for in `columns: (m,)` of a design matrix.

    A sparse (size, m) in compressed columns, as `scipy.sparse.csc_array` holds it: column j has
    `data` at the codes `indices`, both from `indptr[j]` to `indptr[j + 1]`.
    """

    size: int
    columns: IndexArray
    indptr: IndexArray
    indices: IndexArray
    data: FloatArray

    @staticmethod
    def of(size: int, entries: Mapping[int, Entries]) -> "Levels":
        """Make the levels of columns by position, each by the codes where it is not 0."""
        counts = [len(codes) for codes, _ in entries.values()]
        indptr = np.append(0, np.cumsum(counts)).astype(np.intp)
        indices = np.concatenate([np.empty(0, np.intp), *(codes for codes, _ in entries.values())])
        data = np.concatenate([np.empty(0), *(values for _, values in entries.values())])
        return Levels(size, np.array(list(entries), np.intp), indptr, indices, data)

    @cached_property
    def entry_columns(self) -> IndexArray:
        """The column, from 0 to m − 1, of each entry of `data`."""
        return np.repeat(np.arange(len(self.columns)), np.diff(self.indptr))

    def select(self, positions: IndexArray) -> "Levels":
        """Return some columns; `positions: (d,)` are their new ones, −1 where left out."""
        kept = positions[self.columns] >= 0
        entries = kept[self.entry_columns]
        indptr = np.append(0, np.cumsum(np.diff(self.indptr)[kept]))
        columns = positions[self.columns[kept]]
        return Levels(self.size, columns, indptr, self.indices[entries], self.data[entries])

    def to_dense(self) -> FloatArray:
        """Write the table out, (size, m)."""
        table = np.zeros((self.size, len(self.columns)))
        table[self.indices, self.entry_columns] = self.data
        return table

    def dot(self, weights: FloatArray) -> FloatArray:
        """Return the table times weights (d, q) of the design matrix's columns, (size, q)."""
        parts = self.data[:, None] * weights[self.columns[self.entry_columns]]
        return np.stack([np.bincount(self.indices, part, self.size) for part in parts.T], axis=1)

    def sum_by_column(self, sums: FloatArray) -> FloatArray:
        """Turn sums by code (…, size) into sums of the columns, (…, m)."""
        filled = np.diff(self.indptr) > 0  # products that no code has stay 0
        summed = np.zeros((*sums.shape[:-1], len(self.columns)))
        if filled.any():
            terms = sums[..., self.indices] * self.data
            summed[..., filled] = np.add.reduceat(terms, self.indptr[:-1][filled], axis=-1)
        return summed


@dataclass(frozen=True, eq=False)
class CodedColumns:
    """Columns of which row i has `levels[codes[i]]`, times `factor[i]` where there is a factor.

    `codes` and `factor` are indices of the arrays of codes and of the dense columns held.
    """

    levels: Levels
    codes: int
    factor: int | None = None


@dataclass(frozen=True, eq=False)
class Layout:
    """Where each of the `width` columns of a design matrix is held.

    `dense: (p,)` are the positions of dense columns in the design matrix, `held: (p,)` theirs among
    the `dense_held` that are held. `code_types` are the dtypes of the arrays of codes.
    """

    width: int
    dense: IndexArray
    held: IndexArray
    dense_held: int
    coded: tuple[CodedColumns, ...] = ()
    code_types: tuple[np.dtype[np.unsignedinteger], ...] = ()

    @staticmethod
    def plain(width: int) -> "Layout":
        """Lay every column out densely."""
        return Layout(width, np.arange(width), np.arange(width), width)

    def select(self, columns: npt.NDArray[np.integer]) -> "Layout":
        """Lay out some of the columns, in this order, in the same arrays."""
        positions = np.full(self.width, -1)
        positions[columns] = np.arange(len(columns))
        kept = np.argsort(positions[self.dense], kind="stable")
        kept = kept[positions[self.dense[kept]] >= 0]
        blocks = [(block, block.levels.select(positions)) for block in self.coded]
        coded = tuple(
            CodedColumns(levels, block.codes, block.factor)
            for block, levels in blocks
            if len(levels.columns)
        )
        dense, held = positions[self.dense[kept]], self.held[kept]
        return Layout(len(columns), dense, held, self.dense_held, coded, self.code_types)

    def row_bytes(self, itemsize: int) -> int:
        """Return the bytes of a row whose dense cells have `itemsize` each."""
        return self.dense_held * itemsize + sum(t.itemsize for t in self.code_types)


@dataclass(frozen=True, eq=False)
class DesignMatrix:
    """Encoded rows (n, d): `cells: (n, P)` are the dense columns held, `codes` (n,) each."""

    layout: Layout
    cells: AnyFloatArray
    codes: tuple[CodeArray, ...] = ()

    @staticmethod
    def of(x: "AnyFloatArray | DesignMatrix") -> "DesignMatrix":
        """Take a matrix (n, d) as it is."""
        return x if isinstance(x, DesignMatrix) else DesignMatrix(Layout.plain(x.shape[1]), x)

    @staticmethod
    def empty(layout: Layout, rows: int, dtype: npt.DTypeLike) -> "DesignMatrix":
        """Return a matrix to be filled; columns lie one after the other, as they are made."""
        cells = np.empty((layout.dense_held, rows), dtype).T
        return DesignMatrix(layout, cells, tuple(np.empty(rows, t) for t in layout.code_types))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and encoded columns."""
        return len(self.cells), self.layout.width

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """That of the dense cells."""
        return self.cells.dtype

    def __len__(self) -> int:
        return len(self.cells)

    def __getitem__(self, rows: slice | npt.NDArray[np.generic]) -> "DesignMatrix":
        """Return some of the rows: views of a slice, else copies."""
        return DesignMatrix(
            self.layout, self.cells[rows], tuple(codes[rows] for codes in self.codes)
        )

    def copy(self) -> "DesignMatrix":
        """Copy the arrays."""
        codes = tuple(codes.copy() for codes in self.codes)
        return DesignMatrix(self.layout, self.cells.copy(), codes)

    def select(self, columns: npt.NDArray[np.integer]) -> "DesignMatrix":
        """Return some of the columns."""
        return DesignMatrix(self.layout.select(columns), self.cells, self.codes)

    @property
    def dense(self) -> AnyFloatArray:
        """The dense columns (n, p), at the positions `layout.dense`."""
        held = self.layout.held
        is_all = len(held) == self.cells.shape[1] and (held == np.arange(len(held))).all()
        return self.cells if is_all else self.cells[:, held]

    def to_dense(self) -> AnyFloatArray:
        """Write the matrix out, (n, d): for few rows only."""
        layout = self.layout
        if not layout.coded and (layout.dense == np.arange(layout.width)).all():
            return self.dense
        full = np.empty((layout.width, len(self)), self.dtype)
        full[layout.dense] = self.dense.T
        for block in layout.coded:
            values = block.levels.to_dense()[self.codes[block.codes]]
            if block.factor is not None:
                values *= self.cells[:, [block.factor]]
            full[block.levels.columns] = values.T
        return full.T

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> AnyFloatArray:
        """Let numpy write the matrix out."""
        return np.array(self.to_dense(), dtype=dtype, copy=copy)

    def dot(self, weights: FloatArray) -> FloatArray:
        """Return the matrix times weights (d, q), (n, q)."""
        product = np.asarray(self.dense, np.float64) @ weights[self.layout.dense]
        for block in self.layout.coded:
            part = block.levels.dot(weights)[self.codes[block.codes]]
            product += part if block.factor is None else part * self.cells[:, [block.factor]]
        return product


def concatenate(parts: Sequence[DesignMatrix]) -> DesignMatrix:
    """Put the rows of matrices of one layout below each other."""
    codes = zip(*(part.codes for part in parts), strict=True)
    cells = np.concatenate([part.cells for part in parts])
    return DesignMatrix(parts[0].layout, cells, tuple(np.concatenate(c) for c in codes))

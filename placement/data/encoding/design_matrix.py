"""Encoded rows as they are held: numbers as columns, categories as codes, never as 0 and 1.

The rows of a category take few different values, one per level; a code says which. Columns of few
levels share one code, so that a byte tells of several. Sums over rows then become sums by code.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from placement.arrays import AnyFloatArray, CellArray, CodeArray, FloatArray, IndexArray

if TYPE_CHECKING:
    from scipy.sparse import csc_array

DENSE_CELLS = 1 << 16  # of a table that is multiplied faster written out than entry by entry


@dataclass(frozen=True, eq=False)
class Levels:
    """What codes stand for in `columns: (m,)` of a design matrix: row k of a table (size, m)."""

    columns: IndexArray
    table: "csc_array[np.float64]"

    @property
    def size(self) -> int:
        """How many codes there are."""
        return self.table.shape[0]

    @cached_property
    def matrix(self) -> "FloatArray | csc_array[np.float64]":
        """The table as it is multiplied fastest: written out where that is small."""
        is_small = self.size * len(self.columns) <= DENSE_CELLS
        return self.table.toarray() if is_small else self.table

    def select(self, positions: IndexArray) -> "Levels":
        """Return some columns; `positions: (d,)` are their new ones, −1 where left out."""
        selected = positions[self.columns] >= 0
        return Levels(positions[self.columns[selected]], self.table[:, selected])


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
        selected = np.argsort(positions[self.dense], kind="stable")
        selected = selected[positions[self.dense[selected]] >= 0]
        blocks = [(block, block.levels.select(positions)) for block in self.coded]
        coded = tuple(
            CodedColumns(levels, block.codes, block.factor)
            for block, levels in blocks
            if len(levels.columns)
        )
        dense, held = positions[self.dense[selected]], self.held[selected]
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
    def empty(
        layout: Layout,
        rows: int,
        dtype: npt.DTypeLike,
        new_array: "Callable[[tuple[int, ...], npt.DTypeLike], CellArray]" = np.empty,
    ) -> "DesignMatrix":
        """Return a matrix to be filled; columns lie one after the other, as they are made."""
        cells = new_array((layout.dense_held, rows), dtype).T
        codes = tuple(new_array((rows,), code_type) for code_type in layout.code_types)
        return DesignMatrix(layout, cells, codes)

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
            values = block.levels.table.tocsr()[self.codes[block.codes]].toarray()
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
            by_code = np.asarray(block.levels.table @ weights[block.levels.columns])
            part = by_code[self.codes[block.codes]]
            product += part if block.factor is None else part * self.cells[:, [block.factor]]
        return product


def concatenate(parts: Sequence[DesignMatrix]) -> DesignMatrix:
    """Put the rows of matrices of one layout below each other."""
    codes = zip(*(part.codes for part in parts), strict=True)
    cells = np.concatenate([part.cells for part in parts])
    return DesignMatrix(parts[0].layout, cells, tuple(np.concatenate(c) for c in codes))

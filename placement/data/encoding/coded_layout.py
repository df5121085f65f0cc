"""Lay encoded columns out as numbers and codes: categories of few levels share a code array."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from placement.arrays import FloatArray, IndexArray
from placement.data.encoding.design_matrix import CodedColumns, DesignMatrix, Layout, Levels
from placement.model.scorer import CategoryColumn, Column, InteractionColumn, TableLike

if TYPE_CHECKING:
    from scipy.sparse import csc_array

JOINT_CODES = 512  # of categories that share an array: so few that sums by pairs stay in the cache


@dataclass(frozen=True)
class CodeArray:
    """An array of joint codes, Σ stride · code of each category by its name.

    With `known` joint codes, in order, an array has 1 + the position among them, else 0.
    """

    strides: Mapping[str, int]
    levels: Levels
    known: IndexArray | None = None

    def codes(self, codes: Mapping[str, IndexArray]) -> IndexArray:
        """Return the codes (n,) of rows from those of each category (n,)."""
        joint = sum(stride * codes[name] for name, stride in self.strides.items())
        joint = np.asarray(joint, np.intp)
        if self.known is None:
            return joint
        position = np.searchsorted(self.known, joint).clip(max=len(self.known) - 1)
        return np.where(self.known[position] == joint, position + 1, 0)


@dataclass(frozen=True)
class CodedLayout:
    """How encoded `columns` fill a design matrix of this `layout`."""

    columns: tuple[Column, ...]
    arrays: tuple[CodeArray, ...]
    layout: Layout

    def fill(self, target: DesignMatrix, table: TableLike) -> None:
        """Write the rows of file columns, each (n,), into a matrix (n, d) of this layout."""
        codes: dict[str, IndexArray] = {}
        dense: dict[int, FloatArray] = {}
        for start, column in _with_starts(self.columns):
            if isinstance(column, CategoryColumn):
                codes[column.column] = column.codes(table[column.column])[0]
            elif isinstance(column, InteractionColumn):
                for position, (i, j) in enumerate(column.pairs, start):
                    if i in dense and j in dense:
                        dense[position] = dense[i] * dense[j]
            else:
                dense |= dict(enumerate(column.encode(table[column.column])[0], start))
        for held, position in enumerate(self.layout.dense.tolist()):
            target.cells[:, held] = dense[position]
        for array, filled in zip(self.arrays, target.codes, strict=True):
            filled[:] = array.codes(codes)


def coded_layout(columns: Sequence[Column]) -> CodedLayout:
    """Lay out encoded columns.

    The products of two categories have codes of their own, those of a number and a category that
    of the category, with the number as their factor.
    """
    categories = {
        start: column
        for start, column in _with_starts(columns)
        if isinstance(column, CategoryColumn) and column.names
    }
    start_of = {
        position: start
        for start, category in categories.items()
        for position in range(start, start + len(category.names))
    }
    of_two: defaultdict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
    of_number: list[tuple[int, int, int]] = []
    for position, i, j in _products(columns):
        if i in start_of and j in start_of:
            of_two[start_of[i], start_of[j]].append((position, i - start_of[i], j - start_of[j]))
        elif i in start_of or j in start_of:
            of_number.append((position, i, j) if i in start_of else (position, j, i))
    arrays = [
        *_of_categories(categories),
        *(_of_products(categories[a], categories[b], of) for (a, b), of in of_two.items()),
    ]
    width = sum(len(column.names) for column in columns)
    in_codes = {position for array in arrays for position in array.levels.columns.tolist()}
    in_codes |= {position for position, _, _ in of_number}
    dense = [position for position in range(width) if position not in in_codes]
    layout = Layout(
        width,
        np.array(dense, np.intp),
        np.arange(len(dense)),
        len(dense),
        (
            *(CodedColumns(array.levels, a) for a, array in enumerate(arrays)),
            *_with_factors(arrays, of_number, dense),
        ),
        tuple(np.min_scalar_type(array.levels.size - 1) for array in arrays),
    )
    return CodedLayout(tuple(columns), tuple(arrays), layout)


def _with_starts(columns: Sequence[Column]) -> Iterator[tuple[int, Column]]:
    """Yield each column with the position of its first encoded column."""
    start = 0
    for column in columns:
        yield start, column
        start += len(column.names)


def _products(columns: Sequence[Column]) -> Iterator[tuple[int, int, int]]:
    """Yield the position of each product, and those of the encoded columns it multiplies."""
    for start, column in _with_starts(columns):
        if isinstance(column, InteractionColumn):
            yield from ((position, i, j) for position, (i, j) in enumerate(column.pairs, start))


def _with_factors(
    arrays: Sequence[CodeArray], products: Sequence[tuple[int, int, int]], dense: Sequence[int]
) -> Iterator[CodedColumns]:
    """Yield the products of a category with a number: position, that of the level, the number's."""
    where = {
        position: (a, k)
        for a, array in enumerate(arrays)
        for k, position in enumerate(array.levels.columns.tolist())
    }
    blocks: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for position, level, number in products:
        a, k = where[level]
        blocks[a, number].append((position, k))
    for (a, number), columns in blocks.items():
        positions, of_levels = np.array(columns).T
        levels = Levels(positions, arrays[a].levels.table[:, of_levels])
        yield CodedColumns(levels, a, dense.index(number))


def _of_categories(categories: Mapping[int, CategoryColumn]) -> list[CodeArray]:
    """Return arrays of categories, those of most levels first; each joins the first with space."""
    arrays: list[CodeArray] = []
    for start, category in sorted(categories.items(), key=lambda item: -len(item[1].names)):
        columns = np.arange(start, start + len(category.names))
        array = CodeArray({category.column: 1}, Levels(columns, levels_of(category)))
        for a, other in enumerate(arrays):
            if other.levels.size * array.levels.size <= JOINT_CODES:
                arrays[a] = _join(other, array)
                break
        else:
            arrays.append(array)
    return arrays


def levels_of(category: CategoryColumn) -> "csc_array[np.float64]":
    """Return what a category's codes stand for in its encoded columns, (codes, columns)."""
    from scipy.sparse import csc_array

    columns = np.arange(len(category.names))
    codes = np.append(columns + 1, np.full(len(columns), _unseen(category)))
    data = np.append(np.ones(len(columns)), category.averages)
    shape = _unseen(category) + 1, len(columns)
    return csc_array((data, (codes, np.tile(columns, 2))), shape=shape)


def _join(one: CodeArray, other: CodeArray) -> CodeArray:
    """Join the arrays of different categories into one."""
    from scipy.sparse import hstack

    size = one.levels.size
    joint = np.arange(size * other.levels.size)
    tables = [one.levels.table.tocsr()[joint % size], other.levels.table.tocsr()[joint // size]]
    columns = np.concatenate([one.levels.columns, other.levels.columns])
    strides = {name: stride * size for name, stride in other.strides.items()}
    return CodeArray({**one.strides, **strides}, Levels(columns, hstack(tables, "csc")))


def _of_products(
    one: CategoryColumn, other: CategoryColumn, products: Sequence[tuple[int, int, int]]
) -> CodeArray:
    """Return the array of products: the position of each, and those of its levels in `names`."""
    from scipy.sparse import csc_array

    columns, i, j = np.array(products).T
    stride = _unseen(one) + 1
    share_of_one, share_of_other = np.array(one.shares)[i + 1], np.array(other.shares)[j + 1]
    joint, data = [], []
    for a, of_one in ((i + 1, np.ones(len(i))), (_unseen(one), share_of_one)):
        for b, of_other in ((j + 1, np.ones(len(j))), (_unseen(other), share_of_other)):
            joint.append(np.broadcast_to(a + stride * b, i.shape))
            data.append(of_one * of_other)
    known, position = np.unique(np.concatenate(joint), return_inverse=True)
    where = position + 1, np.tile(np.arange(len(i)), 4)
    table = csc_array((np.concatenate(data), where), shape=(len(known) + 1, len(i)))
    return CodeArray({one.column: 1, other.column: stride}, Levels(columns, table), known)


def _unseen(category: CategoryColumn) -> int:
    """Return the last code of a category: that of a level which training did not know."""
    return len(category.slots)

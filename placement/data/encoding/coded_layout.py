"""Lay encoded columns out as numbers and codes: categories of few levels share a code array."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from placement.arrays import FloatArray
from placement.data.encoding.design_matrix import (
    CodedColumns,
    DesignMatrix,
    Entries,
    Layout,
    Levels,
)
from placement.model.scorer import CategoryColumn, Column, InteractionColumn, TableLike

JOINT_CODES = 256  # of categories that share an array: a byte a row, and sums by code in the cache


@dataclass(frozen=True)
class CodeArray:
    """An array of `size` joint codes: Σ stride · code of each category by its name.

    `entries` are what the codes stand for, by position among the encoded columns.
    """

    size: int
    strides: Mapping[str, int]
    entries: Mapping[int, Entries]


@dataclass(frozen=True)
class CodedLayout:
    """How encoded `columns` fill a design matrix of this `layout`."""

    columns: tuple[Column, ...]
    arrays: tuple[CodeArray, ...]
    layout: Layout

    def fill(self, target: DesignMatrix, table: TableLike) -> None:
        """Write the rows of file columns, each (n,), into a matrix (n, d) of this layout."""
        joint = [np.zeros(len(target), np.int64) for _ in self.arrays]
        dense: dict[int, FloatArray] = {}
        for start, column in _with_starts(self.columns):
            if isinstance(column, CategoryColumn):
                codes = column.codes(table[column.column])[0]
                for index, array in enumerate(self.arrays):
                    if column.column in array.strides:
                        joint[index] += codes * array.strides[column.column]
            elif isinstance(column, InteractionColumn):
                of_numbers = [
                    p for p in _products(start, column) if p[1] in dense and p[2] in dense
                ]
                dense |= {position: dense[i] * dense[j] for position, i, j in of_numbers}
            else:
                dense |= dict(enumerate(column.encode(table[column.column])[0], start))
        for held, position in enumerate(self.layout.dense.tolist()):
            target.cells[:, held] = dense[position]
        for codes, filled in zip(joint, target.codes, strict=True):
            filled[:] = codes


def coded_layout(columns: Sequence[Column]) -> CodedLayout:
    """Lay out encoded columns.

    A product of two categories is one of their joint code, that of a number and a category one of
    the category's code with the number as its factor.
    """
    products = [
        product
        for start, column in _with_starts(columns)
        if isinstance(column, InteractionColumn)
        for product in _products(start, column)
    ]
    arrays = tuple(_code_arrays(columns, products))
    array_of = {position: a for a, array in enumerate(arrays) for position in array.entries}
    entries = {p: column for array in arrays for p, column in array.entries.items()}
    blocks: dict[tuple[int, int | None], dict[int, Entries]] = {}
    for position, a in array_of.items():
        blocks.setdefault((a, None), {})[position] = entries[position]
    for position, i, j in products:
        if i in array_of and j in array_of:
            blocks[array_of[i], None][position] = _product(entries[i], entries[j])
        elif i in array_of or j in array_of:
            coded, factor = (i, j) if i in array_of else (j, i)
            blocks.setdefault((array_of[coded], factor), {})[position] = entries[coded]
    width = sum(len(column.names) for column in columns)
    in_codes = {position for block in blocks.values() for position in block}
    dense = [position for position in range(width) if position not in in_codes]
    layout = Layout(
        width,
        np.array(dense, np.intp),
        np.arange(len(dense)),
        len(dense),
        tuple(
            CodedColumns(
                Levels.of(arrays[a].size, block), a, None if factor is None else dense.index(factor)
            )
            for (a, factor), block in blocks.items()
        ),
        tuple(np.min_scalar_type(array.size - 1) for array in arrays),
    )
    return CodedLayout(tuple(columns), arrays, layout)


def _with_starts(columns: Sequence[Column]) -> Iterator[tuple[int, Column]]:
    """Yield each column with the position of its first encoded column."""
    start = 0
    for column in columns:
        yield start, column
        start += len(column.names)


def _products(start: int, column: InteractionColumn) -> list[tuple[int, int, int]]:
    """Return the position of each product, and those of the encoded columns it multiplies."""
    return [(start + index, i, j) for index, (i, j) in enumerate(column.pairs)]


def _product(one: Entries, other: Entries) -> Entries:
    codes, of_one, of_other = np.intersect1d(one[0], other[0], return_indices=True)
    return codes, one[1][of_one] * other[1][of_other]


def _code_arrays(
    columns: Sequence[Column], products: Sequence[tuple[int, int, int]]
) -> Iterator[CodeArray]:
    """Yield the code arrays: of as many categories as share one, of those that are multiplied."""
    waiting: list[list[tuple[int, CategoryColumn]]] = []
    for group in _multiplied_together(columns, products):
        sizes = [_size(category) for _, category in [*(waiting[-1] if waiting else []), *group]]
        if waiting and np.prod(sizes, dtype=float) <= JOINT_CODES:
            waiting[-1] += group
        else:
            waiting.append(group)
    yield from map(_code_array, waiting)


def _multiplied_together(
    columns: Sequence[Column], products: Sequence[tuple[int, int, int]]
) -> list[list[tuple[int, CategoryColumn]]]:
    """Return the categories, each with its start, in groups that products of them connect."""
    group_of: dict[int, list[tuple[int, CategoryColumn]]] = {}
    for start, column in _with_starts(columns):
        if isinstance(column, CategoryColumn):
            group = [(start, column)]
            group_of |= dict.fromkeys(range(start, start + len(column.names)), group)
    for _, i, j in products:
        if i in group_of and j in group_of and group_of[i] is not group_of[j]:
            one, other = group_of[i], group_of[j]
            one += other
            group_of |= {position: one for position, group in group_of.items() if group is other}
    return list({id(group): group for group in group_of.values()}.values())


def _size(category: CategoryColumn) -> int:
    return len(category.slots) + 1  # the last code is a level that training did not know


def _code_array(categories: Sequence[tuple[int, CategoryColumn]]) -> CodeArray:
    size = int(np.prod([_size(category) for _, category in categories]))
    joint, stride = np.arange(size), 1
    strides: dict[str, int] = {}
    entries: dict[int, Entries] = {}
    for start, category in categories:
        codes = joint // stride % _size(category)
        unseen = np.flatnonzero(codes == _size(category) - 1)
        for slot, share in enumerate(category.shares[1:], 1):
            level = np.flatnonzero(codes == slot)
            values = np.repeat([1.0, share], [len(level), len(unseen)])
            entries[start + slot - 1] = np.concatenate([level, unseen]), values
        strides[category.column] = stride
        stride *= _size(category)
    return CodeArray(size, strides, entries)

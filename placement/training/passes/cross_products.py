"""Σ s·(x, 1)(x, 1)ᵀ over chunks: of numbers by a matrix product, of codes by sums for each code."""

from itertools import combinations_with_replacement

import numpy as np
import torch
from torch import Tensor

from placement.arrays import FloatArray, IndexArray
from placement.model.design_tensor import Design, DesignTensor

_HELD_SUMS = 1 << 22  # by pairs of codes, from one chunk to the next: 32 MB a thread


class CrossProducts:
    """The sums `(d + 1, d + 1)` over the rows added."""

    def __init__(self, columns: int) -> None:
        self.total = np.zeros((columns + 1, columns + 1))
        self.coded: CodedSums | None = None
        self._scaled = torch.empty(0)

    @property
    def symmetric(self) -> FloatArray:
        """The sums, symmetric to the last bit."""
        total = self.total
        if self.coded is not None:
            total = total.copy()
            self.coded.add_to(total)
        symmetric = total + total.T
        symmetric /= 2
        return symmetric

    def merge(self, other: "CrossProducts") -> None:
        """Add the sums over other rows of the same columns."""
        self.total += other.total
        if self.coded is not None and other.coded is not None:
            self.coded.merge(other.coded)
        self.coded = self.coded or other.coded

    def add(self, x: Design, weight: Tensor | None) -> None:
        """Add the products of rows (n, d), each `weight: (n,)` times; None: once."""
        if isinstance(x, Tensor):
            self.total += self._of_dense(x, weight)
            return
        border = np.append(x.columns.numpy(), len(self.total) - 1)
        self.total[np.ix_(border, border)] += self._of_dense(x.dense, weight)
        if self.coded is None:
            self.coded = CodedSums(x, border)
        weight = torch.ones(len(x), dtype=torch.float64) if weight is None else weight
        self.coded.add(x, weight.double(), self.total)

    def _of_dense(self, x: Tensor, weight: Tensor | None) -> FloatArray:
        products = np.empty((x.shape[1] + 1, x.shape[1] + 1))
        scaled = x
        if weight is not None:
            if self._scaled.shape[1:] != x.shape[1:] or len(self._scaled) < len(x):
                self._scaled = torch.empty_like(x)
            scaled = torch.mul(x, weight.sqrt().unsqueeze(1), out=self._scaled[: len(x)])
        # numpy's BLAS is three times as fast as torch's on products as flat as these, and of a
        # matrix with itself it computes one half only.
        array = scaled.numpy()
        products[:-1, :-1] = array.T @ array
        sums = x.sum(0) if weight is None else x.T @ weight
        products[-1, :-1] = products[:-1, -1] = sums.numpy()
        products[-1, -1] = len(x) if weight is None else weight.sum().item()
        return products


class CodedSums:
    """Sums by code: with every dense column and 1, and by pairs of codes with each other.

    Where these would take much memory, those of a chunk are turned into products at once.
    """

    def __init__(self, x: DesignTensor, border: IndexArray) -> None:
        self._blocks, self._border = x.layout.coded, border
        self.with_dense = [np.zeros((b.levels.size, len(border))) for b in self._blocks]
        self.pairs = {
            (a, b): self._pair_size(a, b)
            for a, b in combinations_with_replacement(range(len(self._blocks)), 2)
            if self._in_sums_with_1(a, b) is None
        }
        self.pair_sums: dict[tuple[int, int], FloatArray] = {}
        self.holds = sum(self.pairs.values()) <= _HELD_SUMS

    def merge(self, other: "CodedSums") -> None:
        """Add the sums over other rows."""
        self.with_dense = [a + b for a, b in zip(self.with_dense, other.with_dense, strict=True)]
        for pair, added in other.pair_sums.items():
            self.pair_sums[pair] += added

    def add(self, x: DesignTensor, weight: Tensor, total: FloatArray) -> None:
        """Add rows (n, d), each `weight: (n,)` times, or their products to `total`."""
        cells = np.empty((len(x), len(self._border)))  # row by row, as they are added
        cells[:, :-1], cells[:, -1] = x.dense.numpy(), 1
        codes = [part.codes.numpy() for part in x.coded]
        factors = [None if part.factor is None else part.factor.double() for part in x.coded]
        weights = [(weight if f is None else weight * f).numpy() for f in factors]
        for b, block in enumerate(self._blocks):
            self.with_dense[b] += _sum_by_code(codes[b], weights[b], cells, block.levels.size)
        for (a, b), size in self.pairs.items():
            factor, pair = factors[b], codes[a]
            if not self.share_codes(a, b):
                pair = pair * self._blocks[b].levels.size + codes[b]
            terms = weights[a] if factor is None else weights[a] * factor.numpy()
            by_pair = _sum_by_code(pair, terms, np.ones(len(x)), size)
            if self.holds:
                self.pair_sums[a, b] = by_pair + self.pair_sums.get((a, b), 0.0)
            else:
                self.add_pair(a, b, by_pair, total)

    def add_to(self, total: FloatArray) -> None:
        """Add the sums of the columns to a total `(d + 1, d + 1)`."""
        for block, sums in zip(self._blocks, self.with_dense, strict=True):
            by_column = np.asarray(sums.T @ block.levels.matrix)
            total[np.ix_(self._border, block.levels.columns)] += by_column
            total[np.ix_(block.levels.columns, self._border)] += by_column.T
        for (a, b), sums in self.pair_sums.items():
            self.add_pair(a, b, sums, total)
        for a, b in combinations_with_replacement(range(len(self._blocks)), 2):
            one = self._in_sums_with_1(a, b)
            if one is not None:
                self.add_pair(a, b, self.with_dense[one][:, -1], total)

    def add_pair(self, a: int, b: int, sums: FloatArray, total: FloatArray) -> None:
        """Add the products of a pair of blocks to a total, from its sums by pairs of codes."""
        from scipy.sparse import diags_array, issparse

        one, other = self._blocks[a].levels, self._blocks[b].levels
        if self.share_codes(a, b):
            products = one.matrix.T @ (diags_array(sums) @ other.matrix)
        else:
            products = one.matrix.T @ (sums.reshape(one.size, other.size) @ other.matrix)
        products = products.toarray() if issparse(products) else products
        total[np.ix_(one.columns, other.columns)] += products
        if a != b:
            total[np.ix_(other.columns, one.columns)] += products.T

    def _in_sums_with_1(self, a: int, b: int) -> int | None:
        """Return the block whose sums with 1 are those of a pair: of one code, at most one factor.

        None where a pair has sums of its own.
        """
        if not self.share_codes(a, b):
            return None
        factors = self._blocks[a].factor, self._blocks[b].factor
        return b if factors[0] is None else a if factors[1] is None else None

    def share_codes(self, a: int, b: int) -> bool:
        """Whether two blocks have one array of codes."""
        return self._blocks[a].codes == self._blocks[b].codes

    def _pair_size(self, a: int, b: int) -> int:
        size = self._blocks[a].levels.size
        return size if self.share_codes(a, b) else size * self._blocks[b].levels.size


def _sum_by_code(
    codes: IndexArray, weights: FloatArray, cells: FloatArray, size: int
) -> FloatArray:
    """Return Σ weight·cells of the rows (n, …) of each code, (size, …)."""
    from scipy.sparse import csc_array

    starts = np.arange(len(codes) + 1, dtype=codes.dtype)
    return np.asarray(csc_array((weights, codes, starts), shape=(size, len(codes))) @ cells)

"""Σ s·(x, 1)(x, 1)ᵀ over chunks: of numbers by a matrix product, of codes by sums for each code."""

from itertools import combinations_with_replacement

import numpy as np
import torch
from torch import Tensor

from placement.arrays import FloatArray, IndexArray
from placement.model.design_tensor import Design, DesignTensor

_HELD_SUMS = 1 << 22  # by pairs of codes, from one chunk to the next: 32 MB a thread


class CrossProducts:
    """The sums `(d + 1, d + 1)` over the rows added, in buffers that are used again."""

    def __init__(self, columns: int = 0) -> None:
        self._scaled = torch.empty(0)
        self.begin(columns)

    def begin(self, columns: int) -> None:
        """Start at zero."""
        self._total = np.zeros((columns + 1, columns + 1))
        self._coded: _CodedSums | None = None

    @property
    def symmetric(self) -> FloatArray:
        """The sums, symmetric to the last bit."""
        total = self._total
        if self._coded is not None:
            total = total.copy()
            self._coded.add_to(total)
        symmetric = total + total.T
        symmetric /= 2
        return symmetric

    def add(self, x: Design, weight: Tensor | None) -> None:
        """Add the products of rows (n, d), each `weight: (n,)` times; None: once."""
        if isinstance(x, Tensor):
            self._total += self._of_dense(x, weight)
            return
        border = np.append(x.columns.numpy(), len(self._total) - 1)
        self._total[np.ix_(border, border)] += self._of_dense(x.dense, weight)
        if self._coded is None:
            self._coded = _CodedSums(x, border)
        weight = torch.ones(len(x), dtype=torch.float64) if weight is None else weight
        self._coded.add(x, weight, self._total)

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


class _CodedSums:
    """Sums by code: with every dense column and 1, and by pairs of codes with each other.

    Where these would take much memory, those of a chunk are turned into products at once.
    """

    def __init__(self, x: DesignTensor, border: IndexArray) -> None:
        self._blocks, self._border = x.layout.coded, border
        self._with_dense = [
            torch.zeros(len(border), block.levels.size, dtype=torch.float64)
            for block in self._blocks
        ]
        self._pairs = {
            (a, b): self._pair_size(a, b)
            for a, b in combinations_with_replacement(range(len(self._blocks)), 2)
        }
        self._sums: dict[tuple[int, int], Tensor] = {}
        self._holds = sum(self._pairs.values()) <= _HELD_SUMS

    def add(self, x: DesignTensor, weight: Tensor, total: FloatArray) -> None:
        """Add rows (n, d), each `weight: (n,)` times, or their products to `total`."""
        weight = weight.double()
        factors = [None if part.factor is None else part.factor.double() for part in x.coded]
        weights = [weight if factor is None else weight * factor for factor in factors]
        for column, cells in enumerate((*x.dense.unbind(1), None)):
            for part, sums, of_part in zip(x.coded, self._with_dense, weights, strict=True):
                terms = of_part if cells is None else of_part * cells
                sums[column].index_add_(0, part.codes, terms)
        for (a, b), size in self._pairs.items():
            codes, factor = x.coded[a].codes, factors[b]
            if not self._share_codes(a, b):
                codes = codes * self._blocks[b].levels.size + x.coded[b].codes
            is_held = (a, b) in self._sums
            sums = self._sums[a, b] if is_held else torch.zeros(size, dtype=torch.float64)
            sums.index_add_(0, codes, weights[a] if factor is None else weights[a] * factor)
            if self._holds:
                self._sums[a, b] = sums
            else:
                self._add_pair(a, b, sums.numpy(), total)

    def add_to(self, total: FloatArray) -> None:
        """Add the sums of the columns to a total `(d + 1, d + 1)`."""
        for block, sums in zip(self._blocks, self._with_dense, strict=True):
            by_column = sums.numpy() @ block.levels.matrix
            total[np.ix_(self._border, block.levels.columns)] += by_column
            total[np.ix_(block.levels.columns, self._border)] += by_column.T
        for (a, b), sums in self._sums.items():
            self._add_pair(a, b, sums.numpy(), total)

    def _add_pair(self, a: int, b: int, sums: FloatArray, total: FloatArray) -> None:
        from scipy.sparse import diags_array, issparse

        one, other = self._blocks[a].levels, self._blocks[b].levels
        if self._share_codes(a, b):
            products = one.matrix.T @ (diags_array(sums) @ other.matrix)
        else:
            products = one.matrix.T @ (sums.reshape(one.size, other.size) @ other.matrix)
        products = products.toarray() if issparse(products) else products
        total[np.ix_(one.columns, other.columns)] += products
        if a != b:
            total[np.ix_(other.columns, one.columns)] += products.T

    def _share_codes(self, a: int, b: int) -> bool:
        return self._blocks[a].codes == self._blocks[b].codes

    def _pair_size(self, a: int, b: int) -> int:
        size = self._blocks[a].levels.size
        return size if self._share_codes(a, b) else size * self._blocks[b].levels.size

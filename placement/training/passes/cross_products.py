"""Σ s·(x, 1)(x, 1)ᵀ over chunks: of numbers by a matrix product, of codes by sums for each code.

Of a chunk numpy and scipy take the sums, in half the time that torch needs, or torch on the device
of its rows. They are added up in float64, and what follows of the sums by code is worked out last.
"""

from itertools import combinations_with_replacement

import numpy as np
import torch
from torch import Tensor

from placement.arrays import FloatArray
from placement.data.encoding.design_matrix import Layout
from placement.model.design_tensor import Design, DesignTensor, blocks_of

_HELD_SUMS = 1 << 22  # by pairs of codes, from one chunk to the next: 32 MB a thread


class CrossProducts:
    """The sums `(d + 1, d + 1)` over the rows added.

    `sums` are what they follow from, on the device of the rows: the products of the dense columns,
    and the sums of codes. `total` are products besides.
    """

    def __init__(self, columns: int) -> None:
        self.sums: list[Tensor] = []
        self.total = np.zeros((columns + 1, columns + 1))
        self.coded: CodedSums | None = None
        self._scaled = torch.empty(0)

    @property
    def symmetric(self) -> FloatArray:
        """The sums, symmetric to the last bit; theirs must be on the host."""
        total, arrays = self.total.copy(), [part.numpy() for part in self.sums]
        if self.coded is not None:
            self.coded.add_to(total, arrays)
        elif arrays:
            total += arrays[0]
        symmetric = total + total.T
        symmetric /= 2
        return symmetric

    def merge(self, other: "CrossProducts") -> None:
        """Add the sums over other rows of the same columns, and take them over."""
        self.total += other.total
        self.coded = self.coded or other.coded
        self._add(other.sums)

    def add(self, x: Design, weight: Tensor | None) -> None:
        """Add the products of rows (n, d), each `weight: (n,)` times; None: once."""
        if isinstance(x, Tensor):
            self._add([self._of_dense(x, weight)])
            return
        if self.coded is None:
            self.coded = CodedSums(x.layout)
        each = torch.ones(len(x), dtype=torch.float64) if weight is None else weight
        dense, in_blocks = x.dense, x.in_blocks
        of_dense = _products_in_blocks(dense, each) if in_blocks else self._of_dense(dense, weight)
        self._add([of_dense, *self.coded.of_rows(x, each.double(), self.total)])

    def _add(self, sums: list[Tensor]) -> None:
        if self.sums and sums:
            sums = [own.add_(other) for own, other in zip(self.sums, sums, strict=True)]
        self.sums = sums or self.sums

    def _of_dense(self, x: Tensor, weight: Tensor | None) -> Tensor:
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
        return torch.from_numpy(products)


class CodedSums:
    """Sums by code: with every dense column and 1, and by pairs of codes with each other.

    Where these would take much memory, those of a chunk are turned into products at once.
    """

    def __init__(self, layout: Layout) -> None:
        self._blocks, self._border = layout.coded, np.append(layout.dense, layout.width)
        self._pairs = {
            (a, b): self._pair_size(a, b)
            for a, b in combinations_with_replacement(range(len(self._blocks)), 2)
            if self._in_sums_with_1(a, b) is None
        }
        self._holds = sum(self._pairs.values()) <= _HELD_SUMS

    def of_rows(self, x: DesignTensor, weight: Tensor, total: FloatArray) -> list[Tensor]:
        """Return the sums of rows (n, d), each `weight: (n,)` times.

        The products of pairs that are not held are added to `total`.
        """
        if not x.coded:
            return []
        cells, sum_up = x.dense, _sum_by_code_on_device
        if not x.in_blocks:
            cells = torch.empty(len(x), len(self._border), dtype=torch.float64)
            cells[:, :-1], cells[:, -1] = x.dense, 1
            sum_up = _sum_by_code
        codes = [part.codes for part in x.coded]
        factors = [None if part.factor is None else part.factor.double() for part in x.coded]
        weights = [weight if factor is None else weight * factor for factor in factors]
        sums = [
            sum_up(codes[b], weights[b], cells, block.levels.size)
            for b, block in enumerate(self._blocks)
        ]
        for (a, b), size in self._pairs.items():
            factor, pair = factors[b], codes[a]
            if not self._share_codes(a, b):
                pair = pair * self._blocks[b].levels.size + codes[b]
            terms = weights[a] if factor is None else weights[a] * factor
            by_pair = sum_up(pair, terms, None, size)
            if self._holds:
                sums.append(by_pair)
            else:
                self._add_pair(a, b, by_pair.cpu().numpy(), total)
        return sums

    def add_to(self, total: FloatArray, sums: list[FloatArray]) -> None:
        """Add the products of all columns to a total `(d + 1, d + 1)`.

        `sums` are those of the dense columns, and those that `of_rows` returned, added up.
        """
        total[np.ix_(self._border, self._border)] += sums[0]
        with_dense, by_pair = sums[1 : 1 + len(self._blocks)], sums[1 + len(self._blocks) :]
        for block, by_code in zip(self._blocks, with_dense, strict=True):
            by_column = np.asarray(by_code.T @ block.levels.matrix)
            total[np.ix_(self._border, block.levels.columns)] += by_column
            total[np.ix_(block.levels.columns, self._border)] += by_column.T
        for (a, b), of_pair in zip(self._pairs, by_pair, strict=False):
            self._add_pair(a, b, of_pair, total)
        for a, b in combinations_with_replacement(range(len(self._blocks)), 2):
            one = self._in_sums_with_1(a, b)
            if one is not None:
                self._add_pair(a, b, with_dense[one][:, -1], total)

    def _add_pair(self, a: int, b: int, sums: FloatArray, total: FloatArray) -> None:
        """Add the products of a pair of blocks to a total, from its sums by pairs of codes."""
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

    def _in_sums_with_1(self, a: int, b: int) -> int | None:
        """Return the block whose sums with 1 are those of a pair: of one code, at most one factor.

        None where a pair has sums of its own.
        """
        if not self._share_codes(a, b):
            return None
        factors = self._blocks[a].factor, self._blocks[b].factor
        return b if factors[0] is None else a if factors[1] is None else None

    def _share_codes(self, a: int, b: int) -> bool:
        return self._blocks[a].codes == self._blocks[b].codes

    def _pair_size(self, a: int, b: int) -> int:
        size = self._blocks[a].levels.size
        return size if self._share_codes(a, b) else size * self._blocks[b].levels.size


def _sum_by_code(codes: Tensor, weights: Tensor, cells: Tensor | None, size: int) -> Tensor:
    """Return Σ weight·cells of the rows (n, c) of each code, (size, c); (size,) without cells."""
    from scipy.sparse import csc_array

    starts = np.arange(len(codes) + 1, dtype=np.int32)
    by_code = csc_array((weights.numpy(), codes.numpy(), starts), shape=(size, len(codes)))
    return torch.from_numpy(by_code @ (np.ones(len(codes)) if cells is None else cells.numpy()))


def _sum_by_code_on_device(
    codes: Tensor, weights: Tensor, cells: Tensor | None, size: int
) -> Tensor:
    """Do the same, with a 1 after the cells; all at once these would be a second table."""
    by_code = torch.zeros(size, dtype=torch.float64, device=weights.device)
    with_1 = by_code.index_add(0, codes, weights)
    if cells is None:
        return with_1
    columns = [by_code.index_add(0, codes, weights * column) for column in cells.T]
    return torch.stack([*columns, with_1], dim=1)


def _products_in_blocks(x: Tensor, weight: Tensor) -> Tensor:
    """Return the products of many rows (n, d) on a device.

    Block by block they keep many processors busy, and sums in float32 short.
    """
    total = torch.zeros(x.shape[1] + 1, x.shape[1] + 1, dtype=torch.float64, device=x.device)
    for rows, weights in zip(blocks_of(x), blocks_of(weight.unsqueeze(1)), strict=True):
        transposed = rows.transpose(1, 2)
        sums = torch.bmm(transposed, weights).sum(0, dtype=torch.float64).squeeze(1)
        total[:-1, :-1] += torch.bmm(transposed, rows * weights).sum(0, dtype=torch.float64)
        total[-1, :-1] += sums
        total[:-1, -1] += sums
        total[-1, -1] += weights.sum(dtype=torch.float64)
    return total

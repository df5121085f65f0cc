"""Σ s·(x, 1)(x, 1)ᵀ over chunks on a device, in float64 there; what follows of codes is numpy's."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from placement.arrays import FloatArray
from placement.model.design_tensor import BLOCK_ROWS, Design, DesignTensor
from placement.training.passes.cross_products import CodedSums, CrossProducts


class DeviceProducts:
    """The sums over the rows added; `parts` are those to bring over at the end of a pass."""

    def __init__(self, columns: int) -> None:
        self._sums = CrossProducts(columns)
        self._border = np.empty(0, np.intp)
        self._dense: Tensor | None = None
        self._by_code: list[Tensor] = []
        self._by_pair: dict[tuple[int, int], Tensor] = {}

    @property
    def parts(self) -> list[Tensor]:
        """The sums of dense columns, by code and by pairs of codes."""
        dense = [] if self._dense is None else [self._dense]
        return [*dense, *self._by_code, *self._by_pair.values()]

    def cross_products(self, values: FloatArray) -> CrossProducts:
        """Return the sums from all elements of the parts, in their order."""
        if self._dense is None:
            return self._sums
        sizes = [part.numel() for part in self.parts]
        arrays = iter(np.split(values, np.cumsum(sizes)[:-1]))
        border, coded = self._border, self._sums.coded
        self._sums.total[np.ix_(border, border)] += next(arrays).reshape(len(border), -1)
        if coded is not None:
            coded.with_dense = [next(arrays).reshape(len(border), -1).T for _ in self._by_code]
            coded.pair_sums = {pair: next(arrays) for pair in self._by_pair}
        return self._sums

    def add(self, x: Design, weight: Tensor) -> None:
        """Add the products of rows (n, d), each `weight: (n,)` times."""
        if not isinstance(x, DesignTensor):
            raise TypeError("the rows on a device are laid out with their codes")
        if self._dense is None:
            self._begin(x)
        for rows, weights in _blocks(x.dense, weight):
            self._add_dense(rows, weights)
        if self._sums.coded is not None:
            self._add_coded(x, weight.double(), self._sums.coded)

    def _begin(self, x: DesignTensor) -> None:
        self._border = np.append(x.layout.dense, len(self._sums.total) - 1)
        size, device = len(self._border), x.dense.device
        self._dense = torch.zeros(size, size, dtype=torch.float64, device=device)
        if not x.coded:
            return
        coded = self._sums.coded = CodedSums(x, self._border)
        self._by_code = [_zeros(size, part.levels.size, device=device) for part in x.coded]
        if coded.holds:
            self._by_pair = {pair: _zeros(n, device=device) for pair, n in coded.pairs.items()}

    def _add_dense(self, rows: Tensor, weights: Tensor) -> None:
        """Add blocks of rows (B, m, p), `weights: (B, m, 1)`: their products are added in float64.

        Block by block they keep many processors busy, and sums in float32 short.
        """
        if self._dense is None:
            return
        transposed = rows.transpose(1, 2)
        products = torch.bmm(transposed, rows * weights).sum(0, dtype=torch.float64)
        sums = torch.bmm(transposed, weights).sum(0, dtype=torch.float64).squeeze(1)
        self._dense[:-1, :-1] += products
        self._dense[-1, :-1] += sums
        self._dense[:-1, -1] += sums
        self._dense[-1, -1] += weights.sum(dtype=torch.float64)

    def _add_coded(self, x: DesignTensor, weight: Tensor, coded: CodedSums) -> None:
        """Add by code, column by column: all at once would be a second table in float64."""
        of_rows = [weight if part.factor is None else weight * part.factor for part in x.coded]
        for part, weights, sums in zip(x.coded, of_rows, self._by_code, strict=True):
            for column in range(x.dense.shape[1]):
                sums[column].index_add_(0, part.codes, weights * x.dense[:, column])
            sums[-1].index_add_(0, part.codes, weights)
        for (a, b), size in coded.pairs.items():
            codes, factor = x.coded[a].codes, x.coded[b].factor
            if not coded.share_codes(a, b):
                codes = codes.long() * x.coded[b].levels.size + x.coded[b].codes
            terms = of_rows[a] if factor is None else of_rows[a] * factor
            if coded.holds:
                self._by_pair[a, b].index_add_(0, codes, terms)
            else:  # too many to hold, so the host takes those of each chunk
                sums = _zeros(size, device=weight.device).index_add_(0, codes, terms)
                coded.add_pair(a, b, sums.cpu().numpy(), self._sums.total)


def _blocks(x: Tensor, weight: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield rows (B, m, p) and weights (B, m, 1): the whole blocks, and what is left."""
    whole = len(x) // BLOCK_ROWS * BLOCK_ROWS
    if whole:
        yield (
            torch.unflatten(x[:whole], 0, (-1, BLOCK_ROWS)),
            weight[:whole].view(-1, BLOCK_ROWS, 1),
        )
    if whole < len(x):
        yield x[whole:].unsqueeze(0), weight[whole:].view(1, -1, 1)


def _zeros(*size: int, device: torch.device) -> Tensor:
    return torch.zeros(size, dtype=torch.float64, device=device)

"""A design matrix as torch multiplies it: codes gather their level's product, once per level taken.

The product of a category's columns with their weights is `by_code[codes]`: `backward()` scatters
the rows' gradients back to the levels.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from placement.arrays import AnyFloatArray, FloatArray
from placement.data.encoding.design_matrix import DENSE_CELLS, DesignMatrix, Layout, Levels


@dataclass(frozen=True)
class LevelsTensor:
    """Levels (k, d): `dense` where they are few, else their entries, `(e,)` each."""

    size: int
    dense: Tensor | None
    codes: Tensor
    columns: Tensor
    values: Tensor

    def product(self, weight: Tensor) -> Tensor:
        """Return the product (k,) with a weight (d,)."""
        if self.dense is not None:
            return self.dense @ weight
        terms = weight.index_select(0, self.columns) * self.values
        return torch.zeros(self.size, dtype=weight.dtype).index_add(0, self.codes, terms)


@dataclass(frozen=True)
class CodedTensor:
    """The part `levels[codes] * factor` of each row: `codes: (n,)` of int32, `factor: (n,)`."""

    levels: LevelsTensor
    codes: Tensor
    factor: Tensor | None


@dataclass(frozen=True)
class DesignTensor:
    """Rows (n, d): their `dense: (n, p)` columns at the positions `columns: (p,)`, and coded parts.

    `layout` is that of the design matrix.
    """

    layout: Layout
    dense: Tensor
    columns: Tensor
    coded: tuple[CodedTensor, ...]

    def __len__(self) -> int:
        return len(self.dense)

    def product(self, weight: Tensor, bias: Tensor) -> Tensor:
        """Return the rows' products (n,) with a weight (1, d), plus a bias (1,)."""
        z = functional.linear(self.dense, weight.index_select(1, self.columns), bias).squeeze(1)
        for part in self.coded:
            by_row = part.levels.product(weight.squeeze(0)).index_select(0, part.codes)
            z = z + (by_row if part.factor is None else by_row * part.factor)
        return z


Design = Tensor | DesignTensor  # rows (n, d), those without codes as they are


def design_tensor(x: DesignMatrix, dtype: torch.dtype) -> Design:
    """Make tensors of a matrix, not copied where possible: a plain one where there are no codes."""
    dense, layout = tensor_of(x.dense, dtype), x.layout
    if not layout.coded:
        return dense
    codes = [torch.from_numpy(codes.astype(np.int32)) for codes in x.codes]
    coded = tuple(
        CodedTensor(
            _levels_tensor(block.levels, layout.width, dtype),
            codes[block.codes],
            None if block.factor is None else tensor_of(x.cells[:, block.factor], dtype),
        )
        for block in layout.coded
    )
    return DesignTensor(layout, dense, torch.from_numpy(layout.dense), coded)


def subtract(x: Design, pivot: Tensor) -> Design:
    """Subtract `pivot: (d,)`, 0 for columns of codes, from rows (n, d)."""
    if isinstance(x, Tensor):
        return x - pivot
    return replace(x, dense=x.dense - pivot[x.columns])


def column_sums(x: Design, weight: Tensor) -> FloatArray:
    """Return Σ weight·x (d,) over rows (n, d) with `weight: (n,)`."""
    if isinstance(x, Tensor):
        return np.asarray((weight @ x).double().numpy())
    sums = np.zeros(x.layout.width)
    sums[x.layout.dense] = (weight @ x.dense).numpy()
    for block, part in zip(x.layout.coded, x.coded, strict=True):
        terms = (weight if part.factor is None else weight * part.factor).double()
        by_code = torch.zeros(block.levels.size, dtype=torch.float64)
        by_code.index_add_(0, part.codes, terms)
        sums[block.levels.columns] = by_code.numpy() @ block.levels.table
    return sums


@lru_cache(256)
def _levels_tensor(levels: Levels, width: int, dtype: torch.dtype) -> LevelsTensor:
    entries = levels.table.tocoo()
    codes = torch.from_numpy(entries.row.astype(np.int32))
    columns = torch.from_numpy(levels.columns[entries.col].astype(np.int32))
    values, dense = torch.from_numpy(entries.data).to(dtype), None
    if levels.size * width <= DENSE_CELLS:
        dense = torch.zeros(levels.size, width, dtype=dtype)
        dense[codes.long(), columns.long()] = values
    return LevelsTensor(levels.size, dense, codes, columns, values)


def tensor_of(array: AnyFloatArray, dtype: torch.dtype) -> Tensor:
    """Make a tensor of an array, not copied where possible."""
    # torch.from_numpy warns of read-only arrays and refuses negative strides.
    usable = array.flags.writeable and array.flags.aligned and min(array.strides) > 0
    return torch.from_numpy(array if usable else array.copy()).to(dtype)

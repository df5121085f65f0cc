"""A design matrix as torch multiplies it: codes gather their level's product, once per level taken.

The product of a category's columns with their weights is `by_code[codes]`: `backward()` scatters
the rows' gradients back to the levels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from placement.arrays import AnyFloatArray, FloatArray
from placement.data.encoding.design_matrix import DENSE_CELLS, DesignMatrix, Layout, Levels

BLOCK_ROWS = 1 << 14  # few enough for sums in float32, and many blocks for a card's many processors


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
        zeros = torch.zeros(self.size, dtype=weight.dtype, device=weight.device)
        return zeros.index_add(0, self.codes, terms)


@dataclass(frozen=True)
class CodedTensor:
    """The part `levels[codes] * factor` of each row: `codes: (n,)` of int32, `factor: (n,)`."""

    levels: LevelsTensor
    codes: Tensor
    factor: Tensor | None


@dataclass(frozen=True)
class DesignTensor:
    """Rows (n, d): their `dense: (n, p)` columns at the positions `columns: (p,)`, and coded parts.

    `layout` is that of the design matrix. `in_blocks`: of the many rows of a chunk on a device,
    gradients are summed up in blocks, and by code, and those sums in float64.
    """

    layout: Layout
    dense: Tensor
    columns: Tensor
    coded: tuple[CodedTensor, ...]
    in_blocks: bool = False

    def __len__(self) -> int:
        return len(self.dense)

    def product(self, weight: Tensor, bias: Tensor) -> Tensor:
        """Return the rows' products (n,) with a weight (1, d), plus a bias (1,)."""
        of_dense = weight.index_select(1, self.columns)
        if self.in_blocks:
            z = _product_in_blocks(self.dense, of_dense.squeeze(0)) + bias
        else:
            z = functional.linear(self.dense, of_dense, bias).squeeze(1)
        for part in self.coded:
            by_code = part.levels.product(weight.squeeze(0))
            # backward() adds the rows of a code up in the type of what they are taken from.
            by_code = by_code.double() if self.in_blocks else by_code
            by_row = by_code.index_select(0, part.codes).to(weight.dtype)
            z = z + (by_row if part.factor is None else by_row * part.factor)
        return z


Design = Tensor | DesignTensor  # rows (n, d), those without codes as they are


def design_tensor(x: DesignMatrix, dtype: torch.dtype) -> Design:
    """Make tensors of a matrix, not copied where possible: a plain one where there are no codes."""
    dense, layout = tensor_of(x.dense, dtype), x.layout
    if not layout.coded:
        return dense
    codes = [torch.from_numpy(codes.astype(np.int32)) for codes in x.codes]
    coded = _coded(layout, codes, lambda held: tensor_of(x.cells[:, held], dtype), dense)
    return DesignTensor(layout, dense, torch.from_numpy(layout.dense), coded)


def design_on_device(layout: Layout, cells: Tensor, codes: Sequence[Tensor]) -> DesignTensor:
    """Lay out many rows, `cells: (n, P)` and codes `(n,)` each, on the device that they are on."""
    dense, (held, columns) = cells, _positions(layout, cells.device)
    if held is not None:
        dense = cells.index_select(1, held)
    coded = _coded(layout, codes, lambda held: cells[:, held], dense)
    return DesignTensor(layout, dense, columns, coded, in_blocks=True)


def _coded(
    layout: Layout, codes: Sequence[Tensor], factor: Callable[[int], Tensor], dense: Tensor
) -> tuple[CodedTensor, ...]:
    return tuple(
        CodedTensor(
            _levels_tensor(block.levels, layout.width, dense.dtype, dense.device),
            codes[block.codes],
            None if block.factor is None else factor(block.factor),
        )
        for block in layout.coded
    )


def _product_in_blocks(x: Tensor, weight: Tensor) -> Tensor:
    """Return the products (n,) of rows (n, p) with `weight: (p,)`."""
    # A weight for each block, in float64: so backward() adds the blocks' gradients up in it.
    products = [
        torch.bmm(rows, weight.double().expand(len(rows), -1).to(weight.dtype).unsqueeze(2))
        for rows in blocks_of(x)
    ]
    return torch.cat([product.flatten() for product in products])


def blocks_of(rows: Tensor) -> list[Tensor]:
    """Return rows (n, …) in blocks (B, m, …): the whole ones, and what is left in another."""
    parts = rows.tensor_split([len(rows) // BLOCK_ROWS * BLOCK_ROWS])
    return [torch.unflatten(p, 0, (-1, min(len(p), BLOCK_ROWS))) for p in parts if len(p)]


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
def _positions(layout: Layout, device: torch.device) -> tuple[Tensor | None, Tensor]:
    """Return which of the cells held are the dense columns, None for all, and their positions."""
    is_all = np.array_equal(layout.held, np.arange(layout.dense_held))
    held = None if is_all else torch.from_numpy(layout.held).to(device)
    return held, torch.from_numpy(layout.dense).to(device)


@lru_cache(256)
def _levels_tensor(
    levels: Levels, width: int, dtype: torch.dtype, device: torch.device
) -> LevelsTensor:
    entries = levels.table.tocoo()
    codes = torch.from_numpy(entries.row.astype(np.int32))
    columns = torch.from_numpy(levels.columns[entries.col].astype(np.int32))
    values, dense = torch.from_numpy(entries.data).to(dtype), None
    if levels.size * width <= DENSE_CELLS:
        dense = torch.zeros(levels.size, width, dtype=dtype)
        dense[codes.long(), columns.long()] = values
    dense = None if dense is None else dense.to(device)
    return LevelsTensor(levels.size, dense, codes.to(device), columns.to(device), values.to(device))


def tensor_of(array: AnyFloatArray, dtype: torch.dtype) -> Tensor:
    """Make a tensor of an array, not copied where possible."""
    # torch.from_numpy warns of read-only arrays and refuses negative strides.
    usable = array.flags.writeable and array.flags.aligned and min(array.strides) > 0
    return torch.from_numpy(array if usable else array.copy()).to(dtype)

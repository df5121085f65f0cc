"""The pass over all chunks on a device: the same sums, added up there in float64.

The host waits for the device once a pass, when the sums are taken off it, and not once a chunk.
"""

import numpy as np
import torch
from torch import Tensor

from placement.arrays import FloatArray
from placement.data.encoding.chunks import Chunks
from placement.model.perceptron import Perceptron
from placement.training.passes.cross_products import CrossProducts
from placement.training.passes.device_chunks import DeviceChunk, DeviceTables
from placement.training.passes.loss_sums import (
    LossSettings,
    LossSums,
    PassSums,
    backward,
    loss_of,
)


class DeviceLossSums(LossSums):
    """Runs forward and `backward()` on a device, in a copy of the model there."""

    def __init__(self, model: Perceptron, settings: LossSettings, tables: DeviceTables) -> None:
        super().__init__(model, settings)
        self._tables = tables
        self._on_device = model.leaf(tables.device)

    def _pass(self, source: Chunks, *, with_hessian: bool) -> PassSums:
        leaf, d = self._on_device, self.model.width
        leaf.copy_parameters(self.model)
        products = CrossProducts(d) if with_hessian else None
        sums = torch.zeros(4 + d + 1, dtype=torch.float64, device=self._tables.device)
        for chunk in self._tables.chunks(source):
            leaf.clear_gradient()
            rows = chunk.x, chunk.y, chunk.weight
            loss, counts = backward(leaf, *rows, self.settings, products, may_wait=False)
            of_chunk = (loss, _total_weight(chunk), counts, *leaf.gradient())
            sums += torch.cat([part.double().reshape(-1) for part in of_chunk])
        parts = [sums, *(products.sums if products is not None else ())]
        arrays = np.split(_to_host(parts), np.cumsum([part.numel() for part in parts])[:-1])
        total, gradient = np.split(arrays[0], [4])
        of_leaf = torch.from_numpy(gradient).to(self.model.dtype)
        if products is not None:
            products.sums = [
                torch.from_numpy(array).view(part.shape)
                for array, part in zip(arrays[1:], products.sums, strict=True)
            ]
        return total, (of_leaf[:-1].unsqueeze(0), of_leaf[-1:]), products

    @torch.no_grad()
    def _loss_and_weight_of(self, source: Chunks) -> FloatArray:
        leaf = self._on_device
        leaf.copy_parameters(self.model)
        sums = torch.zeros(2, dtype=torch.float64, device=self._tables.device)
        for chunk in self._tables.chunks(source):
            loss, _ = loss_of(leaf, chunk.x, chunk.y, chunk.weight, self.settings)
            sums += torch.stack([loss.double(), _total_weight(chunk)])
        return _to_host([sums])


def _total_weight(chunk: DeviceChunk) -> Tensor:
    if chunk.weight is not None:
        return chunk.weight.sum(dtype=torch.float64)
    return torch.full((), len(chunk), dtype=torch.float64, device=chunk.y.device)


def _to_host(parts: list[Tensor]) -> FloatArray:
    """Return all elements of some tensors in one copy: the one wait of a pass."""
    return np.asarray(torch.cat([part.reshape(-1) for part in parts]).cpu().numpy())

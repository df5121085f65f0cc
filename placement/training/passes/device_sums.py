"""The pass over all chunks on a device: the same sums, added up there in float64.

The host waits for the device once a pass, when the sums are taken off it, and not once a chunk.
"""

import numpy as np
import torch
from torch import Tensor

from placement.arrays import FloatArray
from placement.data.encoding.chunks import Chunks
from placement.model.loss import is_inside
from placement.model.perceptron import Perceptron
from placement.training.passes.device_chunks import DeviceChunk, DeviceTables
from placement.training.passes.device_products import DeviceProducts
from placement.training.passes.loss_sums import LossSettings, LossSums, PassSums, loss_of


class DeviceLossSums(LossSums):
    """Runs forward and `backward()` on a device, in a copy of the model there."""

    def __init__(self, model: Perceptron, settings: LossSettings, tables: DeviceTables) -> None:
        super().__init__(model, settings)
        self._tables = tables
        self._on_device = model.leaf(tables.device)

    def _pass(self, source: Chunks, *, with_hessian: bool) -> PassSums:
        leaf, d = self._on_device, self.model.width
        leaf.copy_parameters(self.model)
        products = DeviceProducts(d) if with_hessian else None
        sums = torch.zeros(4 + d + 1, dtype=torch.float64, device=self._tables.device)
        for chunk in self._tables.chunks(source):
            sums += self._backward(leaf, chunk, products)
        parts = [sums] if products is None else [sums, *products.parts]
        total = _to_host(parts)
        gradient = torch.from_numpy(total[4 : 5 + d]).to(self.model.dtype)
        of_products = None if products is None else products.cross_products(total[5 + d :])
        return total[:4], (gradient[:-1].unsqueeze(0), gradient[-1:]), of_products

    def _backward(
        self, leaf: Perceptron, chunk: DeviceChunk, products: DeviceProducts | None
    ) -> Tensor:
        """Return the scalars and the gradient that `backward()` leaves, in one tensor."""
        leaf.clear_gradient()
        x, y, weight, epsilon = chunk.x, chunk.y, chunk.weight, self.settings.epsilon
        loss, p = loss_of(leaf, x, y, weight, self.settings)
        loss.backward()  # type: ignore[no-untyped-call]
        p = p.detach()
        inside = is_inside(p, epsilon)
        saturated = ~inside if weight is None else ~inside & (weight > 0)
        wrong = saturated & ((p - y).abs() > 2 * epsilon)
        if products is not None:
            working_weight = p * (1 - p) if weight is None else weight * (p * (1 - p))
            if self.settings.loss == "clamped":
                working_weight *= inside
            products.add(leaf.inputs(x), working_weight)
        scalars = loss.detach(), _total_weight(chunk), saturated.sum(), wrong.sum()
        return torch.cat([s.double().reshape(-1) for s in (*scalars, *leaf.gradient())])

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

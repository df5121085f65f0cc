"""The perceptron: one linear layer and a sigmoid."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from placement.arrays import FloatArray
from placement.model.design_tensor import Design, DesignTensor

# Means up to so many standard deviations: beyond, rescaled parameters would cancel too many digits.
_MAX_MEAN = {torch.float64: 1e3, torch.float32: 4.0}


@dataclass(frozen=True)
class Standardising:
    """Columns are to be read as (x − mean) / std: `mean: (d,)`, `std: (d,)` above 0."""

    mean: FloatArray
    std: FloatArray

    def select(self, columns: npt.NDArray[np.integer]) -> "Standardising":
        """The same for some of the columns."""
        return Standardising(self.mean[columns], self.std[columns])


class Perceptron(nn.Module):
    """P(placed) = sigmoid(x · w + b), known to statisticians as logistic regression.

    It starts at zero unless it is set elsewhere: the loss is convex, so the start decides nothing,
    and is the same for every rank and every repetition. With `standardising` the rows come in raw
    units and the parameters are those of the standardised columns. Then the d parameters are
    rescaled in every pass, not the n rows, and autograd sees to the chain rule.

    >>> Perceptron(2)(torch.ones(3, 2, dtype=torch.float64))
    tensor([0.5000, 0.5000, 0.5000], dtype=torch.float64, grad_fn=<SigmoidBackward0>)
    """

    def __init__(
        self,
        columns: int,
        dtype: torch.dtype = torch.float64,
        standardising: Standardising | None = None,
        device: torch.device | None = None,
    ) -> None:
        super().__init__()
        self.linear = nn.Linear(columns, 1, dtype=dtype, device=device)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        # Looked up here once: a module's attributes are slow.
        self._weight_and_bias = (self.linear.weight, self.linear.bias)
        self.width = columns
        self.dtype = dtype
        self.standardising = standardising
        self._rescales = False
        if standardising is not None:
            mean, std = standardising.mean, standardising.std
            self._rescales = bool((np.abs(mean) <= _MAX_MEAN[dtype] * std).all())
            self.mean: Tensor = torch.from_numpy(mean).to(device, dtype)
            self.std: Tensor = torch.from_numpy(std).to(device, dtype)

    @classmethod
    def of(
        cls, weights: npt.ArrayLike, intercept: float, dtype: torch.dtype = torch.float64
    ) -> "Perceptron":
        """Make a perceptron with these weights `(d,)` and this intercept."""
        values = np.append(np.asarray(weights, dtype=np.float64), intercept)
        model = cls(len(values) - 1, dtype)
        model.set_parameters(values)
        return model

    def logits(self, x: Design) -> Tensor:
        """Log-odds `z: (n,)` of the rows `x: (n, d)`."""
        rows = self.inputs(x)
        if isinstance(rows, DesignTensor):
            return rows.product(*self.effective_parameters())
        return functional.linear(rows, *self.effective_parameters()).squeeze(1)

    def effective_parameters(self) -> tuple[Tensor, Tensor]:
        """Return weight (1, d) and bias (1,) for the rows as `inputs` returns them."""
        weight, bias = self._weight_and_bias
        if not self._rescales:
            return weight, bias
        weight = weight / self.std
        return weight, bias - weight @ self.mean

    def inputs(self, x: Design) -> Design:
        """Return the rows as the layer multiplies them: standardised, unless that is rescaled."""
        if self.standardising is None or self._rescales:
            return x
        if isinstance(x, DesignTensor):
            if x.coded:
                raise TypeError("coded columns are standardised when they are encoded")
            return replace(x, dense=(x.dense - self.mean) / self.std)
        return (x - self.mean) / self.std

    def forward(self, x: Design) -> Tensor:
        """Probabilities `p: (n,)` of the rows `x: (n, d)`."""
        return torch.sigmoid(self.logits(x))

    @torch.no_grad()
    def set_parameters(self, parameters: FloatArray) -> None:
        """Set the parameters `(d + 1,)`: the weights, then the intercept."""
        values = torch.from_numpy(np.array(parameters, dtype=np.float64))
        weight, bias = self._weight_and_bias
        weight.copy_(values[:-1].unsqueeze(0))
        bias.copy_(values[-1:])

    def parameters_as_array(self) -> FloatArray:
        """Copy the parameters `(d + 1,)` in float64: the weights, then the intercept."""
        return _joined(*(parameter.detach() for parameter in self._weight_and_bias))

    def gradient_as_array(self) -> FloatArray:
        """Copy what `backward()` left in `.grad`, `(d + 1,)`; zeros where it never ran."""
        return _joined(*self.gradient())

    def gradient(self) -> tuple[Tensor, Tensor]:
        """Return what `backward()` left in `.grad`, `((1, d), (1,))`; zeros where it never ran."""
        weight, bias = (parameter.grad for parameter in self._weight_and_bias)
        return self.zeros() if weight is None or bias is None else (weight, bias)

    def zeros(self) -> tuple[Tensor, Tensor]:
        """Return a gradient of zeros, `((1, d), (1,))`."""
        return torch.zeros(1, self.width, dtype=self.dtype), torch.zeros(1, dtype=self.dtype)

    def clear_gradient(self) -> None:
        """Clear `.grad`, as `zero_grad()` does but without iterating over the module."""
        for parameter in self._weight_and_bias:
            parameter.grad = None

    def set_gradient(self, gradient: FloatArray) -> None:
        """Write a gradient `(d + 1,)` into `.grad`, where torch's optimizers look for it."""
        values = torch.from_numpy(gradient).to(self.dtype)
        weight, bias = self._weight_and_bias
        weight.grad, bias.grad = values[:-1].unsqueeze(0), values[-1:]

    def leaf(self, device: torch.device | None = None) -> "Perceptron":
        """Copy the perceptron for a thread, or a device, that sums up gradients of its own."""
        standardising = None if self._rescales else self.standardising
        leaf = Perceptron(self.width, self.dtype, standardising, device)
        leaf.copy_parameters(self)
        return leaf

    @torch.no_grad()
    def copy_parameters(self, model: "Perceptron") -> None:
        """Copy the parameters of the perceptron this is a leaf of, rescaled for `inputs`."""
        values = model.effective_parameters()
        for parameter, value in zip(self._weight_and_bias, values, strict=True):
            parameter.copy_(value)

    def set_leaf_gradients(self, gradients: tuple[Tensor, Tensor]) -> None:
        """Put into `.grad` what `backward()` left in leaves: through the rescaling, if any."""
        self.clear_gradient()
        if self._rescales:
            torch.autograd.backward(self.effective_parameters(), gradients)
        else:
            weight, bias = self._weight_and_bias
            weight.grad, bias.grad = gradients

    def hessian_of(self, products: FloatArray) -> FloatArray:
        """Turn Σ s·(x, 1)(x, 1)ᵀ over `inputs` into the Hessian of the parameters."""
        if self.standardising is None or not self._rescales:
            return products
        d = len(products) - 1
        jacobian = np.eye(d + 1)  # of (x, 1)'s coefficients by the parameters
        jacobian[:d, :d] = np.diag(1 / self.standardising.std)
        jacobian[d, :d] = -self.standardising.mean / self.standardising.std
        hessian: FloatArray = jacobian.T @ products @ jacobian
        return hessian


def _joined(weight: Tensor, bias: Tensor) -> FloatArray:
    joined: FloatArray = torch.cat([weight.reshape(-1), bias]).double().numpy()
    return joined

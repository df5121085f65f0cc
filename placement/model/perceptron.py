"""The perceptron: one linear layer and a sigmoid."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn


class Perceptron(nn.Module):
    """P(placed) = sigmoid(x · w + b), known to statisticians as logistic regression.

    It starts at zero: the loss is convex, so the start decides nothing, and every rank and
    every repetition begins alike.

    >>> Perceptron(2)(torch.ones(3, 2, dtype=torch.float64))
    tensor([0.5000, 0.5000, 0.5000], dtype=torch.float64, grad_fn=<SigmoidBackward0>)
    """

    def __init__(self, columns: int, dtype: torch.dtype = torch.float64) -> None:
        super().__init__()
        self.linear = nn.Linear(columns, 1, dtype=dtype)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    @classmethod
    def of(
        cls, weights: npt.ArrayLike, intercept: float, dtype: torch.dtype = torch.float64
    ) -> "Perceptron":
        """Make a perceptron with these weights `(d,)` and this intercept."""
        values = np.append(np.asarray(weights, dtype=np.float64), intercept)
        model = cls(len(values) - 1, dtype)
        model.move_to(values)
        return model

    def logits(self, x: Tensor) -> Tensor:
        """Log-odds `z: (n,)` of the rows `x: (n, d)`."""
        z: Tensor = self.linear(x)
        return z.squeeze(1)

    def forward(self, x: Tensor) -> Tensor:
        """Probabilities `p: (n,)` of the rows `x: (n, d)`."""
        return torch.sigmoid(self.logits(x))

    @torch.no_grad()
    def move_to(self, parameters: npt.NDArray[np.float64]) -> None:
        """Set the parameters `(d + 1,)`: the weights, then the intercept."""
        values = torch.from_numpy(np.array(parameters, dtype=np.float64))
        self.linear.weight.copy_(values[:-1].unsqueeze(0))
        self.linear.bias.copy_(values[-1:])

    def parameters_as_array(self) -> npt.NDArray[np.float64]:
        """Copy the parameters `(d + 1,)` in float64: the weights, then the intercept."""
        return _joined(self.linear.weight.detach(), self.linear.bias.detach())

    def gradient_as_array(self) -> npt.NDArray[np.float64]:
        """Copy what `backward()` left in `.grad`, `(d + 1,)`; zeros where it never ran."""
        grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters()]
        return _joined(*grads)

    def leave_gradient(self, gradient: npt.NDArray[np.float64]) -> None:
        """Write a gradient `(d + 1,)` into `.grad`, where torch's optimizers look for it."""
        values = torch.from_numpy(gradient).to(self.linear.weight.dtype)
        self.linear.weight.grad = values[:-1].unsqueeze(0)
        self.linear.bias.grad = values[-1:]


def _joined(weight: Tensor, bias: Tensor) -> npt.NDArray[np.float64]:
    joined: npt.NDArray[np.float64] = torch.cat([weight.reshape(-1), bias]).double().numpy()
    return joined

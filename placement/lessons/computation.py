"""What a lesson computes: numbers by name, and each gradient by hand, autograd and difference."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from placement.lessons.graph.graph import Graph, Value

StepValue = Value | str | bool | None
InputValue = float | list[float]


@dataclass(frozen=True)
class Check:
    """A gradient computed in three ways: the rule by hand, autograd, a central difference."""

    parameter: str
    manual: Value
    autograd: Value
    finite_difference: Value

    @property
    def max_abs_error(self) -> float:
        """The largest error of autograd or the difference against the rule by hand."""
        others = (self.autograd, self.finite_difference)
        return max(abs(a - b) for other in others for a, b in _pairs(self.manual, other))

    def relative_error(self, other: Value) -> float:
        """The largest error of `other` against the rule by hand, as a share of 1 + |gradient|."""
        return max(abs(a - b) / (1 + abs(a)) for a, b in _pairs(self.manual, other))


def _pairs(left: Value, right: Value) -> Iterator[tuple[float, float]]:
    left, right = (value if isinstance(value, tuple) else (value,) for value in (left, right))
    return zip(left, right, strict=True)


@dataclass(frozen=True)
class Curves:
    """Lines over one axis `x`, for a table and a picture; `axis` and `measure` label it."""

    axis: str
    x: tuple[float, ...]
    lines: Mapping[str, tuple[float, ...]]
    measure: str = "loss"


@dataclass(frozen=True)
class Computation:
    """The numbers of a lesson by name, the checks of its gradients, its graph, and any curves."""

    steps: Mapping[str, StepValue]
    checks: tuple[Check, ...]
    graph: Graph
    curves: Curves | None = None


def check_gradient(graph: Graph, parameter: str, finite_difference: Value) -> Check:
    """Compare a parameter's gradients in a graph with its central difference."""
    node = graph[parameter]
    if node.gradient is None or node.autograd is None:
        raise ValueError(f"{parameter}: no gradient was asked for")
    return Check(parameter, node.gradient, node.autograd, finite_difference)


def scalar(value: StepValue) -> float:
    """Return a value that is one number."""
    if isinstance(value, tuple | str) or value is None:
        raise TypeError(f"{value!r} is not one number")
    return float(value)


def central_difference(
    function: Callable[[float], float], x: float, step: float | None = None
) -> float:
    """Return the central difference at a number, in steps that grow with it unless one is given."""
    size = step or 1e-5 * max(1.0, abs(x))
    up, down = x + size, x - size
    return (function(up) - function(down)) / (up - down)


def central_differences(
    function: Callable[[list[float]], float], x: Sequence[float]
) -> tuple[float, ...]:
    """Return the central difference by each of several numbers."""

    def by(index: int) -> float:
        before, after = x[:index], x[index + 1 :]
        return central_difference(lambda value: function([*before, value, *after]), x[index])

    return tuple(map(by, range(len(x))))

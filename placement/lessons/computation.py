"""What a lesson comes to: numbers by name, and its gradients by three witnesses."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from placement.lessons.graph.graph import Graph, Value

Plain = Value | str | bool | None
AGREE = 1e-6  # of 1 + |gradient|: what the difference may be off


@dataclass(frozen=True)
class Step:
    """One number of a lesson, by its name."""

    name: str
    value: Plain


@dataclass(frozen=True)
class Check:
    """A gradient by three witnesses: the rule by hand, autograd, a central difference."""

    parameter: str
    manual: Value
    autograd: Value
    finite_difference: Value

    @property
    def max_abs_error(self) -> float:
        """The largest gap between the rule by hand and another witness."""
        others = (self.autograd, self.finite_difference)
        return max(abs(a - b) for other in others for a, b in _pairs(self.manual, other))

    @property
    def autograd_gap(self) -> float:
        """The largest gap between the rule by hand and autograd, as a share of 1 + |gradient|."""
        return _gap(self.manual, self.autograd)

    @property
    def difference_gap(self) -> float:
        """The same between the rule by hand and the difference."""
        return _gap(self.manual, self.finite_difference)


def _gap(one: Value, other: Value) -> float:
    return max(abs(a - b) / (1 + abs(a)) for a, b in _pairs(one, other))


def _pairs(one: Value, other: Value) -> Iterator[tuple[float, float]]:
    one, other = (v if isinstance(v, tuple) else (v,) for v in (one, other))
    return zip(one, other, strict=True)


@dataclass(frozen=True)
class Curves:
    """Lines over one axis, for a table and a picture."""

    axis: str
    at: tuple[float, ...]
    lines: Mapping[str, tuple[float, ...]]
    measure: str = "loss"


@dataclass(frozen=True)
class Played:
    """What the computation of a lesson found."""

    steps: tuple[Step, ...]
    checks: tuple[Check, ...]
    graph: Graph
    curves: Curves | None = None


@dataclass(frozen=True)
class LessonResult:
    """A lesson that was played with some inputs. In a notebook it shows itself."""

    name: str
    inputs: Mapping[str, Any]
    played: Played

    @property
    def graph(self) -> Graph:
        """The computation, forward and backward."""
        return self.played.graph

    def __getitem__(self, name: str) -> Plain:
        """Return the value of a step."""
        found = {step.name: step.value for step in self.played.steps}
        if name not in found:
            raise KeyError(f"{name!r}: the lesson {self.name} has {', '.join(found)}")
        return found[name]

    def to_dict(self) -> dict[str, Any]:
        """Return what `lesson --json` prints."""
        by, curves = {one.parameter: one for one in self.played.checks}, self.played.curves
        table = None if curves is None else {curves.axis: curves.at, **curves.lines}
        return {
            "name": self.name,
            "inputs": dict(self.inputs),
            "steps": [{"name": step.name, "value": step.value} for step in self.played.steps],
            "checks": {
                "manual": {name: one.manual for name, one in by.items()},
                "autograd": {name: one.autograd for name, one in by.items()},
                "finite_difference": {name: one.finite_difference for name, one in by.items()},
                "max_abs_error": max(one.max_abs_error for one in by.values()),
            },
            "table": table,
            "graph": self.graph.to_dict(),
        }

    def _repr_html_(self) -> str:
        from placement.lessons.render_text import html_of

        return html_of(self)


def number(value: Plain) -> float:
    """Return a value that is one number."""
    if isinstance(value, tuple | str) or value is None:
        raise TypeError(f"{value!r} is not one number")
    return float(value)


def named(**values: Plain) -> tuple[Step, ...]:
    """Return steps in the order given."""
    return tuple(Step(name, value) for name, value in values.items())


def difference(
    of: Callable[[float], float], at: float, step: Callable[[float], float] | None = None
) -> float:
    """Return the central difference of a function of one number; its step grows with the number.

    `step`: another size, where the function turns faster.
    """
    size = 1e-5 * max(1.0, abs(at)) if step is None else step(at)
    up, down = at + size, at - size
    return (of(up) - of(down)) / (up - down)


def differences(of: Callable[[list[float]], float], at: Sequence[float]) -> tuple[float, ...]:
    """Return the central difference by each number of several."""

    def by(place: int) -> float:
        def moved(value: float) -> float:
            return of([*at[:place], value, *at[place + 1 :]])

        return difference(moved, at[place])

    return tuple(by(place) for place in range(len(at)))

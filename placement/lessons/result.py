"""What a lesson comes to: numbers by name, and its gradients by three witnesses."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from placement.lessons.graph import Graph, Value

Plain = Value | str | bool | None


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
        pairs = (
            (self.manual, self.autograd),
            (self.manual, self.finite_difference),
        )
        return max(abs(a - b) for one, other in pairs for a, b in _both(one, other))


def _both(one: Value, other: Value) -> Iterator[tuple[float, float]]:
    one, other = (v if isinstance(v, tuple) else (v,) for v in (one, other))
    return zip(one, other, strict=True)


@dataclass(frozen=True)
class Curves:
    """Lines over one axis, for a table and a picture; None where there is no finite number."""

    axis: str
    at: tuple[float, ...]
    lines: Mapping[str, tuple[float | None, ...]]
    measure: str = "loss"


@dataclass(frozen=True)
class Played:
    """What the computation of a lesson found."""

    steps: tuple[Step, ...]
    checks: tuple[Check, ...] = ()
    graph: Graph | None = None
    curves: Curves | None = None


@dataclass(frozen=True)
class LessonResult:
    """A lesson that was played with some inputs. In a notebook it shows itself."""

    name: str
    inputs: Mapping[str, Any]
    played: Played
    draw: Callable[["LessonResult"], str] = field(repr=False, compare=False)

    @property
    def graph(self) -> Graph | None:
        """The computation, forward and backward; None where the lesson draws none."""
        return self.played.graph

    def __getitem__(self, name: str) -> Plain:
        """Return the value of a step."""
        return next(step.value for step in self.played.steps if step.name == name)

    def to_dict(self) -> dict[str, Any]:
        """Return what `lesson --json` prints."""
        checks, curves = self.played.checks, self.played.curves
        by = {one.parameter: one for one in checks}
        return {
            "name": self.name,
            "inputs": dict(self.inputs),
            "steps": [{"name": step.name, "value": step.value} for step in self.played.steps],
            "checks": {
                "manual": {name: one.manual for name, one in by.items()},
                "autograd": {name: one.autograd for name, one in by.items()},
                "finite_difference": {name: one.finite_difference for name, one in by.items()},
                "max_abs_error": max((one.max_abs_error for one in checks), default=None),
            },
            "table": None
            if curves is None
            else {curves.axis: list(curves.at), **{k: list(v) for k, v in curves.lines.items()}},
            "graph": None if self.graph is None else self.graph.to_dict(),
        }

    def _repr_html_(self) -> str:
        return self.draw(self)


def number(value: Plain) -> float:
    """Return a value that is one number."""
    if isinstance(value, tuple | str) or value is None:
        raise TypeError(f"{value!r} is not one number")
    return float(value)


def steps(**values: Plain) -> tuple[Step, ...]:
    """Return steps in the order given."""
    return tuple(Step(name, value) for name, value in values.items())


def difference(of: Callable[[float], float], at: float) -> float:
    """Return the central difference of a function of one number; its step grows with the number."""
    step = 1e-5 * max(1.0, abs(at))
    up, down = at + step, at - step
    return (of(up) - of(down)) / (up - down)


def differences(of: Callable[[list[float]], float], at: Sequence[float]) -> tuple[float, ...]:
    """Return the central difference by each number of several."""

    def by(place: int) -> float:
        def moved(value: float) -> float:
            return of([*at[:place], value, *at[place + 1 :]])

        return difference(moved, at[place])

    return tuple(by(place) for place in range(len(at)))

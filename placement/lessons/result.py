"""A lesson that was run: its steps by name, as a document, and as HTML in a notebook."""

from collections.abc import Mapping
from dataclasses import dataclass

from placement.arrays import Document
from placement.lessons.computation import Computation, InputValue, StepValue
from placement.lessons.definition import Lesson
from placement.lessons.exercise import CheckedAnswer, check_answer
from placement.lessons.graph.graph import Graph
from placement.lessons.render_html import lesson_html


@dataclass(frozen=True)
class LessonResult:
    """A lesson, the inputs it was run with, and what it computed of them."""

    lesson: Lesson
    inputs: Mapping[str, InputValue]
    computation: Computation

    @property
    def graph(self) -> Graph:
        """The computation, forward and backward."""
        return self.computation.graph

    def __getitem__(self, name: str) -> StepValue:
        """Return the value of a step."""
        steps = self.computation.steps
        if name not in steps:
            raise KeyError(f"{name!r}: the lesson {self.lesson.name} has {', '.join(steps)}")
        return steps[name]

    def check(self, answer: object = None) -> CheckedAnswer:
        """Check an answer to the lesson's exercise, with these inputs; without one, ask it."""
        return check_answer(self.lesson, self.inputs, self.computation, answer)

    def to_dict(self) -> Document:
        """Return what `lesson --json` prints."""
        steps, checks = self.computation.steps, self.computation.checks
        curves = self.computation.curves
        table = None if curves is None else {curves.axis: curves.x, **curves.lines}
        return {
            "name": self.lesson.name,
            "inputs": dict(self.inputs),
            "steps": [{"name": name, "value": value} for name, value in steps.items()],
            "checks": {
                **{
                    method: {check.parameter: getattr(check, method) for check in checks}
                    for method in ("manual", "autograd", "finite_difference")
                },
                "max_abs_error": max(check.max_abs_error for check in checks),
            },
            "table": table,
            "graph": self.graph.to_dict(),
        }

    def __repr__(self) -> str:
        steps = ", ".join(f"{name} = {value}" for name, value in self.computation.steps.items())
        return f"LessonResult({self.lesson.name}: {steps})"

    def _repr_html_(self) -> str:
        return lesson_html(self.lesson, self.inputs, self.computation)

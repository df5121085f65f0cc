"""A lesson run with somebody's numbers, as a page shows it; one can have a derivative spoilt."""

from collections.abc import Mapping

from placement.lessons.catalog import lesson
from placement.lessons.exercise import question
from placement.lessons.graph.drawing import graph_svg
from placement.lessons.result import LessonResult
from placement.lessons.tables import check_rows, format_words, step_table, verdict
from placement.serving.pages.work.results import LessonView
from placement.training.gradcheck.report import GradientCheck
from placement.workflows.training.gradcheck import GradcheckRequest, gradcheck

LINKS = ("dL_dyhat", "dyhat_dz", "dz_dw", "dz_db")
_WITH_LINKS = "perceptron"  # the lesson whose chain has all of these links


def lesson_view(
    name: str, inputs: Mapping[str, str], broken: str | None, answer: str | None
) -> LessonView:
    """Run a lesson. `broken` is the derivative by hand that is spoilt, `answer` to its exercise."""
    result = lesson(name, **inputs)
    checks, said, is_right = _checks(result, broken if broken in LINKS else None)
    header, steps = step_table(result.lesson, result.computation)
    return LessonView(
        title=result.lesson.title,
        about=result.lesson.about,
        inputs=tuple((key, _typed(value)) for key, value in result.inputs.items()),
        header=header,
        steps=tuple(steps),
        checks=tuple(checks),
        verdict=said,
        is_right=is_right,
        after=result.lesson.after,
        exercise=question(result.lesson),
        answered=_answered(result, answer),
        links=LINKS if name == _WITH_LINKS else (),
        code=result.lesson.code_for(result.inputs),
        graph=graph_svg(result.graph),
    )


def _typed(value: object) -> str:
    return ",".join(map(format_words, value)) if isinstance(value, list) else str(value)


def _answered(result: LessonResult, answer: str | None) -> str | None:
    """Check an answer with the exercise's own numbers."""
    if not answer:
        return None
    asked = {**result.lesson.defaults, **result.lesson.exercise.inputs}
    return lesson(result.lesson.name, **asked).check(answer).text


def _checks(result: LessonResult, broken: str | None) -> tuple[list[tuple[str, ...]], str, bool]:
    if broken is None:
        said = verdict(result.computation.checks)
        return check_rows(result.computation.checks), said, "DISAGREE" not in said
    x, y, w, b = (float(str(result.inputs[key])) for key in ("x", "y", "w", "b"))
    check = gradcheck(GradcheckRequest(x=x, y=y, w=w, b=b, dtype="float64", broken=broken))
    return (
        _rows(check),
        check.failure or "They agree: this link does not matter here.",
        check.passed,
    )


def _rows(check: GradientCheck) -> list[tuple[str, ...]]:
    return [
        (one.parameter, *(f"{n:.6g}" for n in (one.manual, one.autograd, one.finite_difference)))
        for one in check.gradients
    ]

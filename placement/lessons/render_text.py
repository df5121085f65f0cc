"""A lesson that was run as text for the terminal, and as Markdown for a page."""

import textwrap
from collections.abc import Iterable

from placement.lessons.definition import Lesson
from placement.lessons.graph.drawing import graph_text
from placement.lessons.result import LessonResult
from placement.lessons.tables import check_rows, curve_table, format_inputs, step_rows, verdict
from placement.reporting.format.text_table import table

_WIDTH = 88
_LONGEST_CELL = 60


def lesson_text(result: LessonResult) -> str:
    """Return a lesson as text: what it is about, its numbers, whether they agree, what next."""
    lesson = result.lesson
    about = "\n".join(textwrap.wrap(lesson.about, _WIDTH))
    after = "\n".join(textwrap.wrap(lesson.after, _WIDTH))
    head = f"{lesson.title}\n{'=' * len(lesson.title)}\n\n{about}\n\n{_numbers_text(result)}"
    return "\n".join([f"{head}\n\n{after}\n\nTry next", *(f"  {line}" for line in lesson.next)])


def _numbers_text(result: LessonResult) -> str:
    """Return the numbers of a lesson as tables, and whether the three ways agree."""
    computation = result.computation
    rows = step_rows(result.lesson, computation)
    short = [row for row in rows if len(row[1]) <= _LONGEST_CELL]
    lines = [f"With {format_inputs(result.inputs)}:", "", table(("", "value", ""), short)]
    for name, value, meaning in rows:
        if len(value) > _LONGEST_CELL:
            lines += ["", f"  {name}, {meaning}:", f"    {value}"]
    if computation.curves is not None:
        names, curve_rows = curve_table(computation.curves)
        lines += ["", table(names, curve_rows, numeric=range(len(names)))]
    header = ("by", "the rule by hand", "autograd", "a small difference")
    checks = table(header, check_rows(computation.checks))
    lines += ["", "Three ways to one gradient (in float64)", checks]
    return "\n".join([*lines, *textwrap.wrap(verdict(computation.checks), _WIDTH)])


def index_text(lessons: Iterable[Lesson]) -> str:
    """List the lessons."""
    rows = [(lesson.name, lesson.title) for lesson in lessons]
    return "\n".join([table(("lesson", ""), rows), "", "Play one: placement lesson square"])


def lesson_markdown(result: LessonResult) -> str:
    """Return a lesson as Markdown, for a page that is read."""
    lesson = result.lesson
    return (
        f"## {lesson.title}\n\n{lesson.about}\n\n```\n$ placement lesson {lesson.name}\n…\n"
        f"{_numbers_text(result)}\n\n{graph_text(result.graph)}"
        f"\n```\n\n{lesson.after} Try next:\n\n```\n" + "\n".join(lesson.next) + "\n```\n"
    )

"""A lesson that was run as text for the terminal, and as Markdown for a page."""

import textwrap
from collections.abc import Iterable

from placement.lessons.definition import Lesson
from placement.lessons.exercise import command, question
from placement.lessons.graph.drawing import graph_text
from placement.lessons.result import LessonResult
from placement.lessons.tables import check_rows, curve_table, format_inputs, step_table, verdict
from placement.reporting.format.text_table import table

_WIDTH = 88
_LONGEST_CELL = 60


def lesson_text(result: LessonResult) -> str:
    """Return a lesson as text: what it is about, its numbers, an exercise, what next."""
    lesson = result.lesson
    about = "\n".join(textwrap.wrap(lesson.about, _WIDTH))
    after = "\n".join(textwrap.wrap(lesson.after, _WIDTH))
    head = f"{lesson.title}\n{'=' * len(lesson.title)}\n\n{about}\n\n{_numbers_text(result)}"
    exercise = [*textwrap.wrap(question(lesson), _WIDTH), f"  {command(lesson)}"]
    following = ["Try next", *(f"  {line}" for line in lesson.next)]
    return "\n".join([head, "", after, "", "Exercise", *exercise, "", *following])


def _numbers_text(result: LessonResult) -> str:
    """Return the numbers of a lesson as tables, and whether the three ways agree."""
    computation = result.computation
    header, rows = step_table(result.lesson, computation)
    short = [row for row in rows if len(row[1]) <= _LONGEST_CELL]
    lines = [f"With {format_inputs(result.inputs)}:", "", table(header, short)]
    for name, value, *_, meaning in rows:
        if len(value) > _LONGEST_CELL:
            lines += [
                "",
                f"  {name}, {meaning}:",
                textwrap.indent(textwrap.fill(value, 84), "    "),
            ]
    if computation.curves is not None:
        names, curve_rows = curve_table(computation.curves)
        lines += ["", table(names, curve_rows, numeric=range(len(names)))]
    ways = ("by", "the rule by hand", "autograd", "a small difference")
    checks = table(ways, check_rows(computation.checks))
    lines += ["", "Three ways to one gradient (in float64)", checks]
    return "\n".join([*lines, *textwrap.wrap(verdict(computation.checks), _WIDTH)])


def index_text(lessons: Iterable[Lesson]) -> str:
    """List the lessons in the order to take them in."""
    rows = [(number, lesson.name, lesson.title) for number, lesson in enumerate(lessons, 1)]
    order = "Take them in this order; each ends with an exercise that checks your answer."
    return "\n".join([table(("", "lesson", ""), rows), "", order, "Begin: placement lesson square"])


def lesson_markdown(result: LessonResult) -> str:
    """Return a lesson as Markdown, for a page that is read."""
    lesson = result.lesson
    parts = [
        f"## {lesson.title}",
        lesson.about,
        f"```\n$ placement lesson {lesson.name}\n…\n{_numbers_text(result)}",
        f"{graph_text(result.graph)}\n```",
        lesson.after,
        f"**Exercise.** {question(lesson)}",
        f"```\n{command(lesson)}\n```",
        "Try next:",
        "\n".join(["```", *lesson.next, "```\n"]),
    ]
    return "\n\n".join(parts)

"""The lessons as a notebook and as a page to read, both made from the lessons themselves."""

from placement.arrays import Document
from placement.lessons import catalog
from placement.lessons.exercise import call, question
from placement.lessons.render_text import lesson_markdown

_BEGIN = """\
# Autograd, from one slope to a perceptron that learns

A model learns by asking, of every number it may change: if this were a little larger, how much
larger would the loss be? The answer is a derivative. This notebook works it out three times over,
by the rule on paper, by torch's autograd, and by simply trying a slightly larger number, and
compares the three.

Run the cells from the top. Each lesson begins with an exercise: write your number for `None` and
run its cell again, it says whether you are right and shows the way there. Then change the numbers:
every lesson takes your own, and nothing here is written down beforehand, each figure is computed
when its cell runs.

In this order:

{order}
"""
_SETUP = "from placement import lesson"
_EXERCISE = """\
answer = None  # your number
print({call}.check(answer))
"""
_END = """\
## Where to go from here

`placement train data/students.csv` trains the same perceptron on a table of students. It makes the
same check of its gradients, by hand, by autograd and by differences, before the first step, on the
way, and at the end, and keeps it with the run.
"""
_PAGE = """\
# The autograd lab

{count} small computations, each with its derivative by hand, by torch and by differences. Play one
with `placement lesson NAME`, with numbers of your own (`--x 3`), as a graph (`--graph`), as lines
of torch (`--code`) or as data (`--json`). Take them in this order; `--answer NUMBER` checks your
answer to the exercise at the end of each. The same as a notebook:
[autograd.ipynb](autograd.ipynb).
"""
_COUNTS = {9: "Nine", 10: "Ten", 11: "Eleven", 12: "Twelve"}


def notebook() -> Document:
    """Return the notebook (format 4.5), not executed."""
    lessons = catalog.LESSONS.values()
    order = "\n".join(f"{n}. `{each.name}`: {each.title}" for n, each in enumerate(lessons, 1))
    cells = [_markdown("begin", _BEGIN.format(order=order)), _code("setup", _SETUP)]
    for number, (name, lesson) in enumerate(catalog.LESSONS.items(), 1):
        cells += [
            _markdown(f"{name}-title", f"## Lesson {number}: `{name}`\n\n{question(lesson)}"),
            _code(f"{name}-exercise", _EXERCISE.format(call=call(lesson))),
            _code(f"{name}-lesson", f"lesson({name!r})"),
            _markdown(f"{name}-then", "The same in lines of torch:"),
            _code(f"{name}-torch", lesson.code_for(lesson.defaults)),
        ]
    cells.append(_markdown("end", _END))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _markdown(key: str, text: str) -> Document:
    return {"cell_type": "markdown", "id": key, "metadata": {}, "source": text.rstrip("\n")}


def _code(key: str, text: str) -> Document:
    return {**_markdown(key, text), "cell_type": "code", "execution_count": None, "outputs": []}


def page() -> str:
    """Return `docs/lessons.md`."""
    count = len(catalog.LESSONS)
    head = _PAGE.format(count=_COUNTS.get(count, count))
    return "\n".join([head, *(lesson_markdown(catalog.lesson(name)) for name in catalog.LESSONS)])

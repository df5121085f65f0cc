"""A lesson that was run as HTML for a notebook, and its curves as a picture."""

import base64
import html
from collections.abc import Iterator, Mapping, Sequence

from placement.lessons.computation import Computation, Curves, InputValue
from placement.lessons.definition import Lesson
from placement.lessons.exercise import call, question
from placement.lessons.graph.drawing import graph_svg
from placement.lessons.tables import check_rows, curve_table, format_inputs, step_table, verdict

_UNBROKEN = 30  # letters: a number is never folded


def lesson_html(lesson: Lesson, inputs: Mapping[str, InputValue], computation: Computation) -> str:
    """Return a lesson as HTML, with its graph."""
    checks, curves = computation.checks, computation.curves
    (_, *values, _), steps = step_table(lesson, computation)
    parts = [
        f"<h3>{html.escape(lesson.title)}</h3>",
        f"<p>{html.escape(lesson.about)}</p>",
        f"<p>With {html.escape(format_inputs(inputs))}:</p>",
        _table(("number", *values, "what it is"), steps),
        _table(("gradient by", "by hand", "autograd", "difference"), check_rows(checks)),
        f"<p>{html.escape(verdict(checks))}</p>",
        graph_svg(computation.graph),
    ]
    if curves is not None:
        source = (
            f"data:image/png;base64,{base64.b64encode(curves_png(lesson.title, curves)).decode()}"
        )
        parts.append(f'<p><img alt="the curves" width="640" src="{source}"></p>')
        parts.append(_table(*curve_table(curves)))
    parts += [
        f"<p>{html.escape(lesson.after)}</p>",
        f"<p>Exercise. {html.escape(question(lesson))}</p>",
        f"<pre>{html.escape(call(lesson))}.check(NUMBER)</pre>",
        f"<p>Try next:</p><pre>{html.escape(chr(10).join(lesson.next))}</pre>",
    ]
    return f"<div>{''.join(parts)}</div>"


def curves_png(title: str, curves: Curves) -> bytes:
    """Draw curves, without those of the gradient."""
    from placement.reporting.plots.line_plot import draw_curves

    lines = {name: line for name, line in curves.lines.items() if not name.endswith("_gradient")}
    return draw_curves(title, (curves.axis, curves.measure), curves.x, lines)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""

    def cells(tag: str, row: Sequence[str]) -> Iterator[str]:
        style = "text-align:left;vertical-align:top;padding-right:1.5em"
        for cell in row:
            fold = ";white-space:nowrap" if len(cell) <= _UNBROKEN else ""
            yield f'<{tag} style="{style}{fold}">{html.escape(cell)}</{tag}>'

    head = "".join(cells("th", header))
    body = "".join(f"<tr>{''.join(cells('td', row))}</tr>" for row in rows)
    rows_of_table = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<table style="margin-bottom:1em">{rows_of_table}</table>'

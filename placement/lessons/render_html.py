"""A lesson that was run as HTML for a notebook, and its curves as a picture."""

import base64
import html
from collections.abc import Mapping

from placement.lessons.computation import Computation, Curves, InputValue
from placement.lessons.definition import Lesson
from placement.lessons.exercise import call, question
from placement.lessons.graph.drawing import graph_svg
from placement.lessons.tables import check_rows, curve_table, format_inputs, step_table, verdict
from placement.runtime.notebook import html_table, paragraph


def lesson_html(lesson: Lesson, inputs: Mapping[str, InputValue], computation: Computation) -> str:
    """Return a lesson as HTML, with its graph."""
    checks, curves = computation.checks, computation.curves
    (_, *values, _), steps = step_table(lesson, computation)
    parts = [
        f"<h3>{html.escape(lesson.title)}</h3>",
        paragraph(lesson.about),
        paragraph(f"With {format_inputs(inputs)}:"),
        html_table(("number", *values, "what it is"), steps),
        html_table(("gradient by", "by hand", "autograd", "difference"), check_rows(checks)),
        paragraph(verdict(checks)),
        graph_svg(computation.graph),
    ]
    if curves is not None:
        source = (
            f"data:image/png;base64,{base64.b64encode(curves_png(lesson.title, curves)).decode()}"
        )
        parts.append(f'<p><img alt="the curves" width="640" src="{source}"></p>')
        parts.append(html_table(*curve_table(curves)))
    parts += [
        paragraph(lesson.after),
        paragraph(f"Exercise. {question(lesson)}"),
        f"<pre>{html.escape(call(lesson))}.check(NUMBER)</pre>",
        f"<p>Try next:</p><pre>{html.escape(chr(10).join(lesson.next))}</pre>",
    ]
    return f"<div>{''.join(parts)}</div>"


def curves_png(title: str, curves: Curves) -> bytes:
    """Draw curves, without those of the gradient."""
    from placement.reporting.plots.line_plot import draw_curves

    lines = {name: line for name, line in curves.lines.items() if not name.endswith("_gradient")}
    return draw_curves(title, (curves.axis, curves.measure), curves.x, lines)

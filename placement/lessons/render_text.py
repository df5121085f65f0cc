"""A lesson that was played, as text for the terminal and as HTML for a notebook."""

import base64
import html
import textwrap
from collections.abc import Iterator, Sequence

from placement.lessons.computation import AGREE, Curves, LessonResult
from placement.lessons.graph.drawing import shown, svg_of, text_of
from placement.lessons.texts import TEXTS
from placement.reporting.format.text_table import table

_WIDTH = 88
_MOST_ROWS = 12
_LONGEST_CELL = 60
_MOST_LISTED = 6


def text_of_lesson(result: LessonResult) -> str:
    """Return a lesson as text: what it is about, its numbers, whether they agree, what next."""
    words = TEXTS[result.name]
    return "\n".join(
        [
            words.title,
            "=" * len(words.title),
            "",
            *_wrapped(words.about),
            "",
            numbers_text(result),
            "",
            *_wrapped(words.after),
            "",
            "Try next",
            *(f"  {line}" for line in words.next),
        ]
    )


def numbers_text(result: LessonResult) -> str:
    """Return the numbers of a lesson as tables, and whether the three ways agree."""
    words, played = TEXTS[result.name].numbers, result.played
    rows = [(step.name, _exact(step.value), words[step.name]) for step in played.steps]
    short = [row for row in rows if len(row[1]) <= _LONGEST_CELL]
    lines = [f"With {_given(result)}:", "", table(("", "value", ""), short)]
    for name, value, what in rows:
        if len(value) > _LONGEST_CELL:
            lines += ["", f"  {name}, {what}:", f"    {value}"]
    if played.curves is not None:
        lines += ["", _curves_text(played.curves)]
    return "\n".join([*lines, "", *_checks_text(result)])


def _given(result: LessonResult) -> str:
    return ", ".join(f"{name} = {_exact(value)}" for name, value in result.inputs.items())


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH)


def _exact(value: object) -> str:
    if isinstance(value, tuple | list):
        more = f", … {len(value)} in all" if len(value) > _MOST_LISTED else ""
        return f"[{', '.join(map(_exact, value[:_MOST_LISTED]))}{more}]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def _curves_text(curves: Curves) -> str:
    header, rows = _curve_rows(curves)
    return table(header, rows, numeric=range(len(header)))


def _curve_rows(curves: Curves) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the header and the rows of a table of curves, some of very many."""
    every = max(1, -(-len(curves.at) // (2 * _MOST_ROWS)))
    rows = [
        (f"{at:g}", *(shown(line[place]) for line in curves.lines.values()))
        for place, at in enumerate(curves.at)
        if place % every == 0 or place == len(curves.at) - 1
    ]
    return (curves.axis, *curves.lines), rows


def _checks_text(result: LessonResult) -> list[str]:
    header = ("by", "the rule by hand", "autograd", "a small difference")
    return [
        "Three ways to one gradient (in float64)",
        table(header, _check_rows(result)),
        *_wrapped(verdict(result)),
    ]


def _check_rows(result: LessonResult) -> list[tuple[str, ...]]:
    return [
        (one.parameter, _exact(one.manual), _exact(one.autograd), shown(one.finite_difference))
        for one in result.played.checks
    ]


def verdict(result: LessonResult) -> str:
    """Say whether the three ways agree, and where they do not, why that may be."""
    checks = result.played.checks
    by_torch = max(one.autograd_gap for one in checks)
    by_difference = max(one.difference_gap for one in checks)
    share = "of 1 + the gradient"
    if max(by_torch, by_difference) <= AGREE:
        return f"They agree to {max(by_torch, by_difference):.1e} {share}."
    if by_torch <= AGREE:
        return (
            f"Hand and autograd agree to {by_torch:.1e} {share}. The difference is "
            f"{by_difference:.1e} off: for these numbers its step is too coarse, or it crosses a "
            "corner of the clamp, where there is no slope."
        )
    return f"HAND AND AUTOGRAD DISAGREE by {by_torch:.1e} {share}."


def html_of(result: LessonResult) -> str:
    """Return a lesson as HTML, with its graph."""
    words, curves = TEXTS[result.name], result.played.curves
    rows = [(s.name, _exact(s.value), words.numbers[s.name]) for s in result.played.steps]
    parts = [
        f"<h3>{html.escape(words.title)}</h3>",
        f"<p>{html.escape(words.about)}</p>",
        f"<p>With {html.escape(_given(result))}:</p>",
        _html_table(("number", "value", "what it is"), rows),
        _html_table(("gradient by", "by hand", "autograd", "difference"), _check_rows(result)),
        f"<p>{html.escape(verdict(result))}</p>",
        svg_of(result.graph),
    ]
    if curves is not None:
        parts += [_picture(curves_png(result)), _html_table(*_curve_rows(curves))]
    parts += [
        f"<p>{html.escape(words.after)}</p>",
        f"<p>Try next:</p><pre>{html.escape(chr(10).join(words.next))}</pre>",
    ]
    return f"<div>{''.join(parts)}</div>"


def curves_png(result: LessonResult) -> bytes:
    """Draw the curves of a lesson that has some, without those of the gradient."""
    from placement.reporting.plots.line_plot import draw_curves

    curves = result.played.curves
    if curves is None:
        raise ValueError(f"the lesson {result.name} has no curves")
    lines = {name: line for name, line in curves.lines.items() if not name.endswith("_gradient")}
    axes = (curves.axis, curves.measure)
    return draw_curves(TEXTS[result.name].title, axes, curves.at, lines)


def _picture(png: bytes) -> str:
    encoded = base64.b64encode(png).decode()
    return f'<p><img alt="the curves" width="640" src="data:image/png;base64,{encoded}"></p>'


def _html_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""

    def cells(tag: str, row: Sequence[str]) -> Iterator[str]:
        return (
            f'<{tag} style="text-align:left;padding-right:1.5em">{html.escape(cell)}</{tag}>'
            for cell in row
        )

    head = "".join(cells("th", header))
    body = "".join(f"<tr>{''.join(cells('td', row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def index_text() -> str:
    """List the lessons."""
    rows = [(name, words.title) for name, words in TEXTS.items()]
    return "\n".join([table(("lesson", ""), rows), "", "Play one: placement lesson square"])


def markdown_of(result: LessonResult) -> str:
    """Return a lesson as Markdown, for a page that is read."""
    words = TEXTS[result.name]
    shown = [numbers_text(result), text_of(result.graph)]
    again = "\n".join(words.next)
    return (
        f"## {words.title}\n\n{words.about}\n\n```\n$ placement lesson {result.name}\n…\n"
        + "\n\n".join(shown)
        + f"\n```\n\n{words.after} Try next:\n\n```\n{again}\n```\n"
    )

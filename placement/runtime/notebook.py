"""What a notebook shows of a result: paragraphs and tables in HTML, every text escaped."""

from collections.abc import Iterable, Sequence
from html import escape

MOST_ROWS = 60  # of a table: of more, nobody reads on
_UNBROKEN = 30  # letters: a number is never folded

Cell = str | float | None


def paragraph(text: str) -> str:
    """Return a text as a paragraph."""
    return f"<p>{escape(text)}</p>"


def html_table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a table, nothing where it has no rows; of more than `MOST_ROWS` the first ones.

    Floats are written with four digits and aligned to the right, None is a dash.
    """
    listed = list(rows)
    if not listed:
        return ""
    head = "".join(_cell("th", name) for name in header)
    body = "".join(
        f"<tr>{''.join(_cell('td', value) for value in row)}</tr>" for row in listed[:MOST_ROWS]
    )
    more = len(listed) - MOST_ROWS
    table = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    rest = paragraph(f"and {more:,} more") if more > 0 else ""
    return f'<table style="margin-bottom:1em">{table}</table>{rest}'


def _cell(tag: str, value: Cell) -> str:
    text = "–" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)
    # Notebooks align every cell to the right.
    side = "right" if isinstance(value, float) else "left"
    style = f"text-align:{side};vertical-align:top;padding-right:1.5em"
    fold = ";white-space:nowrap" if len(text) <= _UNBROKEN else ""
    return f'<{tag} style="{style}{fold}">{escape(text)}</{tag}>'

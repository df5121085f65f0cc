"""Rows and columns of plain text."""

import io
from collections.abc import Iterable, Sequence
from typing import Literal

Cell = str | int | float | None
_WIDTH = 160  # wider than a terminal: a folded figure is worse than a long line


def table(
    header: Sequence[str], rows: Iterable[Sequence[Cell]], numeric: Sequence[int] = ()
) -> str:
    """Return aligned columns; those in `numeric` are aligned to the right."""
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
    for index, title in enumerate(header):
        justify: Literal["left", "right"] = "right" if index in numeric else "left"
        # An identifier that is folded cannot be copied.
        drawn.add_column(title, justify=justify, overflow="fold", no_wrap=title == "run")
    for row in rows:
        drawn.add_row(*(Text(cell(value)) for value in row))
    out = io.StringIO()
    Console(file=out, width=_WIDTH, no_color=True, highlight=False, markup=False).print(drawn)
    return "\n".join("  " + line.rstrip() for line in out.getvalue().splitlines())


def cell(value: Cell) -> str:
    """Write a cell: None is a dash, a float has four digits."""
    if value is None:
        return "–"
    return f"{value:.4f}" if isinstance(value, float) else str(value)

"""What a report consists of, before it is HTML or Markdown: sections of texts, tables, pictures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from placement.reporting.format.text_table import Cell
from placement.reporting.plots.fonts import Png

State = Literal["good", "doubt", "bad", "plain"]


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Points:
    """A list of sentences, each with what it means for trust."""

    items: tuple[tuple[State, str], ...]


@dataclass(frozen=True)
class Table:
    """Cells as text; those of the columns from `numbers_from` on are aligned to the right."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers_from: int = 1


@dataclass(frozen=True)
class Picture:
    """A PNG, and what it shows for who cannot see it."""

    png: Png
    shows: str


Block = Text | Points | Table | Picture


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it."""

    title: str
    blocks: tuple[Block, ...]


def table(header: Sequence[str], rows: Iterable[Sequence[Cell]], numbers_from: int = 1) -> Table:
    """Make a table of any cells: None is a dash, a float has four digits."""
    cells = tuple(tuple(_cell(value) for value in row) for row in rows)
    return Table(tuple(header), cells, numbers_from)


def points(*items: str, state: State = "plain") -> Points:
    """Make a list of sentences of one kind."""
    return Points(tuple((state, item) for item in items))


def _cell(value: Cell) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4f}" if 1e-3 <= abs(value) < 1e5 or value == 0 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)

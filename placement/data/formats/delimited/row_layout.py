"""How the rows of a text table stand below their heading: which numbers of fields are certain."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from placement.data.formats.blocks import BlockRequest, unquote
from placement.data.formats.delimited.column_kinds import ColumnKinds
from placement.data.formats.delimited.dialect import is_number
from placement.data.formats.header import Header
from placement.data.names.identifiers import means_identifier, means_person
from placement.data.schema import means_grade
from placement.errors import counted

_NEARLY_ALL = 0.9
_FEW_SHORT = 0.1
_SHOWN = 30
_MISFITS = 2  # so many cells must be where others belong


@dataclass(frozen=True)
class RowLayout:
    """How many fields a row may have for it to be certain which is which.

    `width`: those of the columns. `usual`: those of nearly every row, which may be more, all blank.
    Where the heading has blank ones too, a row may have up to `most`. `shortest`: a row lacks none
    but last columns down to so many. `names` are those of the columns.
    """

    names: tuple[str, ...]
    usual: int
    most: int
    shortest: int
    kinds: ColumnKinds = field(default_factory=ColumnKinds)

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.names)

    @property
    def is_plain(self) -> bool:
        """Whether nearly every row is as wide as the heading."""
        return self.usual == self.width

    def telling(self, request: BlockRequest) -> tuple[int, ...]:
        """Return the columns that are looked at for cells that belong elsewhere.

        Of a request that is made once, its own are enough, or their nearest neighbours.
        """
        telling = self.kinds.telling
        if not request.once or not request.columns:
            return telling
        requested = {self.names.index(name) for name in request.columns}
        chosen = requested.intersection(telling)
        for column in requested - chosen:
            after = bisect_left(telling, column)
            chosen.update(telling[max(0, after - 1) : after + 1])
        return tuple(sorted(chosen))

    def count_fault(self, cells: Sequence[str]) -> str | None:
        """Say why a row's number of fields does not tell which is which; None where it does."""
        count, width = len(cells), self.width
        fields = counted(count, "field")
        if not self.shortest <= count <= self.most:
            return f"{fields} where the heading has {width}"
        if any(map(str.strip, cells[width:])):
            return f"text behind its last column, {fields} where the heading has {width}"
        if count != self.usual and count >= width and not cells[width - 1].strip():
            return f"{fields} where most rows have {self.usual}"
        return None

    def shift_fault(self, cells: list[str], spaced: frozenset[int]) -> str | None:
        """Say which cell shows that cells stand one column off; None where none does.

        `spaced`: the fields that begin with a blank. Of a row that is unusually wide or narrow, one
        cell tells.
        """
        row = [unquote(cell) for cell in self.fitted(cells)]
        least = _MISFITS if len(cells) == self.usual else 1
        shifted = self.kinds.shifted_cell(row, spaced, least)
        if shifted is None:
            return None
        return (
            f"its cells seem to stand one column off "
            f"({_shortened(row[shifted])!r} under {self.names[shifted]!r})"
        )

    def is_cut(self, cells: Sequence[str]) -> bool:
        """Whether a last cell is but the beginning of a word that its column has."""
        words, cell = self.kinds.kinds[-1].words, unquote(cells[-1]).casefold()
        whole = not cell or cell in words or len(cells) != self.width
        return not whole and any(word.startswith(cell) for word in words)

    def fitted(self, cells: list[str]) -> list[str]:
        """Return the cells of a row without a fault as they stand below the names."""
        return cells[: self.width] + [""] * (self.width - len(cells))


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def lay_out(
    header: Header, heading_fields: int, body: Sequence[Sequence[str]]
) -> tuple[Header, RowLayout]:
    """Find out how rows stand below their heading, which has `heading_fields`, names and blanks.

    Return the heading with the names that the rows need.
    """
    width = len(header.names)
    counts = Counter(map(len, body))
    usual = max(counts, key=lambda count: (counts[count], count), default=width)
    if counts[usual] < _NEARLY_ALL * len(body) and usual > width:
        usual = width
    if header.row is not None and usual == width + 1 and _are_row_names(header.names, body, usual):
        header = header.with_row_names()
        return header, RowLayout(header.names, usual, usual, usual)
    notes: tuple[str, ...] = ()
    shortest, most = width, max(usual, min(heading_fields, max(counts, default=width)), width)
    if usual > width and not all(_is_blank(row[width:]) for row in body if len(row) == usual):
        most = usual = width  # more cells than names: none of them is certain
    short = _shortest(counts, width, body)
    if short < width:
        shortest = short
        lacking = ", ".join(header.names[short:][:3]) + (", …" if width - short > 3 else "")
        notes = (f"rows that end before their last columns ({lacking}) have blanks there",)
    elif usual > width:
        more = counted(usual - width, "field")
        notes = (f"{more} without a name and a cell, at the end of rows, dropped",)
    usual = max(usual, shortest)
    header = replace(header, notes=(*header.notes, *notes))
    return header, RowLayout(header.names, usual, most, shortest)


def _is_blank(cells: Sequence[str]) -> bool:
    return not any(map(str.strip, cells))


def _shortest(counts: Counter[int], width: int, body: Sequence[Sequence[str]]) -> int:
    """Return how few fields a row may have, if its last blanks are just not written.

    So it is where all rows are short of the same columns, or many are, and none ends with a blank.
    """
    short = {count: rows for count, rows in counts.items() if count < width}
    if not short or max(counts) > width:
        return width
    frequent = max(short, key=lambda count: (short[count], -count))
    if short[frequent] >= _NEARLY_ALL * len(body):
        return frequent
    if sum(short.values()) < max(_FEW_SHORT * len(body), 3):
        return width
    ends_blank = sum(not row[-1].strip() for row in body)
    often = [count for count, rows in short.items() if rows >= max(2, 0.02 * len(body))]
    return width if ends_blank or not often else min(often)


def _are_row_names(names: Sequence[str], body: Sequence[Sequence[str]], usual: int) -> bool:
    """Whether the first field of each row is its name, for which the heading has none.

    Otherwise the last one is a blank too many; what the columns hold tells.
    """
    rows = [row for row in body if len(row) == usual]
    columns = [
        [cell for cell in map(str.strip, column) if cell] for column in zip(*rows, strict=True)
    ]

    def numeric(column: list[str]) -> bool:
        return bool(column) and sum(map(is_number, column)) >= _NEARLY_ALL * len(column)

    def sense(under: Sequence[list[str]]) -> int:
        pairs = [(name, column) for name, column in zip(names, under, strict=True) if column]
        right = [numeric(column) for name, column in pairs if means_grade(name)]
        right += [not numeric(column) for name, column in pairs if means_person(name)]
        right += [len(set(column)) == len(rows) for name, column in pairs if means_identifier(name)]
        return 2 * sum(right) - len(right)

    as_blank, as_names = sense(columns[:-1]), sense(columns[1:])
    if as_blank != as_names:
        return as_names > as_blank
    if means_identifier(names[0]):
        return False
    if columns[-1]:
        return len(set(columns[0])) == len(rows)
    counting = [[str(k) for k in range(start, start + len(rows))] for start in (0, 1)]
    return columns[0] in counting

"""Which rows may be no students: few of their cells are filled, or they begin as totals do.

`find_not_students` looks at those alone, one by one. Here many rows are looked at, at little cost.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from placement.data.formats.students.not_students import find_not_students
from placement.data.formats.students.phrases import FIGURES, STARTS
from placement.data.formats.students.usual_rows import UsualRows, parts_of, plain

KEY = 4  # characters of a beginning that are compared
MOST_LEARNT = 500  # rows


@dataclass(frozen=True)
class Suspicion:
    """Finds the rows to look at, in a table whose ordinary rows are known."""

    usual: UsualRows

    @property
    def few(self) -> int:
        """So few filled cells make a row suspect."""
        return self.usual.filled // 2

    @cached_property
    def headings(self) -> frozenset[str]:
        """What the first cell of a heading may say, in letters and digits."""
        return frozenset(part for c in self.usual.columns for part in parts_of(c.name))

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """How words begin that suspect rows begin with."""
        names = (name for c in self.usual.columns for name in (c.name, *c.name.split(": ")))
        heads = {name.casefold()[:KEY] for name in names if name}
        stems = [start for start in STARTS if len(start) >= KEY or not start.isascii()]
        signs = [start for start in STARTS if not start[0].isalnum()]
        return tuple(dict.fromkeys((*stems, *signs, *sorted(heads))))

    @cached_property
    def short_words(self) -> frozenset[str]:
        """Words, shorter than those, with which suspect rows begin."""
        return frozenset(STARTS) - frozenset(self.stems)

    @cached_property
    def _pairs(self) -> frozenset[str]:
        return frozenset(word[:2] for word in (*self.stems, *self.short_words))

    @cached_property
    def number_columns(self) -> tuple[int, ...]:
        """The columns in which there is nearly always a number, serial numbers aside."""
        columns = enumerate(self.usual.columns)
        return tuple(i for i, c in columns if c.is_number and c.is_filled and not c.is_identifier)

    def begins(self, cell: str) -> bool:
        """Whether a cell begins as those of a heading or a total do."""
        head = cell[:KEY].casefold()
        if head[:2] not in self._pairs and head[:1] not in self._pairs:
            return False
        short = (head[:n] in self.short_words and not head[n : n + 1].isalpha() for n in (1, 2, 3))
        return head.startswith(self.stems) or any(short)

    def says(self, cell: str) -> bool:
        """Whether a cell, trimmed, says what those of a heading or a total do."""
        word = plain(cell)
        return not word or word in self.headings or FIGURES.fullmatch(cell) is not None

    def not_students(
        self, rows: Sequence[Sequence[str]], tidy: Callable[[Sequence[str]], Sequence[str]]
    ) -> dict[int, str]:
        """Return which of some rows of cells are no students, and why; `tidy` trims a row."""
        suspects = self._suspects(rows)
        return find_not_students(self.usual, len(rows), suspects, lambda row: tidy(rows[row]))

    def is_certain(self, cells: Sequence[str]) -> bool:
        """Whether a row of trimmed cells is no student by itself, whatever stands above it."""
        return bool(find_not_students(self.usual, 1, [0], lambda _row: cells))

    def _suspects(self, rows: Sequence[Sequence[str]]) -> list[int]:
        most_blank, suspects = len(self.usual.columns) - self.few, []
        numbers = self.number_columns[:1]
        for index, row in enumerate(rows):
            filled = (word for word in (cell.lstrip(" \"'") for cell in row) if word)
            word = next((word for word in islice(filled, 2) if not word[0].isdigit()), "")
            few = row.count("") >= most_blank or any(row[i].lstrip()[:1].isalpha() for i in numbers)
            if few or self.begins(word):
                suspects.append(index)
        return suspects


def not_students_among(names: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[int, str]:
    """Return which of all rows of a table (trimmed cells) are no students, and why."""
    whole = len(rows) <= MOST_LEARNT
    suspicion = Suspicion(UsualRows.learn(names, rows[:MOST_LEARNT], whole=whole))
    return suspicion.not_students(rows, lambda row: row)

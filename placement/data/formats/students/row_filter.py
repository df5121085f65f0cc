"""Which rows may be no students: few of their cells are filled, or they begin as totals do.

`find_not_students` looks at those alone, one by one. Here many rows are looked at, at little cost.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from placement.arrays import BoolArray
from placement.data.formats.arrow_arrays import matches, null_mask
from placement.data.formats.students.not_students import find_not_students
from placement.data.formats.students.phrases import FIGURES, LAST_WORD_OF_FIGURES
from placement.data.formats.students.usual_rows import UsualRows, parts_of

if TYPE_CHECKING:
    import pyarrow as pa

_SIGNS = r"!-/:-@\[-`{-~\s…–—"
_FEW_WORDS = 20_000  # which are no reason to import Arrow
_LOOKED_AT = 2  # filled cells of a row: a number, and the word behind it
MOST_LEARNT = 500  # rows


@dataclass(frozen=True)
class RowFilter:
    """Finds the rows to look at, in a table whose ordinary rows are known."""

    usual: UsualRows

    @property
    def few(self) -> int:
        """So few filled cells mean that a row is looked at."""
        return self.usual.filled // 2

    @cached_property
    def pattern(self) -> str:
        """What the first text of a heading or a total is, as `re` and Arrow read it."""
        names = {part for column in self.usual.columns for part in parts_of(column.name)}
        headings = "|".join(f"[{_SIGNS}]*".join(map(re.escape, name)) for name in sorted(names))
        heading = rf"[{_SIGNS}]*(?:{headings})[{_SIGNS}]*|" if headings else ""
        return rf"(?:{heading}{FIGURES.pattern}|{LAST_WORD_OF_FIGURES.pattern}|[{_SIGNS}]+)"

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE | re.DOTALL)

    @cached_property
    def number_columns(self) -> tuple[int, ...]:
        """The columns in which there is nearly always a number, serial numbers aside."""
        columns = enumerate(self.usual.columns)
        return tuple(i for i, c in columns if c.is_number and c.is_filled and not c.is_identifier)

    def says(self, words: Sequence[str]) -> BoolArray:
        """Return which trimmed words (n,) say what those of a heading or a total do."""
        if len(words) < _FEW_WORDS:
            return np.array([bool(self._compiled.fullmatch(word)) for word in words], dtype=bool)
        import pyarrow as pa

        return matches(pa.array(words, pa.string()), f"(?is)^{self.pattern}$")

    def not_students(
        self, rows: Sequence[Sequence[str]], tidy: Callable[[Sequence[str]], Sequence[str]]
    ) -> dict[int, str]:
        """Return which of some rows of cells are no students, and why; `tidy` trims a row."""
        # The columns may be numbered right below their names.
        to_check = [0, *self._rows_to_check(rows)]
        return find_not_students(self.usual, len(rows), to_check, lambda row: tidy(rows[row]))

    def not_typed_students(
        self, columns: Sequence["pa.Array"], cells_of: Callable[[int], Sequence[str]]
    ) -> dict[int, str]:
        """Return the same of the rows of columns that have types; `cells_of` trims a row."""
        rows = len(columns[0])
        filled = np.zeros(rows, dtype=np.int64)
        to_check, undecided = np.zeros(rows, dtype=bool), np.full(rows, rows > 0)
        for index, texts in enumerate(map(_trimmed, columns)):
            if texts is None:
                null = null_mask(columns[index])
                filled += True if null is None else ~null
                continue
            undecided &= filled < _LOOKED_AT
            if undecided.any():
                to_check |= undecided & matches(texts, f"(?is)^{self.pattern}$")
                undecided &= ~matches(texts, r"^\D")
            filled += matches(texts, ".")
            if index in self.number_columns[:1]:
                to_check |= matches(texts, r"^\pL")
        to_check |= filled <= self.few
        return find_not_students(self.usual, rows, np.flatnonzero(to_check).tolist(), cells_of)

    def is_certain(self, cells: Sequence[str]) -> bool:
        """Whether a row of trimmed cells is no student by itself, whatever stands above it."""
        return bool(find_not_students(self.usual, 1, [0], lambda _row: cells))

    def _rows_to_check(self, rows: Sequence[Sequence[str]]) -> list[int]:
        most_blank, numbers = len(self.usual.columns) - self.few, self.number_columns[:1]
        odd, words = list[bool](), list[str]()
        for row in rows:
            filled = (word for word in (cell.strip(" \"'") for cell in row) if word)
            words.append(
                next((word for word in islice(filled, _LOOKED_AT) if not word[0].isdigit()), "")
            )
            few = row.count("") >= most_blank
            odd.append(few or any(row[i].lstrip()[:1].isalpha() for i in numbers))
        to_check: list[int] = np.flatnonzero(np.array(odd, bool) | self.says(words)).tolist()
        return to_check


def not_students_among(names: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[int, str]:
    """Return which of all rows of a table (trimmed cells) are no students, and why."""
    whole = len(rows) <= MOST_LEARNT
    row_filter = RowFilter(UsualRows.learn(names, rows[:MOST_LEARNT], whole=whole))
    return row_filter.not_students(rows, lambda row: row)


def _trimmed(column: "pa.Array") -> "pa.Array | None":
    """Return text without the blanks round it, None for anything but text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    return pc.utf8_trim_whitespace(column) if is_text else None

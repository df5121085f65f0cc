"""Which rows of large text may be no students: many are looked at at once."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from placement.arrays import BoolArray, IndexArray
from placement.data.formats.arrow_arrays import matches, text_lines
from placement.data.formats.blocks import Cells, unquote
from placement.data.formats.students.not_students import find_not_students
from placement.data.formats.students.row_filter import RowFilter
from placement.model.scorer import Coded

_LINE_END, _CARRIAGE_RETURN, _QUOTE = b'\n\r"'
_RARE = 3  # a word in so few rows of a piece may be the name of another column


@dataclass(frozen=True)
class TextRowFilter:
    """Finds the rows to look at in text: each line is a row, and cells are quoted whole."""

    row_filter: RowFilter
    delimiter: str
    encoding: str

    def not_students(
        self, text: bytes, rows: int, columns: Mapping[str, Cells], lines: IndexArray | None
    ) -> dict[int, str]:
        """Return which rows of a piece are no students, and why.

        `columns` are those of its columns that were read, `lines` the lines (from 0) of its rows;
        None where each line is a row.
        """
        if self.encoding != "utf-8" and not text.isascii():
            text = text.decode(self.encoding).encode()
        line_of = np.arange(rows) if lines is None else lines
        to_check = np.flatnonzero(self._to_check(text, columns, line_of)).tolist()
        if not to_check:
            return {}
        texts = text.decode().split("\n")

        def cells_of(row: int) -> list[str]:
            line = texts[line_of[row]]
            (cells,) = csv.reader([line], delimiter=self.delimiter, skipinitialspace=True)
            return list(map(unquote, cells))

        return find_not_students(self.row_filter.usual, rows, to_check, cells_of)

    def _to_check(
        self, text: bytes, columns: Mapping[str, Cells], line_of: IndexArray
    ) -> BoolArray:
        usual, few = self.row_filter.usual, self.row_filter.few
        complete = [n for n, cells in columns.items() if _is_complete(cells)]
        first = usual.columns[0].name
        numbers = (columns.get(usual.columns[i].name) for i in self.row_filter.number_columns)
        worded = next((cells for cells in numbers if isinstance(cells, Coded)), None)
        to_check = np.zeros(len(line_of), dtype=bool) if worded is None else _has_rare_word(worded)
        if first not in complete or isinstance(columns[first], Coded):
            to_check = to_check | matches(text_lines(text), self._beginning)[line_of]
        if len(complete) <= few:
            blank = _count_blank(np.frombuffer(text, dtype=np.uint8), ord(self.delimiter))
            to_check = to_check | (blank[line_of] >= len(usual.columns) - few)
        return to_check

    @cached_property
    def _beginning(self) -> str:
        mark = re.escape(self.delimiter)
        numbered = f'"?{mark}"?'.join("123")
        word = rf'[\s"{mark}]*{self.row_filter.pattern}[\s"]*(?:{mark}|$)'
        return rf'(?is)^(?:{word}|"?{numbered}"?{mark})'


def _is_complete(cells: Cells) -> bool:
    if isinstance(cells, Coded):
        return all(cells.texts.tolist())
    return bool(len(cells)) and not np.isnan(cells.min())


def _has_rare_word(cells: Coded) -> BoolArray:
    """Return which rows have a word where a number belongs, one that few others have."""
    is_word = [text[:1].isalpha() for text in cells.texts.tolist()]
    rare = np.bincount(cells.codes, minlength=len(is_word)) <= _RARE
    return np.asarray((np.array(is_word, dtype=bool) & rare)[cells.codes])


def _count_blank(content: npt.NDArray[np.uint8], delimiter: int) -> IndexArray:
    """Count the cells of each line (n,) in which there is nothing, or nothing but quotes."""
    ends = np.flatnonzero(content == _LINE_END)
    if not len(ends) or ends[-1] + 1 < len(content):
        ends = np.append(ends, len(content))
    framed = np.full(len(content) + 2, _LINE_END, dtype=np.uint8)
    framed[1:-1] = content
    mark = (framed == delimiter) | (framed == _LINE_END)
    blank_at = mark[:-1] & (mark[1:] | (framed[1:] == _CARRIAGE_RETURN))
    quote = framed == _QUOTE
    if quote.any():
        blank_at |= quote[:-1] & quote[1:]
    blank = np.flatnonzero(blank_at)
    return np.bincount(np.searchsorted(ends, blank), minlength=len(ends))[: len(ends)]

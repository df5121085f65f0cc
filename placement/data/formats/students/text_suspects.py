"""Suspect rows in large text, which is looked at as bytes, many rows at once."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from placement.arrays import BoolArray, IndexArray
from placement.data.formats.blocks import Cells, unquote
from placement.data.formats.students.not_students import find_not_students
from placement.data.formats.students.suspects import KEY, Suspicion
from placement.model.scorer import Coded

Bytes = npt.NDArray[np.uint8]

_LINE_END, _CARRIAGE_RETURN, _QUOTE, _SPACE = b'\n\r" '
_MOST_BLANK = 16  # bytes to skip before the first cell that is filled
_RARE = 3  # a word in so few rows of a piece may be the name of another column


@dataclass(frozen=True)
class TextSuspicion:
    """Finds the rows to look at in text: each line is a row, and cells are quoted whole."""

    suspicion: Suspicion
    delimiter: str
    encoding: str

    def not_students(
        self, text: bytes, rows: int, columns: Mapping[str, Cells], lines: IndexArray | None
    ) -> dict[int, str]:
        """Return which rows of a piece are no students, and why.

        `columns` are those of its columns that were read, `lines` the lines (from 0) of its rows;
        None where each line is a row.
        """
        suspects = self._suspects(text, columns, lines)
        if not suspects:
            return {}
        texts = text.decode(self.encoding).split("\n")

        def cells_of(row: int) -> list[str]:
            line = texts[row if lines is None else lines[row]]
            (cells,) = csv.reader([line], delimiter=self.delimiter, skipinitialspace=True)
            return list(map(unquote, cells))

        return find_not_students(self.suspicion.usual, rows, suspects, cells_of)

    def _suspects(
        self, text: bytes, columns: Mapping[str, Cells], lines: IndexArray | None
    ) -> list[int]:
        usual, few = self.suspicion.usual, self.suspicion.few
        complete = [n for n, cells in columns.items() if _is_complete(cells)]
        first = usual.columns[0].name
        begin = first not in complete or isinstance(columns[first], Coded)
        blank = len(complete) <= few
        numbers = (columns.get(usual.columns[i].name) for i in self.suspicion.number_columns)
        worded = [cells for cells in numbers if isinstance(cells, Coded)]
        suspect = _with_rare_words(worded[0]) if worded else np.empty(0, dtype=np.intp)
        if begin or blank:
            by_line = self._suspect_lines(text, begin=begin, blank=blank)
            by_row = by_line if lines is None else np.flatnonzero(np.isin(lines, by_line))
            suspect = np.union1d(suspect, by_row)
        return [int(row) for row in suspect]

    def _suspect_lines(self, text: bytes, *, begin: bool, blank: bool) -> IndexArray:
        content = np.frombuffer(text, dtype=np.uint8)
        ends = np.flatnonzero(content == _LINE_END)
        if not text.endswith(b"\n"):
            ends = np.append(ends, len(content))
        suspect = np.zeros(len(ends), dtype=bool)
        if begin:
            at, starts = self._beginnings(content, np.append(0, ends[:-1] + 1))
            said = [self._says(text[s:e]) for s, e in zip(starts, ends[at], strict=True)]
            suspect[at[np.array(said, dtype=bool)]] = True
        if blank:
            count = _count_blank(content, ends, ord(self.delimiter))
            suspect |= count >= len(self.suspicion.usual.columns) - self.suspicion.few
        return np.flatnonzero(suspect)

    def _says(self, line: bytes) -> bool:
        cell = line.split(self.delimiter.encode(), 1)[0].decode("utf-8", "replace")
        return self.suspicion.says(cell.strip(" \"'\r"))

    @cached_property
    def _keys(self) -> tuple[tuple[int, bool, npt.NDArray[np.uint32]], ...]:
        """The beginnings in UTF-8 by their length in bytes, as whole numbers.

        Those that are whole words are marked, and no letter may follow.
        """
        keys = []
        for whole, words in ((False, self.suspicion.stems), (True, self.suspicion.short_words)):
            forms = {form for word in words for form in (word, word.capitalize(), word.upper())}
            starts = {_lower(form.encode()[:KEY]) for form in forms}
            for size in range(1, KEY + 1):
                numbers = [int.from_bytes(s, "big") for s in starts if len(s) == size]
                if numbers:
                    keys.append((size, whole, np.array(numbers, dtype=np.uint32)))
        return tuple(keys)

    @cached_property
    def _first_bytes(self) -> BoolArray:
        """Whether a byte may begin a suspect line; what is skipped may."""
        may_be = np.zeros(256, dtype=bool)
        may_be[[ord(self.delimiter), _SPACE, _QUOTE]] = True
        for size, _, keys in self._keys:
            first = keys >> np.uint32(8 * (size - 1))
            may_be[first] = True
            letters = first[(first >= ord("a")) & (first <= ord("z"))]
            may_be[letters - 32] = True
        return may_be

    def _beginnings(self, content: Bytes, starts: IndexArray) -> tuple[IndexArray, IndexArray]:
        """Return which lines begin as suspect ones do, and where their first filled cells are."""
        at = np.flatnonzero(self._first_bytes[content[starts]])
        positions = _first_filled(content, starts[at], ord(self.delimiter))
        suspect = np.zeros(len(at), dtype=bool)
        for size, whole, keys in self._keys:
            begins = np.isin(_bytes_at(content, positions, size), keys)
            if whole:
                begins &= ~_is_letter(_bytes_at(content, positions + size, 1))
            suspect |= begins
        return at[suspect], positions[suspect]


def _is_complete(cells: Cells) -> bool:
    if isinstance(cells, Coded):
        return all(cells.texts.tolist())
    return bool(len(cells)) and not np.isnan(cells.min())


def _with_rare_words(cells: Coded) -> IndexArray:
    """Return the rows with a word where a number belongs, one that few others have."""
    is_word = [text[:1].isalpha() for text in cells.texts.tolist()]
    rare = np.bincount(cells.codes, minlength=len(is_word)) <= _RARE
    return np.flatnonzero((np.array(is_word, dtype=bool) & rare)[cells.codes])


def _lower(key: bytes) -> bytes:
    return key.lower()  # of bytes: ASCII alone


def _is_letter(byte: npt.NDArray[np.uint32]) -> BoolArray:
    return (byte >= ord("a")) & (byte <= ord("z"))


def _bytes_at(content: Bytes, positions: IndexArray, size: int) -> npt.NDArray[np.uint32]:
    """Return so many bytes at each position (n,) as one number, letters as small ones."""
    number = np.zeros(len(positions), dtype=np.uint32)
    for offset in range(size):
        byte = content[np.minimum(positions + offset, len(content) - 1)].astype(np.uint32)
        byte[(byte >= ord("A")) & (byte <= ord("Z"))] += 32
        number = (number << np.uint32(8)) | byte
    return number


def _first_filled(content: Bytes, starts: IndexArray, delimiter: int) -> IndexArray:
    """Return where the first filled cell of each line (n,) begins, but for lines of blanks."""
    skipped = np.zeros(256, dtype=bool)
    skipped[[delimiter, _SPACE, _QUOTE]] = True
    positions, moving = starts.copy(), np.arange(len(starts))
    for _ in range(_MOST_BLANK):
        here = content[np.minimum(positions[moving], len(content) - 1)]
        moving = moving[skipped[here]]
        if not len(moving):
            break
        positions[moving] += 1
    return positions


def _count_blank(content: Bytes, ends: IndexArray, delimiter: int) -> IndexArray:
    """Count the cells of each line (n,) in which there is nothing, or nothing but quotes."""
    framed = np.full(len(content) + 2, _LINE_END, dtype=np.uint8)
    framed[1:-1] = content
    mark = (framed == delimiter) | (framed == _LINE_END)
    blank_at = mark[:-1] & (mark[1:] | (framed[1:] == _CARRIAGE_RETURN))
    quote = framed == _QUOTE
    if quote.any():
        blank_at |= quote[:-1] & quote[1:]
    blank = np.flatnonzero(blank_at)
    return np.bincount(np.searchsorted(ends, blank), minlength=len(ends))[: len(ends)]

"""A piece of delimited text parsed by Arrow in one call, where it is plain enough for that.

Arrow reads what Python's `csv` and `parse_numbers` would read, or says that it cannot; then the
piece is walked record by record. So a file has one meaning, however fast it is read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from placement.arrays import BoolArray, IntArray
from placement.data.formats.arrow_arrays import text_lines, to_floats, to_numpy
from placement.data.formats.blocks import Cells, unquote
from placement.data.formats.delimited.csv_records import Record, fields, parse_lines
from placement.data.formats.delimited.dialect import Dialect, blank_characters
from placement.data.formats.delimited.record_blocks import BlockBuilder
from placement.data.formats.delimited.row_layout import RowLayout
from placement.data.names.quantities import means_count
from placement.model.scorer import DASHES, MISSING_NUMBERS, Coded

if TYPE_CHECKING:
    import pyarrow as pa

# In which a line end and a quote are one byte, and that byte is no part of another character.
ENCODINGS = frozenset(
    {"utf-8", "gb18030", "cp932", "cp949", "cp950", "iso8859-1"}
    | {f"cp{number}" for number in range(1250, 1259)}
)
_FAULTY_COLUMN = re.compile(r"In CSV column #(\d+):.*?CSV conversion error to double")
_MISSING = sorted({form(word) for word in MISSING_NUMBERS for form in (str, str.upper, str.title)})
_MISSING_BUT_DASHES = sorted(set(_MISSING) - DASHES)  # in a column that counts, one may mean 0
_CODE = re.compile(rb"(?<![^\s\"',;|])\d+e\d+(?![^\s\"',;|])", re.IGNORECASE)  # `1E2`
_IN_CACHE = 1 << 17  # bytes that are scanned at once, several times faster than all
_ZERO, _LETTER_E, _LOWER = np.uint8(48), np.uint8(101), np.uint8(0x20)
_LINE_END, _QUOTE = 10, 34
_MARK = "\ufeff".encode()
_FEW_ODD = 100  # rows of a piece that are looked at one by one


@dataclass(frozen=True)
class Parsed:
    """What a piece holds: columns (n,), its records, and where each stands in the piece.

    `records` is an Arrow array of text, in UTF-8, without line ends; None if not requested. `lines`
    (n,) counts from 0; None where every line is a record. `blank_lines` counts those left out.
    """

    rows: int
    columns: dict[str, Cells]
    records: "pa.Array | None" = None
    lines: IntArray | None = None
    blank_lines: int = 0


@dataclass(frozen=True)
class Parser:
    """How to parse the pieces of one file: its layout, its dialect, and what to read of it.

    A column of `number_columns` with another cell comes as coded text, like those of
    `text_columns`. The columns `telling` whether cells are shifted are looked at as well.
    """

    layout: RowLayout
    dialect: Dialect
    number_columns: frozenset[str]
    text_columns: frozenset[str]
    records: bool
    telling: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.layout.names

    @property
    def requested(self) -> frozenset[str]:
        """The columns to read."""
        return self.number_columns | self.text_columns

    @cached_property
    def _looked_at(self) -> tuple[frozenset[str], frozenset[str]]:
        """The columns that are parsed: of numbers, and of text."""
        kinds = self.layout.kinds
        more = [i for i in self.telling if self.names[i] not in self.requested]
        numbers = frozenset(self.names[i] for i in more if kinds.kinds[i].is_numeric)
        texts = frozenset(self.names[i] for i in more) - numbers
        return self.number_columns | numbers, self.text_columns | texts

    def parse(self, raw: bytes, lines: int) -> Parsed | None:
        """Parse whole lines; None where they are not plain enough, or some row may be at fault.

        `lines` are the line ends among them.
        """
        text = _in_utf8(raw, self.dialect.encoding)
        if text is None or not _is_plain(text, self.dialect.delimiter):
            return None
        parsed, line_count = self._parse(text), lines + (not text.endswith(b"\n"))
        whole = parsed is not None and parsed.rows == line_count
        if parsed is not None and whole and not self._any_blank(parsed.columns):
            return parsed
        remaining, filled = self._without_blank_lines(text)
        if len(filled) == line_count:
            return parsed
        parsed = self._parse(remaining)
        return parsed and replace(parsed, lines=filled, blank_lines=line_count - len(filled))

    def _parse(self, text: bytes) -> Parsed | None:
        import pyarrow as pa

        number_columns, text_columns = self._looked_at
        if _has_codes(text):
            number_columns, text_columns = frozenset(), number_columns | text_columns
        while True:
            try:
                table = self._read(text, number_columns, text_columns)
            except pa.ArrowInvalid as problem:
                faulty = _FAULTY_COLUMN.search(str(problem))
                if faulty is None:
                    return None
                faulty_column = frozenset({self.names[int(faulty[1])]})
                number_columns -= faulty_column
                text_columns |= faulty_column
                continue
            columns = {name: _cells(table.column(name)) for name in table.column_names}
            # Arrow takes "-nan" and "nan(1)" for numbers, `parse_numbers` for words.
            not_numeric = {name for name in number_columns if columns[name] is None}
            if not not_numeric:
                break
            number_columns, text_columns = number_columns - not_numeric, text_columns | not_numeric
        parsed = {name: cells for name, cells in columns.items() if cells is not None}
        if self._any_shifted(text, parsed):
            return None
        parsed = {name: cells for name, cells in parsed.items() if name in self.requested}
        return Parsed(table.num_rows, parsed, text_lines(text) if self.records else None)

    def _any_shifted(self, text: bytes, columns: Mapping[str, Cells]) -> bool:
        """Whether the cells of some row seem to stand one column off, or too many rows are odd."""
        kinds, odd = self.layout.kinds, np.zeros(1, dtype=bool)
        for index in self.telling:
            odd = odd | kinds.has_odd(index, columns[self.names[index]])
        rows = np.flatnonzero(odd)
        if not len(rows) or len(rows) > max(_FEW_ODD, len(odd) // 10):
            return bool(len(rows))
        lines = text.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")
        lines = [line for line in lines if line]  # as Arrow does
        builder = BlockBuilder("", self.dialect, self.layout)
        chosen = [lines[row] for row in rows.tolist()]
        last = -1 if text.endswith(b"\n") else len(lines) - 1
        records = [
            Record(cells, line, 0, ended=row != last)
            for row, cells, line in zip(
                rows.tolist(), parse_lines(chosen, self.dialect), chosen, strict=True
            )
        ]
        return any(map(builder.shift_fault, records))

    def _read(
        self, text: bytes, number_columns: frozenset[str], text_columns: frozenset[str]
    ) -> "pa.Table":
        import pyarrow as pa
        from pyarrow import csv

        columns = [name for name in self.names if name in number_columns | text_columns]
        counts = any(map(means_count, number_columns))
        number_type, text_type = pa.float64(), pa.dictionary(pa.int32(), pa.string())
        return csv.read_csv(
            pa.BufferReader(text),
            csv.ReadOptions(
                use_threads=False, block_size=len(text) + 1, column_names=list(self.names)
            ),
            csv.ParseOptions(delimiter=self.dialect.delimiter),
            csv.ConvertOptions(
                column_types={
                    name: number_type if name in number_columns else text_type for name in columns
                },
                include_columns=columns,
                null_values=_MISSING_BUT_DASHES if counts else _MISSING,
                strings_can_be_null=False,
                decimal_point=self.dialect.decimal,
            ),
        )

    def _any_blank(self, columns: dict[str, Cells]) -> bool:
        """Whether some row may be a blank line, having nothing in any of the columns."""
        blank: BoolArray = np.ones(1, dtype=bool)
        for cells in columns.values():
            blank = blank & self._blank(cells)
            if not blank.any():
                return False
        return True

    def _blank(self, cells: Cells) -> BoolArray:
        if isinstance(cells, Coded):
            blank_chars = blank_characters(self.dialect.delimiter)
            empty = np.array([not text.strip(blank_chars) for text in cells.texts], dtype=bool)
            return np.asarray(empty[cells.codes])
        return np.isnan(cells)

    def _without_blank_lines(self, text: bytes) -> tuple[bytes, IntArray]:
        """Return the other lines, and which they are."""
        blank_chars = blank_characters(self.dialect.delimiter)
        lines = text.decode("utf-8", "surrogateescape").split("\n")
        kept_lines = [index for index, line in enumerate(lines) if line.strip(blank_chars)]
        joined = "".join(lines[index] + "\n" for index in kept_lines)
        return joined.encode("utf-8", "surrogateescape"), np.array(kept_lines, dtype=np.int64)


def lines_are_records(raw: bytes, dialect: Dialect) -> bool:
    """Whether no quoted cell reaches over a line end."""
    if b'"' not in raw or _simply_quoted(
        np.frombuffer(raw, dtype=np.uint8), ord(dialect.delimiter)
    ):
        return True
    lines = raw.decode(dialect.encoding, "surrogateescape").splitlines()
    return all('"' not in line or fields(line, dialect) is not None for line in lines)


def _has_codes(text: bytes) -> bool:
    """Whether some cell is a code such as `1E2`, which Arrow takes for 100."""
    whole = np.frombuffer(text, dtype=np.uint8)
    for start in range(0, len(whole), _IN_CACHE):
        array = whole[start : start + _IN_CACHE + 2]
        is_digit = array - _ZERO < 10  # what is no digit wraps round to 10 or more
        is_amid = ((array[1:-1] | _LOWER) == _LETTER_E) & is_digit[:-2] & is_digit[2:]
        if is_amid.any():
            return _CODE.search(text) is not None
    return False


def _in_utf8(raw: bytes, encoding: str) -> bytes | None:
    if encoding == "utf-8" or raw.isascii():
        return raw
    try:
        return raw.decode(encoding).encode()
    except UnicodeDecodeError:
        return None


def line_feeds(text: bytes) -> int:
    """Count the line feeds of a text; `bytes.count` takes several times as long."""
    return int(np.count_nonzero(np.frombuffer(text, dtype=np.uint8) == _LINE_END))


def _is_plain(text: bytes, delimiter: str) -> bool:
    """Whether quotes and line ends are such that Arrow and `csv` cannot differ about them."""
    if b"\0" in text or (not text.isascii() and _MARK in text):
        return False
    if b"\r" in text and text.count(b"\r") != text.count(b"\r\n"):
        return False
    return b'"' not in text or _simply_quoted(np.frombuffer(text, dtype=np.uint8), ord(delimiter))


def _simply_quoted(text: npt.NDArray[np.uint8], delimiter: int) -> bool:
    """Whether quotes stand only round whole cells, in pairs within a line."""
    quotes = np.flatnonzero(text == _QUOTE)
    if len(quotes) % 2:
        return False
    framed = np.concatenate([[_LINE_END], text, [_LINE_END]]).astype(np.uint8)
    opening, closing = quotes[0::2], quotes[1::2]
    before, after = framed[opening], framed[closing + 2]
    line_ends = np.flatnonzero(text == _LINE_END)
    within = np.searchsorted(line_ends, opening) == np.searchsorted(line_ends, closing)
    fine = ((before == delimiter) | (before == _LINE_END)) & within
    return bool((fine & np.isin(after, [delimiter, _LINE_END, 13])).all())


def _cells(column: "pa.ChunkedArray") -> Cells | None:
    """Return the cells of a parsed column; None where a cell of a number column spells NaN."""
    import pyarrow as pa

    chunk = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if pa.types.is_dictionary(chunk.type):
        codes = to_numpy(chunk.indices, np.int32)
        texts = [unquote(text) for text in chunk.dictionary.to_pylist()]
        return Coded(codes, np.array(texts, dtype=object))
    values = to_floats(chunk)
    no_nulls = not chunk.null_count and len(values) and not np.isnan(values.min())
    return values if no_nulls or int(np.isnan(values).sum()) == chunk.null_count else None

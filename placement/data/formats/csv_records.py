"""Walking a text table: pieces of a large file parsed at once, else lines → records → cells.

Either way in constant memory, and to the same cells.
"""

import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import BinaryIO

import numpy as np

from placement.data.formats.blocks import Block, BlockRequest, Cells, MalformedRecord, unquote
from placement.data.formats.csv_arrow import ENCODINGS, Parser, lines_are_records
from placement.data.formats.dialect import (
    Dialect,
    Sample,
    blank_characters,
    find_dialect,
    is_missing,
    is_number,
    read_sample,
)
from placement.data.formats.header import Header, find_header
from placement.data.formats.sources import Source, reading
from placement.errors import DataError

BATCH_ROWS = 65_536
_HEADER_RECORDS = 500
_NEARLY_ALL = 0.95
_QUOTES = frozenset("\"'")
_QUOTED = re.compile(r' *+"(?:[^"]++|"")*+"\s*')


@dataclass(frozen=True)
class Record:
    """One record of the file: its cells, its text without line end, its first line (1-based)."""

    cells: list[str]
    text: str
    line: int
    lines: int


@dataclass(frozen=True)
class _Place:
    """Somewhere in a file: bytes (behind the byte order mark) and lines before it."""

    offset: int = 0
    lines: int = 0

    def after(self, raw: bytes) -> "_Place":
        """The place behind some whole lines."""
        return _Place(self.offset + len(raw), self.lines + raw.count(b"\n"))


@dataclass(frozen=True)
class TextPart:
    """A text file opened as a table.

    `preamble`: the title rows as they stand, with their line ends. `header`: the header record
    as it stands, None where the user gave the names. `skip`: physical lines above the data.
    `large`: so long that it is worth its while to parse pieces at once. `line_bytes`: the mean
    length of the first lines.
    """

    source: Source
    dialect: Dialect
    name: str
    names: tuple[str, ...]
    preamble: str
    header: str | None
    skip: int
    unnamed: frozenset[str]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    sample_columns: tuple[tuple[str, ...], ...]
    large: bool
    line_bytes: float

    @property
    def likely_rows(self) -> int:
        """The number of rows, by the length of the first lines."""
        return max(1, round(self.source.likely_bytes / self.line_bytes) - self.skip)

    @property
    def origin(self) -> Source:
        """The file."""
        return self.source

    def tasks(self, wanted: BlockRequest) -> Iterator[Callable[[], Block]]:
        """Yield what makes each block."""
        start = self._data() if self.large and wanted.block_rows is None else None
        if start is None:
            yield from self._walk(_Place(), wanted, self.skip)
            return
        parser = self._parser(wanted)
        for place, raw in self._pieces(start, wanted.piece_bytes):
            if not lines_are_records(raw):
                # A quoted cell may go on in the next piece: from here on, record by record.
                yield from self._walk(place, wanted)
                return
            yield partial(self._parsed, parser, place, raw)

    def _data(self) -> _Place | None:
        """Where the data begin; None where the file cannot be cut at line feeds."""
        if self.dialect.encoding not in ENCODINGS or self.dialect.delimiter == " ":
            return None
        place = _Place()
        with self._open(place) as stream:
            for _ in range(self.skip):
                line = stream.readline()
                if b"\r" in line.removesuffix(b"\n").removesuffix(b"\r"):
                    return None
                place = place.after(line)
        return place

    def _pieces(self, place: _Place, size: int) -> Iterator[tuple[_Place, bytes]]:
        left = b""
        with self._open(place) as stream:
            while True:
                with reading(self.name):
                    raw = stream.read(size)
                end = raw.rfind(b"\n") + 1
                if raw and not end:
                    left += raw
                    continue
                piece, left = left + raw[:end], raw[end:]
                if piece:
                    yield place, piece
                    place = place.after(piece)
                if not raw:
                    return

    def _open(self, place: _Place) -> BinaryIO:
        with reading(self.name):
            stream = self.source.open()
            left = len(self.dialect.bom) + place.offset
            while left:
                left -= len(stream.read(min(left, 1 << 20)))
        return stream

    def _parser(self, wanted: BlockRequest) -> Parser:
        asked = frozenset(self.names if wanted.columns is None else wanted.columns)
        numbers = asked & self._likely_numbers - wanted.words
        return Parser(self.names, self.dialect, numbers, asked - numbers, wanted.records)

    @property
    def _likely_numbers(self) -> frozenset[str]:
        """The columns whose first cells are numbers, or nearly all of those that say anything."""
        found = set()
        for name, column in zip(self.names, self.sample_columns, strict=False):
            told = [cell for cell in map(unquote, column) if not is_missing(cell)]
            if told and sum(map(is_number, told)) >= _NEARLY_ALL * len(told):
                found.add(name)
        return frozenset(found)

    def _parsed(self, parser: Parser, place: _Place, raw: bytes) -> Block:
        """Parse a piece at once, or walk it where it is not plain enough for that."""
        parsed = parser.parse(raw)
        if parsed is None:
            wanted = BlockRequest(parser.numbers | parser.words, records=parser.records)
            (task,) = self._batches(io.BytesIO(raw), place, wanted, rows=raw.count(b"\n") + 1)
            return task()
        lines = np.arange(parsed.rows) if parsed.lines is None else parsed.lines
        return Block(
            names=self.names,
            columns=parsed.columns,
            rows=parsed.rows,
            first_row=0,
            lines=place.lines + 1 + lines,
            records=parsed.records,
            file=self.name,
            blank_lines=parsed.blank,
        )

    def _walk(
        self, place: _Place, wanted: BlockRequest, skip: int = 0
    ) -> Iterator[Callable[[], Block]]:
        """Walk the file from some place on, record by record."""
        yield from self._batches(self._open(place), place, wanted, skip=skip)

    def _batches(
        self, stream: BinaryIO, place: _Place, wanted: BlockRequest, *, rows: int = 0, skip: int = 0
    ) -> Iterator[Callable[[], Block]]:
        count = rows or wanted.block_rows or BATCH_ROWS
        done = place.lines + skip
        # newline="" splits at LF, CRLF and CR and keeps them, so records stay as they are.
        with io.TextIOWrapper(stream, self.dialect.encoding, newline="") as lines_of:
            for _ in range(skip):
                lines_of.readline()
            while lines := self._read(lines_of, count, done):
                records, cells, starts, done = self._split(lines, lines_of, done)
                yield partial(self._block, records, cells, starts, wanted)

    def _read(self, stream: io.TextIOWrapper, count: int, done: int) -> list[str]:
        try:
            with reading(self.name):
                return list(itertools.islice(stream, count))
        except UnicodeDecodeError as error:
            line = _bad_line(self.source, self.dialect.encoding, done)
            raise DataError(
                f"{self.name}, line {line}: not readable as {self.dialect.encoding}, "
                "as the lines above are: save the file as UTF-8"
            ) from error

    def _split(
        self, lines: list[str], stream: io.TextIOWrapper, done: int
    ) -> tuple[list[str], list[list[str]], list[int], int]:
        """Split lines into records; one that is still open at the last line draws more of them."""
        rows = self._one_a_line(lines)
        if rows is not None:
            starts = list(range(done + 1, done + len(lines) + 1))
            return [line.rstrip("\r\n") for line in lines], rows, starts, done + len(lines)
        found = list(split_records(lines, stream, self.dialect.delimiter, self.name, done))
        last = found[-1]
        records = [record.text for record in found]
        rows = [record.cells for record in found]
        return records, rows, [record.line for record in found], last.line + last.lines - 1

    def _one_a_line(self, lines: list[str]) -> list[list[str]] | None:
        """Split lines that are a record each, the usual case; None where some record is longer."""
        delimiter = self.dialect.delimiter
        trimmed = [line.rstrip() for line in lines] if delimiter == " " else lines
        try:
            rows = list(csv.reader(trimmed, delimiter=delimiter, skipinitialspace=True))
        except csv.Error:
            return None
        # Lines that a quote joined make fewer rows; only the last could still be open.
        whole = '"' not in lines[-1] or fields(lines[-1].rstrip("\r\n"), delimiter) is not None
        return rows if whole and len(rows) == len(lines) else None

    def _block(
        self, records: list[str], rows: list[list[str]], lines: list[int], wanted: BlockRequest
    ) -> Block:
        junk = blank_characters(self.dialect.delimiter)
        kept = [place for place, record in enumerate(records) if record.strip(junk)]
        blank = len(records) - len(kept)
        if blank:
            records = [records[i] for i in kept]
            rows, lines = [rows[i] for i in kept], [lines[i] for i in kept]
        width = len(self.names)
        if set(map(len, rows)) - {width}:
            for place, cells in enumerate(rows):
                if len(cells) != width:
                    rows[place] = self._fit(cells, place, lines[place])
                    records[place] = cut(records[place], self.dialect.delimiter, width)
        by_name = zip(self.names, zip(*rows, strict=True) if rows else [()] * width, strict=True)
        columns: dict[str, Cells] = {
            name: np.array(_tidy(column), dtype=object)
            for name, column in by_name
            if wanted.columns is None or name in wanted.columns
        }
        return Block(
            names=self.names,
            columns=columns,
            rows=len(rows),
            first_row=0,
            lines=np.array(lines, dtype=np.int64),
            records=records if wanted.records else None,
            file=self.name,
            blank_lines=blank,
        )

    def _fit(self, cells: list[str], place: int, line: int) -> list[str]:
        """Drop empty fields beyond the last column; any other difference is an error."""
        width = len(self.names)
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            return cells[:width]
        what = "too many fields" if len(cells) > width else "too few fields"
        cause = "an unquoted delimiter?" if len(cells) > width else "a record cut short?"
        if any("\n" in cell or "\r" in cell for cell in cells):
            cause = "a quote that is opened there and not closed?"
        text = f"{what}, {len(cells)} where the header has {width} ({cause})"
        raise MalformedRecord(self.name, place, line, text)


def _tidy(cells: tuple[str, ...]) -> list[str]:
    """Trim cells, and take quotes off those few that still have them."""
    return [unquote(cell) if cell[:1] in _QUOTES else cell for cell in map(str.strip, cells)]


@cache
def field_pattern(delimiter: str) -> re.Pattern[str]:
    """Match one raw field: quoted, perhaps padded, or plain; an open quote does not match."""
    mark = re.escape(delimiter)
    return re.compile(rf' *+(?:"(?:[^"]++|"")*+"[^{mark}]*+|(?!")[^{mark}]*+)')


def fields(record: str, delimiter: str) -> list[str] | None:
    """Split a record into its raw fields, quotes and padding kept; None if a quote stays open."""
    pattern, found, place = field_pattern(delimiter), [], 0
    if delimiter == " ":
        record = record.strip(" ")
    while match := pattern.match(record, place):
        found.append(match.group().strip(" ") if delimiter == " " else match.group())
        place = match.end() + 1
        if match.end() == len(record):
            return found
    return None


def cut(record: str, delimiter: str, width: int) -> str:
    """Return the record without its fields beyond the width."""
    raw = fields(record, delimiter)
    return record if raw is None else delimiter.join(raw[:width])


def split_records(
    lines: list[str], more: Iterator[str], delimiter: str, name: str, done: int
) -> Iterator[Record]:
    """Split lines into records; `more` is drawn on only to close a quoted field.

    `done` is the number of physical lines before `lines`.
    """
    drawn: list[str] = []

    def draw() -> Iterator[str]:
        for line in itertools.chain(lines, more):
            drawn.append(line)
            yield line.rstrip() if delimiter == " " and not line.count('"') % 2 else line

    used, reader = 0, csv.reader(draw(), delimiter=delimiter, skipinitialspace=True)
    while used < len(lines):
        try:
            cells = next(reader)
        except csv.Error as error:
            raise _open_quote(name, done + used + 1) from error
        taken = reader.line_num - used
        text = "".join(drawn)
        last = reader.line_num >= len(lines)
        doubtful = '"' in text and (last or taken > 1 or text.count('"') % 2)
        if doubtful and not _closed(text.rstrip("\r\n"), delimiter, several_lines=taken > 1):
            raise _open_quote(name, done + used + 1)
        yield Record(cells, text.rstrip("\r\n"), done + used + 1, taken)
        used = reader.line_num
        drawn.clear()


def _closed(record: str, delimiter: str, *, several_lines: bool) -> bool:
    """Whether each quote of a record is closed, not by the opening quote of a later record."""
    raw = fields(record, delimiter)
    if raw is None:
        return False
    opened = (field for field in raw if field.lstrip(" ").startswith('"'))
    return not several_lines or all(_QUOTED.fullmatch(field) for field in opened)


def _open_quote(name: str, line: int) -> DataError:
    return DataError(f"{name}, line {line}: a quote is opened there and never closed: close it")


def _bad_line(source: Source, encoding: str, done: int) -> int:
    """Find the line that cannot be decoded, at or after `done` lines."""
    with source.open() as stream:
        text = io.TextIOWrapper(stream, encoding, errors="replace", newline="")
        for line, content in enumerate(text, start=1):
            if line > done and "\ufffd" in content:
                return line
    return done + 1


def open_text(source: Source, names: tuple[str, ...]) -> TextPart:
    """Find out how a text file is written and where its data begin."""
    sample = read_sample(source)
    dialect = find_dialect(sample)
    records = _first_records(sample, dialect, source.name)
    if not records:
        raise DataError(f"{source.name}: nothing but blank lines")
    header = find_header([record.cells for record in records], names, source.name)
    above = records[0 if header.row is None else header.row]
    skip = above.line + above.lines - 1 if header.row is not None else 0
    preamble = "".join(sample.lines()[: above.line - 1]) if header.row is not None else ""
    body = records if header.row is None else records[header.row + 1 :]
    return TextPart(
        source=source,
        dialect=dialect,
        name=source.name,
        names=header.names,
        preamble=preamble,
        header=_raw_header(above, header, dialect.delimiter),
        skip=skip,
        unnamed=header.unnamed,
        notes=header.notes,
        warnings=header.warnings,
        sample_columns=_columns(body),
        large=not sample.whole,
        line_bytes=sample.line_bytes,
    )


def _columns(records: list[Record]) -> tuple[tuple[str, ...], ...]:
    return tuple(itertools.zip_longest(*(record.cells for record in records), fillvalue=""))


def _raw_header(record: Record, header: Header, delimiter: str) -> str | None:
    if header.row is None:
        return None
    if len(record.cells) == header.width:
        return record.text
    return cut(record.text, delimiter, header.width)


def _first_records(sample: Sample, dialect: Dialect, name: str) -> list[Record]:
    """The non-blank records of the sample; where the file goes on, without a last one cut off."""
    lines, junk = sample.lines(), blank_characters(dialect.delimiter)
    found: list[Record] = []
    try:
        for record in split_records(lines, iter(()), dialect.delimiter, name, 0):
            if record.text.strip(junk):
                found.append(record)
            if len(found) >= _HEADER_RECORDS:
                break
    except DataError:
        if sample.whole or not found:
            raise
    return found

"""Reading a text table: large files in pieces parsed by Arrow, else lines → records → cells.

Either way in constant memory, and to the same cells.
"""

import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import BinaryIO

from placement.data.formats.blocks import (
    Block,
    BlockRequest,
    FilePart,
    unquote,
)
from placement.data.formats.delimited.csv_arrow import (
    ENCODINGS,
    Parser,
    line_feeds,
    lines_are_records,
)
from placement.data.formats.delimited.csv_records import (
    Lines,
    split_records,
    undecodable_line,
)
from placement.data.formats.delimited.dialect import (
    Dialect,
    is_missing,
    is_number,
    without_mark,
)
from placement.data.formats.delimited.encoding import not_readable
from placement.data.formats.delimited.record_blocks import BlockBuilder
from placement.data.formats.delimited.row_layout import RowLayout
from placement.data.formats.sources import SAMPLE_BYTES, Source, reading
from placement.data.formats.students.row_filter import RowFilter
from placement.data.formats.students.text_row_filter import TextRowFilter
from placement.data.formats.students.usual_rows import UsualRows
from placement.data.schema import means_mark
from placement.model.scorer import are_codes
from placement.runtime import ranks

BATCH_ROWS = 65_536
_NEARLY_ALL = 0.95
HEADER_RECORDS = 500  # of which a file's columns are known beforehand


@dataclass(frozen=True)
class _Position:
    """A position in a file: bytes (behind the byte order mark) and lines before it."""

    offset: int = 0
    lines: int = 0

    def after(self, raw: bytes) -> "_Position":
        """The position behind some whole lines."""
        return self.moved(len(raw), _count_lines(raw))

    def moved(self, size: int, lines: int) -> "_Position":
        """The position so many bytes and lines on."""
        return _Position(self.offset + size, self.lines + lines)


def _count_lines(raw: bytes) -> int:
    lone_returns = raw.count(b"\r") - raw.count(b"\r\n") if b"\r" in raw else 0
    return line_feeds(raw) + lone_returns


@dataclass(frozen=True)
class _Piece:
    """Some whole lines of a file. `are_records`: no quoted cell reaches over a line end."""

    position: _Position
    lines: int
    are_records: bool
    read: Callable[[], bytes]


@dataclass(frozen=True)
class TextPart(FilePart):
    """A text file opened as a table.

    `preamble`: the title rows as they stand, with their line ends. `header`: the header record
    as it stands, None where the user gave the names. `skip`: physical lines above the data.
    `layout`: how the rows stand below the header. `large`: long enough that parsing it in pieces is
    faster.
    """

    origin: Source
    dialect: Dialect
    preamble: str
    header: str | None
    skip: int
    sample_columns: tuple[tuple[str, ...], ...]
    layout: RowLayout
    large: bool

    def tasks(self, request: BlockRequest) -> Iterator[Callable[[], Block]]:
        """Yield functions that read the blocks."""
        start = self._data() if self.large and request.block_rows is None else None
        if start is None:
            yield from self._walk(_Position(), request, self.skip)
            return
        parser = self._parser(request)
        shared = request.shared and ranks.current().size > 1 and not self.origin.compression
        pieces = self._scanned_pieces if shared else self._read_pieces
        for piece in pieces(start, request.piece_bytes):
            if not piece.are_records:
                # A quoted cell may go on in the next piece: from here on, record by record.
                yield from self._walk(piece.position, request)
                return
            yield partial(self._parsed, parser, piece, request)

    def _data(self) -> _Position | None:
        """Where the data begin; None where the file cannot be cut at line feeds."""
        marks = (self.dialect.quote, self.dialect.escape, len(self.dialect.delimiter))
        plain = marks == ('"', "", 1) and self.dialect.delimiter != " "
        if self.dialect.encoding not in ENCODINGS or not plain or not self.layout.is_plain:
            return None
        position = _Position()
        with self._open(position) as stream:
            for _ in range(self.skip):
                line = stream.readline()
                if b"\r" in line.removesuffix(b"\n").removesuffix(b"\r"):
                    return None
                position = position.after(line)
        return position

    def _scanned_pieces(self, position: _Position, size: int) -> Iterator[_Piece]:
        """Yield pieces of about so many bytes, of which each rank has looked at a share."""
        begin = len(self.dialect.bom) + position.offset
        starts = range(begin, self.origin.path.stat().st_size, size)

        def scan(start: int) -> tuple[int, int, int, bool]:
            first = begin if start == begin else self._line_start(start)
            stop = self._line_start(start + size)
            lines = self._count_plain_lines(first, stop)
            if lines is not None:
                return first, stop - first, lines, True
            raw = self._bytes(first, stop)
            return first, len(raw), _count_lines(raw), lines_are_records(raw, self.dialect)

        for first, length, lines, are_records in ranks.shared_in_order(starts, scan):
            if length:
                read = partial(self._bytes, first, first + length)
                yield _Piece(position, lines, are_records, read)
                position = position.moved(length, lines)

    def _line_start(self, at: int) -> int:
        """Return where in the file the first line begins that does not begin before `at`."""
        with reading(self.name), self.origin.open() as stream:
            stream.seek(at - 1)
            stream.readline()
            return stream.tell()

    def _count_plain_lines(self, start: int, stop: int) -> int | None:
        """Count the lines of a part of the file; None where it has quotes or carriage returns."""
        lines = 0
        with reading(self.name), self.origin.open() as stream:
            stream.seek(start)
            while start < stop:
                block = stream.read(min(SAMPLE_BYTES, stop - start))  # it stays in the cache
                if not block or b'"' in block or b"\r" in block:
                    return None
                lines, start = lines + line_feeds(block), start + len(block)
        return lines

    def _bytes(self, start: int, stop: int) -> bytes:
        with reading(self.name), self.origin.open() as stream:
            stream.seek(start)
            return stream.read(stop - start)

    def _read_pieces(self, position: _Position, size: int) -> Iterator[_Piece]:
        """Yield pieces of so many bytes at most."""
        rest = b""
        with self._open(position) as stream:
            while True:
                with reading(self.name):
                    raw = stream.read(size)
                end = raw.rfind(b"\n") + 1
                if raw and not end:
                    rest += raw
                    continue
                piece, rest = rest + raw[:end], raw[end:]
                if piece:
                    lines, are_records = _count_lines(piece), lines_are_records(piece, self.dialect)
                    yield _Piece(position, lines, are_records, partial(bytes, piece))
                    position = position.moved(len(piece), lines)
                if not raw:
                    return

    def _open(self, position: _Position) -> BinaryIO:
        with reading(self.name):
            stream = self.origin.open()
            to_skip = len(self.dialect.bom) + position.offset
            while to_skip:
                to_skip -= len(stream.read(min(to_skip, 1 << 20)))
        return stream

    def _parser(self, request: BlockRequest) -> Parser:
        columns = frozenset(self.names if request.columns is None else request.columns)
        numbers = columns & self._likely_numbers - request.as_text
        telling, texts = self.layout.telling(request), columns - numbers
        return Parser(self.layout, self.dialect, numbers, texts, request.records, telling)

    @property
    def _likely_numbers(self) -> frozenset[str]:
        """The columns whose first non-missing cells are nearly all numbers."""
        names = set()
        for name, column in zip(self.names, self.sample_columns, strict=False):
            non_missing = [cell for cell in map(unquote, column) if not is_missing(cell)]
            if not means_mark(name) and are_codes(non_missing):
                continue
            if non_missing and sum(map(is_number, non_missing)) >= _NEARLY_ALL * len(non_missing):
                names.add(name)
        return frozenset(names)

    def _parsed(self, parser: Parser, piece: _Piece, request: BlockRequest) -> Block:
        """Parse a piece at once, or walk it where it is not plain enough for that."""
        raw = piece.read()
        parsed = parser.parse(raw, piece.lines)
        if parsed is None:
            whole = replace(request, block_rows=len(raw))
            (task,) = self._batches(io.BytesIO(raw), piece.position, whole)
            return task()
        first = piece.position.lines + 1
        every = range(first, first + parsed.rows)
        return Block(
            self.names,
            parsed.columns,
            parsed.rows,
            self.name,
            lines=every if parsed.lines is None else first + parsed.lines,
            records=parsed.records,
            blank_lines=parsed.blank_lines,
            not_students=self._text_row_filter.not_students(
                raw, parsed.rows, parsed.columns, parsed.lines
            ),
        )

    def _walk(
        self, position: _Position, request: BlockRequest, skip: int = 0
    ) -> Iterator[Callable[[], Block]]:
        """Walk the file from a position on, record by record."""
        yield from self._batches(self._open(position), position, request, skip=skip)

    def _batches(
        self,
        stream: BinaryIO,
        position: _Position,
        request: BlockRequest,
        skip: int = 0,
    ) -> Iterator[Callable[[], Block]]:
        count = request.block_rows or BATCH_ROWS
        lines_before = position.lines + skip
        # newline="" splits at LF, CRLF and CR and keeps them, so records stay as they are.
        with io.TextIOWrapper(stream, self.dialect.encoding, newline="") as lines_of:
            for _ in range(skip):
                lines_of.readline()
            decoded = Lines(self._decoded(lines_of, lines_before))
            while lines := list(itertools.islice(decoded, count)):
                records = split_records(
                    lines, decoded, self.dialect, self.layout.width, lines_before
                )
                lines_before = records[-1].line + records[-1].lines - 1
                yield partial(self._builder.block, records, request)

    def _decoded(self, stream: io.TextIOWrapper, lines_before: int) -> Iterator[str]:
        try:
            with reading(self.name):
                yield from map(without_mark, stream)
        except UnicodeDecodeError as error:
            line = undecodable_line(self.origin, self.dialect.encoding, lines_before)
            raise not_readable(f"{self.name}, line {line}", self.dialect.encoding) from error

    @property
    def _builder(self) -> BlockBuilder:
        return BlockBuilder(self.name, self.dialect, self.layout, self._row_filter)

    @cached_property
    def _row_filter(self) -> RowFilter:
        rows = [list(map(unquote, row)) for row in zip(*self.sample_columns, strict=True)]
        whole = not self.large and len(rows) + self.skip < HEADER_RECORDS
        return RowFilter(UsualRows.learn(self.names, rows, whole=whole))

    @cached_property
    def _text_row_filter(self) -> TextRowFilter:
        return TextRowFilter(self._row_filter, self.dialect.delimiter, self.dialect.encoding)

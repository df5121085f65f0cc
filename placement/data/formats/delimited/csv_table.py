"""Reading a text table: large files in pieces parsed by Arrow, else lines → records → cells.

Either way in constant memory, and to the same cells.
"""

import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

import numpy as np

from placement.config.file_options import FileOptions
from placement.data.formats.blocks import (
    Block,
    BlockRequest,
    Cells,
    FilePart,
    MalformedRecord,
    unquote,
)
from placement.data.formats.delimited.csv_arrow import ENCODINGS, Parser, lines_are_records
from placement.data.formats.delimited.csv_records import (
    Record,
    first_records,
    split_lines,
    truncate_record,
    undecodable_line,
)
from placement.data.formats.delimited.dialect import (
    Dialect,
    blank_characters,
    find_dialect,
    is_missing,
    is_number,
    read_sample,
)
from placement.data.formats.delimited.encoding import encoding_notes, not_readable
from placement.data.formats.header import Header, find_header
from placement.data.formats.sources import Source, reading
from placement.errors import DataError

BATCH_ROWS = 65_536
_NEARLY_ALL = 0.95
_QUOTES = frozenset("\"'")


@dataclass(frozen=True)
class _Position:
    """A position in a file: bytes (behind the byte order mark) and lines before it."""

    offset: int = 0
    lines: int = 0

    def after(self, raw: bytes) -> "_Position":
        """The position behind some whole lines."""
        return _Position(self.offset + len(raw), self.lines + raw.count(b"\n"))


@dataclass(frozen=True)
class TextPart(FilePart):
    """A text file opened as a table.

    `preamble`: the title rows as they stand, with their line ends. `header`: the header record
    as it stands, None where the user gave the names. `skip`: physical lines above the data.
    `large`: long enough that parsing it in pieces is faster.
    """

    origin: Source
    dialect: Dialect
    preamble: str
    header: str | None
    skip: int
    sample_columns: tuple[tuple[str, ...], ...]
    large: bool

    def tasks(self, request: BlockRequest) -> Iterator[Callable[[], Block]]:
        """Yield functions that read the blocks."""
        start = self._data() if self.large and request.block_rows is None else None
        if start is None:
            yield from self._walk(_Position(), request, self.skip)
            return
        parser = self._parser(request)
        for position, raw in self._pieces(start, request.piece_bytes):
            if not lines_are_records(raw):
                # A quoted cell may go on in the next piece: from here on, record by record.
                yield from self._walk(position, request)
                return
            yield partial(self._parsed, parser, position, raw)

    def _data(self) -> _Position | None:
        """Where the data begin; None where the file cannot be cut at line feeds."""
        if self.dialect.encoding not in ENCODINGS or self.dialect.delimiter == " ":
            return None
        position = _Position()
        with self._open(position) as stream:
            for _ in range(self.skip):
                line = stream.readline()
                if b"\r" in line.removesuffix(b"\n").removesuffix(b"\r"):
                    return None
                position = position.after(line)
        return position

    def _pieces(self, position: _Position, size: int) -> Iterator[tuple[_Position, bytes]]:
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
                    yield position, piece
                    position = position.after(piece)
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
        return Parser(self.names, self.dialect, numbers, columns - numbers, request.records)

    @property
    def _likely_numbers(self) -> frozenset[str]:
        """The columns whose first non-missing cells are nearly all numbers."""
        names = set()
        for name, column in zip(self.names, self.sample_columns, strict=False):
            non_missing = [cell for cell in map(unquote, column) if not is_missing(cell)]
            if non_missing and sum(map(is_number, non_missing)) >= _NEARLY_ALL * len(non_missing):
                names.add(name)
        return frozenset(names)

    def _parsed(self, parser: Parser, position: _Position, raw: bytes) -> Block:
        """Parse a piece at once, or walk it where it is not plain enough for that."""
        parsed = parser.parse(raw)
        if parsed is None:
            request = BlockRequest(
                parser.number_columns | parser.text_columns, records=parser.records
            )
            (task,) = self._batches(io.BytesIO(raw), position, request, rows=raw.count(b"\n") + 1)
            return task()
        lines = np.arange(parsed.rows) if parsed.lines is None else parsed.lines
        return Block(
            self.names,
            parsed.columns,
            parsed.rows,
            self.name,
            lines=position.lines + 1 + lines,
            records=parsed.records,
            blank_lines=parsed.blank_lines,
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
        *,
        rows: int = 0,
        skip: int = 0,
    ) -> Iterator[Callable[[], Block]]:
        count = rows or request.block_rows or BATCH_ROWS
        lines_before = position.lines + skip
        # newline="" splits at LF, CRLF and CR and keeps them, so records stay as they are.
        with io.TextIOWrapper(stream, self.dialect.encoding, newline="") as lines_of:
            for _ in range(skip):
                lines_of.readline()
            while lines := self._read(lines_of, count, lines_before):
                records, cells, starts, lines_before = split_lines(
                    lines, lines_of, self.dialect.delimiter, self.name, lines_before
                )
                yield partial(self._block, records, cells, starts, request)

    def _read(self, stream: io.TextIOWrapper, count: int, lines_before: int) -> list[str]:
        try:
            with reading(self.name):
                return list(itertools.islice(stream, count))
        except UnicodeDecodeError as error:
            line = undecodable_line(self.origin, self.dialect.encoding, lines_before)
            raise not_readable(f"{self.name}, line {line}", self.dialect.encoding) from error

    def _block(
        self, records: list[str], rows: list[list[str]], lines: list[int], request: BlockRequest
    ) -> Block:
        blank_chars = blank_characters(self.dialect.delimiter)
        non_blank = [
            position for position, record in enumerate(records) if record.strip(blank_chars)
        ]
        blank = len(records) - len(non_blank)
        if blank:
            records = [records[i] for i in non_blank]
            rows, lines = [rows[i] for i in non_blank], [lines[i] for i in non_blank]
        width = len(self.names)
        if set(map(len, rows)) - {width}:
            for position, cells in enumerate(rows):
                if len(cells) != width:
                    rows[position] = self._fit_width(cells, position, lines[position])
                    records[position] = truncate_record(
                        records[position], self.dialect.delimiter, width
                    )
        by_name = zip(self.names, zip(*rows, strict=True) if rows else [()] * width, strict=True)
        columns: dict[str, Cells] = {
            name: np.array(_tidy(column), dtype=object)
            for name, column in by_name
            if request.columns is None or name in request.columns
        }
        return Block(
            self.names,
            columns,
            len(rows),
            self.name,
            lines=np.array(lines, dtype=np.int64),
            records=records if request.records else None,
            blank_lines=blank,
        )

    def _fit_width(self, cells: list[str], position: int, line: int) -> list[str]:
        """Drop empty fields beyond the last column; any other difference is an error."""
        width = len(self.names)
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            return cells[:width]
        what = "too many fields" if len(cells) > width else "too few fields"
        cause = "an unquoted delimiter?" if len(cells) > width else "a record cut short?"
        if any("\n" in cell or "\r" in cell for cell in cells):
            cause = "a quote that is opened there and not closed?"
        text = f"{what}, {len(cells)} where the header has {width} ({cause})"
        raise MalformedRecord(self.name, position, line, text)


def _tidy(cells: tuple[str, ...]) -> list[str]:
    """Trim cells, and take quotes off those few that still have them."""
    return [unquote(cell) if cell[:1] in _QUOTES else cell for cell in map(str.strip, cells)]


def open_text(source: Source, options: FileOptions) -> TextPart:
    """Find out how a text file is written and where its data begin."""
    sample = read_sample(source, options.encoding)
    dialect = find_dialect(sample)
    records = first_records(sample, dialect, source.name)
    if not records:
        raise DataError(f"{source.name}: nothing but blank lines")
    cells = [record.cells for record in records]
    header = find_header(cells, options.names, source.name)
    above = records[0 if header.row is None else header.row]
    skip = above.line + above.lines - 1 if header.row is not None else 0
    preamble = "".join(sample.lines()[: above.line - 1]) if header.row is not None else ""
    body = cells if header.row is None else cells[header.row + 1 :]
    return TextPart(
        name=source.name,
        names=header.names,
        likely_rows=max(1, round(source.likely_bytes / sample.line_bytes) - skip),
        origin=source,
        dialect=dialect,
        preamble=preamble,
        header=_raw_header(above, header, dialect.delimiter),
        skip=skip,
        unnamed=header.unnamed,
        notes=(
            *encoding_notes(dialect.encoding, said=options.encoding is not None),
            *header.notes,
        ),
        warnings=header.warnings,
        sample_columns=tuple(itertools.zip_longest(*body, fillvalue="")),
        large=not sample.whole,
    )


def _raw_header(record: Record, header: Header, delimiter: str) -> str | None:
    if header.row is None:
        return None
    if len(record.cells) == header.width:
        return record.text
    return truncate_record(record.text, delimiter, header.width)

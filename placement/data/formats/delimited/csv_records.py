"""Cutting delimited text into records and their fields, quotes and line ends as they stand."""

import csv
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from placement.data.formats.delimited.dialect import Dialect, Sample, blank_characters
from placement.data.formats.sources import Source
from placement.errors import DataError

_HEADER_RECORDS = 500
_QUOTED = re.compile(r' *+"(?:[^"]++|"")*+"\s*')


@dataclass(frozen=True)
class Record:
    """One record of the file: its cells, its text without line end, its first line (1-based)."""

    cells: list[str]
    text: str
    line: int
    lines: int


@cache
def field_pattern(delimiter: str) -> re.Pattern[str]:
    """Match one raw field: quoted, perhaps padded, or plain; an open quote does not match."""
    mark = re.escape(delimiter)
    return re.compile(rf' *+(?:"(?:[^"]++|"")*+"[^{mark}]*+|(?!")[^{mark}]*+)')


def fields(record: str, delimiter: str) -> list[str] | None:
    """Split a record into its raw fields, with quotes and padding; None if a quote stays open."""
    pattern, matches, position = field_pattern(delimiter), [], 0
    if delimiter == " ":
        record = record.strip(" ")
    while match := pattern.match(record, position):
        matches.append(match.group().strip(" ") if delimiter == " " else match.group())
        position = match.end() + 1
        if match.end() == len(record):
            return matches
    return None


def truncate_record(record: str, delimiter: str, width: int) -> str:
    """Return the record without its fields beyond the width."""
    raw = fields(record, delimiter)
    return record if raw is None else delimiter.join(raw[:width])


def split_records(
    lines: list[str], more: Iterator[str], delimiter: str, name: str, lines_before: int
) -> Iterator[Record]:
    """Split lines into records; `more` is read only to close a quoted field.

    `lines_before` is the number of physical lines before `lines`.
    """
    lines_read: list[str] = []

    def read_lines() -> Iterator[str]:
        for line in itertools.chain(lines, more):
            lines_read.append(line)
            yield line.rstrip() if delimiter == " " and not line.count('"') % 2 else line

    lines_used, reader = 0, csv.reader(read_lines(), delimiter=delimiter, skipinitialspace=True)
    while lines_used < len(lines):
        try:
            cells = next(reader)
        except csv.Error as error:
            raise _open_quote(name, lines_before + lines_used + 1) from error
        record_lines = reader.line_num - lines_used
        text = "".join(lines_read)
        last = reader.line_num >= len(lines)
        check_quotes = '"' in text and (last or record_lines > 1 or text.count('"') % 2)
        if check_quotes and not _closed(
            text.rstrip("\r\n"), delimiter, several_lines=record_lines > 1
        ):
            raise _open_quote(name, lines_before + lines_used + 1)
        yield Record(cells, text.rstrip("\r\n"), lines_before + lines_used + 1, record_lines)
        lines_used = reader.line_num
        lines_read.clear()


def _closed(record: str, delimiter: str, *, several_lines: bool) -> bool:
    """Whether each quote of a record is closed, not by the opening quote of a later record."""
    raw = fields(record, delimiter)
    if raw is None:
        return False
    opened = (field for field in raw if field.lstrip(" ").startswith('"'))
    return not several_lines or all(_QUOTED.fullmatch(field) for field in opened)


def _open_quote(name: str, line: int) -> DataError:
    return DataError(f"{name}, line {line}: a quote is opened there and never closed: close it")


def split_lines(
    lines: list[str], stream: io.TextIOWrapper, delimiter: str, name: str, lines_before: int
) -> tuple[list[str], list[list[str]], list[int], int]:
    """Split lines into records; one that is still open at the last line draws more of them.

    Return each record's text, its cells and its first line, and the number of lines read so far.
    """
    rows = _split_one_a_line(lines, delimiter)
    if rows is not None:
        starts = list(range(lines_before + 1, lines_before + len(lines) + 1))
        return [line.rstrip("\r\n") for line in lines], rows, starts, lines_before + len(lines)
    records = list(split_records(lines, stream, delimiter, name, lines_before))
    texts, rows = [record.text for record in records], [record.cells for record in records]
    last = records[-1]
    return texts, rows, [record.line for record in records], last.line + last.lines - 1


def _split_one_a_line(lines: list[str], delimiter: str) -> list[list[str]] | None:
    """Split lines that are a record each, the usual case; None where some record is longer."""
    trimmed = [line.rstrip() for line in lines] if delimiter == " " else lines
    try:
        rows = list(csv.reader(trimmed, delimiter=delimiter, skipinitialspace=True))
    except csv.Error:
        return None
    # Lines that a quote joined make fewer rows; only the last could still be open.
    whole = '"' not in lines[-1] or fields(lines[-1].rstrip("\r\n"), delimiter) is not None
    return rows if whole and len(rows) == len(lines) else None


def first_records(sample: Sample, dialect: Dialect, name: str) -> list[Record]:
    """The non-blank records of the sample; where the file goes on, without a last one cut off."""
    lines, blank_chars = sample.lines(), blank_characters(dialect.delimiter)
    records: list[Record] = []
    try:
        for record in split_records(lines, iter(()), dialect.delimiter, name, 0):
            if record.text.strip(blank_chars):
                records.append(record)
            if len(records) >= _HEADER_RECORDS:
                break
    except DataError:
        if sample.whole or not records:
            raise
    return records


def undecodable_line(source: Source, encoding: str, lines_before: int) -> int:
    """Find the line that cannot be decoded, at or after `lines_before` lines."""
    with source.open() as stream:
        text = io.TextIOWrapper(stream, encoding, errors="replace", newline="")
        for line, content in enumerate(text, start=1):
            if line > lines_before and "\ufffd" in content:
                return line
    return lines_before + 1

"""Cutting delimited text into records and their fields, quotes and line ends as they stand."""

import csv
import io
import itertools
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial

from placement.data.formats.delimited.dialect import Dialect, blank_characters
from placement.data.formats.sources import Source

OPEN_QUOTE = "a quote is opened there and never closed"
_AFTER_QUOTE = "text after a closing quote"
_LONE_QUOTE = "a quote within a cell without another"
_STAND_IN = "\x1f"  # for a delimiter of several characters, which `csv` cannot split by
_LONGEST = 131_072  # characters of a cell, as in `csv`


@dataclass(frozen=True)
class Record:
    """One record: its cells, its text without line end, its first line (1-based), its lines.

    `fault`: why its cells cannot be told apart; None where they can. `ended`: a line end follows.
    """

    cells: list[str]
    text: str
    line: int
    lines: int = 1
    fault: str | None = None
    ended: bool = True


class Lines:
    """Physical lines that can be put back."""

    def __init__(self, stream: Iterable[str]) -> None:
        self._stream, self._returned = iter(stream), deque[str]()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self._returned.popleft() if self._returned else next(self._stream)

    def put_back(self, lines: Sequence[str]) -> None:
        """Give lines back, to come next in this order."""
        self._returned.extendleft(reversed(lines))


@dataclass(frozen=True)
class _Patterns:
    """How a dialect writes: one field (an open quote does not match), or a quoted one.

    `inside` is what may stand within quotes, `record` a record with no quotes but round cells.
    `null` is the cell that databases write for none.
    """

    field: re.Pattern[str]
    quoted: re.Pattern[str]
    inside: re.Pattern[str]
    record: re.Pattern[str]
    null: re.Pattern[str]


@cache
def _patterns(dialect: Dialect) -> _Patterns:
    delimiter = dialect.delimiter if len(dialect.delimiter) == 1 else _STAND_IN
    mark, quote = re.escape(delimiter), re.escape(dialect.quote)
    escape = re.escape(dialect.escape)
    escaped = rf"|{escape}." if escape else ""
    inside = rf"(?:[^{quote}{escape}]++|{quote}{quote}{escaped})*+"
    bare = rf"(?:[^{mark}{quote}{escape}]++{escaped})*+"
    blank = "" if delimiter == " " else rf"[^\S{mark}]*+"
    plain = rf"(?!{quote})(?:[^{mark}{escape}]++{escaped})*+"
    quoted = rf" *+{quote}{inside}{quote}"
    strict = rf"(?: *+{bare}|{quoted}{blank})"
    return _Patterns(
        re.compile(rf" *+(?:{quote}{inside}{quote}[^{mark}]*+|{plain})", re.DOTALL),
        re.compile(rf"{quoted}{blank}", re.DOTALL),
        re.compile(inside, re.DOTALL),
        re.compile(rf"{strict}(?:{mark}{strict})*+", re.DOTALL),
        re.compile(rf"(?<![^{mark}])\\N(?=[{mark}\r\n]|\Z)"),
    )


def _split_text(text: str, dialect: Dialect) -> str:
    """Return a text whose delimiters are one character each."""
    return text.replace(dialect.delimiter, _STAND_IN) if len(dialect.delimiter) > 1 else text


def parse_lines(lines: Iterable[str], dialect: Dialect) -> Iterator[list[str]]:
    """Split lines into rows of cells by `csv`, a quoted cell over several of them if need be."""
    long = len(dialect.delimiter) > 1
    if dialect.delimiter == " ":
        lines = (line.strip(" \t\r\n") for line in lines)
    elif long:
        lines = (_split_text(line, dialect) for line in lines)
    if dialect.escape:
        lines = map(partial(_patterns(dialect).null.sub, ""), lines)
    rows = csv.reader(
        lines,
        delimiter=_STAND_IN if long else dialect.delimiter,
        quotechar=dialect.quote,
        escapechar=dialect.escape or None,
        skipinitialspace=True,
    )
    if not long:
        return rows
    return ([cell.replace(_STAND_IN, dialect.delimiter) for cell in row] for row in rows)


def fields(record: str, dialect: Dialect) -> list[str] | None:
    """Split a record into its raw fields, with quotes and padding; None if a quote stays open."""
    pattern, matches, position = _patterns(dialect).field, [], 0
    spaces = dialect.delimiter == " "
    record = record.strip(" ") if spaces else _split_text(record, dialect)
    while match := pattern.match(record, position):
        matches.append(match.group().strip(" ") if spaces else match.group())
        position = match.end() + 1
        if match.end() == len(record):
            if len(dialect.delimiter) > 1:
                return [raw.replace(_STAND_IN, dialect.delimiter) for raw in matches]
            return matches
    return None


def fit_record(record: str, dialect: Dialect, width: int) -> str:
    """Return the record without its fields beyond the width, or with blank ones up to there."""
    raw = fields(record, dialect)
    if raw is None:
        return record
    blank = dialect.quote * 2 if dialect.delimiter == " " else ""
    return dialect.delimiter.join((raw + [blank] * (width - len(raw)))[:width])


def quote_fault(text: str, dialect: Dialect) -> str | None:
    """Say which quote of a record is out of place; None where each has its like round a cell."""
    if dialect.quote not in text and not dialect.escape:
        return None
    stripped = text.strip(" ") if dialect.delimiter == " " else _split_text(text, dialect)
    if _patterns(dialect).record.fullmatch(stripped):
        return None
    raw = fields(text, dialect)
    if raw is None:
        return OPEN_QUOTE
    return next(filter(None, (_field_fault(field.strip(" "), dialect) for field in raw)), None)


def _field_fault(field: str, dialect: Dialect) -> str | None:
    quote = dialect.quote
    if field.startswith(quote):
        return None if _patterns(dialect).quoted.fullmatch(field) else _AFTER_QUOTE
    # Within a cell, quotes come in pairs or stand for inches; an apostrophe may come alone.
    lone = quote == '"' and field.count(quote) % 2 and len(re.findall(r'(?<![\d\\])"', field)) % 2
    return _LONE_QUOTE if lone else None


def split_records(
    lines: Sequence[str], more: Lines, dialect: Dialect, width: int, lines_before: int
) -> list[Record]:
    """Split lines into records; one that is still open at the last line draws more of them.

    `width`: the fields of a row; where each line of a quoted cell has so many, a quote is astray.
    `lines_before` is the number of physical lines before `lines`.
    """
    texts = [line.rstrip("\r\n") for line in lines]
    if all(quote_fault(text, dialect) is None for text in texts):
        rows = list(parse_lines(lines, dialect))
        if len(rows) == len(lines):
            numbered = enumerate(zip(rows, texts, strict=True), lines_before + 1)
            records = [Record(cells, text, line) for line, (cells, text) in numbered]
            records[-1] = replace(records[-1], ended=lines[-1] != texts[-1])
            return records
    records, used = [], 0
    more.put_back(lines)
    while used < len(lines):
        record = _next_record(more, dialect, width, lines_before + used + 1)
        records.append(record)
        used += record.lines
    return records


def _next_record(lines: Lines, dialect: Dialect, width: int, line: int) -> Record:
    drawn = [next(lines)]
    text = drawn[0].rstrip("\r\n")
    if fields(text, dialect) is None:
        drawn, text = _with_open_cell(drawn, lines, dialect, width)
    fault = quote_fault(text, dialect)
    if fault == OPEN_QUOTE:
        return Record([text], text, line, fault=fault)
    rows = list(parse_lines(drawn, dialect))
    if len(rows) != 1:
        return Record([text], text, line, len(drawn), fault or OPEN_QUOTE)
    return Record(rows[0], text, line, len(drawn), fault, ended=drawn[-1][-1:] in "\r\n")


def _with_open_cell(
    drawn: list[str], lines: Lines, dialect: Dialect, width: int
) -> tuple[list[str], str]:
    """Return the lines of a record whose first line ends amid a cell; that alone if astray."""
    inside, first, size = _patterns(dialect).inside, drawn[0], 0
    for line in lines:
        drawn.append(line)
        size += len(line)
        end = inside.match(line)
        if size > _LONGEST:
            break
        if end is None or end.end() == len(line):
            continue
        text = "".join(drawn).rstrip("\r\n")
        if fields(text, dialect) is None:
            continue  # another cell is open
        counts = [_literal_fields(one, dialect) for one in (first, line)]
        if quote_fault(text, dialect) is None and (width < 2 or min(counts) < width):
            return drawn, text
        break
    lines.put_back(drawn[1:])
    return drawn[:1], first.rstrip("\r\n")


def _literal_fields(line: str, dialect: Dialect) -> int:
    """Count the fields of a line if quotes were nothing but characters."""
    if dialect.delimiter == " ":
        return len(line.split())
    return line.count(dialect.delimiter) + 1


def parse_first(lines: Iterable[str], dialect: Dialect, most: int) -> list[list[str]]:
    """Split the first lines into rows of raw cells; blank rows are left out."""
    blank, rows = blank_characters(dialect.delimiter), list[list[str]]()
    some = itertools.islice((line for line in lines if line.strip(blank)), most)
    with suppress(csv.Error):  # a quote that is never closed: the rows before it tell
        rows.extend(parse_lines(some, dialect))
    return rows


def undecodable_line(source: Source, encoding: str, lines_before: int) -> int:
    """Find the line that cannot be decoded, at or after `lines_before` lines."""
    with source.open() as stream:
        text = io.TextIOWrapper(stream, encoding, errors="replace", newline="")
        for line, content in enumerate(text, start=1):
            if line > lines_before and "\ufffd" in content:
                return line
    return lines_before + 1

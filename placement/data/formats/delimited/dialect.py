"""How a text table is written, inferred from its first bytes: delimiter, decimals, quoting."""

import codecs
import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from placement.data.formats.delimited.encoding import (
    find_encoding,
    not_readable,
    said_encoding,
)
from placement.data.formats.sources import SAMPLE_BYTES, Source, reading
from placement.errors import DataError

DELIMITERS = "\t;|,"
_CONSISTENT = 0.9
_SAMPLE_RECORDS = 200
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")
_NUMBER = re.compile(
    r"[+-]?(?:\d+(?:[.,]\d+)*[.,]?|[.,]\d+)(?:[eE][+-]?\d+)?\s*%?|[+-]?inf", re.IGNORECASE
)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}(?:\.\d*)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+\s*%?")
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "#n/a", "-", "?", "none"})

Quoting = Literal["minimal", "text", "all"]


@dataclass(frozen=True)
class Dialect:
    """How a text table is written; what is appended to it is written the same way.

    `quoting`: cells are quoted where needed, wherever they are not numbers, or always.
    A delimiter of `" "` stands for runs of spaces.
    """

    encoding: str = "utf-8"
    bom: bytes = b""
    delimiter: str = ","
    decimal: str = "."
    line_end: str = "\n"
    quoting: Quoting = "minimal"


def is_number(cell: str) -> bool:
    """Whether a trimmed cell reads as a number, with whatever decimal mark or percent sign."""
    return _NUMBER.fullmatch(cell) is not None


def is_missing(cell: str) -> bool:
    """Whether a trimmed cell is missing, and so says nothing of its column's kind."""
    return cell.casefold() in _MISSING


@dataclass(frozen=True)
class Sample:
    """The decoded beginning of a text file, of `size` bytes. `whole`: nothing follows."""

    text: str
    encoding: str
    bom: bytes
    whole: bool
    size: int

    def lines(self) -> list[str]:
        """The physical lines with their ends; a last line that was cut is left out."""
        lines = io.StringIO(self.text, newline="").readlines()
        return lines if self.whole else lines[:-1] or lines

    @property
    def line_bytes(self) -> float:
        """The mean length of a line."""
        return self.size / max(1, len(self.text.splitlines()))


def read_sample(source: Source, encoding: str | None = None) -> Sample:
    """Decode the beginning of a file; an encoding that shows only later is looked for there.

    `encoding`: the one that the user says.
    """
    data = source.sample()
    whole, data = len(data) <= SAMPLE_BYTES, data[:SAMPLE_BYTES]
    if encoding is not None:
        codec, bom = said_encoding(encoding, data)
    else:
        codec, bom = find_encoding(source.name, data, whole=whole)
        if not whole and codec == "utf-8" and not bom and data.isascii():
            codec = _later_encoding(source)
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        text = decoder.decode(data[len(bom) :], final=whole)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise not_readable(f"{source.name}, line {line}", codec) from error
    if len(_CONTROLS.findall(text)) > len(text) // 100:
        raise DataError(f"{source.name}: binary data, not a table of text")
    return Sample(text, codec, bom, whole, len(data))


def _later_encoding(source: Source) -> str:
    """Look for the first byte beyond ASCII in a long file that begins with ASCII only."""
    with reading(source.name), source.open() as stream:
        while block := stream.read(1 << 22):
            if not block.isascii():
                start = next(index for index, byte in enumerate(block) if byte > 127)
                start = block.rfind(b"\n", 0, start) + 1
                text = block[start:] + stream.read(SAMPLE_BYTES)
                return find_encoding(source.name, text, whole=False)[0]
    return "utf-8"


def find_dialect(sample: Sample) -> Dialect:
    """Find the delimiter, the decimal mark, the line end and the quoting of a sample."""
    lines = sample.lines()
    delimiter = _delimiter(lines)
    rows = split_lines(lines[:_SAMPLE_RECORDS], delimiter)
    ends = Counter(line[len(line.rstrip("\r\n")) :] for line in lines)
    ends.pop("", None)
    return Dialect(
        encoding=sample.encoding,
        bom=sample.bom,
        delimiter=delimiter,
        decimal=_decimal(rows),
        line_end=ends.most_common(1)[0][0] if ends else "\n",
        quoting=_quoting(lines[:_SAMPLE_RECORDS], delimiter, rows),
    )


def split_lines(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Split lines into rows of raw cells; blank rows are left out."""
    blank_chars = blank_characters(delimiter)
    non_blank = (line for line in lines if line.strip(blank_chars))
    if delimiter == " ":
        non_blank = (line.rstrip() for line in non_blank)
    try:
        return list(csv.reader(non_blank, delimiter=delimiter, skipinitialspace=True))
    except csv.Error:
        return []


def blank_characters(delimiter: str) -> str:
    """What a record may consist of and still be blank."""
    return ' \t\r\n"\xa0' + delimiter


@dataclass(frozen=True)
class _DelimiterFit:
    """How well rows split by one delimiter agree in width."""

    delimiter: str
    width: int
    share: float
    leading: int

    @property
    def sort_key(self) -> tuple[float, int, int]:
        """Consistent first; then the fewest title rows; then the order of `DELIMITERS`."""
        share = 1.0 if self.share >= _CONSISTENT else self.share
        return (-share, self.leading, DELIMITERS.find(self.delimiter))


def _fit_delimiter(lines: Sequence[str], delimiter: str) -> _DelimiterFit:
    rows = split_lines(lines[:_SAMPLE_RECORDS], delimiter)
    if not rows:
        return _DelimiterFit(delimiter, 0, 0.0, 0)
    counts = Counter(map(len, rows))
    width = max(counts, key=lambda count: (counts[count], count))
    # Rows above the first full one are titles: they must not hide the delimiter.
    leading = sum(1 for _ in itertools.takewhile(lambda row: len(row) < width, rows))
    body = rows[leading:]
    share = sum(len(row) == width for row in body) / len(body)
    return _DelimiterFit(delimiter, width, share, leading)


def _delimiter(lines: Sequence[str]) -> str:
    fits = [_fit_delimiter(lines, delimiter) for delimiter in DELIMITERS]
    best = min((t for t in fits if t.width > 1), key=lambda t: t.sort_key, default=None)
    if best is not None and best.share >= 0.5:
        return best.delimiter
    spaces = _fit_delimiter(lines, " ")
    if spaces.width > 1 and spaces.share >= _CONSISTENT and _has_numbers(lines, spaces):
        return " "
    return best.delimiter if best is not None else ","


def _has_numbers(lines: Sequence[str], fit: _DelimiterFit) -> bool:
    """Words with one space between them are no table; a column of numbers makes it one."""
    rows = split_lines(lines[:_SAMPLE_RECORDS], fit.delimiter)
    body = [row for row in rows[fit.leading + 1 :] if len(row) == fit.width]
    return any(all(is_number(cell) for cell in column) for column in zip(*body, strict=True))


def _decimal(rows: list[list[str]]) -> str:
    """Return "," where some column of numbers is written with decimal commas."""
    for column in itertools.zip_longest(*rows[1:], fillvalue=""):
        cells = [cell for cell in map(_stripped, column) if not is_missing(cell)]
        commas = [cell for cell in cells if "," in cell]
        if not commas or sum(map(is_number, cells)) < _CONSISTENT * len(cells):
            continue
        decimal = sum(_DECIMAL_COMMA.fullmatch(c) is not None for c in commas)
        thousands = sum(_THOUSANDS.fullmatch(c) is not None for c in commas)
        if decimal == len(commas) and thousands < decimal:
            return ","
    return "."


def has_thousands(columns: Sequence[Sequence[str]]) -> bool:
    """Whether some column's commas can only be read as thousands separators (270,000)."""
    for column in columns:
        commas = [cell for cell in map(_stripped, column) if "," in cell and is_number(cell)]
        if commas and all(_THOUSANDS.fullmatch(cell) for cell in commas):
            return True
    return False


def _stripped(cell: str) -> str:
    return cell.strip().strip("\"'").strip()


def _quoting(lines: Sequence[str], delimiter: str, rows: list[list[str]]) -> Quoting:
    text = "".join(lines)
    if '"' not in text or not rows:
        return "minimal"
    non_blank = [line for line in lines if line.strip(blank_characters(delimiter))]
    cells = list(itertools.chain.from_iterable(rows))
    mark = re.escape(delimiter)
    quoted = len(
        re.findall(rf'(?:^|{mark})[ ]*"(?=[^"]|"(?:{mark}|$))', "\n".join(non_blank), re.MULTILINE)
    )
    if quoted >= len(cells):
        return "all"
    words = sum(bool(cell) and not is_number(cell.strip()) for cell in cells)
    return "text" if quoted >= max(words, 2) else "minimal"

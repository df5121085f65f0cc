"""How a text table is written, inferred from its first bytes: delimiter, decimals, quoting."""

import codecs
import io
import itertools
import math
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from placement.data.formats.delimited.encoding import (
    find_encoding,
    not_readable,
    said_encoding,
)
from placement.data.formats.sources import SAMPLE_BYTES, Source, reading
from placement.errors import DataError
from placement.model.scorer import MISSING_NUMBERS
from placement.runtime import ranks

_NEARLY_ALL = 0.9
_LATER_BYTES = 1 << 21  # from which an encoding that shows only later is told
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")
_NUMBER = re.compile(
    r"[+-]?(?:\d+(?:[.,]\d+)*[.,]?|[.,]\d+)(?:[eE][+-]?\d+)?\s*%?|[+-]?inf", re.IGNORECASE
)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}(?:\.\d*)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+\s*%?")
# Several dashes are a rule between rows rather than what is missing.
_MISSING = MISSING_NUMBERS - {"--", "---"} | {"none"}

Quoting = Literal["minimal", "text", "all"]

LONGEST_LINE = 1 << 24  # bytes: a line that fills half of them is none of a table


@dataclass(frozen=True)
class Dialect:
    """How a text table is written; what is appended to it is written the same way.

    `quoting`: cells are quoted where needed, wherever they are not numbers, or always. A quote
    within quotes is doubled, or stands behind the `escape` where the file has one. A delimiter of
    `" "` stands for runs of spaces.
    """

    encoding: str = "utf-8"
    bom: bytes = b""
    delimiter: str = ","
    decimal: str = "."
    line_end: str = "\n"
    quoting: Quoting = "minimal"
    quote: str = '"'
    escape: str = ""


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
        lines = list(map(without_mark, io.StringIO(self.text, newline="")))
        return lines if self.whole else lines[:-1] or lines

    @property
    def line_bytes(self) -> float:
        """The mean length of a line."""
        return self.size / max(1, len(self.text.splitlines()))


def without_mark(line: str) -> str:
    """Return a line without a byte order mark that would hide the quote behind it."""
    return line[1:] if line.startswith('\ufeff"') else line


def read_sample(source: Source, encoding: str | None = None) -> Sample:
    """Decode the beginning of a file; an encoding that shows only later is looked for there.

    `encoding`: the one that the user says.
    """
    data, most = source.sample(), SAMPLE_BYTES
    if len(data) > most and _last_line_end(data) < most // 2:
        data, most = source.sample(LONGEST_LINE), LONGEST_LINE
        if len(data) > most and _last_line_end(data) < most // 2:
            line = data.count(b"\n") + 1
            raise DataError(f"{source.name}, line {line}: longer than 8 million bytes: no table")
    whole, data = len(data) <= most, data[:most]
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
    if len(_CONTROLS.findall(text.rstrip("\0\x1a"))) > len(text) // 100:
        raise DataError(f"{source.name}: binary data, not a table of text")
    return Sample(text, codec, bom, whole, len(data))


def _last_line_end(data: bytes) -> int:
    return max(data.rfind(b"\n"), data.rfind(b"\r"))


def _later_encoding(source: Source) -> str:
    """Look for the first byte beyond ASCII in a long file that begins with ASCII only.

    Of several ranks each looks at a share of the file.
    """
    share = range(sys.maxsize)
    if not source.compression:
        share = ranks.share_of(math.ceil(source.likely_bytes / SAMPLE_BYTES))
    found = filter(None, ranks.current().exchange(_beyond_ascii(source, share)))
    text = next(found, None)
    return "utf-8" if text is None else find_encoding(source.name, text, whole=False)[0]


def _beyond_ascii(source: Source, blocks: range) -> bytes | None:
    """Return some text from the first line beyond ASCII on in these blocks of a file, if any."""
    with reading(source.name), source.open() as stream:
        if blocks.start:
            stream.seek(blocks.start * SAMPLE_BYTES)
        for _ in blocks:
            block = stream.read(SAMPLE_BYTES)
            if not block:
                break
            if not block.isascii():
                start = next(index for index, byte in enumerate(block) if byte > 127)
                start = block.rfind(b"\n", 0, start) + 1
                return block[start:] + stream.read(_LATER_BYTES)
    return None


def usual_width(rows: Iterable[Sequence[str]]) -> int:
    """Return the number of cells that most rows have, the larger of two that are as frequent."""
    counts = Counter(map(len, rows))
    return max(counts, key=lambda count: (counts[count], count), default=0)


def blank_characters(delimiter: str) -> str:
    """What a record may consist of and still be blank; DOS ended files with Ctrl-Z."""
    return ' \t\r\n"\xa0\0\x1a\ufeff' + delimiter


def decimal_mark(rows: list[list[str]]) -> str:
    """Return "," where some column of numbers is written with decimal commas."""
    for column in itertools.zip_longest(*rows[1:], fillvalue=""):
        cells = [cell for cell in map(_stripped, column) if not is_missing(cell)]
        commas = [cell for cell in cells if "," in cell]
        if not commas or sum(map(is_number, cells)) < _NEARLY_ALL * len(cells):
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

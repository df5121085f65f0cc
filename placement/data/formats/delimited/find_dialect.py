"""How a text table is written, found by what makes its rows equally wide."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from placement.data.formats.delimited.csv_records import parse_first, quote_fault
from placement.data.formats.delimited.dialect import (
    Dialect,
    Quoting,
    Sample,
    blank_characters,
    decimal_mark,
    is_missing,
    is_number,
    usual_width,
)

COMMON_MARKS = "\t,;|"
_RARE = ("::", "#", "~", "^", ":")
_CONSISTENT = 0.9
_HALF = 0.5
_FEW_COLUMNS = 2
_SAMPLE_RECORDS = 200


def find_dialect(sample: Sample) -> Dialect:
    """Find the delimiter, the quotes, the decimal mark and the line end of a sample."""
    lines = sample.lines()
    dialect = _written_dialect(lines)
    rows = parse_first(lines, dialect, _SAMPLE_RECORDS)
    ends = Counter(line[len(line.rstrip("\r\n")) :] for line in lines)
    ends.pop("", None)
    return replace(
        dialect,
        encoding=sample.encoding,
        bom=sample.bom,
        decimal=decimal_mark(rows),
        line_end=ends.most_common(1)[0][0] if ends else "\n",
        quoting=_quoting(lines[:_SAMPLE_RECORDS], dialect, rows),
    )


@dataclass(frozen=True)
class _Fit:
    """How well the rows of a sample agree in width, read in one dialect.

    `leading`: rows above the first that is as wide; titles must not hide the delimiter.
    """

    dialect: Dialect
    rows: list[list[str]]
    faults: int

    @cached_property
    def width(self) -> int:
        return usual_width(self.rows)

    @cached_property
    def leading(self) -> int:
        if self.width > _FEW_COLUMNS and len(self.rows[0]) == self.width - 1:
            return 0  # the heading of rows that begin with a name of their own
        return sum(1 for _ in itertools.takewhile(lambda row: len(row) < self.width, self.rows))

    @property
    def body(self) -> list[list[str]]:
        return [row for row in self.rows[self.leading :] if len(row) == self.width]

    @property
    def regular(self) -> int:
        """How many rows are as wide as most."""
        return len(self.body) - self.faults

    @property
    def share(self) -> float:
        below = len(self.rows) - self.leading
        return len(self.body) / below if below else 0.0

    @property
    def is_rectangular(self) -> bool:
        return self.width > 1 and self.share >= _CONSISTENT

    @cached_property
    def number_share(self) -> float:
        """The share of the columns that hold numbers: cells split amid are none."""
        columns = list(zip(*self.body[1:], strict=True))
        return sum(map(_holds_numbers, columns)) / max(1, self.width)

    @property
    def sort_key(self) -> tuple[float, int, float]:
        """Consistent first; then the fewest title rows; then the most columns of numbers."""
        share = 1.0 if self.share >= _CONSISTENT else self.share
        return (-share, self.leading, -self.number_share)


def _holds_numbers(column: Sequence[str]) -> bool:
    cells = [cell for cell in map(str.strip, column) if not is_missing(cell)]
    return bool(cells) and all(map(is_number, cells))


def _fit(lines: Sequence[str], dialect: Dialect) -> _Fit:
    rows = parse_first(lines, dialect, _SAMPLE_RECORDS)
    some = lines[:_SAMPLE_RECORDS]
    # Quotes that stand within a cell cost a row its rank, where another dialect explains them.
    faults = sum(bool(quote_fault(line.rstrip("\r\n"), dialect)) for line in some)
    return _Fit(dialect, rows, faults)


def _written_dialect(lines: Sequence[str]) -> Dialect:
    """Return the dialect that makes a table of the lines: delimiter, quote and escape."""
    fits = [_best_quotes(lines, delimiter) for delimiter in COMMON_MARKS]
    best = min((fit for fit in fits if fit.width > 1), key=lambda fit: fit.sort_key, default=None)
    if best is not None and best.is_rectangular and not best.leading:
        return best.dialect
    others = [fit for fit in _uncommon(lines) if fit.is_rectangular and not fit.leading]
    better = min(others, key=lambda fit: fit.sort_key, default=None)
    if better is not None and (best is None or better.sort_key[:2] < best.sort_key[:2]):
        return better.dialect
    if best is not None and best.share >= _HALF:
        return best.dialect
    return better.dialect if better else best.dialect if best else Dialect()


def _uncommon(lines: Sequence[str]) -> Iterator[_Fit]:
    """Yield the readings by blanks and by rarer marks that columns of numbers bear out.

    Words with one space between them are no table.
    """
    for delimiter in (" ", *_RARE):
        if any(delimiter in line for line in lines):
            fit = _best_quotes(lines, delimiter)
            if fit.number_share or (delimiter != " " and fit.width > 2 and len(fit.rows) > 2):
                yield fit
                if delimiter == "::" and fit.is_rectangular:
                    return  # each of its colons would be a delimiter as well


def _best_quotes(lines: Sequence[str], delimiter: str) -> _Fit:
    """Return the reading whose quotes leave the most rows equally wide; the plain one of equals."""
    text, mark = "".join(lines[:_SAMPLE_RECORDS]), re.escape(delimiter)
    plain = Dialect(delimiter=delimiter)
    candidates = [plain]
    if '\\"' in text or f"\\{delimiter}" in text:
        candidates.append(replace(plain, escape="\\"))
    double = re.search(rf'(?:^|{mark}) *"[^"]+" *(?:{mark}|$)', text, re.MULTILINE)
    if not double and re.search(rf"(?:^|{mark}) *'", text, re.MULTILINE):
        candidates.append(replace(plain, quote="'"))
        if "\\'" in text:
            candidates.append(replace(plain, quote="'", escape="\\"))
    fits = [_fit(lines, dialect) for dialect in candidates]
    return max(fits, key=lambda fit: (fit.width > 1, fit.share >= _HALF, _agreement(fit)))


def _agreement(fit: _Fit) -> tuple[int, int]:
    """Whether the heading is as wide as the rows, and how many of them agree."""
    return (-fit.leading if fit.rows else 0, fit.regular)


def _quoting(lines: Sequence[str], dialect: Dialect, rows: list[list[str]]) -> Quoting:
    quote, text = dialect.quote, "".join(lines)
    if quote not in text or not rows:
        return "minimal"
    non_blank = [line for line in lines if line.strip(blank_characters(dialect.delimiter))]
    cells = list(itertools.chain.from_iterable(rows))
    mark = re.escape(dialect.delimiter)
    quoted = len(
        re.findall(
            rf"(?:^|{mark})[ ]*{quote}(?=[^{quote}]|{quote}(?:{mark}|$))",
            "\n".join(non_blank),
            re.MULTILINE,
        )
    )
    if quoted >= len(cells):
        return "all"
    words = sum(bool(cell) and not is_number(cell.strip()) for cell in cells)
    return "text" if quoted >= max(words, 2) else "minimal"

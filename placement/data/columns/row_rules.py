"""Rules such as `batch==2025` or `>=3`: parsed once, then applied to columns.

RULE is `[column] == != < <= > >= value`; a name with spaces stands in backticks. Numbers
compare as numbers, words trimmed and case-folded; a missing cell never matches.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.arrays import BoolArray, ObjectArray
from placement.data.schema import matching_column
from placement.errors import UsageError
from placement.model.scorer import (
    PLAIN,
    READ,
    Coded,
    ColumnLike,
    Formats,
    NumberFormat,
    TableLike,
    fold,
    parse_numbers,
    words,
)

_RULE = re.compile(r"\s*(?:`([^`]+)`|([^`=!<>]*?))\s*(==|!=|<=|>=|<|>)\s*(.*?)\s*", re.DOTALL)
BLANK = '""'
NOT_BLANK = f"!={BLANK}"
_SIGN = re.compile(r"==|!=|<=|>=|<|>")
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True)
class Rule:
    """One comparison. `number` is the value as a number, None where it is a word."""

    column: str | None
    sign: str
    value: str
    number: float | None

    def matches(self, cells: ColumnLike, form: NumberFormat = PLAIN) -> BoolArray:
        """Return which cells (n,) satisfy the comparison."""
        if isinstance(cells, Coded):
            return np.asarray(self.matches(cells.texts, form)[cells.codes], dtype=bool)
        compare = _COMPARE[self.sign]
        if self.number is None:
            folded = fold(self.value)
            return _test_distinct(words(cells), lambda word: bool(compare(fold(word), folded)))
        numbers, unparsable = parse_numbers(cells, form)
        with np.errstate(invalid="ignore"):
            satisfied = np.asarray(compare(numbers, self.number), dtype=bool) & ~np.isnan(numbers)
        # A word is not the number 3, so it does match `!=3`; a blank cell matches nothing.
        has_words = self.sign == "!=" and np.asarray(cells).dtype.kind == "O"
        return satisfied | unparsable if has_words else satisfied

    def mask(self, columns: TableLike, *, formats: Formats = READ, file: str = "") -> BoolArray:
        """Return which rows of a table satisfy the rule; `DataError` without its column."""
        name = matching_column(columns.keys(), self.column or "", option=str(self), file=file)
        return self.matches(columns[name], formats.get(self.column or "", PLAIN))

    def negated(self) -> str:
        """The rule that holds where this one does not (but for missing cells)."""
        return f"{self.column or ''}{_OPPOSITE[self.sign]}{self.value or BLANK}"

    def __str__(self) -> str:
        name = self.column or ""
        return f"{f'`{name}`' if ' ' in name else name}{self.sign}{self.value or BLANK}"


def parse_rule(text: str, *, option: str, column_needed: bool = True) -> Rule:
    """Read a rule; `UsageError` naming the option where it is none."""
    example = "'batch==2025'" if column_needed else "'>=3'"
    match = _RULE.fullmatch(text)
    if match is None:
        if text.count("=") == 1:
            example = repr(text.replace("=", "=="))
        raise UsageError(
            f"{option} {text!r}: not a rule; write it like {example} (== != < <= > >=)"
        )
    column, sign, value = (match[1] or match[2] or "").strip(), match[3], _unquoted(match[4])
    if column_needed and not column:
        raise UsageError(f"{option} {text!r}: names no column; write it like {example}")
    if _SIGN.search(value):
        raise UsageError(f"{option} {text!r}: one comparison at a time; write it like {example}")
    if text.strip() == NOT_BLANK:
        return Rule(None, sign, "", None)
    if not value or value[0] in "=<>!":
        raise UsageError(f"{option} {text!r}: no value after {sign}; write it like {example}")
    numbers, unparsable = parse_numbers([value])
    number = None if unparsable[0] or np.isnan(numbers[0]) else float(numbers[0])
    if number is None and sign not in ("==", "!="):
        raise UsageError(f"{option} {text!r}: {sign} needs a number after it, not {value!r}")
    return Rule(column or None, sign, value, number)


def is_rule(text: str) -> bool:
    """Whether the value of `--positive` is a rule, not a word of the column."""
    return re.match(r"\s*(==|!=|<=|>=|<|>)", text) is not None


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1].strip()
    return value


def _test_distinct(cells: ObjectArray, test: Callable[[str], bool]) -> BoolArray:
    """Apply a test to each distinct word; a missing one never passes."""
    passes = {word: word is not None and test(word) for word in set(cells.tolist())}
    return np.fromiter((passes[word] for word in cells), dtype=bool, count=len(cells))

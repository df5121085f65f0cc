"""A model as one Python file that needs the standard library alone: `probability(row)`."""

import inspect
import json
from collections.abc import Callable, Iterator

from placement.model import scorer
from placement.model.scorer import (
    MISSING_NUMBERS,
    Isotonic,
    Platt,
    fold,
    fold_level,
    plain,
)
from placement.reporting.export.formula import Cell, Formula, LevelCell, NumberCell
from placement.reporting.export.language import Language

PYTHON = Language(
    at_least="max({0}, {1})",
    at_most="min({0}, {1})",
    positive_cube="max({0}, 0.0) ** 3",
    choice="({1} if {0} else {2})",
    is_missing="{0} is None",
    is_slot="{0} == {1}",
)
_PATTERNS = ("_UNSEEN", "_ENTITY", "_TEXT_FORMULA", "_DOTTED_LETTERS", "_DOT")
_FUNCTIONS: tuple[Callable[..., str], ...] = (plain, fold, fold_level)

_HEAD = '''"""{title}

    python -I {file} < students.csv > scored.csv

adds `placement_probability` to each row of a CSV file (UTF-8, commas), and in `placement_notes` why
a row has none. In Python: `probability({{"column": cell, ...}})`. It needs nothing but Python 3.9.
Numbers are written plainly: 7.5, not 7,5 or 75 %; a blank cell is missing.
"""

import bisect
import csv
import html
import math
import re
import sys
import unicodedata

MISSING = {missing}
NUMBER = re.compile(r"[+-]?(\\d+\\.?\\d*|\\.\\d+)(e[+-]?\\d+)?", re.IGNORECASE | re.ASCII)
'''

_CELLS = '''

def cell_of(row, column):
    """Return a row's cell of a column, whatever the case and the blanks of its name."""
    if column in row:
        return row[column]
    folded = " ".join(column.split()).casefold()
    for name in row:
        if name is not None and " ".join(name.split()).casefold() == folded:
            return row[name]
    raise ValueError(f"there is no column {column!r}")


def number(row, column):
    """Return the number in a cell, None where it is missing."""
    cell = cell_of(row, column)
    if cell is None:
        return None
    if isinstance(cell, str):
        text = cell.strip()
        if text.casefold() in MISSING:
            return None
        if not NUMBER.fullmatch(text):
            raise ValueError(f"{column}: {cell!r} is no plain number, such as 7.5 or a blank")
        cell = text
    value = float(cell)
    return value if math.isfinite(value) else None


def words(cell):
    """Return a cell's text, None where it is blank."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return plain(str(cell)) or None
'''

_TAIL = '''

def main():
    """Score the CSV file on standard input."""
    sys.stdin.reconfigure(encoding="utf-8-sig", newline="")
    sys.stdout.reconfigure(encoding="utf-8", newline="")
    rows = csv.DictReader(sys.stdin)
    writer = csv.writer(sys.stdout, lineterminator="\\n")
    names = list(rows.fieldnames or [])
    writer.writerow([*names, "placement_probability", "placement_notes"])
    for row in rows:
        try:
            answer = [repr(probability(row)), ""]
        except ValueError as fault:
            answer = ["", str(fault)]
        writer.writerow([*(row[name] for name in names), *answer])


if __name__ == "__main__":
    main()
'''


def python_file(formula: Formula, title: str, file: str) -> str:
    """Return the text of the file; `title` says which model it is."""
    parts = [
        _HEAD.format(title=_docstring(title), file=file, missing=sorted(MISSING_NUMBERS)),
        *(f"{name} = {getattr(scorer, name)!r}\n" for name in _PATTERNS),
        *(f"\n\n{inspect.getsource(function)}" for function in _FUNCTIONS),
        _CELLS,
        *_tables(formula),
        "\n\ndef probability(row):\n",
        '    """Return the probability for a row: a mapping of cells by column."""\n',
        *(f"    {line}\n" for line in _lines(formula)),
        _TAIL,
    ]
    return "".join(parts)


def _docstring(title: str) -> str:
    return title.replace("\\", "\\\\").replace('"', "'")


def _tables(formula: Formula) -> Iterator[str]:
    """Yield the slots of the spellings of each category, and the points of a calibration."""
    yield "\n"
    for cell in formula.cells:
        if isinstance(cell, LevelCell):
            yield f"# {json.dumps(cell.column)}\n{_table(cell)} = {_slots(cell)!r}\n"
    if isinstance(formula.calibration, Isotonic):
        yield f"LOGITS = {list(formula.calibration.logit)!r}\n"
        yield f"PROBABILITIES = {list(formula.calibration.probability)!r}\n"


def _table(cell: LevelCell) -> str:
    return f"SLOTS_{cell.name[1:]}"


def _slots(cell: LevelCell) -> dict[float, int] | dict[str, int]:
    if cell.levels.numeric:
        return {number: slot for slot, number in enumerate(cell.numbers)}
    return {word: slot for word, slot in cell.levels.slot_of_spelling.items() if word is not None}


def _lines(formula: Formula) -> Iterator[str]:
    """Yield the statements of the function."""
    yield from (_cell(cell) for cell in formula.cells)
    yield from (f"{step.name} = {PYTHON.write(step.value)}" for step in formula.steps)
    yield f"z = {formula.intercept!r}"
    for encoded in formula.encoded:
        yield f"z += {encoded.step} * {encoded.weight!r}  # {json.dumps(encoded.feature)}"
    match formula.calibration:
        case Isotonic(logit):
            yield f"k = min(max(bisect.bisect_right(LOGITS, z), 1), {len(logit) - 1})"
            yield "low, high = LOGITS[k - 1 : k + 1]"
            yield "share = min(max((z - low) / (high - low), 0.0), 1.0)"
            yield (
                "return PROBABILITIES[k - 1] + share * (PROBABILITIES[k] - PROBABILITIES[k - 1])"
            )
            return
        case Platt(slope, intercept):
            yield f"z = z * {slope!r} + {intercept!r}"
    yield "small = math.exp(-abs(z))"
    yield "return (1.0 if z >= 0 else small) / (1.0 + small)"


def _cell(cell: Cell) -> str:
    column = json.dumps(cell.column, ensure_ascii=False)
    if isinstance(cell, NumberCell):
        return f"{cell.name} = number(row, {column})"
    folded = "fold_level" if cell.levels.ignores_dots else "fold"
    if cell.levels.numeric:
        word, key = f"number(row, {column})", "word"
    else:
        word, key = f"words(cell_of(row, {column}))", f"{folded}(word)"
    known = f"{_table(cell)}.get({key}, {cell.if_unknown})"
    return f"{cell.name} = {cell.if_missing} if (word := {word}) is None else {known}"

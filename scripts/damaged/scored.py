"""A scored table, against the damaged one: no cell moves, and each student has the right answer."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import openpyxl

from scripts.damaged.judge import WRONG, Verdict
from scripts.damaged.sheet import Row

_LEAST_ANSWERED = 0.9
_ROLL = re.compile(r"22CS\d{3}", re.IGNORECASE)
_PROBABILITY, _NOTES = "placement_probability", "placement_notes"
_OURS = re.compile(rf"""(.)(["']?{_PROBABILITY}.*)""")
_FEATURES = ("branch", "cgpa", "aptitude", "backlogs", "fee")
_BESIDE = r"""[,;|\t~^:"']"""  # what may stand beside a cell
_SIGNS = str.maketrans(dict.fromkeys("\ufeff\0\x1a"))  # which may go from between the records


@dataclass(frozen=True)
class Due:
    """The answer that a student must have, and the true cells that it follows from."""

    answer: str
    row: Row


@dataclass(frozen=True)
class Answered:
    """A record of a scored file: the students in it, its answer, and why that is in doubt."""

    rolls: tuple[str, ...]
    text: str
    probability: str
    notes: str


def compare_answers(
    damaged: Path, out: Path, due: Mapping[str, Due], warnings: Sequence[str]
) -> Verdict:
    """Compare a scored file with the damaged one, and with the answer due to each roll.

    Another answer needs a note in its row, or one of the `warnings`, that names the column of a
    cell that does not stand there as it truly is.
    """
    is_workbook = damaged.suffix == ".xlsx"
    try:
        records = list(_of_workbook(damaged, out) if is_workbook else _of_text(damaged, out))
    except MovedError as moved:
        return Verdict(WRONG, str(moved))
    fault = next(filter(None, (_fault(record, due, warnings) for record in records)), None)
    if fault is not None:
        return Verdict(WRONG, fault)
    answered = Counter(record.rolls for record in records if record.probability)
    if len(answered) < _LEAST_ANSWERED * len(due):
        return Verdict(WRONG, f"{len(answered)} of {len(due)} students were answered")
    doubts = sum(bool(record.notes) for record in records)
    if doubts or warnings:
        return Verdict("noted", f"{doubts} records have a note; {' | '.join(warnings)}")
    return Verdict("right")


def _fault(record: Answered, due: Mapping[str, Due], warnings: Sequence[str]) -> str | None:
    """Say what is wrong with a record's answer; None where it is in order."""
    if not record.probability:
        return None if record.notes else f"no answer and no reason: {record.text}"
    if len(record.rolls) != 1 or record.rolls[0] not in due:
        return f"an answer for {record.rolls or 'nobody'}: {record.text}"
    true = due[record.rolls[0]]
    if record.probability == true.answer:
        return None
    said = any(names_column(n, (record.notes, *warnings)) for n in _otherwise(record.text, true))
    return None if said else f"another answer, and its column is not named: {record.text}"


def _otherwise(text: str, due: Due) -> list[str]:
    """Return the features whose true cells do not stand in a record."""
    return [
        name
        for name in _FEATURES
        if not re.search(rf"{_BESIDE}\s*{re.escape(due.row[name])}\s*{_BESIDE}", f",{text},")
    ]


def names_column(name: str, texts: Iterable[str]) -> bool:
    """Whether one of some texts names a column."""
    return any(re.search(rf"\b{name}\b", text) for text in texts)


class MovedError(Exception):
    """A record does not stand as it stood."""


def _of_text(damaged: Path, out: Path) -> Iterator[Answered]:
    """Yield the records of a scored text file; each of its lines must begin with one that stood."""
    lines = lines_of(out)
    top, heading = next((n, m) for n, m in enumerate(map(_OURS.search, lines)) if m)
    delimiter = heading[1]
    names = [n.strip("'") for n in next(csv.reader([heading[2]], delimiter=delimiter))]
    stood = Counter(filter(None, (line.rstrip(",;|\t\r ") for line in lines_of(damaged))))
    with_roll = Counter({line: n for line, n in stood.items() if _ROLL.search(line)})
    parts: list[str] = []
    for line in filter(None, lines[top + 1 :]):
        begins = max((s for s in stood if line.startswith(s)), key=len, default=None)
        if begins is None:
            raise MovedError(f"a line that did not stand in the file: {line}")
        with_roll[begins] -= 1
        parts.append(begins)
        cells = next(csv.reader([line[len(begins) :]], delimiter=delimiter))
        if len(cells) >= len(names):  # else the record goes on
            yield _answered("\n".join(parts), dict(zip(names, cells[-len(names) :], strict=True)))
            parts = []
    gone = [line for line, n in with_roll.items() if n > 0 and _ROLL.search(line)]
    if gone:
        raise MovedError(f"{len(gone)} lines are gone: {gone[0]}")


def _of_workbook(damaged: Path, out: Path) -> Iterator[Answered]:
    """Yield the records of a scored workbook; each row of cells must stand as it stood."""
    sheet = openpyxl.load_workbook(BytesIO(damaged.read_bytes()), data_only=True).worksheets[0]
    stood = Counter(tuple(map(_plain, row)) for row in sheet.iter_rows(values_only=True))
    with out.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    top = next(n for n, row in enumerate(rows) if _PROBABILITY in row)
    first = rows[top].index(_PROBABILITY)
    for row in rows[top + 1 :]:
        cells = tuple(map(_plain, row[:first]))
        if not any(_ends_alike(cells, other) for other in stood):
            raise MovedError(f"a row that did not stand in the sheet: {row}")
        yield _answered("\t".join(cells), dict(zip(rows[top][first:], row[first:], strict=True)))


def _ends_alike(cells: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two rows are one, blank cells before and behind them aside."""
    return [*filter(None, cells)] == [*filter(None, other)]


def _plain(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    text = "" if cell is None or str(cell).startswith("#") else " ".join(str(cell).split())
    return text.removesuffix(".0") if re.fullmatch(r"-?\d+\.0", text) else text


def _answered(text: str, ours: Mapping[str, str]) -> Answered:
    rolls = tuple(dict.fromkeys(roll.upper() for roll in _ROLL.findall(text)))
    probability = ours[_PROBABILITY].replace(",", ".")
    return Answered(rolls, text, probability, ours.get(_NOTES, ""))


def lines_of(path: Path) -> list[str]:
    """Decode a file and split it into its lines."""
    data = path.read_bytes()
    wide = {b"\0": "utf-16-be"}.get(data[:1]) or {b"\0": "utf-16-le"}.get(data[1:2])
    try:
        text = data.decode(wide or "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    return re.split(r"\r\n|\n|\r", text.translate(_SIGNS))

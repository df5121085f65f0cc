"""A table of students about to be written, and the register of the damage that is done to it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

NAMES = ("roll", "name", "branch", "cgpa", "aptitude", "backlogs", "fee", "remark", "status")
NUMBERS = frozenset({"cgpa", "aptitude", "backlogs", "fee"})
ROWS = 90
_FIRST = [
    *("Asha", "Ravi", "Meena", "Arun", "Zoya", "Imran"),
    *("Divya", "Karthik", "Leela", "Nikhil", "Pooja", "Sanjay"),
]
_LAST = ["Rao", "Iyer", "Khan", "Das", "Nair", "Gupta", "Sharma", "Reddy", "Bose", "Jain"]
_REMARKS = ["", "", "good", "late, but fine", "asked twice"]

Row = dict[str, str]


@dataclass
class Sheet:
    """A table as it will be written: the true cells as text, and how its lines come to stand."""

    rows: list[Row]
    delimiter: str = ","
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    lines: dict[int, str] = field(default_factory=dict)  # a row's line, where it is no plain one
    before: dict[int, str] = field(default_factory=dict)  # a line above a row
    heading: str | None = None
    end: str = "\n"

    def cells(self, row: int) -> list[str]:
        """Return the written cells of a row."""
        return [quoted(self.rows[row][n], self.delimiter) for n in NAMES]

    def line(self, row: int) -> str:
        """Write a row as an undamaged line."""
        return self.delimiter.join(self.cells(row))

    def write(self, row: int, **cells: str) -> None:
        """Write some cells of a row otherwise than they are."""
        self.lines[row] = self.delimiter.join(
            quoted(cells.get(n, self.rows[row][n]), self.delimiter) for n in NAMES
        )

    def write_all(self, name: str, written: Callable[[str], str]) -> None:
        """Write a whole column otherwise."""
        for row, cells in enumerate(self.rows):
            self.write(row, **{name: written(cells[name])})

    def text(self) -> str:
        """Write the table."""
        heading = self.heading if self.heading is not None else self.delimiter.join(NAMES)
        lines = [*self.above, heading]
        for row in range(len(self.rows)):
            lines += [self.before[row]] if row in self.before else []
            lines.append(self.lines.get(row, self.line(row)))
        return self.end.join([*lines, *self.below]) + self.end


def quoted(cell: str, delimiter: str) -> str:
    """Write a cell, in quotes where it needs them."""
    needs = delimiter in cell or '"' in cell or "\n" in cell
    return '"' + cell.replace('"', '""') + '"' if needs else cell


def students(seed: int = 7) -> list[Row]:
    """Draw the students whose table is damaged; every name is one student's alone."""
    draw = Random(seed)
    rows = []
    for number in range(ROWS):
        cgpa = round(draw.uniform(5.2, 9.8), 2)
        aptitude = draw.randint(31, 98)
        chance = 1 / (1 + math.exp(-(1.3 * (cgpa - 7.3) + 0.05 * (aptitude - 60))))
        rows.append(
            {
                "roll": f"22CS{number + 101}",
                "name": f"{_FIRST[number % 12]} {_LAST[number // 12]}",
                "branch": draw.choice(["CSE", "ECE", "MECH", "IT"]),
                "cgpa": f"{cgpa:.2f}",
                "aptitude": str(aptitude),
                "backlogs": str(draw.choice([0, 0, 0, 1, 2, 3])),
                "fee": str(draw.randint(40_000, 220_000)),
                "remark": draw.choice(_REMARKS),
                "status": "Placed" if draw.random() < chance else "Not Placed",
            }
        )
    return rows


# Damages a sheet, whose rows stay the truth, at one of its rows; returns the bytes of the file
# where they are not the sheet's text.
Damage = Callable[[Sheet, int, Random], bytes | None]
KINDS: dict[str, Damage] = {}
GUESSES: set[str] = set()  # kinds that come right by a guess only: so it must be said


def kind(damage: Damage) -> Damage:
    """Register a kind of damage under the name of its function."""
    KINDS[damage.__name__] = damage
    return damage


def guess(damage: Damage) -> Damage:
    """Register a kind of damage that is repaired by a guess, of which something must be said."""
    GUESSES.add(damage.__name__)
    return kind(damage)

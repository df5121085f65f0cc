"""Which rows of a table were read, and which left out: the faulty ones, and those no student's."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from placement.config.bad_rows import BadRows
from placement.data.columns.row_locations import RowLocations
from placement.data.formats.blocks import Block, LeftOutRow
from placement.data.formats.faulty_rows import leave_out
from placement.errors import counted

NOT_KNOWN = "not yet known"  # how the reason ends of a row without an outcome
_HOPELESS = 10_000  # faulty rows, more than others: no more are read
_NAMED = 5
_MOST_TEXT = 40


@dataclass
class RowsLeftOut:
    """The faulty rows of a table, and those that are no students."""

    faulty: list[LeftOutRow] = field(default_factory=list)
    others: list[LeftOutRow] = field(default_factory=list)

    def add(self, block: Block) -> None:
        """Take in those of a block; DataError where a second table with other columns begins."""
        self.faulty += block.left_out
        block.refuse_second_table()
        self.others += block.others()


@dataclass
class ReadRows:
    """The rows of a table (`name`) that were read: where students stand, and what was left out.

    `not_students`: for each block, which of its rows are none; where it is given, that holds, as a
    block of few columns cannot tell.
    """

    name: str
    locations: RowLocations
    not_students: list[Mapping[int, str]] = field(default_factory=list)
    left_out: RowsLeftOut = field(default_factory=RowsLeftOut)
    blank: int = 0
    _blocks: int = 0

    def students(self, block: Block) -> Block:
        """Take in a block, and return its students; DataError where too many rows are faulty."""
        if self._blocks == len(self.not_students):
            self.not_students.append(block.not_students)
        block = replace(block, not_students=self.not_students[self._blocks])
        self._blocks += 1
        self.blank += block.blank_lines
        self.left_out.add(block)
        students, faulty, read = block.students(), self.left_out.faulty, len(self.locations)
        if len(faulty) > max(read + len(students), _HOPELESS):
            leave_out(faulty, len(faulty) + read, BadRows(), self.name)
        if len(students):
            self.locations.add(students)
        return students


def count_by_reason(rows: Iterable[LeftOutRow]) -> tuple[tuple[str, int], ...]:
    """Count rows by the reason why they are left out."""
    return tuple(Counter(row.reason for row in rows).items())


def describe_rows(rows: Sequence[LeftOutRow], what: str) -> tuple[str, ...]:
    """Say what becomes of some rows, naming the first; nothing where there are none."""
    if not rows:
        return ()
    several = len({row.file for row in rows}) > 1
    named = [_describe(row, with_file=several) for row in rows[:_NAMED]]
    more = f" and {len(rows) - _NAMED:,} more" if len(rows) > _NAMED else ""
    return (f"{counted(len(rows), 'row')} {what}: {'; '.join(named)}{more}",)


def _describe(row: LeftOutRow, *, with_file: bool) -> str:
    text = row.text if len(row.text) <= _MOST_TEXT else row.text[: _MOST_TEXT - 1] + "…"
    where = [row.file] if with_file else []
    where += [] if row.line is None else [f"line {row.line}"]
    return f"{' '.join([*where, repr(text)])} ({row.reason})"

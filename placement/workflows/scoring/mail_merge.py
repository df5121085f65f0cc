"""A sheet of invitations, for letters and mails: who is invited, and not a word of why.

Nothing in it tells how anybody was chosen: no chance, no seat, and not the order of the list.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from placement.data.formats.blocks import BlockRequest, text_of
from placement.data.formats.table_reader import Reader
from placement.data.names.equivalents import means
from placement.data.names.identifiers import identity_columns, means_mail, means_persons_name
from placement.data.output.sheet_texts import write_letters
from placement.data.output.take_rows import as_array
from placement.data.schema import SEAT
from placement.data.table.roles.earlier_lists import HELPED
from placement.errors import DataError
from placement.model.scorer import fold
from placement.runtime.atomic_write import replacing, writing
from placement.workflows.scoring.score_blocks import Scored

NAME, NUMBER, BRANCH, MAIL = "Name", "Register number", "Branch", "E-mail"
_OF_FORMULAS = ("=", "+", "-", "@")
_INVITATION = (
    "The placement office invites you to its preparation programme for this year's interviews. "
    "Please reply with the days that suit you, and with anything you would like to practise."
)


@dataclass
class MailMerge:
    """Takes in the rows that are written. `columns`: those of the file behind each of ours."""

    columns: Mapping[str, tuple[str, ...]]
    _rows: list[dict[str, str]] = field(default_factory=list)

    def widened(self, request: BlockRequest) -> BlockRequest:
        """Return what is to be read of the table's rows besides."""
        needed = frozenset(name for names in self.columns.values() for name in names)
        columns = None if request.columns is None else request.columns | needed
        return replace(request, columns=columns, as_text=request.as_text | needed)

    def add(self, scored: Scored) -> None:
        """Invite the students of a block who have a seat, or all where there are no seats."""
        invited = scored.keep
        if SEAT in scored.cells:
            invited = invited & np.isin(as_array(scored.cells[SEAT]).astype(str), HELPED)
        for row in np.flatnonzero(invited).tolist():
            self._rows.append(
                {
                    ours: " ".join(
                        filter(None, (text_of(scored.block.columns[n][row]).strip() for n in names))
                    )
                    for ours, names in self.columns.items()
                }
            )

    def table(self) -> tuple[tuple[str, ...], Sequence[tuple[str, ...]]]:
        """Return header and rows, by branch and name: the order of the list would tell."""
        order = [name for name in (BRANCH, NAME, NUMBER) if name in self.columns]
        rows = sorted(self._rows, key=lambda row: [fold(row[name]) for name in order])
        header = (*self.columns, "Greeting", "Text")
        return header, [(*row.values(), _greeting(row), _INVITATION) for row in rows]


def _greeting(row: Mapping[str, str]) -> str:
    return f"Dear {row.get(NAME) or 'student'},"


@contextmanager
def open_mail_merge(out: str | None, reader: Reader) -> Iterator[MailMerge | None]:
    """Open the file of invitations, written whole or not at all; None where there is none."""
    if out is None:
        yield None
        return
    letters = MailMerge(_columns(reader))
    with replacing(Path(out)) as temporary:
        yield letters
        header, rows = letters.table()
        with writing(out):
            if Path(out).suffix.casefold() == ".xlsx":
                write_letters(temporary, header, rows)
            else:
                with temporary.open("w", encoding="utf-8-sig", newline="") as stream:
                    csv.writer(stream).writerows(map(_without_formulas, [header, *rows]))


def _without_formulas(cells: Sequence[str]) -> list[str]:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    return [f"'{cell}" if cell.startswith(_OF_FORMULAS) else cell for cell in cells]


def _columns(reader: Reader) -> dict[str, tuple[str, ...]]:
    """Return the columns that say who a student is and how to write to him."""
    shown = identity_columns(reader.names)
    named = tuple(filter(means_persons_name, shown))
    columns = {
        NAME: named,
        NUMBER: tuple(name for name in shown if name not in named),
        BRANCH: tuple(name for name in reader.names if means(name, "branch"))[:1],
        MAIL: tuple(filter(means_mail, reader.names))[:1],
    }
    if not shown:
        raise DataError(
            f"{reader.name}: no column is known to say who a student is, so that nobody can be "
            "invited: --rename 'Name=COLUMN' says which one does"
        )
    return {ours: names for ours, names in columns.items() if names}

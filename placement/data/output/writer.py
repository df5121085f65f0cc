"""`Output`, to which predictions are written: the table's columns, then the added ones."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy.typing as npt

from placement.data.formats.blocks import Block, BlockRequest
from placement.data.formats.table_reader import Reader
from placement.model.scorer import TableLike

_OURS = re.compile(
    r"placement_(probability|prediction|label|low|high|seat|rank|notes|reason_\d+)$", re.IGNORECASE
)


NOTES = "placement_notes"


@dataclass(frozen=True)
class Description:
    """What a workbook says of its list: headings with sentences, and names with what they are.

    It has nothing of the clock, nor of where files are: the same list makes the same bytes.
    """

    title: str
    summary: tuple[tuple[str, tuple[str, ...]], ...]
    about: tuple[tuple[str, str], ...]

    def of_part(self, column: str, word: str) -> "Description":
        """Return what is said beside the rows of one group."""
        text = f"This is the part of the list with {column}: {word.strip() or 'blank'}."
        return replace(self, summary=(("", (text,)), *self.summary))


class Output(ABC):
    """Where rows go. `replaced`: columns of the input that new ones took the place of.

    `files` are the names of those that are written beside it, of its groups.
    """

    files: Sequence[str] = ()

    def __init__(self, plan: "Plan", name: str) -> None:
        self._plan, self._name, self.replaced = plan, name, plan.replaced

    @property
    def request(self) -> BlockRequest:
        """What to read of a table: every column as it is written; typed sources with types."""
        return BlockRequest(as_text=frozenset(self._plan.reader.names), records=True)

    @abstractmethod
    def prepare(self, block: Block, cells: TableLike, rows: npt.ArrayLike | None = None) -> Any:
        """Return rows of a block with their new cells as `put` takes them; any thread may call it.

        `cells` holds, for each added name, one cell per row of the block; of a row that is no
        student only the notes are written. `rows` is a mask, or positions in order; None for all.
        """

    @abstractmethod
    def put(self, prepared: Any) -> None:
        """Append prepared rows."""

    def describe(self, description: Callable[[], Description]) -> None:  # noqa: B027
        """Say of the list, once all rows are written, what there is room for: in text nothing."""


@dataclass(frozen=True)
class Plan:
    """The columns of an output: those of the table that stay, then the added ones."""

    reader: Reader
    added: tuple[str, ...]

    @property
    def replaced(self) -> tuple[str, ...]:
        """Columns of an earlier prediction, and any that have the name of an added one."""
        new = {name.casefold() for name in self.added}
        return tuple(n for n in self.reader.names if _OURS.match(n) or n.casefold() in new)

    @property
    def input_columns(self) -> tuple[str, ...]:
        """The columns of the table that are not replaced."""
        return tuple(name for name in self.reader.names if name not in self.replaced)

    @property
    def header(self) -> tuple[str, ...]:
        """The header cells of the output, as in the file; columns without a name stay so."""
        blank = {n for n in self.reader.unnamed if n.startswith("unnamed_")}
        return tuple("" if name in blank else name for name in self.file_names)

    @property
    def file_names(self) -> tuple[str, ...]:
        """What the file calls its columns, whatever `--rename` makes of them, and the added."""
        own = self.reader.file_names
        return (*(own.get(name, name) for name in self.input_columns), *self.added)

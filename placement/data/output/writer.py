"""What an output of predictions is: the table's columns, then the added ones, block by block."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from placement.data.formats.blocks import Block, BlockRequest
from placement.data.formats.table_reader import Reader

_OURS = re.compile(
    r"placement_(probability|prediction|label|low|high|notes|reason_\d+)$", re.IGNORECASE
)


class Output(ABC):
    """Where rows go. `replaced`: columns of the input that new ones took the place of."""

    replaced: tuple[str, ...]

    @property
    @abstractmethod
    def wanted(self) -> BlockRequest:
        """What it needs to see of a table's rows."""

    @abstractmethod
    def prepared(self, block: Block, cells: Mapping[str, Any], rows: Any = None) -> Any:
        """Return rows of a block with their new cells as `put` takes them; any thread may ask.

        `cells` holds, for each added name, one cell per row of the block. `rows` is a mask, or
        positions in the order wanted; without it all rows are meant.
        """

    @abstractmethod
    def put(self, prepared: Any) -> None:
        """Append what was prepared."""

    def write(self, block: Block, cells: Mapping[str, Any], rows: Any = None) -> None:
        """Append rows of a block with their new cells."""
        self.put(self.prepared(block, cells, rows))


@dataclass(frozen=True)
class Plan:
    """What an output consists of: the kept columns of the table, then the added ones."""

    reader: Reader
    added: tuple[str, ...]

    @property
    def replaced(self) -> tuple[str, ...]:
        """Columns of an earlier prediction, and any that have the name of an added one."""
        new = {name.casefold() for name in self.added}
        return tuple(n for n in self.reader.names if _OURS.match(n) or n.casefold() in new)

    @property
    def kept(self) -> tuple[str, ...]:
        """The other columns."""
        return tuple(name for name in self.reader.names if name not in self.replaced)

    @property
    def titles(self) -> tuple[str, ...]:
        """The header cells of the output; columns without a name stay so."""
        blank = {n for n in self.reader.unnamed if n.startswith("unnamed_")}
        return (*("" if name in blank else name for name in self.kept), *self.added)

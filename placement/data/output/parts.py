"""A list by groups: the whole of it, and a sheet or a file beside it for each word of a column."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from placement.data.formats.blocks import Block, BlockRequest, text_of
from placement.data.formats.table_reader import Reader
from placement.data.output.csv_cells import row_indices
from placement.data.output.csv_writer import open_output
from placement.data.output.part_names import file_names
from placement.data.output.sheet_writer import SheetOutput
from placement.data.output.take_rows import as_array
from placement.data.output.writer import Description, Output, Plan
from placement.errors import DataError
from placement.model.scorer import TableLike, fold

MOST_PARTS = 200  # of which each is an open file until the last row


@dataclass(frozen=True)
class Parts:
    """For each word of a column `by` there is one more file, or sheet.

    `refuse` raises where a file must not be replaced.
    """

    each: Literal["sheet", "file"]
    by: str
    refuse: Callable[[Path], None]


@contextmanager
def open_parts(
    out: str | None,
    reader: Reader,
    added: Sequence[str],
    parts: Parts | None,
    *,
    excel: bool = False,
) -> Iterator[Output]:
    """Open the output of the whole list, and with `parts` those of its groups."""
    with ExitStack() as stack:

        def opened(path: str | None) -> Output:
            return stack.enter_context(open_output(path, reader, added, excel=excel))

        whole = opened(out)
        if parts is None:
            yield whole
            return
        names, files = file_names(Path(str(out))), list[str]()

        def file(word: str) -> Output:
            path = names.file(Path(str(out)), word)
            parts.refuse(path)
            files.append(path.name)
            return opened(str(path))

        open_part = whole.tab if isinstance(whole, SheetOutput) and parts.each == "sheet" else file
        parted = PartedOutput(whole, Plan(reader, tuple(added)), str(out), parts.by, open_part)
        parted.files = files
        yield parted


class Part(Protocol):
    """Where the rows of a group go."""

    def put(self, prepared: Any) -> None:
        """Append prepared rows."""


class PartedOutput(Output):
    """Rows in the whole list, and those of students in the part of their group as well."""

    def __init__(
        self, whole: Output, plan: Plan, name: str, by: str, open_part: Callable[[str], Part]
    ) -> None:
        super().__init__(plan, name)
        self._whole, self._by, self._open = whole, by, open_part
        self._parts: dict[str, tuple[str, Part]] = {}

    @property
    def request(self) -> BlockRequest:
        """What the whole list needs, and the words of the column."""
        own, by = self._whole.request, frozenset({self._by})
        columns = None if own.columns is None else own.columns | by
        return replace(own, columns=columns, as_text=own.as_text | by)

    def prepare(self, block: Block, cells: TableLike, rows: npt.ArrayLike | None = None) -> Any:
        """Return the rows as the whole list takes them, and by the words of their groups."""
        indices = row_indices(rows, len(block))
        students = indices[block.is_student[indices]]
        words = list(map(text_of, as_array(block.columns[self._by])[students].tolist()))
        spelled: dict[str, str] = {}
        folded = np.array([fold(word) for word in words], dtype=object)
        for key, word in zip(folded.tolist(), words, strict=True):
            spelled.setdefault(key, word)
        whole = self._whole.prepare
        groups = [
            (key, word, whole(block, cells, students[folded == key]))
            for key, word in spelled.items()
        ]
        return whole(block, cells, rows), groups

    def put(self, prepared: Any) -> None:
        """Append those rows; a group is begun with its first row."""
        whole, groups = prepared
        self._whole.put(whole)
        for key, word, rows in groups:
            if key not in self._parts:
                if len(self._parts) == MOST_PARTS:
                    raise DataError(
                        f"{self._by}: more than {MOST_PARTS} different words, each of which would "
                        "get a part of its own; name a column with fewer"
                    )
                self._parts[key] = word, self._open(word)
            self._parts[key][1].put(rows)

    def describe(self, description: Callable[[], Description]) -> None:
        """Say it in the whole list and in each file."""
        self._whole.describe(description)
        for word, part in self._parts.values():
            if isinstance(part, Output):
                part.describe(partial(description().of_part, self._by, word))

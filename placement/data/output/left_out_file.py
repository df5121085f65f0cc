"""The file that `--left-out` names: the rows left out, with where they stand and why."""

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from placement.data.formats.blocks import LeftOutRow
from placement.data.formats.faulty_rows import FaultyRows
from placement.runtime.atomic_write import replacing

HEADER = ("file", "line", "reason", "text")


class LeftOutFile:
    """The rows that are left out, gathered where somebody asked for their file, at `path`."""

    def __init__(self, path: str | None) -> None:
        self._path, self._rows = path, list[LeftOutRow]()

    def add(self, rows: Callable[[], Iterable[LeftOutRow]]) -> None:
        """Take in what `rows` returns; without a path it is not called."""
        if self._path is not None:
            self._rows += rows()

    def write(self) -> None:
        """Write the file, in the order of the rows within each source."""
        if self._path is not None:
            _write(self._path, self._rows)


@contextmanager
def left_out_file(path: str | None) -> Iterator[LeftOutFile]:
    """Yield a file of rows, to be filled, that is written in the end; also where they are refused.

    Nothing is written without a path.
    """
    file = LeftOutFile(path)
    try:
        yield file
    except FaultyRows as problem:
        rows = problem.rows
        file.add(lambda: rows)
        file.write()
        raise
    file.write()


def _write(path: str, rows: list[LeftOutRow]) -> None:
    # Excel takes UTF-8 for another encoding without the mark.
    with replacing(Path(path)) as new, new.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows((row.file, row.line, row.reason, row.text) for row in rows)

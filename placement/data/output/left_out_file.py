"""The file that `--left-out` names: the rows left out, with where they stand and why."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from placement.data.formats.blocks import LeftOutRow
from placement.data.formats.faulty_rows import FaultyRows
from placement.runtime.atomic_write import replacing

HEADER = ("file", "line", "reason", "text")


@contextmanager
def left_out_file(path: str | None) -> Iterator[list[LeftOutRow]]:
    """Yield a list of rows, to be filled, that is written in the end; also where they are refused.

    Nothing is written without a path.
    """
    rows: list[LeftOutRow] = []
    try:
        yield rows
    except FaultyRows as problem:
        _write(path, [*rows, *problem.rows])
        raise
    _write(path, rows)


def _write(path: str | None, rows: list[LeftOutRow]) -> None:
    if path is None:
        return
    # Excel takes UTF-8 for another encoding without the mark.
    with replacing(Path(path)) as new, new.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows((row.file, row.line, row.reason, row.text) for row in rows)

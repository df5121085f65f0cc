"""Makes the sheets of docs/sheets.md, and shows how their cells are read."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

from scripts import tour
from scripts.damaged.sheet import students

_HEADING = {
    "roll": "Roll No", "name": "Name", "branch": "Branch", "cgpa": "CGPA", "aptitude": "Aptitude",
    "backlogs": "Backlogs", "fee": "Fee", "status": "Final Status",
}  # fmt: skip
Row = dict[str, str]


def write(
    name: str,
    change: Callable[[int, Row], Row] = lambda _number, row: row,
    *,
    above: Sequence[str] = (),
    below: Sequence[str] = (),
) -> Path:
    """Write a sheet of 90 students, each row changed, with lines above and below it."""
    path = tour.HERE / name
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        stream.writelines(line + "\n" for line in above)
        writer.writerow(_HEADING.values())
        for number, row in enumerate(students()):
            changed = change(number, row)
            writer.writerow(changed[key] for key in _HEADING)
        stream.writelines(line + "\n" for line in below)
    return path


def tear(path: Path, line: int, old: str, new: str) -> None:
    """Change the text of one line of a sheet (1-based)."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].replace(old, new)
    path.write_text("".join(lines), encoding="utf-8")


def show_cells(*columns: tuple[str, str]) -> None:
    """Print how columns are read, as a table: each is a heading, and its cells between bars."""
    from placement.data.columns.column import infer_kind
    from placement.data.columns.column_store import MemoryColumnStore
    from placement.data.columns.load_columns import load_columns
    from placement.data.formats.table_reader import open_table
    from placement.model.scorer import words

    print("| heading | cells | read as | said |", "|---|---|---|---|", sep="\n")
    for heading, written in columns:
        cells = written.split("|")
        path = tour.HERE / "column.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([("Place", heading), *(("Pune", c) for c in cells)])
        raw = load_columns(open_table(path), MemoryColumnStore()).columns[heading]
        column = infer_kind(raw)
        read = ["blank" if word is None else word for word in words(column.cells())]
        notes = [] if column.is_hashed else [*(raw.notes if column.kind == "number" else ())]
        notes += [raw.cleaned] if not column.is_hashed and raw.cleaned else []
        print(f"| {heading} | {_marked(cells)} | {_marked(read)} | {'; '.join(notes)} |")


def _marked(cells: Sequence[str]) -> str:
    return ", ".join(cell if cell == "blank" else f"`{cell}`" for cell in cells)

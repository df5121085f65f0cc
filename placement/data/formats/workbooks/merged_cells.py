"""Cells merged over several rows: what stands in the first of them counts for each row."""

from collections import Counter
from collections.abc import Iterable, Sequence

from placement.data.formats.workbooks.extent import Cell


def fill_merged(
    rows: Sequence[tuple[int, list[str]]], ranges: Iterable[tuple[Cell, Cell]], names: Sequence[str]
) -> tuple[str, ...]:
    """Fill the blank cells of merged ones in place, and say how many of which column.

    `rows` are those below the heading: where each stands, and its text. `ranges`, by their first
    and last cell, count rows and columns as those do, from 0.
    """
    row_at, filled = dict(rows), Counter[str]()
    for (top, left), (bottom, right) in ranges:
        if left != right or left >= len(names) or top not in row_at:
            continue
        word = row_at[top][left]
        for below in range(top + 1, bottom + 1):
            if word and below in row_at and not row_at[below][left]:
                row_at[below][left] = word
                filled[names[left]] += 1
    columns = ", ".join(f"{name} ({number:,} cells)" for name, number in filled.items())
    return (f"merged cells are read in each of their rows: {columns}",) if columns else ()

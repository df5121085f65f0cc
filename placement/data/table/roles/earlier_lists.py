"""Rows of a list that was acted on: what became of them is what the list changed, too."""

from collections.abc import Mapping

from placement.data.columns.column import Column
from placement.data.columns.column_summary import ColumnSummary
from placement.data.schema import SEAT, quoted
from placement.errors import Grave, counted
from placement.model.scorer import fold

HELPED = ("certain", "drawn")


def warn_of_seats(columns: Mapping[str, Column], used: Mapping[str, ColumnSummary]) -> list[Grave]:
    """Warn of students who had a seat on a list, with the line that learns from the others."""
    return [
        warning
        for name, column in columns.items()
        if fold(name) == SEAT and column.kind == "category"
        for warning in _warn(column, used[name])
    ]


def _warn(column: Column, summary: ColumnSummary) -> list[Grave]:
    if summary.level_counts is None:
        return []
    rows = summary.level_counts.sum(axis=1).tolist()
    rows_of = {fold(name): n for name, n in zip(column.level_names, rows, strict=True)}
    helped = {word: rows_of[word] for word in HELPED if rows_of.get(word)}
    number = sum(helped.values())
    if not number:
        return []
    listed = " and ".join(f"{rows:,} {word}" for word, rows in helped.items())
    rules = " ".join(f"--where {quoted(f'{column.name}!={word}')}" for word in helped)
    others = f"to learn from the others alone: {rules}"
    if number == summary.rows:
        others = "this file has nobody else to learn from"
    elif blank := summary.rows - summary.non_missing:
        others += f" (write none into the {blank:,} blank cells first: no rule keeps a blank one)"
    text = (
        f"{column.name}: {counted(number, 'student')} had a seat ({listed}), so what became of "
        f"them is what the list did as well; {others}"
    )
    return [Grave(text, f"{counted(number, 'student')} had a seat on a list: {others}.")]

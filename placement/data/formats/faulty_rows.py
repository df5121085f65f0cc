"""What becomes of rows whose cells cannot be told apart: left out within a limit, or refused."""

from collections.abc import Sequence

from placement.config.bad_rows import MOST_SHARE, BadRows
from placement.data.formats.blocks import LeftOutRow
from placement.errors import DataError, counted

REASON = "cells cannot be told apart"
_NAMED = 5
_LISTED = 20
_LINE = 80


class FaultyRows(DataError):
    """Rows that cannot be read with certainty are too many, or each of them needs an answer."""

    def __init__(self, message: str, rows: Sequence[LeftOutRow]) -> None:
        super().__init__(message)
        self.rows = tuple(rows)


def leave_out(
    rows: Sequence[LeftOutRow], total: int, policy: BadRows, name: str
) -> tuple[str, ...]:
    """Return a warning about the faulty rows among `total`; raise `FaultyRows` beyond the limit."""
    if not rows:
        return ()
    limit = policy.limit(total)
    if len(rows) > limit:
        raise FaultyRows(_refusal(rows, total, limit, name), rows)
    named = "; ".join(f"{_where(row, rows)} ({row.reason})" for row in rows[:_NAMED])
    rest = len(rows) - _NAMED
    more = f"; and {rest:,} more: --left-out FILE lists them all" if rest > 0 else ""
    return (f"{name}: {counted(len(rows), 'row')} left out, {REASON}: {named}{more}",)


def answer_each(
    rows: Sequence[LeftOutRow], total: int, policy: BadRows | None, name: str
) -> tuple[str, ...]:
    """Return what `leave_out` does where the user has a policy; else raise `FaultyRows` for any.

    It lists all of them, up to 20: each student needs an answer.
    """
    if policy is not None:
        return leave_out(rows, total, policy, name)
    if rows:
        number = counted(len(rows), "row")
        head = f"{name}: {number} cannot be read with certainty, and each is a student"
        remedy = "mend them, or leave them unanswered with --bad-rows leave-out"
        raise FaultyRows(_listed(head, rows, _LISTED, remedy), rows)
    return ()


def _refusal(rows: Sequence[LeftOutRow], total: int, limit: int, name: str) -> str:
    head = f"{name}: {len(rows):,} of {counted(total, 'row')} cannot be read with certainty"
    if limit:
        head += f", and at most {limit:,} are left out"
    remedy = "mend them; --left-out FILE lists them all"
    if len(rows) <= BadRows(MOST_SHARE).limit(total):
        remedy = f"mend them, or leave them out with --bad-rows leave-out={MOST_SHARE:.0%}"
    return _listed(head, rows, _NAMED, remedy)


def _listed(head: str, rows: Sequence[LeftOutRow], most: int, remedy: str) -> str:
    lines = [_line(row, rows) for row in rows[:most]]
    more = [f"  and {len(rows) - most:,} more"] if len(rows) > most else []
    return "\n".join([head + ":", *lines, *more, remedy])


def _line(row: LeftOutRow, rows: Sequence[LeftOutRow]) -> str:
    start, text = f"  {_where(row, rows)}: {row.reason}: ", " ".join(row.text.split())
    space = max(_LINE - len(start), 20)
    return start + (text if len(text) <= space else text[: space - 1] + "…")


def _where(row: LeftOutRow, rows: Sequence[LeftOutRow]) -> str:
    """Say which line, and of which file where they are of several."""
    line = f"line {row.line}"
    return line if len({other.file for other in rows}) == 1 else f"{row.file}, {line}"

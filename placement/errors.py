"""The errors of `placement`, each with the exit code of its branch.

PlacementError
├── UsageError          2  a wrong option or value, decided without opening data
├── DataError           3  the data is at fault: file, row, column, label, separation
├── GradientCheckError  4  a hand derivative and a witness disagree
├── ModelError          5  a model or run is missing, corrupt, too new or unknown
├── StoreError          6  the tracking store, or an output that cannot be written
├── GateRefused         7  a gate said no: drift, promotion, verification
└── RankLost            1  another process of a training on several is gone

Exit code 1 is kept for defects of our own: any exception outside this tree. Warnings are texts, of
which some say more about themselves.
"""

import difflib
from collections.abc import Iterable, Sequence
from typing import Self

from placement.credentials import masked

_DOUBTS, _DOUBTS_SHARE = 10, 0.2


class PlacementError(Exception):
    """Anything a user can mend. The message says where, what, and the next step; no password."""

    exit_code = 1

    def __init__(self, *args: object) -> None:
        super().__init__(*(masked(arg) if isinstance(arg, str) else arg for arg in args))


class UsageError(PlacementError):
    """Wrong usage, found before any data was opened."""

    exit_code = 2


class DataError(PlacementError):
    """The data cannot be used as it is."""

    exit_code = 3


class GradientCheckError(PlacementError):
    """The gradient by hand, autograd's and the difference quotient disagree."""

    exit_code = 4


class ModelError(PlacementError):
    """A model bundle or run is missing, corrupt, of a newer format, or unknown."""

    exit_code = 5


class StoreError(PlacementError):
    """The tracking store does not answer, or an output cannot be written."""

    exit_code = 6


class GateRefused(PlacementError):
    """A check that guards a step said no."""

    exit_code = 7


class RankLost(PlacementError):
    """Another process of a training on several is gone, or does not answer."""


class Grave(str):
    """A warning that answers may be wrong, not only less sure: it is shown before the others.

    `short` says it in the answer of a command; "" where the answer says it anyhow.
    """

    __slots__ = ("short",)
    short: str

    def __new__(cls, text: str, short: str = "") -> Self:
        """Make a warning of its text."""
        warning = super().__new__(cls, text)
        warning.short = short
        return warning


class TellsOutcome(Grave):
    """A warning of a column that nearly tells the outcome alone."""

    __slots__ = ("column",)
    column: str

    def __new__(cls, text: str, short: str = "", column: str = "") -> Self:
        """Make a warning of its text."""
        warning = super().__new__(cls, text, short)
        warning.column = column
        return warning


class CellsInDoubt(str):
    """A warning about cells of a column: how many are read as something else than they say."""

    __slots__ = ("cells", "column")
    column: str
    cells: int

    def __new__(cls, text: str, column: str = "", cells: int = 0) -> Self:
        """Make a warning of its text."""
        warning = super().__new__(cls, text)
        warning.column, warning.cells = column, cells
        return warning


def too_many_doubts(cells: int, rows: int) -> bool:
    """Whether so many of a column's cells are in doubt that they are no slips."""
    return cells >= max(_DOUBTS, _DOUBTS_SHARE * rows)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `" (did you mean 'cgpa'?)"` for the nearest known word, or an empty string."""
    folded = {name.strip().casefold(): name for name in known}
    near = difflib.get_close_matches(word.strip().casefold(), folded, n=1, cutoff=0.6)
    return f" (did you mean {folded[near[0]]!r}?)" if near else ""


def listed(words: Sequence[str], most: int = 6, last: str = ", ") -> str:
    """Return the first of some words for a message: `"a, b, c and 7 more"`."""
    shown = last.join(words[:most])
    return shown if len(words) <= most else f"{shown} and {len(words) - most:,} more"


def counted(number: int, thing: str) -> str:
    """Return a number of things for a message: `"1 row"`, `"1,200 rows"`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


class Terminated(SystemExit):
    """SIGTERM or SIGHUP arrived; a program that does not catch it leaves with this exit code.

    Not an Exception, so that no handler of ordinary errors swallows it.
    """

    exit_code = 143

    def __init__(self, code: int = exit_code) -> None:
        super().__init__(code)

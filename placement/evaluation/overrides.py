"""The adviser's judgement beside the model's: whom each would have on the list, and who was right.

A list has `placement_seat` from the model, and a column `override` from the adviser: in, out, or
blank where the two agree. All are scored on the same students, by what became of them.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from placement.arrays import BoolArray, ObjectArray
from placement.data.schema import OVERRIDE, OVERRIDE_REASON, PROBABILITY, RANK, SEAT
from placement.data.table.roles.earlier_lists import HELPED
from placement.data.table.table import Table
from placement.errors import DataError, listed
from placement.evaluation.as_told import folded_words
from placement.evaluation.shortlist import Rank
from placement.model.scorer import match_columns
from placement.stats.figures import Estimate
from placement.stats.list_precision import ListPrecision, list_precision, precision_difference


@dataclass(frozen=True)
class Overrides:
    """Three lists of the same `students`: the `model`'s, whom the `adviser` put in, and `both`.

    `both` is the model's list with the adviser's `put_in` and without the `taken_out`; these two
    are the changes, right where the outcome bore the adviser out. The differences are from the
    model's precision. None where a list is empty. `without_reason` counts overrides that give none,
    None where there is no column `override_reason`.
    """

    rank: Rank
    students: int
    model: ListPrecision | None
    adviser: ListPrecision | None
    both: ListPrecision | None
    adviser_difference: Estimate | None
    both_difference: Estimate | None
    put_in: ListPrecision | None
    taken_out: ListPrecision | None
    without_reason: int | None

    @property
    def right(self) -> int:
        """How many overrides the outcome bore out, of `number`."""
        return sum(change.right for change in self._changes)

    @property
    def number(self) -> int:
        """How many students the adviser judged otherwise than the model."""
        return sum(change.listed for change in self._changes)

    @property
    def _changes(self) -> list[ListPrecision]:
        return [change for change in (self.put_in, self.taken_out) if change is not None]


def evaluate_overrides(table: Table, rank: Rank | None = None) -> Overrides | None:
    """Score the overrides of a list whose outcomes are known; None where nobody was overridden.

    `rank` is the list's, where it is kept. Without `placement_seat` only the changes can be scored.
    Raises `DataError` where a cell is neither in, out nor blank, or rows stand for several.
    """
    override = folded_words(table, OVERRIDE)
    if override is None or not any(override):
        return None
    _refuse_other_words(table, override)
    if np.any(table.weight != 1):
        raise DataError(
            f"{table.name}: rows that are weighted stand for several students, and an override is "
            f"of one; take the weight away, or the column {OVERRIDE}"
        )
    seat = folded_words(table, SEAT)
    put_in, taken_out = override == "in", override == "out"
    model = taken_out if seat is None else np.isin(seat, HELPED)
    rank = rank or _rank(table, None if seat is None else model)
    right = table.label < 0.5 if rank == "risk" else table.label >= 0.5
    both = (model | put_in) & ~taken_out
    nobody = np.zeros(len(override), dtype=bool)
    seats, changed = (nobody, nobody) if seat is None else (model, both)
    return Overrides(
        rank,
        len(override),
        list_precision(seats, right),
        list_precision(put_in, right),
        list_precision(changed, right),
        precision_difference(seats, put_in, right),
        precision_difference(seats, changed, right),
        list_precision(put_in & ~model, right),
        list_precision(taken_out & model, ~right),
        _without_reason(table, override),
    )


def _refuse_other_words(table: Table, override: ObjectArray) -> None:
    other = np.flatnonzero(~np.isin(override, ("in", "out", "")))
    if len(other):
        words = [f"{word!r} ({n:,})" for word, n in Counter(override[other].tolist()).items()]
        raise DataError(
            f"{table.name}, row {table.rows[other[0]]}, column {OVERRIDE}: {listed(words[:6])} is "
            "neither in nor out; write in, out, or nothing where you agree"
        )


def _rank(table: Table, seated: BoolArray | None) -> Rank:
    """Return whether a list that nothing is kept of has the lowest chances first, or the best.

    By the chances of a rank and the next, in rows one below the other: these are of a branch, and
    one branch may have many seats and good chances, where seats are given by branch.
    """
    probability = np.asarray(table.columns[PROBABILITY], dtype=np.float64)
    spelled = match_columns(table.chunked_columns, [RANK]).get(RANK)
    if spelled is not None and table.kinds[spelled] == "number":
        is_next = np.diff(np.asarray(table.columns[spelled], dtype=np.float64)) == 1
        ascent = np.diff(probability)[is_next].sum()
    elif seated is not None and seated.any() and not seated.all():
        ascent = probability[~seated].mean() - probability[seated].mean()
    else:
        ascent = probability[-1] - probability[0]
    return "chance" if ascent < 0 else "risk"


def _without_reason(table: Table, override: ObjectArray) -> int | None:
    spelled = match_columns(table.chunked_columns, [OVERRIDE_REASON]).get(OVERRIDE_REASON)
    if spelled is None:
        return None
    column = table.chunked_columns[spelled]
    missing = np.concatenate([column.missing(piece) for piece in range(table.pieces)])
    return int(((override != "") & missing).sum())

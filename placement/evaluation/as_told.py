"""Were the chances right that a list told? They are measured as they stand, not scored anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from placement.arrays import FloatArray, ObjectArray
from placement.data.schema import PREDICTION, PROBABILITY, SEAT
from placement.data.table.roles.earlier_lists import HELPED
from placement.data.table.table import Table
from placement.errors import DataError, Grave, counted
from placement.evaluation.evaluate import Evaluation, evaluate_pieces
from placement.model.scorer import fold, match_columns

if TYPE_CHECKING:
    from placement.data.profiles.sensitive_groups import SensitiveGroups


def rows_with_probability(table: Table) -> Table:
    """Return the rows that have a probability: signatures and totals have none.

    Raises `DataError` where the table is no list that `predict` wrote.
    """
    lacking = [name for name in (PROBABILITY, PREDICTION) if name not in table.chunked_columns]
    if lacking:
        raise DataError(
            f"{table.name}: no column {lacking[0]}, so it tells no chances; give the list that "
            "placement predict wrote, with what happened added to it (or --labels FILE)"
        )
    pieces = range(table.pieces)
    rows = [~np.isnan(_cells(table, PROBABILITY, piece)) for piece in pieces]
    outside = sum(
        int(np.count_nonzero((cells < 0) | (cells > 1)))
        for cells in (_cells(table, PROBABILITY, piece) for piece in pieces)
    )
    if outside or not any(mask.any() for mask in rows):
        raise DataError(
            f"{table.name}, column {PROBABILITY}: {outside or len(table):,} cells are no "
            "probability from 0 to 1; give the list as placement predict wrote it"
        )
    return table.only(lambda piece: rows[piece])


def evaluate_as_told(
    table: Table,
    *,
    threshold: float | None = None,
    supposed: float = 0.5,
    groups: Sequence["SensitiveGroups"] = (),
) -> Evaluation:
    """Evaluate the probabilities that the rows of a list tell, and by groups of them.

    `threshold`: None for the one the list was made with: the `supposed` one where it gives the
    list's predictions, else the least that does.
    """
    probabilities = [_cells(table, PROBABILITY, piece) for piece in range(table.pieces)]
    if threshold is None:
        cells = [_cells(table, PREDICTION, piece) for piece in range(table.pieces)]
        every, predicted = np.concatenate(probabilities), np.concatenate(cells) == 1
        beyond = np.nextafter(every.max(), 2.0)  # where nobody was predicted positive
        least = float(every[predicted].min(initial=beyond))
        threshold = supposed if np.array_equal(every >= supposed, predicted) else least
    return evaluate_pieces(probabilities, table, threshold=threshold, groups=groups)


@dataclass(frozen=True)
class ToldOutcome:
    """What `students` with a seat, or without one, were told on average, and what happened."""

    has_seat: bool
    students: int
    told: float
    happened: float


def outcomes_by_seat(table: Table) -> tuple[ToldOutcome, ...]:
    """Return what was told to those without a seat and to those with one, and what happened.

    Chances are told before anybody is helped, so only those without a seat can tell whether they
    were right. Empty where not both are among the rows.
    """
    seat = folded_words(table, SEAT)
    if seat is None:
        return ()
    seated = np.isin(seat, HELPED)
    if seated.all() or not seated.any():
        return ()
    told = np.concatenate([_cells(table, PROBABILITY, piece) for piece in range(table.pieces)])
    return tuple(
        ToldOutcome(
            has_seat,
            round(float(weight.sum())),
            float(np.average(told, weights=weight)),
            float(np.average(table.label, weights=weight)),
        )
        for has_seat, weight in ((False, table.weight * ~seated), (True, table.weight * seated))
    )


def warn_of_help(table: Table) -> tuple[Grave, ...]:
    """Say how many had a seat on a list: chances that leave the help out are too low for them."""
    seat = folded_words(table, SEAT)
    students = 0 if seat is None else round(float(table.weight @ np.isin(seat, HELPED)))
    if not students:
        return ()
    text = f"{counted(students, 'student')} had a seat: where it helped, the chances are too low"
    return (Grave(text, f"{text}."),)


def folded_words(table: Table, name: str) -> ObjectArray | None:
    """Return a column's folded words (n,), "" where blank; None where there is no such column.

    Raises `DataError` where it has a sentence of its own in each row.
    """
    spelled = match_columns(table.chunked_columns, [name]).get(name)
    if spelled is None:
        return None
    column = table.chunked_columns[spelled]
    if column.is_hashed:
        raise DataError(f"{table.name}, column {spelled}: is free text, where few words belong")
    cells = column.cells()
    if column.kind == "number":
        cells = np.array([None if np.isnan(n) else f"{n:g}" for n in cells], dtype=object)
    words = np.empty(len(cells), dtype=object)
    words[:] = [fold(cell or "") for cell in cells.tolist()]
    return words


def _cells(table: Table, name: str, piece: int) -> FloatArray:
    column = table.chunked_columns[name]
    if column.kind != "number":
        raise DataError(f"{table.name}, column {name}: its cells are no numbers")
    return np.asarray(column.piece(piece), dtype=np.float64)

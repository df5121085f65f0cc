"""The short answer of `predict`: how many students were called what, and how to read the list."""

from collections.abc import Iterator

from placement.errors import counted
from placement.reporting.format.probability_words import in_100
from placement.reporting.format.prose import shortened
from placement.reporting.results import PredictResult


def prediction_answer(result: PredictResult) -> Iterator[str]:
    """Yield the sentences; where the list itself goes to the screen, only those that count."""
    where = f" → {result.out}" if result.out else ""
    order = f", {result.ranking}" if result.ranking else ""
    yield (
        f"{result.source}{where}: {result.rows_out:,} of {counted(result.rows_in, 'student')} "
        f"written{order}."
    )
    if result.rows_out:
        outcome, limit = shortened(result.target.outcome), in_100(result.model["threshold"])
        positive = result.predicted_positive
        called = f"{positive:,} of them are" if positive else "None of them is"
        yield f"{called} called {outcome}: that takes a chance of {limit} in 100 or more."
    if result.in_doubt:
        yield (
            f"{counted(result.in_doubt, 'student')} scored with a cell in doubt: placement_notes "
            "says which; check these before you act."
        )
    for why, rows in result.left_out.items():
        yield f"{counted(rows, 'row')} left out: {why}."
    if result.blank_lines:
        yield f"{counted(result.blank_lines, 'blank line')} dropped."
    if result.out and result.rows_out:
        yield from _how_to_read(result)


def _how_to_read(result: PredictResult) -> Iterator[str]:
    known = "placement_low" in result.added
    limits = ", placement_low to placement_high how sure that is" if known else ""
    yield f"In the file, placement_probability is the chance, 0.57 for 57 in 100{limits}."
    if not any(name.startswith("placement_reason") for name in result.added):
        yield "Next: --reasons adds why, for each student."
    elif result.ranking:
        yield "Next: begin with those at the top; a chance is no verdict on one of them."

"""The short answer of `report`: what its first page says, and where it is."""

from collections.abc import Iterator, Sequence

from placement.reporting.format.blocks import State

MARKS: dict[State, str] = {"good": "✓", "doubt": "?", "bad": "!", "plain": "·"}


def report_answer(
    findings: Sequence[tuple[State, str]], page: str, card: str, run_id: str | None
) -> Iterator[str]:
    """Yield the findings, what is wrong right after the first, and the files."""
    first, *others = findings
    in_order = sorted(others, key=lambda finding: finding[0] != "bad")
    yield from (f"{MARKS[state]} {text}" for state, text in (first, *in_order))
    kept = ", both kept by its run" if run_id else ""
    yield f"Written: {page}, to be opened in a browser, and {card}{kept}."

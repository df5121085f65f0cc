"""The short answer of `promote`: who is champion now, and why."""

from collections.abc import Iterator

from placement.errors import counted
from placement.reporting.answers.compare import verdict_words
from placement.reporting.answers.predictions import cautions, verdict_caution
from placement.reporting.text.promotion import PromoteResult, seat_sentence
from placement.stats.verdict import decide


def promotion_answer(result: PromoteResult) -> Iterator[str]:
    """Yield who is champion now, why, and how to undo it."""
    if result.outcome == "already champion":
        yield f"{result.model} is champion already: nothing changes."
        return
    if result.outcome == "refused":
        yield (
            f"Refused: {result.opponent} stays champion."
            if result.opponent
            else "Refused: there is no champion."
        )
    else:
        yield f"{result.model} is champion now."
    if result.outcome == "forced":
        yield f"Forced, against: {'; '.join(reason.text for reason in result.reasons)}."
    yield from _evidence(result)
    if result.outcome != "refused" and result.opponent:
        yield f"Next: placement promote --rollback goes back to {result.opponent}"


def _evidence(result: PromoteResult) -> Iterator[str]:
    evidence = result.evidence
    if evidence is None:
        return
    students = f"{counted(evidence.rows, 'student')} of {evidence.source}"
    if evidence.comparison is not None:
        words = verdict_words(evidence.comparison, str(result.opponent))
        yield f"On {students} it is {words}."
    if evidence.seats is not None:
        yield seat_sentence(evidence.seats, str(result.opponent))
    verdict = decide(evidence.skill)
    if verdict == "better":
        yield "It is better there than saying the same of everybody."
    yield from cautions(verdict_caution(verdict, evidence.rows))

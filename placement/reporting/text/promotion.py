"""What a promotion or a rollback came to: as text, as a JSON document, as tags of the version."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from placement.arrays import Document
from placement.errors import counted
from placement.evaluation.comparison import Comparison
from placement.reporting.format.probability_words import difference_in_points
from placement.reporting.format.verdict_words import skill_line
from placement.reporting.json_documents import FORMAT
from placement.reporting.text.comparison import log_loss_sentence, pair_document
from placement.stats.figures import Estimate, Skill
from placement.stats.list_precision import ListPrecision

Outcome = Literal["accepted", "forced", "refused", "already champion"]


@dataclass(frozen=True)
class Reason:
    """Why a model should not be champion: a `code` for scripts, and a sentence with the figures."""

    code: str
    text: str


@dataclass(frozen=True)
class SeatEvidence:
    """Whom N seats would go to on held-out rows: how many end with `outcome`, those at risk.

    `difference` is the model's precision minus that of the champion `opponent`.
    """

    outcome: str
    model: ListPrecision
    opponent: ListPrecision | None
    difference: Estimate | None


@dataclass(frozen=True)
class Evidence:
    """What held-out rows say: `comparison` is with the champion, None where it is not there.

    `seats` says what either would do with so many, where that was asked.
    """

    source: str
    digest: str
    rows: int
    log_loss: float
    opponent_log_loss: float | None
    skill: Skill
    comparison: Comparison | None
    seats: SeatEvidence | None = None


@dataclass(frozen=True)
class PromoteResult:
    """What trying to promote a version came to.

    `opponent` is the champion that it met, None where there was none; `reasons` are what spoke
    against it, overridden where the outcome is forced. `force_reason` is the user's.
    """

    model: str
    opponent: str | None
    outcome: Outcome
    reasons: tuple[Reason, ...]
    force_reason: str | None
    evidence: Evidence | None
    time: str
    warnings: tuple[str, ...]

    @property
    def promoted(self) -> bool:
        """Whether the version is champion now."""
        return self.outcome != "refused"

    @property
    def refusal(self) -> str:
        """The error of a refused promotion: all reasons, and the next step."""
        why = "; ".join(reason.text for reason in self.reasons)
        return (
            f"{self.model} is not promoted: {why}. To promote it all the same, with your reason on "
            f"record: placement promote {self.model} --force REASON"
        )


@dataclass(frozen=True)
class RollbackResult:
    """A rollback: which version was champion, and which is again."""

    former: str | None
    champion: str
    reason: str
    time: str


def promotion_text(result: PromoteResult) -> str:
    """The evidence, and who is champion now."""
    if result.outcome == "already champion":
        return f"{result.model} is champion already: nothing changes."
    lines = _evidence_lines(result)
    if result.outcome == "refused":
        stays = f"{result.opponent} stays champion" if result.opponent else "there is no champion"
        tagged = "The evidence is kept as tags of the version."
        return "\n".join([*lines, f"Refused: {stays}. {tagged}"])
    if result.outcome == "forced":
        overridden = "; ".join(reason.text for reason in result.reasons)
        lines += [f"Overridden: {overridden}.", f"Reason given: {result.force_reason}"]
    lines.append(f"{result.model} is champion now.")
    if result.opponent:
        back = "placement promote --rollback goes back to it"
        lines.append(f"{result.opponent} is previous: {back}.")
    return "\n".join(lines)


def _evidence_lines(result: PromoteResult) -> list[str]:
    evidence = result.evidence
    if evidence is None:
        return []
    lines = [f"{evidence.rows:,} rows of {evidence.source}, log-loss {evidence.log_loss:.4f}"]
    if evidence.comparison is not None:
        lines[0] += f" (that of {result.opponent} {evidence.opponent_log_loss:.4f})"
        lines.append(f"Against {result.opponent}: {log_loss_sentence(evidence.comparison)}.")
    if evidence.seats is not None:
        lines.append(seat_sentence(evidence.seats, str(result.opponent)))
    return [*lines, skill_line(evidence.skill)]


def seat_sentence(seats: SeatEvidence, opponent: str) -> str:
    """Say how many seats go to students at risk, and how many are false alarms, by both models."""
    model, other, gap = seats.model, seats.opponent, seats.difference
    text = (
        f"Of {counted(model.listed, 'seat')} it gives {model.right:,} to students who end "
        f"{seats.outcome} and {model.listed - model.right:,} to others"
    )
    if other is None or gap is None:
        return f"{text}."
    others = f"{other.right:,} and {other.listed - other.right:,}"
    return f"{text}; {opponent} {others}: {difference_in_points(gap)}."


def promotion_document(result: PromoteResult) -> Document:
    """What `promote --json` prints."""
    evidence = result.evidence
    pair = None if evidence is None else evidence.comparison
    return {
        "format": FORMAT,
        "model": result.model,
        "opponent": result.opponent,
        "promoted": result.promoted,
        **asdict(result),
        "evidence": evidence and {**asdict(evidence), "comparison": pair and pair_document(pair)},
    }


def promotion_tags(result: PromoteResult) -> Mapping[str, str | float | None]:
    """The evidence as tags of the version; what is not known is left out."""
    tags: dict[str, str | float | None] = {
        "promotion": result.outcome,
        "promotion_time": result.time,
        "promotion_opponent": result.opponent or "none",
        "promotion_reasons": "; ".join(reason.text for reason in result.reasons),
        "promotion_reason_codes": ",".join(reason.code for reason in result.reasons),
    }
    if result.force_reason is not None:
        tags["promotion_force_reason"] = result.force_reason
    evidence = result.evidence
    if evidence is None:
        return tags
    tags |= {
        "promotion_data": evidence.source,
        "promotion_data_digest": evidence.digest,
        "promotion_rows": evidence.rows,
        "promotion_log_loss": evidence.log_loss,
        "promotion_gain_over_base_rate": evidence.skill.gain,
        "promotion_gain_over_base_rate_low": evidence.skill.low,
        "promotion_gain_over_base_rate_high": evidence.skill.high,
    }
    if (seats := evidence.seats) is not None:
        tags |= {"promotion_seats": seats.model.listed, "promotion_seats_right": seats.model.right}
        if seats.opponent is not None:
            tags["promotion_opponent_seats_right"] = seats.opponent.right
    if evidence.comparison is not None:
        gap = evidence.comparison.log_loss
        tags |= {
            "promotion_opponent_log_loss": evidence.opponent_log_loss,
            "promotion_log_loss_difference": gap.difference,
            "promotion_log_loss_difference_low": gap.low,
            "promotion_log_loss_difference_high": gap.high,
        }
    return tags


def rollback_text(result: RollbackResult) -> str:
    """Who is champion again."""
    former = f", in place of {result.former}" if result.former else ""
    reason = f" Reason given: {result.reason}" if result.reason else ""
    return f"{result.champion} is champion again{former}.{reason}"


def rollback_document(result: RollbackResult) -> Document:
    """What `promote --rollback --json` prints."""
    return {"format": FORMAT, "rolled_back": True, **asdict(result)}

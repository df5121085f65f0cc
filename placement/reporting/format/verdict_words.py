"""Whether a model is better than the base rate, in a sentence that says how that was decided."""

from placement.stats.figures import Skill
from placement.stats.verdict import USEFUL_SHARE, Verdict, VerdictName, decide, useful_gain

NO_SIGNAL = "these columns do not predict the outcome better than the base rate"
NOT_SHOWN = "not shown to be better than the base rate, too few rows to tell"
VERDICTS: dict[VerdictName, str] = {
    "better": "better than the base rate",
    "not_shown": NOT_SHOWN,
    "no_signal": "not better than the base rate",
}


def verdict_sentence(verdict: Verdict) -> str:
    """Say the verdict, on which rows it was reached, and the gain there."""
    where, gain = _where(verdict), gain_words(verdict.skill)
    few = f"{verdict.held_out:,} held-out rows are too few to show it; " * _is_passed_over(verdict)
    if verdict.name == "better":
        beyond = verdict.association
        sure = "" if beyond is None else f"; {beyond:.1f} standard errors from chance"
        return f"{few}{where} it predicts better than the base rate ({gain}{sure})"
    if verdict.name == "no_signal":
        useful = f"of use from {useful_gain(verdict.skill):.4f} on, {USEFUL_SHARE:.0%} of it"
        return f"{few}{where} {NO_SIGNAL} ({gain}; {useful})"
    if verdict.decided_on == "train":
        return f"{NOT_SHOWN}: {verdict.rows:,} rows cannot be divided into folds"
    return f"{few}{where} it is {NOT_SHOWN} ({gain})"


def _is_passed_over(verdict: Verdict) -> bool:
    """Whether rows were held out, and others decided."""
    return bool(verdict.held_out) and verdict.decided_on != "test"


def _where(verdict: Verdict) -> str:
    if verdict.decided_on == "test":
        return f"on {verdict.rows:,} held-out rows"
    return f"over 5 folds of all {verdict.rows:,} rows"


def gain_words(skill: Skill) -> str:
    """Say the gain with its interval."""
    base = f"gain {skill.gain:.4f} on its log-loss of {skill.base_log_loss:.4f}"
    return f"{base}, 95 % {skill.low:.4f} to {skill.high:.4f}"


def skill_line(skill: Skill) -> str:
    """One sentence: is this better than saying the base rate of everybody?"""
    return (
        f"Against the base rate (log-loss {skill.base_log_loss:.4f}): gain {skill.gain:.4f}, "
        f"95 % interval {skill.low:.4f} to {skill.high:.4f}: {VERDICTS[decide(skill)]}."
    )

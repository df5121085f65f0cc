"""What speaks against a model as champion: of itself, beside the champion, and on held-out rows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from placement.errors import DataError
from placement.evaluation.metrics.skill import skill
from placement.reporting.format.verdict_words import (
    NOT_SHOWN,
    VERDICTS,
    gain_words,
    verdict_sentence,
)
from placement.reporting.text.comparison import log_loss_sentence
from placement.reporting.text.promotion import Evidence, Reason, SeatEvidence
from placement.runtime.progress import ProgressListener
from placement.stats.list_precision import list_precision, precision_difference
from placement.stats.log_loss import row_log_loss
from placement.stats.verdict import decide
from placement.workflows.reading.find_model import Model
from placement.workflows.selection.paired_scores import (
    PairedScores,
    RowSource,
    column_difference,
    score_pairs,
    target_difference,
)

# Where these hold, callers of the champion would be misled or turned away by any figures.
INCOMPATIBLE = frozenset({"target", "columns"})


@dataclass(frozen=True)
class Version:
    """A version of a registered model."""

    name: str
    number: int
    model: Model

    @property
    def uri(self) -> str:
        """The version for good: `models:/placement/3`."""
        return f"models:/{self.name}/{self.number}"


def reasons_of_training(version: Version) -> Iterator[Reason]:
    """Yield what its own training says against a model."""
    figures = version.model.figures
    if not figures.converged:
        yield Reason(
            "not_converged",
            f"its training did not converge (stopped: {figures.stopped}); train it with "
            "more --epochs or another --optimizer",
        )
    if figures.evaluation is None or not figures.evaluation.gradcheck.passed:
        yield Reason("gradient_check", "its gradient check did not pass; train it again")


def reasons_of_figures(version: Version) -> Iterator[Reason]:
    """Yield what the figures of its training say, where there are no held-out rows to ask."""
    evaluation = version.model.figures.evaluation
    if evaluation is None or evaluation.verdict.name == "no_signal":
        why = "its training did not measure the gain over the base rate"
        if evaluation is not None:
            why = verdict_sentence(evaluation.verdict)
        yield Reason(
            "base_rate",
            f"{why}; give held-out rows with --data FILE, or train on more rows or other columns",
        )


def reasons_of_schema(version: Version, champion: Version) -> Iterator[Reason]:
    """Yield in what the champion's callers would find another model than they know."""
    mine, theirs = version.model.schema, champion.model.schema
    if difference := target_difference(mine, theirs):
        yield Reason(
            "target",
            f"it predicts {difference} as {champion.uri}, whose callers would misread its answers; "
            "register it under a name of its own (train --register NAME)",
        )
    if difference := column_difference(mine, theirs):
        yield Reason(
            "columns",
            f"it needs other columns than {champion.uri} ({difference}), so files that are scored "
            "today might be turned away; train it on the same ones (--features), or register it "
            "under a name of its own (--register NAME)",
        )


def held_out(
    version: Version,
    champion: Version | None,
    rows: RowSource,
    seats: int | None,
    listener: ProgressListener,
) -> tuple[Evidence, tuple[Reason, ...], tuple[str, ...]]:
    """Return what held-out rows say of a version and the champion, what of it speaks against it.

    The third are warnings about the rows. `champion` is None where there is none, or it predicts
    something else.
    """
    versions = [version] if champion is None else [version, champion]
    scores = score_pairs([candidate.model for candidate in versions], rows, listener)
    base_rate = version.model.figures.base_rate
    gain = skill(scores.probabilities[0], scores.label, base_rate, scores.weight, scores.clusters)
    losses = [
        float(np.average(row_log_loss(probability, scores.label), weights=scores.weight))
        for probability in scores.probabilities
    ]
    evidence = Evidence(
        source=scores.name,
        digest=scores.digest,
        rows=int((scores.weight > 0).sum()),
        log_loss=losses[0],
        opponent_log_loss=None if champion is None else losses[1],
        skill=gain,
        comparison=None if champion is None else scores.compare(1, 0, listener),
        seats=None if seats is None else _seats(scores, seats),
    )
    against = tuple(_reasons_of_rows(versions, scores, evidence))
    return evidence, against, (*scores.warnings, *_open_questions(evidence))


def _seats(scores: PairedScores, seats: int) -> SeatEvidence:
    """Give the seats to the lowest chances, as `predict --rank risk --top` does, by each model.

    Raises DataError where there are fewer students, or rows stand for several.
    """
    if seats > len(scores.label) or np.any(scores.weight != 1):
        why = "weights make several students of a row"
        if seats > len(scores.label):
            why = f"it has {len(scores.label):,} students whose outcome is known"
        raise DataError(f"{scores.name}: --seats {seats} cannot be given out, as {why}")
    at_risk = scores.label < 0.5
    lists = [
        np.isin(np.arange(len(p)), np.argsort(p, kind="stable")[:seats])
        for p in scores.probabilities
    ]
    model, *others = (list_precision(one, at_risk) for one in lists)
    if model is None:
        raise ValueError("no seats")
    opponent = others[0] if others else None
    difference = precision_difference(lists[1], lists[0], at_risk) if others else None
    outcome = scores.models[0].schema.target.other_outcome
    return SeatEvidence(outcome, model, opponent, difference)


def _open_questions(evidence: Evidence) -> Iterator[str]:
    """Yield what few rows do not show, and more of them might."""
    comparison = evidence.comparison
    if comparison and comparison.log_loss.difference > 0 and comparison.verdict != "worse":
        yield (
            f"its log-loss is higher than the champion's, though not beyond chance: "
            f"{evidence.rows:,} rows may be too few to tell"
        )
    if comparison is None and decide(evidence.skill) == "not_shown":
        yield f"on {evidence.rows:,} rows it is {NOT_SHOWN} ({gain_words(evidence.skill)})"


def _reasons_of_rows(
    versions: list[Version], scores: PairedScores, evidence: Evidence
) -> Iterator[Reason]:
    rows = f"{evidence.rows:,} rows of {evidence.source}"
    trained = [
        version.uri for version, here in zip(versions, scores.trained_here, strict=True) if here
    ]
    if trained:
        yield Reason(
            "trained_on_data",
            f"{' and '.join(trained)} learnt from this very table (the SHA-256 of {evidence.source}"
            f" begins with {scores.digest[:12]}); give rows that neither model was trained on",
        )
    if evidence.comparison is not None and evidence.comparison.verdict == "worse":
        yield Reason(
            "worse",
            f"against {versions[1].uri} on {rows}, {log_loss_sentence(evidence.comparison)}",
        )
    verdict = decide(evidence.skill)
    if verdict == "no_signal" or (verdict == "not_shown" and len(versions) > 1):
        yield Reason(
            "base_rate",
            f"on {rows} it is {VERDICTS[verdict]} ({gain_words(evidence.skill)}); "
            "give more rows, or train it on other columns",
        )

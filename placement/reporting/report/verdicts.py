"""The questions a statistician would be asked of a model, answered from its figures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from placement.arrays import Document
from placement.data.schema import Target
from placement.evaluation.alternatives.alternatives import ModelComparison
from placement.evaluation.coefficients import FEW_EVENTS, few_events
from placement.evaluation.metrics.accumulator import MetricsResult
from placement.model.fairness_figures import Fairness
from placement.model.fitted import Fitted
from placement.reporting.format.blocks import State
from placement.reporting.format.verdict_words import verdict_sentence
from placement.reporting.text.alternatives import verdict
from placement.reporting.text.calibration import bins_outside_limits, calibration_text
from placement.reporting.text.fairness import fairness_warnings
from placement.stats.figures import CalibrationFigures
from placement.stats.verdict import VerdictName
from placement.tracking.runs import RunInfo

_STATES: dict[VerdictName, State] = {"better": "good", "not_shown": "doubt", "no_signal": "bad"}


@dataclass(frozen=True)
class LaterBatch:
    """Out of time: the model's settings, trained on earlier batches and tried on the latest.

    `column` is that of the batches, `batch` the latest; `rows` are those trained on and tried on.
    """

    column: str
    batch: str
    rows: tuple[int, int]
    tested: MetricsResult


@dataclass(frozen=True)
class Report:
    """What a report is made of.

    `checks` are the run's gradient checks by parameter, None where they were not recorded. `source`
    names the file that `alternatives` and `later` are of; all three are None without one. `effects`
    are the recorded results of lotteries on lists of the model, newest first.
    """

    about: Document
    fitted: Fitted
    checks: Sequence[Document] | None
    source: str | None = None
    alternatives: ModelComparison | None = None
    later: LaterBatch | None = None
    warnings: tuple[str, ...] = ()
    effects: tuple[RunInfo, ...] = ()


def verdicts(report: Report) -> Iterator[tuple[State, str]]:
    """Yield the questions of trust with their answers, each in a sentence."""
    figures, measured = report.fitted.figures, report.fitted.figures.evaluated
    sentence = verdict_sentence(measured.verdict)
    yield _STATES[measured.verdict.name], f"{sentence[0].upper()}{sentence[1:]}."
    if measured.metrics_on == "train":
        yield "bad", "No row was held out: the figures are of rows it was trained on, and flatter."
    if measured.calibration is not None:
        yield _believable(measured.calibration)
    if report.alternatives is None:
        yield "doubt", "Whether a straight line is enough was not asked: give --data FILE."
    else:
        compared = report.alternatives
        differences = (compared.base_rate.difference, compared.single.difference)
        is_better = all(apart is not None and apart.low > 0 for apart in differences)
        state: State = "good" if compared.line_is_enough and is_better else "doubt"
        yield state, " ".join(verdict(compared))
    yield from _fairness_verdicts(measured.fairness, report.fitted.schema.target)
    inference = figures.inference
    if inference is not None and (few := few_events(inference.likelihood)) is not None:
        text = f"The sample is small for its columns: {few:.1f} students of the rarer outcome a "
        yield "doubt", f"{text}column, where {FEW_EVENTS} are the least."
    if figures.converged:
        yield "good", f"The training reached the optimum ({figures.stopped})."
    else:
        yield "bad", f"The training did not reach the optimum ({figures.stopped})."
    check = measured.gradcheck
    agree, size = "agree" if check.passed else "DISAGREE", f"{check.max_abs_error:.1e}"
    text = f"Its gradients by hand, by autograd and by differences {agree}"
    yield "good" if check.passed else "bad", f"{text} (largest difference {size})."


def _believable(figures: CalibrationFigures) -> tuple[State, str]:
    """Sum up the calibration in a sentence."""
    from scipy.stats import binom

    lines = calibration_text(figures)[1:]
    ideal = ((figures.in_the_large, 0), (figures.slope, 1))
    off = any(line is not None and not line.low <= right <= line.high for line, right in ideal)
    outside = bins_outside_limits(figures.bins)
    # One bin in twenty is outside its limits by chance.
    many = len(outside) > 1 and binom.sf(len(outside) - 1, len(figures.bins), 0.05) < 0.05
    shown = lines[: 3 if many else 2]
    return "doubt" if off or many else "good", " ".join(line.strip() for line in shown)


def _fairness_verdicts(fairness: Fairness | None, target: Target) -> Iterator[tuple[State, str]]:
    if fairness is None:
        yield "doubt", "No group was compared with another: train with --sensitive COLUMN."
        return
    names = ", ".join(column.column for column in fairness.columns)
    gaps = [gap for column in fairness.columns for gap in column.gaps]
    warnings = fairness_warnings(fairness, target)
    if not gaps:
        yield "doubt", f"The groups of {names} are too small to be compared."
    elif all(gap.verdict == "within" for gap in gaps):
        yield "good", f"Between the groups of {names} every gap is within its tolerance."
    elif not warnings:
        text = f"Between the groups of {names} no gap is surely beyond its tolerance"
        yield "doubt", f"{text}, but there are too few rows to tell."
    for text in warnings:
        yield "bad", f"{text}."

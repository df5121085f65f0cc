"""What a threshold does, in words; the decision curve as rows, a sentence and a picture."""

from dataclasses import asdict
from itertools import groupby
from operator import itemgetter

import numpy as np

from placement.arrays import Document, FloatArray, IntArray
from placement.data.schema import Target
from placement.evaluation.calibration.reliability import LEAST_ROWS
from placement.evaluation.thresholds import DecisionCurve, decision_curve
from placement.model.figures import DecisionFigures, TradeOff
from placement.model.fitted import Fitted
from placement.reporting.plots.canvas import BLUE, GREY, INK, ORANGE, canvas
from placement.reporting.plots.fonts import Png
from placement.stats.capture import Capture
from placement.stats.figures import Estimate
from placement.stats.metrics import Confusion

_DRAWN = np.arange(1, 100) / 100
_SHOWN = 1000  # students that a confusion is told of


def decision_lines(fitted: Fitted) -> list[str]:
    """Say who is called what, how the threshold came about, and what to expect of it."""
    decision, target = fitted.figures.evaluated.decision, fitted.schema.target
    if decision is None:
        return []
    called = f"Threshold {decision.threshold:.4g}: students below it are called {target.negative!r}"
    if decision.confusion is None or decision.trade_off is None:
        return [f"{called}."]
    how = "counted" if decision.policy == "fixed" else "chosen"
    refitted = "; kept for the model of all rows" if fitted.config.get("refit") else ""
    rows = f"{decision.rows:,} training rows, each predicted by a model that had not seen it"
    return [
        f"{called} ({decision.in_words}; {how} on {rows}{refitted}).",
        f"  {expectation(decision.confusion, target.positive, target.negative)}",
        f"  {_traded(decision.trade_off, sum(decision.confusion.as_dict().values()))}",
    ]


def capture_lines(capture: Capture, target: Target) -> list[str]:
    """Answer whether a score per student is needed: whom a list holds, and lists by one column."""
    share = capture.seats / capture.rows
    first = (
        f"Do you need a score per student? With {capture.seats:,.0f} seats for {capture.rows:,.0f} "
        f"students, the list of those most at risk holds {_of_100(capture.model)} in 100 of the "
        f"{capture.missed:,.0f} with {target.negative!r} (by lot {100 * share:.0f})."
    )
    lines = [first]
    for other in capture.others:
        lead = other.lead
        answer = "not shown to find more than that"
        if lead.low > 0:
            answer = "the score finds more"
        elif lead.high < 0:
            answer = "that finds more than the score"
        lines.append(
            f"  By {other.column} alone the list would hold {100 * other.captured:.0f} in 100: "
            f"{answer} (lead {100 * lead.value:+.0f}, 95 % {100 * lead.low:+.0f} to "
            f"{100 * lead.high:+.0f})."
        )
    return lines


def _of_100(estimate: Estimate) -> str:
    low, high = (f"{100 * limit:.0f}" for limit in (estimate.low, estimate.high))
    return f"{100 * estimate.value:.0f} ({low} to {high})"


def decision_document(decision: DecisionFigures) -> Document:
    """Return a decision for `--json`: of what was weighed, recall, precision and what applies."""
    document = asdict(decision)
    weighed = document.pop("trade_off") or {}
    always = ("recall", "precision")
    return document | {n: value for n, value in weighed.items() if n in always or value is not None}


def expectation(confusion: Confusion, positive: str, negative: str) -> str:
    """Say what a threshold does to 1,000 students like those it was counted on."""
    sums = confusion.as_dict()
    total = sum(sums.values())
    count = {name: f"{_SHOWN * value / total:.0f}" for name, value in sums.items()}
    return (
        f"Of {_SHOWN:,} such students expect {count['tp']} rightly and {count['fp']} wrongly "
        f"called {positive!r}, {count['tn']} rightly and {count['fn']} wrongly called {negative!r}."
    )


def _traded(weighed: TradeOff, total: float) -> str:
    recall, precision = (
        "–" if rate is None else f"{rate:.3f}" for rate in (weighed.recall, weighed.precision)
    )
    rates = f"Recall {recall}, precision {precision}"
    if weighed.expected_cost is not None:
        return (
            f"{rates}; cost {weighed.expected_cost:.4g} a student; the threshold of a "
            f"calibrated model would be {weighed.theoretical_threshold:.4g}."
        )
    if weighed.youden is not None:
        return f"{rates}; true-positive minus false-positive rate {weighed.youden:.3f}."
    if weighed.seats is not None and weighed.seats_taken is not None:
        seats = f"{weighed.seats_taken:,.0f} of {weighed.seats:,.0f} seats taken"
        share = weighed.seats_taken / total
        tied = (
            f", as the next {weighed.tied:,.0f} have the same probability and stay above"
            if weighed.tied
            else ""
        )
        return (
            f"{rates}; {seats}{tied}: {share:.1%} of the rows. For seats in another list, whatever "
            "its length: predict --rank risk --top K."
        )
    return f"{rates}."


def net_benefit_rows(curve: DecisionCurve) -> list[dict[str, float]]:
    """The decision curve as `evaluate --json` prints it; calling nobody positive is worth 0."""
    return [
        {"threshold": at, "model": model, "treat_all": everybody, "treat_none": 0.0}
        for at, model, everybody in zip(curve.threshold, curve.model, curve.treat_all, strict=True)
    ]


def curve_line(curve: DecisionCurve) -> str:
    """Say at which thresholds the model is of more use than treating all alike."""
    ranges = _ranges(curve)
    if not ranges:
        return (
            "Decision curve: at no threshold has the model a higher net benefit than calling "
            "everybody positive, or nobody."
        )
    where = ", ".join(f"{low:g} to {high:g}" if low < high else f"{low:g}" for low, high in ranges)
    return (
        f"Decision curve: the model has a higher net benefit than calling everybody positive, and "
        f"than nobody, at thresholds {where} (of {curve.threshold[0]:g} to "
        f"{curve.threshold[-1]:g})."
    )


def _ranges(curve: DecisionCurve) -> list[tuple[float, float]]:
    """The runs of neighbouring thresholds at which the model is of use, each from and to."""
    pairs = zip(curve.threshold, curve.useful, strict=True)
    runs = [[at for at, _ in run] for useful, run in groupby(pairs, itemgetter(1)) if useful]
    return [(run[0], run[-1]) for run in runs]


def decision_plot(
    p: FloatArray,
    y: FloatArray,
    weight: FloatArray,
    rows: IntArray,
    threshold: float,
    positive: str = "placed",
) -> Png | None:
    """Draw net benefit by threshold; None where all rows have one outcome, or are too few.

    Each `p` (n,) stands for so many `rows`. From one point of the line to the next, 5 rows or more
    change sides, or none.
    """
    share = float(np.average(y, weights=weight))
    at = spaced(p, rows)
    if not 0 < share < 1 or not len(at):
        return None
    curve = decision_curve(p, y, weight, at)
    everybody = decision_curve(p, y, weight, _DRAWN)
    top = max(share, *curve.model)
    with canvas() as page:
        page.axes.axhline(0, color=GREY, lw=1, ls="--", label=f"nobody called {positive}")
        page.axes.plot(
            everybody.threshold, everybody.treat_all, color=ORANGE, ls="--", lw=1.5,
            label=f"everybody called {positive}",
        )  # fmt: skip
        page.axes.plot(curve.threshold, curve.model, color=BLUE, label="model")
        if 0 < threshold < 1:
            label = f"threshold {threshold:.3g}"
            page.axes.axvline(threshold, color=INK, lw=1, ls=":", label=label)
        page.axes.set_xlim(0, 1)
        page.axes.set_ylim(-0.12 * top, 1.08 * top)
        page.axes.legend(loc="upper right")
        page.name("Decision curve", f"threshold for calling a student {positive}", "net benefit")
    return page.png


def spaced(p: FloatArray, rows: IntArray) -> FloatArray:
    """Return those of 99 thresholds between which 5 rows or more lie, or none."""
    above = [int(rows[p >= at].sum()) for at in _DRAWN]
    thresholds, last = [], int(rows.sum())
    for at, count in zip(_DRAWN, above, strict=True):
        steps = {last - count, count}  # from the last one to here, and from here to nobody
        if all(step == 0 or step >= LEAST_ROWS for step in steps):
            thresholds.append(at)
            last = count
    return np.array(thresholds)

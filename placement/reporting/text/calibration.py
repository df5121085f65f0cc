"""How far the probabilities can be believed, in sentences; the figures are those of the JSON."""

from collections.abc import Sequence
from dataclasses import asdict

from placement.model.figures import RecalibrationFigures
from placement.model.scorer import Isotonic, Platt
from placement.reporting.format.text_table import table
from placement.stats.figures import LINES, BrierParts, CalibrationFigures, Estimate, ReliabilityBin

METRIC_PARTS = ("reliability", "resolution", "uncertainty")


def calibration_text(figures: CalibrationFigures, *, bins: bool = False) -> list[str]:
    """Say in lines what the calibration figures mean; `bins` shows them as a table as well."""
    lines = ["Calibration on these rows: does 70 in 100 mean 70 in 100?"]
    if bins and figures.bins:
        header = ("predicted", "happened", "95 % from", "to", "rows")
        lines.append(table(header, bins_in_100(figures.bins), numeric=range(5)))
        lines.append("  (in 100; bins of equal count)")
    sentences = [
        _whole(figures), _slope(figures.slope), _worst_bin(figures.bins), _brier(figures.brier)
    ]  # fmt: skip
    return [*lines, *(f"  {sentence}" for sentence in sentences if sentence)]


def bins_in_100(bins: Sequence[ReliabilityBin]) -> list[tuple[str, str, str, str, str]]:
    """Return of each bin what was predicted, what happened, its 95 % limits, and its rows."""
    return [
        (
            f"{100 * b.predicted:.1f}",
            f"{100 * b.observed:.1f}",
            f"{100 * b.low:.1f}",
            f"{100 * b.high:.1f}",
            f"{b.rows:,}",
        )
        for b in bins
    ]


def _whole(figures: CalibrationFigures) -> str:
    verdict, shift = "", figures.in_the_large
    if shift is not None:
        verdict = ": no more than chance makes"
        if shift.low > 0 or shift.high < 0:
            verdict = f": predictions are too {'low' if shift.low > 0 else 'high'}"
        size = f"{shift.value:+.2f}, {shift.low:+.2f} to {shift.high:+.2f}"
        verdict += f" (off by {size} in log-odds)"
    return (
        f"On the whole it says {100 * figures.predicted:.1f} in 100, and it happened "
        f"{100 * figures.observed:.1f} in 100{verdict}."
    )


def _slope(slope: Estimate | None) -> str:
    if slope is None:
        return ""
    low, high = slope.low, slope.high
    size = f"(slope {slope.value:.2f}, {low:.2f} to {high:.2f}; 1 is right)"
    if high <= 0:
        return f"Where predictions are higher, it happened less often {size}."
    if low <= 0:
        return f"It is not known whether it happens more often where predictions are higher {size}."
    if high < 1:
        return f"Predictions are too extreme {size}."
    if low > 1:
        return f"Predictions are too timid {size}."
    return f"Predictions are neither too extreme nor too timid, as far as these rows tell {size}."


def _worst_bin(bins: Sequence[ReliabilityBin]) -> str:
    """Name the bin that is farthest off, and say how many are off by more than their limits."""
    if not bins:
        return ""
    outside = bins_outside_limits(bins)
    worst = max(bins, key=lambda b: abs(b.predicted - b.observed))
    return (
        f"When it says {100 * worst.predicted:.0f} in 100, it happened {100 * worst.observed:.0f} "
        f"in 100 ({100 * worst.low:.0f} to {100 * worst.high:.0f}; {worst.rows:,} rows). No bin is "
        f"farther off; outside their 95 % limits: {len(outside)} of {len(bins)} bins."
    )


def bins_outside_limits(bins: Sequence[ReliabilityBin]) -> list[ReliabilityBin]:
    """Return the bins whose 95 % limits do not hold what was predicted."""
    return [b for b in bins if not b.low <= b.predicted <= b.high]


def _brier(parts: BrierParts | None) -> str:
    if parts is None:
        return ""
    within = parts.within_variance - parts.within_covariance
    return (
        f"Brier score {parts.score:.4f} = reliability {parts.reliability:.4f} - resolution "
        f"{parts.resolution:.4f} + uncertainty {parts.uncertainty:.4f} "
        f"{'-' if within < 0 else '+'} {abs(within):.4f} within bins."
    )


def calibrate_text(
    done: RecalibrationFigures | None, calibration: Platt | Isotonic | None, *, refitted: bool
) -> list[str]:
    """Say what `--calibrate` did, in lines; none where it was not asked for."""
    if done is None:
        return []
    asked = f"--calibrate {done.method}"
    if calibration is None or done.after is None:
        return [f"{asked}: there was nothing to learn; probabilities are left as they are."]
    before, after = asdict(done.before), asdict(done.after)
    rows = [(words, before[name], after[name]) for name, words in _BEFORE_AFTER.items()]
    on = f"{done.rows:,} training rows, each predicted by a model without it"
    lines = [
        f"Probabilities are calibrated ({asked}): {_map(calibration)}.",
        f"  On the {on} and calibrated without its fold:",
        table(("", "before", "after"), rows, numeric=(1, 2)),
    ]
    if after["log_loss"] >= before["log_loss"]:
        lines.append("  The log-loss is no better for it: --calibrate none serves as well here.")
    if refitted:
        lines.append("  Fitted again on all rows, the model keeps the calibration learnt before.")
    return lines


_BEFORE_AFTER = {
    "log_loss": "log-loss",
    "brier": "Brier score",
    "ece": "calibration error (ECE)",
    "slope": "calibration slope",
    "predicted": "mean predicted",
    "observed": "share that happened",
}


def _map(calibration: Platt | Isotonic) -> str:
    if isinstance(calibration, Platt):
        sign = "-" if calibration.intercept < 0 else "+"
        return (
            f"P = sigmoid({calibration.slope:.4g} · z {sign} {abs(calibration.intercept):.4g}), "
            "z being the log-odds by the coefficients"
        )
    least, most = calibration.probability[0], calibration.probability[-1]
    return (
        f"a rising line of {len(calibration.probability)} steps from {least:.4f} to {most:.4f} "
        "over the log-odds by the coefficients"
    )


def calibration_metrics(figures: CalibrationFigures) -> dict[str, float | None]:
    """Return the calibration figures by the names they have as metrics of a run."""
    document = figures.as_dict()
    parts = document["brier"] or {}
    return {
        **{f"calibration_{name}": document[name] for name in LINES},
        **{f"brier_{name}": parts.get(name) for name in METRIC_PARTS},
    }

"""How far the probabilities can be believed, in sentences; the figures are those of the JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from placement.model.scorer import Isotonic, Platt
from placement.reporting.format.text_table import table

METRIC_PARTS = ("reliability", "resolution", "uncertainty")


def calibration_text(figures: Mapping[str, Any], *, bins: bool = False) -> list[str]:
    """Say in lines what the calibration figures mean; `bins` shows them as a table as well."""
    lines = ["Calibration on these rows: does 70 in 100 mean 70 in 100?"]
    if bins and figures["bins"]:
        header = ("predicted", "happened", "95 % from", "to", "rows")
        shown = [
            (*(f"{100 * b[name]:.1f}" for name in _BIN), f"{b['rows']:,}") for b in figures["bins"]
        ]
        lines += [table(header, shown, numeric=(0, 1, 2, 3, 4)), "  (in 100; bins of equal count)"]
    found = [_whole(figures), _slope(figures), _bin(figures["bins"]), _brier(figures["brier"])]
    return [*lines, *(f"  {line}" for line in found if line)]


_BIN = ("predicted", "observed", "low", "high")


def _whole(figures: Mapping[str, Any]) -> str:
    said, was = (f"{100 * figures[name]:.1f}" for name in ("predicted", "observed"))
    verdict = ""
    if figures["in_the_large"] is not None:
        low, high = figures["in_the_large_low"], figures["in_the_large_high"]
        verdict = ": no more than chance makes"
        if low > 0 or high < 0:
            verdict = f": predictions are too {'low' if low > 0 else 'high'}"
        size = f"{figures['in_the_large']:+.2f}, {low:+.2f} to {high:+.2f}"
        verdict += f" (off by {size} in log-odds)"
    return f"On the whole it says {said} in 100, and it happened {was} in 100{verdict}."


def _slope(figures: Mapping[str, Any]) -> str:
    slope, low, high = (figures[name] for name in ("slope", "slope_low", "slope_high"))
    if slope is None:
        return ""
    size = f"(slope {slope:.2f}, {low:.2f} to {high:.2f}; 1 is right)"
    if high <= 0:
        return f"Where predictions are higher, it happened less often {size}."
    if low <= 0:
        return f"It is not known whether it happens more often where predictions are higher {size}."
    if high < 1:
        return f"Predictions are too extreme {size}."
    if low > 1:
        return f"Predictions are too timid {size}."
    return f"Predictions are neither too extreme nor too timid, as far as these rows tell {size}."


def _bin(bins: Sequence[Mapping[str, Any]]) -> str:
    """Name the bin that is farthest off, and say how many are off by more than their limits."""
    if not bins:
        return ""
    outside = [b for b in bins if not b["low"] <= b["predicted"] <= b["high"]]
    worst = max(bins, key=lambda b: abs(b["predicted"] - b["observed"]))
    said, was, low, high = (f"{100 * worst[name]:.0f}" for name in _BIN)
    return (
        f"When it says {said} in 100, it happened {was} in 100 ({low} to {high}; "
        f"{worst['rows']:,} rows). No bin is farther off; outside their 95 % limits: "
        f"{len(outside)} of {len(bins)} bins."
    )


def _brier(parts: Mapping[str, float] | None) -> str:
    if parts is None:
        return ""
    within = parts["within_variance"] - parts["within_covariance"]
    return (
        f"Brier score {parts['score']:.4f} = reliability {parts['reliability']:.4f} - resolution "
        f"{parts['resolution']:.4f} + uncertainty {parts['uncertainty']:.4f} "
        f"{'-' if within < 0 else '+'} {abs(within):.4f} within bins."
    )


def calibrate_text(
    figures: Mapping[str, Any], calibration: Platt | Isotonic | None, *, refitted: bool
) -> list[str]:
    """Say what `--calibrate` did, in lines; none where it was not asked for."""
    done = figures.get("calibrate")
    if done is None:
        return []
    asked = f"--calibrate {done['method']}"
    if calibration is None:
        return [f"{asked}: there was nothing to learn; probabilities are left as they are."]
    before, after = done["before"], done["after"]
    on = f"{done['rows']:,} training rows, each predicted by a model without it"
    lines = [
        f"Probabilities are calibrated ({asked}): {_map(calibration)}.",
        f"  On the {on} and calibrated without its fold:",
        table(
            ("", "before", "after"),
            [(words, before[name], after[name]) for name, words in _BEFORE_AFTER.items()],
            numeric=(1, 2),
        ),
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


def calibration_metrics(figures: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the calibration figures by the names they have as metrics of a run."""
    found = {
        f"calibration_{name}": figures[name] for name in ("slope", "intercept", "in_the_large")
    }
    parts = figures["brier"] or dict.fromkeys(METRIC_PARTS)
    return found | {f"brier_{name}": parts[name] for name in METRIC_PARTS}

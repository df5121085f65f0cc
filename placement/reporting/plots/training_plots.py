"""The pictures of a run: loss, ROC, precision-recall, reliability, decision curve, weights, grade.

Arrays in, PNG bytes out; the same numbers give the same bytes. No picture shows a student: dots
stand for at least 5 rows, and a curve over rows moves by at least 5 of them at a time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from placement.arrays import FloatArray, IndexArray, IntArray
from placement.evaluation.calibration.reliability import LEAST_ROWS, reliability_bins
from placement.model.history import Epoch
from placement.reporting.format.prose import shortened
from placement.reporting.plots.canvas import (
    BLUE,
    GREEN,
    GREY,
    HEIGHT,
    INK,
    ORANGE,
    VERMILION,
    Canvas,
    canvas,
)
from placement.reporting.plots.fonts import Png
from placement.reporting.plots.grade_bins import Grade
from placement.reporting.text.thresholds import decision_plot
from placement.stats.figures import ReliabilityBin
from placement.stats.metrics import checked

MOST_COEFFICIENTS = 30
_STAGE_COLOURS = (BLUE, VERMILION, GREEN, ORANGE)
_STAGE_NAMES = {"gd": "gradient descent", "newton": "Newton", "sample": "Newton on a sample"}


@dataclass(frozen=True)
class Pictures:
    """What the pictures show.

    Each `probability: (n,)` beside its `label` and `weight` is one row's, or that of so many `rows`
    of the same kind.
    """

    history: Sequence[Epoch]
    probability: npt.ArrayLike
    label: npt.ArrayLike
    weight: npt.ArrayLike | None = None
    rows: IntArray | None = None
    names: Sequence[str] = ()
    coefficients: Sequence[float | None] = ()
    grade: Grade | None = None
    positive: str = "placed"
    threshold: float = 0.5


def draw_all(directory: str | Path, shown: Pictures) -> list[Path]:
    """Write those of the pictures that there are numbers for; return their paths."""
    p, y, w = checked(shown.probability, shown.label, shown.weight)
    counts = np.ones(len(p), dtype=np.int64)
    if shown.rows is not None:
        counts = shown.rows if shown.weight is None else shown.rows[np.asarray(shown.weight) > 0]
    curve = _cumulated(p, y, w, counts)
    pictures = {
        "loss": loss_curve(shown.history),
        "roc": None if curve is None else _roc_curve(curve),
        "precision_recall": None if curve is None else _precision_recall_curve(curve),
        "reliability": reliability_diagram(reliability_bins(p, y, w, rows=counts), shown.positive),
        "decision_curve": decision_plot(p, y, w, counts, shown.threshold, shown.positive),
        "coefficients": coefficient_plot(shown.names, shown.coefficients),
        "probability_by_grade": grade_plot(shown.grade, shown.positive),
    }
    return write_pictures(directory, pictures)


def write_pictures(directory: str | Path, pictures: Mapping[str, Png | None]) -> list[Path]:
    """Write the PNG of each name, where there is one; return their paths.

    Names that no font here can draw are listed in a text beside it.
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {folder / f"{name}.png": png for name, png in pictures.items() if png is not None}
    for path, png in drawn.items():
        path.write_bytes(png)
        if png.names:
            path.with_suffix(".txt").write_text(f"{png.caption}\n", encoding="utf-8")
    return list(drawn)


def loss_curve(history: Sequence[Epoch]) -> Png | None:
    """Draw the mean training loss by epoch, each stage in its colour, and the held-out loss."""
    if not history:
        return None
    from matplotlib.ticker import MaxNLocator

    with canvas() as page:
        _draw_stages(page, history)
        for name, style in (("validation_loss", ":"), ("held_out_loss", "--")):
            points = [(e.number, v) for e in history if (v := getattr(e, name)) is not None]
            if points:
                label = name.replace("_loss", "").replace("_", "-") + " rows"
                page.axes.plot(*zip(*points, strict=True), style, color=INK, lw=1.5, label=label)
        page.axes.legend()
        page.axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        first, last = history[0].loss, history[-1].loss
        steps = history[-1].number
        count = f"{steps} epoch{'s' * (steps != 1)}"
        page.name(f"Loss {first:.3f} → {last:.3f} in {count}", "epoch", "mean log-loss")
    return page.png


def _draw_stages(page: Canvas, history: Sequence[Epoch]) -> None:
    starts = [0, *(i for i in range(1, len(history)) if history[i].stage != history[i - 1].stage)]
    for index, (start, end) in enumerate(pairwise([*starts, len(history)])):
        # The step that leads on to the next stage belongs to this one.
        part = history[start : end + 1]
        colour = _STAGE_COLOURS[index % len(_STAGE_COLOURS)]
        stage = history[start].stage
        label = f"training rows, {_STAGE_NAMES.get(stage, stage)}"
        marker = "o" if end - start <= 40 else None
        points = [e.number for e in part], [e.loss for e in part]
        page.axes.plot(*points, color=colour, label=label, marker=marker, markersize=4)
        if start:
            page.axes.axvline(history[start].number, color=GREY, lw=1, ls=(0, (2, 3)))


@dataclass(frozen=True)
class _Cumulated:
    """Positive and negative weight above falling thresholds, `hits` and `alarms` (k,) from 0 on.

    `steps` are the indices of those that are 5 or more rows from one another.
    """

    hits: FloatArray
    alarms: FloatArray
    steps: IndexArray


def _cumulated(
    p: FloatArray, y: FloatArray, weight: FloatArray | None, rows: IntArray | None
) -> _Cumulated | None:
    """Sum up rows by falling probability, equal ones at once; None where one class is missing."""
    counts = np.ones(len(p), dtype=np.int64) if rows is None else rows
    counts = counts if weight is None else counts[weight > 0]
    p, y, w = checked(p, y, weight)
    order = np.argsort(-p, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(p[order])), len(p) - 1)
    reached = np.append(0, np.cumsum(counts[order])[ends])
    hits, alarms = np.cumsum((w * y)[order])[ends], np.cumsum((w * (1 - y))[order])[ends]
    if not hits[-1] or not alarms[-1]:
        return None
    steps = [0]
    for index in range(1, len(reached)):
        if reached[index] - reached[steps[-1]] >= LEAST_ROWS:
            steps.append(index)
    # The last step takes the rest along.
    steps = [*(steps[:-1] if len(steps) > 1 else steps), len(ends)]
    return _Cumulated(np.append(0.0, hits), np.append(0.0, alarms), np.array(steps))


def _roc_curve(curve: _Cumulated) -> Png:
    """Draw the true-positive against the false-positive rate."""
    x, height = curve.alarms / curve.alarms[-1], curve.hits / curve.hits[-1]
    area = float(np.trapezoid(height, x))
    x, height = x[curve.steps], height[curve.steps]
    with canvas(height=5.3, width=5.2) as page:
        page.axes.plot([0, 1], [0, 1], color=GREY, lw=1, ls="--", label="chance")
        page.axes.plot(x, height, color=BLUE, label="model")
        page.axes.fill_between(x, height, color=BLUE, alpha=0.08, lw=0)
        _unit_square(page)
        page.axes.legend(loc="lower right")
        page.name(f"ROC curve, area {area:.3f}", "false-positive rate", "true-positive rate")
    return page.png


def _precision_recall_curve(curve: _Cumulated) -> Png:
    """Draw precision against recall."""
    base = curve.hits[-1] / (curve.hits[-1] + curve.alarms[-1])
    precision = curve.hits[1:] / (curve.hits[1:] + curve.alarms[1:])
    recall = curve.hits / curve.hits[-1]
    average = float((np.diff(recall) * precision).sum())
    steps = curve.steps[1:]
    with canvas(height=5.3, width=5.2) as page:
        page.axes.axhline(base, color=GREY, lw=1, ls="--", label=f"base rate {base:.2f}")
        page.axes.step(recall[steps], precision[steps - 1], color=BLUE, where="pre", label="model")
        _unit_square(page)
        page.axes.legend(loc="lower left")
        page.name(f"Precision and recall, average {average:.3f}", "recall", "precision")
    return page.png


def reliability_diagram(bins: Sequence[ReliabilityBin], positive: str = "placed") -> Png | None:
    """Draw what happened against what was predicted, a dot a bin."""
    if not bins:
        return None
    with canvas(height=5.3, width=5.2) as page:
        page.axes.plot([0, 1], [0, 1], color=GREY, lw=1, ls="--", label="perfect")
        _dots(page, bins)
        _unit_square(page)
        page.axes.legend(loc="upper left")
        title = f"Does 70 % mean 70 %? {sum(b.rows for b in bins):,} rows"
        predicted = f"predicted P({positive}), mean of the bin"
        page.name(title, predicted, f"share that was {positive}")
    return page.png


def coefficient_plot(names: Sequence[str], values: Sequence[float | None]) -> Png | None:
    """Draw the up to 30 largest coefficients (standardised ones compare); None is left out."""
    there = [(n, float(v)) for n, v in zip(names, values, strict=True) if v is not None]
    if not there:
        return None
    largest = sorted(there, key=lambda item: -abs(item[1]))[:MOST_COEFFICIENTS][::-1]
    sizes = np.array([value for _, value in largest])
    with canvas(height=max(HEIGHT * 0.55, 1.1 + 0.24 * len(largest)), fit=True) as page:
        colours = [BLUE if value >= 0 else VERMILION for value in sizes]
        page.axes.barh(np.arange(len(sizes)), sizes, color=colours, height=0.68)
        page.axes.axvline(0, color=INK, lw=1)
        page.name_rows([shortened(name) for name, _ in largest])
        page.axes.margins(x=0.14)
        page.axes.set_ylim(-0.6, len(sizes) - 0.4)
        note = partial(page.axes.annotate, textcoords="offset points", fontsize=8)
        for row, value in enumerate(sizes):
            side, gap = ("left", 3) if value >= 0 else ("right", -3)
            note(f"{value:+.2f}", (value, row), (gap, 0), ha=side, va="center", color="#444444")
        left = len(there) - len(largest)
        title = f"The {len(largest)} largest of {len(there)} weights" if left else "Weights"
        units = "change of the log-odds (numbers: per standard deviation)"
        page.name(title, units, "")
    return page.png


def grade_plot(grade: Grade | None, positive: str = "placed") -> Png | None:
    """Draw P(positive) by a grade: what was said of the students of each bin, and what happened."""
    if grade is None or not grade.bins:
        return None
    with canvas() as page:
        at = [one.predicted for one in grade.bins]
        page.axes.plot(
            at, grade.chance, "s-", color=BLUE, ms=5, lw=1.5, label="average chance the model gave"
        )
        _dots(page, grade.bins)
        page.axes.set_ylim(-0.03, 1.05)
        page.axes.legend(loc="best")
        name = shortened(grade.name)
        page.name(f"Chance of being {positive} by {name}", name, f"P({positive})")
    return page.png


def _dots(page: Canvas, bins: Sequence[ReliabilityBin]) -> None:
    """Draw a dot for each bin, with its 95 % limits; the legend says how many students it is."""
    if not bins:
        return
    x, y = np.array([b.predicted for b in bins]), np.array([b.observed for b in bins])
    low, high = np.array([b.low for b in bins]), np.array([b.high for b in bins])
    fewest, most = min(b.rows for b in bins), max(b.rows for b in bins)
    students = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
    page.axes.errorbar(
        x,
        y,
        yerr=[np.maximum(y - low, 0), np.maximum(high - y, 0)],
        fmt="o",
        ms=6,
        color=ORANGE,
        mec="#7A5200",
        ecolor="#C9A45C",
        elinewidth=1.3,
        capsize=0,
        label=f"what happened, 95 % limits\n({students} students a dot)",
    )


def _unit_square(page: Canvas) -> None:
    page.axes.set_xlim(-0.02, 1.02)
    page.axes.set_ylim(-0.02, 1.02)

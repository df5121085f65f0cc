"""Does a model still do as well as on the rows it was tested on? Where outcomes are known."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from placement.arrays import FloatArray
from placement.evaluation.metrics.metric_intervals import METHOD, metric_intervals
from placement.model.figures import ModelFigures
from placement.stats.intervals import Z95, Interval
from placement.stats.metrics import metrics

COMPARED = {"log_loss": 1, "brier": 1, "roc_auc": -1}  # 1 where more is worse
FEWEST = 5  # rows of each outcome; with fewer there is no interval


@dataclass(frozen=True)
class MetricChange:
    """A metric now, with its 95 % interval, and that of the rows the model was tested on.

    `change` is now less then. Its interval counts an error of then, too, from the spread of these
    rows and the number of those. None where a metric has no meaning or is not known.
    """

    now: float | None
    low: float | None
    high: float | None
    then: float | None
    change: float | None = None
    change_low: float | None = None
    change_high: float | None = None
    worse: bool = False


@dataclass(frozen=True)
class Performance:
    """How a model does on rows whose outcome is known.

    `figures` by name; `observed` and `predicted` are the share of positives and the mean
    probability, `low` and `high` the 95 % interval of their difference (calibration in the large).
    `then` says which rows the model's metrics are of: "test", or "train", which flatter.
    """

    rows: int
    figures: Mapping[str, MetricChange]
    observed: float
    predicted: float
    low: float | None
    high: float | None
    then: str | None
    method: str


def performance(p: FloatArray, y: FloatArray, figures: ModelFigures) -> Performance:
    """Compare probabilities and outcomes (n,) with the figures that a model keeps."""
    now = metrics(p, y).as_dict()
    intervals = metric_intervals(p, y)
    if min(y.sum(), len(y) - y.sum()) < FEWEST:  # an interval of so few would be narrow by luck
        intervals = dict.fromkeys(intervals)
    then, on, ratio = dict.fromkeys(COMPARED), None, math.inf
    if figures.evaluation is not None:
        then, on = figures.evaluation.metrics.as_dict(), figures.evaluation.metrics_on
        ratio = len(p) / (figures.rows.test if on == "test" else figures.rows.train)
    error = y - p
    reach = Z95 * float(error.std()) / math.sqrt(len(p))
    reaches = intervals["log_loss"] is not None
    return Performance(
        rows=len(p),
        figures={
            name: _compared(now[name], intervals[name], then[name], ratio, sign)
            for name, sign in COMPARED.items()
        },
        observed=float(y.mean()),
        predicted=float(p.mean()),
        low=float(error.mean()) - reach if reaches else None,
        high=float(error.mean()) + reach if reaches else None,
        then=on,
        method=METHOD,
    )


def _compared(
    now: float | None, interval: Interval | None, then: float | None, ratio: float, sign: int
) -> MetricChange:
    low, high = interval or (None, None)
    if now is None or low is None or high is None or then is None:
        return MetricChange(now, low, high, then)
    change, wider = now - then, math.sqrt(1 + ratio)
    change_low, change_high = change - wider * (now - low), change + wider * (high - now)
    worse = change_low > 0 if sign > 0 else change_high < 0
    return MetricChange(now, low, high, then, change, change_low, change_high, worse)

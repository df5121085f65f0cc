"""Are the groups of a sensitive column treated equally? Figures by group, and the gaps.

The definitions are fairlearn's (https://fairlearn.org): demographic parity compares the selection
rates, equal opportunity the true-positive rates, equalised odds these and the false-positive rates.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from placement.arrays import FloatArray, IntArray
from placement.evaluation.calibration.reliability import LEAST_ROWS
from placement.evaluation.fairness.gap_intervals import METHOD, gap_intervals
from placement.evaluation.fairness.group_counts import BINS, GroupCounter, GroupTotals
from placement.evaluation.fairness.group_metrics import group_metrics
from placement.model.fairness_figures import ByColumn, Fairness, Gap, GapVerdict, Group, RateName
from placement.stats.intervals import Interval

DIFFERENCE, RATIO = 0.1, 0.8  # tolerances; the second is the four-fifths rule
POOLED = "(small groups)"


class FairnessAccumulator:
    """Takes in predictions with the groups of each row, piece by piece; `result` compares them."""

    def __init__(
        self, groups: Mapping[str, Sequence[str]], threshold: float = 0.5, seed: int = 0
    ) -> None:
        self.threshold, self._seed = threshold, seed
        self._counters = {name: GroupCounter(names, threshold) for name, names in groups.items()}

    def add(self, codes: Sequence[IntArray], p: FloatArray, y: FloatArray, w: FloatArray) -> None:
        """Take in rows (n,): for each column the index of their group; probability, label, weight.

        Labels are in [0, 1]; rows of weight 0 do not count.
        """
        for counter, groups in zip(self._counters.values(), codes, strict=True):
            counter.add(groups, p, y, w)

    def result(
        self,
        *,
        private: bool = False,
        difference: float = DIFFERENCE,
        ratio: float = RATIO,
        notes: Mapping[str, str | None] | None = None,
    ) -> Fairness:
        """Compare the groups; the tolerances are the largest difference and the smallest ratio.

        `private`: groups of fewer than 5 rows are pooled, with the next larger one where need be.
        """
        columns, bound = [], 0.0
        for index, (name, counter) in enumerate(self._counters.items()):
            totals = counter.totals(LEAST_ROWS if private else 0, POOLED)
            bound = max(bound, totals.bound)
            rng = np.random.default_rng([self._seed, index])
            note = (notes or {}).get(name)
            shown = (note,) if note else ()
            columns.append(_by_column(name, totals, (difference, ratio), rng, shown))
        method = METHOD
        if bound:
            method += f"; ROC areas from {BINS:,} bins of the logit, within {bound:.1g}"
        return Fairness(self.threshold, tuple(columns), method)


def _by_column(
    name: str,
    totals: GroupTotals,
    tolerances: tuple[float, float],
    rng: np.random.Generator,
    notes: tuple[str, ...],
) -> ByColumn:
    groups = group_metrics(totals)
    large = [index for index, group in enumerate(groups) if group.small is None]
    if len(large) < 2:
        return ByColumn(name, groups, (), notes)
    compared = [groups[index] for index in large]
    gaps = _gaps(compared, totals.mass[large], totals.square[large], tolerances, rng)
    return ByColumn(name, groups, gaps, notes)


def _gaps(
    groups: Sequence[Group],
    mass: FloatArray,
    square: FloatArray,
    tolerances: tuple[float, float],
    rng: np.random.Generator,
) -> tuple[Gap, ...]:
    """Return the four measures over groups that are large enough."""
    gaps = []
    for name, interval in gap_intervals(mass, square, rng).items():
        rate, lowest, highest = _farthest(groups, name)
        least, most = getattr(lowest, rate).value, getattr(highest, rate).value
        is_ratio = name.endswith("ratio")
        if is_ratio and not most:  # nobody is predicted positive
            continue
        value = least / most if is_ratio else most - least
        low, high = min(interval[0], value), max(interval[1], value)
        tolerance = tolerances[is_ratio]
        verdict = _verdict((low, high), tolerance, is_ratio=is_ratio)
        gaps.append(
            Gap(name, value, low, high, tolerance, verdict, rate, lowest.name, highest.name)
        )
    return tuple(gaps)


def _verdict(interval: Interval, tolerance: float, *, is_ratio: bool) -> GapVerdict:
    low, high = interval
    if high < tolerance if is_ratio else low > tolerance:
        return "beyond"
    return "within" if (low >= tolerance if is_ratio else high <= tolerance) else "undecided"


def _farthest(groups: Sequence[Group], measure: str) -> tuple[RateName, Group, Group]:
    """Return the rate that a measure comes from, and the groups with the lowest and the highest."""
    tpr, fpr = (np.array([getattr(g, rate).value for g in groups]) for rate in ("tpr", "fpr"))
    rate: RateName = "fpr"
    if measure.startswith("demographic"):
        rate = "selection_rate"
    elif measure.startswith("equal_opportunity") or np.ptp(tpr) >= np.ptp(fpr):
        rate = "tpr"
    values = [getattr(group, rate).value for group in groups]
    return rate, groups[int(np.argmin(values))], groups[int(np.argmax(values))]

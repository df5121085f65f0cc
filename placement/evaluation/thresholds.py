"""From which probability on is a student called positive? Thresholds by policy, and what they cost.

A threshold is chosen on predictions for rows the model was not trained on. Between two neighbours
every threshold decides the same; the one midway is taken, so that a small change of the
model does not flip a decision (at the ends the neighbours are 0 and 1). A row is called positive
where its probability is the threshold or more. Of thresholds that are equally good, the lowest one
is taken. Shapes are those of `metrics`: probability, label in [0, 1] and weight, (n,) each.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from placement.arrays import FloatArray
from placement.config.threshold import ThresholdKind
from placement.errors import DataError
from placement.model.figures import DecisionFigures, TradeOff
from placement.stats.metrics import checked, confusion

CURVE_THRESHOLDS = tuple(step / 100 for step in range(5, 100, 5))
_ROUNDING = 1e-12  # relative; sums of fractions that ought to be equal differ by less


@dataclass(frozen=True)
class ThresholdPolicy:
    """What a threshold is chosen for.

    `value` is the threshold itself (fixed), the recall or precision to reach, or the number of
    seats (capacity). `cost_fp` and `cost_fn` are 0 or more, not both 0, in any unit.
    """

    kind: ThresholdKind = "fixed"
    value: float = 0.5
    cost_fp: float = 1.0
    cost_fn: float = 1.0

    def __str__(self) -> str:
        return {
            "fixed": f"fixed at {self.value:g}",
            "cost": f"least cost, {self.cost_fp:g} for a false positive and {self.cost_fn:g} for "
            "a false negative",
            "recall": f"recall of at least {self.value:g}",
            "precision": f"precision of at least {self.value:g}",
            "capacity": f"{self.value:,.0f} seats for those with the lowest probability",
            "youden": "largest true-positive minus false-positive rate (Youden)",
        }[self.kind]


def choose_threshold(
    policy: ThresholdPolicy,
    probability: npt.ArrayLike,
    label: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
) -> DecisionFigures:
    """Choose the threshold of a policy on out-of-fold predictions, and count what it does there.

    - fixed: the value itself.
    - cost: the least `cost_fp · FP + cost_fn · FN`. A calibrated model would turn at
      `cost_fp / (cost_fp + cost_fn)` (Elkan 2001), which is returned with it.
    - recall: the highest threshold with that recall, so that the fewest are called positive.
    - precision: the lowest threshold with that precision and somebody called positive, so that the
      most positives are among them. DataError where no threshold reaches it.
    - capacity: as many rows as there are seats lie below. Rows of equal probability stay on one
      side: those that would overfill the seats are above, and counted as `tied`. DataError where
      there are more seats than rows.
    - youden: the largest TP / P - FP / N (Youden 1950).

    >>> policy = ThresholdPolicy("capacity", 2)
    >>> choose_threshold(policy, [0.1, 0.2, 0.6, 0.9], [0, 0, 1, 1]).threshold
    0.4
    """
    p, y, w = checked(probability, label, weight)
    if policy.kind == "fixed":
        return _decided(policy, policy.value, (p, y, w), {})
    cuts = _cuts(p, y, w)
    if not (cuts.positive and cuts.negative) and policy.kind != "capacity":
        raise DataError("a threshold can only be chosen on rows of both outcomes")
    index, traded = _CHOICES[policy.kind](policy, cuts)
    return _decided(policy, float(cuts.threshold[index]), (p, y, w), traded)


def _decided(
    policy: ThresholdPolicy,
    threshold: float,
    rows: tuple[FloatArray, FloatArray, FloatArray],
    traded: Mapping[str, float],
) -> DecisionFigures:
    table = confusion(*rows, threshold)
    recall = table.tp / (table.tp + table.fn) if table.tp + table.fn else None
    precision = table.tp / (table.tp + table.fp) if table.tp + table.fp else None
    trade_off = TradeOff(recall, precision, **traded)
    return DecisionFigures(policy.kind, str(policy), threshold, len(rows[0]), table, trade_off)


@dataclass(frozen=True)
class _Cuts:
    """All decisions there are, (m + 1,) each: the first calls every row positive, the last none.

    `threshold` is midway between neighbours, `tp` and `fp` the weights called positive there, and
    `below` that called negative.
    """

    threshold: FloatArray
    tp: FloatArray
    fp: FloatArray
    below: FloatArray

    @property
    def positive(self) -> float:
        return float(self.tp[0])

    @property
    def negative(self) -> float:
        return float(self.fp[0])


def _cuts(p: FloatArray, y: FloatArray, w: FloatArray) -> _Cuts:
    score, group = np.unique(p, return_inverse=True)
    hits, alarms, total = (np.bincount(group, amount) for amount in (w * y, w * (1 - y), w))
    low, high = np.append(0.0, score), np.append(score, 1.0)
    midway = low + (high - low) / 2
    # Where no number lies between two neighbours, the upper one parts them as well.
    threshold = np.where(midway > low, midway, high)
    threshold[0] = score[0] / 2
    if score[-1] == 1:
        threshold[-1] = np.nextafter(1.0, 2.0)  # nobody reaches it
    return _Cuts(
        threshold,
        tp=np.append(np.cumsum(hits[::-1])[::-1], 0.0),
        fp=np.append(np.cumsum(alarms[::-1])[::-1], 0.0),
        below=np.append(0.0, np.cumsum(total)),
    )


_Choice = tuple[int, dict[str, float]]


def _of_cost(policy: ThresholdPolicy, cuts: _Cuts) -> _Choice:
    cost = policy.cost_fp * cuts.fp + policy.cost_fn * (cuts.positive - cuts.tp)
    index = _first_best(-cost)
    return index, {
        "expected_cost": float(cost[index]) / (cuts.positive + cuts.negative),
        "theoretical_threshold": policy.cost_fp / (policy.cost_fp + policy.cost_fn),
    }


def _of_recall(policy: ThresholdPolicy, cuts: _Cuts) -> _Choice:
    enough = cuts.tp >= policy.value * cuts.positive * (1 - _ROUNDING)
    return int(np.flatnonzero(enough)[-1]), {}


def _of_precision(policy: ThresholdPolicy, cuts: _Cuts) -> _Choice:
    precision = cuts.tp[:-1] / (cuts.tp + cuts.fp)[:-1]
    enough = np.flatnonzero(precision >= policy.value * (1 - _ROUNDING))
    if not len(enough):
        best = _first_best(precision)
        raise DataError(
            f"no threshold reaches a precision of {policy.value:g}: at most {precision[best]:.4g} "
            f"(recall {cuts.tp[best] / cuts.positive:.4g}): lower --threshold precision=F"
        )
    return int(enough[0]), {}


def _of_capacity(policy: ThresholdPolicy, cuts: _Cuts) -> _Choice:
    rows = cuts.below[-1]
    if policy.value > rows * (1 + _ROUNDING):
        raise DataError(
            f"--threshold capacity={policy.value:.0f}: there are only {rows:,.0f} training rows to "
            "choose among: give a smaller number"
        )
    fits = cuts.below <= policy.value * (1 + _ROUNDING)
    index = int(np.flatnonzero(fits)[-1])
    taken = float(cuts.below[index])
    full = taken >= policy.value * (1 - _ROUNDING)
    tied = 0.0 if full else float(cuts.below[index + 1]) - taken
    return index, {"seats": policy.value, "seats_taken": taken, "tied": tied}


def _of_youden(_policy: ThresholdPolicy, cuts: _Cuts) -> _Choice:
    gap = cuts.tp / cuts.positive - cuts.fp / cuts.negative
    index = _first_best(gap)
    return index, {"youden": float(gap[index])}


_CHOICES = {
    "cost": _of_cost,
    "recall": _of_recall,
    "precision": _of_precision,
    "capacity": _of_capacity,
    "youden": _of_youden,
}


def _first_best(values: FloatArray) -> int:
    """Return the first of the largest values, rounding aside."""
    slack = _ROUNDING * max(float(np.abs(values).max()), 1.0)
    return int(np.flatnonzero(values >= values.max() - slack)[0])


@dataclass(frozen=True)
class DecisionCurve:
    """Net benefit by threshold, (k,) each: of the model, and of calling all rows positive.

    That of calling nobody positive is 0 everywhere.
    """

    threshold: tuple[float, ...]
    model: tuple[float, ...]
    treat_all: tuple[float, ...]

    @property
    def useful(self) -> tuple[bool, ...]:
        """Where the model is better than calling all positive, and than calling nobody so."""
        pairs = zip(self.model, self.treat_all, strict=True)
        return tuple(model > max(everybody, 0.0) for model, everybody in pairs)


def decision_curve(
    probability: npt.ArrayLike,
    label: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    thresholds: npt.ArrayLike = CURVE_THRESHOLDS,
) -> DecisionCurve:
    """Return the net benefit TP/n - FP/n · t/(1 - t) at thresholds t (k,) below 1.

    Vickers & Elkin, Decision curve analysis, Medical Decision Making 26 (2006) 565-574. n, TP and
    FP are sums of frequency weights.
    """
    p, y, w = checked(probability, label, weight)
    at = np.asarray(thresholds, dtype=np.float64)
    if at.ndim != 1 or not ((at >= 0) & (at < 1)).all():
        raise ValueError("thresholds must be (k,) and lie in [0, 1)")
    odds, total = at / (1 - at), float(w.sum())
    counts = [confusion(p, y, w, float(t)) for t in at]
    hits, alarms = np.array([c.tp for c in counts]), np.array([c.fp for c in counts])
    everybody = confusion(p, y, w, 0.0)
    return DecisionCurve(
        threshold=tuple(at.tolist()),
        model=tuple(((hits - odds * alarms) / total).tolist()),
        treat_all=tuple(((everybody.tp - odds * everybody.fp) / total).tolist()),
    )

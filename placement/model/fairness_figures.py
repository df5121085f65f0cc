"""The figures of groups of people beside each other, as a model keeps them."""

from dataclasses import dataclass
from typing import Literal

from placement.stats.figures import Estimate


@dataclass(frozen=True)
class Group:
    """The figures of one group, shares with Wilson limits; None where they are undefined.

    `positive` is the weight of the positive outcome, `observed` its share and `predicted` the mean
    probability: `observed` minus `predicted` is the calibration in the large. `small` says why the
    group is too small to be compared, None where it is not.
    """

    name: str
    rows: int
    weight: float
    positive: float
    selection_rate: Estimate
    tpr: Estimate | None
    fpr: Estimate | None
    precision: Estimate | None
    predicted: float
    observed: Estimate
    roc_auc: float | None
    small: str | None


MeasuredOn = Literal["test", "train", "out_of_fold", "file"]
RateName = Literal["selection_rate", "tpr", "fpr"]
GapVerdict = Literal["within", "undecided", "beyond"]


@dataclass(frozen=True)
class Gap:
    """One measure of how far groups differ, with its 95 % interval and what follows from it.

    `lowest` and `highest` are the groups that are farthest apart in `rate`.
    """

    name: str
    value: float
    low: float
    high: float
    tolerance: float
    verdict: GapVerdict
    rate: RateName
    lowest: str
    highest: str


@dataclass(frozen=True)
class ByColumn:
    """The groups of one sensitive column; no `gaps` where fewer than two can be compared."""

    column: str
    groups: tuple[Group, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fairness:
    """The figures by group of some columns, counted as positive from `threshold` on.

    `metrics_on` says which rows they are of.
    """

    threshold: float
    columns: tuple[ByColumn, ...]
    method: str
    metrics_on: MeasuredOn = "file"

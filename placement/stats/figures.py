"""What is known of predictions beside outcomes, as data: gain and calibration."""

import dataclasses
from dataclasses import dataclass

from placement.arrays import Document


@dataclass(frozen=True)
class Skill:
    """The gain over the base rate: mean log-loss of the base rate minus that of the model.

    `low` and `high` bound the gain with 95 %; they are infinite for a single row, whose spread is
    not known. `better_than_base_rate` only where the whole interval is above zero.
    """

    base_log_loss: float
    gain: float
    low: float
    high: float
    better_than_base_rate: bool


@dataclass(frozen=True)
class ReliabilityBin:
    """Rows of about the same probability: how many, what was predicted, what happened.

    `low`, `high` are the standard 95 % Wilson limits of the observed share.
    """

    rows: int
    weight: float
    predicted: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True)
class BrierParts:
    """score = reliability - resolution + uncertainty + within_variance - within_covariance.

    With bins k of weight w_k, mean probability p_k and share y_k that happened, y overall:
    reliability Σ w_k (p_k - y_k)² / Σ w_k, 0 where the model is honest (and by chance about
    Σ y_k (1 - y_k) / n over the bins); resolution Σ w_k (y_k - y)² / Σ w_k, the more the better;
    uncertainty y (1 - y), what the base rate scores. `within_variance` is that of the probabilities
    within bins, `within_covariance` twice their covariance with what happened there.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def with_limits(name: str, estimate: Estimate | None) -> dict[str, float | None]:
    """Return a figure and its limits by the names of the JSON documents."""
    parts = {"": "value", "_low": "low", "_high": "high"}
    return {f"{name}{end}": getattr(estimate, part, None) for end, part in parts.items()}


LINES = ("slope", "intercept", "in_the_large")  # calibration figures with an interval


@dataclass(frozen=True)
class CalibrationFigures:
    """How far probabilities can be believed.

    `slope` and `intercept` are those of the logistic regression of the outcome on the logit;
    `in_the_large` is the intercept where the slope is held at 1: above 0, the predictions are too
    low on the whole. `predicted` and `observed` are the weighted means. None where undefined: one
    outcome only, constant predictions, a logit that parts the outcomes, fewer than 5 rows.
    """

    predicted: float
    observed: float
    slope: Estimate | None
    intercept: Estimate | None
    in_the_large: Estimate | None
    brier: BrierParts | None
    bins: tuple[ReliabilityBin, ...]

    def as_dict(self) -> Document:
        """Return the figures by the names of the JSON documents."""
        document: Document = {"predicted": self.predicted, "observed": self.observed}
        for name in LINES:
            document |= with_limits(name, getattr(self, name))
        whole = dataclasses.asdict(self)
        return {**document, "brier": whole["brier"], "bins": whole["bins"]}

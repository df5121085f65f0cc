"""The figures of a training, as a model keeps them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CoefficientEstimate:
    """One coefficient on the log-odds scale, per natural unit, with its 95 % interval.

    Everything but the name is None for an aliased column; all but the coefficient where the
    covariance is not known; z and p_value where there was a penalty.
    """

    feature: str
    coefficient: float | None
    std_error: float | None = None
    z: float | None = None
    p_value: float | None = None
    low: float | None = None
    high: float | None = None
    odds_ratio: float | None = None
    odds_ratio_low: float | None = None
    odds_ratio_high: float | None = None

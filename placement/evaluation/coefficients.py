"""How sure are the coefficients? Standard errors, intervals, odds ratios and tests of the model.

All from the covariance that the model carries, so no training file is needed; limits and tests of
Firth's correction from the profile likelihood, which it carries too. The standard errors
are Wald's, from the inverse of the Hessian (McCullagh and Nelder 1989, 4.4). With an L2 penalty the
same formula is the Laplace approximation of a posterior: its intervals hold for a prior belief in
small coefficients, and a test of "no effect" has no meaning, so z and p are left out.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from placement.errors import UsageError, did_you_mean
from placement.model.figures import CoefficientEstimate, LikelihoodSums, ProfileLimits
from placement.model.scorer import fold
from placement.stats.intervals import Z95

if TYPE_CHECKING:
    from placement.model.fitted import Fitted


FEW_EVENTS = 10  # a parameter; Peduzzi et al. 1996
INFLATED = 10.0  # a variance inflation factor that is called high
INTERCEPT = "(intercept)"


@dataclass(frozen=True)
class Likelihood:
    """The likelihood of the training rows: unclamped, unpenalised sums.

    `ratio` is the likelihood-ratio statistic against the null model, with `freedom` degrees and its
    p-value; it, AIC and BIC are None unless the likelihood was maximised.
    """

    log_likelihood: float
    null_log_likelihood: float
    mcfadden: float | None
    ratio: float | None
    freedom: int
    p_value: float | None
    aic: float | None
    bic: float | None

    @property
    def shrinkage(self) -> float | None:
        """What the log-odds of new rows are to be multiplied by: (χ² - df) / χ².

        J. C. van Houwelingen and S. le Cessie, Predictive value of statistical models (1990). None
        where the likelihood was not maximised; negative where it is no better than chance makes it.
        """
        return (self.ratio - self.freedom) / self.ratio if self.ratio else None


def estimates(fitted: "Fitted") -> tuple[CoefficientEstimate, ...]:
    """Return the intercept and every encoded column with errors, in the units of the file."""
    natural, intercept = fitted.encoder.unstandardise(fitted.weights, fitted.intercept)
    errors = _errors(fitted)
    tested = not is_penalised(fitted)
    inference = fitted.figures.inference
    profile = {limits.feature: limits for limits in (inference and inference.profile) or ()}
    rows = [_estimate(INTERCEPT, intercept, errors[-1], tested=tested)]
    for name, value, error in zip(fitted.encoder.names, natural, errors[:-1], strict=True):
        # A spline's aliased part may still have its share of the natural functions.
        if name in fitted.aliased and value == 0:
            rows.append(CoefficientEstimate(name, None))
        else:
            row = _estimate(name, float(value), error, tested=tested)
            rows.append(_profiled(row, profile[name]) if name in profile else row)
    return tuple(rows)


def per_units(
    fitted: "Fitted", rows: tuple[CoefficientEstimate, ...], units: Mapping[str, float]
) -> tuple[CoefficientEstimate, ...]:
    """Return coefficients per so many units of their columns, such as `{"iq": 10}`.

    Raises UsageError where the model has no such number.
    """
    features = {f.name for f in fitted.schema.features if f.kind == "number"}
    numbers = {fold(row.feature): row.feature for row in rows if row.feature in features}
    scale = {}
    for name, amount in units.items():
        if fold(name) not in numbers:
            names = sorted(numbers.values())
            hint = did_you_mean(name, names) or f": it has {', '.join(names)}"
            raise UsageError(f"--per {name}=…: the model has no such number{hint}")
        scale[numbers[fold(name)]] = amount
    return tuple(_scaled(row, scale.get(row.feature, 1.0)) for row in rows)


def _scaled(row: CoefficientEstimate, amount: float) -> CoefficientEstimate:
    if amount == 1 or row.coefficient is None:
        return row
    names = ("coefficient", "low", "high")
    value, low, high = (
        None if part is None else part * amount for part in (getattr(row, name) for name in names)
    )
    error = None if row.std_error is None else row.std_error * amount
    return _with_ratios(replace(row, coefficient=value, std_error=error, low=low, high=high))


def _profiled(row: CoefficientEstimate, limits: ProfileLimits) -> CoefficientEstimate:
    p_value = _two_sided(limits.z)
    return _with_ratios(replace(row, z=limits.z, p_value=p_value, low=limits.low, high=limits.high))


def is_penalised(fitted: "Fitted") -> bool:
    """Whether an L2 penalty pulled the coefficients towards 0."""
    return bool(fitted.config["l2"] > 0)


def likelihood(fitted: "Fitted") -> Likelihood | None:
    """Return the likelihood of the training rows; None where it was not recorded."""
    inference = fitted.figures.inference
    if inference is None:
        return None
    balanced = fitted.config["class_weight"] == "balanced"
    other_goal = is_penalised(fitted) or fitted.config.get("firth") or balanced
    return likelihood_of(inference.likelihood, maximised=not other_goal)


def likelihood_of(sums: LikelihoodSums, *, maximised: bool) -> Likelihood:
    """Return the same from a fit's recorded sums."""
    from scipy.stats import chi2

    reached, null = sums.log_likelihood, sums.null_log_likelihood
    freedom = sums.parameters - 1
    ratio = max(2 * (reached - null), 0.0)
    return Likelihood(
        log_likelihood=reached,
        null_log_likelihood=null,
        mcfadden=1 - reached / null if null else None,
        ratio=ratio if maximised else None,
        freedom=freedom,
        p_value=float(chi2.sf(ratio, freedom)) if maximised and freedom else None,
        aic=2 * sums.parameters - 2 * reached if maximised else None,
        bic=sums.parameters * math.log(sums.weight) - 2 * reached if maximised else None,
    )


def differ(one: CoefficientEstimate, other: CoefficientEstimate) -> bool:
    """Whether two fits' coefficients differ by more than 10 %, and by more than a rounding."""
    if one.coefficient is None or other.coefficient is None:
        return one.coefficient is not other.coefficient
    difference = abs(one.coefficient - other.coefficient)
    return difference > 0.1 * max(abs(one.coefficient), abs(other.coefficient), 1e-8)


def few_events(sums: LikelihoodSums) -> float | None:
    """Return the events a parameter where they are fewer than 10, else None.

    Events are the rows of the rarer outcome, parameters the columns beside the intercept.
    """
    columns = sums.parameters - 1
    if columns < 1 or sums.events >= FEW_EVENTS * columns:
        return None
    return sums.events / columns


def _estimate(name: str, value: float, error: float | None, *, tested: bool) -> CoefficientEstimate:
    if error is None:
        return _with_ratios(CoefficientEstimate(name, value))
    z = value / error if tested and error > 0 else None
    return _with_ratios(
        CoefficientEstimate(
            feature=name,
            coefficient=value,
            std_error=error,
            z=z,
            p_value=None if z is None else _two_sided(z),
            low=value - Z95 * error,
            high=value + Z95 * error,
        )
    )


def _two_sided(z: float) -> float:
    from scipy.special import ndtr

    return float(2 * ndtr(-abs(z)))


def _with_ratios(row: CoefficientEstimate) -> CoefficientEstimate:
    ratio, low, high = (
        None if value is None else _exp(value) for value in (row.coefficient, row.low, row.high)
    )
    return replace(row, odds_ratio=ratio, odds_ratio_low=low, odds_ratio_high=high)


def _exp(value: float) -> float:
    return math.exp(value) if value < 709 else math.inf


def _errors(fitted: "Fitted") -> list[float] | list[None]:
    """Return the d + 1 standard errors in natural units, the intercept's last."""
    if fitted.factor is None:
        return [None] * (len(fitted.weights) + 1)
    # Natural units are a linear map of the parameters, so the factor's columns go through it.
    parts = [
        np.append(*fitted.encoder.unstandardise(column[:-1], float(column[-1])))
        for column in fitted.factor.T
    ]
    errors: list[float] = np.sqrt(np.sum(np.square(parts), axis=0)).tolist()
    return errors

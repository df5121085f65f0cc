"""A logistic regression of outcomes on one number, with its covariance.

It looks at predictions that were made; the perceptron itself is fitted elsewhere, by autograd.
"""

from dataclasses import dataclass

import numpy as np

from placement.arrays import FloatArray

MOST_STEPS = 100
_CLOSE = 1e-20  # of the squared distance to the optimum, in standard errors
_LONGEST = 10.0  # step of a standardised parameter: far from the optimum the curvature says little


@dataclass(frozen=True)
class Line:
    """P(1) = sigmoid(slope · x + intercept), with standard errors from the weighted information."""

    slope: float
    slope_error: float
    intercept: float
    intercept_error: float


def fit_logit_slope(x: FloatArray, y: FloatArray, weight: FloatArray) -> Line | None:
    """Regress labels y (n,) in [0, 1] on x (n,), each row counting `weight` times.

    None where there is no optimum: x is constant, or one x separates the outcomes.
    """
    positive, negative = x[weight * y > 0], x[weight * (1 - y) > 0]
    if not len(positive) or not len(negative) or not x.max() > x.min():
        return None
    if positive.min() >= negative.max() or negative.min() >= positive.max():
        return None
    total = weight.sum()
    mean = float((weight * x).sum() / total)
    spread = float(np.sqrt((weight * (x - mean) ** 2).sum() / total))
    if not spread > 1e-12 * max(1.0, abs(mean)):
        return None
    optimum = _newton([np.ones_like(x), (x - mean) / spread], y, weight, np.zeros_like(x))
    if optimum is None:
        return None
    (level, steep), covariance = optimum
    # Back from the standardised x: slope = steep / spread, intercept = level - steep·mean / spread.
    back = np.array([[1.0, -mean / spread], [0.0, 1 / spread]])
    errors = np.sqrt(np.diag(back @ covariance @ back.T))
    return Line(
        slope=float(steep / spread),
        slope_error=float(errors[1]),
        intercept=float(level - steep * mean / spread),
        intercept_error=float(errors[0]),
    )


def fit_logit_intercept(
    x: FloatArray, y: FloatArray, weight: FloatArray
) -> tuple[float, float] | None:
    """Return a of P(1) = sigmoid(x + a) and its standard error; None for one outcome only."""
    positive, negative = (weight * y).sum(), (weight * (1 - y)).sum()
    if not positive > 0 or not negative > 0:
        return None
    optimum = _newton([np.ones_like(x)], y, weight, x)
    return None if optimum is None else (float(optimum[0][0]), float(np.sqrt(optimum[1][0, 0])))


def _newton(
    columns: list[FloatArray], y: FloatArray, weight: FloatArray, offset: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    """Return the optimum (k,) and its covariance (k, k); sums are numpy's, the same every time."""
    beta = np.zeros(len(columns))

    def z_at(point: FloatArray) -> FloatArray:
        return np.asarray(
            offset + sum(b * column for b, column in zip(point.tolist(), columns, strict=True))
        )

    def loss(z: FloatArray) -> float:
        return float((weight * (np.logaddexp(0, z) - y * z)).sum())

    z = z_at(beta)
    for _ in range(MOST_STEPS):
        p = 0.5 * (1 + np.tanh(z / 2))
        residual = weight * (p - y)
        variance = weight * p * (1 - p)
        gradient = np.array([(residual * column).sum() for column in columns])
        hessian = np.array([[(variance * a * b).sum() for b in columns] for a in columns])
        try:
            covariance = np.linalg.inv(hessian)
        except np.linalg.LinAlgError:
            return None
        step = covariance @ gradient
        if not np.isfinite(step).all():
            return None
        if float(gradient @ step) <= _CLOSE:
            return beta, covariance
        size, before = min(1.0, _LONGEST / float(np.abs(step).max())), loss(z)
        while loss(z_at(beta - size * step)) > before + 1e-12 * abs(before) and size > 1e-9:
            size /= 2
        beta = beta - size * step
        z = z_at(beta)
    return None

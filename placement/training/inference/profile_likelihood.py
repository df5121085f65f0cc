"""Limits and tests of Firth's coefficients by the profile of his penalised likelihood.

A coefficient is held at a value and all others are fitted again; the values that lower twice the
penalised log-likelihood by no more than chi-square's 95 % quantile are its interval, and what 0
lowers it by is its test (Heinze and Schemper 2002). Wald's symmetric intervals and p-values, which
take the likelihood for a parabola, reverse the conclusion where columns separate the outcomes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import brentq
from scipy.special import expit

from placement.arrays import FloatArray, IndexArray
from placement.data.encoding.chunks import Chunks
from placement.data.encoding.encoder import Encoder
from placement.model.figures import ProfileLimits
from placement.stats.intervals import Z95
from placement.training.inference.firth import rows_of

# Rows times parameters cubed, beyond which the fits would take about a quarter of a minute.
MOST_WORK = 1e8
_STEPS, _HALVINGS, _DOUBLINGS = 200, 30, 40
_SETTLED = 1e-10  # of twice the log-likelihood
_NEAR = 1e-5  # how exact a limit is, in standard errors


@dataclass(frozen=True)
class _Rows:
    """Rows to fit: columns `x` (n, d) with that of the intercept, labels and weights (n,)."""

    x: FloatArray
    y: FloatArray
    weight: FloatArray

    def likelihood(self, beta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return the penalised log-likelihood, its gradient (d,) and R of XᵀWX = RᵀR (d, d)."""
        logit = self.x @ beta
        p = expit(logit)
        root = np.sqrt(self.weight * p * (1 - p))
        orthogonal, upper = np.linalg.qr(self.x * root[:, None])
        leverage = (orthogonal**2).sum(axis=1)
        with np.errstate(divide="ignore"):
            penalty = np.log(np.abs(np.diag(upper))).sum()
        value = float(self.weight @ (self.y * logit - np.logaddexp(0, logit)) + penalty)
        gradient = self.x.T @ (self.weight * (self.y - p) + leverage * (0.5 - p))
        return value, gradient, upper

    def maximise(self, beta: FloatArray, free: IndexArray) -> tuple[float, FloatArray]:
        """Return the largest penalised log-likelihood that some parameters give, and where."""
        value, gradient, upper = self.likelihood(beta)
        for _ in range(_STEPS):
            factor = np.linalg.qr(upper[:, free], mode="r")
            half = solve_triangular(factor, gradient[free], trans="T")
            if half @ half < _SETTLED:
                break
            step, size = solve_triangular(factor, half), 1.0
            for _ in range(_HALVINGS):
                moved = beta.copy()
                moved[free] += size * step
                new = self.likelihood(moved)
                if new[0] > value:
                    break
                size /= 2
            else:
                break
            beta, (value, gradient, upper) = moved, new
        return value, beta


def profile_limits(
    source: Chunks, encoder: Encoder, columns: IndexArray, beta: FloatArray
) -> tuple[ProfileLimits, ...] | None:
    """Return limits and tests of the coefficients in the file's own units, None where too costly.

    `source` are the rows as they are, `columns` (d,) which of the encoded ones they have, and
    `beta` (d + 1,) Firth's estimate, the intercept last: it has no limits, since FLIC moves it.
    """
    x, y, weight = rows_of(source)
    rows = _Rows(np.column_stack([x, np.ones(len(x))]), y, weight)
    if len(x) * len(beta) ** 3 > MOST_WORK:
        return None
    units = np.eye(len(encoder.names))[columns]
    natural = np.array([encoder.unstandardise(unit, 0.0)[0] for unit in units])
    return tuple(
        _limits(name, rows, np.append(combination, 0.0), beta)
        for name, combination in zip(encoder.names, natural.T, strict=True)
        if combination.any()
    )


def _limits(name: str, rows: _Rows, combination: FloatArray, beta: FloatArray) -> ProfileLimits:
    """Profile the coefficient that a combination (d,) of the parameters is."""
    pivot = int(np.argmax(np.abs(combination)))
    estimate = float(combination @ beta)
    # The pivot gives its place to the coefficient; what it was is what the others leave of that.
    column = rows.x[:, pivot] / combination[pivot]
    x = rows.x - np.outer(column, combination)
    x[:, pivot] = column
    rows = _Rows(x, rows.y, rows.weight)
    start = beta.copy()
    start[pivot] = estimate
    free = np.flatnonzero(np.arange(len(beta)) != pivot)
    highest, start = rows.maximise(start, np.arange(len(beta)))
    estimate = float(start[pivot])
    upper = rows.likelihood(start)[2]
    unit = np.eye(len(beta))[pivot]
    error = float(np.linalg.norm(solve_triangular(upper, unit, trans="T")))

    nearest = {estimate: start}  # fits begin at that of the nearest value

    def lowered(value: float) -> float:
        begin = nearest[min(nearest, key=lambda known: abs(known - value))].copy()
        begin[pivot] = value
        reached, nearest[value] = rows.maximise(begin, free)
        return 2 * (highest - reached)

    z = float(np.sqrt(max(lowered(0.0), 0.0)) * np.sign(estimate))
    low, high = (_limit(lowered, estimate, sign * error) for sign in (-1, 1))
    return ProfileLimits(name, z, low, high)


def _limit(lowered: Callable[[float], float], estimate: float, error: float) -> float:
    """Return the value on one side of the estimate at which the interval ends."""
    inner, outer = estimate, estimate + Z95 * error
    for _ in range(_DOUBLINGS):
        if lowered(outer) > Z95**2:
            break
        inner, outer = outer, outer + 2 * (outer - estimate)
    else:
        return float(np.copysign(np.inf, error))
    return float(
        brentq(lambda value: lowered(value) - Z95**2, inner, outer, xtol=_NEAR * abs(error))
    )

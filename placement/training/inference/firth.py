"""Firth's correction: finite, less biased coefficients for small or separable samples.

Firth (1993) penalises the likelihood by Jeffreys' prior, ½ log |XᵀSX|. Its gradient is that of
ordinary cross-entropy on the rows and, with each, a pseudo-observation of the label ½ that weighs
as much as the row's leverage (Heinze and Schemper 2002). So the loop that fits every other model
fits this one: leverages are taken, their pseudo-rows fitted, until they agree.

FLIC (Puhr, Heinze et al. 2017) then moves the intercept alone, so that the mean of the
probabilities is the observed share again, which the correction pulls towards ½.
"""

from dataclasses import replace

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from placement.arrays import FloatArray
from placement.data.encoding.chunks import ArrayChunks, Chunks
from placement.data.encoding.design_matrix import DesignMatrix
from placement.errors import DataError
from placement.training.problem.problem import Problem
from placement.training.problem.stages import Stage
from placement.training.solver.training_loop import solve

MAX_CELLS = 20_000_000
MAX_ROUNDS = 500
TOLERANCE = 1e-10  # change of the logits, in the root mean square
_BRACKET = 1e3  # half the width in which the intercept is sought, in log-odds


def pseudo_observed(problem: Problem) -> Problem:
    """Return the problem whose ordinary optimum is Firth's estimate on the rows of this one.

    Raises DataError where the rows are too many to be held, or where no estimate is found.
    """
    if problem.source.rows * max(problem.source.columns, 1) > MAX_CELLS:
        raise DataError(
            f"--firth: {problem.source.rows:,} rows are too many for a small-sample correction, "
            "which would change nothing; leave it out"
        )
    x, y, weight = rows_of(problem.source)
    limit = sum(stage.limit for stage in problem.stages)
    options = replace(problem.options, optimizer="newton")
    ones = np.column_stack([x, np.ones(len(x))])
    logit, augmented = np.zeros(len(x)), problem
    for _ in range(MAX_ROUNDS):
        leverage = _leverage(ones, weight, logit)
        total = weight + leverage
        with np.errstate(invalid="ignore", divide="ignore"):
            label = np.where(total > 0, (weight * y + leverage / 2) / total, 0.5)
        rows = ArrayChunks(DesignMatrix.of(x), label, total)
        stages = (Stage("newton", limit, rows),)
        augmented = replace(problem, source=rows, options=options, stages=stages, hard=False)
        solution = solve(augmented)
        before, logit = logit, x @ solution.weights[problem.columns] + solution.intercept
        change = float(np.sqrt(np.mean((logit - before) ** 2)))
        if change <= TOLERANCE:
            return augmented
    raise DataError("--firth: no estimate was found; are there columns that are nearly copies?")


def flic_intercept(source: Chunks, weights: FloatArray, intercept: float) -> float:
    """Return the intercept at which the mean probability is the observed share."""
    x, y, weight = rows_of(source)
    offset = x @ weights

    def surplus(value: float) -> float:
        return float(weight @ (expit(offset + value) - y))

    return float(brentq(surplus, intercept - _BRACKET, intercept + _BRACKET, xtol=1e-14))


def rows_of(source: Chunks) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return columns (n, d), labels (n,) and weights (n,) of rows in float64."""
    parts = [(chunk.x.to_dense(), chunk.y, chunk.weight) for chunk in source]
    x, y, weight = (
        np.concatenate([np.array(part[k], dtype=np.float64) for part in parts]) for k in range(3)
    )
    return x, y, weight


def _leverage(ones: FloatArray, weight: FloatArray, logit: FloatArray) -> FloatArray:
    """Return the diagonal (n,) of the hat matrix W½X(XᵀWX)⁻¹XᵀW½ with W = weight·p(1 − p)."""
    p = expit(logit)
    root = np.sqrt(weight * p * (1 - p))
    orthogonal, _ = np.linalg.qr(ones * root[:, None])
    return np.asarray((orthogonal**2).sum(axis=1))

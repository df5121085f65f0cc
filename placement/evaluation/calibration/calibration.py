"""Can the probabilities be believed? Bins, Cox's line with intervals, and the parts of the Brier.

Cox (1958) regresses what happened on the logit of the prediction: a slope of 1 and an intercept of
0 are an honest model. A slope below 1 says that predictions are too extreme, as those of a model
that learnt its rows by heart; above 1, that they are too timid.
"""

import numpy as np

from placement.arrays import FloatArray, IntArray
from placement.evaluation.calibration.brier_decomposition import brier_parts
from placement.evaluation.calibration.reliability import equal_count_groups, reliability_bins
from placement.stats.calibration_error import BINS
from placement.stats.figures import CalibrationFigures, Estimate
from placement.stats.intervals import Z95
from placement.stats.log_loss import logit_of
from placement.stats.univariate_logistic import fit_logit_intercept, fit_logit_slope


def calibration_figures(
    p: FloatArray, y: FloatArray, weight: FloatArray, rows: IntArray | None = None, bins: int = BINS
) -> CalibrationFigures:
    """Return the figures of probabilities (n,) beside labels in [0, 1] with frequency weights.

    Each entry stands for one row, or for so many `rows` (n,) of the same kind, each 0 or 1.
    """
    counted = weight > 0
    counts = np.ones(len(p), dtype=np.int64) if rows is None else rows
    p, y, w, counts = p[counted], y[counted], weight[counted], counts[counted]
    logit = logit_of(p)
    line, shift = fit_logit_slope(logit, y, w), fit_logit_intercept(logit, y, w)
    groups = equal_count_groups(p, bins, counts)
    # A label that is a share of many rows of 0 and 1 has itself as the mean of their squares.
    squares = np.where(counts > 1, y, y * y)
    return CalibrationFigures(
        predicted=float(np.average(p, weights=w)),
        observed=float(np.average(y, weights=w)),
        slope=None if line is None else _estimate(line.slope, line.slope_error),
        intercept=None if line is None else _estimate(line.intercept, line.intercept_error),
        in_the_large=None if shift is None else _estimate(*shift),
        brier=brier_parts(p, y, w, groups, squares) if groups else None,
        bins=reliability_bins(p, y, w, bins, counts),
    )


def _estimate(value: float, error: float) -> Estimate:
    return Estimate(value, value - Z95 * error, value + Z95 * error)

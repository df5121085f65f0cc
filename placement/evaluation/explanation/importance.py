"""Which columns count most: the standard deviation of each one's part in the logit.

A column's part is the sum of its coefficients times its encoded columns, as in `contributions`. A
number's part has the deviation |β| per standard deviation; that of a category with levels of shares
s and coefficients β is √(Σ s·β² − (Σ s·β)²); both over the training rows, missing cells
included. Steps of a column, and products of two, are added as if they were independent of it.
"""

import numpy as np

from placement.arrays import FloatArray
from placement.model.fitted import Fitted
from placement.model.scorer import CategoryColumn, Column, NumberColumn


def column_importance(fitted: Fitted) -> dict[str, float]:
    """Return each column with the deviation of its part in the logit, the largest first."""
    variances, start = dict[str, float](), 0
    for column in fitted.encoder.columns:
        weights = fitted.weights[start : start + len(column.names)]
        start += len(column.names)
        variances[column.column] = variances.get(column.column, 0.0) + _variance(column, weights)
    largest = sorted(variances, key=lambda name: -variances[name])
    return {name: float(np.sqrt(variances[name])) for name in largest}


def _variance(column: Column, weights: FloatArray) -> float:
    """Return the variance over the training rows of an encoded column's part in the logit."""
    averages = np.array(column.averages)
    if isinstance(column, CategoryColumn):
        return float(averages @ weights**2 - (averages @ weights) ** 2)
    # An indicator is 1 in its share of rows; a number has variance 1, but is 0 where it is missing.
    missing = (isinstance(column, NumberColumn) and column.missing) or 0.0
    is_share = (averages > 0) & (averages < 1)
    return float(np.where(is_share, averages * (1 - averages), 1 - missing) @ weights**2)

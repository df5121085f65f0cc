"""The middle of a cluster-robust covariance: what the rows of a student say counts together.

Liang and Zeger, Longitudinal data analysis using generalized linear models (Biometrika 73, 1986),
with the usual correction for few clusters, as statsmodels and Stata have it.
"""

import numpy as np
from scipy.sparse import coo_array
from scipy.special import expit

from placement.arrays import FloatArray
from placement.data.encoding.chunks import Chunks
from placement.data.splits.row_clusters import RowClusters

MOST_CELLS = 1 << 25  # of the sums of clusters by parameters, in 256 MB


def cluster_scores(
    source: Chunks, weights: FloatArray, intercept: float, clusters: RowClusters
) -> FloatArray | None:
    """Return Σ s sᵀ (d + 1, d + 1) over clusters, s the sum of their rows' gradients.

    The rows of `source` are those of `clusters`, in the same order. None where the clusters are no
    more than the parameters, which leaves no covariance, or too many to be held.
    """
    parameters = len(weights) + 1
    if clusters.count <= parameters or clusters.count * parameters > MOST_CELLS:
        return None
    sums, start = np.zeros((clusters.count, parameters)), 0
    for chunk in source:
        x = np.column_stack([np.asarray(chunk.x.to_dense(), np.float64), np.ones(len(chunk))])
        residual = chunk.weight * (chunk.y - expit(x @ np.append(weights, intercept)))
        index = clusters.index[start : start + len(chunk)]
        rows = np.arange(len(chunk))
        sums += coo_array((residual, (index, rows)), (clusters.count, len(chunk))) @ x
        start += len(chunk)
    few = clusters.count / (clusters.count - 1) * (start - 1) / (start - parameters)
    return np.asarray(few * sums.T @ sums)

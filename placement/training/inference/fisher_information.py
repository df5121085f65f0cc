"""Fisher information: what the rows say about the parameters at a solution, in one pass.

Always in float64 and of the unclamped loss, whatever trained: statements about people should not
depend on a clamp or on single precision.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from placement.arrays import FloatArray
from placement.data.encoding.chunks import Chunk, Chunks, threads_for
from placement.model.loss import logit_bce_sum
from placement.model.perceptron import Perceptron
from placement.runtime import ranks
from placement.training.passes.chunk_threads import map_chunks, tensors
from placement.training.passes.cross_products import CrossProducts

MAX_COLUMNS = 2_000  # beyond, a covariance takes hundreds of megabytes


@dataclass(frozen=True)
class FisherInformation:
    """What the rows say about `(d + 1,)` parameters, the intercept last.

    `hessian: (d + 1, d + 1)` is that of the unpenalised negative log-likelihood, `scores` of the
    same shape the sum of the rows' squared gradients. `products` is Σ weight·(x, 1)(x, 1)ᵀ.
    `positive` and `negative` are the weights of the two outcomes without `class_weights` (2,),
    those of the negative and of the positive outcome. `clustered` are the sums of squared gradients
    of clusters of rows, None where each row is on its own.
    """

    log_likelihood: float
    hessian: FloatArray
    scores: FloatArray
    products: FloatArray
    positive: float
    negative: float
    class_weights: tuple[float, float] = (1.0, 1.0)
    clustered: FloatArray | None = None

    @property
    def _weights(self) -> FloatArray:
        negative, positive = self.class_weights
        return np.array([self.positive * positive, self.negative * negative])

    @property
    def weight(self) -> float:
        """Σ weight of the rows, with the class weights."""
        return float(self._weights.sum())

    @property
    def null_log_likelihood(self) -> float:
        """That of the model which gives every row the observed share, with the class weights."""
        weights = self._weights
        present = weights[weights > 0]
        return float(present @ np.log(present / weights.sum()))

    def variance_inflation(self, source_columns: Sequence[str]) -> dict[str, float]:
        """Return by file column the factor by which others inflate its coefficients' variance.

        `source_columns` (d,) says which file column each encoded one is of. For a column
        that is encoded as one it is the VIF, 1/(1 − R²); for several the generalised one of Fox and
        Monette (1992) to the power 1/columns, which is comparable. Aliased columns have none.
        """
        means = self.products[:-1, -1]
        centred = self.products[:-1, :-1] - np.outer(means, means) / self.products[-1, -1]
        size = np.sqrt(np.maximum(np.diag(centred), 0.0))
        varies = size > 1e-10 * np.sqrt(np.diag(self.products)[:-1])
        names = np.array(source_columns)[varies]
        correlation = centred[np.ix_(varies, varies)] / np.outer(size[varies], size[varies])
        whole = np.linalg.slogdet(correlation).logabsdet
        inflation = {}
        for name in dict.fromkeys(names.tolist()):
            owned = names == name
            blocks = (correlation[np.ix_(mask, mask)] for mask in (owned, ~owned))
            parts = sum([np.linalg.slogdet(block).logabsdet for block in blocks])
            with np.errstate(over="ignore", invalid="ignore"):
                inflation[name] = float(max(np.exp((parts - whole) / owned.sum()), 1.0))
        return inflation

    def covariance_factor(self, l2: float, *, robust: bool) -> FloatArray | None:
        """Return F, lower triangular, of which FFᵀ is the parameters' covariance.

        That is the inverse of the penalised Hessian: at l2 = 0 the usual one of maximum
        likelihood, above the Laplace approximation of the posterior. `robust`: the sandwich, for
        rows whose weights are no counts; that of clusters where there are some. None where the
        Hessian is singular.
        """
        penalty = np.diag(np.append(np.full(len(self.hessian) - 1, l2), 0.0))
        penalised = self.hessian + penalty
        size = np.sqrt(np.diag(penalised))
        if not (size > 0).all():
            return None
        try:
            lower = np.linalg.cholesky(penalised / np.outer(size, size))
            inverse = np.linalg.solve(lower.T, np.linalg.solve(lower, np.eye(len(size))))
            scores = self.scores if self.clustered is None else self.clustered
            if robust or self.clustered is not None:
                middle = (scores + penalty) / np.outer(size, size)
                inverse = inverse @ middle @ inverse
            spread = np.sqrt(np.diag(inverse))
            factor = np.linalg.cholesky(inverse / np.outer(spread, spread))
        except np.linalg.LinAlgError:
            return None
        return np.asarray(factor * (spread / size)[:, None])


def fisher_information(
    source: Chunks,
    weights: FloatArray,
    intercept: float,
    class_weights: tuple[float, float] | None = None,
    *,
    products: FloatArray | None = None,
) -> FisherInformation:
    """Sum up the information of all rows at `weights` (d,) and `intercept`.

    `class_weights` (2,) are those by which the weights of negative and positive rows were
    multiplied; means and products count the rows without them. `products` are summed up unless
    they are known.
    """
    scalars, matrices = np.zeros(3), [CrossProducts(source.columns) for _ in range(3)]
    model = Perceptron.of(weights, intercept)

    def sum_part(chunks: Iterable[Chunk]) -> tuple[FloatArray, list[CrossProducts]]:
        return _sums_of(chunks, model, class_weights, with_products=products is None)

    for part in map_chunks(source, sum_part, threads_for(source), blas=True):
        scalars += part[0]
        for matrix, added in zip(matrices, part[1], strict=True):
            matrix.merge(added)
    sums = (scalars, *(matrix.symmetric for matrix in matrices))
    scalars, hessian, summed, scores = ranks.current().add_up(*sums)
    log_likelihood, positive, weight = scalars.tolist()
    return FisherInformation(
        log_likelihood=log_likelihood,
        hessian=hessian,
        scores=scores,
        products=summed if products is None else products,
        positive=positive,
        negative=weight - positive,
        class_weights=class_weights or (1.0, 1.0),
    )


@torch.no_grad()
def _sums_of(
    chunks: Iterable[Chunk],
    model: Perceptron,
    class_weights: tuple[float, float] | None,
    *,
    with_products: bool,
) -> tuple[FloatArray, list[CrossProducts]]:
    """Return log-likelihood, positive weight and weight (3,); Hessian, products and scores."""
    scalars = np.zeros(3)
    hessian, products, scores = sums = [CrossProducts(model.width) for _ in range(3)]
    for chunk in chunks:
        x, y, given = tensors(chunk, torch.float64)
        w = torch.ones_like(y) if given is None else given
        factor = torch.ones_like(w)
        if class_weights is not None:
            factor = torch.tensor(class_weights, dtype=torch.float64)[(y >= 0.5).long()]
        z = model.logits(x)
        p = torch.sigmoid(z)
        count = w / factor
        scalars += -float(logit_bce_sum(z, y, w)), float(count @ y), float(count.sum())
        hessian.add(x, w * p * (1 - p))
        if with_products:
            products.add(x, count)
        if class_weights is not None:  # else the sandwich is not needed
            scores.add(x, w * factor * (p - y) ** 2)
    return scalars, sums

"""How sure are the parameters? The information in the rows at a solution, in one pass.

Always in float64 and of the unclamped loss, whatever trained: statements about people should not
hang on a clamp or on single precision.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from placement.arrays import FloatArray
from placement.data.encoding.chunks import Chunk, Chunks, threads_for
from placement.training.passes.chunk_threads import map_chunks, tensors

WIDEST = 2_000  # columns; beyond, a covariance takes hundreds of megabytes


@dataclass(frozen=True)
class Information:
    """What the rows say about `(d + 1,)` parameters, the intercept last.

    `hessian: (d + 1, d + 1)` is that of the unpenalised negative log-likelihood, `scores` of the
    same shape the sum of the rows' squared gradients. `products` is Σ weight·(x, 1)(x, 1)ᵀ.
    `positive` and `negative` are the weights of the two outcomes, class weights aside, `factors`
    these weights.
    """

    log_likelihood: float
    hessian: FloatArray
    scores: FloatArray
    products: FloatArray
    positive: float
    negative: float
    factors: tuple[float, float] = (1.0, 1.0)

    @property
    def null_log_likelihood(self) -> float:
        """That of the model which gives every row the observed share, classes weighed alike."""
        both = np.array([self.positive * self.factors[1], self.negative * self.factors[0]])
        there = both[both > 0]
        return float(there @ np.log(there / both.sum()))

    def variance_inflation(self, owners: Sequence[str]) -> dict[str, float]:
        """Return by file column the factor by which others inflate its coefficients' variance.

        `owners` (d,) says which file column each encoded one is of. For a column that is encoded
        as one it is the VIF, 1/(1 − R²); for several the generalised one of Fox and Monette (1992)
        to the power 1/columns, which is comparable. Aliased columns have none.
        """
        means = self.products[:-1, -1]
        centred = self.products[:-1, :-1] - np.outer(means, means) / self.products[-1, -1]
        size = np.sqrt(np.maximum(np.diag(centred), 0.0))
        there = size > 1e-10 * np.sqrt(np.diag(self.products)[:-1])  # constants have no spread
        names = np.array(owners)[there]
        correlation = centred[np.ix_(there, there)] / np.outer(size[there], size[there])
        whole = np.linalg.slogdet(correlation).logabsdet
        found = {}
        for name in dict.fromkeys(names.tolist()):
            own = names == name
            parts = [np.linalg.slogdet(correlation[np.ix_(m, m)]).logabsdet for m in (own, ~own)]
            with np.errstate(over="ignore", invalid="ignore"):
                found[name] = float(max(np.exp((sum(parts) - whole) / own.sum()), 1.0))
        return found

    def covariance_factor(self, l2: float, *, robust: bool) -> FloatArray | None:
        """Return F, lower triangular, of which FFᵀ is the parameters' covariance.

        That is the inverse of the penalised Hessian: at l2 = 0 the usual one of maximum
        likelihood, above the Laplace approximation of the posterior. `robust`: the sandwich, for
        rows whose weights are no counts. None where the Hessian is singular.
        """
        penalty = np.diag(np.append(np.full(len(self.hessian) - 1, l2), 0.0))
        penalised = self.hessian + penalty
        size = np.sqrt(np.diag(penalised))
        if not (size > 0).all():
            return None
        try:
            lower = np.linalg.cholesky(penalised / np.outer(size, size))
            inverse = np.linalg.solve(lower.T, np.linalg.solve(lower, np.eye(len(size))))
            if robust:
                middle = (self.scores + penalty) / np.outer(size, size)
                inverse = inverse @ middle @ inverse
            spread = np.sqrt(np.diag(inverse))
            factor = np.linalg.cholesky(inverse / np.outer(spread, spread))
        except np.linalg.LinAlgError:
            return None
        return np.asarray(factor * (spread / size)[:, None])


@dataclass
class _Sums:
    width: int
    log_likelihood: float = 0.0
    positive: float = 0.0
    weight: float = 0.0
    matrices: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        self.matrices = np.zeros((3, self.width + 1, self.width + 1))

    def add(self, other: "_Sums") -> None:
        self.log_likelihood += other.log_likelihood
        self.positive += other.positive
        self.weight += other.weight
        self.matrices += other.matrices


def information(
    source: Chunks,
    weights: FloatArray,
    intercept: float,
    factors: tuple[float, float] | None = None,
) -> Information:
    """Sum up the information of all rows at `weights` (d,) and `intercept`.

    `factors` (2,) are those by which the weights of negative and positive rows were multiplied;
    means and products count the rows without them.
    """
    total = _Sums(source.columns)
    with torch.no_grad():
        beta = torch.from_numpy(np.append(weights, intercept))

        def of_chunks(chunks: Iterable[Chunk]) -> _Sums:
            found = _Sums(source.columns)
            for chunk in chunks:
                _add_chunk(found, chunk, beta, factors)
            return found

        for part in map_chunks(source, of_chunks, threads_for(source)):
            total.add(part)
    hessian, products, scores = total.matrices
    return Information(
        log_likelihood=total.log_likelihood,
        hessian=hessian,
        scores=scores,
        products=products,
        positive=total.positive,
        negative=total.weight - total.positive,
        factors=factors or (1.0, 1.0),
    )


def _add_chunk(
    sums: _Sums, chunk: Chunk, beta: torch.Tensor, factors: tuple[float, float] | None
) -> None:
    x, y, given = tensors(chunk, torch.float64)
    with torch.no_grad():
        x = torch.cat([x, torch.ones(len(x), 1, dtype=torch.float64)], dim=1)
        w = torch.ones(len(x), dtype=torch.float64) if given is None else given
        factor = torch.ones_like(w)
        if factors is not None:
            factor = torch.tensor(factors, dtype=torch.float64)[(y >= 0.5).long()]
        z = x @ beta
        p = torch.sigmoid(z)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y, weight=w, reduction="sum")
        sums.log_likelihood -= float(loss)
        sums.positive += float((w / factor) @ y)
        sums.weight += float((w / factor).sum())
        wanted = [w * p * (1 - p), w / factor]
        if factors is not None:  # else nobody asks for the sandwich
            wanted.append(w * factor * (p - y) ** 2)
        for place, amount in enumerate(wanted):
            sums.matrices[place] += (x.T @ (x * amount.unsqueeze(1))).numpy()

"""Where does a straight line fall short, and which option may mend it? Tried fold by fold.

What the line leaves over is looked at by column, and by pair of columns, and where most is left
terms are added to it: a curve or a step of one column, products of two. A term is kept where what
it gains, on rows that it was not fitted to, is beyond chance; then the next is sought beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from placement.arrays import FloatArray
from placement.evaluation.alternatives.candidate_terms import Product, Spline, Step, Term
from placement.evaluation.alternatives.sklearn_cv import (
    CrossValidationData,
    CvFold,
    predict_out_of_fold,
)
from placement.stats.log_loss import row_log_loss
from placement.stats.resampling import mean_interval

MOST_REMEDIES = 6
TRIED_COLUMNS, TRIED_PAIRS = 4, 4  # where most is left over
BINS = 20
LEAST_DOUBT = 0.2  # p-value from which on a column's bins are no reason to try a term
MOST_PRODUCTS = 50  # encoded columns of an interaction


@dataclass(frozen=True)
class Difference:
    """A mean over rows, with its 95 % interval by a paired bootstrap of the rows."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class SuggestedTerm:
    """An option of `train` that mends the line, and its gain: by how much the log-loss falls.

    It comes on top of the remedies before it, with which the log-loss is then `log_loss`.
    """

    option: str
    columns: tuple[str, ...]
    gain: Difference
    log_loss: float


def difference(one: FloatArray, other: FloatArray, weight: FloatArray, seed: int) -> Difference:
    """Return the mean of one row's loss (n,) minus the other's, paired."""
    apart = one - other
    low, high = mean_interval(apart, weight, seed=seed)
    return Difference(float(np.average(apart, weights=weight)), low, high)


def search_terms(
    crossed: CrossValidationData,
    goal: FloatArray,
    *,
    least: float | None = None,
    seed: int = 0,
    on_progress: Callable[[], None] = lambda: None,
) -> tuple[tuple[SuggestedTerm, ...], FloatArray]:
    """Seek terms that mend the line, and return them with its out-of-fold probabilities (n,).

    Curves and steps are added as long as one gains beyond chance, the best first; products of
    columns only while the `goal` (n,), the probabilities of trees, is better beyond chance.
    `least`: where nothing else speaks against the line, a gain must be as large, and beyond the
    chance of the best of as many as are tried (Bonferroni). `on_progress` is called before each
    round.
    """
    search = _Search(crossed, seed, least)
    aim = row_log_loss(goal, crossed.label)
    while len(search.remedies) < MOST_REMEDIES:
        on_progress()
        if search.added(_columns_to_try(crossed, search)):
            continue
        short = difference(aim, search.loss, crossed.weight, seed).high < 0
        if not short or not search.added(_pairs_to_try(crossed, search)):
            break
    return tuple(search.remedies), search.p


class _Search:
    """The line with the terms found so far: its out-of-fold probabilities `p` and `loss` (n,)."""

    def __init__(self, crossed: CrossValidationData, seed: int, least: float | None) -> None:
        self._crossed, self._seed, self._least = crossed, seed, least
        self._terms: list[Term] = []
        self.remedies: list[SuggestedTerm] = []
        self.p = predict_out_of_fold(crossed, {"line": self._base})["line"]

    @property
    def loss(self) -> FloatArray:
        return row_log_loss(self.p, self._crossed.label)

    def has(self, columns: Sequence[str]) -> bool:
        """Whether the line has a term of just these columns, its own or one that was added."""
        own = self._crossed.curves
        terms = [*((name,) for name in (*own.splines, *own.steps)), *own.interactions]
        terms += [remedy.columns for remedy in self.remedies]
        return any(set(term) == set(columns) for term in terms)

    def added(self, candidates: Sequence[Term]) -> bool:
        """Try terms, and add the one that gains most, where that is beyond chance."""
        if not candidates:
            return False
        base, loss, weight = self._base, self.loss, self._crossed.weight
        tried = predict_out_of_fold(
            self._crossed,
            {str(k): _design(base, term) for k, term in enumerate(candidates)},
        )
        gains = [loss - row_log_loss(p, self._crossed.label) for p in tried.values()]
        # A step wins a tie: it is the simpler of two.
        order = [(float(np.average(gain, weights=weight)), -k) for k, gain in enumerate(gains)]
        best = -max(order)[1]
        outside = 0.05 / (1 if self._least is None else len(candidates))
        if order[best][0] < (self._least or 0.0):
            return False
        if mean_interval(gains[best], weight, seed=self._seed, outside=outside)[0] <= 0:
            return False
        term = candidates[best]
        self.p = tried[str(best)]
        after = float(np.average(self.loss, weights=weight))
        low, high = mean_interval(gains[best], weight, seed=self._seed)
        gain = Difference(order[best][0], low, high)
        whole = self._crossed.whole()
        option = term.option(whole, base(whole))
        self._terms.append(term)
        self.remedies.append(SuggestedTerm(option, term.columns, gain, after))
        return True

    def _base(self, fold: CvFold) -> FloatArray:
        x = fold.x
        for term in self._terms:
            x = np.column_stack([x, term.encoded(fold, x)])
        return x


def _design(base: Callable[[CvFold], FloatArray], term: Term) -> Callable[[CvFold], FloatArray]:
    def made(fold: CvFold) -> FloatArray:
        x = base(fold)
        return np.column_stack([x, term.encoded(fold, x)])

    return made


def _columns_to_try(crossed: CrossValidationData, search: _Search) -> list[Term]:
    """Return terms of the columns over which the residuals wander most, by the χ² of their bins."""
    from scipy.stats import chi2

    residual, spread = _left_over(crossed, search.p)
    unlikely: dict[str, float] = {}
    for name in crossed.numbers:
        values = crossed.number(name)
        edges = np.unique(np.nanquantile(values, np.linspace(0, 1, BINS + 1)[1:-1]))
        if search.has((name,)) or len(np.unique(values[~np.isnan(values)])) < 3:
            continue
        bins = np.searchsorted(edges, values)
        sums, sizes = np.bincount(bins, residual), np.bincount(bins, spread)
        there = sizes > 0
        doubt = chi2.sf((sums[there] ** 2 / sizes[there]).sum(), there.sum())
        if doubt < LEAST_DOUBT:
            unlikely[name] = float(doubt)
    found = sorted(unlikely, key=lambda name: unlikely[name])[:TRIED_COLUMNS]
    step_first = [(Step(crossed, name), Spline(crossed, name)) for name in found]
    return [term for pair in step_first for term in pair]


def _pairs_to_try(crossed: CrossValidationData, search: _Search) -> list[Term]:
    """Return products of the pairs that the residuals follow most."""
    residual, spread = _left_over(crossed, search.p)
    whole = crossed.whole()
    strength = {}
    for one, other in combinations(whole.blocks, 2):
        a, b = (whole.plain[:, whole.blocks[name]] for name in (one, other))
        size = a.shape[1] * b.shape[1]
        if not 0 < size <= MOST_PRODUCTS or search.has((one, other)):
            continue
        along, length = (a.T @ (b * residual[:, None])) ** 2, (a**2).T @ (b**2 * spread[:, None])
        strength[one, other] = float((along / np.maximum(length, 1e-12)).sum() - size)
    found = sorted(strength, key=lambda pair: -strength[pair])[:TRIED_PAIRS]
    return [Product(*pair) for pair in found]


def _left_over(crossed: CrossValidationData, p: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the residual (n,) of each row and its variance, both weighted."""
    w = crossed.weight
    return w * (crossed.label - p), w * np.maximum(p * (1 - p), 1e-9)

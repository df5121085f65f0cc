"""Where does a straight line fall short, and which option improves it? Tried fold by fold.

The residuals of the line are looked at by column, and by pair of columns, and where they are
largest terms are added: a curve or a step of one column, products of two. A term is added where
what it gains, on rows that it was not fitted to, is beyond chance; then the next one is tried.
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
    Design,
    cross_val_predict,
    logistic_on,
)
from placement.stats.log_loss import row_log_loss
from placement.stats.resampling import mean_interval

MOST_TERMS = 6
TRIED_COLUMNS, TRIED_PAIRS = 4, 4  # of the largest residuals
BINS = 20
LARGEST_P_VALUE = 0.2  # from which on the bins of a column are no reason to try a term
MOST_PRODUCTS = 50  # encoded columns of an interaction


@dataclass(frozen=True)
class MeanDifference:
    """A mean over rows, with its 95 % interval by a paired bootstrap of the rows."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class SuggestedTerm:
    """An option of `train` that improves the line, and its gain: how far the log-loss falls.

    It comes on top of the terms before it, with which the log-loss is then `log_loss`.
    """

    option: str
    columns: tuple[str, ...]
    gain: MeanDifference
    log_loss: float


def mean_difference(
    one: FloatArray, other: FloatArray, weight: FloatArray, seed: int
) -> MeanDifference:
    """Return the mean of one row's loss (n,) minus the other's, paired."""
    difference = one - other
    low, high = mean_interval(difference, weight, seed=seed)
    return MeanDifference(float(np.average(difference, weights=weight)), low, high)


def search_terms(
    data: CrossValidationData,
    goal: FloatArray,
    *,
    least: float | None = None,
    seed: int = 0,
    on_progress: Callable[[], None] = lambda: None,
) -> tuple[tuple[SuggestedTerm, ...], FloatArray]:
    """Search terms that improve the line; return them and its out-of-fold probabilities (n,).

    Curves and steps are added as long as one gains beyond chance, the best first; products of
    columns only while the `goal` (n,), the probabilities of trees, is better beyond chance.
    `least`: where nothing else speaks against the line, a gain must be as large, and beyond the
    chance of the best of as many as are tried (Bonferroni). `on_progress` is called before each
    round.
    """
    search = _Search(data, seed, least)
    goal_loss = row_log_loss(goal, data.label)
    while len(search.suggested) < MOST_TERMS:
        on_progress()
        if search.add_best(_columns_to_try(data, search)):
            continue
        trees_better = mean_difference(goal_loss, search.loss, data.weight, seed).high < 0
        if not trees_better or not search.add_best(_pairs_to_try(data, search)):
            break
    return tuple(search.suggested), search.p


class _Search:
    """The line with the terms added so far: its out-of-fold probabilities `p` and `loss` (n,)."""

    def __init__(self, data: CrossValidationData, seed: int, least: float | None) -> None:
        self._data, self._seed, self._least = data, seed, least
        self._design: Design = lambda fold: fold.x
        self.suggested: list[SuggestedTerm] = []
        self.p = cross_val_predict(data, {"line": logistic_on(self._design)})["line"]

    @property
    def loss(self) -> FloatArray:
        return row_log_loss(self.p, self._data.label)

    def has(self, columns: Sequence[str]) -> bool:
        """Whether the line has a term of just these columns, of the model or added."""
        curves = self._data.curves
        terms = [*((name,) for name in (*curves.splines, *curves.steps)), *curves.interactions]
        terms += [term.columns for term in self.suggested]
        return any(set(term) == set(columns) for term in terms)

    def add_best(self, candidates: Sequence[Term]) -> bool:
        """Try terms, and add the one that gains most, where that is beyond chance."""
        if not candidates:
            return False
        data, loss, design = self._data, self.loss, self._design
        models = {str(k): logistic_on(_with(design, term)) for k, term in enumerate(candidates)}
        predicted = cross_val_predict(data, models)
        gains = [loss - row_log_loss(p, data.label) for p in predicted.values()]
        # A step wins a tie: it is the simpler of two.
        means = [data.mean(gain) for gain in gains]
        gain, best = max(means), means.index(max(means))
        outside = 0.05 / (1 if self._least is None else len(candidates))
        if gain < (self._least or 0.0):
            return False
        if mean_interval(gains[best], data.weight, seed=self._seed, outside=outside)[0] <= 0:
            return False
        term, whole = candidates[best], data.all_train()
        option = term.option(whole, design(whole))
        low, high = mean_interval(gains[best], data.weight, seed=self._seed)
        self.p = predicted[str(best)]
        self._design = _with(design, term)
        difference = MeanDifference(gain, low, high)
        self.suggested.append(SuggestedTerm(option, term.columns, difference, data.mean(self.loss)))
        return True


def _with(design: Design, term: Term) -> Design:
    def extended(fold: CvFold) -> FloatArray:
        x = design(fold)
        return np.column_stack([x, term.encoded(fold, x)])

    return extended


def _columns_to_try(data: CrossValidationData, search: _Search) -> list[Term]:
    """Return terms of the columns by which the residuals differ most, by the χ² of their bins."""
    from scipy.stats import chi2

    residual, variance = _residuals(data, search.p)
    p_values: dict[str, float] = {}
    for name in data.numbers:
        values = data.number(name)
        edges = np.unique(np.nanquantile(values, np.linspace(0, 1, BINS + 1)[1:-1]))
        if search.has((name,)) or len(np.unique(values[~np.isnan(values)])) < 3:
            continue
        bins = np.searchsorted(edges, values)
        sums, variances = np.bincount(bins, residual), np.bincount(bins, variance)
        filled = variances > 0
        statistic = (sums[filled] ** 2 / variances[filled]).sum()
        p_value = float(chi2.sf(statistic, filled.sum()))
        if p_value < LARGEST_P_VALUE:
            p_values[name] = p_value
    names = sorted(p_values, key=lambda name: p_values[name])[:TRIED_COLUMNS]
    return [term for name in names for term in (Step(data, name), Spline(data, name))]


def _pairs_to_try(data: CrossValidationData, search: _Search) -> list[Term]:
    """Return products of the pairs that the residuals follow most."""
    residual, variance = _residuals(data, search.p)
    whole = data.all_train()
    strength = {}
    for pair in combinations(whole.blocks, 2):
        a, b = (whole.plain[:, whole.blocks[name]] for name in pair)
        size = a.shape[1] * b.shape[1]
        if not 0 < size <= MOST_PRODUCTS or search.has(pair):
            continue
        score = (a.T @ (b * residual[:, None])) ** 2
        expected = (a**2).T @ (b**2 * variance[:, None])
        strength[pair] = float((score / np.maximum(expected, 1e-12)).sum() - size)
    pairs = sorted(strength, key=lambda pair: -strength[pair])[:TRIED_PAIRS]
    return [Product(*pair) for pair in pairs]


def _residuals(data: CrossValidationData, p: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the residual (n,) of each row and its variance, both weighted."""
    w = data.weight
    return w * (data.label - p), w * np.maximum(p * (1 - p), 1e-9)

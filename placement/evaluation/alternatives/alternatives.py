"""Is a straight line enough? The perceptron beside no model, one column, and boosted trees.

All of them predict the same rows in the same folds, none of which a model was trained on.
Differences of log-loss are resampled row by row, so that what makes a row hard for both cancels
out.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from placement.arrays import FloatArray
from placement.evaluation.alternatives.nonlinearity_search import (
    MeanDifference,
    SuggestedTerm,
    mean_difference,
    search_terms,
)
from placement.evaluation.alternatives.sklearn_cv import (
    CrossValidationData,
    CvFold,
    cross_val_predict,
    fit_logistic,
)
from placement.runtime.parallel_map import usable_processors
from placement.stats.log_loss import row_log_loss
from placement.stats.metrics import metrics

MOST_LEVELS = 255  # of a category, that the trees can tell apart
# Where the trees are no better: the share of the perceptron's gain over the base rate that a curve
# must add to be worth its columns. With many rows the slightest bend is beyond chance.
LEAST_SHARE_OF_GAIN = 0.05


@dataclass(frozen=True)
class Candidate:
    """A model's metrics out of fold, and its log-loss minus the perceptron's, None for itself.

    Below zero it is the better of the two, beyond chance where the whole interval is.
    """

    name: str
    log_loss: float
    brier: float
    roc_auc: float | None
    difference: MeanDifference | None


@dataclass(frozen=True)
class ModelComparison:
    """The perceptron and its alternatives on the same `rows`, drawn from `of_rows`, in `folds`.

    `single_columns` are the columns that were best alone, the most frequent choice first.
    `suggested_terms` are the options that make the line better beyond chance, one on top of the
    other: `with_terms` is the line with all of them, `terms_minus_trees` its log-loss minus that of
    the trees.
    """

    rows: int
    of_rows: int
    folds: int
    perceptron: Candidate
    base_rate: Candidate
    single: Candidate
    single_columns: tuple[str, ...]
    trees: Candidate
    trees_are_better: bool
    suggested_terms: tuple[SuggestedTerm, ...]
    with_terms: Candidate | None
    terms_minus_trees: MeanDifference | None

    @property
    def line_is_enough(self) -> bool:
        """Whether neither the trees are better beyond chance nor any term is suggested."""
        return not self.trees_are_better and not self.suggested_terms


def compare(
    data: CrossValidationData,
    perceptron: FloatArray,
    *,
    of_rows: int | None = None,
    seed: int = 0,
    on_progress: Callable[[str], None] = lambda _what: None,
) -> ModelComparison:
    """Compare the perceptron's out-of-fold p (n,) with others on these rows of `of_rows` in all."""
    from threadpoolctl import threadpool_limits

    if not (data.weight > 0).all():
        perceptron, data = perceptron[data.weight > 0], data.with_weight()
    loss = row_log_loss(perceptron, data.label)

    def candidate(name: str, p: FloatArray) -> Candidate:
        difference = mean_difference(row_log_loss(p, data.label), loss, data.weight, seed)
        return _candidate(data, name, p, difference)

    with threadpool_limits(limits=1):  # the same bits on any machine
        base, single, columns = _simple(data)
        on_progress("trees")
        p_trees = boosted_trees(data, seed)
        trees = candidate("boosted trees", p_trees)
        better = trees.difference is not None and trees.difference.high < 0
        gain = data.mean(row_log_loss(base, data.label) - loss)
        terms, p_terms = search_terms(
            data,
            p_trees,
            least=None if better else LEAST_SHARE_OF_GAIN * max(gain, 0.0),
            seed=seed,
            on_progress=lambda: on_progress("remedies"),
        )
        with_terms = difference = None
        if terms:
            with_terms = candidate("with the options below", p_terms)
            loss_terms, loss_trees = (row_log_loss(p, data.label) for p in (p_terms, p_trees))
            difference = mean_difference(loss_terms, loss_trees, data.weight, seed)
    rows = len(data.label)
    return ModelComparison(
        rows=rows,
        of_rows=rows if of_rows is None else of_rows,
        folds=len(np.unique(data.fold)),
        perceptron=_candidate(data, "perceptron", perceptron, None),
        # Within each fold it is one rate, which ranks nobody above another.
        base_rate=replace(candidate("base rate", base), roc_auc=0.5),
        single=candidate("best single column", single),
        single_columns=columns,
        trees=trees,
        trees_are_better=better,
        suggested_terms=terms,
        with_terms=with_terms,
        terms_minus_trees=difference,
    )


def _candidate(
    data: CrossValidationData, name: str, p: FloatArray, difference: MeanDifference | None
) -> Candidate:
    figures = metrics(p, data.label, data.weight)
    if figures.log_loss is None or figures.brier is None:
        raise ValueError("rows without a log-loss")
    return Candidate(name, figures.log_loss, figures.brier, figures.roc_auc, difference)


def _simple(data: CrossValidationData) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Return the out-of-fold base rate and best single column (n,), and the columns chosen.

    Each fold's column is chosen on its training rows alone, by Akaike's criterion, so that choosing
    is paid for.
    """
    chosen: list[str] = []

    def base_rate(fold: CvFold) -> FloatArray:
        rate = np.average(data.label[fold.train], weights=data.weight[fold.train])
        return np.full(len(fold.test), rate)

    def best_column(fold: CvFold) -> FloatArray:
        best = (np.inf, "", base_rate(fold))
        for name, block in fold.blocks.items():
            x = fold.plain[:, block]
            if not x.shape[1]:
                continue
            score = fit_logistic(fold, x, fold.train)
            loss = row_log_loss(score(x[fold.train]), data.label[fold.train])
            criterion = 2 * float(fold.weight[fold.train] @ loss) + 2 * x.shape[1]
            if criterion < best[0]:
                best = (criterion, name, score(x[fold.test]))
        chosen.append(best[1])
        return best[2]

    predicted = cross_val_predict(data, {"base rate": base_rate, "column": best_column})
    names = sorted(set(chosen) - {""}, key=lambda name: (-chosen.count(name), name))
    return predicted["base rate"], predicted["column"], tuple(names)


def boosted_trees(data: CrossValidationData, seed: int) -> FloatArray:
    """Return out-of-fold probabilities (n,) of scikit-learn's histogram gradient boosting.

    Its defaults, but no early stopping, which would hold out more rows and part equal ones.
    Numbers come as they are, missing ones too; a category's levels are those of the perceptron, the
    255th and all beyond as one.
    """
    models = {"trees": lambda fold: _trees(data, fold, seed)}
    return cross_val_predict(data, models, usable_processors())["trees"]


def _trees(data: CrossValidationData, fold: CvFold, seed: int) -> FloatArray:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    numbers = set(data.numbers)
    cells = np.column_stack(
        [
            data.number(name) if name in numbers else _codes(fold.plain[:, block])
            for name, block in fold.blocks.items()
        ]
    )
    words = [name not in numbers for name in fold.blocks]
    with threadpool_limits(limits=1):
        model = HistGradientBoostingClassifier(
            categorical_features=words, early_stopping=False, random_state=seed
        )
        weight = fold.weight[fold.train]
        model.fit(cells[fold.train], data.label[fold.train], sample_weight=weight)
        p: FloatArray = model.predict_proba(cells[fold.test])[:, 1]
    return p


def _codes(block: FloatArray) -> FloatArray:
    """Return the level (n,) of treatment-coded cells (n, k): 0 for the reference; NaN if unseen."""
    codes = np.minimum(block @ np.arange(1.0, block.shape[1] + 1), MOST_LEVELS - 1)
    return np.where(np.isin(block, (0, 1)).all(axis=1), codes, np.nan)

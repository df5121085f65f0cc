"""Is a straight line enough? The perceptron beside no model, one column, and boosted trees.

All of them predict the same rows in the same folds, none of which a model has seen. Differences of
log-loss are resampled row by row, so that what makes a row hard for both cancels out.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from placement.arrays import FloatArray
from placement.evaluation.alternatives.nonlinearity_search import (
    Difference,
    SuggestedTerm,
    difference,
    search_terms,
)
from placement.evaluation.alternatives.sklearn_cv import CrossValidationData, CvFold, logistic
from placement.evaluation.metrics.metrics import metrics
from placement.runtime.ordered_map import in_order, usable_processors
from placement.stats.log_loss import row_log_loss

MOST_LEVELS = 255  # of a category, that the trees can tell apart
# Where the trees see nothing: the share of the perceptron's gain over the base rate that a curve
# must add to be worth its columns. With many rows the slightest bend is beyond chance.
WORTH_NAMING = 0.05


@dataclass(frozen=True)
class Candidate:
    """A model's figures out of fold. `apart`: its log-loss minus the perceptron's, None for itself.

    Below zero it is the better of the two, beyond chance where the whole interval is.
    """

    name: str
    log_loss: float
    brier: float
    roc_auc: float | None
    apart: Difference | None


@dataclass(frozen=True)
class ModelComparison:
    """The perceptron and its rivals on the same `rows`, drawn from `of_rows`, in `folds` folds.

    `single_columns` are the columns that were best alone, the most frequent choice first.
    `remedies` are the options that make the line better beyond chance, one on top of the other:
    `mended` is the line with all of them, and `left` its log-loss minus that of the trees.
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
    remedies: tuple[SuggestedTerm, ...]
    mended: Candidate | None
    left: Difference | None

    @property
    def line_is_enough(self) -> bool:
        """Whether neither the trees are better beyond chance nor any remedy was found."""
        return not self.trees_are_better and not self.remedies


def compare(
    crossed: CrossValidationData,
    perceptron: FloatArray,
    *,
    of_rows: int | None = None,
    seed: int = 0,
    on_progress: Callable[[str], None] = lambda _what: None,
) -> ModelComparison:
    """Compare the perceptron's out-of-fold probabilities (n,) with its rivals' on the same rows.

    `of_rows`: from how many rows these were drawn. `on_progress` hears of what was done.
    """
    from threadpoolctl import threadpool_limits

    if not (crossed.weight > 0).all():
        perceptron, crossed = perceptron[crossed.weight > 0], crossed.counted()
    with threadpool_limits(limits=1):  # the same bits on any machine
        base, single, chosen = _simple(crossed)
        on_progress("trees")
        trees = boosted_trees(crossed, seed)
        loss = row_log_loss(perceptron, crossed.label)

        def contender(name: str, p: FloatArray) -> Candidate:
            own = row_log_loss(p, crossed.label)
            return _contender(crossed, name, p, difference(own, loss, crossed.weight, seed))

        found = contender("boosted trees", trees)
        better = found.apart is not None and found.apart.high < 0
        least = None
        if not better:
            of_base = row_log_loss(base, crossed.label)
            gained = float(np.average(of_base - loss, weights=crossed.weight))
            least = WORTH_NAMING * max(gained, 0.0)
        remedies, p = search_terms(
            crossed, trees, least=least, seed=seed, on_progress=lambda: on_progress("remedies")
        )
        mended = left = None
        if remedies:
            mended = contender("with the options below", p)
            own, aim = row_log_loss(p, crossed.label), row_log_loss(trees, crossed.label)
            left = difference(own, aim, crossed.weight, seed)
    rows = len(crossed.label)
    return ModelComparison(
        rows=rows,
        of_rows=rows if of_rows is None else of_rows,
        folds=len(np.unique(crossed.fold)),
        perceptron=_contender(crossed, "perceptron", perceptron, None),
        # Within each fold it is one rate, which ranks nobody above another.
        base_rate=replace(contender("base rate", base), roc_auc=0.5),
        single=contender("best single column", single),
        single_columns=chosen,
        trees=found,
        trees_are_better=better,
        remedies=remedies,
        mended=mended,
        left=left,
    )


def _contender(
    crossed: CrossValidationData, name: str, p: FloatArray, apart: Difference | None
) -> Candidate:
    found = metrics(p, crossed.label, crossed.weight)
    if found.log_loss is None or found.brier is None:
        raise ValueError("rows without a log-loss")
    return Candidate(name, found.log_loss, found.brier, found.roc_auc, apart)


def _simple(crossed: CrossValidationData) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Return the out-of-fold base rate and best single column (n,), and the columns chosen.

    Each fold's column is chosen on its training rows alone, by Akaike's criterion, so that choosing
    is paid for.
    """
    base, single = np.zeros(len(crossed.label)), np.zeros(len(crossed.label))
    chosen: list[str] = []
    for fold in crossed.folds():
        train, test = fold.train, fold.test
        base[test] = np.average(crossed.label[train], weights=crossed.weight[train])
        best = (np.inf, "", base[test])
        for name, block in fold.blocks.items():
            x = fold.plain[:, block]
            if not x.shape[1]:
                continue
            score = logistic(fold, x, train, crossed.l2)
            loss = row_log_loss(score(x[train]), crossed.label[train])
            criterion = 2 * float(fold.weight[train] @ loss) + 2 * x.shape[1]
            if criterion < best[0]:
                best = (criterion, name, score(x[test]))
        single[test] = best[2]
        chosen.append(best[1])
    names = sorted(set(chosen) - {""}, key=lambda name: (-chosen.count(name), name))
    return base, single, tuple(names)


def boosted_trees(crossed: CrossValidationData, seed: int) -> FloatArray:
    """Return out-of-fold probabilities (n,) of scikit-learn's histogram gradient boosting.

    Its defaults, but no early stopping, which would hold out rows of its own and part equal ones.
    Numbers come as they are, missing ones too; a category's levels are those of the perceptron, the
    255th and all beyond as one.
    """
    found = np.zeros(len(crossed.label))

    def of_fold(fold: CvFold) -> tuple[CvFold, FloatArray]:
        return fold, _trees(crossed, fold, seed)

    for fold, p in in_order(crossed.folds(), of_fold, usable_processors()):
        found[fold.test] = p
    return found


def _trees(crossed: CrossValidationData, fold: CvFold, seed: int) -> FloatArray:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    numbers = set(crossed.numbers)
    cells = np.column_stack(
        [
            crossed.number(name) if name in numbers else _codes(fold.plain[:, block])
            for name, block in fold.blocks.items()
        ]
    )
    words = [name not in numbers for name in fold.blocks]
    with threadpool_limits(limits=1):
        model = HistGradientBoostingClassifier(
            categorical_features=words, early_stopping=False, random_state=seed
        )
        weight = fold.weight[fold.train]
        model.fit(cells[fold.train], crossed.label[fold.train], sample_weight=weight)
        p: FloatArray = model.predict_proba(cells[fold.test])[:, 1]
    return p


def _codes(block: FloatArray) -> FloatArray:
    """Return the level (n,) of treatment-coded cells (n, k): 0 for the reference; NaN if unseen."""
    codes = np.minimum(block @ np.arange(1.0, block.shape[1] + 1), MOST_LEVELS - 1)
    return np.where(np.isin(block, (0, 1)).all(axis=1), codes, np.nan)

"""Rows in folds, and scikit-learn's models tried on each fold after training on the others."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from placement.arrays import FloatArray, IndexArray
from placement.data.encoding.encoder import learn_encoder
from placement.data.encoding.nonlinear_terms import NO_TERMS, NonlinearTerms
from placement.data.schema import Schema
from placement.model.scorer import Coded
from placement.runtime.parallel_map import in_order

LEAST_PENALTY = 1e-3  # in place of none, which leaves separable rows without an optimum
NEWTON_COLUMNS = 500  # beyond, a Hessian costs more than the many gradients of lbfgs


@dataclass(frozen=True, eq=False)
class CvFold:
    """One fold of some rows: indices of the rows that `train` and `test`, and all rows encoded.

    `x` (n, d) has the columns of the model, `plain` (n, c) those of the same model without curves,
    steps and products, and `blocks` are the columns of `plain` by file column. The encodings are
    learnt from the rows that train. `weight` (n,) is that of training, class weights in it, and
    `l2` the penalty.
    """

    number: int
    train: IndexArray
    test: IndexArray
    x: FloatArray
    plain: FloatArray
    blocks: Mapping[str, slice]
    label: FloatArray
    weight: FloatArray
    l2: float


Design = Callable[[CvFold], FloatArray]  # columns (n, d), learnt from the training rows only
FoldModel = Callable[[CvFold], FloatArray]  # trains without the fold, returns its probabilities


@dataclass(frozen=True, eq=False)
class CrossValidationData:
    """Rows to compare models on: file columns (n,), labels of 0 and 1, weights, folds.

    `l2`, `balanced` and `curves` are the penalty, the class weights, and the curves, steps and
    products of the model they are compared with.
    """

    columns: Mapping[str, FloatArray | Coded]
    schema: Schema
    label: FloatArray
    weight: FloatArray
    fold: npt.NDArray[np.integer]
    l2: float = 1.0
    balanced: bool = False
    curves: NonlinearTerms = NO_TERMS

    @property
    def numbers(self) -> tuple[str, ...]:
        """The file columns that are numbers."""
        return tuple(f.name for f in self.schema.features if f.kind == "number")

    def number(self, name: str) -> FloatArray:
        """Return the cells (n,) of a number column, NaN where missing."""
        return np.asarray(self.columns[name], dtype=np.float64)

    def mean(self, values: FloatArray) -> float:
        """Return the weighted mean of values (n,)."""
        return float(np.average(values, weights=self.weight))

    def with_weight(self) -> "CrossValidationData":
        """Return the rows whose weight is above 0."""
        rows = np.flatnonzero(self.weight > 0)
        return replace(
            self,
            columns={name: cells[rows] for name, cells in self.columns.items()},
            label=self.label[rows],
            weight=self.weight[rows],
            fold=self.fold[rows],
        )

    def folds(self) -> Iterator[CvFold]:
        """Yield the folds one by one, each encoded when it is asked for."""
        for number in np.unique(self.fold).tolist():
            yield self._fold(number, np.flatnonzero(self.fold != number))

    def all_train(self) -> CvFold:
        """Return a fold numbered -1 in which all rows train and none tests."""
        return self._fold(-1, np.arange(len(self.label)))

    def _fold(self, number: int, train: IndexArray) -> CvFold:
        training = {name: cells[train] for name, cells in self.columns.items()}
        encoder = learn_encoder(training, self.schema, self.weight[train])
        blocks, start = {}, 0
        for column in encoder.columns:
            blocks[column.column] = slice(start, start + len(column.names))
            start += len(column.names)
        weight = self.weight
        if self.balanced:
            positive = float(weight[train] @ self.label[train])
            negative = float(weight[train].sum()) - positive
            half = (positive + negative) / 2
            weight = weight * np.where(self.label == 1, half / positive, half / negative)
        test = np.flatnonzero(self.fold == number)
        x = plain = encoder.encode(self.columns)
        if self.curves != NO_TERMS:
            curved = learn_encoder(training, self.schema, self.weight[train], self.curves)
            x = curved.encode(self.columns)
        return CvFold(number, train, test, x, plain, blocks, self.label, weight, self.l2)


def cross_val_predict(
    data: CrossValidationData, models: Mapping[str, FoldModel], threads: int = 1
) -> dict[str, FloatArray]:
    """Return each model's probabilities (n,), every row's by the rows of the other folds."""
    predicted = {name: np.zeros(len(data.label)) for name in models}

    def score(fold: CvFold) -> tuple[IndexArray, dict[str, FloatArray]]:
        return fold.test, {name: model(fold) for name, model in models.items()}

    for rows, scores in in_order(data.folds(), score, threads):
        for name, p in scores.items():
            predicted[name][rows] = p
    return predicted


def logistic_on(design: Design) -> FoldModel:
    """Return the logistic regression on the columns that a design makes of a fold."""

    def model(fold: CvFold) -> FloatArray:
        x = design(fold)
        return fit_logistic(fold, x, fold.train)(x[fold.test])

    return model


def fit_logistic(
    fold: CvFold, x: FloatArray, rows: IndexArray
) -> Callable[[FloatArray], FloatArray]:
    """Train scikit-learn's logistic regression on some rows of `x` (n, d); return what scores.

    The penalty is that of `placement train --l2`, `LEAST_PENALTY` at least.
    """
    from sklearn.linear_model import LogisticRegression

    solver = "newton-cholesky" if x.shape[1] <= NEWTON_COLUMNS else "lbfgs"
    penalty = max(fold.l2, LEAST_PENALTY)
    model = LogisticRegression(C=1 / penalty, solver=solver, tol=1e-6, max_iter=1000)
    model.fit(x[rows], fold.label[rows], sample_weight=fold.weight[rows])
    return lambda cells: np.asarray(model.predict_proba(cells)[:, 1], dtype=np.float64)

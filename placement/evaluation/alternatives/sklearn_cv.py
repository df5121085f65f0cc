"""Rows in folds, and scikit-learn's models tried on each fold after training on the others."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from placement.arrays import FloatArray, IndexArray
from placement.data.encoding.encoder import learn_encoder
from placement.data.encoding.nonlinear_terms import NO_TERMS, NonlinearTerms
from placement.data.schema import Schema
from placement.model.scorer import Coded

LEAST_PENALTY = 1e-3  # in place of none, which leaves separable rows without an optimum
NEWTON_COLUMNS = 500  # beyond, a Hessian costs more than the many gradients of lbfgs


@dataclass(frozen=True, eq=False)
class CvFold:
    """One fold of some rows: positions that `train` and `test`, and all rows encoded.

    `x` (n, d) has the columns of the model, `plain` (n, c) those of the same model without curves,
    steps and products, and `blocks` are the places in `plain` of each file column. The encodings
    are learnt from the rows that train. `weight` (n,) is that of training, class weights in it.
    """

    number: int
    train: IndexArray
    test: IndexArray
    x: FloatArray
    plain: FloatArray
    blocks: Mapping[str, slice]
    label: FloatArray
    weight: FloatArray


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

    def counted(self) -> "CrossValidationData":
        """Return the rows whose weight is above 0."""
        rows = np.flatnonzero(self.weight > 0)
        columns = {name: cells[rows] for name, cells in self.columns.items()}
        parts = (self.label[rows], self.weight[rows], self.fold[rows])
        return CrossValidationData(
            columns, self.schema, *parts, self.l2, self.balanced, self.curves
        )

    def folds(self) -> Iterator[CvFold]:
        """Yield the folds one by one: only one of them is encoded at a time."""
        for number in np.unique(self.fold).tolist():
            yield self._fold(number, np.flatnonzero(self.fold != number))

    def whole(self) -> CvFold:
        """Return all rows as if they trained, to name what is found; its number is -1."""
        return self._fold(-1, np.arange(len(self.label)))

    def _fold(self, number: int, train: IndexArray) -> CvFold:
        own = {name: cells[train] for name, cells in self.columns.items()}
        encoder = learn_encoder(own, self.schema, self.weight[train])
        blocks, place = {}, 0
        for column in encoder.columns:
            blocks[column.column] = slice(place, place + len(column.names))
            place += len(column.names)
        weight = self.weight
        if self.balanced:
            positive = float(weight[train] @ self.label[train])
            negative = float(weight[train].sum()) - positive
            both = (positive + negative) / 2
            weight = weight * np.where(self.label == 1, both / positive, both / negative)
        test = np.flatnonzero(self.fold == number)
        x = plain = encoder.encode(self.columns)
        if self.curves != NO_TERMS:
            bent = learn_encoder(own, self.schema, self.weight[train], self.curves)
            x = bent.encode(self.columns)
        return CvFold(number, train, test, x, plain, blocks, self.label, weight)


def logistic(
    fold: CvFold, x: FloatArray, rows: IndexArray, l2: float
) -> Callable[[FloatArray], FloatArray]:
    """Train scikit-learn's logistic regression on some rows of `x` (n, d); return what scores.

    The penalty is that of `placement train --l2`, `LEAST_PENALTY` at least.
    """
    from sklearn.linear_model import LogisticRegression

    solver = "newton-cholesky" if x.shape[1] <= NEWTON_COLUMNS else "lbfgs"
    model = LogisticRegression(C=1 / max(l2, LEAST_PENALTY), solver=solver, tol=1e-6, max_iter=1000)
    model.fit(x[rows], fold.label[rows], sample_weight=fold.weight[rows])

    def score(cells: FloatArray) -> FloatArray:
        return np.asarray(model.predict_proba(cells)[:, 1], dtype=np.float64)

    return score


def predict_out_of_fold(
    crossed: CrossValidationData, designs: Mapping[str, Callable[[CvFold], FloatArray]]
) -> dict[str, FloatArray]:
    """Return for each design the probabilities (n,) by logistic regressions that never saw the row.

    A design makes columns (n, d) of a fold, and may learn from its training rows only.
    """
    found = {name: np.zeros(len(crossed.label)) for name in designs}
    for fold in crossed.folds():
        for name, design in designs.items():
            x = design(fold)
            score = logistic(fold, x, fold.train, crossed.l2)
            found[name][fold.test] = score(x[fold.test])
    return found

"""Terms that are added to a straight line: a curve of a column, a step, products of two columns."""

from abc import ABC, abstractmethod
from dataclasses import replace

import numpy as np

from placement.arrays import FloatArray, IndexArray
from placement.config.nonlinear_terms import DEFAULT_KNOTS
from placement.data.encoding.encoder import learn_encoder
from placement.data.encoding.nonlinear_terms import NonlinearTerms
from placement.data.schema import quoted
from placement.evaluation.alternatives.sklearn_cv import CrossValidationData, CvFold, fit_logistic
from placement.stats.log_loss import row_log_loss

CUTS = 9  # tried at once, evenly over the distinct values; then as many between its neighbours
CUT_ROWS = 5_000  # of training rows that a cut is searched on


class Term(ABC):
    """Columns that are added to those of a line; what they are is learnt from training rows."""

    columns: tuple[str, ...]

    @abstractmethod
    def encoded(self, fold: CvFold, x: FloatArray) -> FloatArray:
        """Return the added columns (n, k) beside those there are, `x` (n, d)."""

    @abstractmethod
    def option(self, whole: CvFold, x: FloatArray) -> str:
        """Return the option of `train` that adds them."""


class Spline(Term):
    """The spline that `--spline` makes of a column, encoded as it would be trained on."""

    def __init__(self, data: CrossValidationData, column: str) -> None:
        self.columns = (column,)
        self._values, self._weight = data.number(column), data.weight
        (feature,) = (f for f in data.schema.features if f.name == column)
        self._schema = replace(data.schema, features=(feature,))
        self._curves = NonlinearTerms(splines={column: DEFAULT_KNOTS})

    def encoded(self, fold: CvFold, x: FloatArray) -> FloatArray:  # noqa: ARG002
        """Return the spline's columns beside the number's own; none where it has too few values."""
        (name,) = self.columns
        train = {name: self._values[fold.train]}
        encoder = learn_encoder(train, self._schema, self._weight[fold.train], self._curves)
        spline = [column.startswith(f"{name}.spline") for column in encoder.names]
        return encoder.encode({name: self._values})[:, spline]

    def option(self, whole: CvFold, x: FloatArray) -> str:  # noqa: ARG002
        """Return the option."""
        return f"--spline {quoted(self.columns[0])}"


class Step(Term):
    """Whether a number reaches a value, the one that fits the training rows best."""

    def __init__(self, data: CrossValidationData, column: str) -> None:
        self.columns = (column,)
        self._values = data.number(column)
        self._cuts: dict[int, float] = {}  # by fold

    def encoded(self, fold: CvFold, x: FloatArray) -> FloatArray:
        """Return 1 from the cut on, 0 below it, and the average where missing."""
        if fold.number not in self._cuts:
            self._cuts[fold.number] = self._cut(fold, x)
        present = ~np.isnan(self._values)
        reached = (self._values >= self._cuts[fold.number]).astype(np.float64)
        train = fold.train[present[fold.train]]
        average = reached[train].mean() if len(train) else 0.0
        return np.where(present, reached, average)[:, None]

    def option(self, whole: CvFold, x: FloatArray) -> str:
        """Return the option, with the cut of all rows."""
        self.encoded(whole, x)
        name = self.columns[0]
        return f"--step {quoted(f'{name}:{self._cuts[whole.number]:.6g}')}"

    def _cut(self, fold: CvFold, x: FloatArray) -> float:
        rows = fold.train[:: -(-len(fold.train) // CUT_ROWS)]
        values = self._values[rows]
        distinct = np.unique(values[~np.isnan(values)])
        if len(distinct) < 2:
            return float(distinct[0]) if len(distinct) else 0.0
        middles = (distinct[1:] + distinct[:-1]) / 2
        coarse = _evenly_spaced(0, len(middles) - 1)
        losses = {index: self._loss(fold, x, rows, middles[index]) for index in coarse}
        best = coarse.index(min(losses, key=lambda index: losses[index]))
        low, high = coarse[max(best - 1, 0)], coarse[min(best + 1, len(coarse) - 1)]
        for index in _evenly_spaced(low, high):
            if index not in losses:
                losses[index] = self._loss(fold, x, rows, middles[index])
        best = min(losses, key=lambda index: losses[index])
        return shortest_between(distinct[best], distinct[best + 1])

    def _loss(self, fold: CvFold, x: FloatArray, rows: IndexArray, cut: float) -> float:
        stepped = np.column_stack([x, self._values >= cut])
        p = fit_logistic(fold, stepped, rows)(stepped[rows])
        return float(np.average(row_log_loss(p, fold.label[rows]), weights=fold.weight[rows]))


def _evenly_spaced(first: int, last: int) -> list[int]:
    """Return up to nine whole numbers from the first to the last."""
    indices: list[int] = np.unique(np.linspace(first, last, CUTS).round().astype(int)).tolist()
    return indices


def shortest_between(low: float, high: float) -> float:
    """Return the number of fewest digits above `low` and up to `high`, nearest to their middle."""
    middle = (low + high) / 2
    for digits in range(1, 17):
        rounded = float(f"{middle:.{digits}g}")
        if low < rounded <= high:
            return rounded
    return high


class Product(Term):
    """The products of the encoded columns of two file columns."""

    def __init__(self, one: str, other: str) -> None:
        self.columns = (one, other)

    def encoded(self, fold: CvFold, x: FloatArray) -> FloatArray:  # noqa: ARG002
        """Return each product."""
        one, other = (fold.plain[:, fold.blocks[name]] for name in self.columns)
        return (one[:, :, None] * other[:, None, :]).reshape(len(one), -1)

    def option(self, whole: CvFold, x: FloatArray) -> str:  # noqa: ARG002
        """Return the option."""
        return f"--interaction {quoted(':'.join(self.columns))}"

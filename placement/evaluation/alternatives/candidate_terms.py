"""Terms that are added to a straight line: a curve of a column, a step, products of two columns."""

from abc import ABC, abstractmethod
from dataclasses import replace

import numpy as np

from placement.arrays import FloatArray, IndexArray
from placement.config import DEFAULT_KNOTS
from placement.data.encoding.encoder import learn_encoder
from placement.data.encoding.nonlinear_terms import NonlinearTerms
from placement.data.schema import quoted
from placement.evaluation.alternatives.sklearn_cv import CrossValidationData, CvFold, logistic
from placement.stats.log_loss import row_log_loss

CUTS = 9  # tried at once, evenly over the distinct values; then as many between its neighbours
CUT_ROWS = 5_000  # of training rows that a cut is sought on


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

    def __init__(self, crossed: CrossValidationData, column: str) -> None:
        self.columns = (column,)
        self._values, self._weight = crossed.number(column), crossed.weight
        (feature,) = (own for own in crossed.schema.features if own.name == column)
        self._schema = replace(crossed.schema, features=(feature,))
        self._curves = NonlinearTerms(splines={column: DEFAULT_KNOTS})

    def encoded(self, fold: CvFold, x: FloatArray) -> FloatArray:  # noqa: ARG002
        """Return the spline's columns beside the number's own; none where it has too few values."""
        (name,) = self.columns
        train = {name: self._values[fold.train]}
        encoder = learn_encoder(train, self._schema, self._weight[fold.train], self._curves)
        curved = [k for k, own in enumerate(encoder.names) if own.startswith(f"{name}.spline")]
        return encoder.encode({name: self._values})[:, curved]

    def option(self, whole: CvFold, x: FloatArray) -> str:  # noqa: ARG002
        """Return the option."""
        return f"--spline {quoted(self.columns[0])}"


class Step(Term):
    """Whether a number reaches a value, the one that fits the training rows best."""

    def __init__(self, crossed: CrossValidationData, column: str) -> None:
        self.columns = (column,)
        self._values, self._l2 = crossed.number(column), crossed.l2
        self._cuts: dict[int, float] = {}  # by fold

    def encoded(self, fold: CvFold, x: FloatArray) -> FloatArray:
        """Return 1 from the cut on, 0 below it, and the average where missing."""
        if fold.number not in self._cuts:
            self._cuts[fold.number] = self._cut(fold, x)
        known = ~np.isnan(self._values)
        reached = (self._values >= self._cuts[fold.number]).astype(np.float64)
        train = fold.train[known[fold.train]]
        average = reached[train].mean() if len(train) else 0.0
        return np.where(known, reached, average)[:, None]

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
        places = _spread(0, len(middles) - 1)
        losses = {place: self._loss(fold, x, rows, middles[place]) for place in places}
        best = min(losses, key=lambda place: losses[place])
        at = places.index(best)
        low, high = places[max(at - 1, 0)], places[min(at + 1, len(places) - 1)]
        for place in _spread(low, high):
            if place not in losses:
                losses[place] = self._loss(fold, x, rows, middles[place])
        best = min(losses, key=lambda place: losses[place])
        return shortest_between(distinct[best], distinct[best + 1])

    def _loss(self, fold: CvFold, x: FloatArray, rows: IndexArray, cut: float) -> float:
        stepped = np.column_stack([x, self._values >= cut])
        p = logistic(fold, stepped, rows, self._l2)(stepped[rows])
        return float(np.average(row_log_loss(p, fold.label[rows]), weights=fold.weight[rows]))


def _spread(first: int, last: int) -> list[int]:
    """Return up to nine places from the first to the last, evenly spread."""
    places: list[int] = np.unique(np.linspace(first, last, CUTS).round().astype(int)).tolist()
    return places


def shortest_between(low: float, high: float) -> float:
    """Return the number of fewest digits above `low` and up to `high`, nearest to their middle."""
    middle = (low + high) / 2
    for digits in range(1, 17):
        found = float(f"{middle:.{digits}g}")
        if low < found <= high:
            return found
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

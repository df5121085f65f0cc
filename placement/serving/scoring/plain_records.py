"""A few plain records, scored without arrays: what numpy costs is felt where there is one row.

A record is plain where nothing has to be decided: each number is one within the range of training,
and each word a level as training spelled it. All others are left to the scorer, which this follows
operation by operation, so that the bits are the same.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from placement.arrays import FloatArray
from placement.model.scorer import CategoryColumn, NumberColumn, Scorer

MOST = 16  # records; beyond, arrays are faster
_Term = Callable[[Any], float | None]


class PlainRecords:
    """Scores plain records by a model whose columns are numbers and words."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._terms: list[tuple[str, _Term]] = []
        index = 0
        for column in scorer.columns:
            width = len(column.names)
            weights = scorer.weights[index : index + width].tolist()
            index += width
            if type(column) is NumberColumn and column.written.mixed is None:
                self._terms.append((column.column, _number_term(column, weights[0])))
            elif type(column) is CategoryColumn and not column.numeric:
                self._terms.append((column.column, _category_term(column, weights)))
            else:  # a spline, a product, years as levels
                self._terms = []
                return

    def probability(self, records: Sequence[Any]) -> FloatArray | None:
        """Return the probability (n,) of each record; None where one is not plain."""
        if not self._terms or not 0 < len(records) <= MOST:
            return None
        logits = []
        for record in records:
            logit = self._logit(record) if type(record) is dict else None
            if logit is None:
                return None
            logits.append(logit)
        return self._scorer.probability(np.array(logits))

    def _logit(self, record: Mapping[str, Any]) -> float | None:
        """Add up in the order of the columns; what is multiplied by 0 there changes no bit."""
        logit = self._scorer.intercept
        for name, term in self._terms:
            added = term(record.get(name))
            if added is None:
                return None
            logit += added
        return logit


def _number_term(column: NumberColumn, weight: float) -> _Term:
    mean, std = float(column.mean), float(column.std)
    low, high = column.low, column.high

    def term(cell: Any) -> float | None:
        if (type(cell) is float or type(cell) is int) and low <= cell <= high:
            return (cell - mean) / std * weight
        return None

    return term


def _category_term(column: CategoryColumn, weights: Sequence[float]) -> _Term:
    slots, doubts = column.codes(list(column.levels))
    known = {} if doubts else dict(zip(column.levels, slots.tolist(), strict=True))
    terms = {level: weights[slot - 1] if slot else 0.0 for level, slot in known.items()}

    def term(cell: Any) -> float | None:
        return terms.get(cell) if type(cell) is str else None

    return term

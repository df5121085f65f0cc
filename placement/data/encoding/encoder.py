"""Learn from training rows how each file column is encoded: mergeable sums in, `Encoder` out.

What is learnt is applied by `placement.model.scorer`, in training as in scoring.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np

from placement.arrays import CellArray, FloatArray, ObjectArray
from placement.data.columns.raw_column import factorize
from placement.data.encoding.fit_terms import fit_terms
from placement.data.encoding.nonlinear_terms import NO_TERMS, NonlinearTerms
from placement.data.encoding.spline_knots import PieceMapper
from placement.data.encoding.unstandardise import natural_units
from placement.data.schema import Feature, Schema
from placement.data.splits.split import TRAIN, Split
from placement.data.table.table import Table
from placement.errors import DataError
from placement.model.scorer import (
    KINDS,
    CategoryColumn,
    Coded,
    Column,
    NumberColumn,
    Problem,
    encode_in_order,
    fold,
    parse_numbers,
    words,
)
from placement.runtime.ordered_map import in_order, usable_processors

RARE_BELOW = 5  # a level of fewer students could point at one of them

T = TypeVar("T")


@dataclass(frozen=True)
class NumberSums:
    """Sums over the cells of a number column; two of them merge into that of both parts.

    `weight` is the total of the observed cells, `mean` and `square` their weighted mean and sum
    of squared deviations, `gaps` the weight of the missing cells.
    """

    weight: float = 0.0
    mean: float = 0.0
    square: float = 0.0
    gaps: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    whole: bool = True

    @staticmethod
    def of(values: FloatArray, weight: FloatArray) -> "NumberSums":
        """Sum up values (n,), NaN where missing, with frequency weights (n,)."""
        gaps, w = 0.0, weight
        if len(values) and np.isnan(values.min()):
            gap = np.isnan(values)
            gaps, values, w = float(weight[gap].sum()), values[~gap], weight[~gap]
        if weight.strides != (0,):  # not known to be 1 everywhere
            values, w = values[w > 0], w[w > 0]
        if not len(values):
            return NumberSums(gaps=gaps)
        total = float(w.sum())
        mean = float(w @ values) / total
        apart = values - mean
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # told by `column`
            square = float(w @ (apart * apart))
        whole = bool((values == np.floor(values)).all())
        low, high = float(values.min()), float(values.max())
        return NumberSums(total, mean, square, gaps, low, high, whole)

    def merge(self, other: "NumberSums") -> "NumberSums":
        """Return the sums of both parts together (Chan, Golub and LeVeque)."""
        total = self.weight + other.weight
        if total == 0:
            return NumberSums(gaps=self.gaps + other.gaps)
        apart = other.mean - self.mean
        return NumberSums(
            total,
            self.mean + apart * other.weight / total,
            self.square + other.square + apart * apart * self.weight * other.weight / total,
            self.gaps + other.gaps,
            min(self.low, other.low),
            max(self.high, other.high),
            self.whole and other.whole,
        )

    def column(self, feature: Feature) -> NumberColumn:
        """Return the encoded column these sums describe."""
        std = math.sqrt(self.square / self.weight) if self.weight else 0.0
        if not math.isfinite(std) or (std == 0 and self.low < self.high):
            size = "small" if std == 0 else "large"
            raise DataError(
                f"column {feature.name}: its cells are too {size} to be squared: rescale it"
            )
        # A constant leaves only rounding in `square`: dividing by it would blow noise up to 1.
        if std <= 1e-12 * max(abs(self.mean), 1e-300):
            std = 1.0
        low, high = round_outwards(self.low, self.high)
        everything = self.weight + self.gaps
        missing = self.gaps / everything if self.gaps else None
        return NumberColumn(
            feature.name, self.mean, std, low, high, feature.scale, missing, whole=self.whole
        )


def round_outwards(low: float, high: float) -> tuple[float, float]:
    """Widen a range to steps of its own magnitude, so that it tells no student's exact figure."""
    if not low <= high:
        return 0.0, 0.0
    span = (high - low) or abs(high) or 1.0
    step = 10.0 ** math.floor(math.log10(span))
    return math.floor(low / step) * step, math.ceil(high / step) * step


@dataclass(frozen=True)
class LevelCounts:
    """Weight of every spelling in a category column, and of its missing cells."""

    spellings: Mapping[str, float]
    gaps: float

    @staticmethod
    def of(cells: ObjectArray | Coded, weight: FloatArray) -> "LevelCounts":
        """Count the spellings in cells (n,), None where missing, with frequency weights (n,)."""
        own = factorize(cells)
        amounts = np.bincount(own.codes, weight, minlength=len(own.texts))
        counted: Counter[str] = Counter()
        gaps = 0.0
        for word, amount in zip(words(own.texts).tolist(), amounts.tolist(), strict=True):
            if word is None:
                gaps += amount
            elif amount > 0:
                counted[word] += amount
        return LevelCounts(dict(counted), gaps)

    def merge(self, other: "LevelCounts") -> "LevelCounts":
        """Return the counts of both parts together."""
        return LevelCounts(
            dict(Counter(self.spellings) + Counter(other.spellings)), self.gaps + other.gaps
        )

    def column(self, feature: Feature) -> CategoryColumn:
        """Return the encoded column these counts describe."""
        groups: dict[str, dict[str, float]] = {}
        for word, amount in self.spellings.items():
            groups.setdefault(fold(word), {})[word] = amount
        kept = {k: sum(group.values()) for k, group in groups.items()}
        rare = sum(amount for amount in kept.values() if amount < RARE_BELOW)
        kept = {k: amount for k, amount in kept.items() if amount >= RARE_BELOW}
        level_of = {k: _most_frequent(groups[k]) for k in kept}
        ordered = sorted(kept, key=lambda k: level_of[k])
        levels = tuple(level_of[k] for k in ordered)
        amounts = [kept[k] for k in ordered] + [rare] * (rare > 0) + [self.gaps] * (self.gaps > 0)
        total = sum(amounts) or 1.0
        shares = tuple(amount / total for amount in amounts)
        return CategoryColumn(feature.name, levels, rare > 0, self.gaps > 0, shares, self._numeric)

    @property
    def _numeric(self) -> bool:
        """Whether every cell is a number in its shortest form, as `--categorical` spells them."""
        spellings = list(self.spellings)
        return bool(spellings) and words(parse_numbers(spellings)[0]).tolist() == spellings


def _most_frequent(spellings: Mapping[str, float]) -> str:
    """Return the spelling of the largest weight, the first in sorted order where several tie."""
    return min(spellings, key=lambda word: (-spellings[word], word))


@dataclass(frozen=True)
class Encoder:
    """How file columns become the columns of the perceptron, in order."""

    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the encoded columns, such as `cgpa`, `cgpa=(missing)`, `stream=CSE`."""
        return tuple(name for column in self.columns for name in column.names)

    @property
    def source_columns(self) -> tuple[str, ...]:
        """What each encoded column (d,) is explained under: its file column, or `A:B`."""
        return tuple(column.column for column in self.columns for _ in column.names)

    @property
    def averages(self) -> FloatArray:
        """Mean of each encoded column (d,) over the training rows."""
        return np.array([mean for column in self.columns for mean in column.averages])

    def number(self, name: str) -> NumberColumn:
        """Return the encoded column of a number, bent or straight."""
        (column,) = (c for c in self.columns if isinstance(c, NumberColumn) and c.column == name)
        return column

    def levels_of(self, name: str) -> tuple[str, ...]:
        """Return the levels of a category that training knew."""
        (column,) = (c for c in self.columns if isinstance(c, CategoryColumn) and c.column == name)
        return column.levels

    def encode(self, table: Mapping[str, Any], decimal: str = ".") -> FloatArray:
        """Return the encoded rows (n, d) of a mapping of file columns, each (n,)."""
        parts = encode_in_order(self.columns, table, decimal)
        encoded = [values for own, _ in parts for values in own]
        rows = len(table[self.columns[0].column]) if self.columns else 0
        return np.column_stack(encoded) if encoded else np.empty((rows, 0))

    def encode_into(self, target: CellArray, table: Mapping[str, Any]) -> None:
        """Write the encoded rows into `target` (d, n), a column of the perceptron to each line."""
        place = 0
        for own, _ in encode_in_order(self.columns, table):
            for values in own:
                target[place] = values
                place += 1

    def problems(self, table: Mapping[str, Any], decimal: str = ".") -> tuple[Problem, ...]:
        """Return the cells that are encoded with a stand-in."""
        parts = encode_in_order(self.columns, table, decimal)
        return tuple(problem for _, doubts in parts for problem in doubts)

    def natural_units(self, weights: FloatArray, intercept: float) -> tuple[FloatArray, float]:
        """Turn weights (d,) and intercept on encoded columns into those on the file's own units.

        They act on the number itself, on the functions of a spline, on 0/1 columns and on products
        of these: see `placement.data.encoding.unstandardise`.
        """
        return natural_units(self.columns, weights, intercept)

    @property
    def document(self) -> list[dict[str, Any]]:
        """The JSON-able form that a bundle keeps."""
        kinds = {made: kind for kind, made in KINDS.items()}
        return [{"kind": kinds[type(column)], **asdict(column)} for column in self.columns]


def learn_encoder(
    columns: Mapping[str, Any],
    schema: Schema,
    weight: FloatArray,
    curves: NonlinearTerms = NO_TERMS,
) -> Encoder:
    """Learn the encoding of the schema's features from training rows: columns and weight (n,)."""

    def each(work: Callable[[Mapping[str, Any], FloatArray], T]) -> Iterator[T]:
        yield work(columns, weight)

    return _learnt(schema, curves, each)


def learn_encoding(table: Table, split: Split, curves: NonlinearTerms = NO_TERMS) -> Encoder:
    """Learn the encoding from the rows of a table that train."""

    def each(work: Callable[[Mapping[str, Any], FloatArray], T]) -> Iterator[T]:
        def of_piece(place: int) -> T:
            train = np.flatnonzero(split.subsets.piece(place) == TRAIN)
            cells = table.piece(place, table.schema.feature_names)
            own = {name: column[train] for name, column in cells.items()}
            weight = table.weights.piece(place)
            return work(own, weight[train] if table.is_weighted else weight[: len(train)])

        yield from in_order(range(table.pieces), of_piece, usable_processors())

    return _learnt(table.schema, curves, each)


def _learnt(schema: Schema, curves: NonlinearTerms, each: PieceMapper) -> Encoder:
    def of_piece(cells: Mapping[str, Any], weight: FloatArray) -> list[NumberSums | LevelCounts]:
        return _sums(cells, schema, weight)

    total: list[Any] = []
    for sums in each(of_piece):
        total = [a.merge(b) for a, b in zip(total, sums, strict=True)] if total else list(sums)
    features = zip(schema.features, total, strict=True)
    return Encoder(fit_terms([learnt.column(own) for own, learnt in features], curves, each))


def _sums(
    columns: Mapping[str, Any], schema: Schema, weight: FloatArray
) -> list[NumberSums | LevelCounts]:
    return [
        NumberSums.of(columns[feature.name], weight)
        if feature.kind == "number"
        else LevelCounts.of(columns[feature.name], weight)
        for feature in schema.features
    ]

"""Learn from training rows how each file column is encoded: mergeable sums in, `Encoder` out.

What is learnt is applied by `placement.model.scorer`, in training as in scoring.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from placement.arrays import Columns, Document, FloatArray, ObjectArray
from placement.data.columns.raw_column import factorize
from placement.data.encoding.coded_layout import CodedLayout, coded_layout
from placement.data.encoding.design_matrix import DesignMatrix
from placement.data.encoding.fit_terms import fit_terms
from placement.data.encoding.nonlinear_terms import NO_TERMS, NonlinearTerms
from placement.data.encoding.spline_knots import PieceMapper
from placement.data.encoding.unstandardise import unstandardise
from placement.data.schema import FEWEST, Feature, Schema
from placement.data.splits.split import TRAIN, Split
from placement.data.table.table import Table
from placement.errors import DataError
from placement.model.scorer import (
    KINDS,
    READ,
    CategoryColumn,
    Coded,
    Column,
    Formats,
    NumberColumn,
    Problem,
    TableLike,
    encode_in_order,
    fold_level,
    parse_numbers,
    words,
)
from placement.runtime.parallel_map import usable_processors
from placement.runtime.ranks import shared_in_order

T = TypeVar("T")


@dataclass(frozen=True)
class NumberSums:
    """Sums over the cells of a number column; two of them merge into that of both parts.

    `weight` is the total of the observed cells, `mean` their weighted mean, `squared_deviations`
    the weighted sum of squares around it, `missing` the weight of the missing cells.
    """

    weight: float = 0.0
    mean: float = 0.0
    squared_deviations: float = 0.0
    missing: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    whole: bool = True

    @staticmethod
    def of(values: FloatArray, weight: FloatArray) -> "NumberSums":
        """Sum up values (n,), NaN where missing, with frequency weights (n,)."""
        missing, weights = 0.0, weight
        if len(values) and np.isnan(values.min()):
            is_missing = np.isnan(values)
            missing = float(weight[is_missing].sum())
            values, weights = values[~is_missing], weight[~is_missing]
        if weight.strides != (0,):  # not known to be 1 everywhere
            values, weights = values[weights > 0], weights[weights > 0]
        if not len(values):
            return NumberSums(missing=missing)
        total = float(weights.sum())
        mean = float(weights @ values) / total
        deviation = values - mean
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # `column` raises for it
            squared_deviations = float(weights @ (deviation * deviation))
        whole = bool((values == np.floor(values)).all())
        low, high = float(values.min()), float(values.max())
        return NumberSums(total, mean, squared_deviations, missing, low, high, whole)

    def merge(self, other: "NumberSums") -> "NumberSums":
        """Return the sums of both parts together (Chan, Golub and LeVeque)."""
        total = self.weight + other.weight
        if total == 0:
            return NumberSums(missing=self.missing + other.missing)
        deviation = other.mean - self.mean
        squares = self.squared_deviations + other.squared_deviations
        squares += deviation * deviation * self.weight * other.weight / total
        mean = self.mean + deviation * other.weight / total
        low, high = min(self.low, other.low), max(self.high, other.high)
        missing, whole = self.missing + other.missing, self.whole and other.whole
        return NumberSums(total, mean, squares, missing, low, high, whole)

    def column(self, feature: Feature) -> NumberColumn:
        """Return the encoded column these sums describe."""
        std = math.sqrt(self.squared_deviations / self.weight) if self.weight else 0.0
        if not math.isfinite(std) or (std == 0 and self.low < self.high):
            size = "small" if std == 0 else "large"
            raise DataError(
                f"column {feature.name}: its cells are too {size} to be squared: rescale it"
            )
        # A constant leaves only rounding in the squares: dividing by it would blow noise up to 1.
        if std <= 1e-12 * max(abs(self.mean), 1e-300):
            std = 1.0
        low, high = round_outwards(self.low, self.high)
        everything = self.weight + self.missing
        missing = self.missing / everything if self.missing >= FEWEST else None
        what = feature.name, self.mean, std, low, high, feature.scale, missing
        return NumberColumn(*what, whole=self.whole, written=feature.written)


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
    missing: float

    @staticmethod
    def of(cells: ObjectArray | Coded, weight: FloatArray) -> "LevelCounts":
        """Count the spellings in cells (n,), None where missing, with frequency weights (n,)."""
        cells_by_code = factorize(cells)
        amounts = np.bincount(cells_by_code.codes, weight, minlength=len(cells_by_code.texts))
        counted: Counter[str] = Counter()
        missing = 0.0
        for word, amount in zip(words(cells_by_code.texts).tolist(), amounts.tolist(), strict=True):
            if word is None:
                missing += amount
            elif amount > 0:
                counted[word] += amount
        return LevelCounts(dict(counted), missing)

    def merge(self, other: "LevelCounts") -> "LevelCounts":
        """Return the counts of both parts together."""
        return LevelCounts(
            dict(Counter(self.spellings) + Counter(other.spellings)), self.missing + other.missing
        )

    def column(self, feature: Feature) -> CategoryColumn:
        """Return the encoded column these counts describe.

        Rare levels, and missing cells, that are too few even together are scored as the average.
        """
        groups: dict[str, dict[str, float]] = {}
        for word, amount in self.spellings.items():
            groups.setdefault(fold_level(word), {})[word] = amount
        weight_of = {k: sum(group.values()) for k, group in groups.items()}
        rare = sum(amount for amount in weight_of.values() if amount < FEWEST)
        weight_of = {k: amount for k, amount in weight_of.items() if amount >= FEWEST}
        level_of = {k: _most_frequent(groups[k]) for k in weight_of}
        ordered = sorted(weight_of, key=lambda k: level_of[k])
        levels = tuple(level_of[k] for k in ordered)
        amounts = [weight_of[k] for k in ordered]
        has_rare, has_missing = rare >= FEWEST, self.missing >= FEWEST
        amounts += [rare] * has_rare + [self.missing] * has_missing
        total = sum(amounts) or 1.0
        shares = tuple(amount / total for amount in amounts)
        what = feature.name, levels, has_rare, has_missing, shares, self._numeric
        return CategoryColumn(*what, same=feature.same, ignores_dots=True, written=feature.written)

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
        """The file column that each encoded column (d,) is made of, or `A:B`."""
        return tuple(column.column for column in self.columns for _ in column.names)

    @property
    def averages(self) -> FloatArray:
        """Mean of each encoded column (d,) over the training rows."""
        return np.array([mean for column in self.columns for mean in column.averages])

    def number(self, name: str) -> NumberColumn:
        """Return the encoded column of a number, with or without a spline."""
        (column,) = (c for c in self.columns if isinstance(c, NumberColumn) and c.column == name)
        return column

    def levels_of(self, name: str) -> tuple[str, ...]:
        """Return the levels of a category in the training rows."""
        (column,) = (c for c in self.columns if isinstance(c, CategoryColumn) and c.column == name)
        return column.levels

    @cached_property
    def coded_layout(self) -> CodedLayout:
        """How rows are held that are trained on: categories as codes."""
        return coded_layout(self.columns)

    def encode(self, table: TableLike, formats: Formats = READ) -> FloatArray:
        """Return the encoded rows (n, d), written out, of a mapping of file columns, each (n,)."""
        parts = encode_in_order(self.columns, table, formats)
        encoded = [values for columns, _ in parts for values in columns]
        rows = len(table[self.columns[0].column]) if self.columns else 0
        return np.column_stack(encoded) if encoded else np.empty((rows, 0))

    def design_matrix(self, table: TableLike) -> DesignMatrix:
        """Return the rows (n, d) of file columns, each (n,), with categories as codes."""
        rows = len(table[self.columns[0].column]) if self.columns else 0
        matrix = DesignMatrix.empty(self.coded_layout.layout, rows, np.float64)
        self.coded_layout.fill(matrix, table)
        return matrix

    def problems(self, table: TableLike, formats: Formats = READ) -> tuple[Problem, ...]:
        """Return the cells that are encoded with a stand-in."""
        parts = encode_in_order(self.columns, table, formats)
        return tuple(problem for _, problems in parts for problem in problems)

    def unstandardise(self, weights: FloatArray, intercept: float) -> tuple[FloatArray, float]:
        """Turn weights (d,) and intercept on encoded columns into those on the file's own units.

        They act on the number itself, on the functions of a spline, on 0/1 columns and on products
        of these: see `placement.data.encoding.unstandardise`.
        """
        return unstandardise(self.columns, weights, intercept)

    @property
    def document(self) -> list[Document]:
        """The JSON-able form that a bundle keeps."""
        kinds = {column_class: kind for kind, column_class in KINDS.items()}
        return [{"kind": kinds[type(column)], **asdict(column)} for column in self.columns]


def learn_encoder(
    columns: Columns, schema: Schema, weight: FloatArray, terms: NonlinearTerms = NO_TERMS
) -> Encoder:
    """Learn the encoding of the schema's features from training rows: columns and weight (n,)."""

    def map_pieces(work: Callable[[Columns, FloatArray], T]) -> Iterator[T]:
        yield work(columns, weight)

    return _learn(schema, terms, map_pieces)


def learn_encoding(table: Table, split: Split, terms: NonlinearTerms = NO_TERMS) -> Encoder:
    """Learn the encoding from the rows of a table that train."""

    def map_pieces(work: Callable[[Columns, FloatArray], T]) -> Iterator[T]:
        def of_piece(piece: int) -> T:
            train = np.flatnonzero(split.subsets.piece(piece) == TRAIN)
            cells = table.piece(piece, table.schema.feature_names)
            train_cells = {name: column[train] for name, column in cells.items()}
            weight = table.weights.piece(piece)
            return work(train_cells, weight[train] if table.is_weighted else weight[: len(train)])

        yield from shared_in_order(range(table.pieces), of_piece, usable_processors())

    return _learn(table.schema, terms, map_pieces)


def _learn(schema: Schema, terms: NonlinearTerms, map_pieces: PieceMapper) -> Encoder:
    def of_piece(cells: Columns, weight: FloatArray) -> list[NumberSums | LevelCounts]:
        return [
            NumberSums.of(cells[feature.name], weight)
            if feature.kind == "number"
            else LevelCounts.of(cells[feature.name], weight)
            for feature in schema.features
        ]

    total: list[Any] = []
    for sums in map_pieces(of_piece):
        total = [a.merge(b) for a, b in zip(total, sums, strict=True)] if total else list(sums)
    features = zip(schema.features, total, strict=True)
    columns = [sums.column(feature) for feature, sums in features]
    return Encoder(fit_terms(columns, terms, map_pieces))

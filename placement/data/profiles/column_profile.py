"""Histograms of the training columns that a bundle may hold, and counts of a new file in them."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

import numpy as np

from placement.arrays import Document, FloatArray, IntArray
from placement.data.columns.raw_column import MAX_TEXTS, factorize
from placement.model.scorer import (
    PLAIN,
    ColumnLike,
    NumberFormat,
    fold_level,
    parse_numbers,
    words,
)


@dataclass(frozen=True)
class NumberCounts:
    """Counts of a number column in the bins of a profile; two merge into that of both parts.

    `counts: (b,)`; `beyond` counts the numbers outside the range of training, `missing` the cells
    that are missing or no finite number.
    """

    counts: IntArray
    missing: int = 0
    beyond: int = 0

    @property
    def rows(self) -> int:
        """Number of cells."""
        return int(self.counts.sum()) + self.missing

    def merge(self, other: "NumberCounts") -> "NumberCounts":
        """Return the counts of both parts together."""
        missing, beyond = self.missing + other.missing, self.beyond + other.beyond
        return NumberCounts(self.counts + other.counts, missing, beyond)


@dataclass(frozen=True)
class CategoryCounts:
    """Counts of a category column by the levels of a profile; two merge into that of both parts.

    `counts: (k,)`; `unknown` are the rows of texts that are no level, case-folded; beyond 65,536
    different ones the rest goes under the empty word.
    """

    counts: IntArray
    missing: int = 0
    unknown: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Number of cells."""
        return int(self.counts.sum()) + self.missing + sum(self.unknown.values())

    def merge(self, other: "CategoryCounts") -> "CategoryCounts":
        """Return the counts of both parts together."""
        unknown = dict(self.unknown)
        for word, rows in other.unknown.items():
            key = word if word in unknown or len(unknown) < MAX_TEXTS else ""
            unknown[key] = unknown.get(key, 0) + rows
        return CategoryCounts(self.counts + other.counts, self.missing + other.missing, unknown)


@dataclass(frozen=True)
class NumberProfile:
    """A number column of the training rows that were binned.

    Bin k of `counts: (b,)` holds the numbers from `edges[k - 1]` on and below `edges[k]`: (b - 1,)
    edges, the outer bins being open. `low` and `high` are the range of all training rows, rounded
    outwards. Fewer than 5 missing cells are not disclosed: `missing` is 0, the largest bin counts
    them. Without any count there were too few numbers to show.
    """

    column: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int
    low: float
    high: float

    def count(self, cells: ColumnLike, form: NumberFormat = PLAIN) -> NumberCounts:
        """Count cells (n,) in these bins."""
        values, _ = parse_numbers(cells, form)
        return self.count_numbers(values)

    def count_numbers(self, values: FloatArray) -> NumberCounts:
        """Count numbers (n,), NaN where missing, in these bins."""
        finite = values[np.isfinite(values)]
        counts = in_bins(finite, self.edges)
        beyond = int(np.count_nonzero((finite < self.low) | (finite > self.high)))
        return NumberCounts(counts, len(values) - len(finite), beyond)


@dataclass(frozen=True)
class CategoryProfile:
    """A category column of the training rows: the rows `counts: (k,)` of its `levels`.

    `rare` counts the rows of levels with fewer than 5 each, `missing` those without one. Where
    either is fewer than 5 it is not disclosed: both go together, or else into the largest level.
    `numeric`: the levels are numbers, so `2.0` is `2`.
    """

    column: str
    levels: tuple[str, ...]
    counts: tuple[int, ...]
    rare: int
    missing: int
    numeric: bool
    same: tuple[tuple[str, str], ...] = ()

    def count(self, cells: ColumnLike, form: NumberFormat = PLAIN) -> CategoryCounts:
        """Count cells (n,) by these levels."""
        texts = factorize(cells)
        spellings = words(parse_numbers(texts.texts, form)[0] if self.numeric else texts.texts)
        rows = np.bincount(texts.codes, minlength=len(texts.texts)).tolist()
        index_of = {fold_level(level): index for index, level in enumerate(self.levels)}
        index_of |= {
            fold_level(other): index_of[fold_level(level)]
            for other, level in self.same
            if fold_level(level) in index_of
        }
        counts, missing, unknown = [0] * len(self.levels), 0, Counter[str]()
        for word, number in zip(spellings.tolist(), rows, strict=True):
            if word is None:
                missing += number
            elif (index := index_of.get(fold_level(word))) is not None:
                counts[index] += number
            elif number:
                unknown[fold_level(word)] += number
        return CategoryCounts(np.array(counts, dtype=np.int64), missing, unknown)


ColumnProfile = NumberProfile | CategoryProfile


@dataclass(frozen=True)
class Profile:
    """What training looked like: its columns and the model's predictions for its rows.

    Each of the `rows` that train counts once, whatever its weight. Beyond 100,000 or so, numbers
    and predictions are those of a sample of `binned` rows, one of every few; categories, and the
    ranges of numbers, are always those of all rows. `mean` and `std` are of the predictions.
    """

    rows: int
    binned: int
    columns: tuple[ColumnProfile, ...]
    predictions: NumberProfile
    mean: float
    std: float

    @property
    def document(self) -> Document:
        """The JSON-able form that a bundle keeps."""
        return {
            "rows": self.rows,
            "binned": self.binned,
            "columns": [_document(column) for column in self.columns],
            "predictions": {**_document(self.predictions), "mean": self.mean, "std": self.std},
        }


def _document(column: ColumnProfile) -> Document:
    kind = "number" if isinstance(column, NumberProfile) else "category"
    values = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(column).items()}
    return {"kind": kind, **values}


def profile_of_document(document: Document) -> Profile:
    """Read a profile from its JSON form."""
    scored = dict(document["predictions"])
    mean, std, predictions = scored.pop("mean"), scored.pop("std"), _column(scored)
    if not isinstance(predictions, NumberProfile):
        raise TypeError("predictions")
    columns = tuple(_column(entry) for entry in document["columns"])
    return Profile(document["rows"], document["binned"], columns, predictions, mean, std)


def _column(entry: Document) -> ColumnProfile:
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items() if k != "kind"}
    profile_class: Callable[..., ColumnProfile] = (
        NumberProfile if entry["kind"] == "number" else CategoryProfile
    )
    return profile_class(**values)


def in_bins(values: FloatArray, edges: FloatArray | tuple[float, ...]) -> IntArray:
    """Count finite numbers (n,) in the bins between edges (b - 1,): return (b,)."""
    bins = np.searchsorted(np.asarray(edges, dtype=np.float64), values, side="right")
    return np.bincount(bins, minlength=len(edges) + 1)

"""Learn from training rows the histograms that a bundle keeps of them.

No bin holds 1 to 4 students: such a bin goes together with a neighbour. Edges are rounded to steps
of a fifth to a half of the distance between them, so that they show nobody's exact figure.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from placement.arrays import Columns, FloatArray, IndexArray, IntArray, ObjectArray
from placement.data.columns.column_summary import mix_bits
from placement.data.encoding.encoder import LevelCounts, NumberSums, round_outwards
from placement.data.profiles.column_profile import CategoryProfile, NumberProfile, Profile, in_bins
from placement.data.schema import FEWEST, Feature
from placement.data.splits.split import TRAIN, Split
from placement.data.table.table import Table
from placement.model.scorer import Coded, ColumnLike, fold_level
from placement.runtime.parallel_map import in_order, usable_processors
from placement.runtime.ranks import shared_in_order

BINS = 20
SAMPLED = 100_000  # rows whose numbers are binned, where there are more
MOST_CELLS = 1 << 24  # of the sample, which is held in memory
_ROWS_BETWEEN = 8  # edges that lie nearer could be rounded to a step that shows too much


@dataclass(frozen=True)
class _Piece:
    """What one piece of a table adds: sampled numbers (m,) and ranges, or counts of words."""

    numbers: Mapping[str, tuple[FloatArray, float, float]]
    categories: Mapping[str, LevelCounts]
    probability: FloatArray


def learn_profile(table: Table, split: Split, predict: Callable[[Columns], FloatArray]) -> Profile:
    """Learn what the rows that train look like; `predict` gives their probabilities (n,).

    Walks the table once. The same rows give the same profile, whatever pieces they are stored in.
    """
    features = table.schema.features
    rows = int(split.counts[TRAIN])
    most = min(SAMPLED, max(MOST_CELLS // max(len(features), 1), 1))
    sample_rows = sample(rows, most)
    numbers = [feature.name for feature in features if feature.kind == "number"]
    categories = [feature.name for feature in features if feature.kind == "category"]

    def of_piece(item: tuple[int, IndexArray, IndexArray]) -> _Piece:
        piece, train, sampled = item
        cells = table.piece(piece, table.schema.feature_names)
        return _Piece(
            {name: _numbers(cells[name], train, sampled) for name in numbers},
            {name: _level_counts(cells[name], train) for name in categories},
            predict({name: column[sampled] for name, column in cells.items()}),
        )

    samples = _pieces_with_samples(table, split, sample_rows)
    pieces = list(shared_in_order(samples, of_piece, usable_processors()))
    probability = np.concatenate([piece.probability for piece in pieces])
    sums = NumberSums.of(probability, np.ones(len(probability)))

    def of_feature(feature: Feature) -> NumberProfile | CategoryProfile:
        name = feature.name
        if feature.kind == "category":
            counts = LevelCounts({}, 0.0)
            for piece in pieces:
                counts = counts.merge(piece.categories[name])
            return profile_of_levels(feature, counts)
        values, lows, highs = zip(*(piece.numbers[name] for piece in pieces), strict=True)
        return profile_of_numbers(name, np.concatenate(values), min(lows), max(highs))

    columns = tuple(in_order(features, of_feature, usable_processors()))
    predictions = profile_of_numbers("prediction", probability, 0.0, 1.0)
    std = math.sqrt(sums.squared_deviations / sums.weight)
    return Profile(rows, len(sample_rows), columns, predictions, sums.mean, std)


def sample(rows: int, most: int) -> IndexArray:
    """Choose at most so many of all rows, one of every few, and not always the same of them.

    Rows that come in turns (a school in every second row) would else be chosen by their turn.
    """
    step = -(-rows // most)
    starts = np.arange(0, rows, step, dtype=np.uint64)
    if step > 1:
        starts += mix_bits(starts + np.uint64(1)) % np.uint64(step)
    return starts[starts < rows].astype(np.intp)


def _pieces_with_samples(
    table: Table, split: Split, sample_rows: IndexArray
) -> Iterator[tuple[int, IndexArray, IndexArray]]:
    """Yield each piece that has rows to train on, those rows, and those of them in the sample."""
    before = 0
    for piece in range(table.pieces):
        train = np.flatnonzero(split.subsets.piece(piece) == TRAIN)
        start, stop = np.searchsorted(sample_rows, [before, before + len(train)])
        if len(train):
            yield piece, train, train[sample_rows[start:stop] - before]
        before += len(train)


def _numbers(
    cells: ColumnLike, train: IndexArray, sampled: IndexArray
) -> tuple[FloatArray, float, float]:
    values = np.asarray(cells, dtype=np.float64)
    train_values = values[train]
    # fmin and fmax pass over what is missing, at the speed of min and max.
    low, high = float(np.fmin.reduce(train_values)), float(np.fmax.reduce(train_values))
    if math.isnan(low):
        low, high = math.inf, -math.inf
    return values[sampled], low, high


def _level_counts(cells: ColumnLike, train: IndexArray) -> LevelCounts:
    train_cells: Coded | ObjectArray = cells[train]
    return LevelCounts.of(train_cells, np.ones(len(train)))


def profile_of_numbers(name: str, values: FloatArray, low: float, high: float) -> NumberProfile:
    """Learn the histogram of numbers (n,), NaN where missing, whose range is known."""
    finite = np.sort(values[np.isfinite(values)])
    missing = len(values) - len(finite)
    edges = _edges(finite)
    counts = in_bins(finite, edges)
    while (bin_index := _too_small(counts)) is not None:
        # Taking an edge away puts the bins on both sides of it together.
        merge_left = bin_index == len(edges) or (
            bin_index > 0 and counts[bin_index - 1] <= counts[bin_index + 1]
        )
        edges = np.delete(edges, bin_index - 1 if merge_left else bin_index)
        counts = in_bins(finite, edges)
    if len(finite) < FEWEST:  # nothing can be shown of so few
        edges, counts, missing = edges[:0], counts[:0], 0
    elif missing < FEWEST:
        counts[np.argmax(counts)] += missing
        missing = 0
    return NumberProfile(
        name, tuple(edges.tolist()), tuple(counts.tolist()), missing, *round_outwards(low, high)
    )


def _too_small(counts: IntArray) -> int | None:
    """Return the index of the smallest bin of 1 to 4 rows, or of any where there are too many."""
    if len(counts) < 2:
        return None
    sizes = np.where(counts == 0, 0 if len(counts) > BINS else np.iinfo(np.int64).max, counts)
    bin_index = int(np.argmin(sizes))
    return bin_index if sizes[bin_index] < FEWEST or len(counts) > BINS else None


def _edges(ordered: FloatArray) -> FloatArray:
    """Choose edges for bins of about equal count; a value of many rows has a bin of its own.

    `ordered: (n,)` are sorted finite numbers.
    """
    rows = len(ordered)
    bins = min(BINS, rows // _ROWS_BETWEEN)
    if bins < 2:
        return np.empty(0)
    quantiles = ordered[np.arange(1, bins) * rows // bins]
    first = np.searchsorted(ordered, quantiles, side="left")
    after = np.searchsorted(ordered, quantiles, side="right")
    cuts = np.union1d(first, after[after - first >= rows / (2 * bins)])
    cuts = cuts[(cuts > 0) & (cuts < rows)]
    values = ordered[cuts]
    distances = np.diff(values, prepend=ordered[:1])
    return np.unique(_rounded_down(values, np.minimum(distances, np.append(distances[1:], np.inf))))


def _rounded_down(values: FloatArray, distances: FloatArray) -> FloatArray:
    """Round each value (m,) down to steps that are shorter than its gap to the next value."""
    rounded = values.copy()
    pairs = zip(values.tolist(), distances.tolist(), strict=True)
    for index, (value, distance) in enumerate(pairs):
        digits = -math.floor(math.log10(distance / 2))
        size = next(s for s in (5, 2, 1) if s == 1 or s * 10.0**-digits <= distance / 2)
        scaled = value * 10.0**digits / size
        # 0.3 / 0.1 is a little less than 3, and must stay 0.3.
        steps = math.floor(scaled + 1e-12 * abs(scaled) + 1e-9)
        rounded[index] = round(steps * size * 10.0**-digits, max(digits, 0))
    return rounded


def profile_of_levels(feature: Feature, counts_of_spellings: LevelCounts) -> CategoryProfile:
    """Learn the counts of a category's levels from those of its spellings."""
    column = counts_of_spellings.column(feature)
    of_level: Counter[str] = Counter()
    for spelling, rows in counts_of_spellings.spellings.items():
        of_level[fold_level(spelling)] += round(rows)
    counts = [of_level[fold_level(level)] for level in column.levels]
    rare, missing = sum(of_level.values()) - sum(counts), round(counts_of_spellings.missing)
    if 0 < min(rare, missing) < FEWEST or 0 < max(rare, missing) < FEWEST:
        rare, missing = (rare + missing, 0) if rare > missing else (0, rare + missing)
    if rare + missing < FEWEST and counts:
        counts[counts.index(max(counts))] += rare + missing
    if rare + missing < FEWEST:
        rare = missing = 0
    return CategoryProfile(
        feature.name, column.levels, tuple(counts), rare, missing, column.numeric, feature.same
    )

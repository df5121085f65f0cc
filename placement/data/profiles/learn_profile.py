"""Learn from training rows the histograms that a bundle keeps of them.

No bin holds 1 to 4 students: such a bin goes together with a neighbour. Edges are rounded to steps
of a fifth to a half of the distance between them, so that they tell nobody's exact figure.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.arrays import FloatArray, IndexArray, IntArray, ObjectArray
from placement.data.columns.column_summary import mix_bits
from placement.data.encoding.encoder import RARE_BELOW, LevelCounts, NumberSums, round_outwards
from placement.data.profiles.column_profile import CategoryProfile, NumberProfile, Profile, in_bins
from placement.data.schema import Feature
from placement.data.splits.split import TRAIN, Split
from placement.data.table.table import Table
from placement.model.scorer import Coded, fold
from placement.runtime.ordered_map import in_order, usable_processors

BINS = 20
SAMPLED = 100_000  # rows whose numbers are binned, where there are more
MOST_CELLS = 1 << 24  # of the sample, as it is kept in memory
_ROWS_BETWEEN = 8  # edges that lie nearer could be rounded to a step that tells too much


@dataclass(frozen=True)
class _Piece:
    """What one piece of a table adds: sampled numbers (m,) and ranges, or counts of words."""

    numbers: Mapping[str, tuple[FloatArray, float, float]]
    words: Mapping[str, LevelCounts]
    probability: FloatArray


def learn_profile(
    table: Table, split: Split, predict: Callable[[Mapping[str, Any]], FloatArray]
) -> Profile:
    """Learn what the rows that train look like; `predict` gives their probabilities (n,).

    Walks the table once. The same rows give the same profile, in whatever pieces they are kept.
    """
    features = table.schema.features
    rows = int(split.counts[TRAIN])
    most = min(SAMPLED, max(MOST_CELLS // max(len(features), 1), 1))
    chosen = sample(rows, most)

    def of_piece(item: tuple[int, IndexArray, IndexArray]) -> _Piece:
        place, train, some = item
        cells = table.piece(place, table.schema.feature_names)
        return _Piece(
            {f.name: _numbers(cells[f.name], train, some) for f in features if f.kind == "number"},
            {f.name: _words(cells[f.name], train) for f in features if f.kind == "category"},
            predict({name: column[some] for name, column in cells.items()}),
        )

    pieces = list(in_order(_places(table, split, chosen), of_piece, usable_processors()))
    probability = np.concatenate([piece.probability for piece in pieces])
    sums = NumberSums.of(probability, np.ones(len(probability)))

    def of_feature(feature: Feature) -> NumberProfile | CategoryProfile:
        name = feature.name
        if feature.kind == "category":
            counts = LevelCounts({}, 0.0)
            for piece in pieces:
                counts = counts.merge(piece.words[name])
            return profile_of_words(feature, counts)
        values, lows, highs = zip(*(piece.numbers[name] for piece in pieces), strict=True)
        return profile_of_numbers(name, np.concatenate(values), min(lows), max(highs))

    return Profile(
        rows=rows,
        binned=len(chosen),
        columns=tuple(in_order(features, of_feature, usable_processors())),
        predictions=profile_of_numbers("prediction", probability, 0.0, 1.0),
        mean=sums.mean,
        std=math.sqrt(sums.squared_deviations / sums.weight),
    )


def sample(rows: int, most: int) -> IndexArray:
    """Choose at most so many of all rows, one of every few, and not always the same of them.

    Rows that come in turns (a school in every second row) would else be chosen by their turn.
    """
    step = -(-rows // most)
    starts = np.arange(0, rows, step, dtype=np.uint64)
    if step > 1:
        starts += mix_bits(starts + np.uint64(1)) % np.uint64(step)
    return starts[starts < rows].astype(np.intp)


def _places(
    table: Table, split: Split, chosen: IndexArray
) -> Iterator[tuple[int, IndexArray, IndexArray]]:
    """Yield each piece that has rows to train on, those rows, and those of them in the sample."""
    before = 0
    for place in range(table.pieces):
        train = np.flatnonzero(split.subsets.piece(place) == TRAIN)
        own = chosen[np.searchsorted(chosen, before) : np.searchsorted(chosen, before + len(train))]
        if len(train):
            yield place, train, train[own - before]
        before += len(train)


def _numbers(cells: Any, train: IndexArray, some: IndexArray) -> tuple[FloatArray, float, float]:
    values = np.asarray(cells, dtype=np.float64)
    own = values[train]
    # fmin and fmax pass over what is missing, at the speed of min and max.
    low, high = float(np.fmin.reduce(own)), float(np.fmax.reduce(own))
    if math.isnan(low):
        low, high = math.inf, -math.inf
    return values[some], low, high


def _words(cells: Any, train: IndexArray) -> LevelCounts:
    own: Coded | ObjectArray = cells[train]
    return LevelCounts.of(own, np.ones(len(train)))


def profile_of_numbers(name: str, values: FloatArray, low: float, high: float) -> NumberProfile:
    """Learn the histogram of numbers (n,), NaN where missing, whose range is known."""
    known = np.sort(values[np.isfinite(values)])
    missing = len(values) - len(known)
    edges = _edges(known)
    counts = in_bins(known, edges)
    while (place := _too_small(counts)) is not None:
        # Taking an edge away puts the bins on both sides of it together.
        left = place == len(edges) or (place > 0 and counts[place - 1] <= counts[place + 1])
        edges = np.delete(edges, place - 1 if left else place)
        counts = in_bins(known, edges)
    if len(known) < RARE_BELOW:  # nothing can be told of so few
        edges, counts, missing = edges[:0], counts[:0], 0
    elif missing < RARE_BELOW:
        counts[np.argmax(counts)] += missing
        missing = 0
    return NumberProfile(
        name, tuple(edges.tolist()), tuple(counts.tolist()), missing, *round_outwards(low, high)
    )


def _too_small(counts: IntArray) -> int | None:
    """Return the place of the smallest bin of 1 to 4 rows, or of any where there are too many."""
    if len(counts) < 2:
        return None
    sizes = np.where(counts == 0, 0 if len(counts) > BINS else np.iinfo(np.int64).max, counts)
    place = int(np.argmin(sizes))
    return place if sizes[place] < RARE_BELOW or len(counts) > BINS else None


def _edges(ordered: FloatArray) -> FloatArray:
    """Choose edges for bins of about equal count; a value of many rows has a bin of its own.

    `ordered: (n,)` are sorted finite numbers.
    """
    rows = len(ordered)
    bins = min(BINS, rows // _ROWS_BETWEEN)
    if bins < 2:
        return np.empty(0)
    at = ordered[np.arange(1, bins) * rows // bins]
    first = np.searchsorted(ordered, at, side="left")
    after = np.searchsorted(ordered, at, side="right")
    cuts = np.union1d(first, after[after - first >= rows / (2 * bins)])
    cuts = cuts[(cuts > 0) & (cuts < rows)]
    values = ordered[cuts]
    gaps = np.diff(values, prepend=ordered[:1])
    return np.unique(_rounded_down(values, np.minimum(gaps, np.append(gaps[1:], np.inf))))


def _rounded_down(values: FloatArray, gaps: FloatArray) -> FloatArray:
    """Round each value (m,) down to steps that are shorter than its gap to the next value."""
    rounded = values.copy()
    for place, (value, gap) in enumerate(zip(values.tolist(), gaps.tolist(), strict=True)):
        digits = -math.floor(math.log10(gap / 2))
        size = next(s for s in (5, 2, 1) if s == 1 or s * 10.0**-digits <= gap / 2)
        scaled = value * 10.0**digits / size
        # 0.3 / 0.1 is a little less than 3, and must stay 0.3.
        steps = math.floor(scaled + 1e-12 * abs(scaled) + 1e-9)
        rounded[place] = round(steps * size * 10.0**-digits, max(digits, 0))
    return rounded


def profile_of_words(feature: Feature, seen: LevelCounts) -> CategoryProfile:
    """Learn the counts of a category's levels from those of its spellings."""
    learnt = seen.column(feature)
    of_level: Counter[str] = Counter()
    for spelling, rows in seen.spellings.items():
        of_level[fold(spelling)] += round(rows)
    counts = [of_level[fold(level)] for level in learnt.levels]
    rare, missing = sum(of_level.values()) - sum(counts), round(seen.missing)
    if 0 < min(rare, missing) < RARE_BELOW or 0 < max(rare, missing) < RARE_BELOW:
        rare, missing = (rare + missing, 0) if rare > missing else (0, rare + missing)
    if rare + missing < RARE_BELOW and counts:
        counts[counts.index(max(counts))] += rare + missing
    if rare + missing < RARE_BELOW:
        rare = missing = 0
    return CategoryProfile(
        feature.name, learnt.levels, tuple(counts), rare, missing, learnt.numeric
    )

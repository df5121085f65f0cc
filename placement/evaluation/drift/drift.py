"""Is a file still like the rows a model was trained on? By column, and in its predictions.

The training side is the profile in the bundle, the other the same bins counted in the file.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from placement.arrays import FloatArray, IntArray
from placement.data.encoding.encoder import NumberSums
from placement.data.profiles.column_profile import (
    CategoryCounts,
    CategoryProfile,
    NumberCounts,
    NumberProfile,
    Profile,
)
from placement.data.schema import FEWEST
from placement.evaluation.drift.distribution_tests import (
    LEAST_ROWS,
    Level,
    MissingRates,
    Psi,
    beyond_chance,
    chi_square,
    holm,
    kolmogorov_smirnov,
    level_of,
    merged_bins,
    merged_levels,
    psi,
    rates,
)
from placement.model.scorer import PLAIN, READ, Formats, TableLike
from placement.stats.intervals import Z95

EXAMPLES = 3


@dataclass(frozen=True)
class Unseen:
    """Levels that training had fewer than 5 times, or never: their number, rows, the commonest."""

    levels: int
    rows: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class ColumnDrift:
    """How far one column has moved.

    `psi` counts the missing cells as one more bin, the `test` leaves out those of numbers. None
    where there are too few rows. `p_adjusted` is of numbers and gaps together, and allows for all
    columns and the predictions being tested at once (Holm). `unseen` is of categories;
    `out_of_range`, the rows outside the range of training, of numbers.
    """

    column: str
    kind: Literal["number", "category"]
    psi: Psi | None
    test: Literal["ks", "chi2"]
    statistic: float | None
    p_value: float | None
    missing: MissingRates
    unseen: Unseen | None = None
    out_of_range: int | None = None
    p_adjusted: float | None = None

    @property
    def level(self) -> Level:
        """What the size of the PSI is called."""
        return level_of(self.psi, self.p_adjusted)

    @property
    def p_with_missing(self) -> float | None:
        """The p-value of the column before it is adjusted: of its numbers and of their gaps."""
        if self.kind == "category" or self.missing.train == self.missing.now == 0:
            return self.p_value
        if self.p_value is None:
            return self.missing.p_value
        return min(2 * min(self.p_value, self.missing.p_value), 1.0)


@dataclass(frozen=True)
class PredictionDrift:
    """How far the predicted probabilities have moved; `low`, `high`: 95 % for the mean's change."""

    psi: Psi | None
    statistic: float | None
    p_value: float | None
    mean_train: float
    mean_now: float
    low: float
    high: float
    p_adjusted: float | None = None

    @property
    def level(self) -> Level:
        """What the size of the PSI is called."""
        return level_of(self.psi, self.p_adjusted)


@dataclass(frozen=True)
class Drift:
    """A file compared with the training rows."""

    rows: int
    columns: tuple[ColumnDrift, ...]
    predictions: PredictionDrift

    @property
    def worst(self) -> ColumnDrift | None:
        """The column of the largest PSI."""
        measured = [column for column in self.columns if column.psi is not None]
        return max(measured, key=lambda c: c.psi.value if c.psi else 0.0, default=None)

    def above(self, limit: float) -> tuple[dict[str, float], dict[str, float]]:
        """Return the PSI above a limit by column (`predictions` is one): beyond chance, and not."""
        beyond: dict[str, float] = {}
        within: dict[str, float] = {}
        named: dict[str, ColumnDrift | PredictionDrift] = {c.column: c for c in self.columns}
        for name, change in [*named.items(), ("predictions", self.predictions)]:
            if change.psi is not None and change.psi.value > limit:
                (beyond if beyond_chance(change.p_adjusted) else within)[name] = change.psi.value
        return beyond, within


@dataclass(frozen=True)
class DriftCounts:
    """Some rows of a file in the bins of a profile; two of them merge into that of both parts."""

    rows: int
    columns: tuple[NumberCounts | CategoryCounts, ...]
    predictions: NumberCounts
    probability: NumberSums = field(default_factory=NumberSums)

    def merge(self, other: "DriftCounts") -> "DriftCounts":
        """Return the counts of both parts together."""
        pairs = zip(self.columns, other.columns, strict=True)
        return DriftCounts(
            self.rows + other.rows,
            tuple(one.merge(two) for one, two in pairs),  # type: ignore[arg-type]
            self.predictions.merge(other.predictions),
            self.probability.merge(other.probability),
        )


def count_for_drift(
    profile: Profile,
    columns: TableLike,
    probability: FloatArray,
    formats: Formats = READ,
) -> DriftCounts:
    """Count some rows in a profile's bins: columns (n,) by their names there, probability (n,)."""
    return DriftCounts(
        len(probability),
        tuple(
            column.count(columns[column.column], formats.get(column.column, PLAIN))
            for column in profile.columns
        ),
        profile.predictions.count_numbers(probability),
        NumberSums.of(probability, np.broadcast_to(np.float64(1), probability.shape)),
    )


def drift(profile: Profile, now: DriftCounts) -> Drift:
    """Compare a file with the rows of training; it has at least one row."""
    pairs = list(zip(profile.columns, now.columns, strict=True))
    columns = [_column(profile, train, counts) for train, counts in pairs]
    predictions = _predictions(profile, now)
    *allowed, p_predictions = holm(
        [*(column.p_with_missing for column in columns), predictions.p_value]
    )
    return Drift(
        rows=now.rows,
        columns=tuple(
            replace(column, p_adjusted=p) for column, p in zip(columns, allowed, strict=True)
        ),
        predictions=replace(predictions, p_adjusted=p_predictions),
    )


def _column(
    profile: Profile, train: NumberProfile | CategoryProfile, now: NumberCounts | CategoryCounts
) -> ColumnDrift:
    if isinstance(train, NumberProfile) and isinstance(now, NumberCounts):
        return _number(profile, train, now)
    if isinstance(train, CategoryProfile) and isinstance(now, CategoryCounts):
        return _category(profile, train, now)
    raise TypeError(f"{train.column}: a {type(now).__name__} is no part of its profile")


def _number(profile: Profile, train: NumberProfile, now: NumberCounts) -> ColumnDrift:
    before = np.array(train.counts, dtype=np.int64)
    after = now.counts if len(before) else before
    statistic, p_value = kolmogorov_smirnov(before, after)
    return ColumnDrift(
        train.column,
        "number",
        _psi_of_bins(before, after, train.missing, now.missing),
        "ks",
        statistic,
        p_value,
        missing=_missing(train.missing, profile.binned, now.missing, now.rows),
        out_of_range=now.beyond,
    )


def _psi_of_bins(train: IntArray, now: IntArray, missing: int, missing_now: int) -> Psi | None:
    """Return the PSI of ordered bins (b,) merged as far as there are few rows, and of the gaps."""
    rows = int(now.sum())
    if min(int(train.sum()), rows) < LEAST_ROWS:
        return None
    starts = merged_bins(train, rows)
    if len(starts) < min(len(train), 2):
        return None
    before, after = np.add.reduceat(train, starts), np.add.reduceat(now, starts)
    return psi(*_with(before, after, [(missing, missing_now)]))


def _category(profile: Profile, train: CategoryProfile, now: CategoryCounts) -> ColumnDrift:
    unknown, others = now.unknown, sum(now.unknown.values())
    counts = np.array(train.counts, dtype=np.int64)
    large = merged_levels(counts, now.rows)
    rest = (int(counts[~large].sum()), int(now.counts[~large].sum()))
    before, after = _with(
        counts[large], now.counts[large], [rest, (train.rare, others), (train.missing, now.missing)]
    )
    statistic, p_value = chi_square(before, after)
    common = sorted(unknown, key=lambda word: (-unknown[word], word))
    return ColumnDrift(
        train.column,
        "category",
        psi(before, after) if min(now.rows, profile.rows) >= LEAST_ROWS else None,
        "chi2",
        statistic,
        p_value,
        missing=_missing(train.missing, profile.rows, now.missing, now.rows),
        unseen=Unseen(len(unknown), others, tuple(common[:EXAMPLES])),
    )


def _with(
    train: IntArray, now: IntArray, slots: Sequence[tuple[int, int]]
) -> tuple[IntArray, IntArray]:
    """Append slots of (training, now) to counts (b,), but those that hold fewer than 5 in all."""
    total = int(train.sum()) + sum(before for before, _ in slots)
    rows = int(now.sum()) + sum(after for _, after in slots)
    fair = [(_rare_as_now(before, total, after, rows), after) for before, after in slots]
    large = [slot for slot in fair if sum(slot) >= FEWEST]
    more = np.array(large, dtype=np.int64).reshape(-1, 2)
    return np.append(train, more[:, 0]), np.append(now, more[:, 1])


def _rare_as_now(train: int, total: int, now: int, rows: int) -> int:
    """Return the rows of training; for 0, which stands for up to 4, as many as are there now."""
    return train or min(FEWEST - 1, round(total * now / max(rows, 1)))


def _missing(train: int, total: int, now: int, rows: int) -> MissingRates:
    missing = rates(_rare_as_now(train, total, now, rows), total, now, rows)
    return missing if train else replace(missing, train=0.0)


def _predictions(profile: Profile, now: DriftCounts) -> PredictionDrift:
    train, sums = np.array(profile.predictions.counts, dtype=np.int64), now.probability
    counted = now.predictions.counts if len(train) else train
    statistic, p_value = kolmogorov_smirnov(train, counted)
    change, variance = sums.mean - profile.mean, sums.squared_deviations / sums.weight
    reach = Z95 * math.sqrt(profile.std**2 / profile.binned + variance / now.rows)
    return PredictionDrift(
        _psi_of_bins(train, counted, 0, 0),
        statistic,
        p_value,
        mean_train=profile.mean,
        mean_now=sums.mean,
        low=change - reach,
        high=change + reach,
    )

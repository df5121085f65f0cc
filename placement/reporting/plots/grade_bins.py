"""P(placed) by a grade: what the model said of the students of each grade, and what happened.

The students stand in bins of at least 5; nothing else of the rows leaves this module.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from placement.arrays import FloatArray, IntArray
from placement.evaluation.calibration.reliability import reliability_bins
from placement.model.scorer import NumberColumn
from placement.stats.figures import ReliabilityBin

if TYPE_CHECKING:
    from placement.model.fitted import Fitted


WIDTHS = 4_096  # bins of equal width that many rows are summed up in


@dataclass(frozen=True)
class GradeRows:
    """Students with a grade: each entry (n,) is one row, or `rows` of them with the same grade."""

    grade: FloatArray
    probability: FloatArray
    label: FloatArray
    weight: FloatArray
    rows: IntArray | None = None


@dataclass(frozen=True)
class Grade:
    """The picture's content: bins by the mean grade of their students, and what was said of these.

    `predicted` of an entry of `bins` is that mean grade; `chance` has each bin's mean probability.
    """

    name: str
    bins: tuple[ReliabilityBin, ...]
    chance: tuple[float, ...]


def grade_of(name: str, students: GradeRows) -> Grade:
    """Put students in up to 10 bins of equal count, none of fewer than 5."""
    there = np.isfinite(students.grade)
    grade, weight = students.grade[there], students.weight[there]
    rows = None if students.rows is None else students.rows[there]
    bins, said = (
        reliability_bins(grade, values[there], weight, rows=rows)
        for values in (students.label, students.probability)
    )
    return Grade(name, bins, tuple(one.observed for one in said))


def choose_column(fitted: "Fitted") -> str | None:
    """Return the CGPA, another column on a grade scale, or the number of the largest weight."""
    numbers = [column.column for column in number_columns(fitted)]
    scaled = [f.name for f in fitted.schema.features if f.scale is not None and f.name in numbers]
    for word in ("cgpa", "gpa"):
        for name in numbers:
            if word in name.casefold():
                return name
    if scaled:
        return scaled[0]
    size = dict(zip(fitted.encoder.names, np.abs(fitted.weights), strict=True))
    return max(numbers, key=lambda name: size[name], default=None)


def number_columns(fitted: "Fitted") -> list[NumberColumn]:
    """Return the model's numbers, bent or straight."""
    return [column for column in fitted.encoder.columns if isinstance(column, NumberColumn)]


def summed_up(parts: Iterable[GradeRows], low: float, high: float) -> GradeRows:
    """Sum up many rows in bins between two grades, each of which has its means."""
    sums = np.zeros((5, WIDTHS))
    for part in parts:
        there = np.isfinite(part.grade) & (part.weight > 0)
        grade, w = part.grade[there], part.weight[there]
        bins = np.clip((grade - low) / ((high - low) or 1.0), 0, 1) * (WIDTHS - 1)
        means = (part.probability[there], part.label[there])
        for line, amounts in enumerate(
            (w * grade, *(w * mean for mean in means), w, np.ones(len(w)))
        ):
            sums[line] += np.bincount(bins.astype(np.int64), amounts, minlength=WIDTHS)
    grade, probability, label, weight, rows = sums[:, sums[4] > 0]
    return GradeRows(
        grade / weight, probability / weight, label / weight, weight, rows.astype(np.int64)
    )

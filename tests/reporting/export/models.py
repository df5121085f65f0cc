"""Made-up models of every kind of column, small enough to read."""

import numpy as np

from placement.model.scorer import (
    CategoryColumn,
    InteractionColumn,
    Isotonic,
    NumberColumn,
    NumberFormat,
    Platt,
    Scorer,
    SplineColumn,
    StepColumn,
)

CGPA = NumberColumn("CGPA", 7.1, 0.93, 5.0, 9.9, 10.0, 0.04)
MARKS = NumberColumn('SSC "10th" %, marks', 61.25, 11.5, 33.0, 97.5, None, None)
MIXED = NumberColumn(
    "GPA", 7.0, 1.1, 4.0, 9.5, 10.0, None, written=NumberFormat(scale=10.0, mixed=4.0)
)
SCORE = SplineColumn(
    "score",
    50.0,
    20.0,
    3.0,
    97.0,
    None,
    0.1,
    knots=(12.0, 35.5, 60.0, 91.0),
    means=(1.75, 0.62),
    transform=((-0.9, 3.1), (0.4, -2.2, 7.5)),
)
STEPS = StepColumn("CGPA", (6.0, 7.5), (0.81, 0.37))
BRANCH = CategoryColumn(
    "Branch",
    ("CSE", "Mech. Engg", "Élec"),
    True,
    True,
    (0.5, 0.2, 0.15, 0.1, 0.05),
    False,
    same=(("Mechanical", "Mech. Engg"),),
    ignores_dots=True,
)
HOSTEL = CategoryColumn("hostel", ("No", "Yes"), False, False, (0.3, 0.7), False)
RANK = CategoryColumn(
    "rank", ("1", "2", "2.5"), True, False, (0.4, 0.3, 0.2, 0.1), True, ignores_dots=True
)
BEFORE = (CGPA, MARKS, MIXED, SCORE, STEPS, BRANCH, HOSTEL, RANK)
PRODUCTS = InteractionColumn(
    "CGPA:Branch", ("CGPA:Branch=Mech. Engg", "CGPA:Branch=Élec"), ((0, 10), (0, 11)), (0.1, -0.2)
)
CALIBRATIONS = {
    "none": None,
    "platt": Platt(1.31, -0.42),
    "isotonic": Isotonic((-3.1, -0.4, 0.2, 2.7), (0.02, 0.31, 0.55, 0.97)),
}


def scorer_of(*columns, calibration="none"):
    """A model of some columns, its weights drawn; the average student's chance is a half."""
    draw = np.random.default_rng(3)
    width = sum(len(column.names) for column in columns)
    factor = np.tril(draw.normal(0, 0.1, (width + 1, width + 1)))
    weights = draw.normal(0, 0.8, width)
    averages = [average for column in columns for average in column.averages]
    return Scorer(columns, weights, -float(averages @ weights), factor, CALIBRATIONS[calibration])


EVERYTHING = (*BEFORE, PRODUCTS)

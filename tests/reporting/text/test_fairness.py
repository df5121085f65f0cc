"""Figures by group in words, in tables and as a picture."""

from dataclasses import replace

import numpy as np
import pytest

from placement.data.schema import Target
from placement.reporting.json_documents import as_json
from placement.reporting.plots.fairness import fairness_plot
from placement.reporting.text.fairness import (
    fairness_document,
    fairness_text,
    fairness_warnings,
    gap_rows,
    group_rows,
)
from tests.evaluation.fairness.grouped import fairness

PLACED = Target("status", "Placed", "Not Placed")
CODED = Target("PlacedOrNot", "1", "0")


def compared(shares, column="gender", rows=200):
    """Of each group, the share of the placed and of the not placed that is predicted placed."""
    p, y, words = [], [], []
    for name, (of_placed, of_others) in shares.items():
        for outcome, share in ((1, of_placed), (0, of_others)):
            chosen = round(share * rows)
            p += [0.8] * chosen + [0.2] * (rows - chosen)
            y += [outcome] * rows
            words += [name] * rows
    return replace(fairness(p, y, None, {column: words}), metrics_on="test")


def with_group(found, **changes):
    """The same figures, and the first group once more with changes."""
    (column,) = found.columns
    more = (*column.groups, replace(column.groups[0], **changes))
    return replace(found, columns=(replace(column, groups=more),))


def test_a_gap_beyond_both_tolerances_is_one_sentence():
    (said, *_) = fairness_warnings(compared({"F": (0.7, 0.2), "M": (0.95, 0.4)}), PLACED)
    assert said.startswith(
        "gender: 45 % of F and 68 % of M are predicted 'Placed' (difference 0.23, 95 % 0."
    )
    assert "; ratio 0.67, 95 % 0." in said
    assert said.endswith(": more than 0.1 apart and below four fifths")


def test_what_differs_is_told_of_those_with_and_of_those_without_the_outcome():
    said = fairness_warnings(compared({"F": (0.6, 0.45), "M": (0.9, 0.15)}), PLACED)
    assert len(said) == 1  # the false-positive rates differ no more than the true-positive ones
    assert said[0].startswith(
        "gender: of those with the outcome 'Placed', 60 % of F and 90 % of M are predicted to have"
    )
    said = fairness_warnings(compared({"F": (0.9, 0.1), "M": (0.9, 0.5)}), PLACED)
    assert any(
        s.startswith("gender: of those without the outcome 'Placed', 10 % of F and 50 % of M")
        for s in said
    )


def test_groups_alike_are_no_warning():
    assert fairness_warnings(compared({"F": (0.8, 0.3), "M": (0.82, 0.3)}), PLACED) == []


@pytest.mark.parametrize(
    ("target", "column", "group", "told"),
    [
        (CODED, "gender", "F", "45 % of F and 68 % of M are predicted PlacedOrNot = 1"),
        (PLACED, "Age", "below 21", "45 % of Age below 21 and 68 % of M are"),
        (PLACED, "Female", "1", "45 % of Female 1 and"),
        (PLACED, "caste", "(missing)", "45 % of caste (missing) and"),
    ],
)
def test_outcomes_and_groups_that_are_no_words_are_named_so_that_they_are_understood(
    target, column, group, told
):
    found = compared({group: (0.7, 0.2), "M": (0.95, 0.4)}, column)
    assert told in fairness_warnings(found, target)[0]


def test_the_tables_show_each_group_and_each_verdict():
    found = compared({"F": (0.7, 0.2), "M": (0.95, 0.4)})
    found = with_group(found, name="X", small="fewer than 30 rows", tpr=None)
    lines = fairness_text(found, PLACED).splitlines()
    assert any(line.split()[:2] == ["F", "400"] for line in lines)
    (small,) = (line for line in lines if line.split()[:1] == ["X"])
    assert small.endswith("too small")
    assert " – " in small
    assert sum("BEYOND" in line for line in lines) == 4
    assert "  too small (fewer than 30 rows): shown, not compared" in lines


@pytest.mark.parametrize(
    ("shares", "rows", "told"),
    [
        ({"F": (0.7, 0.2)}, 200, "only one group is large enough"),
        ({"F": (0.7, 0.2), "M": (0.5, 0.5)}, 4, "no group is large enough"),
    ],
)
def test_where_nothing_can_be_compared_that_is_said(shares, rows, told):
    assert f"nothing to compare: {told}" in fairness_text(compared(shares, rows=rows), PLACED)


def test_the_records_are_flat_and_the_document_is_json():
    found = compared({"F": (0.7, 0.2), "M": (0.95, 0.4)})
    rows = group_rows(found)
    assert [row["group"] for row in rows] == ["F", "M"]
    assert all(not isinstance(value, dict | list) for row in rows for value in row.values())
    assert [row["name"] for row in gap_rows(found)] == list(
        dict.fromkeys(gap.name for gap in found.columns[0].gaps)
    )
    assert rows[0]["calibration_in_the_large"] == rows[0]["observed"] - rows[0]["predicted"]
    assert "NaN" not in as_json(fairness_document(found, PLACED))


def test_the_picture_is_the_same_for_the_same_figures_and_shows_no_few_students():
    found = compared({"F": (0.7, 0.2), "M": (0.95, 0.4)})
    png = fairness_plot(found)
    assert png.startswith(b"\x89PNG")
    assert png == fairness_plot(found)
    assert png == fairness_plot(with_group(found, rows=4))
    assert png != fairness_plot(with_group(found, rows=5))


def test_of_very_many_groups_the_picture_shows_the_largest():
    draw = np.random.default_rng(0)
    words = draw.integers(100, 133, 2_000).astype(str)
    p, y = draw.uniform(size=2_000), draw.integers(0, 2, 2_000)
    found = fairness(p, y, None, {"town": words})
    assert fairness_plot(found).startswith(b"\x89PNG")
    assert fairness_plot(replace(found, columns=())) is None

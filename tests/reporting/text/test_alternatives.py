"""What the comparison says in words."""

from dataclasses import replace

import pytest

from placement.evaluation.alternatives.alternatives import Candidate, ModelComparison
from placement.evaluation.alternatives.nonlinearity_search import MeanDifference, SuggestedTerm
from placement.reporting.text.alternatives import alternatives_document, alternatives_text

BETTER, WORSE, EQUAL = (
    MeanDifference(-0.1, -0.12, -0.08),
    MeanDifference(0.1, 0.08, 0.12),
    MeanDifference(-0.01, -0.03, 0.01),
)  # fmt: skip


def contender(name, difference=WORSE, log_loss=0.5):
    return Candidate(name, log_loss, 0.2, 0.8, difference)


@pytest.fixture
def straight():
    return ModelComparison(
        rows=300,
        of_rows=300,
        folds=5,
        perceptron=contender("perceptron", None, 0.4),
        base_rate=contender("base rate"),
        single=contender("best single column"),
        single_columns=("cgpa", "iq"),
        trees=contender("boosted trees"),
        trees_are_better=False,
        suggested_terms=(),
        with_terms=None,
        terms_minus_trees=None,
    )


@pytest.fixture
def bent(straight):
    return replace(
        straight,
        trees=contender("boosted trees", BETTER, 0.3),
        trees_are_better=True,
        suggested_terms=(
            SuggestedTerm("--spline cgpa", ("cgpa",), MeanDifference(0.09, 0.07, 0.11), 0.31),
        ),
        with_terms=contender("with the options below", BETTER, 0.31),
        terms_minus_trees=EQUAL,
    )


def test_a_line_that_trees_do_not_beat_is_left_in_peace(straight):
    text = alternatives_text(straight)
    assert "Nothing here speaks against a straight line" in text
    assert "boosted trees, which may bend and combine columns, do worse." in text
    assert "--" not in text
    assert "best single column (cgpa, iq)" in text


def test_trees_as_good_as_the_line_are_not_called_worse(straight):
    text = alternatives_text(replace(straight, trees=contender("boosted trees", EQUAL)))
    assert "are not better beyond chance." in text


def test_a_line_that_is_not_enough_is_said_with_the_option_and_what_is_left(bent):
    text = alternatives_text(bent)
    assert "not enough: the log-loss of boosted trees is lower by 0.1000" in text
    assert "(95 % interval 0.0800 to 0.1200)" in text
    assert "--spline cgpa" in text
    assert "no longer better beyond chance" in text
    assert "ROC AUC: 0.8000 with these, 0.8000 of the trees" in text


def test_trees_that_remain_better_are_said_to(bent):
    assert "boosted trees remain better by 0.1000" in alternatives_text(
        replace(bent, terms_minus_trees=WORSE)
    )


def test_without_a_remedy_it_is_said_that_none_was_found(bent):
    text = alternatives_text(
        replace(bent, suggested_terms=(), with_terms=None, terms_minus_trees=None)
    )
    assert "No curve or step of one column and no product of two was found" in text


def test_a_remedy_that_trees_do_not_see_is_said_to_be_one(bent):
    found = replace(bent, trees=contender("boosted trees", EQUAL), trees_are_better=False)
    assert (
        "boosted trees are not better beyond chance, but what is named below is"
        in alternatives_text(found)
    )


def test_rows_that_were_drawn_are_said_to_be(straight):
    assert "300 rows, drawn from 9,000 by their hash," in alternatives_text(
        replace(straight, of_rows=9000)
    )


def test_a_model_that_is_no_better_than_less_is_told_so(straight):
    weak = replace(straight, base_rate=contender("base rate", EQUAL))
    assert "not better than the base rate beyond chance" in alternatives_text(weak)
    single = replace(straight, single=contender("best single column", EQUAL))
    assert "One column alone (cgpa, iq) does as well" in alternatives_text(single)
    better = replace(straight, single=contender("best single column", BETTER))
    assert "One column alone (cgpa, iq) predicts better." in alternatives_text(better)


def test_the_document_has_every_contender_and_remedy(bent):
    told = alternatives_document(bent)
    assert told["line_is_enough"] is False
    assert [one["name"] for one in told["contenders"]][-1] == "with the options below"
    assert told["contenders"][0]["apart"] is None
    assert told["remedies"] == [
        {
            "option": "--spline cgpa",
            "columns": ("cgpa",),
            "gain": {"mean": 0.09, "low": 0.07, "high": 0.11},
            "log_loss": 0.31,
        }
    ]

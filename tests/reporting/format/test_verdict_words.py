"""The sentence of each verdict names the rows that decided it."""

import pytest

from placement.reporting.format.verdict_words import verdict_sentence
from placement.stats.figures import Skill
from placement.stats.verdict import UNDECIDED, Verdict

SKILL = Skill(0.7, 0.1, 0.05, 0.15, better_than_base_rate=True)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (
            Verdict("better", "out_of_fold", 238, 47, SKILL, 3.6),
            (
                "47 held-out rows are too few to show it; over 5 folds of all 238 rows it predicts "
                "better than the base rate (gain 0.1000 on its log-loss of 0.7000, 95 % 0.0500 to "
                "0.1500; 3.6 standard errors from chance)"
            ),
        ),
        (
            Verdict("better", "test", 1252, 1252, SKILL),
            (
                "on 1,252 held-out rows it predicts better than the base rate (gain 0.1000 on its "
                "log-loss of 0.7000, 95 % 0.0500 to 0.1500)"
            ),
        ),
        (
            Verdict("not_shown", "out_of_fold", 60, 0, SKILL, 1.0),
            (
                "over 5 folds of all 60 rows it is not shown to be better than the base rate, "
                "too few rows to tell (gain 0.1000 on its log-loss of 0.7000, 95 % 0.0500 to "
                "0.1500)"
            ),
        ),
        (
            Verdict("no_signal", "test", 500, 500, SKILL),
            (
                "on 500 held-out rows these columns do not predict the outcome better than the "
                "base rate (gain 0.1000 on its log-loss of 0.7000, 95 % 0.0500 to 0.1500; of use "
                "from 0.0140 on, 2% of it)"
            ),
        ),
        (
            UNDECIDED,
            (
                "not shown to be better than the base rate, too few rows to tell: 0 rows cannot be "
                "divided into folds"
            ),
        ),
    ],
)
def test_a_verdict_is_a_sentence_that_says_how_it_was_decided(verdict, said):
    assert verdict_sentence(verdict) == said

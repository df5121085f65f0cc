"""Is a model better than the base rate, are the rows too few to tell, or is there no signal?

Held-out rows decide by the interval of the gain. Where they are few, every row is predicted by a
model of the other folds, and two things decide: whether the gain is above 0, and whether the
predictions go with the outcome by more than chance. Each pair of rows of two folds meets twice in
that sum, once with either of them in training, so without any signal its variance is twice that of
independent rows.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from placement.arrays import FloatArray, UInt64Array
from placement.stats.figures import Skill
from placement.stats.intervals import Z95
from placement.stats.log_loss import logit_of

VerdictName = Literal["better", "not_shown", "no_signal"]
DecidedOn = Literal["test", "out_of_fold", "train"]

# A gain of 2 % of the base rate's log-loss is, with half of the students placed, that of a model
# which ranks 59 of 100 pairs rightly: nobody can be chosen by less.
USEFUL_SHARE = 0.02
LEAST_HELD_OUT = 200  # rows; of fewer, the interval is too wide and its limits are off
LEAST_OF_OUTCOME = 50
TOO_GOOD = 0.99  # ROC area of a column that was written down after the outcome


@dataclass(frozen=True)
class Verdict:
    """Whether a model is better than the base rate, and the `rows` that decided it.

    `decided_on`: the held-out rows, all rows out of fold, or the training rows where these are too
    few for folds; `held_out` counts the rows held out. `skill` is the gain on the deciding rows,
    `association` how many standard errors their predictions go with the outcome, None where the
    interval of the gain decides; `roc_auc` is their ROC area.
    """

    name: VerdictName
    decided_on: DecidedOn
    rows: int
    held_out: int
    skill: Skill
    association: float | None = None
    roc_auc: float | None = None

    @property
    def is_too_good(self) -> bool:
        """Whether the deciding rows are told apart as only a column of afterwards can."""
        return (self.roc_auc or 0.0) >= TOO_GOOD


UNDECIDED = Verdict(
    "not_shown", "train", 0, 0, Skill(0.0, 0.0, -math.inf, math.inf, better_than_base_rate=False)
)


def useful_gain(skill: Skill) -> float:
    """Return the least gain in log-loss that is of use."""
    return USEFUL_SHARE * skill.base_log_loss


def decide(skill: Skill, association: float | None = None) -> VerdictName:
    """Return the verdict of a gain with its interval, and of the `association` out of fold.

    A gain that is surely too small to be of use is no signal, though many rows show it.
    """
    if skill.high < useful_gain(skill):
        return "no_signal"
    better = skill.low > 0 if association is None else skill.gain > 0 and association > Z95
    return "better" if better else "not_shown"


def association(
    folds: Iterable[tuple[FloatArray, FloatArray, FloatArray, UInt64Array | None]],
) -> float:
    """Return how many standard errors predictions out of fold go with the outcome.

    Each fold has probability, label and weight, (n,), and the groups of rows that belong together,
    None where every row is on its own.
    """
    total = square = 0.0
    for p, y, w, groups in folds:
        product = _standardized(logit_of(p), w) * (y - np.average(y, weights=w))
        total += float(w @ product)
        if groups is None:
            square += float(w @ product**2)
        else:
            _, group = np.unique(groups, return_inverse=True)
            square += float((np.bincount(group, w * product) ** 2).sum())
    return total / math.sqrt(2 * square) if square else 0.0


def _standardized(values: FloatArray, w: FloatArray) -> FloatArray:
    deviation = values - np.average(values, weights=w)
    spread = math.sqrt(np.average(deviation**2, weights=w))
    return deviation / spread if spread else deviation

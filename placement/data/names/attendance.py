"""Words and numbers of a column that says who came, and how often."""

from collections.abc import Sequence

import numpy as np

from placement.arrays import BoolArray
from placement.model.scorer import NO_WORDS, YES_WORDS, parse_numbers

_CAME = YES_WORDS | frozenset(["present", "attended", "came", "joined", "p", "x", "✓", "✔"])
_STAYED_AWAY = NO_WORDS | frozenset(["absent", "away", "missed", "a", "-"])


def came_of(words: Sequence[str]) -> tuple[BoolArray, list[int]]:
    """Return which of some folded words (k,) mean that somebody came, and which mean neither.

    A blank means that nobody did; a number how often somebody did.

    >>> came_of(["yes", "", "3", "0", "perhaps"])
    (array([ True, False,  True, False, False]), [4])
    """
    numbers, bad = parse_numbers(list(words))
    came = np.array([word in _CAME for word in words], dtype=bool) | (~bad & (numbers > 0))
    known = [not word or word in _CAME | _STAYED_AWAY for word in words]
    return came, [n for n, word in enumerate(known) if not word and (bad[n] or numbers[n] < 0)]

"""Precision of a list: which share of those on it are rightly there; and of two overlapping lists.

The interval of a difference is that of the method of variance estimates recovery (Zou and Donner,
Statistics in Medicine 2008): two lists of the same students are parted into who is on both, on the
first alone and on the other alone, three independent shares. Their limits are exact, as the parts
may be of a few students: with Wilson's, two good changes of two would be more than chance.
"""

import math
from dataclasses import dataclass

from placement.arrays import BoolArray
from placement.stats.figures import Estimate
from placement.stats.intervals import clopper_pearson, wilson


@dataclass(frozen=True)
class ListPrecision:
    """How many are `listed`, how many of them rightly, and that share with its 95 % interval."""

    listed: int
    right: int
    precision: Estimate


def list_precision(listed: BoolArray, right: BoolArray) -> ListPrecision | None:
    """Return the precision of a list (n,), where `right` (n,) are there; None if it is empty."""
    number, hits = int(listed.sum()), int((listed & right).sum())
    if not number:
        return None
    share = hits / number
    return ListPrecision(number, hits, Estimate(share, *wilson(share, number)))


def precision_difference(first: BoolArray, other: BoolArray, right: BoolArray) -> Estimate | None:
    """Return the precision of `other` minus that of `first`, lists (n,) of the same students.

    None where one of them is empty. Lists of the same students differ by nothing, for certain.
    """
    if not (first.any() and other.any()):
        return None
    of_first, of_other = 1 / int(first.sum()), 1 / int(other.sum())
    difference = below = above = 0.0
    parts = ((first & other, of_other - of_first), (first & ~other, -of_first))
    for part, coefficient in (*parts, (other & ~first, of_other)):
        if (found := list_precision(part, right)) is None or coefficient == 0:
            continue
        weight, share = coefficient * found.listed, found.precision.value
        difference += weight * share
        limits = [weight * (x - share) for x in clopper_pearson(found.right, found.listed)]
        below += min(limits) ** 2
        above += max(limits) ** 2
    return Estimate(
        difference,
        max(-1.0, difference - math.sqrt(below)),
        min(1.0, difference + math.sqrt(above)),
    )

"""Which students a list begins with: those most at risk, or those with the best chance."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from placement.arrays import FloatArray, IndexArray

Rank = Literal["risk", "chance"]


def shortlist(
    probability: FloatArray,
    rank: Rank,
    *,
    top: int | None = None,
    group: npt.NDArray[np.integer] | None = None,
) -> IndexArray:
    """Return the indices of rows in the order of a list: `risk` by rising, `chance` by falling P.

    Equal probabilities stay in the order of the rows. `top` keeps so many rows, or all where there
    are fewer: exactly so many, whatever is tied. With `group` (n,) the list is made of one list
    for each group, in the order of their numbers, each of up to `top` rows.

    >>> shortlist(np.array([0.5, 0.2, 0.5, 0.9]), "chance", top=2).tolist()
    [3, 0]
    """
    key = probability if rank == "risk" else -probability
    if group is None:
        return np.argsort(key, kind="stable")[:top]
    order = np.lexsort((key, group))  # a stable sort: by group, then by key
    if top is None:
        return order
    ordered = group[order]
    return order[np.arange(len(order)) - np.searchsorted(ordered, ordered) < top]

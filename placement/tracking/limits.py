"""MLflow's limits, and how values are made to keep them."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from placement.credentials import masked_value

METRICS_PER_BATCH = 1000
PARAMS_PER_BATCH = 100
MOST_POINTS = 1000  # of a curve: a picture shows no more, and each costs a row of the database
PARAM_LENGTH = 6000
TAG_LENGTH = 8000
KEY_LENGTH = 250
_NOT_IN_A_KEY = re.compile(r"[^\w.\- /:]")

Item = TypeVar("Item")


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Yield slices of at most `size` items."""
    return (items[start : start + size] for start in range(0, len(items), size))


def without_plateaus(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return (step, value) without those between equal neighbours: the line is the same."""
    last = len(points) - 1
    return [
        point
        for k, point in enumerate(points)
        if k in {0, last} or not points[k - 1][1] == point[1] == points[k + 1][1]
    ]


def thinned_points(points: Sequence[Item], most: int = MOST_POINTS) -> list[Item]:
    """Return at most `most` points, evenly spread, the first and the last among them."""
    if len(points) <= most:
        return list(points)
    return [points[round(k * (len(points) - 1) / (most - 1))] for k in range(most)]


def metric_names(names: Iterable[str]) -> dict[str, str]:
    """Return the key to log each name under: `w[cgpa]` → `w_cgpa_`, numbered where two collide."""
    taken: set[str] = set()
    keys: dict[str, str] = {}
    for name in names:
        base = _NOT_IN_A_KEY.sub("_", name)[: KEY_LENGTH - 4]
        tries = itertools.chain([base], (f"{base}_{k}" for k in itertools.count(2)))
        keys[name] = next(key for key in tries if key not in taken)
        taken.add(keys[name])
    return keys


def short_texts(values: Mapping[str, object], length: int = TAG_LENGTH) -> dict[str, str]:
    """Return the texts of tags, or of parameters: without passwords, cut at the limit."""
    texts = {name: masked_value(name, value) for name, value in values.items()}
    return {k: t if len(t) <= length else t[: length - 1] + "…" for k, t in texts.items()}

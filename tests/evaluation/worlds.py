"""Rows in folds from worlds whose truth is known."""

from types import SimpleNamespace

import numpy as np

from placement.data.schema import Feature, Schema, Target
from placement.evaluation.alternatives.sklearn_cv import CrossValidationData


def crossed(columns, label, *, folds=5, weight=None, **settings):
    """Rows of number columns (float arrays) and categories (object arrays), folds in turn."""
    kinds = {n: "category" if c.dtype == object else "number" for n, c in columns.items()}
    schema = Schema(
        Target("placed", "1", "0"), tuple(Feature(n, kind) for n, kind in kinds.items()), ()
    )
    rows = len(label)
    return CrossValidationData(
        columns=columns,
        schema=schema,
        label=np.asarray(label, dtype=float),
        weight=np.ones(rows) if weight is None else weight,
        fold=np.arange(rows) % folds,
        **settings,
    )


def world(logit, rows=600, seed=0, **settings):
    """Rows of cgpa, iq and age, placed with the probability that a function of them says."""
    rng = np.random.default_rng(seed)
    columns = {
        "cgpa": rng.uniform(4, 10, rows).round(2),
        "iq": rng.normal(100, 15, rows).round(),
        "age": rng.integers(19, 27, rows).astype(float),
    }
    p = 1 / (1 + np.exp(-logit(SimpleNamespace(**columns))))
    return crossed(columns, rng.random(rows) < p, **settings)


def straight(x):
    """The truth that a perceptron can say."""
    return 1.2 * (x.cgpa - 7) + 0.03 * (x.iq - 100) - 0.1 * (x.age - 22)

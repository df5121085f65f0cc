"""The figures of each group, by fairlearn's definitions: rates with their limits, calibration, AUC.

What fairlearn gets are sums of weights by group, outcome and prediction, so the number of rows does
not matter.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from placement.arrays import Document, FloatArray
from placement.evaluation.fairness.group_counts import GroupTotals
from placement.model.fairness_figures import Group
from placement.stats.figures import Estimate
from placement.stats.intervals import wilson

FEWEST_ROWS = 30  # a group of fewer is shown, and not compared
FEWEST_OF_OUTCOME = 5


def group_metrics(totals: GroupTotals) -> tuple[Group, ...]:
    """Return the figures of each group, the rates by fairlearn's definitions."""
    if not totals.names:
        return ()
    from fairlearn.metrics import (
        MetricFrame,
        false_positive_rate,
        selection_rate,
        true_positive_rate,
    )
    from sklearn.metrics import precision_score

    cells = _cells_of(totals.names, totals.mass)
    weights = {"sample_weight": cells.pop("sample_weight")}
    measures = {
        "selection_rate": selection_rate,
        "tpr": true_positive_rate,
        "fpr": false_positive_rate,
        "precision": lambda *a, **k: precision_score(*a, **k, zero_division=math.nan),
    }
    params = dict.fromkeys(measures, weights)
    frame = MetricFrame(metrics=measures, sample_params=params, **cells).by_group
    return tuple(_group(totals, index, frame) for index in range(len(totals.names)))


def _cells_of(names: Sequence[str], mass: FloatArray) -> Document:
    """Return the sums (g, 2, 2) as rows for fairlearn: four of each group, of any weight."""
    group, outcome, predicted = np.indices(mass.shape).reshape(3, -1)
    return {
        "y_true": outcome,
        "y_pred": predicted,
        "sensitive_features": np.array(names, dtype=object)[group],
        "sample_weight": mass[group, outcome, predicted],
    }


def _group(totals: GroupTotals, index: int, frame: Any) -> Group:
    name, mass = totals.names[index], totals.mass[index]
    weight, (negative, positive) = float(mass.sum()), mass.sum(axis=1)
    selected = float(mass[:, 1].sum())
    rates = {str(rate): float(frame[rate][name]) for rate in frame}
    rows, positive_rows = int(totals.rows[index]), float(totals.positive_rows[index])
    return Group(
        name=name,
        rows=rows,
        weight=weight,
        positive=float(positive),
        selection_rate=_rate(rates["selection_rate"], weight),
        # Where there is nothing to divide by, fairlearn says 0.
        tpr=_rate(rates["tpr"], float(positive)) if positive else None,
        fpr=_rate(rates["fpr"], float(negative)) if negative else None,
        precision=_rate(rates["precision"], selected) if selected else None,
        predicted=float(totals.score[index]) / weight,
        observed=_rate(float(positive) / weight, weight),
        roc_auc=totals.roc_auc[index],
        small=_small(rows, positive_rows),
    )


def _rate(value: float, count: float) -> Estimate:
    value = min(max(value, 0.0), 1.0)
    low, high = wilson(value, count)
    return Estimate(value, min(low, value), max(high, value))  # where rounding leaves 1 - 1e-16


def _small(rows: int, positive: float) -> str | None:
    if rows < FEWEST_ROWS:
        return f"fewer than {FEWEST_ROWS} rows"
    if min(positive, rows - positive) < FEWEST_OF_OUTCOME:
        return f"fewer than {FEWEST_OF_OUTCOME} of an outcome"
    return None

"""Choose a threshold on predictions for training rows that the model has not seen."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from placement.config import DEFAULT_THRESHOLD, TrainConfig
from placement.data.folds import folds_of
from placement.errors import DataError
from placement.evaluation.decisions import Decision, Policy, choose_threshold
from placement.training.crossing import cross_scored
from placement.training.preparation import Prepared
from placement.workflows.watching import Nobody, Watcher

Floats = npt.NDArray[np.float64]

FOLDS = 5


@dataclass(frozen=True)
class OutOfFold:
    """Training rows, each as predicted by the model of the other folds: (n,) each, in no order.

    `base` is the base rate of the rows which that model was trained on.
    """

    probability: Floats
    label: Floats
    weight: Floats
    base: Floats


def out_of_fold(prepared: Prepared, watcher: Watcher = Nobody()) -> OutOfFold | None:
    """Predict the training rows out of fold; rows held out for testing take no part at all.

    None where an outcome is too rare to be in more than one fold.
    """
    table, config = prepared.table, prepared.config
    folds = folds_of(table, config.seed, FOLDS, group=config.group, split=prepared.split)
    if folds is None:
        return None
    parts: list[tuple[Floats, ...]] = []
    done, rows = 0, prepared.problem.source.rows
    with watcher.progress("cross-validating", "rows", rows) as progress:
        for p, y, w, base in cross_scored(table, config, folds):
            parts.append((p, y, w, np.full(len(p), base)))
            done += len(p)
            progress.update(done)
    return OutOfFold(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def policy_of(config: TrainConfig) -> Policy | None:
    """Return the policy that was asked for; None where nothing was said of a threshold."""
    if config.threshold is not None:
        return Policy("fixed", config.threshold)
    if config.cost_fp is not None and config.cost_fn is not None:
        return Policy("cost", cost_fp=config.cost_fp, cost_fn=config.cost_fn)
    if config.min_recall is not None:
        return Policy("recall", config.min_recall)
    if config.min_precision is not None:
        return Policy("precision", config.min_precision)
    if config.capacity is not None:
        return Policy("capacity", config.capacity)
    return Policy("youden") if config.youden else None


def decision_of(prepared: Prepared, unseen: OutOfFold | None) -> dict[str, Any]:
    """Choose the threshold that was asked for: the figures of a model's `decision`.

    Raises DataError where it is to be chosen and no row can be predicted out of fold.
    """
    policy, name = policy_of(prepared.config), prepared.table.name
    if policy is None:
        return _document(Policy(value=DEFAULT_THRESHOLD), None)
    if unseen is None:
        if policy.kind == "fixed":
            return _document(policy, None)
        raise DataError(
            f"{name}: an outcome has too few training rows to choose a threshold on some that the "
            "model has not seen: give more rows, or the threshold itself (--threshold F)"
        )
    try:
        decision = choose_threshold(policy, unseen.probability, unseen.label, unseen.weight)
    except DataError as fault:
        raise DataError(f"{name}: {fault}") from fault
    return _document(policy, decision)


def _document(policy: Policy, decision: Decision | None) -> dict[str, Any]:
    traded: Mapping[str, float | None] = {} if decision is None else decision.traded
    return {
        "policy": policy.kind,
        "in_words": str(policy),
        "threshold": policy.value if decision is None else decision.threshold,
        "rows": 0 if decision is None else decision.rows,
        "confusion": None if decision is None else dataclasses.asdict(decision.confusion),
        **traded,
    }

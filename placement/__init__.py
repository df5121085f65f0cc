"""A perceptron for placement tables: train it, trust it, use it.

Everything public is listed in `__all__` and served when first asked for, so that importing
the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from placement.config.train_config import TrainConfig
    from placement.data.table.read_table import Table, read_table
    from placement.errors import (
        DataError,
        GateRefused,
        GradientCheckError,
        ModelError,
        PlacementError,
        StoreError,
        UsageError,
    )
    from placement.estimator import PlacementClassifier
    from placement.evaluation.evaluate import Evaluation, evaluate
    from placement.lessons.catalog import lesson
    from placement.model.fitted import Fitted
    from placement.model.loss import clamped_bce
    from placement.model.perceptron import Perceptron
    from placement.tracking.lookup import load
    from placement.training.fit import fit
    from placement.training.gradcheck.gradcheck import check_gradients
    from placement.training.gradcheck.report import GradientCheck

__version__ = "0.1.0"

_HOME = {
    "DataError": "placement.errors",
    "Evaluation": "placement.evaluation.evaluate",
    "Fitted": "placement.model.fitted",
    "GateRefused": "placement.errors",
    "GradientCheck": "placement.training.gradcheck.report",
    "GradientCheckError": "placement.errors",
    "ModelError": "placement.errors",
    "Perceptron": "placement.model.perceptron",
    "PlacementClassifier": "placement.estimator",
    "PlacementError": "placement.errors",
    "StoreError": "placement.errors",
    "Table": "placement.data.table.read_table",
    "TrainConfig": "placement.config.train_config",
    "UsageError": "placement.errors",
    "check_gradients": "placement.training.gradcheck.gradcheck",
    "clamped_bce": "placement.model.loss",
    "evaluate": "placement.evaluation.evaluate",
    "fit": "placement.training.fit",
    "lesson": "placement.lessons.catalog",
    "load": "placement.tracking.lookup",
    "read_table": "placement.data.table.read_table",
}

__all__ = [
    "DataError",
    "Evaluation",
    "Fitted",
    "GateRefused",
    "GradientCheck",
    "GradientCheckError",
    "ModelError",
    "Perceptron",
    "PlacementClassifier",
    "PlacementError",
    "StoreError",
    "Table",
    "TrainConfig",
    "UsageError",
    "check_gradients",
    "clamped_bce",
    "evaluate",
    "fit",
    "lesson",
    "load",
    "read_table",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'placement' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return list(__all__)

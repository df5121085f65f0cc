"""Train again in the way a model was trained, on rows of another table."""

from collections.abc import Mapping
from typing import Any

from placement.arrays import Document
from placement.config.train_config import TrainConfig

# What is about holding rows out of a file and choosing on the rest, not about fitting.
_ABOUT_A_FILE = ("refit", "test_where", "test_size", "group", "patience")


def training_config(config: Mapping[str, Any]) -> TrainConfig:
    """Return a model's settings for fitting."""
    plain = TrainConfig()
    settings: Document = {
        name: tuple(value) if isinstance(value, list) else value for name, value in config.items()
    }
    return TrainConfig(**settings | {name: getattr(plain, name) for name in _ABOUT_A_FILE})

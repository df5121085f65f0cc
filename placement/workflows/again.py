"""Train again in the way a model was trained, on rows of another table."""

from collections.abc import Mapping
from typing import Any

from placement.config import TrainConfig

# What is about holding rows out of a file and choosing on the rest, not about fitting.
_ABOUT_A_FILE = ("refit", "test_where", "test_size", "patience")


def settings_of(config: Mapping[str, Any]) -> TrainConfig:
    """Return a model's settings for fitting."""
    plain = TrainConfig()
    given: dict[str, Any] = {
        name: tuple(own) if isinstance(own, list) else own for name, own in config.items()
    }
    return TrainConfig(**given | {name: getattr(plain, name) for name in _ABOUT_A_FILE})

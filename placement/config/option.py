"""One setting: its default, help text, bounds, and how the command line spells it."""

from collections.abc import Callable
from dataclasses import field
from typing import Any, Literal, NamedTuple

Scope = Literal["read", "fit", "run"]


class Bounds(NamedTuple):
    """The numbers that a setting may have, in words and as a test."""

    words: str
    hold: Callable[[float], bool]


def option(
    scope: Scope,
    default: Any,
    help: str,
    *,
    choices: tuple[str, ...] = (),
    bounds: Bounds | None = None,
    metavar: str = "",
    separate: bool = False,
    flags: str = "",
) -> Any:
    """Describe one setting. `separate`: given once per value; other tuples are one CSV record.

    `flags`: how yes and no are spelled, where that is not `--name/--no-name`.
    """
    metadata = {
        "help": help, "scope": scope, "choices": choices, "bounds": bounds, "metavar": metavar,
        "separate": separate, "flags": flags,
    }  # fmt: skip
    return field(default=default, metadata=metadata)


def flag(name: str) -> str:
    """Return the option of a field: `test_size` → `--test-size`."""
    return "--" + name.replace("_", "-")

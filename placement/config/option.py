"""One setting: its default, help text, bounds, and how the command line spells it."""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import Field, field
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


def option_words(settings: object, fields: "Iterable[Field[Any]]") -> list[str]:
    """Return the words that give a command these fields of some settings; defaults are left out."""
    words: list[str] = []
    for item in fields:
        value = getattr(settings, item.name)
        if value == item.default:
            continue
        if isinstance(value, bool):
            words.append(flag(item.name) if value else flag("no_" + item.name))
        elif isinstance(value, tuple):
            parts = value if item.metadata["separate"] else (_record(value),)
            words += [word for part in parts for word in (flag(item.name), part)]
        else:
            words += [flag(item.name), str(value)]
    return words


def _record(words: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(words)
    return out.getvalue()


def flag(name: str) -> str:
    """Return the option of a field: `test_size` → `--test-size`."""
    return "--" + name.replace("_", "-")

"""Frozen dataclasses from JSON documents, by their annotations; `dataclasses.asdict` goes back."""

import math
from collections.abc import Mapping
from dataclasses import is_dataclass
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from placement.arrays import Document

T = TypeVar("T")


def decode(kind: type[T], document: Document) -> T:
    """Build a dataclass from a document: its fields may be dataclasses, tuples or mappings of them.

    A field that is lacking takes its default, and what is no field is passed over; null stands for
    a number that is not finite where a float must be. Raises TypeError for a field without either.
    """
    hints = get_type_hints(kind)
    return kind(**{name: _value(hints[name], document[name]) for name in hints if name in document})


def _value(kind: Any, value: Any) -> Any:
    if value is None:
        return math.nan if kind is float else None
    if get_origin(kind) in {Union, UnionType}:
        (kind,) = (one for one in get_args(kind) if one is not type(None))
    if isinstance(kind, type) and is_dataclass(kind):
        return decode(kind, value)
    if get_origin(kind) is tuple:
        return tuple(_value(get_args(kind)[0], item) for item in value)
    if get_origin(kind) is Mapping:
        return {key: _value(get_args(kind)[1], item) for key, item in value.items()}
    return value

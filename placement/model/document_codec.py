"""Frozen dataclasses from JSON documents, by their annotations; `dataclasses.asdict` goes back."""

import math
from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from placement.arrays import Document

T = TypeVar("T")

_TYPES: Mapping[Any, tuple[type, ...]] = {
    float: (float, int),
    tuple: (list, tuple),
    Mapping: (dict,),
}

_hints = cache(get_type_hints)  # a history has hundreds of epochs of one kind


def decode(kind: type[T], document: Document) -> T:
    """Build a dataclass from a document: its fields may be dataclasses, tuples or mappings of them.

    A field that is lacking takes its default, and what is no field is passed over; null stands for
    a number that is not finite where a float must be. Raises TypeError for a field without either,
    and for a value of another type than its field's.
    """
    if not isinstance(document, Mapping):
        raise TypeError(f"{kind.__name__} that is {document!r}")
    hints = _hints(kind)  # type: ignore[arg-type]  # to mypy, type[T] has no hash
    given = {name: hint for name, hint in hints.items() if name in document}
    return kind(**{name: _value(hint, document[name], name) for name, hint in given.items()})


def _value(kind: Any, value: Any, name: str) -> Any:
    if get_origin(kind) in {Union, UnionType}:
        kinds = get_args(kind)
        if value is None and type(None) in kinds:
            return None
        kind = next((one for one in kinds if _fits(one, value)), kinds[0])
    if value is None and kind is float:
        return math.nan
    if not _fits(kind, value):
        raise TypeError(f"{name} that is {value!r}")
    if isinstance(kind, type) and is_dataclass(kind):
        return decode(kind, value)
    if get_origin(kind) is tuple:
        return tuple(_value(get_args(kind)[0], item, name) for item in value)
    if get_origin(kind) is Mapping:
        return {key: _value(get_args(kind)[1], item, name) for key, item in value.items()}
    return value


def _fits(kind: Any, value: Any) -> bool:
    """Whether a value may stand for a kind of field, whatever is inside of it."""
    if kind is Any:
        return True
    origin = get_origin(kind) or kind
    if origin is Literal:
        return value in get_args(kind)
    if is_dataclass(origin):
        return isinstance(value, Mapping)
    if isinstance(value, bool):
        return origin is bool
    return isinstance(value, _TYPES.get(origin, (origin,)))

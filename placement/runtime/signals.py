"""Ctrl-C and SIGTERM as exceptions that cannot get lost.

Where Python happens to be clearing away garbage when a signal comes, what the handler raises is
dropped with a notice. So it is remembered, and whoever reports progress raises it once more.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from placement.errors import Terminated

_ENDINGS = {signal.SIGTERM: Terminated, signal.SIGINT: KeyboardInterrupt}
_arrived: list[BaseException] = []


@contextmanager
def signals_raise() -> Iterator[None]:
    """While the context is open, SIGTERM raises Terminated and SIGINT KeyboardInterrupt."""
    _arrived.clear()
    handlers = {number: signal.signal(number, _arrive) for number in _ENDINGS}
    hook, sys.unraisablehook = sys.unraisablehook, _tell_others_only
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in handlers.items():
            signal.signal(number, handler)


def raise_arrived() -> None:
    """Raise what a signal meant, in case it was dropped the first time."""
    if _arrived:
        raise _arrived[0]


def _arrive(number: int, _frame: Any) -> NoReturn:
    _arrived.append(_ENDINGS[signal.Signals(number)]())
    raise _arrived[-1]


def _tell_others_only(dropped: "sys.UnraisableHookArgs") -> None:
    if dropped.exc_value not in _arrived:
        sys.__unraisablehook__(dropped)

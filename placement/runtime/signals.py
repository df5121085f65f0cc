"""SIGINT, SIGTERM and SIGHUP as exceptions that cannot get lost, and blocks they must not cut.

Where Python happens to be clearing away garbage when a signal comes, what the handler raises is
dropped with a notice. So it is remembered, and `check_signals`, called with each report of
progress, raises it again.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from placement.errors import Terminated

_EXCEPTIONS: dict[int, type[BaseException]] = {
    signal.SIGINT: KeyboardInterrupt,
    signal.SIGTERM: Terminated,
}
# A handler is replaced only where it is one of these. A shell that starts a command in the
# background has it ignore SIGINT, which somebody may still send by name, as SIGTERM; SIGHUP that is
# ignored is the work of nohup, and stays ignored.
_REPLACED: dict[int, tuple[object, ...]] = {
    signal.SIGINT: (signal.default_int_handler, signal.SIG_DFL, signal.SIG_IGN),
    signal.SIGTERM: (signal.SIG_DFL, signal.SIG_IGN),
}
if hasattr(signal, "SIGHUP"):  # Windows has none
    _EXCEPTIONS[signal.SIGHUP] = Terminated
    _REPLACED[signal.SIGHUP] = (signal.SIG_DFL,)

_received: list[BaseException] = []


@contextmanager
def raise_on_signals(*, interrupt: bool = True) -> Iterator[None]:
    """While the context is open, SIGTERM and SIGHUP raise Terminated and SIGINT KeyboardInterrupt.

    Handlers that somebody else installed stay, and outside the main thread nothing is done. Without
    `interrupt`, SIGINT is left to Python, which raises KeyboardInterrupt as well.
    """
    if not _in_main_thread():
        yield
        return
    numbers = [n for n in _EXCEPTIONS if interrupt or n != signal.SIGINT]
    replaceable = [n for n in numbers if signal.getsignal(n) in _REPLACED[n]]
    handlers = {number: signal.signal(number, _raise) for number in replaceable}
    hook, sys.unraisablehook = sys.unraisablehook, _report_unless_received
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if handlers:  # what came has been raised, and concerns nobody who works on
            _received.clear()


@contextmanager
def hold_signals() -> Iterator[None]:
    """Hold the signals back until the block is done, then let them act.

    Between creating a run and knowing its id an interruption would leave it RUNNING for ever.
    Signals reach the main thread only; elsewhere there is nothing to hold.
    """
    if not _in_main_thread():
        yield
        return
    held: list[int] = []
    handlers = {number: signal.getsignal(number) for number in _EXCEPTIONS}
    for number in handlers:
        signal.signal(number, lambda received, _frame: held.append(received))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for number in held[:1]:
            signal.raise_signal(number)


def ignore_signals() -> None:
    """Ignore them from now on: a worker process ends when its parent says so or is gone."""
    for number in _EXCEPTIONS:
        signal.signal(number, signal.SIG_IGN)


def check_signals() -> None:
    """Raise what a signal meant, in case it was dropped the first time."""
    if _received:
        raise _received[0]


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _raise(number: int, _frame: FrameType | None) -> NoReturn:
    _received.append(_EXCEPTIONS[number]())
    raise _received[-1]


def _report_unless_received(dropped: "sys.UnraisableHookArgs") -> None:
    if dropped.exc_value not in _received:
        sys.__unraisablehook__(dropped)

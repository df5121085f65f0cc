"""A servant that works here, or aside: in a process of its own, at the same time as this one.

Aside, its heavy imports and its waiting for disks and servers cost this process nothing. What it is
asked is done in the order of asking. If this process dies, it notices and tidies up.
"""

import json
import os
import pickle
import struct
import subprocess
import sys
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from importlib import import_module
from queue import SimpleQueue
from threading import Thread
from typing import Any, BinaryIO, Concatenate, Generic, ParamSpec, Protocol, TypeVar

from placement.errors import PlacementError
from placement.runtime.signals import hold_signals, ignore_signals

P = ParamSpec("P")
R = TypeVar("R")

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from placement.runtime.worker_process import serve; serve(sys.argv[2])"
)
_LENGTH = struct.Struct("<q")


class Worker(Protocol):
    """What can be asked aside."""

    def warm_up(self) -> None:
        """Import what will be needed, before anything is asked."""

    def terminate(self) -> None:
        """Tidy up: whoever asked is gone."""


S = TypeVar("S", bound=Worker)


class InlineWorker(Generic[S]):
    """A servant in this process."""

    def __init__(self, kind: type[S]) -> None:
        self._servant = kind()
        self.was_used = False

    def submit(
        self, method: Callable[Concatenate[S, P], R], *args: P.args, **named: P.kwargs
    ) -> "Future[R]":
        """Call a method now; an error is kept until somebody asks for the result."""
        future: Future[R] = Future()
        self.was_used = True
        try:
            future.set_result(method(self._servant, *args, **named))
        except Exception as error:  # noqa: BLE001 - raised by result()
            future.set_exception(error)
        return future

    def close(self) -> None:
        """Nothing is left to do."""


class ProcessWorker(Generic[S]):
    """A servant in a process of its own."""

    def __init__(self, kind: type[S]) -> None:
        words = [_START, json.dumps(sys.path), f"{kind.__module__}:{kind.__qualname__}"]
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-c", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C is for the process in front, which then says what is to be done.
            start_new_session=True,
        )
        self._pending: deque[Future[Any]] = deque()
        self.was_used = False
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def submit(
        self, method: Callable[Concatenate[S, P], R], *args: P.args, **named: P.kwargs
    ) -> "Future[R]":
        """Have a method called; the result comes when all that was asked before is done."""
        future: Future[R] = Future()
        message = pickle.dumps((method, args, named))
        with hold_signals():  # a message cut in two would garble all that follow
            self._pending.append(future)
            self.was_used = True
            try:
                _send(self._input, message)
            except OSError:
                self._give_up()
        return future

    def close(self) -> None:
        """Let the process end; it has nothing left to do, or is told by this to tidy up."""
        if not self.was_used:
            self._process.kill()  # it may still be warming up
        with suppress(OSError):
            self._input.close()
        self._process.wait()
        self._listener.join()

    @property
    def _input(self) -> BinaryIO:
        stream = self._process.stdin
        if stream is None:
            raise ValueError("a process without standard input")
        return stream  # type: ignore[return-value]

    def _listen(self) -> None:
        if self._process.stdout is None:
            raise ValueError("a process without standard output")
        with self._process.stdout as answers:
            while (message := _receive(answers)) is not None:  # type: ignore[arg-type]
                future, (value, error) = self._pending.popleft(), pickle.loads(message)  # noqa: S301 - our own
                if error is None:
                    future.set_result(value)
                else:
                    future.set_exception(error)
        self._give_up()

    def _give_up(self) -> None:
        ended = f"the process that keeps the records ended with code {self._process.wait()}"
        with suppress(IndexError):  # two threads may come to know of it
            while True:
                self._pending.popleft().set_exception(RuntimeError(ended))


def serve(kind: str) -> None:
    """Be the servant of the process that started this one, until it is gone."""
    ignore_signals()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not stand among the answers
    asked: SimpleQueue[bytes | None] = SimpleQueue()
    Thread(target=_take_in, args=(asked,), daemon=True).start()
    module, _, name = kind.partition(":")
    servant = getattr(import_module(module), name)()
    servant.warm_up()
    while (message := asked.get()) is not None:
        value, error = _done(servant, message)
        try:
            _send(answers, pickle.dumps((value, error)))
        except OSError:
            break
    servant.terminate()
    answers.flush()
    os._exit(0)


def _take_in(asked: "SimpleQueue[bytes | None]") -> None:
    """Read messages as they come, so that nobody waits for the servant with a full pipe."""
    message: bytes | None = b""
    while message is not None:
        message = _receive(sys.stdin.buffer)
        asked.put(message)


def _done(servant: Any, message: bytes) -> tuple[Any, Exception | None]:
    try:
        method, args, named = pickle.loads(message)  # noqa: S301 - our own process wrote it
        return method(servant, *args, **named), None
    except (PlacementError, OSError) as error:
        return None, error
    except Exception as error:  # noqa: BLE001 - raised where the result is asked for
        # Some exceptions cannot be sent, or not be made again from what was sent.
        told = RuntimeError(f"{type(error).__name__}: {error}")
        told.add_note(f"In the process that keeps the records:\n{traceback.format_exc()}")
        return None, told


def _send(stream: BinaryIO, message: bytes) -> None:
    stream.write(_LENGTH.pack(len(message)) + message)
    stream.flush()


def _receive(stream: BinaryIO) -> bytes | None:
    """Read one message; None at the end, however it came."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    size = _LENGTH.unpack(head)[0]
    message = stream.read(size)
    return message if len(message) == size else None

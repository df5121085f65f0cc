"""A worker whose methods are called in this process, or in a child process beside it.

In a child process, its heavy imports and its waiting for disks and servers cost this one nothing.
Calls are run in the order of submission. If this process dies, the worker notices and terminates.
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
from typing import IO, Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

from placement.errors import PlacementError
from placement.runtime.scratch import remove_scratch_folder, use_scratch_folder
from placement.runtime.signals import hold_signals, ignore_signals

P = ParamSpec("P")
R = TypeVar("R")

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from placement.runtime.worker_process import serve; serve(sys.argv[2])"
)
_LENGTH = struct.Struct("<q")


class Worker(Protocol):
    """What can run in a worker process."""

    def warm_up(self) -> None:
        """Import what will be needed, before the first call."""

    def terminate(self) -> None:
        """Clean up: the parent process is gone."""


S = TypeVar("S", bound=Worker)


class InlineWorker(Generic[S]):
    """A worker in this process."""

    def __init__(self, kind: type[S]) -> None:
        self._worker = kind()
        self.was_used = False

    def submit(
        self, method: Callable[Concatenate[S, P], R], *args: P.args, **named: P.kwargs
    ) -> "Future[R]":
        """Call a method now; an error is raised by the future's `result()`."""
        future: Future[R] = Future()
        self.was_used = True
        try:
            future.set_result(method(self._worker, *args, **named))
        except Exception as error:  # noqa: BLE001 - raised by result()
            future.set_exception(error)
        return future

    def close(self) -> None:
        """Nothing is left to do."""


class ProcessWorker(Generic[S]):
    """A worker in a process of its own."""

    def __init__(self, kind: type[S]) -> None:
        arguments = [_START, json.dumps(sys.path), f"{kind.__module__}:{kind.__qualname__}"]
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-c", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C is for the process in front, which then says what is to be done.
            start_new_session=True,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise ValueError("a process without standard input and output")
        self._input, self._results = self._process.stdin, self._process.stdout
        self._pending: deque[Future[Any]] = deque()
        self.was_used = False
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def submit(
        self, method: Callable[Concatenate[S, P], R], *args: P.args, **named: P.kwargs
    ) -> "Future[R]":
        """Have a method called; the result comes after those of all earlier calls."""
        future: Future[R] = Future()
        message = pickle.dumps((method, args, named))
        with hold_signals():  # a message cut in two would garble all that follow
            self._pending.append(future)
            self.was_used = True
            try:
                _send(self._input, message)
            except OSError:
                self._fail_pending()
        return future

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process now, whatever it is at; `close` clears away after it."""
        self._process.kill()

    def close(self) -> None:
        """Let the process end: the end of its input tells it to terminate."""
        if not self.was_used:
            self.kill()  # it may still be warming up
        with suppress(OSError):
            self._input.close()
        self._process.wait()
        self._listener.join()
        remove_scratch_folder(self._process.pid)

    def _listen(self) -> None:
        with self._results as results:
            while (message := _receive(results)) is not None:
                future, (value, error) = self._pending.popleft(), pickle.loads(message)  # noqa: S301 - our own
                if not future.set_running_or_notify_cancel():
                    continue  # nobody waits for it any more
                if error is None:
                    future.set_result(value)
                else:
                    future.set_exception(error)
        self._fail_pending()

    def _fail_pending(self) -> None:
        ended = f"the process that keeps the records ended with code {self._process.wait()}"
        with suppress(IndexError):  # two threads may notice it
            while True:
                future = self._pending.popleft()
                if future.set_running_or_notify_cancel():
                    future.set_exception(RuntimeError(ended))


AnyWorker = InlineWorker[S] | ProcessWorker[S]


def serve(kind: str) -> None:
    """Run the worker of the process that started this one, until that is gone."""
    ignore_signals()
    use_scratch_folder()
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not stand among the results
    requests: SimpleQueue[bytes | None] = SimpleQueue()
    Thread(target=_read_requests, args=(requests,), daemon=True).start()
    module, _, name = kind.partition(":")
    worker = getattr(import_module(module), name)()
    worker.warm_up()
    while (request := requests.get()) is not None:
        value, error = _call(worker, request)
        try:
            _send(results, pickle.dumps((value, error)))
        except OSError:
            break
    worker.terminate()
    results.flush()
    remove_scratch_folder(os.getpid())
    os._exit(0)


def _read_requests(requests: "SimpleQueue[bytes | None]") -> None:
    """Read requests as they come, so that the parent never waits with a full pipe."""
    message: bytes | None = b""
    while message is not None:
        message = _receive(sys.stdin.buffer)
        requests.put(message)


def _call(worker: Any, request: bytes) -> tuple[Any, Exception | None]:
    try:
        method, args, named = pickle.loads(request)  # noqa: S301 - our own process wrote it
        return method(worker, *args, **named), None
    except (PlacementError, OSError) as error:
        return None, error
    except Exception as error:  # noqa: BLE001 - raised by result()
        # Some exceptions cannot be pickled, or not be unpickled again.
        failure = RuntimeError(f"{type(error).__name__}: {error}")
        failure.add_note(f"In the process that keeps the records:\n{traceback.format_exc()}")
        return None, failure


def _send(stream: IO[bytes], message: bytes) -> None:
    stream.write(_LENGTH.pack(len(message)) + message)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes | None:
    """Read one message; None at the end of the stream, even within a message."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    size = _LENGTH.unpack(head)[0]
    message = stream.read(size)
    return message if len(message) == size else None

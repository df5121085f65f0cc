"""Where a training is, kept with its run: seldom enough to cost it nothing."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from placement.errors import StoreError
from placement.runtime.worker_process import AnyWorker
from placement.workflows.recording.run_recorder import Recorder

if TYPE_CHECKING:
    from placement.training.solver.checkpoint import Checkpoint

SECONDS = 5.0  # before the first and between two: a short training has none
_TIMES = 50  # as long as taking the last took, at least


class Checkpoints:
    """Hands checkpoints to a recorder now and then."""

    def __init__(self, recorder: AnyWorker[Recorder]) -> None:
        self._recorder = recorder
        self._due = time.monotonic() + SECONDS
        self._kept: Future[bool] | None = None

    def offer(self, take: "Callable[[], Checkpoint]") -> None:
        """Take a checkpoint where one is due and the last is written.

        Raises StoreError where another process has taken the run over.
        """
        began = time.monotonic()
        if began < self._due:
            return
        if self._kept is not None:
            if not self._kept.done():
                return
            if not self._kept.result():
                raise StoreError("another process goes on with this training's run")
        data = take().as_bytes()
        self._kept = self._recorder.submit(Recorder.save_checkpoint, data)
        now = time.monotonic()
        self._due = now + max(SECONDS, _TIMES * (now - began))

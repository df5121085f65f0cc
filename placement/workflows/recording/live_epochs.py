"""Epochs of a training that goes on, recorded as they come: seldom enough to cost it nothing."""

import time

from placement.model.history import Epoch
from placement.runtime.worker_process import AnyWorker
from placement.tracking.limits import thinned_points
from placement.workflows.recording.run_recorder import Recorder

_SECONDS = 1.0  # between two records at first
_SHARE = 0.02  # of the time since the start: then ever fewer, so that a long training has no more
_POINTS = 10  # of a record


class LiveEpochs:
    """Hands epochs to a recorder, some at a time."""

    def __init__(self, recorder: AnyWorker[Recorder]) -> None:
        self._recorder = recorder
        self._began = self._last = time.monotonic()
        self._waiting: list[Epoch] = []

    def add(self, epoch: Epoch) -> None:
        """Take in the next epoch. Raises StoreError where those before cannot be recorded."""
        self._waiting.append(epoch)
        now = time.monotonic()
        if now - self._last < max(_SECONDS, _SHARE * (now - self._began)):
            return
        self._last = now
        epochs = thinned_points(self._waiting, _POINTS)
        self._waiting = []
        self._recorder.submit(Recorder.log_epochs, epochs).result()

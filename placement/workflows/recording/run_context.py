"""A run that was begun ends as what it was, whatever happens on the way."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from placement.config.train_config import TrainConfig
from placement.data.table.table import Table
from placement.runtime.signals import hold_signals
from placement.runtime.worker_process import AnyWorker, InlineWorker, ProcessWorker
from placement.workflows.recording.run_recorder import DataSet, RunRecorder

K = TypeVar("K", bound=RunRecorder)


@contextmanager
def recording(kind: type[K], config: TrainConfig) -> Iterator[AnyWorker[K] | None]:
    """Have a recorder, and see to it that a run that was begun ends as what it was."""
    if not config.track:
        yield None
        return
    # A process of its own imports MLflow meanwhile, unless that is done already.
    is_inline = "mlflow" in sys.modules or not sys.executable
    recorder = InlineWorker(kind) if is_inline else ProcessWorker(kind)
    try:
        yield recorder
    except BaseException as error:
        if recorder.was_used:
            _end_after(error, recorder)
        raise
    finally:
        recorder.close()


def _end_after(error: BaseException, recorder: AnyWorker[K]) -> None:
    """End the run without ever hiding the error that brought us here."""
    try:
        with hold_signals():
            killed = not isinstance(error, Exception)
            notes = recorder.submit(RunRecorder.fail, killed=killed).result()
    except RuntimeError as second:
        notes = (f"the run may still be marked RUNNING: {second}",)
    for note in notes:
        error.add_note(note)


def described(table: Table, context: str, rows: Path | None = None) -> DataSet:
    """Return a table as a run knows it; `rows` is a file of its rows, where they are logged."""
    path = None if rows is None else str(rows)
    return DataSet(table.name, table.digest, table.kinds, len(table), context, path)

"""A run that was begun ends as what it was, whatever happens on the way."""

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from placement.config.train_config import TrainConfig
from placement.data.splits.split import TEST, Split
from placement.data.table.table import Table
from placement.errors import RankLost
from placement.runtime.signals import hold_signals
from placement.runtime.worker_process import AnyWorker, InlineWorker, ProcessWorker
from placement.tracking.dataset import DataSet
from placement.workflows.recording.run_recorder import RunRecorder

if TYPE_CHECKING:
    from placement.training.prepare import Prepared

K = TypeVar("K", bound=RunRecorder)


@contextmanager
def recording(kind: type[K], config: TrainConfig) -> Iterator[AnyWorker[K] | None]:
    """Have a recorder, and see to it that a run that was begun ends as what it was."""
    if not config.track:
        yield None
        return
    # A process of its own imports MLflow meanwhile, unless that is done already: to go on with a
    # run it had to be, and the rest may be long.
    is_inline = ("mlflow" in sys.modules and config.resume is None) or not sys.executable
    recorder = InlineWorker(kind) if is_inline else ProcessWorker(kind)
    try:
        yield recorder
    except BaseException as error:
        if recorder.was_used:
            _end_after(error, recorder, kind)
        raise
    finally:
        recorder.close()


def _end_after(error: BaseException, recorder: AnyWorker[K], kind: type[K]) -> None:
    """End the run without ever hiding the error that brought us here."""
    try:
        with hold_signals():
            killed = isinstance(error, RankLost) or not isinstance(error, Exception)
            notes = recorder.submit(kind.fail, killed=killed).result()
    except RuntimeError as second:
        notes = (f"the run may still be marked RUNNING: {second}",)
    for note in notes:
        error.add_note(note)


def data_sets(prepared: "Prepared") -> list[DataSet]:
    """Return what a model is trained on and what it is tested on, as its run knows them."""
    data = [described(prepared.table, "training")]
    if prepared.test_table is not None:
        data.append(described(prepared.test_table, "test"))
    elif prepared.test is not None:
        data.append(_held_out(prepared.table, prepared.split))
    return data


def described(table: Table, context: str) -> DataSet:
    """Return a table as a run knows it."""
    return DataSet(table.name, table.digest, table.kinds, len(table), context, table.name)


def _held_out(table: Table, split: Split) -> DataSet:
    """Return the rows of a table that are held out: their digest is of which they are."""
    whole, digest = described(table, "test"), hashlib.sha256(table.digest.encode())
    for subset in split.subsets:
        digest.update((subset == TEST).tobytes())
    return replace(
        whole,
        name=f"{table.name} (held out)",
        digest=digest.hexdigest(),
        rows=int(split.counts[TEST]),
    )

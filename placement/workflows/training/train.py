"""Train on some files, and record it as the configuration says."""

import shlex
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from placement.config.train_config import TrainConfig
from placement.data.table.table import Table
from placement.errors import StoreError
from placement.model.bundle import check_replaceable
from placement.model.fitted import Fitted
from placement.model.history import Epoch
from placement.reporting.json_documents import gradcheck_rows
from placement.reporting.results import Tracked, TrainResult
from placement.runtime import ranks
from placement.runtime.background_import import import_in_background
from placement.runtime.progress import NoProgress, ProgressListener
from placement.runtime.signals import hold_signals
from placement.runtime.worker_process import AnyWorker
from placement.tracking.checkpoints import StoppedRun
from placement.workflows.reading.read_training_tables import read, storage_of
from placement.workflows.recording.checkpoints import Checkpoints
from placement.workflows.recording.live_epochs import LiveEpochs
from placement.workflows.recording.resume import (
    check_same_data,
    stopped_run,
    torchrun_job,
    with_run_of_job,
)
from placement.workflows.recording.run_context import data_sets, recording
from placement.workflows.recording.run_recorder import Recorder

if TYPE_CHECKING:
    from placement.training.prepare import Prepared
    from placement.training.solver.checkpoint import Checkpoint
    from placement.workflows.training.fit_and_test import FitAndTestResult

# What takes long to import; torch's gradcheck imports the second when it is first called.
HEAVY = ("placement.workflows.recording.plot_data", "torch.fx.experimental.symbolic_shapes")


def train(
    sources: Sequence[str],
    config: TrainConfig,
    listener: ProgressListener = NoProgress(),
    *,
    run_id: str | None = None,
) -> TrainResult:
    """Train on some files and record it as the configuration says.

    With `run_id` it is recorded in that run, with its epochs as they come; who began the run ends
    it.
    """
    if config.out:
        check_replaceable(Path(config.out).absolute())
    config = with_run_of_job(config) if run_id is None else config
    stopped = stopped_run(config)
    with recording(Recorder, config) as recorder, storage_of(config) as storage:
        with import_in_background(*HEAVY):
            tables = read(sources, config, storage, listener)
        from placement.workflows.training.fit_and_test import fit_and_test, understand

        prepared, summary = understand(tables, config, listener)
        start = _start(stopped, prepared, listener)
        if recorder is None:
            result = fit_and_test(prepared, listener, start=start)
            fitted, tracked = _finalized(result), None
            bundle = _saved(fitted, config)
        else:
            with _begun(recorder, prepared, run_id) as begun:
                # The curves of a model to be fitted again are those of the second fit.
                live = LiveEpochs(recorder) if run_id is not None and not config.refit else None
                keep = Checkpoints(recorder).offer if run_id is None else None
                on_epoch = partial(_recorded, begun, live)
                result = fit_and_test(prepared, listener, on_epoch, start, keep)
            fitted, bundle, tracked = _concluded(recorder, begun, result, config)
    warnings = tuple(dict.fromkeys((*summary.warnings, *result.warnings)))
    device = str(prepared.problem.device)
    return TrainResult(tuple(sources), summary, fitted, config, warnings, tracked, bundle, device)


def _start(
    stopped: StoppedRun | None, prepared: "Prepared", listener: ProgressListener
) -> "Checkpoint | None":
    """Return where the first rank's run stopped, if it goes on with one: all ranks start there."""
    from placement.training.solver.checkpoint import checkpoint_of

    data = None
    if stopped is not None:
        check_same_data(stopped, data_sets(prepared))
        data = stopped.checkpoint
    data = ranks.current().exchange(data)[0]
    start = None if data is None else checkpoint_of(data)
    if stopped is not None:
        epoch = "the start" if start is None else f"epoch {start.state.number}"
        listener.note(f"going on with run {stopped.run_id} from {epoch}")
    return start


@contextmanager
def _begun(
    recorder: AnyWorker[Recorder], prepared: "Prepared", run_id: str | None
) -> "Iterator[Future[None]]":
    """Begin the run; what it needs is there until the block has ended and the run has begun."""
    config, table = prepared.config, prepared.table
    params = {
        **config.of_scope("read"),
        **config.of_scope("fit"),
        **config.of_scope("run"),
        "optimizer": config.resolved_optimizer,
        "epochs": config.resolved_epochs,
        "device": str(prepared.problem.device),
        "target": table.schema.target.name,
        "positive": table.schema.target.positive,
        "features": ",".join(table.schema.feature_names),
    }
    with tempfile.TemporaryDirectory() as folder:
        rows = str(_as_csv(table, Path(folder))) if config.log_data else None
        data, job = data_sets(prepared), torchrun_job()
        begun = recorder.submit(Recorder.begin, config, params, data, rows, run_id, job)
        yield begun
        wait([begun])


def _recorded(begun: "Future[None]", live: LiveEpochs | None, epoch: Epoch) -> None:
    """Record an epoch, where that is asked for as it comes.

    Raises why the run could not begin, as soon as that is known: there is no need to go on.
    """
    if begun.done():
        begun.result()
    if live is not None:
        live.add(epoch)


def _concluded(
    recorder: AnyWorker[Recorder],
    begun: "Future[None]",
    result: "FitAndTestResult",
    config: TrainConfig,
) -> "tuple[Fitted, str | None, Tracked]":
    """Save a tested model, record it and its figures, and register it."""
    from placement.workflows.recording.plot_data import pictures_of

    def course(of: Fitted) -> "Future[None]":
        checks = gradcheck_rows(result.checks)
        return recorder.submit(Recorder.log_course, pictures_of(result, of), checks)

    # Pictures are drawn while the figures are worked out, unless the model is still to be refitted.
    drawn = None if config.refit else course(result.fitted)
    fitted = _finalized(result)
    bundle = _saved(fitted, config)
    try:
        begun.result()
        (drawn or course(fitted)).result()
        model = recorder.submit(Recorder.log_model, fitted, config.register).result()
        # What may fail comes before the registration: a failed run registers nothing.
        with hold_signals():
            tracked = recorder.submit(Recorder.register, *model, fitted.figures, config).result()
            return fitted, bundle, tracked
    except (StoreError, RuntimeError) as problem:
        folder = bundle or _rescued(fitted)
        raise StoreError(
            f"{problem}\nThe run is not recorded; the model is trained, and saved in {folder}: "
            f"placement predict DATA --model {shlex.quote(folder)}"
        ) from problem


def _finalized(result: "FitAndTestResult") -> Fitted:
    from placement.workflows.training.final_figures import finalize

    fitted = finalize(result)
    # What follows is the first rank's alone; another that left before would tear its connection.
    ranks.current().exchange(None)
    return fitted


def _rescued(fitted: Fitted) -> str:
    """Save a model that would be lost: here, or where temporary files are."""
    name = time.strftime("unrecorded-model-%Y%m%d-%H%M%S")
    try:
        return str(fitted.save(name))
    except StoreError:
        return str(fitted.save(Path(tempfile.mkdtemp()) / name))


def _saved(fitted: Fitted, config: TrainConfig) -> str | None:
    return str(fitted.save(config.out)) if config.out else None


def _as_csv(table: Table, folder: Path) -> Path:
    """Write the rows that are used; free text is left out: it is stored as hashes."""
    import pandas as pd

    path = folder / "rows.csv"
    names = [name for name, column in table.chunked_columns.items() if not column.is_hashed]
    for piece in range(table.pieces):
        cells = {name: np.asarray(cells) for name, cells in table.piece(piece, names).items()}
        pd.DataFrame(cells).to_csv(path, index=False, mode="a", header=not piece)
    return path

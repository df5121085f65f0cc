"""The process of one job: it holds the job's lock, claims the run, does the work, ends the run.

It is started by the worker, and outlives it. One that is killed leaves its run as it is; the worker
then finds the lock free.
"""

import json
import os
import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from filelock import Timeout

from placement.arrays import Document
from placement.errors import DataError, PlacementError, Terminated
from placement.runtime.atomic_write import replacing
from placement.runtime.scratch import use_scratch_folder
from placement.runtime.signals import hold_signals, raise_on_signals
from placement.serving.jobs.assignment import NOT_BEGUN, Assignment
from placement.serving.jobs.folder import JobFolder
from placement.serving.jobs.settings import (
    Inputs,
    predict_request,
    report_request,
    train_config,
    tune_request,
)
from placement.tracking import jobs
from placement.tracking.abandoned import process_name
from placement.tracking.jobs import JobRun, JobRuns
from placement.tracking.store import open_store

RESULT = "result.json"
_LOCK_PATIENCE = 5.0  # the worker takes the lock for moments, to see whether it is free


def main(assignment: str) -> NoReturn:
    """Do a job, and leave at once: the lock goes with the process."""
    code = 1
    try:
        with raise_on_signals():
            code = _work(Assignment(**json.loads(assignment)))
    except Terminated:
        code = Terminated.exit_code
    except BaseException:  # noqa: BLE001 - whatever it was, the worker sees to the run
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(code)


def _work(assignment: Assignment) -> int:
    folder = JobFolder(Path(assignment.folder))
    lock = folder.lock(assignment.job)
    try:
        lock.acquire(timeout=_LOCK_PATIENCE)
    except Timeout:
        return NOT_BEGUN
    use_scratch_folder()
    _bound_memory(assignment.memory)
    runs = JobRuns(open_store(create=False), assignment.queue)
    # MLflow is loaded here, so no process beside this one records: that would live on without it.
    run = runs.read(assignment.run_id)
    if run.status != jobs.WAITING or not runs.claim(run, process_name()):
        return NOT_BEGUN
    runs.start(run)
    return _do(runs, run, folder)


def _do(runs: JobRuns, run: JobRun, folder: JobFolder) -> int:
    """Do a claimed job and end its run as what it came to; return the exit code."""
    try:
        inputs = folder.prepare(run.job, run.request.uploads)
        os.chdir(folder.of_job(run.job) / "input")
        document = KINDS[run.request.kind](run, inputs)
        with hold_signals():
            _write(folder.of_job(run.job) / RESULT, document)
            _leave(folder, run)
            runs.end(run, jobs.FINISHED)
    except (Terminated, KeyboardInterrupt):
        # Who only stops the service does not end the job: it is tried again.
        with hold_signals():
            if runs.read(run.run_id).cancelled:
                _leave(folder, run)
                runs.end(run, jobs.KILLED)
        return Terminated.exit_code
    except Exception as problem:  # noqa: BLE001 - it is the run's outcome
        text, code = _said(problem)
        with hold_signals():
            _leave(folder, run)
            runs.end(run, jobs.FAILED, error=text, exit_code=code)
        return code
    return 0


def _said(problem: Exception) -> tuple[str, int]:
    """Return what went wrong as a person is told, and the exit code that the command has for it."""
    match problem:
        case PlacementError():
            return str(problem), problem.exit_code
        case MemoryError():
            return "out of memory: the service bounds what a job may have", DataError.exit_code
    traceback.print_exception(problem)
    return f"a defect of placement ({type(problem).__name__}); the log has more", 1


def _train(run: JobRun, inputs: Inputs) -> Document:
    from placement.reporting.json_documents import train_document
    from placement.workflows.training.train import train

    config = train_config(run.request.settings, inputs)
    return train_document(train(inputs["data"], config, run_id=run.run_id))


def _tune(run: JobRun, inputs: Inputs) -> Document:
    from placement.reporting.text.tuning import tune_document
    from placement.workflows.selection.tune import tune_files

    request = tune_request(run.request.settings, inputs)
    return tune_document(tune_files(request, run_id=run.run_id))


def _predict(run: JobRun, inputs: Inputs) -> Document:
    from placement.workflows.scoring.predict import predict

    result = predict(predict_request(run.request.settings, inputs))
    return {
        "format": 1,
        "model": dict(result.model),
        "rows_in": result.rows_in,
        "rows_out": result.rows_out,
        "predicted_positive": result.predicted_positive,
        "columns": list(result.added),
        "warnings": list(result.warnings),
    }


def _report(run: JobRun, inputs: Inputs) -> Document:
    from placement.workflows.monitoring.report import write_report

    result = write_report(report_request(run.request.settings, inputs))
    states = {"findings": result.findings, "verdicts": result.verdicts}
    said = {name: [{"state": s, "text": t} for s, t in pairs] for name, pairs in states.items()}
    return {"format": 1, "run_id": result.run_id, **said, "warnings": list(result.warnings)}


KINDS: dict[str, Callable[[JobRun, Inputs], Document]] = {
    "train": _train,
    "predict": _predict,
    "tune": _tune,
    "report": _report,
}


def _write(path: Path, document: Document) -> None:
    from placement.reporting.json_documents import as_json

    with replacing(path) as temporary:
        temporary.write_text(as_json(document), "utf-8")


def _leave(folder: JobFolder, run: JobRun) -> None:
    """Take the inputs away before the run ends: nobody would do it after."""
    os.chdir(folder.of_job(run.job))
    shutil.rmtree("input", ignore_errors=True)


def _bound_memory(most: int | None) -> None:
    """Have allocations beyond a bound fail in this process instead of the machine running full."""
    if most is None or sys.platform == "win32":
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))

"""Which run a training goes on with: the one that is named, or that torchrun's job began before."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from placement.config.option import flag
from placement.config.train_config import TrainConfig
from placement.errors import DataError, ModelError, UsageError
from placement.runtime import ranks
from placement.tracking.abandoned import process_name
from placement.tracking.checkpoints import StoppedRun, find_run_of_job, find_stopped, read_settings
from placement.tracking.dataset import DataSet
from placement.tracking.store import open_store

# Of how it is done, which the coefficients do not depend on.
_FREE = {"resume", "workers", "rank_timeout", "device", "stream", "cache", "keep_cache"}


def resumed_config(resume: str, given: Mapping[str, Any]) -> TrainConfig:
    """Return the settings of a run to go on with. Raises UsageError where `given` ones differ."""
    run_id, settings = read_settings(open_store(create=False), resume)
    if ranks.started() > 1:  # so many there are
        settings.pop("workers", None)
    asked = {name: tuple(v) if isinstance(v, list) else v for name, v in settings.items()}
    free = {name: value for name, value in given.items() if name in _FREE}
    config = TrainConfig(**{**asked, **free, "resume": run_id})
    differing = [
        name
        for name, value in given.items()
        if getattr(replace(config, **{name: value}), name) != getattr(config, name)
    ]
    differing = [flag(name) for name in differing if name not in _FREE]
    if differing:
        raise UsageError(
            f"--resume {resume} has settings of its own, and {', '.join(differing)} differs: leave "
            "it out, or train anew without --resume"
        )
    return config


def with_run_of_job(config: TrainConfig) -> TrainConfig:
    """Have a training that torchrun starts again go on with the run that it had begun."""
    job = torchrun_job()
    restarted = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0
    if job is None or not restarted or not config.track or config.resume is not None:
        return config
    run_id = find_run_of_job(open_store(create=False), config.experiment, job)
    if run_id is None:
        return config
    try:
        return resumed_config(run_id, vars(config))
    except (ModelError, UsageError):  # that of another training, whose job had this id as well
        return config


def torchrun_job() -> str | None:
    """Name the job that torchrun started this process for, None without torchrun."""
    name = os.environ.get("TORCHELASTIC_RUN_ID")
    # The name it has unless told otherwise is that of every such job: the launcher is one's own.
    return process_name(os.getppid()) if name == "none" else name


def stopped_run(config: TrainConfig) -> StoppedRun | None:
    """Return the run to go on with, None where there is none. Raises ModelError."""
    if config.resume is None:
        return None
    return find_stopped(open_store(create=False), config.resume)


def check_same_data(run: StoppedRun, data: Sequence[DataSet]) -> None:
    """Raise DataError where the data are not those that a run was begun with."""
    for item in data:
        digest = run.digests.get(item.context, item.digest)
        if digest != item.digest:
            raise DataError(
                f"{item.name} is not the {item.context} data of run {run.run_id}: its digest is "
                f"{item.digest[:12]}, and was {digest[:12]}; give the files of that run, or train "
                "anew without --resume"
            )

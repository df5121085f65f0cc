"""Tune the penalty on the training rows of some files, and record what was tried."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from placement.config.train_config import UNUSED_IN_TUNING, TrainConfig
from placement.reporting.text.tuning import TuneResult, alternative_metrics, options_of, path_rows
from placement.runtime.background_import import import_in_background
from placement.runtime.progress import NoProgress, ProgressListener
from placement.runtime.signals import hold_signals
from placement.workflows.reading.read_training_tables import read, storage_of
from placement.workflows.recording.run_context import described, recording
from placement.workflows.recording.run_recorder import PathRecorder, RunRecorder

if TYPE_CHECKING:
    from placement.data.columns.column_store import ChunkedArray
    from placement.data.table.table import Table
    from placement.evaluation.alternatives.alternatives import ModelComparison
    from placement.runtime.worker_process import AnyWorker
    from placement.training.prepare import Prepared
    from placement.training.validation.l2_path import PenaltyPath

HEAVY = (
    "placement.workflows.training.fit_and_test",
    "placement.workflows.selection.compare_alternatives",
)


@dataclass(frozen=True)
class TuneRequest:
    """Which files to tune on, as a configuration reads them, and how often in how many folds."""

    data: Sequence[str]
    config: TrainConfig
    folds: int = 5
    repeats: int = 3


def tune_files(
    request: TuneRequest,
    listener: ProgressListener = NoProgress(),
    *,
    run_id: str | None = None,
) -> TuneResult:
    """Cross-validate the L2 path on the rows of some files that `train` would train on.

    The rows held out for testing take no part. With `run_id` it is recorded in that run, which is
    not ended here. Raises DataError where there are too few rows.
    """
    plain = TrainConfig()
    config = replace(request.config, **{name: getattr(plain, name) for name in UNUSED_IN_TUNING})
    with recording(PathRecorder, config) as recorder, storage_of(config) as storage:
        with import_in_background(*HEAVY):
            tables = read(request.data, config, storage, listener)
        from placement.training.validation.cross_validate import path_config
        from placement.workflows.selection.compare_alternatives import compare_alternatives
        from placement.workflows.training.fit_and_test import understand

        prepared, summary = understand(tables, path_config(config), listener)
        foldings = _foldings(prepared, request)
        if recorder is not None:
            _begin(recorder, request, config, prepared.table, run_id)
        path = _cross_validated(prepared, foldings, request, listener)
        alternatives = compare_alternatives(
            prepared.table,
            replace(config, l2=path.l2),
            listener,
            split=prepared.split,
            folds=request.folds,
        )
        return TuneResult(
            sources=tuple(request.data),
            name=prepared.table.name,
            rows=summary.rows,
            path=path,
            alternatives=alternatives,
            options=options_of(config, path.l2, UNUSED_IN_TUNING),
            warnings=summary.warnings,
            run=None if recorder is None else _finish(recorder, path, alternatives),
        )


def _foldings(prepared: "Prepared", request: TuneRequest) -> "list[ChunkedArray]":
    """Return the fold of each training row, (n,), once for each repeat."""
    from placement.data.splits.folds import assign_folds
    from placement.data.splits.row_groups import group_of
    from placement.workflows.selection.compare_alternatives import too_few

    config, table = prepared.config, prepared.table
    foldings, group = [], group_of(table, config)
    for seed in range(config.seed, config.seed + request.repeats):
        fold = assign_folds(table, seed, request.folds, group=group, split=prepared.split)
        if fold is None:
            raise too_few(table, request.folds)
        foldings.append(fold)
    return foldings


def _begin(
    recorder: "AnyWorker[PathRecorder]",
    request: TuneRequest,
    config: TrainConfig,
    table: "Table",
    run_id: str | None,
) -> None:
    values = {**config.of_scope("read"), **config.of_scope("fit")}
    params = {name: value for name, value in values.items() if name not in UNUSED_IN_TUNING}
    params |= {"folds": request.folds, "repeats": request.repeats}
    schema = table.schema
    params |= {"target": schema.target.name, "positive": schema.target.positive}
    params["features"] = ",".join(schema.feature_names)
    data = [described(table, "training")]
    recorder.submit(RunRecorder.begin, config, params, data, None, run_id).result()


def _cross_validated(
    prepared: "Prepared",
    foldings: "Sequence[ChunkedArray]",
    request: TuneRequest,
    listener: ProgressListener,
) -> "PenaltyPath":
    from placement.training.validation.cross_validate import tune, weight_sums
    from placement.training.validation.l2_path import penalties_for

    penalties = penalties_for(*weight_sums(prepared.problem.source))
    fits = len(penalties) * (request.folds * request.repeats + 1)
    with listener.progress("tuning", "fits", fits) as progress:
        fit = itertools.count(1)
        return tune(prepared, foldings, penalties, lambda what: progress.update(next(fit), what))


def _finish(
    recorder: "AnyWorker[PathRecorder]", path: "PenaltyPath", alternatives: "ModelComparison"
) -> tuple[str, str, str]:
    """Log what was tried, and finish the run; nothing that may fail comes after."""
    rows, metrics = path_rows(path), alternative_metrics(alternatives)
    recorder.submit(PathRecorder.log_path, path, rows, metrics).result()
    with hold_signals():
        return recorder.submit(PathRecorder.finish).result()

"""Tune the penalty on the training rows of some files, and record what was tried."""

from collections.abc import Sequence
from dataclasses import replace

from placement.config import UNUSED_IN_TUNING, TrainConfig
from placement.reporting.text.tuning import TuneResult, options_of, path_rows, rival_metrics
from placement.runtime.background_import import import_in_background
from placement.runtime.progress import NoProgress, ProgressListener
from placement.runtime.signals import hold_signals
from placement.workflows.reading.read_training_tables import read, storage_of
from placement.workflows.recording.recorded_run import described, recording
from placement.workflows.recording.run_recorder import PathRecorder, RunKeeper

HEAVY = (
    "placement.workflows.training.fit_and_test",
    "placement.workflows.selection.compare_alternatives",
)


def tune_files(
    sources: Sequence[str],
    config: TrainConfig,
    watcher: ProgressListener = NoProgress(),
    *,
    folds: int = 5,
    repeats: int = 3,
) -> TuneResult:
    """Cross-validate the L2 path on the rows of some files that `train` would train on.

    The rows held out for testing take no part. Raises DataError where there are too few rows.
    """
    plain = TrainConfig()
    config = replace(config, **{name: getattr(plain, name) for name in UNUSED_IN_TUNING})
    with recording(PathRecorder, config) as recorder, storage_of(config) as storage:
        with import_in_background(*HEAVY):
            tables = read(sources, config, storage, watcher)
        from placement.data.splits.folds import assign_folds
        from placement.training.validation.cross_validate import path_config, tune, weight_sums
        from placement.training.validation.l2_path import penalties_for
        from placement.workflows.selection.compare_alternatives import compare_alternatives, too_few
        from placement.workflows.training.fit_and_test import understand

        prepared, seen = understand(tables, path_config(config), watcher)
        table, split = prepared.table, prepared.split
        foldings = [
            assign_folds(table, config.seed + repeat, folds, group=config.group, split=split)
            for repeat in range(repeats)
        ]
        told = [own for own in foldings if own is not None]
        if len(told) < repeats:
            raise too_few(table, folds)
        if recorder is not None:
            values = {**config.of_scope("read"), **config.of_scope("fit")}
            params = {name: value for name, value in values.items() if name not in UNUSED_IN_TUNING}
            params |= {"folds": folds, "repeats": repeats}
            params["features"] = ",".join(table.schema.feature_names)
            recorder.submit(
                RunKeeper.begin, config, params, [described(table, "training")]
            ).result()
        l2 = penalties_for(*weight_sums(prepared.problem.source))
        with watcher.progress("tuning", "fits", len(l2) * (folds * repeats + 1)) as progress:
            done = 0

            def on_progress(what: str) -> None:
                nonlocal done
                done += 1
                progress.update(done, what)

            path = tune(prepared, told, l2, on_progress)
        beside = compare_alternatives(
            table, replace(config, l2=path.l2), watcher, split=split, folds=folds
        )
        run = None
        if recorder is not None:
            rows = path_rows(path)
            recorder.submit(PathRecorder.log_path, path, rows, rival_metrics(beside)).result()
            with hold_signals():
                run = recorder.submit(PathRecorder.finish).result()
        return TuneResult(
            sources=tuple(sources),
            name=table.name,
            rows=seen.rows,
            path=path,
            rivals=beside,
            options=options_of(config, path.l2, UNUSED_IN_TUNING),
            warnings=seen.warnings,
            run=run,
        )

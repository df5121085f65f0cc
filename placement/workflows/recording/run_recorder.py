"""The records of a training or tuning: the MLflow run, its curves and pictures, the model.

A recorder does the work, in this process or in a worker process; nothing here imports torch.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path

from placement.arrays import Document
from placement.config.train_config import TrainConfig
from placement.errors import StoreError
from placement.model.fairness_figures import Fairness
from placement.model.figures import ModelFigures
from placement.model.fitted import Fitted
from placement.model.history import Epoch
from placement.reporting.plots.canvas import canvas
from placement.reporting.plots.fairness import fairness_plot
from placement.reporting.plots.training_plots import Pictures, draw_all
from placement.reporting.report.sections import summary_of
from placement.reporting.report.verdicts import Report
from placement.reporting.results import Tracked
from placement.reporting.text.calibration import calibration_metrics
from placement.reporting.text.fairness import gap_rows, group_rows
from placement.reporting.text.tuning import draw_path
from placement.tracking.checkpoints import (
    FOLDER,
    SETTINGS,
    TORCHRUN,
    is_ours,
    write_checkpoint,
)
from placement.tracking.dataset import DataSet
from placement.tracking.pyfunc_model import LoggedModel, log_bundle
from placement.tracking.registry import register
from placement.tracking.runs import (
    DESCRIPTION_TAG,
    SERIES,
    NestedRun,
    TrackedRun,
    run_of_another,
    tracked_run,
)
from placement.tracking.store import import_mlflow, open_store
from placement.training.validation.l2_path import PenaltyPath

_SECTIONS = {"training": "train", "test": "test"}  # of the metrics, by the context of their data
_UNSET = (None, "", ())


class RunRecorder:
    """Opens a run, and sees to how it ends."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._run: TrackedRun | None = None
        self._data: dict[str, DataSet] = {}

    def warm_up(self) -> None:
        """Import what will be needed, and find the fonts."""
        import_mlflow()
        with canvas():
            pass

    def begin(
        self,
        config: TrainConfig,
        params: Document,
        data: Sequence[DataSet],
        rows: str | None = None,
        run_id: str | None = None,
        job: str | None = None,
    ) -> None:
        """Open the store and start the run; say what it is made of, but for what is not set.

        `rows` is a file of the rows, where they are to be logged. With `run_id` it is a run that
        goes on already, and that whoever began it ends. `job` is torchrun's, where that started us.
        """
        store = open_store()
        params = {name: value for name, value in params.items() if value not in _UNSET}
        params.pop("resume", None)
        tags = _tags(config) | ({} if job is None else {TORCHRUN: job})
        if run_id is None:
            begun = tracked_run(
                store, config.experiment, config.run_name, tags=tags, params=params,
                resume=config.resume,
            )  # fmt: skip
        else:
            begun = run_of_another(store, run_id, tags=tags, params=params)
        self._run = self._open.enter_context(begun)
        if run_id is None and config.resume is None:
            self._run.log_text(json.dumps(config.given, indent=1), SETTINGS)
        for item in data:
            self._run.log_dataset(item)
            self._data[_SECTIONS[item.context]] = item
        if rows is not None:
            self._run.log_artifact(rows, "data")

    def fail(self, *, killed: bool) -> tuple[str, ...]:
        """End the run, if it is going on, as failed or killed; return what there is to add."""
        error: BaseException = KeyboardInterrupt() if killed else RuntimeError()
        with suppress(type(error)):
            self._open.__exit__(type(error), error, None)
        return tuple(getattr(error, "__notes__", ()))

    def terminate(self) -> None:
        """End a run that is going on as killed: the parent process was killed."""
        self.fail(killed=True)

    @property
    def run(self) -> TrackedRun:
        """The run that is going on."""
        if self._run is None:
            raise ValueError("no run was begun")
        return self._run


class Recorder(RunRecorder):
    """Records one training."""

    _has_checkpoint = False
    _last_steps: Mapping[str, int] | None = None  # up to which each curve was logged

    def log_epochs(self, epochs: Sequence[Epoch]) -> None:
        """Log what epochs say, but for those before the last that was logged."""
        last = self._last_steps
        if last is None:
            last = self.run.last_steps(SERIES.values()) if self.run.resumed else {}
        self.run.log_series(
            {
                name: [
                    (epoch.number, getattr(epoch, field))
                    for epoch in epochs
                    if epoch.number > last.get(name, -1)
                ]
                for field, name in SERIES.items()
            }
        )
        latest = max((epoch.number for epoch in epochs), default=-1)
        self._last_steps = {name: max(latest, last.get(name, -1)) for name in SERIES.values()}

    def fail(self, *, killed: bool) -> tuple[str, ...]:
        """End the run, if it is going on; of one that was killed say how it is gone on with."""
        notes, run = super().fail(killed=killed), self._run
        if not killed or run is None or not (self._has_checkpoint or run.resumed):
            return notes
        how = f"with --resume {run.run_id} the same command goes on from where it was"
        return (how, *notes)

    def save_checkpoint(self, data: bytes) -> bool:
        """Keep where the training is; return whether the run is this process's still.

        One that cannot be written is passed over: the next may be.
        """
        with suppress(StoreError):
            if not is_ours(self.run):
                return False
            write_checkpoint(self.run, data)
            self._has_checkpoint = True
        return True

    def log_course(self, shown: Pictures, checks: Sequence[Document]) -> None:
        """Log the curves, the gradient checks and the pictures."""
        self.log_epochs(shown.history)
        self.run.log_table(checks, "gradient_checks.json")
        with tempfile.TemporaryDirectory() as folder:
            draw_all(folder, shown)
            self.run.log_figures(folder)

    def log_model(self, fitted: Fitted, name: str) -> tuple[LoggedModel, str]:
        """Log the model with its final figures; return it, and the first lines of its card.

        `name` is that of the registered model.
        """
        run, figures = self.run, fitted.figures
        evaluation = figures.evaluated
        with tempfile.TemporaryDirectory() as folder:
            logged = log_bundle(run, fitted.save(Path(folder) / "bundle"))
        run.log_text(json.dumps(fitted.document["schema"], indent=1), "schema.json")
        run.log_metrics(
            final_metrics(figures), figures.epochs, model_id=logged.model_id, data=self._data
        )
        if evaluation.fairness is not None:
            self._log_fairness(evaluation.fairness)
        description = summary_of(Report({"model": name}, fitted, None))
        tags: dict[str, str | bool] = {"stopped": figures.stopped, "converged": figures.converged}
        if evaluation.decision is not None:
            tags["threshold_policy"] = evaluation.decision.in_words
        run.set_tags({**tags, DESCRIPTION_TAG: description})
        return logged, description

    def _log_fairness(self, fairness: Fairness) -> None:
        tables = {"fairness.json": group_rows(fairness), "fairness_gaps.json": gap_rows(fairness)}
        for name, rows in tables.items():
            if rows:
                self.run.log_table(rows, name)
        picture = fairness_plot(fairness)
        if picture is not None:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "fairness.png"
                path.write_bytes(picture)
                self.run.log_artifact(path, "figures")

    def register(
        self, logged: LoggedModel, description: str, figures: ModelFigures, config: TrainConfig
    ) -> Tracked:
        """Register the logged model and finish the run; nothing that may fail comes after."""
        run, verdict = self.run, figures.evaluated.verdict.name
        if run.keeper and not is_ours(run):
            raise StoreError(f"another process goes on with the run {run.run_id}")
        registered = register(
            run.store,
            logged,
            config.register,
            may_be_champion=may_be_champion(figures),
            promote=config.promote,
            tags={
                "converged": figures.converged,
                "better_than_base_rate": verdict == "better",
                "verdict": verdict,
                "data_digest": figures.data_digest,
            },
            description=description,
            job=run.job,
        )
        if self._has_checkpoint or run.resumed:
            with suppress(StoreError):  # the run is finished: nobody goes on from what is left
                run.remove(FOLDER)
        self._open.close()
        return Tracked(
            run.run_id, run.name, run.store.export_line, registered.uri, registered.alias
        )


def may_be_champion(figures: ModelFigures) -> bool:
    """Whether a model takes the place of a champion where there is none, without being asked."""
    verdict = figures.evaluated.verdict
    return figures.converged and verdict.name != "no_signal" and not verdict.is_too_good


def final_metrics(figures: ModelFigures) -> dict[str, float | None]:
    """Return the final figures by the names they have as metrics of a run."""
    evaluation, of_rows = figures.evaluated, figures.evaluated.metrics.as_dict()
    if evaluation.calibration is not None:
        of_rows |= calibration_metrics(evaluation.calibration)
    sections = {
        evaluation.metrics_on: of_rows,
        "skill": asdict(evaluation.skill),
        "gradcheck": asdict(evaluation.gradcheck),
    }
    final: dict[str, float | None] = {
        "train/loss": figures.train_loss,
        "optimizer/epochs": figures.epochs,
        "skill/base_rate": figures.base_rate,
    }
    for section, values in sections.items():
        for name, value in values.items():
            final[f"{section}/{name}"] = None if value is None else float(value)
    if (decision := evaluation.decision) is not None:
        final["decision/threshold"] = decision.threshold
        counts = {} if decision.confusion is None else decision.confusion.as_dict()
        final |= {f"decision/{name}": value for name, value in counts.items()}
    if evaluation.fairness is not None:
        for gap in gap_rows(evaluation.fairness):
            column = str(gap["column"]).replace("/", "_")
            final[f"fairness/{column}_{gap['name']}"] = gap["value"]
    return final


class PathRecorder(RunRecorder):
    """Records one tuning."""

    def log_path(
        self, path: PenaltyPath, rows: Sequence[Document], alternative_metrics: Mapping[str, float]
    ) -> None:
        """Log the path: its figures and pictures, and a nested run for each penalty."""
        chosen, best = path.penalties[path.chosen], path.penalties[path.best]
        self.run.log_metrics(
            {
                "cv/log_loss": chosen.log_loss,
                "cv/se": chosen.standard_error,
                "cv/chosen_l2": chosen.l2,
                "cv/best_l2": best.l2,
                "cv/best_log_loss": best.log_loss,
                **alternative_metrics,
            }
        )
        self.run.log_table(rows, "path.json")
        with tempfile.TemporaryDirectory() as folder:
            draw_path(folder, path)
            self.run.log_figures(folder)
        self.run.log_children(
            [
                NestedRun(
                    f"l2={penalty.l2:g}",
                    {"l2": penalty.l2},
                    {"cv/log_loss": penalty.log_loss, "cv/se": penalty.standard_error},
                )
                for penalty in path.penalties
            ]
        )

    def finish(self) -> tuple[str, str, str]:
        """Finish the run; return its id, its name, and what makes plain mlflow look there too."""
        run = self.run
        self._open.close()
        return run.run_id, run.name, run.store.export_line


def _tags(config: TrainConfig) -> dict[str, str]:
    pairs = (tag.partition("=") for tag in config.tag)
    return {"seed": str(config.seed), **{key: value for key, _, value in pairs}}

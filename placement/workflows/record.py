"""A training and its records: the MLflow run, the pictures, the registered model, the bundle."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from placement.config import TrainConfig
from placement.data.table import Table
from placement.model.bundle import check_replaceable
from placement.reporting.documents import gradcheck_rows
from placement.reporting.results import Tracked, TrainResult
from placement.training.preparation import Prepared
from placement.workflows.pictures import draw
from placement.workflows.train import Training, learn, understand
from placement.workflows.watching import Nobody, Watcher

SERIES = {
    "loss": "loss",
    "penalised_loss": "penalised_loss",
    "gradient_norm": "gradient_norm",
    "step_size": "step_size",
    "clamped_rows": "clamped_rows",
    "held_out_loss": "held_out_loss",
    "validation_loss": "validation_loss",
    "distance": "lambda",
}
FINAL = ("train_loss", "epochs", "base_rate")


def train(sources: Sequence[str], config: TrainConfig, watcher: Watcher = Nobody()) -> TrainResult:
    """Train on some files and record it as the configuration says."""
    if config.out:
        check_replaceable(Path(config.out).absolute())
    prepared, seen = understand(sources, config)
    if not config.track:
        training = learn(prepared, seen, watcher)
        return _result(sources, training, _saved(training, config), None)
    from placement.tracking.runs import tracked_run
    from placement.tracking.store import open_store

    store = open_store()
    params = {**_params(config), "features": ",".join(prepared.table.schema.feature_names)}
    with tracked_run(
        store, config.experiment, config.run_name, tags=_tags(config), params=params
    ) as run:
        _log_data(run, prepared)
        training = learn(prepared, seen, watcher)
        _log_training(run, training)
        # What may fail comes before the registration: a failed run registers nothing.
        bundle = _saved(training, config)
        registered = _log_model(store, run, training, config)
        tracked = Tracked(
            run.run_id,
            run.name,
            store.tracking_uri,
            store.export_line,
            registered.uri,
            registered.alias,
        )
        return _result(sources, training, bundle, tracked)


def _saved(training: Training, config: TrainConfig) -> str | None:
    return str(training.fitted.save(config.out)) if config.out else None


def _result(
    sources: Sequence[str], training: Training, bundle: str | None, tracked: Tracked | None
) -> TrainResult:
    return TrainResult(
        tuple(sources), training.understanding, training.fitted, training.warnings, tracked, bundle
    )


def _params(config: TrainConfig) -> dict[str, Any]:
    """Every effective setting: those that were asked for, and the defaults filled in."""
    values = {**config.of_scope("read"), **config.of_scope("fit"), **config.of_scope("run")}
    return {**values, "optimizer": config.resolved_optimizer, "epochs": config.resolved_epochs}


def _tags(config: TrainConfig) -> dict[str, str]:
    pairs = (tag.partition("=") for tag in config.tag)
    return {"seed": str(config.seed), **{key: value for key, _, value in pairs}}


def _log_data(run: Any, prepared: Prepared) -> None:
    for context, table in (("training", prepared.table), ("test", prepared.test_table)):
        if table is not None:
            run.log_dataset(
                table.name, table.digest, table.kinds, len(table), source=table.name,
                context=context,
            )  # fmt: skip
    if prepared.config.log_data:
        with tempfile.TemporaryDirectory() as folder:
            run.log_artifact(_as_csv(prepared.table, Path(folder)), "data")


def _as_csv(table: Table, folder: Path) -> Path:
    """Write the rows that are used; of free text only hashes are known, so it is not among them."""
    import pandas as pd

    path = folder / "rows.csv"
    names = [name for name, column in table.kept.items() if not column.is_hashed]
    for place in range(table.pieces):
        cells = {name: np.asarray(cells) for name, cells in table.piece(place, names).items()}
        pd.DataFrame(cells).to_csv(path, index=False, mode="a", header=not place)
    return path


def _log_training(run: Any, training: Training) -> None:
    fitted, figures = training.fitted, training.fitted.figures
    run.log_series(
        {
            name: [(epoch.number, getattr(epoch, field)) for epoch in fitted.history]
            for field, name in SERIES.items()
        }
    )
    sections = {
        figures["metrics_on"]: figures["metrics"],
        "skill": figures["skill"],
        "gradcheck": figures["gradcheck"],
    }
    run.log_metrics({name: figures[name] for name in FINAL}, step=figures["epochs"])
    run.log_metrics(
        {
            f"{section}_{name}": None if value is None else float(value)
            for section, values in sections.items()
            for name, value in values.items()
        },
        step=figures["epochs"],
    )
    run.log_table(gradcheck_rows(training.checks), "gradient_checks.json")
    run.set_tags({"stopped": figures["stopped"], "converged": figures["converged"]})
    with tempfile.TemporaryDirectory() as folder:
        run.log_figures(draw(training, folder))


def _log_model(store: Any, run: Any, training: Training, config: TrainConfig) -> Any:
    from placement.tracking.pyfunc_model import log_bundle
    from placement.tracking.registry import register

    figures = training.fitted.figures
    with tempfile.TemporaryDirectory() as folder:
        logged = log_bundle(run, training.fitted.save(Path(folder) / "bundle"))
    run.log_text(json.dumps(training.fitted.document["schema"], indent=1), "schema.json")
    return register(
        store,
        logged,
        config.register,
        may_be_champion=figures["converged"] and figures["skill"]["better_than_base_rate"],
        promote=config.promote,
        tags={
            "converged": figures["converged"],
            "better_than_base_rate": figures["skill"]["better_than_base_rate"],
            "data_digest": figures["data_digest"],
        },
    )

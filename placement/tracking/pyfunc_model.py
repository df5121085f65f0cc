"""The model as MLflow knows it: a bundle, a copy of the scorer, a signature. No pickle.

It loads with plain MLflow where this package is not installed; it needs numpy, pandas and
safetensors. It is put together by MLflow's client rather than by `mlflow.pyfunc.log_model`: that
needs the process-wide default store, writes the absolute path of this machine into `MLmodel`, and
loads the model once more to try the example.
"""

import inspect
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from placement.arrays import Document
from placement.model.bundle import open_bundle
from placement.model.scorer import (
    DOCUMENT,
    WEIGHTS,
    Bundle,
    CategoryColumn,
    NumberColumn,
    Scorer,
)
from placement.tracking.environment import unwarned
from placement.tracking.provenance import public_version
from placement.tracking.runs import TrackedRun
from placement.tracking.store import store_errors

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.models import ModelSignature

MODEL_NAME = "model"
BUNDLE_FOLDER = "bundle"
REQUIREMENTS = ("numpy", "pandas", "safetensors")


@dataclass(frozen=True)
class LoggedModel:
    """A model logged to a run: `uri` is `models:/<id>`, which plain MLflow loads."""

    model_id: str
    run_id: str

    @property
    def uri(self) -> str:
        """Where MLflow finds it, registered or not."""
        return f"models:/{self.model_id}"


def log_bundle(run: TrackedRun, bundle: str | Path) -> LoggedModel:
    """Log a bundle directory as the MLflow model of a run."""
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus

    client = run.client
    with store_errors(run.store, "log the model"), tempfile.TemporaryDirectory() as scratch:
        params = client.get_run(run.run_id).data.params
        logged = client.create_logged_model(
            run.experiment_id, name=MODEL_NAME, source_run_id=run.run_id, params=params
        )
        client.log_outputs(run.run_id, [LoggedModelOutput(logged.model_id, step=0)])
        target = Path(scratch, MODEL_NAME)
        write_model(bundle, target, model_id=logged.model_id, run_id=run.run_id)
        client.log_model_artifacts(logged.model_id, str(target))
        client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)
    return LoggedModel(logged.model_id, run.run_id)


def write_model(
    bundle: str | Path, target: Path, *, model_id: str | None = None, run_id: str | None = None
) -> None:
    """Write a bundle as an MLflow model directory."""
    from mlflow import pyfunc
    from mlflow.models.model import Model

    ids: Document = {} if model_id is None else {"model_uuid": model_id, "model_id": model_id}
    opened = open_bundle(bundle)
    module = f"placement_scorer_{opened.document['format']}"
    with unwarned(), tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch, BUNDLE_FOLDER)
        data.mkdir()
        for name in (DOCUMENT, WEIGHTS):
            shutil.copy(Path(bundle, name), data)
        code = shutil.copy(inspect.getfile(Scorer), Path(scratch, f"{module}.py"))
        pyfunc.save_model(
            path=str(target),
            loader_module=module,
            data_path=str(data),
            code_paths=[str(code)],
            mlflow_model=Model(artifact_path=MODEL_NAME, run_id=run_id, **ids),
            signature=signature_of(opened),
            input_example=example_of(opened.scorer),
            pip_requirements=[f"{name}=={public_version(name)}" for name in REQUIREMENTS],
            metadata={"columns": kinds_of(opened.scorer)},
        )


def signature_of(bundle: Bundle) -> "ModelSignature":
    """Return what comes out, and the threshold that may be given; nothing of what goes in.

    The scorer reads the cells of any frame. Of columns with types, MLflow would refuse whole
    numbers, booleans, nullable or all-missing columns (`double`), numbers (`string`) or any CSV
    (`AnyType`) before the scorer saw them; so their kinds are in the metadata.
    """
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, ParamSchema, ParamSpec, Schema

    outputs = [
        ColSpec("double", "placement_probability"),
        ColSpec("long", "placement_prediction"),
        ColSpec("string", "placement_notes", required=False),
    ]
    params = ParamSchema([ParamSpec("threshold", "double", bundle.threshold)])
    return ModelSignature(outputs=Schema([*outputs]), params=params)


def kinds_of(scorer: Scorer) -> dict[str, str]:
    """Return the columns that must be there, and whether each holds numbers or text."""
    categories = [column for column in scorer.columns if isinstance(column, CategoryColumn)]
    texts = {column.column for column in categories if not column.numeric}
    return {name: "text" if name in texts else "number" for name in scorer.feature_columns}


def example_of(scorer: Scorer) -> "pd.DataFrame":
    """Return a data frame with one made-up row: average numbers, first levels, nobody's cells."""
    import pandas as pd

    row: Document = {}
    for column in scorer.columns:
        if isinstance(column, NumberColumn):
            row[column.column] = round(column.mean, 2)
        elif isinstance(column, CategoryColumn):
            levels = (slot for slot in column.slots if slot not in {"(rare)", "(missing)"})
            row[column.column] = next(levels, "")
    return pd.DataFrame([row])

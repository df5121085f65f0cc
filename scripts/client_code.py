"""What other people's programs do with a model of `placement`; run where this package is not.

    python scripts/client_code.py FUNCTION JSON FILE

calls a function with the arguments of a JSON object and writes what it returns to FILE as JSON.
The store is that of `MLFLOW_TRACKING_URI`. A pair of lists is to be equal.
"""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

TRUSTED = ["placement.estimator.PlacementClassifier"]
Records = list[dict[str, Any]]
Pair = tuple[list[float], list[float]]


def load_model(model: str, rows: str) -> Records:
    answers = mlflow.pyfunc.load_model(model).predict(pd.read_csv(rows))
    return list(answers.to_dict("records"))


def has_placement() -> bool:
    return importlib.util.find_spec("placement") is not None


def evaluate(model: str, rows: str) -> Pair:
    """The accuracy that MLflow measures, and the share of predictions that are right."""
    loaded = mlflow.pyfunc.load_model(model)
    frame = pd.read_csv(rows).astype(object)
    placed = (frame["status"] == "Placed").astype(int)
    result = mlflow.models.evaluate(
        lambda cells: loaded.predict(cells)["placement_prediction"],
        frame.assign(placed=placed),
        targets="placed",
        model_type="classifier",
    )
    right = loaded.predict(frame)["placement_prediction"] == placed
    return [float(result.metrics["accuracy_score"])], [float(right.mean())]


def search(metric: str) -> Pair:
    """The metric of the logged models that are found by it, and that of their runs."""
    ids = [mlflow.get_experiment_by_name("placement").experiment_id]
    models = mlflow.search_logged_models(ids, f"metrics.`{metric}` > 0", output_format="list")
    runs = [mlflow.get_run(model.source_run_id) for model in models]
    found = [item.value for model in models for item in model.metrics if item.key == metric]
    return found, [run.data.metrics[metric] for run in runs] or [0.0]


def copy_version(model: str, name: str) -> str:
    """Copy a version to another registered model of the same store; return its URI."""
    return f"models:/{name}/{mlflow.MlflowClient().copy_model_version(model, name).version}"


def download(model: str, folder: str) -> str:
    return str(mlflow.artifacts.download_artifacts(model, dst_path=folder))


def upload(folder: str) -> None:
    """Make the model of a folder the champion of this store."""
    with mlflow.start_run() as run:
        mlflow.log_artifacts(folder, "model")
    version = mlflow.register_model(f"runs:/{run.info.run_id}/model", "placement").version
    mlflow.MlflowClient().set_registered_model_alias("placement", "champion", version)


def delete_run(run_id: str) -> list[str]:
    """Delete a run and the models that it logged; return the ids of these."""
    client = mlflow.MlflowClient()
    models = [output.model_id for output in client.get_run(run_id).outputs.model_outputs]
    client.delete_run(run_id)
    for model_id in models:
        client.delete_logged_model(model_id)
    return models


def spark(model: str, rows: str, key: str = "register_no", partitions: int = 2) -> Records:
    """Ask the model of a Spark data frame in partitions, its columns typed by Spark.

    The answers come in the order of a column, the key.
    """
    from pyspark.sql import SparkSession
    from pyspark.sql.functions import struct

    here = {"spark.driver.host": "127.0.0.1", "spark.ui.enabled": "false"}
    session = SparkSession.builder.master("local[2]").config(map=here).getOrCreate()
    frame = session.read.csv(rows, header=True, inferSchema=True)
    ask = mlflow.pyfunc.spark_udf(session, model, env_manager="local")
    answered = frame.repartition(partitions).select(key, ask(struct(*frame.columns)))
    answers = [answer.asDict() for _, answer in sorted(answered.collect())]
    session.stop()
    return answers


def pipeline(data: str) -> Pair:
    """A pipeline, and the classifier alone on what the steps before it made."""
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    X, y = _samples(data)
    encoder = OneHotEncoder(drop="first", sparse_output=False)
    steps = make_column_transformer((encoder, ["branch"]), remainder=StandardScaler())
    encoded = steps.fit_transform(X)
    answers = make_pipeline(steps, _classifier()).fit(X, y).predict_proba(X)
    return _pair(answers, _classifier().fit(encoded, y).predict_proba(encoded))


def grid_search(data: str) -> Pair:
    """A grid search, and the classifier with the penalty that it chose."""
    from sklearn.model_selection import GridSearchCV

    X, y = _samples(data)
    search = GridSearchCV(_classifier(), {"l2": [0.1, 1.0, 10.0]}, cv=3).fit(X, y)
    alone = _classifier(**search.best_params_).fit(X, y)
    return _pair(search.predict_proba(X), alone.predict_proba(X))


def calibrated(data: str) -> Pair:
    """A calibrated classifier, and its sigmoid of the classifier's own log-odds."""
    from scipy.special import expit
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator

    X, y = _samples(data)
    alone = _classifier().fit(X, y)
    fitted = CalibratedClassifierCV(FrozenEstimator(alone)).fit(X, y)
    sigmoid = fitted.calibrated_classifiers_[0].calibrators[0]
    expected = expit(-(sigmoid.a_ * alone.decision_function(X) + sigmoid.b_))
    return _pair(fitted.predict_proba(X)[:, 1], expected)


def skops(data: str) -> Pair:
    """A classifier before skops stored it and after."""
    from skops.io import dumps, loads

    X, y = _samples(data)
    fitted = _classifier().fit(X, y)
    again = loads(dumps(fitted), trusted=TRUSTED)
    return _pair(again.predict_proba(X), fitted.predict_proba(X))


def mlflow_sklearn(data: str) -> Pair:
    """A classifier before `mlflow.sklearn` stored it, in its default format, and after."""
    X, y = _samples(data)
    fitted = _classifier().fit(X, y)
    logged = mlflow.sklearn.log_model(fitted, name="model", skops_trusted_types=TRUSTED)
    again = mlflow.sklearn.load_model(logged.model_uri)
    return _pair(again.predict_proba(X), fitted.predict_proba(X))


def _classifier(**parameters: Any) -> Any:
    from placement import PlacementClassifier

    return PlacementClassifier(**parameters)


def _samples(data: str) -> tuple[Any, Any]:
    names = ["branch", "tenth", "cgpa", "active_backlogs", "internships", "projects"]
    frame = pd.read_csv(data)[[*names, "status"]].dropna()
    return frame[names], frame["status"]


def _pair(given: Any, expected: Any) -> Pair:
    return given.ravel().tolist(), expected.ravel().tolist()


if __name__ == "__main__":
    function, arguments, out = sys.argv[1:]
    answer = globals()[function](**json.loads(arguments))
    Path(out).write_text(json.dumps(answer), encoding="utf-8")

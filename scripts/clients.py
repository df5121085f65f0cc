"""Try a trained model with the programs that other people use, and say which of them work.

    python scripts/clients.py [CLIENT...] [--quick] [--venvs DIR] [--write FILE]

What a client answers must be what `placement predict` says, to the last bit. Clients run in
environments of their own, in which this package is not: below $XDG_CACHE_HOME/placement-clients or
in DIR, made by pip once (minutes, 3 GB). With `--quick` they run in this environment, and those for
which something is not in it are left out.
"""

import argparse
import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from importlib import metadata
from pathlib import Path
from typing import Any

from client_servers import Missing, Wrong, environment, json_bodies, post, postgresql, running
from service_clients import SERVICE_CLIENTS

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data" / "students.csv"
CODE = Path(__file__).with_name("client_code.py")
RESULTS = ROOT / "docs" / "clients.json"
ROWS = 120  # of the data, all with an outcome, some with a cell missing
PLAIN = ("mlflow", "numpy", "pandas", "safetensors")
VENVS = {
    "placement": (),  # this one
    "plain": PLAIN,
    "spark": (*PLAIN, "pyspark"),
    "server": ("mlflow", "Flask-WTF", "psycopg", "psycopg-binary"),
    "triton": ("tritonclient[http]",),
    "kserve": ("kserve",),
}
UNPINNED = {"triton", "kserve"}  # they want older versions of what we have
METRIC = "test/roc_auc"
CHAMPION = "models:/placement@champion"
PASSWORD = "a long password of a trial"  # noqa: S105
Records = Sequence[Mapping[str, Any]]
Check = Callable[["Trial"], str]


@dataclass(frozen=True)
class Result:
    """What came of one client; `works` is yes, no or not tried, and `reason` says why."""

    client: str
    version: str
    works: str
    how: str
    reason: str = ""
    date: str = field(default_factory=lambda: dt.datetime.now(dt.UTC).date().isoformat())


@dataclass(frozen=True)
class Trial:
    """Where clients are tried; the model and what `placement predict` says are made once."""

    folder: Path
    venvs: Path | None  # None: all run in this environment

    @cached_property
    def store(self) -> str:
        """The URI of a store with one training, the champion."""
        uri = f"sqlite:///{self.folder}/mlruns/mlflow.db"
        self.placement("train", DATA, store=uri)
        return uri

    @cached_property
    def rows(self) -> Path:
        """A file of students."""
        lines = DATA.read_text(encoding="utf-8").splitlines(keepends=True)[: ROWS + 1]
        path = self.folder / "rows.csv"
        path.write_text("".join(lines), encoding="utf-8")
        return path

    @cached_property
    def expected(self) -> list[tuple[float, int]]:
        """Probability and prediction of each of the rows."""
        return self.predicted(CHAMPION, store=self.store)

    def predicted(self, model: str, **there: str) -> list[tuple[float, int]]:
        """Return what `placement predict` says of the rows."""
        said = self.placement("predict", self.rows, "--model", model, "--json", **there)
        return [(row["probability"], row["prediction"]) for row in json.loads(said)]

    def check(self, answers: Records) -> None:
        """Raise Wrong where a probability or prediction is another."""
        columns = ("placement_probability", "placement_prediction")
        given = [tuple(answer[name] for name in columns) for answer in answers]
        if given != self.expected:
            pairs = zip(given, self.expected, strict=False)
            unequal = sum(ours != theirs for ours, theirs in pairs)
            raise Wrong(f"{unequal} of {len(self.expected)} answers differ, {len(given)} came")

    def python(self, venv: str) -> str:
        """Return the interpreter of an environment, which is made where it is not there."""
        if venv == "placement" or self.venvs is None:
            if lacking := [name for name in VENVS[venv] if not _is_installed(name)]:
                raise Missing(f"{lacking[0]}, which is not in this environment")
            return sys.executable
        folder = self.venvs / venv
        python, complete = folder / "bin" / "python", folder / "complete"
        if not complete.exists():
            run(sys.executable, "-m", "venv", "--clear", folder)
            pip = (python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
            pins = () if venv in UNPINNED else ("-c", ROOT / "constraints.txt")
            run(*pip, *pins, *VENVS[venv])
            complete.touch()
        return str(python)

    def version(self, venv: str, package: str) -> str:
        """Return the version of a package in an environment."""
        code = f"import importlib.metadata; print(importlib.metadata.version({package!r}))"
        return f"{package} {run(self.python(venv), '-c', code).strip()}"

    def placement(self, *words: str | Path, store: str, **variables: str) -> str:
        """Run this project's command; return its standard output."""
        there = {"PYTHONPATH": str(ROOT), "MLFLOW_TRACKING_URI": store, **variables}
        return run(sys.executable, "-m", "placement", *words, cwd=self.folder, **there)

    def ask(
        self, venv: str, function: str, store: str = "", code: Path = CODE, **arguments: Any
    ) -> Any:
        """Return what a function of client_code.py, or of another file, does in an environment."""
        there = {"MLFLOW_TRACKING_URI": store or self.store}
        if venv == "placement":
            there["PYTHONPATH"] = str(ROOT)
        out, words = self.folder / "answer.json", json.dumps(arguments, default=str)
        run(self.python(venv), code, function, words, out, cwd=self.folder, **there)
        return json.loads(out.read_text(encoding="utf-8"))


def run(*command: str | Path, cwd: Path | None = None, **variables: str) -> str:
    """Run a command; return its standard output, or raise Wrong with what it said."""
    words = [str(word) for word in command]
    own = environment(command[0], **variables)
    done = subprocess.run(words, cwd=cwd, env=own, capture_output=True, text=True, check=False)
    if done.returncode:
        last = " ".join((done.stderr or done.stdout).strip().splitlines()[-2:])[-300:]
        raise Wrong(f"{' '.join(words[1:4])}: exit {done.returncode}: {last}")
    return done.stdout


def _is_installed(package: str) -> bool:
    try:
        return bool(metadata.version(package.partition("[")[0]))
    except metadata.PackageNotFoundError:
        return False


def models_serve(trial: Trial) -> str:
    """Each of the forms that it takes is answered, and a threshold is heeded."""
    model = ("-m", CHAMPION, "--env-manager", "local")
    command = (trial.python("plain"), "-m", "mlflow", "models", "serve", *model)
    bodies = json_bodies(trial.rows)
    strict = {**json.loads(bodies["dataframe_split"]), "params": {"threshold": 0.9}}
    store = {"MLFLOW_TRACKING_URI": trial.store}
    with running(*command, health="/ping", folder=trial.folder, **store) as server:
        for form, body in bodies.items():
            trial.check(post(server, form, body)["predictions"])
        trial.check(post(server, "CSV", trial.rows.read_bytes())["predictions"])
        strict = post(server, "params", json.dumps(strict).encode())
    chosen = [answer["placement_prediction"] for answer in strict["predictions"]]
    if chosen != [int(probability >= 0.9) for probability, _ in trial.expected]:
        raise Wrong("the threshold among the params is not heeded")
    return trial.version("plain", "mlflow")


def models_predict(trial: Trial) -> str:
    """A CSV goes in."""
    out = trial.folder / "predicted.json"
    model = ("-m", CHAMPION, "--env-manager", "local", "-t", "csv", "-i", trial.rows, "-o", out)
    command = (trial.python("plain"), "-m", "mlflow", "models", "predict")
    run(*command, *model, MLFLOW_TRACKING_URI=trial.store)
    trial.check(json.loads(out.read_text(encoding="utf-8"))["predictions"])
    return trial.version("plain", "mlflow")


def load_model(trial: Trial) -> str:
    """This package is not there."""
    if trial.venvs and trial.ask("plain", "has_placement"):
        raise Wrong("placement can be imported there")
    trial.check(trial.ask("plain", "load_model", model=CHAMPION, rows=trial.rows))
    return trial.version("plain", "mlflow")


def evaluate(trial: Trial) -> str:
    """It counts as many right predictions as there are."""
    check = same("plain", "evaluate", "mlflow", model=CHAMPION, rows=trial.rows)
    return check(trial)


def copy(trial: Trial) -> str:
    """Copies answer alike, to plain MLflow and to this package."""
    copied = trial.ask("plain", "copy_version", model=CHAMPION, name="production")
    trial.check(trial.ask("plain", "load_model", model=copied, rows=trial.rows))
    folder = trial.ask("plain", "download", model=CHAMPION, folder=trial.folder / "model")
    other = f"sqlite:///{trial.folder}/other.db"
    trial.ask("plain", "upload", store=other, folder=folder)
    trial.check(trial.ask("plain", "load_model", store=other, model=CHAMPION, rows=trial.rows))
    if trial.predicted("champion", store=other) != trial.expected:
        raise Wrong("placement predict says something else in the other store")
    return trial.version("plain", "mlflow")


def gc(trial: Trial) -> str:
    """Nothing is left of a run and its model, and the other run is as it was."""
    home = trial.folder / "gc"
    store = f"sqlite:///{home}/mlflow.db"
    trainings = (trial.placement("train", DATA, "--promote", "--json", store=store) for _ in "12")
    first, second = (json.loads(said)["run_id"] for said in trainings)
    models = trial.ask("plain", "delete_run", store=store, run_id=first)
    uris = ("--backend-store-uri", store, "--tracking-uri", store)
    run(trial.python("plain"), "-m", "mlflow", "gc", *uris)
    files = [f"{path.relative_to(home)}" for path in home.rglob("*") if path.is_file()]
    if left := [file for file in files if any(gone in file for gone in (first, *models))]:
        raise Wrong(f"left: {left[0]}")
    runs = json.loads(trial.placement("runs", "--json", store=store))
    same = trial.predicted("champion", store=store) == trial.expected
    if [one["run_id"] for one in runs] != [second] or not same:
        raise Wrong("the other run is not what it was")
    return trial.version("plain", "mlflow")


def spark(trial: Trial) -> str:
    """Each partition is scored by a process of its own."""
    if shutil.which("java") is None:
        raise Missing("Java (on Debian: apt-get install openjdk-17-jre-headless)")
    trial.check(trial.ask("spark", "spark", model=CHAMPION, rows=trial.rows))
    return f"{trial.version('spark', 'pyspark')}, Java {run('java', '--version').split()[1]}"


def server_sqlite(trial: Trial) -> str:
    """Records are a file of its own, artifacts go through it."""
    _use_server(trial, "plain", f"sqlite:///{trial.folder}/server.db")
    return trial.version("plain", "mlflow")


def server_postgresql(trial: Trial) -> str:
    """Records are in a PostgreSQL that is started for it."""
    trial.python("server")
    with postgresql() as (uri, version):
        _use_server(trial, "server", uri)
    return f"{trial.version('server', 'mlflow')}, PostgreSQL {version}"


def server_basic_auth(trial: Trial) -> str:
    """Who has no password is refused."""
    settings = trial.folder / "auth.ini"
    settings.write_text(
        "[mlflow]\ndefault_permission = READ\nadmin_username = admin\n"
        f"database_uri = sqlite:///{trial.folder}/users.db\n"
        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n",
        encoding="utf-8",
    )
    secrets = {"MLFLOW_AUTH_ADMIN_PASSWORD": PASSWORD, "MLFLOW_FLASK_SERVER_SECRET_KEY": PASSWORD}
    login = {"MLFLOW_TRACKING_USERNAME": "admin", "MLFLOW_TRACKING_PASSWORD": PASSWORD}
    _use_server(
        trial, "server", f"sqlite:///{trial.folder}/guarded.db", "--app-name", "basic-auth",
        variables={"MLFLOW_AUTH_CONFIG_PATH": str(settings), **secrets}, login=login,
    )  # fmt: skip
    return trial.version("server", "mlflow")


def _use_server(
    trial: Trial, venv: str, uri: str, *options: str,
    variables: Mapping[str, str] | None = None, login: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """Train on a server, predict by alias, list the runs, promote."""
    folder = Path(tempfile.mkdtemp(dir=trial.folder))
    artifacts = ("--artifacts-destination", str(folder / "artifacts"))
    server = (trial.python(venv), "-m", "mlflow", "server", "--workers", "1", *artifacts)
    words = (*server, "--backend-store-uri", uri, *options)
    with running(*words, health="/health", folder=folder, **(variables or {})) as address:
        there = {"store": address, **(login or {})}
        first = json.loads(trial.placement("train", DATA, "--json", **there))
        if trial.predicted("champion", **there) != trial.expected:
            raise Wrong("the champion answers otherwise than elsewhere")
        second = json.loads(trial.placement("train", DATA, "--l2", "9", "--json", **there))
        runs = json.loads(trial.placement("runs", "--json", **there))
        if {one["run_id"] for one in runs} != {first["run_id"], second["run_id"]}:
            raise Wrong(f"{len(runs)} runs are listed")
        challenger = trial.predicted("challenger", **there)
        trial.placement("promote", "challenger", "--force", "a trial", **there)
        if trial.predicted(CHAMPION, **there) != challenger or challenger == trial.expected:
            raise Wrong("the challenger did not become champion")


def same(venv: str, function: str, package: str, **arguments: Any) -> Check:
    """Return the check that the two lists that a function of client_code.py returns are equal."""

    def check(trial: Trial) -> str:
        given, expected = trial.ask(venv, function, **arguments)
        if given != expected:
            raise Wrong(f"{given} is not {expected}"[:200])
        return trial.version(venv, package)

    return check


LOCAL = f"-m {CHAMPION} --env-manager local"
SERVER = "mlflow server --backend-store-uri"
TRUSTED = "['placement.estimator.PlacementClassifier']"
SKLEARN = partial(same, "placement", package="scikit-learn", data=DATA)
# Each by its name, with how it is used.
CLIENTS: dict[str, tuple[str, Check]] = {
    "MLflow's scoring server": (f"mlflow models serve {LOCAL}", models_serve),
    "MLflow's batch scoring": (f"mlflow models predict {LOCAL} -t csv -i FILE", models_predict),
    "MLflow in Python": (f"mlflow.pyfunc.load_model('{CHAMPION}').predict(frame)", load_model),
    "MLflow's evaluation": (
        "mlflow.models.evaluate(lambda rows: model.predict(rows)['placement_prediction'], …)",
        evaluate,
    ),
    "MLflow's search of models": (
        f"mlflow.search_logged_models(filter_string='metrics.`{METRIC}` > 0.8')",
        same("plain", "search", "mlflow", metric=METRIC),
    ),
    "a copy in another store": (
        "copy_model_version(…); download_artifacts(…), log_artifacts(…), register_model(…)",
        copy,
    ),
    "MLflow's clearing": ("mlflow runs delete --run-id …; mlflow gc --backend-store-uri …", gc),
    "Spark": (f"mlflow.pyfunc.spark_udf(spark, '{CHAMPION}')(struct(*frame.columns))", spark),
    "MLflow server, SQLite": (f"{SERVER} sqlite:///FILE", server_sqlite),
    "MLflow server, PostgreSQL": (f"{SERVER} postgresql://…", server_postgresql),
    "MLflow server, passwords": (
        "mlflow server --app-name basic-auth; MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD",
        server_basic_auth,
    ),
    "Pipeline": ("make_pipeline(…, PlacementClassifier())", SKLEARN("pipeline")),
    "GridSearchCV": (
        "GridSearchCV(PlacementClassifier(), {'l2': [0.1, 1, 10]})",
        SKLEARN("grid_search"),
    ),
    "CalibratedClassifierCV": (
        "CalibratedClassifierCV(PlacementClassifier())",
        SKLEARN("calibrated"),
    ),
    "skops": (
        f"skops.io.load(FILE, trusted={TRUSTED})",
        same("placement", "skops", "skops", data=DATA),
    ),
    "mlflow.sklearn": (
        f"mlflow.sklearn.log_model(classifier, name='model', skops_trusted_types={TRUSTED})",
        same("placement", "mlflow_sklearn", "mlflow", data=DATA),
    ),
    **SERVICE_CLIENTS,
}


def tried(trial: Trial, name: str) -> Result:
    """Try a client."""
    how, check = CLIENTS[name]
    try:
        return Result(name, check(trial), "yes", how)
    except Missing as missing:
        return Result(name, "", "not tried", how, f"it needs {missing}")
    except Wrong as wrong:
        return Result(name, "", "no", how, f"{wrong}")


def write(result: Result, path: Path) -> None:
    """Write a result into a JSON document, in place of the former one of the same client."""
    former = json.loads(path.read_text(encoding="utf-8"))["results"] if path.exists() else []
    rows = {row["client"]: row for row in (*former, asdict(result))}
    document = {"format": 1, "results": [rows[name] for name in CLIENTS if name in rows]}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def show(path: Path = RESULTS) -> None:
    """Print the table of docs/clients.md."""
    print("| client | version | works | how |\n|---|---|---|---|")
    for row in json.loads(path.read_text(encoding="utf-8"))["results"]:
        works = f"{row['works']}: {row['reason']}" if row["reason"] else row["works"]
        print(f"| {row['client']} | {row['version']} | {works}, {row['date']} | `{row['how']}` |")


def main(words: Sequence[str] | None = None) -> int:
    """Try the clients that were asked for; return 1 where one does not work."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("clients", nargs="*", metavar="CLIENT", help="a part of its name")
    parser.add_argument("--quick", action="store_true", help="in this environment alone")
    parser.add_argument("--venvs", type=Path, metavar="DIR", default=cache / "placement-clients")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the results as JSON")
    asked = parser.parse_args(words)
    parts = [part.casefold() for part in asked.clients or [""]]
    names = [name for name in CLIENTS if any(part in name.casefold() for part in parts)]
    if not names or (asked.quick and asked.write):
        parser.error(
            "--quick shows too little to be written"
            if names
            else f"no such client: {', '.join(CLIENTS)}"
        )
    results = []
    with tempfile.TemporaryDirectory(prefix="clients-") as folder:
        trial = Trial(Path(folder), None if asked.quick else asked.venvs.absolute())
        for name in names:
            found = tried(trial, name)
            print(f"{name:40} {found.works:9} {found.version}{found.reason}", flush=True)
            results.append(found.works)
            if asked.write:
                write(found, asked.write)
    return int("no" in results)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers are stopped then too
    sys.exit(main())

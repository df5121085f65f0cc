"""Start trainings at once on one store of PostgreSQL; see what each says, and what is there then.

    python scripts/many_trainings.py [--trainings 16] [--quick]

The store is that of department_store.sh: PostgreSQL, and before it an MLflow server that keeps the
files. Every fourth training is to be champion whoever is (--promote). In the end all runs must be
FINISHED, with a version each and in it the model of that very run; and what the trainings said of
themselves, in the order of their versions, must come to the aliases that the registry has.
With `--quick` three trainings write to the database itself, without a server.

Exit 1 where anything of this fails; each is printed.
"""

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import make_large
from client_servers import environment, postgresql, running

import placement

ROOT = Path(__file__).resolve().parent.parent
STORE = Path(__file__).with_name("department_store.sh")
NAME = "placement"
ROWS = 2000
_SAID = re.compile(rf"Model {NAME}/(\d+) is (now )?(champion|challenger)")


@dataclass(frozen=True)
class Said:
    """What a training said of its model; its penalty tells its model from the others'."""

    version: int
    champion: bool
    promote: bool
    l2: float


def train_at_once(uri: str, trainings: int, folder: Path) -> tuple[list[Said], list[str]]:
    """Start trainings and wait for all of them; return what they said, and what went wrong."""
    table = folder / "table.csv"
    make_large.write(table, ROWS)
    files = {"MLFLOW_DEFAULT_ARTIFACT_ROOT": (folder / "artifacts").as_uri()}
    own = environment(
        sys.executable, PYTHONPATH=str(ROOT), COLUMNS="200", MLFLOW_TRACKING_URI=uri, **files
    )
    train = [sys.executable, "-m", "placement", "train", str(table)]
    asked = [(number % 4 == 3, 1.0 + number) for number in range(trainings)]
    processes = [
        subprocess.Popen(
            [*train, "--l2", str(l2), *(["--promote"] if promote else [])],
            cwd=folder, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for promote, l2 in asked
    ]  # fmt: skip
    said, faults = [], []
    for (promote, l2), process in zip(asked, processes, strict=True):
        out, err = process.communicate()
        if process.returncode or (found := _SAID.search(out)) is None:
            faults.append(f"--l2 {l2}: exit {process.returncode}: {(err or out).strip()[-300:]}")
            continue
        said.append(Said(int(found[1]), found[3] == "champion", promote, l2))
    return sorted(said, key=lambda one: one.version), faults


def untrue(said: Sequence[Said], aliases: Mapping[str, int]) -> Iterator[str]:
    """Yield where the order of the versions and the aliases contradict what was said."""
    expected: dict[str, int] = {}
    for one in said:
        former = expected.get("champion")
        if one.champion != (one.promote or former is None):
            yield f"version {one.version} says champion: {one.champion}, and {former} was"
        if one.champion and former is not None:
            expected["previous"] = former
        expected["champion" if one.champion else "challenger"] = one.version
    if expected != aliases:
        yield f"they said {expected}, the registry has {dict(aliases)}"


def overwritten(said: Sequence[Said], uri: str) -> Iterator[str]:
    """Yield which runs are not FINISHED, and which versions are not those of their own run."""
    from mlflow import MlflowClient

    client = MlflowClient(uri, uri)
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    runs = {run.info.run_id: run for run in client.search_runs(ids)}
    versions = {int(one.version): one for one in client.search_model_versions(f"name='{NAME}'")}
    if len(runs) != len(said) or sorted(versions) != [one.version for one in said]:
        yield f"{len(said)} trainings, {len(runs)} runs, versions {sorted(versions)}"
        return
    ended = {id_: run.info.status for id_, run in runs.items()}
    yield from (f"run {id_} is {status}" for id_, status in ended.items() if status != "FINISHED")
    for one in said:
        logged = float(runs[versions[one.version].run_id].data.params["l2"])
        kept = placement.load(f"models:/{NAME}/{one.version}").config["l2"]
        if not one.l2 == logged == kept:
            yield f"version {one.version}: --l2 {one.l2}, its run has {logged}, its model {kept}"


def check(uri: str, trainings: int, folder: Path) -> int:
    """Train, look at what is there, print what is wrong; return how much that is."""
    from mlflow import MlflowClient

    os.environ["MLFLOW_TRACKING_URI"] = uri
    start = time.monotonic()
    said, faults = train_at_once(uri, trainings, folder)
    seconds = time.monotonic() - start
    if said:
        found = MlflowClient(uri, uri).get_registered_model(NAME).aliases
        faults += untrue(said, {alias: int(version) for alias, version in found.items()})
        faults += overwritten(said, uri)
    champions = ", ".join(str(one.version) for one in said if one.champion)
    print(f"{len(said)} of {trainings} trained in {seconds:.0f} s; said champion: {champions}")
    print(*faults, f"{len(faults)} faults", sep="\n")
    return len(faults)


@contextlib.contextmanager
def store(folder: Path, *, server: bool) -> Iterator[str]:
    """Run a store until the end of the block; yield its URI."""
    if server:
        with running(str(STORE), str(folder / "store"), health="/health", folder=folder) as uri:
            yield uri
    else:
        with postgresql() as (uri, _):
            yield uri


def main(words: Sequence[str] | None = None) -> int:
    """Start a store and try it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trainings", type=int)
    parser.add_argument("--quick", action="store_true", help="three, without a server")
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="many-trainings-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o711)  # PostgreSQL's user, who is another one for root, must get in
        with store(folder, server=not asked.quick) as uri:
            return int(check(uri, asked.trainings or (3 if asked.quick else 16), folder) > 0)


if __name__ == "__main__":
    sys.exit(main())

"""Kill commands at random moments, and see that nothing is lost and nothing is left.

    python scripts/kill_commands.py [--moments 104] [--seed 0] [--only predict,tune]

`train` is killed while it records on an MLflow server, or that server is; `predict --out`, `tune`
and `report` beside a database. SIGKILL meets the command alone, or with all that it started. What
stood at an output before must then stand there still, or the new one whole. After every second kill
the next such command must succeed, and leave no hidden or temporary file, no run RUNNING, and every
model whole.

Exit 1 where anything was lost or left; each is printed.
"""

import argparse
import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from placement.errors import PlacementError
from placement.model.bundle import open_bundle

ROOT = Path(__file__).resolve().parent.parent
OLD = b"this stood here before\n"
MOST_FAULTS = 20
PATIENCE = 600.0  # seconds that a command may take, on a busy machine
# Of so many moments each; a prediction is quick, and written in pieces.
SHARES = {"predict": 5, "train": 3, "tune": 1, "report": 1}


@dataclass
class World:
    """A folder with a sheet, a store, a server and a folder for temporary files."""

    folder: Path
    random: random.Random
    faults: list[str] = field(default_factory=list)
    server: subprocess.Popen[bytes] | None = None

    @property
    def scratch(self) -> Path:
        """Where temporary files go."""
        return self.folder / "tmp"

    def environment(self, uri: str | None) -> dict[str, str]:
        """The environment of a command that records at `uri`, None for the folder's database."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "PLACEMENT_"))}
        kept |= {"TMPDIR": str(self.scratch), "XDG_CACHE_HOME": str(self.folder / "cache")}
        kept |= {"PYTHONPATH": str(ROOT), "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
        return kept | ({} if uri is None else {"MLFLOW_TRACKING_URI": uri})

    def start(self, words: list[str], uri: str | None = None) -> subprocess.Popen[bytes]:
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "placement", *words],
            cwd=self.folder,
            env=self.environment(uri),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def finish(self, words: list[str], uri: str | None = None) -> None:
        """Run a command to its end; it must succeed."""
        process = self.start(words, uri)
        error = process.communicate(timeout=PATIENCE)[1].decode()
        if process.returncode:
            self.faults.append(f"{words[0]} afterwards: exit {process.returncode}: {error.strip()}")


@dataclass(frozen=True)
class Command:
    """A command, the files it writes, and how to see that one of them is whole.

    `records`: it makes a run, in the folder's database or, with `uses_server`, on the server.
    """

    words: list[str]
    outputs: dict[str, Callable[[Path], bool]]
    records: bool = False
    uses_server: bool = False


def is_page(path: Path) -> bool:
    """Whether a report was written to its end."""
    text = path.read_text(encoding="utf-8")
    return text.rstrip().endswith("</html>") if path.suffix == ".html" else len(text) > 1_000


def is_bundle(path: Path) -> bool:
    """Whether a model is whole."""
    try:
        open_bundle(path)
    except PlacementError:
        return False
    return True


def has_every_row(path: Path) -> bool:
    """Whether a prediction has as many lines as its sheet."""
    lines = path.read_bytes().splitlines()
    return len(lines) == len((path.parent / "students.csv").read_bytes().splitlines())


COMMANDS = {
    "predict": Command(
        [
            "predict",
            "students.csv",
            "--model",
            "seed",
            "--out",
            "scored.csv",
            "--accept-doubts",
            "-q",
        ],
        {"scored.csv": has_every_row},
    ),
    "report": Command(
        ["report", "--out", "report.html", "-q"],
        {"report.html": is_page, "MODEL_CARD.md": is_page},
    ),
    "tune": Command(
        ["tune", "small.csv", "--folds", "2", "--repeats", "1", "-q"], {}, records=True
    ),
    "train": Command(
        ["train", "small.csv", "--sensitive", "", "--out", "model", "-q"],
        {"model": is_bundle},
        records=True,
        uses_server=True,
    ),
}


@contextlib.contextmanager
def server_of(world: World, port: int) -> Iterator[str]:
    """Run an MLflow server until the block ends, also when it is killed in between."""
    uri = f"http://127.0.0.1:{port}"
    try:
        start_server(world, uri)
        yield uri
    finally:
        kill(world.server)


def start_server(world: World, uri: str) -> None:
    """Start the server, and wait until it answers."""
    home = world.folder / "server"
    home.mkdir(exist_ok=True)
    (home / "tmp").mkdir(exist_ok=True)
    world.server = subprocess.Popen(
        [
            *(sys.executable, "-m", "mlflow", "server", "--workers", "1"),
            *("--backend-store-uri", f"sqlite:///{home}/mlflow.db"),
            *("--artifacts-destination", str(home / "artifacts")),
            *("--host", "127.0.0.1", "--port", uri.rpartition(":")[2]),
        ],
        cwd=home,
        env=world.environment(None)
        | {"TMPDIR": str(home / "tmp"), "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{uri}/health", timeout=5):
            return
        time.sleep(0.2)
    raise TimeoutError("the MLflow server does not start")


def family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Return what a process has started, and what these have."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(process.pid).children(recursive=True)
    return []


def kill(process: subprocess.Popen[bytes] | None, *, alone: bool = False) -> None:
    """Kill a process, and all that it started unless it is to die `alone`."""
    if process is None:
        return
    others = [] if alone else family(process)
    process.kill()
    for other in others:
        with contextlib.suppress(psutil.NoSuchProcess):
            other.kill()
    process.wait()
    psutil.wait_procs(others)


def attack(world: World, name: str, moment: float, uri: str | None) -> bool:
    """Kill one command after so many seconds; return whether it was still running."""
    command = COMMANDS[name]
    before = {output: prepare(world, output) for output in command.outputs}
    victims = ["command", "all"] + (["server"] if command.uses_server else [])
    victim = world.random.choice(victims)
    process = world.start(command.words, uri)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(moment)
    is_running, started = process.poll() is None, family(process)
    if victim == "server" and uri is not None:
        kill(world.server)
        error = process.communicate(timeout=PATIENCE)[1].decode()
        if process.returncode not in (0, 6):
            world.faults.append(f"{name}, no server: exit {process.returncode}: {error.strip()}")
        if "saved in " in error and not is_bundle(world.folder / "model"):
            world.faults.append(f"{name}, no server: the model is lost: {error.strip()}")
        start_server(world, uri)
    else:
        kill(process, alone=victim == "command")
    if process.stderr is not None:
        process.stderr.close()
    # What keeps the records sees that it is alone, ends the run, and goes.
    for stayed in psutil.wait_procs(started, timeout=PATIENCE)[1]:
        world.faults.append(f"{name}: a process it started runs on: {stayed.cmdline()}")
    where = f"{name} ({victim} killed after {moment:.2f} s)"
    world.faults += [f"{where}: {fault}" for fault in damage(world, command, before)]
    return is_running


def go_on(world: World, name: str, uri: str | None) -> None:
    """Run the next command, and see what is left."""
    world.finish(COMMANDS[name].words, uri)
    world.faults += [f"{name}: {fault}" for fault in left(world, COMMANDS[name], uri)]


def prepare(world: World, output: str) -> bool:
    """Have something stand at an output, or nothing; say which."""
    path = world.folder / output
    is_there = world.random.random() < 0.5
    if output == "model":
        shutil.rmtree(path, ignore_errors=True)
        if is_there:
            shutil.copytree(world.folder / "seed", path)
    else:
        path.unlink(missing_ok=True)
        if is_there:
            path.write_bytes(OLD)
    return is_there


def damage(world: World, command: Command, before: dict[str, bool]) -> Iterator[str]:
    """Yield what a kill has spoilt: an output must be as it was, or new and whole."""
    for output, is_whole in command.outputs.items():
        path = world.folder / output
        if not path.exists():
            if before[output]:
                yield f"{output} is gone"
        elif not (path.is_file() and path.read_bytes() == OLD) and not is_whole(path):
            yield f"{output} is half written"


def left(world: World, command: Command, uri: str | None) -> Iterator[str]:
    """Yield what is left after the next command: files, runs that never end, broken models."""
    for output, is_whole in command.outputs.items():
        path = world.folder / output
        if not (path.exists() and is_whole(path)):
            yield f"{output} is not written by the next command"
    names = [path.name for path in world.folder.iterdir()]
    hidden = [name for name in names if name.startswith((".", "unrecorded-"))]
    hidden += [path.name for path in world.scratch.iterdir()]
    hidden += [path.name for path in (world.folder / "mlruns").glob("*.new*")]
    if hidden:
        yield f"left behind: {', '.join(hidden)}"
    if command.records:
        yield from records(uri or f"sqlite:///{world.folder}/mlruns/mlflow.db")


def records(uri: str) -> Iterator[str]:
    """Yield which runs go on for ever, and which registered models are not whole."""
    import mlflow

    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    client = mlflow.MlflowClient()
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    for run in client.search_runs(ids, "attributes.status = 'RUNNING'"):
        yield f"the run {run.info.run_id} ({run.info.run_name}) is RUNNING"
    for version in client.search_model_versions("name = 'placement'")[:2]:  # the newest
        model = f"models:/placement/{version.version}"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(mlflow.artifacts.download_artifacts(model, dst_path=folder))
            if not any(is_bundle(found.parent) for found in path.rglob("fitted.json")):
                yield f"{model} is not whole"


def prepared_world(folder: Path, seed: int) -> World:
    """Make a folder in which every command has what it needs."""
    world = World(folder, random.Random(seed))  # noqa: S311
    world.scratch.mkdir()
    lines = (ROOT / "data" / "students.csv").read_bytes().splitlines(keepends=True)
    (folder / "students.csv").write_bytes(b"".join(lines))
    (folder / "small.csv").write_bytes(b"".join(lines[:241]))
    world.finish(["train", "small.csv", "--out", "seed", "-q", "--sensitive", ""])
    return world


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(words: list[str] | None = None) -> int:
    """Attack, print what was lost or left, and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--moments", type=int, default=104)
    parser.add_argument("--every", type=int, default=2, help="kills before the next command")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default=",".join(SHARES), help="commands, by comma")
    options = parser.parse_args(words)
    names = options.only.split(",")
    order = [name for name in names for _ in range(SHARES[name])]
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        world = prepared_world(folder, options.seed)
        uri = None
        if any(COMMANDS[name].uses_server for name in names):
            uri = stack.enter_context(server_of(world, free_port()))
        killed, attacks = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
        longest = dict.fromkeys(names, 0.0)
        for name in names:
            started = time.monotonic()
            world.finish(COMMANDS[name].words, uri if COMMANDS[name].uses_server else None)
            longest[name] = time.monotonic() - started
        shown = 0
        while sum(killed.values()) < options.moments and shown <= MOST_FAULTS:
            name = order[sum(killed.values()) % len(order)]
            moment = world.random.uniform(0, longest[name])
            where = uri if COMMANDS[name].uses_server else None
            killed[name] += attack(world, name, moment, where)
            attacks[name] += 1
            if attacks[name] % options.every == 0:
                go_on(world, name, where)
            for fault in world.faults[shown:]:
                print(fault, flush=True)
            shown = len(world.faults)
            print(f"{sum(killed.values())} of {options.moments}", file=sys.stderr, flush=True)
    print(f"killed: {', '.join(f'{name} {times}' for name, times in killed.items())}")
    print(f"lost or left: {len(world.faults)}")
    return 1 if world.faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""Kill the server, its worker and its jobs at random moments, and see that every job ends once.

    python scripts/attack_jobs.py [--kills 200] [--seed 0] [--pause 4] [--minutes 60]

A client keeps three jobs waiting beside one that runs, sends again what got no answer, and ends
some. SIGKILL meets the server, the process with the queue, or the process of a job. When no more is
killed, every job that was accepted must have ended, once: its attempts one after another, three at
most, one registered model; nothing may be RUNNING, no upload lost, and no process left.

Exit 1 where anything of this fails; each is printed.
"""

import argparse
import contextlib
import hashlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from placement.serving.jobs.folder import JobFolder
from placement.serving.jobs.queue import MOST_ATTEMPTS
from placement.tracking.abandoned import JOB
from placement.tracking.jobs import FAILED, FINISHED, KILLED, RUNNING, TRIED_AGAIN, JobRun, JobRuns
from placement.tracking.store import Store, open_store

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 900.0  # seconds for all that waits to end, on a busy machine
UNFINISHED = 4  # jobs that the client keeps: one runs, three wait
VICTIMS = {"server": 2, "worker": 2, "job": 1}
_WORDS = {"worker": "StoreProcess", "job": "placement.serving.jobs.process"}
_WAIT = 60.0  # seconds for a process to appear; perhaps no job waits
KINDS = ("train", "train", "predict")
SETTINGS: dict[str, dict[str, object]] = {
    "train": {"optimizer": "newton", "sensitive": []},
    "predict": {"accept_doubts": True},
}


@dataclass
class World:
    """A folder with a store in which there is a model, and a server that is killed at times."""

    folder: Path
    random: random.Random
    port: int
    server: "subprocess.Popen[bytes] | None" = None
    kills: Counter[str] = field(default_factory=Counter)
    jobs_at_once: int = 1

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the server and of all that it starts."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "PLACEMENT_"))}
        scratch = self.folder / "tmp"
        scratch.mkdir(exist_ok=True)
        return kept | {"TMPDIR": str(scratch), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}

    def start(self) -> None:
        """Start the server."""
        words = ["serve", "--port", str(self.port), "--jobs-at-once", str(self.jobs_at_once), "-q"]
        with (self.folder / "server.log").open("ab") as log:
            self.server = subprocess.Popen(
                [sys.executable, "-m", "placement", *words],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def processes(self, word: str) -> list[psutil.Process]:
        """Return the processes of this world whose command line has a word."""
        found = []
        for process in psutil.process_iter(["cmdline", "environ"]):
            there = process.info["environ"] or {}
            if there.get("TMPDIR") == str(self.folder / "tmp") and any(
                word in part for part in process.info["cmdline"] or ()
            ):
                found.append(process)
        return found

    def kill(self, victim: str, pause: float) -> None:
        """Wait until a process is there, then some time, and kill it if it still is.

        A server that was killed is started again.
        """
        there = self.wait_for(victim)
        time.sleep(self.random.uniform(0, pause))
        for process in there[:1]:
            if not process.is_running():
                return
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
                self.kills[victim] += 1
        if victim == "server" and self.server is not None:
            self.server.wait()
            self.start()

    def wait_for(self, victim: str) -> list[psutil.Process]:
        """Return the processes that may be killed, as soon as there is one."""
        until = time.monotonic() + _WAIT
        while time.monotonic() < until:
            if victim == "server" and self.server is not None:
                return [psutil.Process(self.server.pid)]
            if there := self.processes(_WORDS[victim]):
                return there
            time.sleep(0.1)
        return []

    def close(self) -> None:
        """Kill what is left."""
        if self.server is not None:
            self.server.kill()
            self.server.wait()
        for process in (one for word in _WORDS.values() for one in self.processes(word)):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


@dataclass
class Client:
    """Sends jobs until it is told to stop, each until it is accepted; `sent` is by its key."""

    world: World
    kinds: tuple[str, ...]
    sheet: Callable[[int], bytes]
    sent: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    stopping: threading.Event = field(default_factory=threading.Event)
    faults: list[str] = field(default_factory=list)

    def work(self, unfinished: int = UNFINISHED, most: int = 10_000) -> None:
        """Keep so many jobs going, and end some of them."""
        draw = random.Random(1)  # noqa: S311
        while not self.stopping.is_set():
            jobs = self.ask("GET", "/v1/jobs?limit=1000")["jobs"]
            going = [job["id"] for job in jobs if job["status"] in {"SCHEDULED", "RUNNING"}]
            if len(going) < unfinished and len(self.sent) < most:
                self.send(self.kinds[len(self.sent) % len(self.kinds)])
                if draw.random() < 1 / 8 and going:
                    self.ended.add(victim := draw.choice(going))
                    self.ask("DELETE", f"/v1/jobs/{victim}")
            self.stopping.wait(0.3)

    def send(self, kind: str) -> None:
        """Send one job, a table of its own, again and again until it is accepted."""
        key, number = uuid.uuid4().hex, len(self.sent)
        table = self.sheet(number)
        body, boundary = multipart(
            {"kind": kind, "settings": json.dumps(SETTINGS[kind])}, table, key
        )
        headers = {
            "Idempotency-Key": key,
            "Content-Type": f"multipart/form-data; boundary={boundary}",
        }
        job = self.ask("POST", "/v1/jobs", body, headers)
        if not self.stopping.is_set() or "id" in job:
            self.sent[key], self.digests[job["id"]] = job["id"], hashlib.sha256(table).hexdigest()

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Ask until there is an answer; what is refused for another reason is a fault."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            request = urllib.request.Request(
                f"http://127.0.0.1:{self.world.port}{path}", body, headers or {}, method=method
            )
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code == 409 and method == "DELETE":  # it has ended meanwhile
                    return {}
                if error.code != 503:
                    self.faults.append(f"{method} {path}: {error.code} {error.read()[:300]!r}")
                    return {"jobs": []}
            except (OSError, ValueError):
                pass
            time.sleep(0.2)
        raise TimeoutError(f"{method} {path} got no answer in {PATIENCE:.0f} seconds")


def sheet(number: int) -> bytes:
    """Return a small table of students, another for each number."""
    draw = random.Random(number)  # noqa: S311
    lines = ["cgpa,backlogs,status"]
    for _ in range(60):
        cgpa, backlogs = draw.uniform(5, 10), draw.randrange(4)
        placed = draw.random() < 1 / (1 + 2.718 ** -(1.5 * (cgpa - 7.5) - backlogs + 1))
        lines.append(f"{cgpa:.6f},{backlogs},{'Placed' if placed else 'Not Placed'}")
    return ("\n".join(lines) + "\n").encode()


def multipart(fields: dict[str, str], table: bytes, boundary: str) -> tuple[bytes, str]:
    """Return the body of a form with a file, and what parts it."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in fields.items()
    ]
    head = 'Content-Disposition: form-data; name="data"; filename="students.csv"'
    parts.append(f"--{boundary}\r\n{head}\r\n\r\n".encode() + table + b"\r\n")
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), boundary


def wait_for_all(client: Client, patience: float = PATIENCE) -> None:
    """Wait until no job waits or runs."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        jobs = client.ask("GET", "/v1/jobs?limit=1000")["jobs"]
        if jobs and not any(job["status"] in {"SCHEDULED", "RUNNING"} for job in jobs):
            return
        time.sleep(0.3)
    client.faults.append(f"jobs still wait or run after {patience:.0f} seconds")


def attempts_of(store: Store) -> dict[str, list[JobRun]]:
    """Return the attempts at each job."""
    folder, found = JobFolder.of(store), dict[str, list[JobRun]]()
    for run in JobRuns(store, folder.make()).search():
        found.setdefault(run.job, []).append(run)
    return found


def two_at_once(store: Store) -> Iterator[str]:
    """Yield the jobs of which two attempts are RUNNING."""
    for job, runs in attempts_of(store).items():
        going = [run.attempt for run in runs if run.status == RUNNING and run.claim is not None]
        if len(going) > 1:
            yield f"the job {job} has the attempts {going} at once"


def faults_of(store: Store, client: Client) -> Iterator[str]:
    """Yield what is wrong once everything should have ended."""
    attempts, folder = attempts_of(store), JobFolder.of(store)
    if len(set(client.sent.values())) < len(client.sent):
        yield "two keys have one job"
    if lost := set(client.sent.values()) - attempts.keys():
        yield f"accepted, and not in the store: {sorted(lost)}"
    for job, runs in attempts.items():
        for fault in faults_of_job(runs, cancelled=job in client.ended):
            yield f"the job {job}: {fault}"
        for upload in runs[-1].request.uploads:
            path = folder.upload(upload.digest)
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "lost"
            if digest not in {upload.digest} & {client.digests.get(job, digest)}:
                yield f"the job {job}: its upload is {digest}"
        if (folder.of_job(job) / "input").exists():
            yield f"the job {job}: its inputs are still there"
    yield from faults_of_runs(store, attempts)


def faults_of_job(runs: list[JobRun], *, cancelled: bool) -> Iterator[str]:
    """Yield what is wrong with the attempts at a job."""
    last, numbers = runs[-1], [run.attempt for run in runs]
    if numbers != list(range(1, len(runs) + 1)) or len(runs) > MOST_ATTEMPTS:
        yield f"its attempts are {numbers}"
    for run in runs[:-1]:
        if (run.status, run.lost) != (FAILED, TRIED_AGAIN):
            yield f"the attempt {run.attempt} is {run.status}, and another followed"
    if last.status == KILLED and not (cancelled and last.cancelled):
        yield "it was ended, and nobody asked for that"
    if last.status == FAILED and not (len(runs) == MOST_ATTEMPTS and "killed" in str(last.error)):
        yield f"the attempt {last.attempt} failed: {last.error}"
    if not last.is_over:
        yield f"it is {last.status}"


def faults_of_runs(store: Store, attempts: dict[str, list[JobRun]]) -> Iterator[str]:
    """Yield runs that go on for ever, and models that are not registered exactly once."""
    client = store.client()
    experiments = [item.experiment_id for item in client.search_experiments()]
    for run in client.search_runs(experiments, "attributes.status = 'RUNNING'"):
        yield f"the run {run.info.run_id} is RUNNING"
    versions = Counter(v.tags.get(JOB) for v in client.search_model_versions("name = 'placement'"))
    for job, runs in attempts.items():
        last = runs[-1]
        if versions[job] > 1:
            yield f"the job {job}: its model is registered {versions[job]} times"
        if last.status == FINISHED and versions[job] != (last.request.kind == "train"):
            yield f"the job {job}: finished with {versions[job]} models registered"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def attack(
    world: World,
    kills: int,
    pause: float,
    seconds: float = PATIENCE,
    kinds: tuple[str, ...] = (),
    table: Callable[[int], bytes] = sheet,
) -> tuple[Client, list[str]]:
    """Send jobs and kill meanwhile; return the client, and what is wrong in the end.

    Jobs are sent until the last kill; if `kinds` are given, just these.
    """
    client = Client(world, kinds or KINDS, table)
    most = len(kinds) or 10_000
    world.start()
    store = open_store(world.folder, create=False)
    sender = threading.Thread(target=client.work, args=(UNFINISHED, most), daemon=True)
    sender.start()
    while not client.sent and sender.is_alive():
        time.sleep(0.1)
    faults: list[str] = []
    names, weights = list(VICTIMS), list(VICTIMS.values())
    until = time.monotonic() + seconds
    while world.kills.total() < kills and time.monotonic() < until:
        world.kill(world.random.choices(names, weights)[0], pause)
        faults += two_at_once(store)
        print(f"{world.kills.total()} of {kills}", file=sys.stderr, flush=True)
    while kinds and len(client.sent) < most and sender.is_alive():
        time.sleep(0.1)
    client.stopping.set()
    sender.join()
    wait_for_all(client)
    time.sleep(1.0)  # a process ends just after its run
    faults += [f"a process is left: {p.cmdline()[-1]}" for p in world.processes(_WORDS["job"])]
    return client, [*client.faults, *faults, *faults_of(store, client)]


def main(words: list[str] | None = None) -> int:
    """Attack, print what is wrong, and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--pause", type=float, default=4.0, help="most seconds between two kills")
    parser.add_argument("--minutes", type=float, default=60.0, help="then no more is killed")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(words)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        world = World(Path(folder), random.Random(options.seed), free_port())  # noqa: S311
        (Path(folder) / "first.csv").write_bytes(sheet(0))
        train = [sys.executable, "-m", "placement", "train", "first.csv", "-q"]
        subprocess.run(train, cwd=folder, env=world.environment, check=True, capture_output=True)
        stack.callback(world.close)
        client, faults = attack(world, options.kills, options.pause, 60 * options.minutes)
        runs = attempts_of(open_store(Path(folder), create=False))
        ends = Counter(attempts[-1].status for attempts in runs.values())
        tries = Counter(len(attempts) for attempts in runs.values())
    for fault in faults:
        print(fault)
    print(f"killed: {', '.join(f'{name} {times}' for name, times in world.kills.items())}")
    print(f"jobs accepted: {len(client.sent)}, ended: {dict(ends)}, attempts: {dict(tries)}")
    print(f"seconds: {time.monotonic() - started:.0f}")
    print(f"faults: {len(faults)}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

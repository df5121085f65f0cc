"""Kill a training with SIGKILL at random moments and go on with it: the model must be the same.

    python scripts/kill_and_resume.py [--moments 20] [--ranks 1] [--quick] [--seed 0]

A training that takes some seconds is run to its end once. Then it is killed in mid-training,
sometimes twice, and gone on with by `train --resume`: the bundle must have the same bytes, the run
must be FINISHED, and each of its curves must have the steps and values of the unbroken run, once.
With `--ranks N` torchrun trains with --max-restarts, one of its ranks is killed, and torchrun goes
on by itself. Checkpoints are taken more often here than a training takes them.

Exit 1 where any of that fails.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from placement.tracking.store import open_store

ROOT = Path(__file__).resolve().parent.parent
OFTEN = 0.2  # seconds between two checkpoints
START = (
    "from placement.workflows.recording import checkpoints; "
    f"checkpoints.SECONDS = {OFTEN}; "
    "from placement.cli import main; main()"
)
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--max-restarts", "3")
SETTINGS = ("--optimizer", "adam", "--lr", "0.001", "--batch-size", "4096", "--seed", "3")
CURVES = ("train/loss", "test/loss", "optimizer/gradient_norm", "optimizer/penalised_loss")


@dataclass(frozen=True)
class Outcome:
    """What a training came to: its run's status and curves, and the bytes of its bundle."""

    status: str
    curves: dict[str, list[tuple[int, float]]]
    bundle: dict[str, bytes]


def write_students(path: Path, rows: int) -> None:
    """Write students whose placement follows a known perceptron."""
    rng = np.random.default_rng(0)
    x = np.round(rng.normal(size=(rows, 6)), 4)
    placed = rng.random(rows) < 1 / (1 + np.exp(-(x @ np.linspace(-1, 1, 6) + 0.3)))
    names = ",".join(f"mark_{k}" for k in range(6))
    lines = (",".join(map(str, [*row, int(y)])) for row, y in zip(x, placed, strict=True))
    path.write_text("\n".join([f"{names},placed", *lines]) + "\n", encoding="utf-8")


def start(folder: Path, words: Sequence[str], ranks: int = 1) -> "subprocess.Popen[str]":
    """Start a training whose checkpoints come often, of several ranks by torchrun."""
    often = folder / "often.py"
    often.write_text(START, encoding="utf-8")
    torchrun = [*TORCHRUN, "--nproc-per-node", str(ranks)] if ranks > 1 else []
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "PLACEMENT_"))}
    return subprocess.Popen(
        [sys.executable, *torchrun, str(often), "train", "students.csv", *words],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(folder: Path, words: Sequence[str], ranks: int = 1) -> str:
    """Run a training to its end; it must succeed. Return what it said."""
    return ended(start(folder, words, ranks))


def ended(process: "subprocess.Popen[str]") -> str:
    """Wait for a training, which must succeed; return what it said."""
    said = process.communicate(timeout=600)[1]
    if process.returncode:
        raise SystemExit(f"exit {process.returncode}: {said}")
    return said


def outcome(folder: Path, run_id: str) -> Outcome:
    """Return what a run came to."""
    client = open_store(folder, create=False).client()
    curves = {
        name: sorted((p.step, p.value) for p in client.get_metric_history(run_id, name))
        for name in CURVES
    }
    bundle = {path.name: path.read_bytes() for path in (folder / "model").iterdir()}
    return Outcome(client.get_run(run_id).info.status, curves, bundle)


def runs_of(folder: Path) -> list[str]:
    """Return the ids of the runs, the newest first."""
    client = open_store(folder, create=False).client()
    ids = [item.experiment_id for item in client.search_experiments()]
    return [run.info.run_id for run in client.search_runs(ids, order_by=["start_time DESC"])]


def has_checkpoint(folder: Path, run_id: str) -> bool:
    """Whether a run has a checkpoint."""
    client = open_store(folder, create=False).client()
    return "placement.checkpoint" in client.get_run(run_id).data.tags


def run_with_checkpoint(
    process: "subprocess.Popen[str]", folder: Path, known: set[str], run_id: str | None = None
) -> str | None:
    """Wait until a training, or the run that it goes on with, has a checkpoint; return its run."""
    began, found = time.monotonic(), run_id
    while process.poll() is None and time.monotonic() - began < 120:
        new = [one for one in runs_of(folder) if one not in known]
        found = run_id or (new[0] if new else None)
        if found is not None and has_checkpoint(folder, found):
            break
        time.sleep(0.05)
    return found


def killed(folder: Path, words: Sequence[str], after: float, known: set[str]) -> str | None:
    """Kill a training some seconds after its first checkpoint; return its run, None if it ended."""
    process = start(folder, words)
    before = words[-1] if "--resume" in words else None
    run_id = run_with_checkpoint(process, folder, known, before)
    time.sleep(after)
    if process.poll() is not None:
        process.communicate()
        return None
    process.kill()
    process.communicate()
    return run_id


def resumed(
    folder: Path, words: Sequence[str], after: float, known: set[str], *, twice: bool
) -> tuple[str, str] | None:
    """Kill a training some seconds after a checkpoint, once or twice, and go on with it.

    Return the run and what was said, None where the training had ended before.
    """
    run_id = killed(folder, words, after, known)
    if run_id is None:
        return None
    if twice:
        killed(folder, [*words[-2:], "--resume", run_id], 0.3, known)
    shutil.rmtree(folder / "model", ignore_errors=True)
    return run_id, finish(folder, ["--resume", run_id])


def restarted(
    folder: Path, words: Sequence[str], ranks: int, rank: int, after: float, known: set[str]
) -> tuple[str, str] | None:
    """Kill a rank some seconds after a checkpoint, and let torchrun go on.

    Return the run and what was said, None where the training had ended before.
    """
    process = start(folder, words, ranks)
    run_id = run_with_checkpoint(process, folder, known)
    time.sleep(after)
    for child in psutil.Process(process.pid).children() if process.poll() is None else ():
        with suppress(psutil.Error):
            if child.environ().get("RANK") == str(rank):
                child.kill()
                return str(run_id), ended(process)
    process.communicate()
    return None


def differences(found: Outcome, whole: Outcome) -> list[str]:
    """Say in what a training differs from the unbroken one."""
    faults = [] if found.status == "FINISHED" else [f"the run is {found.status}"]
    faults += [
        f"{name} differs" for name in whole.bundle if found.bundle[name] != whole.bundle[name]
    ]
    for name, curve in whole.curves.items():
        if found.curves[name] != curve:
            faults.append(f"{name}: {len(found.curves[name])} points, not {len(curve)}")
    return faults


def kill_and_resume(
    folder: Path, moments: int, seed: int, rows: int, epochs: int, most: float, ranks: int = 1
) -> int:
    """Kill so many trainings, at most `most` seconds after a checkpoint; a line is printed each.

    Return how many did not come to the same.
    """
    write_students(folder / "students.csv", rows)
    words = [*SETTINGS, "--epochs", str(epochs), "--out", "model"]
    began = time.monotonic()
    finish(folder, words, ranks)
    [run_id] = runs_of(folder)
    whole = outcome(folder, run_id)
    took = time.monotonic() - began
    print(f"unbroken: {took:.1f} s, {len(whole.curves['train/loss'])} points of the curve")
    chance, bad, known = random.Random(seed), 0, {run_id}  # noqa: S311 - moments
    for moment in range(moments):
        shutil.rmtree(folder / "model")
        after, rank = chance.uniform(0, most), chance.randrange(ranks)
        how = f"killed {after:.1f} s after a checkpoint"
        if ranks > 1:
            how = f"rank {rank} {how}"
            done = restarted(folder, words, ranks, rank, after, known)
        else:
            done = resumed(folder, words, after, known, twice=moment % 3 == 2)
        if done is None:
            print(f"{moment + 1}: ended before it was killed, {after:.1f} s after a checkpoint")
        else:
            run_id, said = done
            faults = differences(outcome(folder, run_id), whole)
            bad += bool(faults)
            where = next((line for line in said.splitlines() if line.startswith("going on")), "")
            print(f"{moment + 1}: {how}, {where}: {'; '.join(faults) or 'the same'}", flush=True)
        known |= set(runs_of(folder))
    print(f"{moments} moments: {bad} came to another end")
    return bad


def main() -> None:
    """Kill and go on."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--quick", action="store_true", help="three moments")
    parser.add_argument("--ranks", type=int, default=1, help="of torchrun")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--most", type=float, default=2.0, help="seconds after a checkpoint")
    parser.add_argument("--epochs", type=int, default=60)
    options = parser.parse_args()
    moments = 3 if options.quick else options.moments
    with tempfile.TemporaryDirectory(prefix="kill-and-resume-") as folder:
        bad = kill_and_resume(
            Path(folder), moments, options.seed, options.rows, options.epochs, options.most,
            options.ranks,
        )  # fmt: skip
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()

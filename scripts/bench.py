"""Measure `placement` beside what people use today, in the same run, as ratios.

    python scripts/bench.py [ID...] [--quick] [--json | --write FILE]

Each round runs the peers and placement one after the other. A ratio is placement's time over that
of the fastest peer in that round (lower is better); the median over the rounds is shown with the
smallest and the largest. `limit` is what this machine needs at least: the bytes over its measured
bandwidth, or the start of a bare interpreter. For `memory` it is the peak of resident memory.
"""

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import bench_gpu
import bench_serve
import bench_solve
import make_large

PEERS = Path(__file__).parent / "peers"
PYTHON = sys.executable
PLACEMENT = (PYTHON, "-m", "placement")
IMPORTS = (PYTHON, "-c", "import torch, mlflow, pandas, sklearn.metrics")
# A child's peak begins with the size of the process that forked it, so a small one has to.
PEAK = """
import os, sys
pid = os.spawnv(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
_, status, used = os.wait4(pid, 0)
open(sys.argv[1], "w").write(str(used.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
"""
MARKS = ("7.5", "70", "71.5", "60", "0", "1", "2", "80")
COLUMNS = (
    *("cgpa", "tenth", "twelfth", "aptitude"),
    *("backlogs", "internships", "projects", "attendance"),
)


@dataclass(frozen=True)
class Measured:
    """One size of one benchmark: seconds of every round (bytes, for memory), and the ratio.

    `unit` is how they are shown: B, s or ms.
    """

    id: str
    size: str
    peer: str
    goal: float
    placement: list[float]
    peers: list[float]
    limit: float | None
    unit: str = "s"
    notes: str = ""
    ratios: list[float] = field(init=False)

    def __post_init__(self) -> None:
        pairs = zip(self.placement, self.peers, strict=True)
        object.__setattr__(self, "ratios", [ours / theirs for ours, theirs in pairs])

    @property
    def ratio(self) -> float:
        """The median ratio."""
        return statistics.median(self.ratios)


@dataclass(frozen=True)
class Bench:
    """Where to measure, and how thoroughly."""

    folder: Path
    quick: bool

    @property
    def rounds(self) -> int:
        """How often everything is run."""
        return 1 if self.quick else 3

    def rows(self, *sizes: int) -> list[int]:
        """The sizes to measure; with --quick, a hundredth of each."""
        return [size // 100 for size in sizes] if self.quick else list(sizes)

    def table(self, rows: int) -> Path:
        """Return a CSV of so many students."""
        path = self.folder / f"{rows}.csv"
        if not path.exists():
            make_large.write(path, rows)
        return path

    def run(self, *command: str | Path, **environment: str) -> float:
        """Run a command; return its seconds."""
        own = {**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache"), **environment}
        # Without bytecode of its own, an editable installation is compiled anew at each start.
        own.pop("PYTHONDONTWRITEBYTECODE", None)
        if "MLFLOW_TRACKING_URI" not in environment:
            own.pop("MLFLOW_TRACKING_URI", None)
        start = time.perf_counter()
        done = subprocess.run(
            list(map(str, command)), cwd=self.folder, env=own, capture_output=True, check=False
        )
        seconds = time.perf_counter() - start
        if done.returncode:
            raise SystemExit(f"{command}: exit {done.returncode}\n{done.stderr.decode()}")
        return seconds

    def peak(self, *command: str | Path) -> float:
        """Run a command; return the peak of its resident memory in bytes."""
        told = self.folder / "peak"
        self.run(PYTHON, "-S", "-c", PEAK, told, *command)
        return float(told.read_text()) * 1024

    def alternately(
        self, ours: Callable[[], float], *peers: Callable[[], float]
    ) -> tuple[list[float], list[list[float]]]:
        """Run the peers and then placement, round by round."""
        mine: list[float] = []
        others: list[list[float]] = [[] for _ in peers]
        for _ in range(self.rounds):
            for times, peer in zip(others, peers, strict=True):
                times.append(peer())
            mine.append(ours())
        return mine, others

    def seconds(self, *command: str | Path, **environment: str) -> Callable[[], float]:
        """Return what runs a command and returns its seconds."""
        return lambda: self.run(*command, **environment)


def solve(bench: Bench) -> Iterator[Measured]:
    """A fit in memory against every solver that gets as near to the optimum."""
    for rows in bench.rows(1_000_000, 2_000_000, 5_000_000):
        yield _solved("solve", bench, bench_solve.plain(rows), 0.2)


def solve_wide(bench: Bench) -> Iterator[Measured]:
    """The same on categories, for the peers in columns of 0 and 1."""
    for rows in bench.rows(125_000, 250_000, 500_000):
        yield _solved("solve-wide", bench, bench_solve.wide(rows), 0.35)


def _solved(name: str, bench: Bench, data: "bench_solve.Data", goal: float) -> Measured:
    contest = bench_solve.contest(data)
    mine, others = bench.alternately(contest.placement, *contest.peers.values())
    fastest = min(range(len(others)), key=lambda k: statistics.median(others[k]))
    peer = list(contest.peers)[fastest]
    rows, columns = data.x.shape
    limit = data.x.nbytes / bench_solve.memory_bandwidth()
    size = f"{rows:,} x {columns}"
    return Measured(name, size, peer, goal, mine, others[fastest], limit, notes=contest.left_out)


def train_big(bench: Bench) -> Iterator[Measured]:
    """The whole command on a large CSV."""
    for rows in bench.rows(1_000_000, 2_000_000, 5_000_000):
        file = bench.table(rows)
        command = (*PLACEMENT, "train", file, "--no-track", "--out", "model")
        peer = (PYTHON, PEERS / "train_big.py", file, "model.joblib")
        mine, (theirs,) = bench.alternately(bench.seconds(*command), bench.seconds(*peer))
        yield Measured(
            "train-big", f"{rows:,} rows", "pandas + scikit-learn", 0.5, mine, theirs, _read(file)
        )


def train_small(bench: Bench) -> Iterator[Measured]:
    """A tracked training with all pictures, in a store that is there."""
    database = f"sqlite:///{bench.folder}/naive.db"
    for rows in bench.rows(1_000, 10_000, 100_000):
        file = bench.table(max(rows, 500))
        command = (*PLACEMENT, "train", file)
        naive = bench.seconds(PYTHON, PEERS / "train_small.py", file, MLFLOW_TRACKING_URI=database)
        bench.run(*command)
        mine, (tutorial, imports) = bench.alternately(
            bench.seconds(*command), naive, bench.seconds(*IMPORTS)
        )
        size = f"{max(rows, 500):,} rows"
        yield Measured("train-small", size, "tutorial", 0.35, mine, tutorial, min(imports))
        yield Measured("train-small", size, "imports alone", 1.6, mine, imports, min(imports))


def predict_big(bench: Bench) -> Iterator[Measured]:
    """CSV in, CSV out."""
    for rows in bench.rows(1_000_000, 2_000_000, 5_000_000):
        file = bench.table(rows)
        bench.run(*PLACEMENT, "train", file, "--no-track", "--out", "model")
        bench.run(PYTHON, PEERS / "train_big.py", file, "model.joblib")
        command = (*PLACEMENT, "predict", file, "--model", "model", "--out", "ours.csv")
        peer = (PYTHON, PEERS / "predict_big.py", file, "model.joblib", "theirs.csv")
        mine, (theirs,) = bench.alternately(bench.seconds(*command), bench.seconds(*peer))
        yield Measured(
            "predict-big", f"{rows:,} rows", "pandas + joblib", 0.4, mine, theirs, _read(file)
        )


def predict_one(bench: Bench) -> Iterator[Measured]:
    """One student by the command line."""
    file = bench.table(2_000)
    bare = min(bench.run(PYTHON, "-c", "pass") for _ in range(3))
    for columns in (2, 4, 8):
        names = COLUMNS[:columns]
        features = ("--features", ",".join(names), "--no-track", "--out", "model")
        bench.run(*PLACEMENT, "train", file, *features)
        cells = [f"--set={name}={mark}" for name, mark in zip(names, MARKS, strict=False)]
        command = (*PLACEMENT, "predict", "--model", "model", *cells)
        peer = (PYTHON, "-c", "import pandas, numpy")
        mine, (theirs,) = bench.alternately(bench.seconds(*command), bench.seconds(*peer))
        yield Measured(
            "predict-one", f"{columns} columns", "import pandas, numpy", 1.0, mine, theirs, bare
        )


def tracking(bench: Bench) -> Iterator[Measured]:
    """A long training with its records against the same without."""
    file = bench.table(1_000)
    for epochs in bench.rows(2_500, 5_000, 10_000):
        command = (*PLACEMENT, "train", file, "--lr", "0.001", "--epochs", str(epochs))
        bench.run(*command)
        mine, (theirs,) = bench.alternately(
            bench.seconds(*command), bench.seconds(*command, "--no-track")
        )
        yield Measured("tracking", f"{epochs:,} epochs", "--no-track", 1.15, mine, theirs, None)


def memory(bench: Bench) -> Iterator[Measured]:
    """The peak of a streamed training against that of the smallest size."""
    first: list[float] = []
    for rows in bench.rows(2_000_000, 8_000_000, 32_000_000):
        file = bench.table(rows)
        command = (*PLACEMENT, "train", file, "--stream", "--no-track", "--out", "model")
        peaks = [bench.peak(*command) for _ in range(bench.rounds)]
        first = first or peaks
        yield Measured("memory", f"{rows:,} rows", "itself at 2 M", 1.1, peaks, first, None, "B")
        file.unlink()


def ranks(bench: Bench) -> Iterator[Measured]:
    """A training in two processes of one thread each, on a core each, against one such process."""
    cores = (_processors_of_cores() * 2)[:2]
    for rows in bench.rows(20_000_000):
        command = (*PLACEMENT, "train", bench.table(rows), "--no-track", "--out", "model")
        mine, (theirs,) = bench.alternately(
            bench.seconds(*("taskset", "-c", ",".join(cores)), *command, "--workers", "2"),
            bench.seconds(*("taskset", "-c", cores[0]), *command, OMP_NUM_THREADS="1"),
        )
        few = "" if len(set(cores)) == 2 else "one core only"
        yield Measured(
            *("ranks", f"{rows:,} rows", "one process", 0.6, mine, theirs, None), notes=few
        )


def _processors_of_cores() -> list[str]:
    """Return a processor of every core that this process may use."""
    topology = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    usable = sorted(os.sched_getaffinity(0))
    return [str(n) for n in {Path(topology.format(n)).read_text(): n for n in usable}.values()]


def serve(bench: Bench) -> Iterator[Measured]:
    """One worker of a scoring server, at eight connections, against MLflow's on the same model."""
    rows, seconds = (100, 1) if bench.quick else (1_000, 10)
    table = bench.table(5_000)
    bench.run(*PLACEMENT, "train", table)
    with ExitStack() as stack:
        both = bench_serve.contest(stack, bench.folder, table, PYTHON, rows)
        for script, size in ((both.one, "one row"), (both.many, f"{rows:,} rows")):
            ours, theirs = [], []
            for _ in range(bench.rounds):
                theirs.append(bench_serve.load(both.mlflow, script, seconds))
                ours.append(bench_serve.load(both.placement, script, seconds))
            is_one = script == both.one
            yield Measured(
                *("serve", size, "mlflow models serve", 0.083 if is_one else 0.2),
                *([one.seconds for one in ours], [one.seconds for one in theirs], None, "ms"),
            )
            yield Measured(
                *("serve", f"{size}, p99", "mlflow models serve", 0.125 if is_one else 0.2),
                *([one.p99 for one in ours], [one.p99 for one in theirs], None, "ms"),
            )


def page(bench: Bench) -> Iterator[Measured]:
    """The pages in a browser, and a what-if, against the time that each may take."""
    import bench_desk  # with a browser, which the others need not

    for one in bench_desk.waits(bench.rounds):
        allowed = [one.limit] * bench.rounds
        notes = f"the first look at it took {one.first:.1f} s" if one.first > one.limit else ""
        yield Measured("page", one.name, "its limit", 1.0, one.seconds, allowed, None, "ms", notes)


def gpu(bench: Bench) -> Iterator[Measured]:
    """A fit on a CUDA card against scikit-learn and cuML, and a pass against the card's bandwidth.

    A pass reads its rows several times, for loss, gradient and Hessian.
    """
    if not bench_gpu.has_card():
        print("no CUDA device: nothing measured", file=sys.stderr)
        return
    for rows in bench.rows(10_000_000, 100_000_000):
        data = bench_solve.plain(rows, 16)
        size, limit = f"{rows:,} x 16", data.x.nbytes / bench_gpu.bandwidth()
        contest = bench_gpu.contest(data)
        mine, others = bench.alternately(contest.placement, *contest.peers.values())
        for peer, theirs in zip(contest.peers, others, strict=True):
            yield Measured("gpu", size, peer, 0.2, mine, theirs, limit)
        passes, reads = map(list, zip(*bench_gpu.passes(data), strict=True))
        yield Measured("gpu-pass", size, "reading it once", 6.0, passes, reads, limit, "ms")


BENCHES: Mapping[str, Callable[[Bench], Iterator[Measured]]] = {
    "solve": solve,
    "solve-wide": solve_wide,
    "train-big": train_big,
    "train-small": train_small,
    "predict-big": predict_big,
    "predict-one": predict_one,
    "tracking": tracking,
    "memory": memory,
    "ranks": ranks,
    "serve": serve,
    "page": page,
    "gpu": gpu,
}


def _read(file: Path) -> float:
    """Return the seconds that reading a file takes, as it is in the cache of the system."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        with file.open("rb", buffering=0) as stream:
            buffer = bytearray(1 << 22)
            while stream.readinto(buffer):
                pass
        best = min(best, time.perf_counter() - start)
    return best


def machine() -> dict[str, Any]:
    """Say where this was measured, without naming the machine."""
    import sklearn
    import torch

    from placement.runtime.parallel_map import usable_processors

    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "processors": usable_processors(),
        "architecture": platform.machine(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "memory_bandwidth_gb_s": round(bench_solve.memory_bandwidth() / 1e9, 1),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "scikit-learn": sklearn.__version__,
    }


def line(found: Measured) -> str:
    """One line of the table."""
    scale, unit = {"B": (1e6, "MB"), "ms": (1e-3, "ms")}.get(found.unit, (1, "s"))
    ours, theirs = (statistics.median(own) / scale for own in (found.placement, found.peers))
    limit = "" if found.limit is None else f"{found.limit:.3f} s"
    spread = f"{min(found.ratios):.2f}-{max(found.ratios):.2f}"
    form = "9.0f" if unit == "MB" else "9.3f"
    return (
        f"{found.id:12} {found.size:16} {found.peer:24} {ours:{form}} {unit:2} "
        f"{theirs:{form}} {unit:2} {found.ratio:6.2f} ({spread:9}) goal {found.goal:<5.3g} {limit}"
    )


def main(words: Sequence[str] | None = None) -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("ids", nargs="*", metavar="ID", help=f"some of {', '.join(BENCHES)}")
    parser.add_argument("--quick", action="store_true", help="small sizes, once: about a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the document there")
    asked = parser.parse_args(words)
    unknown = [name for name in asked.ids if name not in BENCHES]
    if unknown:
        parser.error(f"no benchmark {unknown[0]}: choose of {', '.join(BENCHES)}")
    document: dict[str, Any] = {"format": 1, "quick": asked.quick, "machine": machine()}
    found: list[Measured] = []
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        for name in asked.ids or BENCHES:
            for measured in BENCHES[name](Bench(folder, asked.quick)):
                found.append(measured)
                print(line(measured), file=sys.stderr if asked.json else sys.stdout, flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    document["results"] = [asdict(one) for one in found]
    if asked.write:
        asked.write.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if asked.json:
        print(json.dumps(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())

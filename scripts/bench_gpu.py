"""What `bench.py gpu` measures: a fit on a CUDA card, and one pass beside the card's bandwidth."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import bench_solve
import numpy as np

TOLERANCE = 1e-6
PASSES = 10
COPIED = 1 << 30


@dataclass(frozen=True)
class Contest:
    """A fit on the card, and the same by the peers by their names."""

    placement: Callable[[], float]
    peers: dict[str, Callable[[], float]]


def has_card() -> bool:
    """Whether torch sees a CUDA card."""
    import torch

    return torch.cuda.is_available()


def contest(data: "bench_solve.Data") -> Contest:
    """Let placement, scikit-learn and, where it is there, cuML fit once; time them later."""
    from placement import PlacementClassifier

    fits: dict[str, Callable[[], Any]] = {
        "newton-cholesky float32": bench_solve.sklearn_fit(
            data, "newton-cholesky", np.float32, TOLERANCE
        )
    }
    with suppress(ImportError):
        from cuml.linear_model import LogisticRegression

        # Its C=1 is ours: on so many rows a penalty of 1 is none.
        fits["cuML"] = lambda: LogisticRegression(tol=TOLERANCE).fit(data.x, data.y)
    ours = lambda: PlacementClassifier(l2=0, device="cuda").fit(data.x, data.y)  # noqa: E731
    mine = bench_solve.loss(data, ours())
    best = min(mine, *(bench_solve.loss(data, fit()) for fit in fits.values()))
    if mine > best * (1 + bench_solve.NEAR):
        raise SystemExit(f"placement's loss is {mine!r}, the best is {best!r}")
    return Contest(
        bench_solve.timed(ours), {name: bench_solve.timed(fit) for name, fit in fits.items()}
    )


def passes(data: "bench_solve.Data") -> Iterator[tuple[float, float]]:
    """Yield the seconds of a pass with its Hessian, the rows held, and of reading them once."""
    import torch

    from placement.data.encoding.chunks import ArrayChunks, unit_weights
    from placement.data.encoding.design_matrix import DesignMatrix
    from placement.model.perceptron import Perceptron
    from placement.training.passes.device_chunks import DeviceTables
    from placement.training.passes.device_sums import DeviceLossSums
    from placement.training.passes.loss_sums import LossSettings

    device, rows = torch.device("cuda"), len(data.y)
    y = data.y.astype(np.float32)
    source = ArrayChunks(DesignMatrix.of(data.x), y, unit_weights(rows))
    tables = DeviceTables(device, torch.float32, room=lambda: float("inf"))
    model = Perceptron(data.x.shape[1], torch.float32)
    sums = DeviceLossSums(model, LossSettings("clamped", 1e-7, hard=True), tables)
    sums.evaluate(source, with_hessian=True)  # brings the rows over
    for _ in range(PASSES):
        start = time.perf_counter()
        sums.evaluate(source, with_hessian=True)
        seconds = time.perf_counter() - start
        yield seconds, (data.x.nbytes + y.nbytes) / bandwidth()


def bandwidth() -> float:
    """Return the bytes a second that the card reads and writes in a copy on it."""
    import torch

    source = torch.zeros(COPIED, dtype=torch.uint8, device="cuda")
    target, best = torch.empty_like(source), 0.0
    for _ in range(5):
        torch.cuda.synchronize()
        start = time.perf_counter()
        target.copy_(source)
        torch.cuda.synchronize()
        best = max(best, 2 * COPIED / (time.perf_counter() - start))
    return best

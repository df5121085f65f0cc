"""The solvers that `bench.py` lets compete, and the data that they fit."""

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

NEAR = 1e-9  # of the best loss of all, relative: who is further off has not solved it
TOLERANCES = (1e-4, 1e-6, 1e-8, 1e-10)
LEVELS = (12, 15, 18, 20, 14, 17)  # of categories, the first of each left out: 90 columns


@dataclass(frozen=True)
class Data:
    """Standardised rows `x: (n, d)` in float32, and outcomes `y: (n,)` of 0 and 1.

    `samples` are the same rows as placement takes them: where there are categories a pandas frame,
    whose categories the peers have in columns of 0 and 1, made before the clock starts.
    """

    x: npt.NDArray[np.float32]
    y: npt.NDArray[np.int64]
    samples: Any


@dataclass(frozen=True)
class Contest:
    """What to time; peers that did not reach the optimum are `left_out`, in words."""

    placement: Callable[[], float]
    peers: Mapping[str, Callable[[], float]]
    left_out: str


def plain(rows: int, columns: int = 8) -> Data:
    """Columns of numbers."""
    x = np.random.default_rng(0).standard_normal((rows, columns), dtype=np.float32)
    return Data(x, _drawn(x), x)


def wide(rows: int) -> Data:
    """Ten columns of numbers, and six categories: for the peers ninety columns of 0 and 1."""
    import pandas as pd

    draw = np.random.default_rng(0)
    x = np.zeros((rows, 10 + sum(LEVELS) - len(LEVELS)), dtype=np.float32)
    x[:, :10] = draw.standard_normal((rows, 10), dtype=np.float32)
    frame = pd.DataFrame(x[:, :10], columns=[f"number {j}" for j in range(10)])
    start = 10
    for index, levels in enumerate(LEVELS):
        level = draw.integers(0, levels, rows)
        there = np.flatnonzero(level)
        x[there, start + level[there] - 1] = 1
        start += levels - 1
        names = [f"{k:02d}" for k in range(levels)]
        frame[f"category {index}"] = pd.Categorical.from_codes(level, names)
    return Data(x, _drawn(x), frame)


def _drawn(x: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    draw = np.random.default_rng(1)
    weights = draw.normal(0, 0.5, x.shape[1]).astype(np.float32)
    p = 1 / (1 + np.exp(-(x @ weights - 0.3)))
    return (draw.random(len(x), dtype=np.float32) < p).astype(np.int64)


def contest(data: Data) -> Contest:
    """Let every solver fit once; of the peers take those that came near the best loss."""
    from placement import PlacementClassifier

    fits: dict[str, Callable[[float], Callable[[], Any]]] = {
        "newton-cholesky float32": lambda tol: sklearn_fit(
            data, "newton-cholesky", np.float32, tol
        ),
        "newton-cholesky float64": lambda tol: sklearn_fit(
            data, "newton-cholesky", np.float64, tol
        ),
        "newton-cg float32": lambda tol: sklearn_fit(data, "newton-cg", np.float32, tol),
        "newton-cg float64": lambda tol: sklearn_fit(data, "newton-cg", np.float64, tol),
        "lbfgs float32": lambda tol: sklearn_fit(data, "lbfgs", np.float32, tol),
        "lbfgs float64": lambda tol: sklearn_fit(data, "lbfgs", np.float64, tol),
        "glum": lambda tol: _glum(data, tol),
    }
    ours: Callable[[], Any] = lambda: PlacementClassifier(l2=0).fit(data.samples, data.y)  # noqa: E731
    mine = loss(data, ours())
    tried: dict[str, list[tuple[float, Callable[[], Any]]]] = {}
    for name, fit in fits.items():
        try:
            tried[name] = _tightened(data, fit, mine)
        except ImportError:
            tried[name] = []
    best = min([mine, *(loss for own in tried.values() for loss, _ in own)])
    if mine > best * (1 + NEAR):
        raise SystemExit(f"placement's loss is {mine!r}, the best is {best!r}")
    peers, out = {}, []
    for name, own in tried.items():
        near = [fit for loss, fit in own if loss <= best * (1 + NEAR)]
        if near:
            peers[name] = timed(near[0])
        else:
            out.append(
                f"{name} ({own[-1][0] / best - 1:.0e} off)" if own else f"{name} (not there)"
            )
    return Contest(timed(ours), peers, "left out: " + ", ".join(out) if out else "")


def _tightened(
    data: Data, fit: Callable[[float], Callable[[], Any]], goal: float
) -> list[tuple[float, Callable[[], Any]]]:
    """Fit with ever smaller tolerances, until the loss is near enough; return each with its fit."""
    found = []
    for tolerance in TOLERANCES:
        made = fit(tolerance)
        found.append((loss(data, made()), made))
        if found[-1][0] <= goal * (1 + NEAR):
            break
    return found


def sklearn_fit(data: Data, solver: str, dtype: Any, tolerance: float) -> Callable[[], Any]:
    """Return what fits scikit-learn's logistic regression by a solver."""
    from sklearn.linear_model import LogisticRegression

    def fit() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = LogisticRegression(C=np.inf, solver=solver, tol=tolerance, max_iter=1_000)
            return model.fit(data.x.astype(dtype, copy=False), data.y)

    return fit


def _glum(data: Data, tolerance: float) -> Callable[[], Any]:
    from glum import GeneralizedLinearRegressor

    return lambda: GeneralizedLinearRegressor(
        family="binomial", alpha=0, gradient_tol=tolerance
    ).fit(data.x, data.y)


def timed(fit: Callable[[], Any]) -> Callable[[], float]:
    """Return what returns the seconds of a fit."""

    def seconds() -> float:
        start = time.perf_counter()
        fit()
        return time.perf_counter() - start

    return seconds


def loss(data: Data, model: Any) -> float:
    """Return the mean cross-entropy in float64."""
    weights = np.ravel(model.coef_).astype(np.float64)
    intercept, total = float(np.ravel(model.intercept_)[0]), 0.0
    for start in range(0, len(data.y), 100_000):
        z = data.x[start : start + 100_000].astype(np.float64) @ weights + intercept
        total += float((np.logaddexp(0, z) - data.y[start : start + 100_000] * z).sum())
    return total / len(data.y)


def memory_bandwidth() -> float:
    """Return the bytes a second that all processors together read of large arrays."""
    from concurrent.futures import ThreadPoolExecutor

    from placement.runtime.parallel_map import usable_processors

    threads = usable_processors()
    parts = np.array_split(np.ones(1 << 25), threads)
    best = 0.0
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(5):
            start = time.perf_counter()
            list(pool.map(np.sum, parts))
            best = max(best, (8 << 25) / (time.perf_counter() - start))
    return best

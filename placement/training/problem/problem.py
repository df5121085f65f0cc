"""What is to be fitted, once the data has been looked at: columns kept, step size, warnings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from placement.arrays import FloatArray, IntArray
from placement.config import OPTIMIZERS
from placement.data.encoding.chunks import Chunk, Chunks, threads_for
from placement.errors import DataError
from placement.model.perceptron import Perceptron, Standardising
from placement.training.passes import distributed
from placement.training.passes.moments import ROUNDED, Totals, totals
from placement.training.problem.options import Options
from placement.training.problem.separation import (
    MOST_DISTINCT_ROWS,
    NO_OPTIMUM,
    PENALTY_ONLY,
    find_separation,
)

SGD_SHARE = 0.25  # of the longest safe step: mini-batches are noisy, and the noise grows with it
SAMPLED_CELLS = 3_200_000  # from so many on, the optimum of a sample is a better start for Newton
LEAST_SAMPLE = 1_000
ROWS_PER_COLUMN = 50  # of a sample: with fewer, its Hessian says little of that of all rows
SAMPLE_STEPS = 6


@dataclass(frozen=True)
class Stage:
    """An optimizer, its most epochs, and what it fits: all rows, or a sample of this `share`."""

    optimizer: str
    limit: int
    rows: Chunks
    share: float = 1.0

    @property
    def is_sampled(self) -> bool:
        """Whether it fits a sample only."""
        return self.share < 1

    @property
    def name(self) -> str:
        """The stage's name in the history."""
        return "sample" if self.is_sampled else self.optimizer


@dataclass(frozen=True)
class Problem:
    """A source ready for the loop: aliased columns left out, warnings gathered.

    `aliased` and `kept` are positions in the `width` columns handed in; `units` are what the
    perceptron standardises the kept ones by, None where they are so already. `curvature` is L of
    the penalised mean loss, None where no stage needs it. `hard`: every target is 0 or 1.
    `separation_known`: the linear programme was run, and found them `separable` or not. `start:
    (k + 1,)` are the parameters of the kept columns to begin with, None for zero.
    """

    source: Chunks
    options: Options
    names: tuple[str, ...]
    kept: IntArray
    aliased: tuple[int, ...]
    width: int
    stages: tuple[Stage, ...]
    curvature: float | None
    units: Standardising | None
    hard: bool
    separation_known: bool
    separable: bool
    warnings: tuple[str, ...]
    start: FloatArray | None = None

    @property
    def lr(self) -> float:
        """The step size of a first-order optimizer: `options.lr`, or 1/L (less in mini-batches)."""
        if self.options.lr is not None and self.options.optimizer != "auto":
            return self.options.lr
        if self.curvature is None:
            raise ValueError("newton has no step size")
        if OPTIMIZERS[self.options.optimizer].batch_size is None:
            return 1.0 / self.curvature
        return SGD_SHARE * (1 - self.options.momentum) / self.curvature

    def perceptron(self) -> Perceptron:
        """Make the perceptron that fits the source's columns, at the start."""
        made = Perceptron(len(self.kept), self.options.torch_dtype, self.units)
        if self.start is not None:
            made.move_to(self.start)
        return made

    def with_penalty(self, l2: float, weights: FloatArray, intercept: float) -> "Problem":
        """The same rows with another penalty above 0, begun at a solution `weights: (width,)`.

        From a neighbour's optimum on, only the last of the stages has anything left to do.
        """
        if self.options.l2 <= 0 or l2 <= 0:
            raise ValueError("without a penalty the columns must be looked at first")
        return replace(
            self,
            options=replace(self.options, l2=l2),
            stages=self.stages[-1:],
            start=np.append(weights[self.kept], intercept),
        )

    def project(self, source: Chunks | None) -> Chunks | None:
        """Bring another source of the same columns into this problem's columns."""
        if source is not None and source.columns != self.width:
            raise ValueError(f"a source of {source.columns} columns beside one of {self.width}")
        return None if source is None else _selected(source, self.kept)

    def expand(self, weights: FloatArray) -> FloatArray:
        """Weights `(width,)` from those of the kept columns: 0 where aliased."""
        full = np.zeros(self.width)
        full[self.kept] = weights
        return full


def prepare(
    source: Chunks,
    options: Options,
    names: Sequence[str] | None = None,
    *,
    units: Standardising | None = None,
    seen: Totals | None = None,
    separation: bool = True,
) -> Problem:
    """Look at the data before fitting: targets, aliased columns, separation, step size.

    With `units` the columns come as they are and the perceptron standardises them. `seen`: the
    sums of this very source, where they were taken before. Without `separation` it is not sought.
    """
    width, threads = source.columns, threads_for(source)
    labels = tuple(names) if names is not None else tuple(f"x{j + 1}" for j in range(width))
    plan = options.plan(int(distributed.add_up(np.array([float(source.rows)]))[0]), width)
    if seen is None:
        sized = options.l2 == 0 or any(OPTIMIZERS[name].uses_lr for name, _ in plan)
        seen = totals(source, threads, products=sized)
    _check(source, seen, labels)
    if options.l2 == 0 and seen.rounded and (seen.moments.unexplained <= ROUNDED).any():
        seen = totals(source, threads, products=True, double=True)
    spread = None if seen.products is None else seen.moments
    if spread is not None and units is not None:
        spread = spread.standardised(units)
    aliased = spread.aliased if spread is not None and options.l2 == 0 else ()
    kept = np.setdiff1d(np.arange(width), aliased)
    source = _selected(source, kept)
    known, warnings = _look_for_separation(
        source, [labels[j] for j in kept] if separation else None, options
    )
    return Problem(
        source=source,
        options=options,
        names=labels,
        kept=kept,
        aliased=aliased,
        width=width,
        stages=_stages(plan, source, seen.rows),
        curvature=None if spread is None else spread.keep(kept).curvature_bound(options.l2),
        units=None if units is None else units.keep(kept),
        hard=seen.hard,
        separation_known=known,
        separable=bool(warnings),
        warnings=warnings,
    )


def refuse_separation(
    source: Chunks, names: Sequence[str], *, most_rows: int | None = None
) -> bool:
    """Raise DataError where the classes are separable; return whether that was decided."""
    found = find_separation(source, names, most_rows=most_rows)
    if found is None:
        return False
    if found.columns:
        raise DataError(f"{found.text}; {NO_OPTIMUM}")
    return True


def _look_for_separation(
    source: Chunks, names: Sequence[str] | None, options: Options
) -> tuple[bool, tuple[str, ...]]:
    # Firth's estimate is finite even where the classes are separable.
    if names is None or options.firth:
        return True, ()
    # A rank sees only its share, and separable shares may overlap together.
    if distributed.world_size() > 1:
        return False, ()
    if options.l2 == 0:
        return refuse_separation(source, names, most_rows=MOST_DISTINCT_ROWS), ()
    found = find_separation(source, names, most_rows=MOST_DISTINCT_ROWS)
    if found is None:
        return False, ()
    return True, ((f"{found.text}; {PENALTY_ONLY}",) if found.columns else ())


def _selected(source: Chunks, columns: IntArray) -> Chunks:
    return source if len(columns) == source.columns else source.select(columns)


def _stages(plan: Sequence[tuple[str, int]], source: Chunks, rows: int) -> tuple[Stage, ...]:
    """Put Newton's fits of samples before that of all rows, where there are many.

    The optimum of a sample costs a fraction of a pass, and a start from it saves several.
    """
    name, limit = plan[0]
    steps = min(SAMPLE_STEPS, limit // 3)
    if name != "newton" or not steps or rows * source.columns < SAMPLED_CELLS:
        return tuple(Stage(name, limit, source) for name, limit in plan)
    samples: list[Stage] = []
    sample: Chunks = source
    for _ in range(2):
        sample = sample.sample()
        seen = totals(sample)
        enough = seen.rows >= max(LEAST_SAMPLE, ROWS_PER_COLUMN * source.columns)
        if not enough or not 0 < seen.positive < seen.weight:
            break
        samples.insert(0, Stage(name, steps, sample, seen.rows / rows))
    return (*samples, Stage(name, limit - steps * len(samples), source))


def _check(source: Chunks, seen: Totals, names: Sequence[str]) -> None:
    """Refuse what cannot be trained on; the totals tell whether a closer look is needed."""
    if seen.in_doubt:
        before = 0
        for chunk in source:
            _check_chunk(chunk, before, names)
            before += len(chunk)
    if seen.weight <= 0:
        raise DataError("no row with a weight above 0 is left to train on")


def _check_chunk(chunk: Chunk, before: int, names: Sequence[str]) -> None:
    outside = ~((chunk.y >= 0) & (chunk.y <= 1))
    if outside.any():
        row = int(outside.argmax())
        raise DataError(
            f"target of row {before + row + 1} is {chunk.y[row]:g}: "
            "a target is a probability between 0 and 1"
        )
    finite = np.isfinite(chunk.x)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise DataError(f"row {before + row + 1}, column {names[column]}: not a finite number")
    if not ((chunk.weight >= 0) & np.isfinite(chunk.weight)).all():
        raise DataError("a weight is negative or not finite: weights are counts of 0 or more")

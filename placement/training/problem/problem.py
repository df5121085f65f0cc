"""What is to be fitted, once the rows are inspected: columns, stages, step size, warnings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

from placement.arrays import FloatArray, IntArray
from placement.config.optimizers import OPTIMIZERS
from placement.data.encoding.chunks import Chunks
from placement.model.perceptron import Perceptron, Standardising
from placement.training.passes.moments import Moments, Totals
from placement.training.problem.device import device_for
from placement.training.problem.inspection import inspect
from placement.training.problem.options import Options
from placement.training.problem.separation import separation_in
from placement.training.problem.stages import Stage, stages_of
from placement.training.solver.hessian import Hessian

SGD_SHARE = 0.25  # of the longest safe step: mini-batches are noisy, and the noise grows with it


@dataclass(frozen=True)
class Problem:
    """A source ready for the loop: aliased columns left out, warnings gathered.

    `aliased` and `columns` are positions in the `width` columns handed in, `columns` those that
    the source still has. `standardising` is what the perceptron standardises these by, None where
    they are standardised. `moments` are those of the columns, standardised, None
    where no stage needs it. `hard`: every target is 0 or 1. `separable` is None where the linear
    programme was not solved. `start: (k + 1,)` are the parameters of the columns to begin with,
    None for zero; `hessian` is that of all rows there, where it is known.
    """

    source: Chunks
    options: Options
    names: tuple[str, ...]
    columns: IntArray
    aliased: tuple[int, ...]
    width: int
    stages: tuple[Stage, ...]
    moments: Moments | None
    standardising: Standardising | None
    hard: bool
    separable: bool | None
    warnings: tuple[str, ...]
    start: FloatArray | None = None
    hessian: Hessian | None = None

    @cached_property
    def lipschitz(self) -> float | None:
        """L, the largest curvature of the penalised mean loss; None where no stage needs it."""
        return None if self.moments is None else self.moments.lipschitz(self.options.l2)

    @cached_property
    def device(self) -> torch.device:
        """The device that its chunks are summed up on."""
        return device_for(self.options.device, self.source.rows * len(self.columns))

    @property
    def lr(self) -> float:
        """The step size of a first-order optimizer: `options.lr`, or 1/L (less in mini-batches)."""
        if self.options.lr is not None and self.options.optimizer != "auto":
            return self.options.lr
        if self.lipschitz is None:
            raise ValueError("newton has no step size")
        if OPTIMIZERS[self.options.optimizer].batch_size is None:
            return 1.0 / self.lipschitz
        return SGD_SHARE * (1 - self.options.momentum) / self.lipschitz

    def perceptron(self) -> Perceptron:
        """Make the perceptron that fits the source's columns, at the start."""
        perceptron = Perceptron(len(self.columns), self.options.torch_dtype, self.standardising)
        if self.start is not None:
            perceptron.set_parameters(self.start)
        return perceptron

    def with_penalty(self, l2: float, weights: FloatArray, intercept: float) -> "Problem":
        """The same rows with another penalty above 0, begun at a solution `weights: (width,)`.

        From the optimum of a similar penalty on, only the last of the stages is needed.
        """
        if self.options.l2 <= 0 or l2 <= 0:
            raise ValueError("without a penalty the columns must be inspected first")
        return replace(
            self,
            options=replace(self.options, l2=l2),
            stages=self.stages[-1:],
            start=np.append(weights[self.columns], intercept),
        )

    def without_descent(self) -> "Problem":
        """The same rows without the descent that `auto` shows first: the optimum is no other."""
        first, last = self.stages[0], self.stages[-1]
        if self.options.optimizer != "auto" or not OPTIMIZERS[first.optimizer].uses_lr:
            return self
        limit = sum(stage.limit for stage in self.stages)
        return replace(self, stages=(replace(last, limit=limit),))

    def project(self, source: Chunks | None) -> Chunks | None:
        """Bring another source of the same columns into this problem's columns."""
        if source is not None and source.columns != self.width:
            raise ValueError(f"a source of {source.columns} columns beside one of {self.width}")
        return None if source is None else _select(source, self.columns)

    def expand(self, weights: FloatArray) -> FloatArray:
        """Weights `(width,)` from those of the problem's columns: 0 where aliased."""
        expanded = np.zeros(self.width)
        expanded[self.columns] = weights
        return expanded


def define_problem(
    source: Chunks,
    options: Options,
    names: Sequence[str] | None = None,
    *,
    standardising: Standardising | None = None,
    totals: Totals | None = None,
    find_separation: bool = True,
) -> Problem:
    """Inspect the rows and return what is to be fitted to them.

    With `standardising` the columns come as they are and the perceptron standardises them.
    `totals`: those of this very source, where they were taken before. Raises DataError for rows
    that cannot be trained on, or that are separable without a penalty.
    """
    width = source.columns
    labels = tuple(names) if names is not None else tuple(f"x{j + 1}" for j in range(width))
    plan = options.plan(source.rows, width)
    inspection = inspect(
        source,
        labels,
        products=any(OPTIMIZERS[name].uses_lr for name, _ in plan),
        penalised=options.l2 > 0,
        standardising=standardising,
        totals=totals,
    )
    columns = np.setdiff1d(np.arange(width), inspection.aliased)
    source = _select(source, columns)
    separable: bool | None = False
    warnings: tuple[str, ...] = ()
    # Firth's estimate is finite even where the classes are separable.
    if find_separation and not options.firth:
        column_names = [labels[j] for j in columns]
        separable, warnings = separation_in(source, column_names, penalised=options.l2 > 0)
    moments = inspection.moments
    return Problem(
        source=source,
        options=options,
        names=labels,
        columns=columns,
        aliased=inspection.aliased,
        width=width,
        stages=stages_of(plan, source, inspection.totals.rows),
        moments=None if moments is None else moments.select(columns),
        standardising=None if standardising is None else standardising.select(columns),
        hard=inspection.totals.hard,
        separable=separable,
        warnings=warnings,
    )


def _select(source: Chunks, columns: IntArray) -> Chunks:
    return source if len(columns) == source.columns else source.select(columns)

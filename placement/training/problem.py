"""What is to be fitted, once the data has been looked at: columns kept, step size, warnings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from placement.data.chunks import ArrayChunks, Chunk
from placement.errors import DataError
from placement.training import ranks
from placement.training.identifiability import (
    MOST_DISTINCT_ROWS,
    NO_OPTIMUM,
    PENALTY_ONLY,
    aliased_columns,
    find_separation,
)
from placement.training.moments import moments
from placement.training.options import Options

SGD_SHARE = 0.25  # of the longest safe step: mini-batches are noisy, and the noise grows with it


@dataclass(frozen=True)
class Problem:
    """A source ready for the loop: aliased columns left out, cells in the training's dtype.

    `aliased` and `kept` are positions in the `width` columns handed in. `curvature` is L of the
    penalised mean loss, None where no stage needs it; `separation_known` whether the linear
    programme was run.
    """

    source: ArrayChunks
    options: Options
    names: tuple[str, ...]
    kept: npt.NDArray[np.int64]
    aliased: tuple[int, ...]
    width: int
    stages: tuple[tuple[str, int], ...]
    curvature: float | None
    separation_known: bool
    warnings: tuple[str, ...]

    @property
    def lr(self) -> float:
        """The step size of gd, sgd and adam: as asked, or 1/L (less for sgd)."""
        if self.options.lr is not None and self.options.optimizer != "auto":
            return self.options.lr
        if self.curvature is None:
            raise ValueError("newton has no step size")
        calm = SGD_SHARE * (1 - self.options.momentum)
        return (calm if self.options.optimizer == "sgd" else 1.0) / self.curvature

    def project(self, source: ArrayChunks | None) -> ArrayChunks | None:
        """Bring another source of the same columns into this problem's columns and dtype."""
        return None if source is None else _cast(source, self.kept, self.width, self.options)

    def expand(self, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Weights `(width,)` from those of the kept columns: 0 where aliased."""
        full = np.zeros(self.width)
        full[self.kept] = weights
        return full


def prepare(source: ArrayChunks, options: Options, names: Sequence[str] | None = None) -> Problem:
    """Look at the data before fitting: targets, aliased columns, separation, step size."""
    width = source.columns
    labels = tuple(names) if names is not None else tuple(f"x{j + 1}" for j in range(width))
    rows = _check_cells(source, labels)
    stages = options.stages(rows * width, width)
    seen = None
    if options.l2 == 0 or any(name != "newton" for name, _ in stages):
        seen = moments(source, width)
    aliased = aliased_columns(seen) if seen is not None and options.l2 == 0 else ()
    kept = np.setdiff1d(np.arange(width), aliased)
    known, warnings = _look_for_separation(source, kept, labels, options)
    return Problem(
        source=_cast(source, kept, width, options),
        options=options,
        names=labels,
        kept=kept,
        aliased=aliased,
        width=width,
        stages=stages,
        curvature=None if seen is None else seen.keep(kept).curvature_bound(options.l2),
        separation_known=known,
        warnings=warnings,
    )


def refuse_separation(
    x: npt.NDArray[np.floating],
    source: ArrayChunks,
    names: Sequence[str],
    *,
    most_rows: int | None = None,
) -> bool:
    """Raise DataError where the classes are separable; return whether that was decided."""
    found = find_separation(x, source.y, source.weight, names, most_rows=most_rows)
    if found is None:
        return False
    if found.columns:
        raise DataError(f"{found.text}; {NO_OPTIMUM}")
    return True


def _look_for_separation(
    source: ArrayChunks, kept: npt.NDArray[np.int64], names: Sequence[str], options: Options
) -> tuple[bool, tuple[str, ...]]:
    # A rank sees only its share, and separable shares may overlap together.
    if ranks.world_size() > 1:
        return False, ()
    inside = [names[j] for j in kept]
    x = source.x[:, kept]
    if options.l2 == 0:
        return refuse_separation(x, source, inside, most_rows=MOST_DISTINCT_ROWS), ()
    found = find_separation(x, source.y, source.weight, inside, most_rows=MOST_DISTINCT_ROWS)
    if found is None:
        return False, ()
    return True, ((f"{found.text}; {PENALTY_ONLY}",) if found.columns else ())


def _check_cells(source: ArrayChunks, names: Sequence[str]) -> int:
    """Refuse what cannot be trained on; return the number of rows over all ranks."""
    rows, weight = 0, 0.0
    for chunk in source:
        _check_chunk(chunk, rows, names)
        rows += len(chunk)
        weight += float(chunk.weight.sum(dtype=np.float64))
    total = ranks.add_up(np.array([rows, weight]))
    if total[1] <= 0:
        raise DataError("no row with a weight above 0 is left to train on")
    return int(total[0])


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


def _cast(
    source: ArrayChunks, kept: npt.NDArray[np.int64], width: int, options: Options
) -> ArrayChunks:
    """The kept columns in the training's dtype, as torch wants them; no copy where they are so."""
    if source.columns != width:
        raise ValueError(f"a source of {source.columns} columns beside one of {width}")
    x = source.x if len(kept) == width else source.x[:, kept]
    x, y, weight = (
        np.require(array, options.numpy_dtype, ["C", "A", "W"])
        for array in (x, source.y, source.weight)
    )
    return ArrayChunks(x, y, weight, source.chunk_rows)

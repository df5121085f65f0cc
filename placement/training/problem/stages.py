"""The stages of a training: an optimizer each, on all rows or first on samples of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from placement.data.encoding.chunks import Chunks
from placement.training.passes.moments import column_totals

SAMPLED_CELLS = 3_200_000  # from so many on, the optimum of a sample is a better start for Newton
MIN_SAMPLE_ROWS = 1_000
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


def stages_of(plan: Sequence[tuple[str, int]], source: Chunks, rows: int) -> tuple[Stage, ...]:
    """Return the stages of a plan; Newton fits samples of many rows before it fits all.

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
        totals = column_totals(sample)
        enough = totals.rows >= max(MIN_SAMPLE_ROWS, ROWS_PER_COLUMN * source.columns)
        if not enough or not 0 < totals.positive < totals.weight:
            break
        samples.insert(0, Stage(name, steps, sample, totals.rows / rows))
    return (*samples, Stage(name, limit - steps * len(samples), source))

"""How many rows does a model of so many columns need? A rule of thumb, before anything is fitted.

R. D. Riley and others: Minimum sample size for developing a multivariable prediction model II,
Statistics in Medicine 38 (2019); Calculating the sample size required, BMJ 368 (2020).
"""

import math
from dataclasses import dataclass

from placement.stats.intervals import Z95

NAGELKERKE = 0.15  # what their rule takes for a model of which nothing is known yet
SHRINKAGE = 0.9
_OPTIMISM = _RISK = 0.05


@dataclass(frozen=True)
class SampleSize:
    """Rows to train on that are needed, for each of three reasons.

    That predictions are to be shrunk by a tenth at most; that the model seems to explain 0.05 more
    of Nagelkerke's R² than it does, at most; that the overall risk is known to within 0.05.
    """

    shrinkage: int
    optimism: int
    risk: int

    @property
    def needed(self) -> int:
        """The largest of the three."""
        return max(self.shrinkage, self.optimism, self.risk)


def sample_size(parameters: int, base_rate: float, nagelkerke: float = NAGELKERKE) -> SampleSize:
    """Return the rows needed for so many parameters, the intercept aside, at a rate in (0, 1).

    `nagelkerke` is the R² that the model is expected to have.
    """
    log_null = base_rate * math.log(base_rate) + (1 - base_rate) * math.log(1 - base_rate)
    largest = 1 - math.exp(2 * log_null)  # that Cox and Snell's R² can be
    cox_snell = nagelkerke * largest

    def rows_for(shrinkage: float) -> int:
        each = (shrinkage - 1) * math.log(1 - cox_snell / shrinkage)
        return math.ceil(parameters / each)

    return SampleSize(
        shrinkage=rows_for(SHRINKAGE),
        optimism=rows_for(cox_snell / (cox_snell + _OPTIMISM * largest)),
        risk=math.ceil((Z95 / _RISK) ** 2 * base_rate * (1 - base_rate)),
    )

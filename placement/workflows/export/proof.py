"""What an export answered beside what the model says: the largest difference, and where."""

import numpy as np

from placement.arrays import FloatArray
from placement.reporting.export.result import Proof
from placement.workflows.export.cases import Cases


def compared(referee: str, cases: Cases, *answers: tuple[FloatArray, FloatArray | None]) -> Proof:
    """Compare what a referee found, each (n,), with what was expected; no answer is no match."""
    worst = np.zeros(len(cases))
    for found, expected in answers:
        if expected is not None:
            difference = np.abs(found - expected)
            worst = np.maximum(worst, np.where(np.isnan(difference), np.inf, difference))
    row = int(np.argmax(worst))
    return Proof(referee, len(cases), float(worst[row]), cases.where[row])

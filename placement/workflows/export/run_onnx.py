"""Prove an ONNX graph in onnxruntime, on the processor."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from placement.arrays import ObjectArray
from placement.reporting.export.onnx_model import LOGIT, PROBABILITY
from placement.reporting.export.result import Proof
from placement.reporting.export.subject import Subject
from placement.workflows.export.cases import Cases
from placement.workflows.export.proof import compared


def onnx_proofs(path: Path, cases: Cases, _subject: Subject) -> Iterator[Proof]:
    """Run the graph on all rows at once."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    given = {
        one.name: _strings(cells) if "string" in one.type else _numbers(cells)
        for one in session.get_inputs()
        for cells in [cases.cells[one.name]]
    }
    probability, _ = session.run([PROBABILITY, LOGIT], given)
    found = np.asarray(probability, dtype=np.float64)[:, 0]
    yield compared(f"onnxruntime {onnxruntime.__version__}", cases, (found, cases.probability))


def _strings(cells: ObjectArray) -> ObjectArray:
    texts = np.empty((len(cells), 1), dtype=object)
    texts[:, 0] = ["" if cell is None else str(cell) for cell in cells]
    return texts


def _numbers(cells: ObjectArray) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return cells.astype(np.float64).reshape(-1, 1)

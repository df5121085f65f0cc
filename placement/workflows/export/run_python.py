"""Prove a Python file: it scores a CSV file in a process that sees nothing of this package."""

import csv
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from placement.errors import GateRefused
from placement.reporting.export.result import Proof
from placement.reporting.export.subject import Subject
from placement.workflows.export.cases import Cases
from placement.workflows.export.proof import compared


def python_proofs(path: Path, cases: Cases, _subject: Subject) -> Iterator[Proof]:
    """Run the file as its reader would."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(cases.cells)
    writer.writerows(zip(*cases.cells.values(), strict=True))
    done = subprocess.run(  # noqa: S603 - the file that was written just now
        [sys.executable, "-I", str(path)],
        input=text.getvalue().encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise GateRefused(f"the file does not run: {done.stderr.decode(errors='replace')[-300:]}")
    answers = list(csv.DictReader(io.StringIO(done.stdout.decode(), newline="")))
    found = np.full(len(cases), np.nan)
    for row, answer in enumerate(answers[: len(cases)]):
        found[row] = float(answer["placement_probability"] or "nan")
    yield compared("python -I", cases, (found, cases.probability))

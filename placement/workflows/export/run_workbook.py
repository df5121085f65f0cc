"""Prove a workbook: what others calculate of its formulas, with no value of ours to copy.

A copy with the rows of the cases, written by the same function and without values, is recalculated
by LibreOffice, where there is one, and its first rows by `formulas`. The file itself is
recalculated too, and must show what it was written to show.
"""

import io
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from placement.arrays import BoolArray, FloatArray
from placement.errors import GateRefused
from placement.reporting.export.result import Proof
from placement.reporting.export.subject import Subject
from placement.reporting.export.workbook import write_workbook
from placement.reporting.export.workbook_steps import FIRST, INPUTS, column_name
from placement.workflows.export.cases import Cases
from placement.workflows.export.proof import compared

_FEW, _FEWEST = 25, 3  # rows for `formulas`, which takes its time: where it is alone, or second
_AT_ONCE = 4000  # rows of a copy: the program keeps all formulas in memory
_SECONDS = 600
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def office() -> str | None:
    """Return LibreOffice's program, None where there is none."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def workbook_proofs(path: Path, cases: Cases, subject: Subject) -> Iterator[Proof]:
    """Recalculate the file, and a copy with the cases."""
    cases = _filled(cases)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        if (program := office()) is not None:
            file = folder / "file.xlsx"
            shutil.copyfile(path, file)
            parts = [
                _recalculated(program, folder, subject, piece, file) for piece in _pieces(cases)
            ]
            yield _compared("LibreOffice", cases, np.concatenate(parts))
            yield _as_written(path, folder / "out" / file.name)
        if find_spec("formulas") is not None:
            most = min(len(cases), _FEW if program is None else _FEWEST)
            few = cases.rows(np.linspace(0, len(cases) - 1, most).astype(int))
            write_workbook(folder / "few.xlsx", subject, few.cells, stale=True)
            rows = _calculated(folder / "few.xlsx", len(few.cells), len(few))
            yield _compared("formulas", few, rows)


def _filled(cases: Cases) -> Cases:
    """Leave out rows with nothing in them: to the workbook they are no students."""
    keep: BoolArray = np.zeros(len(cases), dtype=bool)
    for cells in cases.cells.values():
        keep |= np.array([cell is not None for cell in cells])
    return cases.rows(np.flatnonzero(keep))


def _compared(referee: str, cases: Cases, found: FloatArray) -> Proof:
    chance, low, high = found.T
    return compared(
        referee, cases, (chance, cases.probability), (low, cases.low), (high, cases.high)
    )


def _pieces(cases: Cases) -> Iterator[Cases]:
    for start in range(0, len(cases), _AT_ONCE):
        yield cases.rows(np.arange(start, min(start + _AT_ONCE, len(cases))))


def _recalculated(
    program: str, folder: Path, subject: Subject, cases: Cases, file: Path
) -> FloatArray:
    """Return chance and limits (n, 3) of the cases in a copy of the workbook `file`.

    The file itself is recalculated with the first of them: the program starts slowly.
    """
    copy, out = folder / "cases.xlsx", folder / "out"
    write_workbook(copy, subject, cases.cells, stale=True)
    (out / copy.name).unlink(missing_ok=True)
    _recalculate(program, [copy] if (out / file.name).exists() else [copy, file])
    return _read(out / copy.name, len(cases.cells), len(cases))


def _recalculate(program: str, paths: Sequence[Path]) -> None:
    """Have workbooks of one folder recalculated, into the folder `out` of it."""
    folder = paths[0].parent
    settings = folder / "profile" / "user" / "registrymodifications.xcu"
    if not settings.exists():
        settings.parent.mkdir(parents=True)
        settings.write_text(_SETTINGS, encoding="utf-8")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [program, profile, "--headless", "--convert-to", "xlsx", "--outdir"]
    done = subprocess.run(  # noqa: S603 - the office that is installed, on files of our own
        [*command, str(folder / "out"), *map(str, paths)],
        capture_output=True,
        timeout=_SECONDS,
        check=False,
        env=os.environ | {"HOME": str(folder)},
    )
    if not all((folder / "out" / path.name).exists() for path in paths):
        raise GateRefused(f"LibreOffice cannot open the workbook: {done.stderr.decode()[-200:]}")


def _rows(path: Path) -> list[list[Any]]:
    """Return the rows of students, with the values that the file shows."""
    import python_calamine

    sheet = python_calamine.load_workbook(str(path)).get_sheet_by_name(INPUTS)
    return sheet.to_python(skip_empty_area=False)[FIRST:]


def _numbers(cells: Sequence[Any]) -> list[float]:
    return [cell if isinstance(cell, float) else np.nan for cell in cells]


def _read(path: Path, columns: int, rows: int) -> FloatArray:
    """Return chance and limits (n, 3) as a file shows them."""
    found = [_numbers(row[columns : columns + 3]) for row in _rows(path)[:rows]]
    return np.array(found, dtype=float).reshape(-1, 3)


def _as_written(path: Path, recalculated: Path) -> Proof:
    """Compare all that the file shows with what it shows recalculated."""
    worst, where = 0.0, "the rows of the file"
    for written, again in zip(_rows(path), _rows(recalculated), strict=False):
        for one, other in zip(written, again, strict=False):
            if isinstance(one, float) and isinstance(other, float):
                worst = max(worst, abs(one - other))
            elif one != other:
                worst, where = np.inf, f"a cell that shows {one!r} and should show {other!r}"
    return Proof("LibreOffice, as it is written,", len(_rows(path)), worst, where)


def _calculated(path: Path, columns: int, rows: int) -> FloatArray:
    """Return chance and limits (n, 3) as `formulas` calculates them."""
    import formulas

    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):  # it shows progress
        warnings.simplefilter("ignore")
        solution = formulas.ExcelModel().loads(str(path)).finish().calculate()
    values = {str(key).upper(): value for key, value in solution.items()}
    found = np.full((rows, 3), np.nan)
    for row in range(rows):
        for answer in range(3):
            cell = f"{column_name(columns + answer)}{FIRST + row + 1}"
            key = f"'[{path.name}]{INPUTS}'!{cell}".upper()
            found[row, answer] = _number(values[key].value[0, 0])
    return found


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float, np.number)) else np.nan

"""What a model can be exported to: how each is written, and how it is proved."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from placement.data.schema import Target
from placement.model.scorer import Scorer
from placement.reporting.export.formula import formula_of
from placement.reporting.export.onnx_model import OPSET, onnx_model
from placement.reporting.export.python_file import python_file
from placement.reporting.export.result import Proof
from placement.reporting.export.sql import sql_expression
from placement.workflows.export.cases import Cases
from placement.workflows.export.run_onnx import onnx_proofs
from placement.workflows.export.run_python import python_proofs
from placement.workflows.export.run_sql import sql_proofs

_PLAIN_NUMBERS = "It takes numbers written plainly (7.5, not 7,5 or 75 %); a blank cell is missing."
_SPELLINGS = (
    "Levels match whatever their case, outer blanks and closing dots; other spellings are unknown."
)
_ONNX = (
    f"ONNX opset {OPSET}, double precision: one input (n, 1) a column, numbers as double with NaN "
    'where missing, levels as string with "" where missing.'
)


@dataclass(frozen=True)
class Subject:
    """The model to be written, what is said of it, and the name of the file to write."""

    scorer: Scorer
    target: Target
    threshold: float
    title: str
    file: str


@dataclass(frozen=True)
class ExportFormat:
    """One format: the usual name of its file, the packages it needs beside ours, its two works.

    `remarks` say what the file takes.
    """

    file: str
    write: Callable[[Path, Subject], None]
    prove: Callable[[Path, Cases], Iterable[Proof]]
    remarks: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def ending(self) -> str:
        """The ending of its files."""
        return Path(self.file).suffix


def _write_python(path: Path, subject: Subject) -> None:
    text = python_file(formula_of(subject.scorer), subject.title, subject.file)
    path.write_text(text, encoding="utf-8")


def _write_sql(path: Path, subject: Subject) -> None:
    text = sql_expression(formula_of(subject.scorer), subject.title)
    path.write_text(text, encoding="utf-8")


def _write_onnx(path: Path, subject: Subject) -> None:
    model = onnx_model(formula_of(subject.scorer), subject.title)
    path.write_bytes(model.SerializeToString(deterministic=True))


FORMATS = {
    "sql": ExportFormat("model.sql", _write_sql, sql_proofs, (_PLAIN_NUMBERS, _SPELLINGS)),
    "python": ExportFormat("model.py", _write_python, python_proofs, (_PLAIN_NUMBERS,)),
    "onnx": ExportFormat(
        "model.onnx", _write_onnx, onnx_proofs, (_ONNX, _SPELLINGS), ("onnx", "onnxruntime")
    ),
}

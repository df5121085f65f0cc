"""What a model can be exported to: how each is written, and how it is proved."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from placement.reporting.export.formula import formula_of
from placement.reporting.export.nomogram import nomogram
from placement.reporting.export.onnx_model import OPSET, onnx_model
from placement.reporting.export.python_file import python_file
from placement.reporting.export.result import Proof
from placement.reporting.export.sql import sql_expression
from placement.reporting.export.subject import Subject
from placement.reporting.export.workbook import write_workbook
from placement.workflows.export.cases import Cases
from placement.workflows.export.run_nomogram import nomogram_proofs
from placement.workflows.export.run_onnx import onnx_proofs
from placement.workflows.export.run_python import python_proofs
from placement.workflows.export.run_sql import sql_proofs
from placement.workflows.export.run_workbook import office, workbook_proofs

_PLAIN_NUMBERS = "It takes numbers written plainly (7.5, not 7,5 or 75 %); a blank cell is missing."
_SPELLINGS = (
    "Levels match whatever their case, outer blanks and closing dots; other spellings are unknown."
)
_ONNX = (
    f"ONNX opset {OPSET}, double precision: one input (n, 1) a column, numbers as double with NaN "
    'where missing, levels as string with "" where missing.'
)
_WORKBOOK = "Type a student a row into the sheet Students; chance, interval and reasons follow."
_PAPER = "Print it on A4: add up the points of a student, and read the chance below."
_NOTHING_TO_RUN = "A card is words: there is nothing in it to be run. Its figures are the model's."


@dataclass(frozen=True)
class ExportFormat:
    """One format: the usual name of its file, how it is written, and how proved.

    `remarks` say what the file takes. `needs`: the packages beside ours without which it cannot be
    written or proved, unless there is an `instead`.
    """

    file: str
    write: Callable[[Path, Subject], None]
    prove: Callable[[Path, Cases, Subject], Iterable[Proof]]
    remarks: tuple[str, ...]
    needs: tuple[str, ...] = ()
    instead: Callable[[], str | None] = lambda: None

    @property
    def ending(self) -> str:
        """The ending of its files."""
        return Path(self.file).suffix

    @property
    def lacking(self) -> tuple[str, ...]:
        """The packages that are needed and not installed."""
        lacking = tuple(name for name in self.needs if find_spec(name) is None)
        return () if lacking and self.instead() else lacking


def _write_python(path: Path, subject: Subject) -> None:
    text = python_file(formula_of(subject.scorer), subject.title, subject.file)
    path.write_text(text, encoding="utf-8")


def _write_sql(path: Path, subject: Subject) -> None:
    text = sql_expression(formula_of(subject.scorer), subject.title)
    path.write_text(text, encoding="utf-8")


def _write_onnx(path: Path, subject: Subject) -> None:
    model = onnx_model(formula_of(subject.scorer), subject.title)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _write_nomogram(path: Path, subject: Subject) -> None:
    path.write_text(nomogram(subject), encoding="utf-8")


def _write_card(path: Path, subject: Subject) -> None:
    path.write_text(subject.card, encoding="utf-8")


def _nothing_to_run(_path: Path, _cases: Cases, _subject: Subject) -> Iterable[Proof]:
    return ()


FORMATS = {
    "xlsx": ExportFormat(
        "model.xlsx", write_workbook, workbook_proofs, (_WORKBOOK,), ("formulas",), office
    ),
    "sql": ExportFormat("model.sql", _write_sql, sql_proofs, (_PLAIN_NUMBERS, _SPELLINGS)),
    "python": ExportFormat("model.py", _write_python, python_proofs, (_PLAIN_NUMBERS,)),
    "onnx": ExportFormat(
        "model.onnx", _write_onnx, onnx_proofs, (_ONNX, _SPELLINGS), ("onnx", "onnxruntime")
    ),
    "nomogram": ExportFormat("nomogram.svg", _write_nomogram, nomogram_proofs, (_PAPER,)),
    "card": ExportFormat("MODEL_CARD.md", _write_card, _nothing_to_run, (_NOTHING_TO_RUN,)),
}

"""Explain the chosen students of a table: their chance taken apart, and what would matter."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from placement.arrays import IndexArray
from placement.data.columns.left_out import RowsLeftOut, describe_rows
from placement.data.formats.blocks import Block, BlockRequest
from placement.data.formats.faulty_rows import answer_each
from placement.data.formats.table_reader import Reader
from placement.data.schema import Feature
from placement.evaluation.explanation.contributions import explain, reasons
from placement.evaluation.explanation.counterfactual import counterfactual
from placement.model.fitted import Fitted
from placement.reporting.results import ExplainedStudents, Student
from placement.runtime.progress import ProgressListener
from placement.workflows.reading.find_model import Model
from placement.workflows.reading.number_formats import FileFormats
from placement.workflows.scoring.choose_students import StudentChoice
from placement.workflows.scoring.score_blocks import ScoringWarnings, match


@dataclass(frozen=True)
class Question:
    """What is asked of students: with which `features` different they would `reach` a probability.

    At most `most` of them are explained, None for all.
    """

    model: Model
    fitted: Fitted
    formats: FileFormats
    features: Sequence[Feature]
    reach: float
    most: int | None


def explain_students(
    reader: Reader, choice: StudentChoice, question: Question, listener: ProgressListener
) -> ExplainedStudents:
    """Explain the students of a choice; `DataError` where there is none."""
    students: list[Student] = []
    left_out, warnings = RowsLeftOut(), ScoringWarnings()
    chosen = total = 0
    with listener.progress("explaining", "rows", reader.likely_rows) as progress:
        for whole in reader.blocks(BlockRequest(as_text=frozenset(choice.identifying))):
            block = whole.students()
            rows = choice.rows(block, total, question.formats)
            chosen += len(rows)
            if question.most is not None:
                rows = rows[: question.most - len(students)]
            if len(rows):
                for student in _explained(block, rows, total, question, choice, warnings):
                    students.append(student)
                    progress.update(student.row)
            total += len(block)
            left_out.add(whole)
    faulty = left_out.faulty
    faults = answer_each(faulty, total + len(faulty), reader.bad_rows, reader.name)
    if not students:
        choice.refuse(total)
    return ExplainedStudents(
        students=tuple(students),
        chosen=chosen,
        total=total,
        in_sheet=reader.kind == "excel",
        warnings=(*faults, *describe_rows(left_out.others, "left out"), *warnings.warnings),
    )


def _explained(
    block: Block,
    rows: IndexArray,
    before: int,
    question: Question,
    choice: StudentChoice,
    warnings: ScoringWarnings,
) -> Iterator[Student]:
    """Explain some rows of a block that so many rows of the table stand `before`."""
    fitted, formats = question.fitted, question.formats[block.file]
    cells = {
        name: block.columns[spelling][rows]
        for name, spelling in match(block, question.model).items()
    }
    problems = fitted.encoder.problems(cells, formats)
    warnings.add(problems, lambda row: block.where(int(rows[row])))
    explanation = explain(fitted, cells, formats)
    reasons_by_row = reasons(fitted, explanation, cells, formats)
    for index, row in enumerate(rows.tolist()):
        cells_of_row = {name: column[index] for name, column in cells.items()}
        line, identity = choice.identity(block, row)
        yield Student(
            row=before + 1 + row,
            line=line,
            identity=identity,
            probability=float(explanation.probability[index]),
            low=None if explanation.low is None else float(explanation.low[index]),
            high=None if explanation.high is None else float(explanation.high[index]),
            logit=float(explanation.logit[index]),
            average=explanation.average,
            contributions=tuple(
                zip(explanation.columns, explanation.contributions[index].tolist(), strict=True)
            ),
            reasons=reasons_by_row[index],
            what_if=counterfactual(
                fitted, cells_of_row, question.features, question.reach, formats
            ),
        )

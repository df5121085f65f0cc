"""Explain: the model as a table; for students, the parts of their chance and what would matter."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from placement.arrays import IndexArray
from placement.config.file_options import FileOptions
from placement.data.columns.left_out import RowsLeftOut, describe_rows
from placement.data.formats.blocks import Block, BlockRequest
from placement.data.formats.faulty_rows import answer_each
from placement.data.schema import Feature
from placement.errors import DataError, ModelError, UsageError
from placement.evaluation.coefficients import estimates, is_penalised, per_units
from placement.evaluation.explanation.actionable import changeable
from placement.evaluation.explanation.contributions import explain, reasons
from placement.evaluation.explanation.counterfactual import counterfactual
from placement.model.figures import CoefficientEstimate
from placement.model.fitted import Fitted, load_fitted
from placement.model.scorer import Formats, TableLike
from placement.reporting.results import ExplainResult, Student
from placement.reporting.text.coefficients import unpenalised
from placement.runtime.progress import NoProgress, ProgressListener
from placement.workflows.reading.find_model import Model, find_model
from placement.workflows.reading.number_formats import number_formats
from placement.workflows.reading.open_for_model import open_for
from placement.workflows.scoring.score_blocks import ScoringWarnings, match

MOST_IN_TEXT = 5


@dataclass(frozen=True)
class ExplainRequest(FileOptions):
    """Which model to explain, and which students of `data`: one `row`, or the first `most`.

    `row` is the 1-based data row. `reach` is the probability that what-if asks for, `units` per how
    many of a column's units its coefficient is shown.
    """

    data: str | None = None
    model: str = "champion"
    row: int | None = None
    reach: float = 0.7
    changeable: tuple[str, ...] = ()
    unpenalised: bool = False
    units: Mapping[str, float] = field(default_factory=dict)
    as_json: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.data is None and self.row is not None:
            raise UsageError("--row is a row of a file: name DATA")

    @property
    def most(self) -> int | None:
        """How many students are explained; None for all."""
        return None if self.as_json or self.row is not None else MOST_IN_TEXT


def explain_model(
    request: ExplainRequest, listener: ProgressListener = NoProgress()
) -> ExplainResult:
    """Explain a model and, where the request names data, its students."""
    model = find_model(request.model, listener)
    fitted = load_fitted(model.directory)
    features = changeable(fitted.schema, request.changeable)
    rows = _rows(fitted, request)
    students: list[Student] = []
    warnings, total = ScoringWarnings(), None
    faults: tuple[str, ...] = ()
    if request.data is not None:
        students, total, faults = _students(model, fitted, request, features, warnings, listener)
    return ExplainResult(
        model=model.about,
        fitted=fitted,
        coefficients=rows,
        maximised=request.unpenalised or not is_penalised(fitted),
        students=tuple(students),
        total=total,
        warnings=(*faults, *warnings.warnings),
    )


def _rows(fitted: Fitted, request: ExplainRequest) -> tuple[CoefficientEstimate, ...]:
    """Return the coefficients of the fit with the penalty, or of that without."""
    plain = not is_penalised(fitted) and not fitted.config.get("firth")
    if not request.unpenalised or plain:
        return per_units(fitted, estimates(fitted), request.units)
    rows = unpenalised(fitted)
    if rows is None:
        fit = fitted.figures.unpenalised
        why = "it was not recorded" if fit is None else fit.why
        raise ModelError(f"--unpenalised: no maximum-likelihood fit of this model: {why}")
    return per_units(fitted, rows, request.units)


def _students(
    model: Model,
    fitted: Fitted,
    request: ExplainRequest,
    features: Sequence[Feature],
    warnings: ScoringWarnings,
    listener: ProgressListener,
) -> tuple[list[Student], int, tuple[str, ...]]:
    reader = open_for(model, str(request.data), request, listener)
    formats = number_formats(model, reader, request, listener)
    question = request.reach, features
    students: list[Student] = []
    left_out = RowsLeftOut()
    total = 0
    with listener.progress("explaining", "rows", reader.likely_rows) as progress:
        for whole in reader.blocks(BlockRequest()):
            block = whole.students()
            rows = _rows_to_explain(request, total, len(block), len(students))
            if len(rows):
                columns = {
                    name: block.columns[spelling] for name, spelling in match(block, model).items()
                }
                cells = {name: column[rows] for name, column in columns.items()}
                warnings.add(
                    fitted.encoder.problems(cells, formats[block.file]), _where(block, rows)
                )
                numbers = (total + 1 + rows).tolist()
                for student in _explained(fitted, cells, numbers, question, formats[block.file]):
                    students.append(student)
                    progress.update(student.row)
            total += len(block)
            left_out.add(whole)
    faulty = left_out.faulty
    faults = answer_each(faulty, total + len(faulty), reader.bad_rows, reader.name)
    faults = (*faults, *describe_rows(left_out.others, "left out"))
    if request.row is not None and not students:
        raise DataError(f"{reader.name}: there is no row {request.row}; it has {total:,}")
    return students, total, faults


def _rows_to_explain(request: ExplainRequest, before: int, rows: int, explained: int) -> IndexArray:
    """Return which rows of a block are asked about: the one, or as many as are left to tell."""
    if request.row is not None:
        row = request.row - 1 - before
        return np.arange(rows)[row : row + 1] if 0 <= row < rows else np.arange(0)
    left = rows if request.most is None else min(rows, request.most - explained)
    return np.arange(left)


def _where(block: Block, rows: IndexArray) -> Callable[[int], str]:
    return lambda row: block.where(int(rows[row]))


def _explained(
    fitted: Fitted,
    cells: TableLike,
    numbers: Sequence[int],
    question: tuple[float, Sequence[Feature]],
    formats: Formats,
) -> Iterator[Student]:
    explanation = explain(fitted, cells, formats)
    reasons_by_row = reasons(fitted, explanation, cells, formats)
    reach, features = question
    for index, number in enumerate(numbers):
        cells_of_row = {name: column[index] for name, column in cells.items()}
        yield Student(
            row=number,
            probability=float(explanation.probability[index]),
            low=None if explanation.low is None else float(explanation.low[index]),
            high=None if explanation.high is None else float(explanation.high[index]),
            logit=float(explanation.logit[index]),
            average=explanation.average,
            contributions=tuple(
                zip(explanation.columns, explanation.contributions[index].tolist(), strict=True)
            ),
            reasons=reasons_by_row[index],
            what_if=counterfactual(fitted, cells_of_row, features, reach, formats),
        )

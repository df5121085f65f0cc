"""Explain: the model as a table; for students, the parts of their chance and what would matter."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from placement.arrays import IndexArray
from placement.data.formats.blocks import Block, BlockRequest
from placement.data.schema import Feature
from placement.errors import DataError, ModelError, UsageError
from placement.evaluation.coefficients import estimates, is_penalised, per_units
from placement.evaluation.explanation.actionable import changeable
from placement.evaluation.explanation.contributions import explain, reasons
from placement.evaluation.explanation.counterfactual import counterfactual
from placement.model.figures import CoefficientEstimate
from placement.model.fitted import Fitted, load_fitted
from placement.reporting.results import ExplainResult, Student
from placement.reporting.text.coefficients import unpenalised
from placement.runtime.progress import NoProgress, ProgressListener
from placement.workflows.reading.find_model import Model, find_model
from placement.workflows.reading.open_for_model import open_for
from placement.workflows.scoring.score_blocks import ScoringWarnings, match

MOST_IN_TEXT = 5


@dataclass(frozen=True)
class ExplainRequest:
    """Which model to explain, and which students of `data`: one `row`, or the first `most`.

    `row` is the 1-based data row. `reach` is the probability that what-if asks for, `units` per how
    many of a column's units its coefficient is told.
    """

    data: str | None = None
    model: str = "champion"
    row: int | None = None
    reach: float = 0.7
    changeable: tuple[str, ...] = ()
    unpenalised: bool = False
    units: Mapping[str, float] = field(default_factory=dict)
    as_json: bool = False
    names: tuple[str, ...] = ()
    sheet: str | None = None

    def __post_init__(self) -> None:
        if self.data is None and self.row is not None:
            raise UsageError("--row is a row of a file: name DATA")

    @property
    def most(self) -> int | None:
        """How many students are explained; None for all."""
        return None if self.as_json or self.row is not None else MOST_IN_TEXT


def explain_model(
    request: ExplainRequest, watcher: ProgressListener = NoProgress()
) -> ExplainResult:
    """Explain a model and, where the request names data, its students."""
    model = find_model(request.model, watcher)
    fitted = load_fitted(model.directory)
    features = changeable(fitted.schema, request.changeable)
    rows = _rows(fitted, request)
    students: list[Student] = []
    doubts, total = ScoringWarnings(), None
    if request.data is not None:
        students, total = _students(model, fitted, request, features, doubts, watcher)
    return ExplainResult(
        model=model.about,
        fitted=fitted,
        coefficients=rows,
        maximised=request.unpenalised or not is_penalised(fitted),
        students=tuple(students),
        total=total,
        warnings=doubts.warnings,
    )


def _rows(fitted: Fitted, request: ExplainRequest) -> tuple[CoefficientEstimate, ...]:
    """Return the coefficients that are asked for."""
    plain = not is_penalised(fitted) and not fitted.config.get("firth")
    if not request.unpenalised or plain:
        return per_units(fitted, estimates(fitted), request.units)
    rows = unpenalised(fitted)
    if rows is None:
        why = (fitted.figures.get("maximum_likelihood") or {}).get("why", "it was not recorded")
        raise ModelError(f"--unpenalised: no maximum-likelihood fit of this model: {why}")
    return per_units(fitted, rows, request.units)


def _students(
    model: Model,
    fitted: Fitted,
    request: ExplainRequest,
    features: Sequence[Feature],
    doubts: ScoringWarnings,
    watcher: ProgressListener,
) -> tuple[list[Student], int]:
    source = str(request.data)
    reader = open_for(model, source, watcher, names=request.names, sheet=request.sheet)
    asked, decimal = (request.reach, features), reader.decimal
    found: list[Student] = []
    total = 0
    with watcher.progress("explaining", "rows", reader.likely_rows) as progress:
        for block in reader.blocks(BlockRequest()):
            places = _places(request, total, len(block), len(found))
            if len(places):
                own = {name: block.columns[there] for name, there in match(block, model).items()}
                cells = {name: column[places] for name, column in own.items()}
                doubts.add(fitted.encoder.problems(cells, decimal), _where(block, places))
                numbers = (total + 1 + places).tolist()
                for student in _explained(fitted, cells, numbers, asked, decimal):
                    found.append(student)
                    progress.update(student.row)
            total += len(block)
    if request.row is not None and not found:
        raise DataError(f"{reader.name}: there is no row {request.row}; it has {total:,}")
    return found, total


def _places(request: ExplainRequest, before: int, rows: int, found: int) -> IndexArray:
    """Return which rows of a block are asked about: the one, or as many as are left to tell."""
    if request.row is not None:
        place = request.row - 1 - before
        return np.arange(rows)[place : place + 1] if 0 <= place < rows else np.arange(0)
    left = rows if request.most is None else min(rows, request.most - found)
    return np.arange(left)


def _where(block: Block, places: IndexArray) -> Callable[[int], str]:
    return lambda row: block.where(int(places[row]))


def _explained(
    fitted: Fitted,
    cells: Mapping[str, Any],
    numbers: Sequence[int],
    asked: tuple[float, Sequence[Feature]],
    decimal: str,
) -> Iterator[Student]:
    seen = explain(fitted, cells, decimal)
    said = reasons(fitted, seen, cells, decimal)
    reach, features = asked
    for place, number in enumerate(numbers):
        one = {name: column[place] for name, column in cells.items()}
        yield Student(
            row=number,
            probability=float(seen.probability[place]),
            low=None if seen.low is None else float(seen.low[place]),
            high=None if seen.high is None else float(seen.high[place]),
            logit=float(seen.logit[place]),
            average=seen.average,
            contributions=tuple(zip(seen.columns, seen.contributions[place].tolist(), strict=True)),
            reasons=said[place],
            what_if=counterfactual(fitted, one, features, reach, decimal),
        )

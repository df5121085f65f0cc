"""Explain: the model as a table; for students, the parts of their chance and what would matter."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.arrays import IndexArray
from placement.data.formats.blocks import Block, BlockRequest
from placement.data.schema import Feature
from placement.errors import DataError, ModelError
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


@dataclass(frozen=True)
class Question:
    """What is asked of a model, and of the students of `source`: the first `most`, or one `row`.

    `row` is the 1-based data row. `reach` is the probability that what-if asks for, `units` per how
    many of a column's units its coefficient is told.
    """

    source: str | None = None
    row: int | None = None
    most: int | None = None
    reach: float = 0.7
    changeable: tuple[str, ...] = ()
    unpenalised: bool = False
    units: Mapping[str, float] | None = None
    names: tuple[str, ...] = ()
    sheet: str | None = None


def explain_model(
    name: str, question: Question, watcher: ProgressListener = NoProgress()
) -> ExplainResult:
    """Explain the model that `name` names and, where the question names data, its students."""
    model = find_model(name, watcher)
    fitted = load_fitted(model.directory)
    features = changeable(fitted.schema, question.changeable)
    rows = _rows(fitted, question)
    students: list[Student] = []
    doubts, total = ScoringWarnings(), None
    if question.source is not None:
        students, total = _students(model, fitted, question, features, doubts, watcher)
    return ExplainResult(
        model=model.about,
        fitted=fitted,
        coefficients=rows,
        maximised=question.unpenalised or not is_penalised(fitted),
        students=tuple(students),
        total=total,
        warnings=doubts.warnings,
    )


def _rows(fitted: Fitted, question: Question) -> tuple[CoefficientEstimate, ...]:
    """Return the coefficients that are asked for."""
    plain = not is_penalised(fitted) and not fitted.config.get("firth")
    if not question.unpenalised or plain:
        return per_units(fitted, estimates(fitted), question.units or {})
    rows = unpenalised(fitted)
    if rows is None:
        why = (fitted.figures.get("maximum_likelihood") or {}).get("why", "it was not recorded")
        raise ModelError(f"--unpenalised: no maximum-likelihood fit of this model: {why}")
    return per_units(fitted, rows, question.units or {})


def _students(
    model: Model,
    fitted: Fitted,
    question: Question,
    features: Sequence[Feature],
    doubts: ScoringWarnings,
    watcher: ProgressListener,
) -> tuple[list[Student], int]:
    source = str(question.source)
    reader = open_for(model, source, watcher, names=question.names, sheet=question.sheet)
    asked, decimal = (question.reach, features), reader.decimal
    found: list[Student] = []
    total = 0
    with watcher.progress("explaining", "rows", reader.likely_rows) as progress:
        for block in reader.blocks(BlockRequest()):
            places = _places(question, total, len(block), len(found))
            if len(places):
                own = {name: block.columns[there] for name, there in match(block, model).items()}
                cells = {name: column[places] for name, column in own.items()}
                doubts.add(fitted.encoder.problems(cells, decimal), _where(block, places))
                numbers = (total + 1 + places).tolist()
                for student in _explained(fitted, cells, numbers, asked, decimal):
                    found.append(student)
                    progress.update(student.row)
            total += len(block)
    if question.row is not None and not found:
        raise DataError(f"{reader.name}: there is no row {question.row}; it has {total:,}")
    return found, total


def _places(question: Question, before: int, rows: int, found: int) -> IndexArray:
    """Return which rows of a block are asked about: the one, or as many as are left to tell."""
    if question.row is not None:
        place = question.row - 1 - before
        return np.arange(rows)[place : place + 1] if 0 <= place < rows else np.arange(0)
    left = rows if question.most is None else min(rows, question.most - found)
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

"""Explain: the model as a table; for students, the parts of their chance and what would matter."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from placement.config.file_options import FileOptions
from placement.data.columns.row_rules import parse_rule
from placement.errors import ModelError, UsageError
from placement.evaluation.coefficients import estimates, is_penalised, per_units
from placement.evaluation.explanation.actionable import changeable
from placement.model.figures import CoefficientEstimate
from placement.model.fitted import Fitted, load_fitted
from placement.reporting.results import ExplainedStudents, ExplainResult
from placement.reporting.text.coefficients import unpenalised
from placement.runtime.progress import NoProgress, ProgressListener
from placement.workflows.reading.find_model import find_model
from placement.workflows.reading.number_formats import number_formats
from placement.workflows.reading.open_for_model import open_for
from placement.workflows.scoring.choose_students import choose_students
from placement.workflows.scoring.explain_students import Question, explain_students

MOST_IN_TEXT = 5


@dataclass(frozen=True)
class ExplainRequest(FileOptions):
    """Which model to explain, and which students of `data`: the first `most` of those asked about.

    `row` is one 1-based data row, `where` a rule, `id` a register number, name or mail. `reach` is
    the probability that what-if asks for, `units` per how many of a column's units its coefficient
    is shown.
    """

    data: str | None = None
    model: str = "champion"
    row: int | None = None
    where: str | None = None
    id: str | None = None
    reach: float = 0.7
    changeable: tuple[str, ...] = ()
    unpenalised: bool = False
    units: Mapping[str, float] = field(default_factory=dict)
    as_json: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        asked = [name for name in ("row", "where", "id") if getattr(self, name) is not None]
        if self.data is None and asked:
            raise UsageError(f"--{asked[0]} is of the rows of a file: name DATA")
        if len(asked) > 1:
            raise UsageError(f"--{asked[0]} and --{asked[1]} both name students: give one of them")

    @property
    def most(self) -> int | None:
        """How many students are explained; None for all."""
        return None if self.as_json else MOST_IN_TEXT


def explain_model(
    request: ExplainRequest, listener: ProgressListener = NoProgress()
) -> ExplainResult:
    """Explain a model and, where the request names data, its students."""
    rule = parse_rule(request.where, option="--where") if request.where else None
    model = find_model(request.model, listener)
    fitted = load_fitted(model.directory)
    features = changeable(fitted.schema, request.changeable)
    rows = _rows(fitted, request)
    explained: ExplainedStudents | None = None
    if request.data is not None:
        reader = open_for(model, request.data, request, listener)
        choice = choose_students(reader, model.schema, request.row, rule, request.id)
        formats = number_formats(model, reader, request, listener, choice.rule_columns)
        question = Question(model, fitted, formats, features, request.reach, request.most)
        explained = explain_students(reader, choice, question, listener)
    return ExplainResult(
        model=model.about,
        fitted=fitted,
        coefficients=rows,
        maximised=request.unpenalised or not is_penalised(fitted),
        explained=explained,
        warnings=() if explained is None else explained.warnings,
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

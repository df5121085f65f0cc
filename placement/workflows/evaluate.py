"""Evaluate: run the perceptron on rows whose outcome is known."""

from placement.data.storage import IN_MEMORY
from placement.data.understanding import Table
from placement.evaluation.evaluation import evaluate
from placement.model.fitted import load_fitted
from placement.model.scorer import Problem
from placement.reporting.results import EvaluateResult
from placement.workflows.labelled import read_like
from placement.workflows.models import find_model
from placement.workflows.predict_one import phrase
from placement.workflows.watching import Nobody, Watcher


def evaluate_file(
    name: str,
    source: str,
    threshold: float | None,
    watcher: Watcher = Nobody(),
    *,
    names: tuple[str, ...] = (),
    sheet: str | None = None,
) -> EvaluateResult:
    """Measure the model that `name` names on a file with outcomes."""
    model = find_model(name, watcher)
    fitted = load_fitted(model.directory)
    table = read_like(source, model.schema, IN_MEMORY, watcher, names=names, sheet=sheet)
    found = evaluate(fitted, table, threshold=threshold)
    columns = {feature: table.columns[feature] for feature in model.schema.feature_names}
    doubts = tuple(_where(table, problem) for problem in fitted.encoder.problems(columns))
    if table.digest == model.figures.get("data_digest"):
        doubts = (f"{table.name} is the very table the model was trained on: it flatters", *doubts)
    return EvaluateResult(table.name, model.about, found, (*table.warnings, *doubts))


def _where(table: Table, problem: Problem) -> str:
    more = f" (and {len(problem.rows) - 1:,} more rows)" if len(problem.rows) > 1 else ""
    row = table.rows[problem.rows[0]]
    return f"{table.name}, row {row}, column {problem.column}: {phrase(problem)}{more}"

"""Compare: several models on the same rows, each with the first."""

from dataclasses import dataclass

from placement.arrays import Document
from placement.errors import Grave, ModelError, UsageError
from placement.evaluation.evaluate import evaluate_probabilities
from placement.model.fitted import load_fitted
from placement.reporting.text.comparison import Compared, CompareResult
from placement.runtime.progress import NoProgress, ProgressListener
from placement.workflows.reading.find_model import Model, find_model
from placement.workflows.selection.paired_scores import (
    PairedScores,
    RowSource,
    score_pairs,
    target_difference,
)


@dataclass(frozen=True, kw_only=True)
class CompareRequest(RowSource):
    """Which models to compare on the rows of a file, each with the first."""

    models: tuple[str, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.models) < 2:
            raise UsageError("name two models or more, such as: champion challenger")


def compare_models(
    request: CompareRequest, listener: ProgressListener = NoProgress()
) -> CompareResult:
    """Measure models on the same rows, and compare each with the first.

    Raises ModelError where one predicts another outcome than the first.
    """
    models = [find_model(name, listener) for name in request.models]
    for model in models[1:]:
        if difference := target_difference(model.schema, models[0].schema):
            raise ModelError(
                f"{model.name} cannot be compared with {models[0].name}: it predicts {difference}"
            )
    scores = score_pairs(models, request, listener)
    comparisons = tuple(scores.compare(0, other, listener) for other in range(1, len(models)))
    compared = tuple(_measured(model, scores, number) for number, model in enumerate(models))
    warnings = (
        Grave(
            f"{model.name} was trained on this very table: its figures flatter, and so does a "
            "comparison with models that were not"
        )
        for model in compared
        if model.trained_here
    )
    outcome = models[0].schema.target.outcome
    return CompareResult(scores.name, outcome, compared, comparisons, (*scores.warnings, *warnings))


def _measured(model: Model, scores: PairedScores, number: int) -> Compared:
    evaluation = evaluate_probabilities(
        scores.probabilities[number],
        scores.label,
        scores.weight,
        training_base_rate=model.figures.base_rate,
        threshold=model.threshold,
        clusters=scores.clusters,
    )
    return Compared(
        model.name, model.about, evaluation, scores.trained_here[number], _parameters(model)
    )


def _parameters(model: Model) -> Document:
    """What may make a model other than another: settings, columns, threshold, rows."""
    return {
        **load_fitted(model.directory).config,
        "features": list(model.schema.feature_names),
        "threshold": model.threshold,
        "training rows": model.figures.rows.train,
        "training base rate": model.figures.base_rate,
        "training data (SHA-256)": model.figures.data_digest,
    }

"""Compare: several models on the same rows, each with the first."""

from collections.abc import Sequence
from typing import Any

from placement.errors import ModelError, UsageError
from placement.evaluation.comparison import REPLICATES, compare
from placement.evaluation.evaluate import evaluate_probabilities
from placement.model.bundle import open_bundle
from placement.reporting.text.comparison import Compared, CompareResult
from placement.runtime.progress import NoProgress, ProgressListener
from placement.workflows.reading.find_model import Model, find_model
from placement.workflows.selection.paired_scores import (
    PairedScores,
    RowSource,
    score_pairs,
    target_difference,
)


def compare_models(
    names: Sequence[str], rows: RowSource, watcher: ProgressListener = NoProgress()
) -> CompareResult:
    """Measure the models that `names` name on the same rows, and each with the first.

    Raises ModelError where one predicts another outcome than the first.
    """
    if len(names) < 2:
        raise UsageError("name two models or more, such as: champion challenger")
    models = [find_model(name, watcher) for name in names]
    for model in models[1:]:
        if told := target_difference(model.schema, models[0].schema):
            raise ModelError(
                f"{model.name} cannot be compared with {models[0].name}: it predicts {told}"
            )
    found = score_pairs(models, rows, watcher)
    first = found.probabilities[0]
    pairs = []
    for model, other in zip(models[1:], found.probabilities[1:], strict=True):
        with watcher.progress("resampling", "samples", REPLICATES) as progress:
            pairs.append(
                compare(
                    first,
                    other,
                    found.label,
                    found.weight,
                    thresholds=(models[0].threshold, model.threshold),
                    on_progress=progress.update,
                )
            )
    compared = tuple(_measured(model, found, place) for place, model in enumerate(models))
    flattered = (
        f"{own.name} was trained on this very table: its figures flatter, and so does a "
        "comparison with models that were not"
        for own in compared
        if own.trained_here
    )
    return CompareResult(found.name, compared, tuple(pairs), (*found.warnings, *flattered))


def _measured(model: Model, found: PairedScores, place: int) -> Compared:
    evaluation = evaluate_probabilities(
        found.probabilities[place],
        found.label,
        found.weight,
        training_base_rate=model.figures.get("base_rate"),
        threshold=model.threshold,
    )
    return Compared(
        model.name, model.about, evaluation, found.trained_here[place], _parameters(model)
    )


def _parameters(model: Model) -> dict[str, Any]:
    """What may make a model other than another: settings, columns, threshold, rows."""
    return {
        **open_bundle(model.directory).document["config"],
        "features": list(model.schema.feature_names),
        "threshold": model.threshold,
        "training rows": model.figures.get("rows", {}).get("train"),
        "training base rate": model.figures.get("base_rate"),
        "training data (SHA-256)": model.figures.get("data_digest"),
    }

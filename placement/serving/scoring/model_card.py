"""What a served model is: its columns, its figures, and the first lines of its card."""

from dataclasses import asdict
from typing import Any

from placement.data.schema import Feature
from placement.model.bundle import finite
from placement.model.figures import figures_document
from placement.model.scorer import CategoryColumn, NumberColumn
from placement.reporting.report.sections import summary_of
from placement.reporting.report.verdicts import Report
from placement.serving.scoring.served_model import ServedModel


def describe(model: ServedModel) -> dict[str, Any]:
    """Return the document of `GET /v1/model`; it holds no cell of a student."""
    source, schema = model.source, model.schema
    about = {"model": model.name, "version": source.version, "created": source.created}
    figures, card = model.fitted.figures, None
    if figures.unpenalised is not None and figures.evaluation is not None:
        card = summary_of(Report({**about, "run_id": source.run_id}, model.fitted, None))
    document: dict[str, Any] = finite(
        {
            "format": 1,
            "name": model.name,
            "version": model.version,
            "digest": model.digest,
            "created": source.created,
            "aliases": source.aliases,
            "threshold": model.fitted.threshold,
            "schema": {
                "target": asdict(schema.target),
                "features": [_feature(model, feature) for feature in schema.features],
            },
            "figures": figures_document(figures),
            "card": card,
        }
    )
    return document


def _feature(model: ServedModel, feature: Feature) -> dict[str, Any]:
    """Return a column as somebody needs it who is to fill it in."""
    about: dict[str, Any] = {"name": feature.name, "kind": feature.kind, "scale": feature.scale}
    for column in model.scorer.columns:
        if isinstance(column, NumberColumn) and column.column == feature.name:
            return about | {"low": column.low, "high": column.high, "mean": column.mean}
        if isinstance(column, CategoryColumn) and column.column == feature.name:
            return about | {"levels": list(column.levels)}
    return about

"""Results as JSON documents, in the shapes that other people's scripts rely on."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from placement.model.bundle import finite
from placement.model.fitted import Fitted
from placement.reporting.results import EvaluateResult, TrainResult, Understanding
from placement.reporting.text.nonlinear_terms import curve_rows
from placement.reporting.text.thresholds import net_benefit_rows
from placement.training.gradcheck.report import GradientCheck

FORMAT = 1


def as_json(document: Any) -> str:
    """Return one JSON document; not-finite numbers become null."""
    return json.dumps(finite(document), ensure_ascii=False, indent=1)


def understanding_document(seen: Understanding) -> dict[str, Any]:
    """What `train --dry-run --json` prints."""
    schema = seen.schema
    return {
        "format": FORMAT,
        "target": schema.target.name,
        "positive": schema.target.positive,
        "negative": schema.target.negative,
        "features": [
            {"name": feature.name, "kind": feature.kind, "scale": feature.scale}
            for feature in schema.features
        ],
        "encoded": list(seen.encoder.names),
        "curves": curve_rows(seen.encoder),
        "dropped": _dropped(schema),
        "rows": {**seen.rows, "left_out": dict(seen.left_out)},
        "notes": [*seen.facts, *seen.notes],
        "warnings": list(seen.warnings),
    }


def train_document(result: TrainResult) -> dict[str, Any]:
    """What `train --json` prints."""
    fitted, tracked = result.fitted, result.tracked
    return {
        "format": FORMAT,
        "run_id": tracked.run_id if tracked else None,
        "model_uri": tracked.model_uri if tracked else None,
        "bundle": result.bundle,
        "target": fitted.schema.target.name,
        "positive": fitted.schema.target.positive,
        "features": list(fitted.schema.feature_names),
        "dropped": _dropped(fitted.schema),
        "warnings": list(result.warnings),
        **{name: value for name, value in fitted.figures.items() if name != "profile"},
        "calibration_map": fitted.calibration.document if fitted.calibration else None,
        "intercept": fitted.natural_intercept,
        "coefficients": coefficient_rows(fitted),
    }


def coefficient_rows(fitted: Fitted) -> list[dict[str, Any]]:
    """The model as a table, encoded columns in order, in the file's own units."""
    return [
        {
            "feature": row.feature,
            "coefficient": row.coefficient,
            "coefficient_standardised": row.coefficient_standardised,
        }
        for row in fitted.coefficients
    ]


def _dropped(schema: Any) -> list[dict[str, str]]:
    return [{"column": item.column, "reason": item.reason} for item in schema.dropped]


def evaluation_document(result: EvaluateResult) -> dict[str, Any]:
    """What `evaluate --json` prints."""
    found = result.evaluation
    return {
        "format": FORMAT,
        "source": result.source,
        "model": dict(result.model),
        "rows": found.rows,
        "base_rate": found.base_rate,
        "threshold": found.threshold,
        "metrics": found.metrics.as_dict(),
        "intervals": {
            name: None if pair is None else {"low": pair[0], "high": pair[1]}
            for name, pair in found.intervals.items()
        },
        "method": found.method,
        "confusion": found.confusion.as_dict(),
        "calibration": found.calibration.as_dict(),
        "skill": None if found.skill is None else asdict(found.skill),
        "decision_curve": net_benefit_rows(found.decision_curve),
        "fairness": result.fairness,
        "warnings": list(result.warnings),
    }


def gradcheck_document(check: GradientCheck) -> dict[str, Any]:
    """What `gradcheck --json` prints."""
    return {"format": FORMAT, **check.to_dict()}


def gradcheck_rows(checks: Iterable[tuple[int, GradientCheck]]) -> list[dict[str, Any]]:
    """The gradient checks of a run as a table: one row for each parameter and epoch."""
    return [
        {
            "epoch": epoch,
            **{name: value for name, value in asdict(one).items() if name != "passed"},
            "passed": one.passed,
            "torch_gradcheck": check.torch_gradcheck,
            "clamped_rows": check.clamped_rows,
        }
        for epoch, check in checks
        for one in check.gradients
    ]

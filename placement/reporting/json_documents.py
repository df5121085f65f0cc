"""Results as JSON documents, in the shapes that other people's scripts rely on."""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace

from placement.arrays import Document
from placement.evaluation.metrics.metric_intervals import Intervals
from placement.model.bundle import finite
from placement.model.figures import EvaluationFigures
from placement.model.fitted import Fitted
from placement.reporting.format.verdict_words import verdict_sentence
from placement.reporting.results import EffectResult, EvaluateResult, TrainResult, Understanding
from placement.reporting.text.alternatives import alternatives_document
from placement.reporting.text.coefficients import inference_document, unpenalised_document
from placement.reporting.text.fairness import fairness_document
from placement.reporting.text.nonlinear_terms import curve_rows
from placement.reporting.text.thresholds import decision_document, net_benefit_rows
from placement.stats.verdict import useful_gain
from placement.training.gradcheck.report import GradientCheck

FORMAT = 1
_NESTED = ("evaluation", "inference", "unpenalised", "profile", "rankings")


def as_json(document: Document | list[Document]) -> str:
    """Return one JSON document; not-finite numbers become null."""
    return json.dumps(finite(document), ensure_ascii=False, indent=1)


def understanding_document(understanding: Understanding) -> Document:
    """What `train --dry-run --json` prints."""
    schema = understanding.schema
    return {
        "format": FORMAT,
        "target": schema.target.name,
        "positive": schema.target.positive,
        "negative": schema.target.negative,
        "features": [asdict(feature) for feature in schema.features],
        "encoded": list(understanding.encoder.names),
        "curves": curve_rows(understanding.encoder),
        "dropped": [asdict(column) for column in schema.dropped],
        "rows": {**understanding.rows, "left_out": dict(understanding.left_out)},
        "notes": [*understanding.facts, *understanding.notes],
        "warnings": list(understanding.warnings),
        "sample_size": understanding.sample_size
        and {"parameters": understanding.parameters, **asdict(understanding.sample_size)},
    }


def train_document(result: TrainResult) -> Document:
    """What `train --json` prints."""
    fitted, tracked = result.fitted, result.tracked
    return {
        "format": FORMAT,
        "run_id": tracked.run_id if tracked else None,
        "model_uri": tracked.model_uri if tracked else None,
        "bundle": result.bundle,
        "device": result.device,
        "target": fitted.schema.target.name,
        "positive": fitted.schema.target.positive,
        "features": list(fitted.schema.feature_names),
        "dropped": [asdict(column) for column in fitted.schema.dropped],
        "warnings": list(result.warnings),
        **_figures(fitted),
        "calibration_map": fitted.calibration.document if fitted.calibration else None,
        "intercept": fitted.natural_intercept,
        "coefficients": [asdict(row) for row in fitted.coefficients],
    }


def _figures(fitted: Fitted) -> Document:
    """Return the figures of a training by the names of the contract."""
    figures, measured = fitted.figures, fitted.figures.evaluated
    flat = asdict(replace(figures, evaluation=None, inference=None, unpenalised=None, profile=None))
    names = {"newton_decrement": "lambda"}
    return {
        **{names.get(name, name): value for name, value in flat.items() if name not in _NESTED},
        "decision": measured.decision and decision_document(measured.decision),
        "metrics_on": measured.metrics_on,
        "metrics": measured.metrics.as_dict(),
        "metrics_method": measured.metrics_method,
        "calibration": measured.calibration and measured.calibration.as_dict(),
        "capture": measured.capture and asdict(measured.capture),
        "calibrate": measured.recalibration and asdict(measured.recalibration),
        "skill": _skill_document(measured),
        "fairness": measured.fairness
        and fairness_document(measured.fairness, fitted.schema.target),
        "gradcheck": asdict(measured.gradcheck),
        "rows_digest": measured.rows_digest,
        "inference": inference_document(figures.inference),
        "maximum_likelihood": unpenalised_document(figures.unpenalised),
    }


def _skill_document(measured: EvaluationFigures) -> Document:
    """Return the gain on the rows measured on, and the verdict with the rows that decided it."""
    verdict = measured.verdict
    decided = {name: value for name, value in asdict(verdict).items() if name != "name"}
    decided["skill"]["useful_gain"] = useful_gain(verdict.skill)
    sentence = verdict_sentence(verdict)
    return {
        **asdict(measured.skill), "verdict": verdict.name, "sentence": sentence, "decided": decided,
    }  # fmt: skip


def evaluation_document(result: EvaluateResult) -> Document:
    """What `evaluate --json` prints."""
    evaluation, compared = result.evaluation, result.alternatives
    rivals = {} if compared is None else {"rivals": alternatives_document(compared)}
    return {
        "format": FORMAT,
        "source": result.source,
        "model": dict(result.model),
        "rows": evaluation.rows,
        "metrics_on": evaluation.metrics_on,
        "as_told": result.as_told,
        "by_seat": [asdict(one) for one in result.by_seat],
        "overrides": result.overrides and asdict(result.overrides),
        "base_rate": evaluation.base_rate,
        "threshold": evaluation.threshold,
        "metrics": evaluation.metrics.as_dict(),
        "intervals": intervals_document(evaluation.intervals),
        "method": evaluation.method,
        "confusion": evaluation.confusion.as_dict(),
        "calibration": evaluation.calibration.as_dict(),
        "skill": evaluation.skill and asdict(evaluation.skill),
        "decision_curve": net_benefit_rows(evaluation.decision_curve),
        "capture": result.capture and asdict(result.capture),
        "fairness": evaluation.fairness and fairness_document(evaluation.fairness, result.target),
        "warnings": list(result.warnings),
        **rivals,
    }


def intervals_document(intervals: Intervals) -> dict[str, dict[str, float] | None]:
    """Return the 95 % limits by metric, null where one is undefined."""
    return {
        name: limits and dict(zip(("low", "high"), limits, strict=True))
        for name, limits in intervals.items()
    }


def gradcheck_document(check: GradientCheck) -> Document:
    """What `gradcheck --json` prints."""
    return {"format": FORMAT, **check.to_dict()}


def gradcheck_rows(checks: Iterable[tuple[int, GradientCheck]]) -> list[Document]:
    """The gradient checks of a run as a table: one row for each parameter and epoch."""
    return [
        {
            "epoch": epoch,
            **asdict(one),
            "torch_gradcheck": check.torch_gradcheck,
            "clamped_rows": check.clamped_rows,
        }
        for epoch, check in checks
        for one in check.gradients
    ]


def effect_document(result: EffectResult) -> Document:
    """What `effect --json` prints; shares, not points."""
    effect = result.effect
    document: Document = {
        "format": FORMAT,
        "verdict": result.verdict,
        "lists": [{"list": name, "id": list_id} for name, list_id in result.lists.items()],
        "outcomes": result.outcomes,
        "positive": None if result.target is None else result.target.positive,
        "drawn": None,
        "not_drawn": None,
        "effect": None,
        "luck": None,
        "attendance": None,
        "detectable": None,
        "bands": [],
        "run_id": result.run_id,
        "warnings": list(result.warnings),
    }
    if effect is None:
        return document
    groups = zip((effect.drawn, effect.others), effect.unknown, strict=True)
    drawn, others = (
        {"students": students, "positive": positive, "unknown": unknown}
        for (students, positive), unknown in groups
    )
    return document | {
        "drawn": drawn,
        "not_drawn": others,
        "effect": asdict(effect.average),
        "luck": asdict(effect.luck) | {"p_value": effect.luck.p_value},
        "attendance": None if effect.attendance is None else asdict(effect.attendance),
        "detectable": asdict(effect.detectable),
        "bands": [
            {"list": band.list, "groups": list(band.groups), **asdict(band.stratum)}
            for band in effect.bands
        ],
    }

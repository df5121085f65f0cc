"""The documents of bundles of formats 1 and 2, as the current format has them."""

from collections.abc import Iterable

from placement.arrays import Document
from placement.config.threshold import normal_threshold

_OF_EVALUATION = {
    "metrics_on", "metrics", "metrics_method", "calibration", "calibrate", "decision", "skill",
    "fairness", "gradcheck", "rows_digest",
}  # fmt: skip
_DECISION = ("policy", "in_words", "threshold", "rows", "confusion")


def current_document(document: Document) -> Document:
    """Return the document of a bundle of any format in the shape of the current one."""
    if document["format"] >= 3:
        return document
    return {
        **document,
        "config": _config(document["config"]),
        "figures": _figures(document["figures"]),
        "history": [
            {"newton_decrement" if name == "distance" else name: value for name, value in e.items()}
            for e in document["history"]
        ],
    }


# Before `--threshold` took them all, each policy had settings of its own.
_FORMER_POLICIES = {
    "cost_fp": "cost={cost_fp}:{cost_fn}",
    "min_recall": "recall={min_recall}",
    "min_precision": "precision={min_precision}",
    "capacity": "capacity={capacity}",
    "youden": "youden",
}


def _config(config: Document) -> Document:
    former = {*_FORMER_POLICIES, "cost_fn"}
    current = {name: value for name, value in config.items() if name not in former}
    for name, form in _FORMER_POLICIES.items():
        if config.get(name):
            current["threshold"] = normal_threshold(form.format(**config))
    return current


def _figures(figures: Document) -> Document:
    unpenalised, inference = figures.get("maximum_likelihood"), figures.get("inference")
    return {
        **{name: value for name, value in figures.items() if name not in _OF_EVALUATION},
        "newton_decrement": figures.get("lambda"),
        "evaluation": _evaluation(figures) if "metrics" in figures else None,
        "inference": inference and {"likelihood": inference, "vif": inference.get("vif")},
        "unpenalised": unpenalised
        and {**unpenalised, "likelihood": unpenalised if "parameters" in unpenalised else None},
    }


def _evaluation(figures: Document) -> Document:
    given = {name: figures[name] for name in _OF_EVALUATION if name in figures}
    calibration, decision, fairness = (
        given.pop(name, None) for name in ("calibration", "decision", "fairness")
    )
    lines = ("slope", "intercept", "in_the_large")
    return {
        **given,
        "recalibration": given.get("calibrate"),
        "calibration": calibration and {**calibration, **_with_limits(calibration, lines)},
        "decision": decision and _decision(decision),
        "fairness": fairness and _fairness(fairness),
    }


def _with_limits(flat: Document, names: Iterable[str]) -> Document:
    """Gather `NAME`, `NAME_low` and `NAME_high`, None where there is no such figure."""
    return {
        name: None
        if flat[name] is None
        else {"value": flat[name], "low": flat[f"{name}_low"], "high": flat[f"{name}_high"]}
        for name in names
    }


def _decision(flat: Document) -> Document:
    given = {name: flat[name] for name in _DECISION}
    traded = {name: value for name, value in flat.items() if name not in _DECISION}
    return {**given, "trade_off": traded or None}


def _fairness(flat: Document) -> Document:
    rates = ("selection_rate", "tpr", "fpr", "precision", "observed")
    columns = [
        {
            **column,
            "groups": [
                {**group, **_with_limits(group, rates), "name": group["group"]}
                for group in column["groups"]
            ],
        }
        for column in flat["columns"]
    ]
    return {**flat, "columns": columns}

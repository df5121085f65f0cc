"""What a workbook says of its list, in an officer's words: Summary and About."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from placement.data.output.writer import NOTES, Description
from placement.data.schema import RANK, SEAT
from placement.evaluation.explanation.contributions import REASONS
from placement.model.figures import ModelFigures
from placement.reporting.answers.predict import prediction_answer
from placement.reporting.answers.predictions import (
    accuracy,
    cautions,
    chances,
    groups,
    mistakes,
    people,
    total,
    verdict_caution,
)
from placement.reporting.format.plain_sentences import plain, plain_sentences
from placement.reporting.results import PredictResult

MEANING = {
    "placement_probability": "probability of the positive outcome, for students with these figures",
    "placement_prediction": "1 where the probability reaches the threshold, else 0",
    "placement_label": "the outcome column's own word for that prediction",
    "placement_low": "from here",
    "placement_high": "to here the average of such students lies with 95 %; a single student's "
    "luck is not in it",
    **{
        f"placement_reason_{number}": "what moves the chance most, against the average student"
        for number in range(1, REASONS + 1)
    },
    SEAT: "certain or drawn: has a seat; not drawn: the lot gave none; none: too far down the list",
    RANK: "place in the list, 1 first; with --by, in that of the group",
    NOTES: "cells of the row that were scored with a stand-in, or why it is no student's",
}
_NO_VERDICT = (
    "A chance is that of students with such figures in the years learnt from, with whatever help "
    "they had. It is no verdict on anybody: nobody is to lose anything by it."
)


@dataclass(frozen=True)
class ListSource:
    """What a list was made by: the model's figures, threshold and digest; the settings given."""

    figures: ModelFigures
    threshold: float
    digest: str
    settings: Mapping[str, Any]


def list_description(result: PredictResult, source: ListSource) -> Description:
    """Return what the workbook of a list says of it: nothing of the clock, no path."""
    where, out = result.source, result.out or ""
    named = replace(result, source=_file_name(where), out=_file_name(out))
    return Description(
        title=f"{_file_name(where)}: students and their chance of {result.target.outcome}",
        summary=(
            ("The list", tuple(plain_sentences(prediction_answer(named)))),
            ("The model", (_model(result, source.figures),)),
            ("How far to trust it", (*plain_sentences(_trust(result, source)), _NO_VERDICT)),
            *_careful(result),
        ),
        about=tuple(_about(named, source)),
    )


def _file_name(path: str) -> str:
    return PurePath(path).name or path


def _careful(result: PredictResult) -> Iterator[tuple[str, tuple[str, ...]]]:
    where = result.source
    texts = tuple(
        plain(text.replace(where, _file_name(where))) for text in map(str, result.warnings)
    )
    if texts:
        yield "Look at before you act", texts


def _model(result: PredictResult, figures: ModelFigures) -> str:
    name, version = _file_name(str(result.model["model"])), result.model["version"]
    of = f" version {version}" if version else ""
    made = f", trained on {str(result.model['created'])[:10]}" if result.model["created"] else ""
    return f"Model {name}{of}{made}: it learnt from {people(figures.rows.train)}."


def _trust(result: PredictResult, source: ListSource) -> Iterator[str]:
    """Yield the sentences that `train` ended with."""
    figures, target = source.figures, result.target
    measured = figures.evaluation
    if measured is None:
        yield "How often it is right was not recorded."
        return
    yield from cautions(verdict_caution(measured.verdict.name, measured.verdict.rows))
    unseen = measured.out_of_sample
    if unseen is None or unseen.measured_on == "train":
        yield "It was tried on no others: how often it is right is not known."
        return
    right = accuracy(unseen.confusion, target, figures.base_rate)
    yield f"Tried on {people(total(unseen.confusion))} it had not learnt from: {right}."
    yield mistakes(unseen.confusion, target, source.threshold)
    yield from chances(unseen.calibration, total(unseen.confusion))
    yield from groups(measured.fairness, target)


def _about(result: PredictResult, source: ListSource) -> Iterator[tuple[str, str]]:
    """Yield the facts, then what each column means."""
    model = result.model
    facts = {
        "file": result.source,
        "outcome": f"{result.target.name}: {result.target.outcome}",
        "model": _file_name(str(model["model"])),
        "version": model["version"],
        "trained": model["created"],
        "run": model["run_id"],
        "digest of the model": source.digest,
        "digest of its training data": model["data_digest"],
        "called positive from": model["threshold"],
        "rows read": result.rows_in,
        "rows written": result.rows_out,
        **{f"left out: {why}": rows for why, rows in result.left_out.items()},
        "blank lines dropped": result.blank_lines or None,
        "order": result.ranking,
        **{f"setting {name}": json.dumps(v, default=str) for name, v in source.settings.items()},
    }
    yield from ((name, str(value)) for name, value in facts.items() if value is not None)
    yield from ((name, MEANING[name]) for name in result.added)

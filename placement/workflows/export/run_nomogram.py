"""Prove a nomogram: it is read as with a ruler, by where its ticks stand, on lines and chances."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np

from placement.arrays import FloatArray, ObjectArray
from placement.model.scorer import Isotonic, Scorer, sigmoid
from placement.reporting.export.formula import number_format_of
from placement.reporting.export.result import Proof
from placement.reporting.export.subject import Subject
from placement.workflows.export.cases import Cases
from placement.workflows.export.proof import compared

_DRAWN = 200
Ticks = Mapping[str, Mapping[str, float]]


def nomogram_proofs(path: Path, _cases: Cases, subject: Subject) -> Iterator[Proof]:
    """Read the drawing at its ticks, drawn by lot; between two of them an eye decides."""
    ticks, scorer = _ticks(path), subject.scorer
    draw = np.random.default_rng(0)
    names = scorer.feature_columns
    texts = {name: np.array(list(ticks[f"column {name}"])) for name in names}
    values = {name: draw.choice(texts[name], _DRAWN).tolist() for name in names}
    cells = {name: _cells(scorer, name, picked) for name, picked in values.items()}
    formats = {name: number_format_of(scorer, name) for name in scorer.numbers}
    expected = scorer.score(cells, formats)
    points = np.sum([[_points(ticks, n, v) for v in values[n]] for n in names], axis=0)
    found = _chance(ticks, scorer, points)
    where = tuple(f"the ticks {[values[n][row] for n in names]}" for row in range(_DRAWN))
    cases = Cases(cells, expected.logit, expected.probability, None, None, where)
    yield compared("reading its ticks", cases, (found, expected.probability))


def _ticks(path: Path) -> dict[str, dict[str, float]]:
    """Return where (x) each value of each line stands; of the line of chances, what is where."""
    ticks: dict[str, dict[str, float]] = {}
    root = ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - written just now
    for tick in root.iter("{http://www.w3.org/2000/svg}g"):
        axis, value, x = (tick.attrib[f"data-{name}"] for name in ("axis", "value", "x"))
        # Where a calibration is level, several places have one chance.
        key, place = (x, value) if axis == "chance" else (value, x)
        ticks.setdefault(axis, {})[key] = float(place)
    return ticks


def _cells(scorer: Scorer, name: str, texts: list[str]) -> ObjectArray:
    is_number = name in scorer.numbers
    cells = [None if text == "" else float(text) if is_number else text for text in texts]
    return np.array(cells, dtype=object)


def _points(ticks: Ticks, name: str, value: str) -> float:
    points = ticks["points"]
    return (
        (ticks[f"column {name}"][value] - points["0.0"]) / (points["100.0"] - points["0.0"]) * 100
    )


def _chance(ticks: Ticks, scorer: Scorer, points: FloatArray) -> FloatArray:
    """Read chances off: the line of chances is one of log-odds, or straight between its ticks."""
    everything = ticks["all points"]
    most = max(everything, key=float)
    x = everything["0.0"] + points * (everything[most] - everything["0.0"]) / float(most)
    places = np.array(list(map(float, ticks["chance"])))
    chances = np.array(list(ticks["chance"].values()))
    if isinstance(scorer.calibration, Isotonic):
        return np.asarray(np.interp(x, places, chances))
    odds = np.log(chances / (1 - chances))
    slope = (odds[-1] - odds[0]) / (places[-1] - places[0])
    return sigmoid(odds[0] + (x - places[0]) * slope)

"""What would have to be different? The smallest change of one column that reaches a probability.

It speaks of other students, never of this one: those who have such a figure were placed so often.
Only values that training knew are tried, each is scored as any student is, and a column whose
weight points the wrong way gives no advice.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from placement.arrays import Document, FloatArray
from placement.data.names.quantities import means_count
from placement.data.schema import Feature
from placement.evaluation.explanation.actionable import better
from placement.evaluation.explanation.contributions import as_typed
from placement.model.scorer import PLAIN, READ, Formats, TableLike, fold, parse_numbers, words

if TYPE_CHECKING:
    from placement.model.fitted import Fitted

CounterfactualVerdict = Literal[
    "reached", "already", "out of reach", "at its best", "no advice", "not known"
]

STEPS = 1000  # most values tried between here and the end of the training range
_YES, _NO = {"yes", "y", "true", "1"}, {"no", "n", "false", "0"}


@dataclass(frozen=True)
class Counterfactual:
    """What one column would have to be for the chance to reach `target`, all others as they are.

    With verdict "reached": at `value` the chance is `probability`, 95 % `low` to `high`. Such
    students' average may reach the target from `earliest` on, and surely does from `latest` (None:
    nowhere in the training range). Otherwise `value` is None, and `best` the most that is reached.
    """

    column: str
    target: float
    verdict: CounterfactualVerdict
    now: float | str | None
    value: float | str | None = None
    probability: float | None = None
    low: float | None = None
    high: float | None = None
    earliest: float | str | None = None
    latest: float | str | None = None
    best: float | None = None


def counterfactual(
    fitted: "Fitted",
    student: TableLike,
    features: Sequence[Feature],
    target: float,
    formats: Formats | None = None,
) -> tuple[Counterfactual, ...]:
    """Answer for each of some features of one student, given as column=cell.

    `formats` are those of `Scorer.score`. Figures are on the scale on which the cell is typed.
    """
    if formats is None:
        formats = fitted.scorer.formats({name: [cell] for name, cell in student.items()})
    plain = _in_numbers(fitted, student, formats)
    answers = []
    for feature in features:
        answer = _answer(fitted, plain, feature, target)
        if feature.kind == "number":
            _, shares = as_typed([student[feature.name]], formats.get(feature.name, PLAIN))
            answer = _on_scale(answer, float(shares[0]))
        answers.append(answer)
    return tuple(answers)


def _on_scale(answer: Counterfactual, share: float) -> Counterfactual:
    """Bring the figures of an answer from the model's scale to that of the cell."""
    if share == 1:
        return answer

    def scaled(figure: float | str | None) -> float | str | None:
        return float(f"{figure * share:.12g}") if isinstance(figure, float) else figure

    return replace(
        answer,
        now=scaled(answer.now),
        value=scaled(answer.value),
        earliest=scaled(answer.earliest),
        latest=scaled(answer.latest),
    )


def _in_numbers(fitted: "Fitted", student: TableLike, formats: Formats) -> Document:
    """Return a student's cells, those of number columns as numbers, whatever their decimal mark."""
    numbers = {feature.name for feature in fitted.schema.features if feature.kind == "number"}
    return {
        name: parse_numbers([cell], formats.get(name, PLAIN))[0][0] if name in numbers else cell
        for name, cell in student.items()
    }


def _answer(
    fitted: "Fitted", student: TableLike, feature: Feature, target: float
) -> Counterfactual:
    now, tried = _tried(fitted, feature, student[feature.name])
    answer = partial(Counterfactual, feature.name, target, now=now)
    if now is None or tried is None:
        return answer("not known" if now is None else "no advice")
    table = {name: [cell] * (len(tried) + 1) for name, cell in student.items()}
    table[feature.name] = [student[feature.name], *tried]
    scores = fitted.scorer.score(table, READ, errors=True)
    chance, limits = scores.probability, scores.interval
    if chance[0] >= target:
        return answer("already", probability=float(chance[0]))
    if not tried:
        return answer("at its best")
    best = float(chance.max())
    reached = np.flatnonzero(chance >= target)
    if best <= chance[0]:
        return answer("no advice")
    if not len(reached):
        return answer("out of reach", best=best)
    first = int(reached[0])
    low, high = limits or (None, None)
    return answer(
        "reached",
        value=tried[first - 1],
        probability=float(chance[first]),
        low=None if low is None else float(low[first]),
        high=None if high is None else float(high[first]),
        earliest=_first(tried, high, target),
        latest=_first(tried, low, target),
    )


def _first(tried: Sequence[Any], limit: FloatArray | None, target: float) -> Any:
    if limit is None or not (limit[1:] >= target).any():
        return None
    return tried[int(np.argmax(limit[1:] >= target))]


def _tried(fitted: "Fitted", feature: Feature, cell: Any) -> tuple[Any, list[Any] | None]:
    """Return what the cell says, None where nothing, and the better values, the nearest first.

    These are None where no value is better by its name, as of a branch.
    """
    if feature.kind == "category":
        word, yes = words([cell])[0], _yes_level(fitted, feature.name)
        if word is None or yes is None:
            return word, None
        return word, [yes] if fold(word) in _NO else []
    value = float(parse_numbers([cell])[0][0])
    return (None, []) if math.isnan(value) else (value, _values(fitted, feature, value))


def _values(fitted: "Fitted", feature: Feature, value: float) -> list[float]:
    """Return the numbers from a value to the end of the training range, the better ones."""
    column = fitted.encoder.number(feature.name)
    low, high = column.low, column.high
    if feature.scale is not None:
        low, high = max(low, 0.0), min(high, feature.scale)
    sign = -1 if better(feature.name) == "less" else 1
    end = max(low, 0.0) if sign < 0 else high
    step = 1.0 if column.whole or means_count(feature.name) else _step(high - low)
    first = math.floor(value / step + 1e-9) + 1 if sign > 0 else math.ceil(value / step - 1e-9) - 1
    last = math.floor(end / step + 1e-9) if sign > 0 else math.ceil(end / step - 1e-9)
    digits = max(0, -math.floor(math.log10(step)))
    return [round(k * step, digits) for k in range(first, last + sign, sign)]


def _step(span: float) -> float:
    """Return in which steps a number is thought of: 0.01 of a CGPA, 0.1 of marks."""
    step = 10.0 ** math.floor(math.log10(span / STEPS * 10)) if span > 0 else 1.0
    return step if span / step <= STEPS else step * 10


def _yes_level(fitted: "Fitted", name: str) -> str | None:
    """Return the word for yes of a yes/no column, None for any other category."""
    levels = fitted.encoder.levels_of(name)
    yes = [level for level in levels if fold(level) in _YES]
    return yes[0] if len(levels) == 2 and len(yes) == 1 else None

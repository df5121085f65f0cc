"""What a model said of students beside what happened to them, in an officer's words."""

from collections.abc import Iterable, Iterator

from placement.data.schema import Target
from placement.errors import Grave
from placement.evaluation.explanation.importance import column_importance
from placement.model.fairness_figures import Fairness
from placement.model.fitted import Fitted
from placement.reporting.format.probability_words import in_100, of_100
from placement.reporting.format.prose import name_list, shortened
from placement.stats.figures import CalibrationFigures
from placement.stats.metrics import Confusion
from placement.stats.verdict import VerdictName

_MOST_DANGERS = 4
_NOTABLE = 0.05  # between what was said and what happened, on average
_WIDE = 0.1  # as far may the share that happened be from that which was said, by luck
_MOST_COLUMNS = 60
_MOST_NAMED = 4
_FAINT = 0.05  # of log-odds: what moves the chance by less does not count


def dangers(warnings: Iterable[str]) -> list[str]:
    """Return in short what makes the answer itself doubtful."""
    return [w.short for w in warnings if isinstance(w, Grave) and w.short][:_MOST_DANGERS]


def cautions(texts: Iterable[str]) -> Iterator[str]:
    """Yield what makes an answer doubtful, marked as such."""
    yield from (f"Careful: {text}" for text in texts)


def verdict_caution(name: VerdictName, number: float) -> Iterator[str]:
    """Say where so many students do not show that the model is of use."""
    same = "saying the same of everybody"
    if name == "no_signal":
        yield (
            f"no signal: over {people(number)} it is no better than {same}; do not choose anybody "
            "by it."
        )
    elif name == "not_shown":
        yield f"{people(number)} are too few to show that it is better than {same}."


def people(number: float) -> str:
    """Count students: weights may add up to a fraction."""
    text = f"{number:,.0f}" if abs(number - round(number)) < 1e-6 else f"{number:,.1f}"
    return "1 student" if text == "1" else f"{text} students"


def total(confusion: Confusion) -> float:
    """How many students were counted."""
    return sum(confusion.as_dict().values())


def accuracy(confusion: Confusion, target: Target, base_rate: float) -> str:
    """Say of how many in 100 it was right, beside calling everybody the usual outcome.

    `base_rate`: the share of the positive outcome in training, which decides what is usual.
    """
    number, positive = total(confusion), confusion.tp + confusion.fn
    is_usual = base_rate >= 0.5
    usual = shortened(target.outcome if is_usual else target.other_outcome)
    share = (positive if is_usual else number - positive) / number
    right = (confusion.tp + confusion.tn) / number
    return f"right for {of_100(right)} of 100 (calling all {usual}: {of_100(share)})"


def mistakes(confusion: Confusion, target: Target, threshold: float) -> str:
    """Say how often each of the two answers was wrong, or that the rarer one was never right."""
    happened, did_not = confusion.tp + confusion.fn, confusion.tn + confusion.fp
    is_positive = happened <= did_not
    rarer, right = (happened, confusion.tp) if is_positive else (did_not, confusion.tn)
    if rarer and not right:
        return _never_right(rarer, target, threshold, is_positive=is_positive)
    positive, negative = shortened(target.outcome), shortened(target.other_outcome)
    below, above = confusion.tn + confusion.fn, confusion.tp + confusion.fp
    limit = f" (a chance of {in_100(threshold)} in 100 or more)" if threshold != 0.5 else ""
    missed = f"{_had(confusion.fn, target)} {positive}{' after all' if confusion.fn else ''}"
    wrong = f"{_had(confusion.fp, target)} not" if confusion.fp else f"all {_verb(2, target)}"
    return (
        f"Of {below:,.0f} called {negative}, {missed}; of {above:,.0f} called {positive}{limit}, "
        f"{wrong}."
    )


def _never_right(number: float, target: Target, threshold: float, *, is_positive: bool) -> str:
    """Say that the rarer outcome was never called rightly, and what serves in place of calling."""
    positive = shortened(target.outcome)
    rarer, rank = shortened(target.other_outcome), "risk"
    limit = f"a chance below {in_100(threshold)} in 100"
    if is_positive:
        rarer, rank, limit = positive, "chance", f"a chance of {in_100(threshold)} in 100 or more"
    return (
        f"Not one of the {number:,.0f} {rarer} is called so: none of them has {limit}. To see the "
        f"likeliest first: predict --rank {rank} --top 20. To set how many are called {positive}: "
        "train --threshold capacity=40."
    )


def _had(number: float, target: Target) -> str:
    """Begin what became of some students: `31 were`, and with a number as the outcome `31 had`."""
    return f"{f'{number:,.0f}' if number else 'none'} {_verb(number, target)}"


def _verb(number: float, target: Target) -> str:
    if not target.outcome.startswith("'"):
        return "had"
    return "was" if number == 1 or not number else "were"


def chances(calibration: CalibrationFigures, number: float) -> Iterator[str]:
    """Say whether 70 in 100 means 70 in 100, where so many students can tell."""
    shift, slope = calibration.in_the_large, calibration.slope
    if shift is None:
        return
    predicted, observed = in_100(calibration.predicted), in_100(calibration.observed)
    facts = f"it said {predicted} in 100 on average, {observed} happened"
    reach = (shift.high - shift.low) / 2 * calibration.observed * (1 - calibration.observed)
    as_far = f"as far as {people(number)} can tell"
    if shift.low > 0 or shift.high < 0:
        yield f"Its chances are too {'low' if shift.low > 0 else 'high'}: {facts}."
    elif slope is not None and slope.high < 1:
        yield f"Its chances are too extreme, {as_far}: a 90 is less in truth, a 10 is more."
    elif slope is not None and slope.low > 1:
        yield f"Its chances are too timid, {as_far}: a 70 is more in truth, a 30 is less."
    elif abs(calibration.predicted - calibration.observed) >= _NOTABLE or reach >= _WIDE:
        yield f"Its chances are right {as_far}: {facts}."
    else:
        yield f"Its chances can be taken at their word: {facts}."


def most_important(fitted: Fitted) -> str:
    """Name the columns that count most; empty where none moves the chance."""
    names = [name for name, size in column_importance(fitted).items() if size >= _FAINT]
    return name_list([*map(shortened, names[:_MOST_NAMED])])


def groups(fairness: Fairness | None, target: Target) -> Iterator[str]:
    """Say whether groups of people are treated alike."""
    if fairness is None or not fairness.columns:
        return
    by_verdict: dict[str, list[str]] = {}
    for column in fairness.columns:
        verdicts = {gap.verdict for gap in column.gaps}
        worst = next((v for v in ("beyond", "undecided", "within") if v in verdicts), "small")
        by_verdict.setdefault(worst, []).append(column.column)
    number = max(sum(group.weight for group in column.groups) for column in fairness.columns)
    # More students than were held out: each was scored by a model that did not learn from them.
    how = " (out of fold)" if fairness.metrics_on == "out_of_fold" else ""
    students = people(number)
    sentences = {
        "beyond": "Groups of {} are not treated alike: see the warnings; figures: -v.",
        "undecided": f"Whether groups of {{}} are treated alike, {students} cannot tell{how}.",
        "within": "Groups of {} are treated alike.",
        "small": "Groups of {} are too few to be compared.",
    }
    for verdict, sentence in sentences.items():
        if verdict in by_verdict:
            names = [shortened(column) for column in by_verdict[verdict]]
            yield sentence.format(name_list(names, _MOST_COLUMNS))
    yield from _farthest_apart(fairness, target)


def _farthest_apart(fairness: Fairness, target: Target) -> Iterator[str]:
    """Yield which groups of an undecided column are called positive least and most often."""
    for column in fairness.columns:
        rates = {group.name: group.selection_rate.value for group in column.groups}
        for gap in column.gaps:
            # Beyond chance, and perhaps within what is tolerated: to be seen, not to be judged.
            is_apart = gap.name == "demographic_parity_difference" and gap.low > 0
            if gap.verdict == "undecided" and is_apart:
                low, high = in_100(rates[gap.lowest]), in_100(rates[gap.highest])
                yield (
                    f"By {shortened(column.column)}, {shortened(gap.lowest)} is called "
                    f"{shortened(target.outcome)} least often ({low} in 100), "
                    f"{shortened(gap.highest)} most often ({high})."
                )
                return

"""The short answer of `compare`: which model is better, and whether that may be luck."""

from collections.abc import Iterator

from placement.errors import counted
from placement.evaluation.comparison import Comparison
from placement.reporting.format.probability_words import in_100, of_100
from placement.reporting.format.prose import Paste, name_list
from placement.reporting.text.comparison import Compared, CompareResult, short_name

_MOST_COLUMNS = 60


def comparison_answer(result: CompareResult) -> Iterator[str]:
    """Yield which of the others is better than the first, and in what they differ."""
    first, *others = result.models
    rows = first.evaluation.rows
    share = in_100(first.evaluation.base_rate)
    students = f"{counted(rows, 'student')} with an outcome"
    verb = "are" if result.outcome.startswith("'") else "have"
    yield f"{result.source}: {students}, {share} in 100 of them {verb} {result.outcome}."
    for other, pair in zip(others, result.pairs, strict=True):
        yield f"{short_name(other.name)} is {verdict_words(pair, short_name(first.name))}."
    yield from (f"  {_figures(model)}" for model in result.models)
    differing = [name for name, _ in result.differing]
    settings = name_list(differing, _MOST_COLUMNS) if differing else "nothing"
    yield f"They differ in {settings}; how, and what was tested: -v"
    yield from _next(result)


def verdict_words(pair: Comparison, first: str) -> str:
    """Say whether the other is better than the first, and whether that may be luck."""
    if pair.log_loss.difference == pair.log_loss.low == pair.log_loss.high == 0:
        return f"the same as {first} for every student"
    if pair.verdict == "better":
        return f"better than {first}: its chances are nearer to what happened, by more than luck"
    if pair.verdict == "worse":
        return f"worse than {first}: its chances are further from what happened, by more than luck"
    nearer = "nearer to" if pair.log_loss.difference < 0 else "further from"
    return (
        f"no better and no worse than {first} as far as {pair.rows:,.0f} students can tell: its "
        f"chances are {nearer} what happened by no more than luck"
    )


def _figures(model: Compared) -> str:
    figures = model.evaluation.metrics
    right = f"right for {of_100(figures.accuracy)} of 100" if figures.accuracy is not None else ""
    ranked = ""
    if figures.roc_auc is not None:
        ranked = f"ranks {in_100(figures.roc_auc)} of 100 pairs rightly"
    return f"{short_name(model.name)}: {', and '.join(filter(None, (right, ranked)))}"


def _next(result: CompareResult) -> Iterator[str]:
    """Yield what to type where one of the others is better than the first, a champion."""
    pairs = zip(result.models[1:], result.pairs, strict=True)
    better = [model for model, pair in pairs if pair.verdict == "better" and not model.trained_here]
    if better and better[0].model["version"] is not None:
        yield "Next, to put it in the place of the champion:"
        yield Paste(f"placement promote {better[0].name} --data {result.source}")

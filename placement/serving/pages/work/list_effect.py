"""What a list led to: whether a seat helped, and whether its chances came true."""

from collections.abc import Iterator
from pathlib import Path

from placement.errors import PlacementError
from placement.reporting.answers.effect import effect_answer
from placement.reporting.answers.evaluate import evaluation_answer
from placement.reporting.format.plain_sentences import plain, plain_sentences
from placement.reporting.results import EffectResult
from placement.serving.pages.work.results import EffectQuestion, EffectView
from placement.workflows.monitoring.effect import EffectRequest, measure_effect
from placement.workflows.monitoring.evaluate import EvaluateRequest, evaluate_file

_ABOUT = ".about.json"


def list_effect(question: EffectQuestion) -> EffectView:
    """Say what lists led to; the result is kept as a run."""
    lists = [path for path in question.files if not path.name.endswith(_ABOUT)]
    _put_beside(lists, [path for path in question.files if path.name.endswith(_ABOUT)])
    result = measure_effect(
        EffectRequest(
            lists=tuple(map(str, lists)),
            outcomes=str(question.outcomes),
            on=question.on,
            absent=question.absent,
            attended=question.attended,
        )
    )
    return EffectView(
        sentences=tuple(plain_sentences(effect_answer(result))),
        verdict=result.verdict,
        shares=_shares(result),
        as_told=tuple(sentence for path in lists for sentence in _as_told(path, question)),
        warnings=tuple(plain(str(warning)) for warning in result.warnings),
    )


def _put_beside(lists: list[Path], kept: list[Path]) -> None:
    """Name what is kept of a single list after it, as a browser may have renamed either."""
    if len(lists) == len(kept) == 1:
        own = lists[0].with_name(f"{lists[0].name}{_ABOUT}")
        if kept[0] != own:
            kept[0].replace(own)


def _shares(result: EffectResult) -> tuple[tuple[str, int, int], ...]:
    if result.effect is None:
        return ()
    (drawn, of_drawn), (others, of_others) = result.effect.drawn, result.effect.others
    return (("drew a seat", of_drawn, drawn), ("drew none", of_others, others))


def _as_told(path: Path, question: EffectQuestion) -> Iterator[str]:
    """Say how well the chances of a list came true; why not, where that cannot be told."""
    try:
        request = EvaluateRequest(
            data=str(path),
            model=question.model,
            as_told=True,
            labels=str(question.outcomes),
            on=question.on,
            absent=question.absent,
        )
        yield from plain_sentences(evaluation_answer(evaluate_file(request)))
    except PlacementError as problem:
        yield f"Whether its chances came true cannot be told: {plain(str(problem))}"

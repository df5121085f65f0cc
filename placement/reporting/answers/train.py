"""A training in an officer's words: the answer of `train`."""

import dataclasses
import shlex
from collections.abc import Iterator
from pathlib import Path

from placement.config.file_options import FileOptions
from placement.config.option import option_words
from placement.data.schema import same_column
from placement.errors import TellsOutcome
from placement.model.fitted import Fitted
from placement.reporting.answers.predictions import (
    accuracy,
    cautions,
    chances,
    dangers,
    groups,
    mistakes,
    most_important,
    total,
    verdict_caution,
)
from placement.reporting.answers.understanding import (
    doubtful_columns,
    has_unknown,
    in_doubt,
    kept_out,
    left_out,
    students_or_rows,
    train_line,
)
from placement.reporting.format.prose import Paste
from placement.reporting.results import TrainResult

_NEXT = "NEXT.csv"  # of the students to come, whose file we cannot know


def train_answer(result: TrainResult, command: str = "placement") -> Iterator[str]:
    """Yield the sentences that `train` ends with; `command` is how the user calls the program."""
    fitted, understanding = result.fitted, result.understanding
    measured, schema = fitted.figures.evaluated, fitted.schema
    yield from cautions(_too_good(result))
    yield from cautions(verdict_caution(measured.verdict.name, measured.verdict.rows))
    yield from cautions(dangers(result.warnings))
    yield from cautions(doubtful_columns(result.warnings, understanding.total))
    yield _tried(result)
    if measured.verdict.name != "no_signal":
        yield from _how_it_did(fitted)
    yield from kept_out(schema.dropped)
    yield from left_out(understanding)
    yield in_doubt(result.warnings)
    if measured.verdict.name != "no_signal":
        yield from groups(measured.fairness, schema.target)
    yield from _whereabouts(result, command)


def _how_it_did(fitted: Fitted) -> Iterator[str]:
    """Say where it was wrong, whether its chances came true, and what counts most."""
    unseen = fitted.figures.evaluated.out_of_sample
    if unseen is not None:
        yield mistakes(unseen.confusion, fitted.schema.target, fitted.threshold)
        if unseen.measured_on != "train":
            yield from chances(unseen.calibration, total(unseen.confusion))
    named = most_important(fitted)
    yield f"Counts most: {named}." if named else "Counts most: nothing; no column moves the chance."


def _too_good(result: TrainResult) -> Iterator[str]:
    verdict = result.fitted.figures.evaluated.verdict
    if verdict.is_too_good:
        yield (
            f"too good to be true (ROC AUC {verdict.roc_auc:.3f}): does a column tell "
            "what was known only afterwards?"
        )


def _tried(result: TrainResult) -> str:
    """Say from how many students was learnt, on how many it was tried, and how often right."""
    fitted, figures = result.fitted, result.fitted.figures
    unseen = figures.evaluated.out_of_sample
    learnt = f"Learnt from {students_or_rows(result.understanding, result.understanding.weight)}"
    if unseen is None or unseen.measured_on == "train":
        return f"{learnt}, too few to try it on others: how often it is right is not known."
    right = accuracy(unseen.confusion, fitted.schema.target, figures.base_rate)
    if unseen.measured_on == "out_of_fold":
        return f"{learnt}, each fifth of them tried by a model of the others: {right}."
    again = f", then learnt again from all {figures.rows.train:,}" if fitted.config["refit"] else ""
    return f"{learnt}, tried on {total(unseen.confusion):,.0f} others: {right}{again}."


def _whereabouts(result: TrainResult, command: str) -> Iterator[str]:
    """Say where the model is, and what is done with it next."""
    checked = "gradients checked; all figures: -v."
    if (tracked := result.tracked) is not None:
        name = tracked.model_uri.removeprefix("models:/")
        if tracked.alias == "champion":
            yield f"Model {name} is now champion; {checked}"
        else:
            yield f"Model {name} is {tracked.alias}: {_not_champion(result)}; {checked}"
    elif result.bundle is not None:
        yield f"Model saved in {result.config.out}; {checked}"
    else:
        yield (
            "No model was saved (--no-track): to predict with it, leave that out or add "
            "`--out DIR`; all figures: -v."
        )
    yield from _next_step(result, command)


def _not_champion(result: TrainResult) -> str:
    """Say how a model that is not champion may become it."""
    figures = result.fitted.figures
    verdict = figures.evaluated.verdict
    if verdict.is_too_good or verdict.name == "no_signal" or not figures.converged:
        return "`--promote` would make it champion all the same"
    return "`placement promote` asks whether it is to replace the champion"


def _next_step(result: TrainResult, command: str) -> Iterator[str]:
    """Say what is done next, unless the model is not to be used."""
    verdict = result.fitted.figures.evaluated.verdict
    telling = [w.column for w in result.warnings if isinstance(w, TellsOutcome)]
    if telling:
        dropped = [word for column in telling for word in ("--drop", column)]
        asked = result.config.features
        left = tuple(a for a in asked if not any(same_column(name, a) for name in telling))
        config = dataclasses.replace(result.config, features=left)
        yield Paste(f"Next: {train_line(result.sources, config, command, dropped)}")
    elif verdict.is_too_good:
        yield "Next: leave out what was written down only afterwards, by --drop, and train again."
    elif verdict.name == "no_signal":
        yield "Next: give other columns, or more students, and train again."
    elif (ranking := predict_line(result, command)) is not None:
        if not has_unknown(result.understanding):
            yield f"All outcomes here are known; {_NEXT} stands for the next students' file."
        yield Paste(f"Next: {ranking}")


def _first_to_rank(result: TrainResult) -> str:
    """Return the source whose students wait for an outcome: the first such of several."""
    ending = Path(result.understanding.waiting_in or "").parts
    named = [s for s in result.sources if ending and Path(s).parts[-len(ending) :] == ending]
    return [*named, *result.sources][0]


def predict_line(result: TrainResult, command: str) -> str | None:
    """Return the line that ranks students: those of the file who wait for an outcome, or the next.

    None where no model was saved.
    """
    model = result.tracked.model_uri if result.tracked else result.config.out
    if model is None:
        return None
    file_options = [f for f in dataclasses.fields(FileOptions) if f.metadata["scope"] == "read"]
    source, unknown = _NEXT, list[str]()
    if has_unknown(result.understanding):
        source, unknown = _first_to_rank(result), ["--unknown"]
    words = [source, *option_words(result.config, file_options), "--model", model]
    ranked = ["--rank", "risk", "--top", "20", "--reasons", "--out", "call_in.xlsx"]
    return shlex.join([*command.split(), "predict", *words, *unknown, *ranked])

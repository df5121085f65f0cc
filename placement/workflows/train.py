"""Train: read, hold out, fit under the eyes of the gradient check, test the model."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from placement.config import TrainConfig
from placement.data.hashing import count_common
from placement.data.rules import is_rule, parse_rule
from placement.data.split import folds_of
from placement.data.understanding import Table, read_table
from placement.errors import DataError, GradientCheckError
from placement.evaluation.baselines import Skill
from placement.evaluation.judged import Judge, Judged
from placement.model.fitted import Fitted
from placement.model.history import Epoch
from placement.reporting.results import Understanding
from placement.training.crossing import cross_scored, scored
from placement.training.fitting import epochs
from placement.training.gradcheck import (
    GradientCheck,
    check_batch,
    check_beyond_clamp,
    first_rows,
)
from placement.training.preparation import Prepared, Tested, finish, prepare
from placement.training.solution import solution
from placement.workflows.labelled import read_like
from placement.workflows.watching import Nobody, Watcher

FOLDS = 5
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Training:
    """A finished training before it is recorded.

    `judged` are the rows that the metrics speak of, or bins of them; `tested` is where they are.
    `checks` are the gradient checks, each with the epoch it was made at.
    """

    fitted: Fitted
    understanding: Understanding
    checks: tuple[tuple[int, GradientCheck], ...]
    tested: Tested
    judged: Judged
    warnings: tuple[str, ...]


def understand(sources: Sequence[str], config: TrainConfig) -> tuple[Prepared, Understanding]:
    """Read the files and say what was understood; nothing is fitted or written."""
    _check_rules(config)
    table = read_table(list(sources), **config.of_scope("read"))
    test = read_like(config.test, table.schema) if config.test else None
    prepared = prepare(table, config, test=test)
    seen_before = () if test is None else _known_rows(table, test, config.seed)
    doubts = [
        *table.warnings,
        *seen_before,
        *(() if test is None else test.warnings),
        *prepared.problem.warnings,
    ]
    if prepared.test is None and config.test_size:
        doubts.append(f"{prepared.split.note}: the figures are those of the training rows")
    rows = {
        "train": prepared.problem.source.rows,
        "validation": 0 if prepared.validation is None else prepared.validation.rows,
        "test": 0 if prepared.test is None else prepared.test.rows,
    }
    notes = (*_choices(config), prepared.split.note)
    seen = Understanding(table, rows, notes, prepared.encoder, tuple(doubts))
    if config.strict and doubts:
        raise DataError(f"--strict: {doubts[0]}")
    return prepared, seen


def _known_rows(table: Table, test: Table, seed: int) -> tuple[str, ...]:
    """Warn of rows to test on that are also trained on: their figures flatter."""
    alike = [
        name
        for name, column in table.kept.items()
        if name in test.kept
        and name not in table.identifiers
        and (column.kind, column.is_hashed) == (test.kept[name].kind, test.kept[name].is_hashed)
    ]
    again, exact = count_common(table, test, alike, seed)
    if not again:
        return ()
    about = "" if exact else "about "
    return (
        f"{test.name}: {about}{again:,} of {len(test):,} rows to test on are trained on as well",
    )


def _check_rules(config: TrainConfig) -> None:
    """Tell a rule that is none before any data is opened."""
    if config.test_where is not None:
        parse_rule(config.test_where, option="--test-where")
    if config.positive is not None and is_rule(config.positive):
        parse_rule(config.positive, option="--positive", column_needed=False)


def _choices(config: TrainConfig) -> tuple[str, ...]:
    """Say which optimizer was chosen where an option chose it."""
    if config.optimizer == "auto" and config.resolved_optimizer != "auto":
        return (
            f"optimizer {config.resolved_optimizer}, chosen by --lr, --batch-size or --momentum",
        )
    return ()


def learn(prepared: Prepared, seen: Understanding, watcher: Watcher = Nobody()) -> Training:
    """Run the training loop with its gradient checks, then test the model.

    Raises GradientCheckError where the derivative by hand, autograd's and the difference differ.
    """
    history, checks = _fit(prepared, watcher)
    found = solution(history, prepared.problem)
    fitted = finish(prepared, found)
    tested = prepared.tested
    judge = Judge(fitted.threshold, prepared.config.seed)
    for p, y, w in scored(tested, fitted):
        judge.add(p, y, w, prepared.base_rate)
    judged = judge.judged()
    figures = {
        **fitted.figures,
        "metrics_on": "train" if prepared.test is None else "test",
        "metrics": judged.metrics.as_dict(),
        "metrics_method": judged.method,
        "skill": dataclasses.asdict(_skill(prepared, judged)),
        "gradcheck": _verdict([check for _, check in checks]),
    }
    doubts = tuple(dict.fromkeys((*seen.warnings, *found.warnings)))
    if prepared.config.strict and found.warnings:
        raise DataError(f"--strict: {found.warnings[-1]}")
    fitted = dataclasses.replace(fitted, figures=figures)
    return Training(_refitted(prepared, fitted), seen, checks, tested, judged, doubts)


def _fit(
    prepared: Prepared, watcher: Watcher
) -> tuple[list[Epoch], tuple[tuple[int, GradientCheck], ...]]:
    checks: list[tuple[int, GradientCheck]] = []
    history: list[Epoch] = []

    def check(epoch: Epoch) -> None:
        checks.append((epoch.number, _passed(_check_rows(prepared, epoch))))

    options = prepared.problem.options
    with watcher.progress("training", "epochs", options.epochs) as progress:
        for epoch in epochs(
            prepared.problem,
            validation=prepared.validation,
            held_out=prepared.test,
            check=check,
        ):
            history.append(epoch)
            progress.update(epoch.number, f"loss {epoch.loss:.4f}")
    beyond = check_beyond_clamp(options.dtype, options.epsilon, options.loss)
    checks.append((history[-1].number, _passed(beyond)))
    return history, tuple(checks)


def _check_rows(prepared: Prepared, epoch: Epoch) -> GradientCheck:
    options, kept = prepared.problem.options, prepared.problem.kept
    return check_batch(
        first_rows(prepared.problem.source),
        epoch.weights[kept],
        epoch.intercept,
        options.dtype,
        options.epsilon,
        options.loss,
        [prepared.encoder.names[place] for place in kept],
    )


def _passed(check: GradientCheck) -> GradientCheck:
    if not check.passed:
        raise GradientCheckError(check.failure)
    return check


def _verdict(checks: Sequence[GradientCheck]) -> dict[str, Any]:
    return {
        "passed": all(check.passed for check in checks),
        "max_abs_error": max(check.max_abs_error for check in checks),
        "max_rel_error": max(check.max_rel_error for check in checks),
    }


def _skill(prepared: Prepared, judged: Judged) -> Skill:
    """Compare with the base rate on held-out rows; without any, out of fold."""
    if prepared.test is not None:
        return judged.skill
    table, config = prepared.table, prepared.config
    folds = folds_of(table, config.seed, FOLDS)
    if folds is None:
        # An outcome of one fold only cannot be spared: nothing is known beyond the training rows.
        return dataclasses.replace(
            judged.skill, low=-math.inf, high=math.inf, better_than_base_rate=False
        )
    judge = Judge(seed=config.seed)
    for p, y, w, base in cross_scored(table, config, folds):
        judge.add(p, y, w, base)
    return judge.judged().skill


def _refitted(prepared: Prepared, fitted: Fitted) -> Fitted:
    """With `--refit`: the model of all rows, with the metrics of the held-out ones."""
    if not prepared.config.refit or prepared.test is None:
        return fitted
    whole = prepare(
        prepared.table, dataclasses.replace(prepared.config, patience=None), everything=True
    )
    history, _ = _fit(whole, Nobody())
    again = finish(whole, solution(history, whole.problem))
    kept = ("metrics_on", "metrics", "metrics_method", "skill", "gradcheck")
    rows = {**again.figures["rows"], "test": fitted.figures["rows"]["test"]}
    figures = {**again.figures, **{name: fitted.figures[name] for name in kept}, "rows": rows}
    return dataclasses.replace(again, figures=figures, config=fitted.config)

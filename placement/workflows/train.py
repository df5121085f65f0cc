"""Train: read, hold out, fit under the eyes of the gradient check, test the model."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from placement.config import TrainConfig
from placement.data.rules import is_rule, parse_rule
from placement.data.split import folds_by_hash, row_hashes, table_hashes
from placement.data.understanding import Table, read_table
from placement.errors import DataError, GradientCheckError
from placement.evaluation.baselines import Skill, skill
from placement.evaluation.metrics import metrics
from placement.model.fitted import Fitted
from placement.model.history import Epoch
from placement.reporting.results import Understanding
from placement.training.fitting import epochs
from placement.training.gradcheck import (
    GradientCheck,
    check_batch,
    check_beyond_clamp,
    first_rows,
)
from placement.training.preparation import Prepared, cross_fit, finish, prepare
from placement.training.solution import solution
from placement.workflows.labelled import read_like
from placement.workflows.watching import Nobody, Watcher

FOLDS = 5
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Training:
    """A finished training before it is recorded.

    `tested` are the rows that the metrics speak of, as a table; `probability` (n,) is theirs.
    `checks` are the gradient checks, each with the epoch it was made at.
    """

    fitted: Fitted
    understanding: Understanding
    checks: tuple[tuple[int, GradientCheck], ...]
    tested: Table
    probability: Floats
    warnings: tuple[str, ...]


def understand(
    sources: Sequence[str], config: TrainConfig
) -> tuple[Prepared, Table | None, Understanding]:
    """Read the files and say what was understood; nothing is fitted or written."""
    _check_rules(config)
    table = read_table(list(sources), **config.of_scope("read"))
    test = read_like(config.test, table.schema) if config.test else None
    prepared = prepare(table, config, test=test)
    seen_before = _known_rows(table, test, config.seed) if test else ()
    doubts = [
        *table.warnings,
        *seen_before,
        *(test.warnings if test else ()),
        *prepared.problem.warnings,
    ]
    if prepared.test is None and config.test_size:
        doubts.append(f"{prepared.split.note}: the figures are those of the training rows")
    rows = {
        "train": prepared.problem.source.rows,
        "validation": prepared.validation.rows if prepared.validation else 0,
        "test": prepared.test.rows if prepared.test else 0,
    }
    notes = (*_choices(config), prepared.split.note)
    seen = Understanding(table, rows, notes, prepared.encoder, tuple(doubts))
    if config.strict and doubts:
        raise DataError(f"--strict: {doubts[0]}")
    return prepared, test, seen


def _known_rows(table: Table, test: Table, seed: int) -> tuple[str, ...]:
    """Warn of rows to test on that are also trained on: their figures flatter."""
    common = [n for n in table.columns if n in test.columns and n not in table.identifiers]
    alike = [n for n in common if table.kinds[n] == test.kinds[n]]
    known = row_hashes({n: table.columns[n] for n in alike}, seed)
    again = int(np.isin(row_hashes({n: test.columns[n] for n in alike}, seed), known).sum())
    if not again:
        return ()
    return (f"{test.name}: {again:,} of {len(test):,} rows to test on are trained on as well",)


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


def learn(
    prepared: Prepared, test: Table | None, seen: Understanding, watcher: Watcher = Nobody()
) -> Training:
    """Run the training loop with its gradient checks, then test the model.

    Raises GradientCheckError where the derivative by hand, autograd's and the difference differ.
    """
    history, checks = _fit(prepared, watcher)
    found = solution(history, prepared.problem)
    fitted = finish(prepared, found)
    tested = _tested(prepared, test)
    columns = {name: tested.columns[name] for name in prepared.table.schema.feature_names}
    probability = fitted.predict_proba(columns)
    figures = {
        **fitted.figures,
        "metrics_on": "train" if prepared.test is None else "test",
        "metrics": metrics(probability, tested.label, tested.weight).as_dict(),
        "skill": dataclasses.asdict(_skill(prepared, tested, probability)),
        "gradcheck": _verdict([check for _, check in checks]),
    }
    doubts = tuple(dict.fromkeys((*seen.warnings, *found.warnings)))
    if prepared.config.strict and found.warnings:
        raise DataError(f"--strict: {found.warnings[-1]}")
    fitted = dataclasses.replace(fitted, figures=figures)
    return Training(_refitted(prepared, fitted), seen, checks, tested, probability, doubts)


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


def _tested(prepared: Prepared, test: Table | None) -> Table:
    """The rows to measure on: the test file's, the held-out ones, or else the training rows."""
    if test is not None:
        return test
    held_out = len(prepared.split.test) > 0
    return prepared.table.take(prepared.split.test if held_out else prepared.split.train)


def _skill(prepared: Prepared, tested: Table, probability: Floats) -> Skill:
    """Compare with the base rate on held-out rows; without any, out of fold."""
    config = prepared.config
    if prepared.test is not None:
        return skill(probability, tested.label, prepared.base_rate, tested.weight, seed=config.seed)
    fold = folds_by_hash(table_hashes(tested, config.seed), tested.label, FOLDS)
    if any(len(set(fold[outcome])) < 2 for outcome in (tested.label < 0.5, tested.label >= 0.5)):
        # An outcome of one fold only cannot be spared: nothing is known beyond the training rows.
        flattering = skill(probability, tested.label, prepared.base_rate, tested.weight)
        return dataclasses.replace(
            flattering, low=-math.inf, high=math.inf, better_than_base_rate=False
        )
    out_of_fold, base = cross_fit(tested, config, fold)
    return skill(out_of_fold, tested.label, base, tested.weight, seed=config.seed)


def _refitted(prepared: Prepared, fitted: Fitted) -> Fitted:
    """With `--refit`: the model of all rows, with the metrics of the held-out ones."""
    if not prepared.config.refit or prepared.test is None:
        return fitted
    whole = prepare(
        prepared.table, dataclasses.replace(prepared.config, patience=None), everything=True
    )
    history, _ = _fit(whole, Nobody())
    again = finish(whole, solution(history, whole.problem))
    kept = ("metrics_on", "metrics", "skill", "gradcheck")
    rows = {**again.figures["rows"], "test": fitted.figures["rows"]["test"]}
    figures = {**again.figures, **{name: fitted.figures[name] for name in kept}, "rows": rows}
    return dataclasses.replace(again, figures=figures, config=fitted.config)

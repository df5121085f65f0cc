"""From a checked table to encoded rows, and from a solution to a model: what surrounds the loop."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from placement.arrays import BoolArray, FloatArray
from placement.config import TrainConfig
from placement.data.encoding.chunks import Chunks
from placement.data.encoding.encode_rows import EncodingRequest, encode_rows
from placement.data.encoding.encoder import Encoder, learn_encoding
from placement.data.encoding.nonlinear_terms import nonlinear_terms_of
from placement.data.profiles.learn_profile import learn_profile
from placement.data.splits.split import TEST, TRAIN, VALIDATION, Split, hold_out
from placement.data.table.table import Table
from placement.errors import DataError, UsageError
from placement.model.fitted import Fitted
from placement.training.inference.firth import flic_intercept, pseudo_observed
from placement.training.inference.fisher_information import WIDEST, Information, information
from placement.training.problem.options import Options
from placement.training.problem.problem import Problem, define_problem
from placement.training.solver.solution import Solution
from placement.training.solver.training_loop import RunContext, solve


@dataclass(frozen=True)
class TestRows:
    """Some rows of a table, to measure a model on; `rows(place)` marks those (n,) of a piece."""

    table: Table
    rows: Callable[[int], BoolArray]


def _every_row(table: Table) -> TestRows:
    return TestRows(table, lambda place: np.ones(table.labels.sizes[place], dtype=bool))


@dataclass(frozen=True)
class Prepared:
    """Encoded rows, looked at and ready for the loop. `test` is None where nothing is held out.

    `observed` are the training rows as they are; with Firth's correction, the problem's source has
    the pseudo-observations in it. `test_table` is a table of its own to test on. `base_rate` is the
    weighted share of the positive outcome in training, class weights aside; `factors` (2,) are
    these weights of the negative and the positive outcome, None where they are 1.
    """

    table: Table
    config: TrainConfig
    split: Split
    encoder: Encoder
    problem: Problem
    observed: Chunks
    validation: Chunks | None
    test: Chunks | None
    test_table: Table | None
    base_rate: float
    factors: tuple[float, float] | None = None

    def discard(self) -> None:
        """Give back the space of the encoded rows."""
        for source in (self.observed, self.validation, self.test):
            if source is not None:
                source.discard()

    @property
    def tested_rows(self) -> int:
        """The number of rows to measure on."""
        return self.problem.source.rows if self.test is None else self.test.rows

    @property
    def tested(self) -> TestRows:
        """The rows to measure on: the test file's, the held-out ones, or else the training rows."""
        if self.test_table is not None:
            return _every_row(self.test_table)
        part = TRAIN if self.test is None else TEST
        return TestRows(self.table, lambda place: self.split.subsets.piece(place) == part)


def prepare(
    table: Table,
    config: TrainConfig,
    *,
    test: Table | None = None,
    split: Split | None = None,
    everything: bool = False,
    chunk_rows: int | None = None,
    on_progress: Callable[[int], None] = lambda _rows: None,
) -> Prepared:
    """Hold rows out, learn the encoding from the training rows, encode.

    `test`: a table of its own to test on. `split`: which rows are held out, where that is decided.
    `everything`: train on all rows. `on_progress` hears of every few encoded rows.
    Raises DataError where the training rows are separable at `--l2 0`.
    """
    split = split or hold_out(table, config, everything=everything or test is not None)
    curves = nonlinear_terms_of(config, table.schema, file=table.name)
    encoder = learn_encoding(table, split, curves)
    classes = _class_weights(table, split)
    factors = _balance(classes) if config.class_weight == "balanced" else None
    wanted = EncodingRequest(
        _part(split, TRAIN), encoder, np.dtype(config.dtype), factors, chunk_rows
    )
    train = encode_rows(table, wanted, on_progress)
    plain = replace(wanted, factors=None)
    validation = held_out = None
    if split.counts[VALIDATION]:
        validation = encode_rows(table, replace(plain, rows=_part(split, VALIDATION)), on_progress)
    if test is not None:
        held_out = encode_rows(test, replace(plain, rows=_every_row(test).rows), on_progress)
        split = replace(split, note=f"tested on {test.name}")
    elif split.counts[TEST]:
        held_out = encode_rows(table, replace(plain, rows=_part(split, TEST)), on_progress)
    try:
        problem = define_problem(train, Options.of(config), encoder.names)
    except DataError as fault:
        raise DataError(f"{table.name}: {fault}") from fault
    base_rate = float(classes[1] / classes.sum())
    observed = problem.source
    if config.firth:
        problem = pseudo_observed(problem)
    return Prepared(
        table, config, split, encoder, problem, observed, validation, held_out, test, base_rate,
        factors,
    )  # fmt: skip


def _part(split: Split, part: int) -> Callable[[int], BoolArray]:
    return lambda place: np.asarray(split.subsets.piece(place) == part)


def _class_weights(table: Table, split: Split) -> FloatArray:
    """Return the weight of the negative and of the positive training rows, (2,)."""
    if not table.is_weighted:
        positive = float(split.positive[TRAIN])
        return np.array([float(split.counts[TRAIN]) - positive, positive])
    total = np.zeros(2)
    for parts, label, weight in zip(split.subsets, table.labels, table.weights, strict=True):
        train = parts == TRAIN
        positive = float((weight[train] * label[train]).sum())
        total += float(weight[train].sum()) - positive, positive
    return total


def _balance(classes: FloatArray) -> tuple[float, float]:
    """Return the factors that give both classes half of the weight."""
    negative, positive = (classes.sum() / (2 * classes)).tolist()
    return negative, positive


def fit(
    table: Table,
    config: TrainConfig = TrainConfig(),
    *,
    chunk_rows: int | None = None,
    threads: int | None = None,
) -> Fitted:
    """Train a perceptron on a table: hold out, encode, minimise.

    How the file is read was settled by `read_table`, where the run goes by the command line:
    settings of those kinds in `config` are a UsageError, not silently ignored. `chunk_rows` and
    `threads` decide memory and speed, never the result.
    """
    refuse_foreign_settings(config)
    prepared = prepare(table, config, chunk_rows=chunk_rows)
    context = RunContext(prepared.validation, prepared.test, threads)
    found = solve(prepared.problem, context=context)
    return profiled(prepared, finish(prepared, found, known=inform(prepared, found)))


def refuse_foreign_settings(config: TrainConfig) -> None:
    """Raise UsageError for settings that `fit` could only ignore."""
    chosen = ("threshold",) if isinstance(config.threshold, str) else ()
    of_command = ("refit", "gradcheck_every", "calibrate", *chosen)
    by_command = {name: getattr(config, name) for name in of_command}
    asked = {
        "give it to read_table": config.of_scope("read"),
        "use the command line": config.of_scope("run") | by_command,
    }
    plain = TrainConfig()
    for cure, settings in asked.items():
        for name, value in settings.items():
            # The group column was set aside by read_table and is needed again to split.
            if name != "group" and value != getattr(plain, name):
                raise UsageError(f"fit does not use {name}={value!r}: {cure}")


def finish(prepared: Prepared, solution: Solution, *, known: Information | None = None) -> Fitted:
    """Make the model of a solution; with what is `known` at it, also how sure it is."""
    names = prepared.encoder.names
    factor = None
    if known is not None:
        robust = prepared.config.class_weight == "balanced"
        factor = known.covariance_factor(prepared.config.l2, robust=robust)
        factor = _expanded(prepared.problem, factor)
    return Fitted(
        weights=solution.weights,
        intercept=_intercept(prepared, solution),
        aliased=tuple(names[place] for place in solution.aliased),
        encoder=prepared.encoder,
        schema=prepared.table.schema,
        config=prepared.config.of_scope("fit"),
        figures=_figures(prepared, solution, known),
        history=tuple(solution.history),
        factor=factor,
        threshold=prepared.config.fixed_threshold,
    )


def _intercept(prepared: Prepared, solution: Solution) -> float:
    if not prepared.config.firth:
        return solution.intercept
    weights = solution.weights[prepared.problem.columns]
    return flic_intercept(prepared.observed, weights, solution.intercept)


def inform(prepared: Prepared, solution: Solution) -> Information | None:
    """Return what the training rows say at a solution; None where the columns are too many."""
    if len(prepared.problem.columns) > WIDEST:
        return None
    weights = solution.weights[prepared.problem.columns]

    def at(intercept: float) -> Information:
        return information(prepared.observed, weights, intercept, prepared.factors)

    known = at(solution.intercept)
    if not prepared.config.firth:
        return known
    # The errors are Firth's, at his estimate; the likelihood is of the model that is kept.
    return replace(known, log_likelihood=at(_intercept(prepared, solution)).log_likelihood)


def _expanded(problem: Problem, factor: FloatArray | None) -> Any:
    """Put the rows and columns of the kept parameters at their places among all, `(d + 1, d + 1)`.

    Aliased ones are known to be 0.
    """
    if factor is None:
        return None
    places = np.append(problem.columns, problem.width)
    full = np.zeros((problem.width + 1, problem.width + 1))
    full[np.ix_(places, places)] = factor
    return full


def profiled(prepared: Prepared, fitted: Fitted) -> Fitted:
    """Add to a model's figures what its training rows and its predictions for them looked like."""
    learnt = learn_profile(prepared.table, prepared.split, fitted.predict_proba)
    return replace(fitted, figures={**fitted.figures, "profile": learnt.document})


def _figures(prepared: Prepared, solution: Solution, known: Information | None) -> dict[str, Any]:
    held_out = 0 if prepared.test is None else prepared.test.rows
    loss = solution.loss
    if prepared.config.firth and known is not None:  # what was minimised has pseudo-rows in it
        loss = -known.log_likelihood / (known.positive + known.negative)
    return {
        "rows": {
            "train": prepared.problem.source.rows,
            "test": held_out,
            "left_out": sum(number for _, number in prepared.table.left_out),
        },
        "data_digest": prepared.table.digest,
        "base_rate": prepared.base_rate,
        "optimizer": solution.optimizer,
        "lr": solution.lr,
        "converged": solution.converged,
        "stopped": solution.stopped,
        "epochs": solution.epochs,
        "lambda": solution.newton_decrement,
        "dtype": prepared.config.dtype,
        "epsilon": solution.epsilon,
        "clamped_rows": solution.clamped_rows,
        "train_loss": loss,
        "penalised_loss": solution.penalised_loss,
    }

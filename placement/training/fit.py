"""From a table to a fitted model, and from a solution of the loop to a model and its figures."""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from placement.arrays import FloatArray
from placement.config.train_config import TrainConfig
from placement.data.profiles.learn_profile import learn_profile
from placement.data.schema import same_column
from placement.data.table.read_table import read_table
from placement.data.table.table import Table
from placement.errors import UsageError
from placement.model.figures import ModelFigures, RowCounts
from placement.model.fitted import Fitted
from placement.training.inference.cluster_scores import cluster_scores
from placement.training.inference.firth import flic_intercept
from placement.training.inference.fisher_information import (
    MAX_COLUMNS,
    FisherInformation,
    fisher_information,
)
from placement.training.prepare import Prepared, prepare
from placement.training.problem.device import check_device
from placement.training.problem.problem import Problem
from placement.training.solver.solution import Solution
from placement.training.solver.training_loop import RunContext, solve


def fit(
    table: Any,
    config: TrainConfig = TrainConfig(),
    *,
    target: str | None = None,
    chunk_rows: int | None = None,
    threads: int | None = None,
) -> Fitted:
    """Train a perceptron on a table: hold out, encode, minimise.

    `table`: a `Table`, or what `read_table` takes, such as a frame of pandas or polars, which is
    then read as `config` says, for the outcome `target`; what is doubtful of it is a warning. How a
    `Table` is read is settled: other settings of that kind are a UsageError, not silently ignored,
    as are those of the command line. `chunk_rows` and `threads` decide memory and speed, never the
    result.
    """
    config = _with_target(config, target)
    check_settings(config)
    check_device(config.device)
    if isinstance(table, Table):
        _check_reading(config, table)
    else:
        table = read_table(table, **config.of_scope("read"))
        for warning in table.warnings:
            warnings.warn(str(warning), stacklevel=2)
    prepared = prepare(table, config, chunk_rows=chunk_rows)
    context = RunContext(prepared.validation, prepared.test, threads)
    solution = solve(prepared.problem, context=context)
    fitted = build_fitted(prepared, solution, information_at(prepared, solution))
    return with_profile(prepared, fitted)


def _with_target(config: TrainConfig, target: str | None) -> TrainConfig:
    if target is None:
        return config
    if config.target is not None and not same_column(target, config.target):
        raise UsageError(f"target={target!r}, and the configuration has target={config.target!r}")
    return replace(config, target=target)


def check_settings(config: TrainConfig) -> None:
    """Raise UsageError for settings that `fit` could only ignore."""
    policy = ("threshold",) if isinstance(config.threshold, str) else ()
    of_command = ("refit", "gradcheck_every", "calibrate", *policy)
    unused = {name: value for name, value in config.of_scope("run").items() if name != "device"}
    settings = unused | {name: getattr(config, name) for name in of_command}
    for name, value in _given(settings):
        raise UsageError(f"fit does not use {name}={value!r}: use the command line")


def _check_reading(config: TrainConfig, table: Table) -> None:
    """Raise UsageError for settings of reading that differ from how a table was read."""
    for name, value in _given(config.of_scope("read")):
        if name == "target":
            outcome = table.schema.target.name
            if not same_column(value, outcome):
                raise UsageError(
                    f"target={value!r}: {table.name} was read for the outcome {outcome!r}; read it "
                    f"again by read_table(…, target={value!r})"
                )
        # read_table takes the group column out of the features; it is needed again to split.
        elif name != "group":
            raise UsageError(f"fit does not use {name}={value!r} of a table: give it to read_table")


def _given(settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the settings that differ from their defaults."""
    defaults = TrainConfig()
    return ((name, value) for name, value in settings.items() if value != getattr(defaults, name))


def information_at(
    prepared: Prepared, solution: Solution, *, products: FloatArray | None = None
) -> FisherInformation | None:
    """Return the training rows' information at a solution; None where columns are too many.

    `products`: those of the information in the same rows, where they are known.
    """
    columns = prepared.problem.columns
    if len(columns) > MAX_COLUMNS:
        return None

    def at(intercept: float) -> FisherInformation:
        weights, class_weights = solution.weights[columns], prepared.class_weights
        source = prepared.observed
        return fisher_information(source, weights, intercept, class_weights, products=products)

    information = at(solution.intercept)
    if (clusters := prepared.clusters) is not None:
        weights, source = solution.weights[columns], prepared.observed
        scores = cluster_scores(source, weights, solution.intercept, clusters)
        information = replace(information, clustered=scores)
    if not prepared.config.firth:
        return information
    # The errors are Firth's, at his estimate; the likelihood is that of FLIC's model.
    log_likelihood = at(_intercept(prepared, solution)).log_likelihood
    return replace(information, log_likelihood=log_likelihood)


def build_fitted(
    prepared: Prepared, solution: Solution, information: FisherInformation | None = None
) -> Fitted:
    """Make the model of a solution; with the information at it, also its covariance."""
    names = prepared.encoder.names
    factor = None
    if information is not None:
        robust = prepared.config.class_weight == "balanced"
        factor = information.covariance_factor(prepared.config.l2, robust=robust)
    return Fitted(
        weights=solution.weights,
        intercept=_intercept(prepared, solution),
        aliased=tuple(names[column] for column in solution.aliased),
        encoder=prepared.encoder,
        schema=prepared.table.schema,
        config=prepared.config.of_model,
        figures=_figures(prepared, solution, information),
        history=tuple(solution.history),
        factor=None if factor is None else _expand(factor, prepared.problem),
        threshold=prepared.config.fixed_threshold,
    )


def with_profile(prepared: Prepared, fitted: Fitted) -> Fitted:
    """Add histograms of a model's training rows and of its predictions for them to its figures."""
    profile = learn_profile(prepared.table, prepared.split, fitted.predict_proba)
    return replace(fitted, figures=replace(fitted.figures, profile=profile))


def _intercept(prepared: Prepared, solution: Solution) -> float:
    if not prepared.config.firth:
        return solution.intercept
    weights = solution.weights[prepared.problem.columns]
    return flic_intercept(prepared.observed, weights, solution.intercept)


def _expand(factor: FloatArray, problem: Problem) -> FloatArray:
    """Expand a matrix of the problem's parameters to `(width + 1, width + 1)`: 0 where aliased."""
    parameters = np.append(problem.columns, problem.width)
    expanded = np.zeros((problem.width + 1, problem.width + 1))
    expanded[np.ix_(parameters, parameters)] = factor
    return expanded


def _figures(
    prepared: Prepared, solution: Solution, information: FisherInformation | None
) -> ModelFigures:
    held_out = 0 if prepared.test is None else prepared.test.rows
    loss = solution.loss
    if prepared.config.firth and information is not None:  # the source has pseudo-observations
        loss = -information.log_likelihood / (information.positive + information.negative)
    left_out = sum(number for _, number in prepared.table.left_out)
    return ModelFigures(
        rows=RowCounts(prepared.problem.source.rows, held_out, left_out),
        data_digest=prepared.table.digest,
        base_rate=prepared.base_rate,
        optimizer=solution.optimizer,
        lr=solution.lr,
        converged=solution.converged,
        stopped=solution.stopped,
        epochs=solution.epochs,
        newton_decrement=solution.newton_decrement,
        dtype=prepared.config.dtype,
        epsilon=solution.epsilon,
        clamped_rows=solution.clamped_rows,
        train_loss=loss,
        penalised_loss=solution.penalised_loss,
    )

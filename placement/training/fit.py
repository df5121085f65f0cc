"""From a table to a fitted model, and from a solution of the loop to a model and its figures."""

from dataclasses import replace

import numpy as np

from placement.arrays import FloatArray
from placement.config.train_config import TrainConfig
from placement.data.profiles.learn_profile import learn_profile
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
from placement.training.problem.problem import Problem
from placement.training.solver.solution import Solution
from placement.training.solver.training_loop import RunContext, solve


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
    check_settings(config)
    prepared = prepare(table, config, chunk_rows=chunk_rows)
    context = RunContext(prepared.validation, prepared.test, threads)
    solution = solve(prepared.problem, context=context)
    fitted = build_fitted(prepared, solution, information_at(prepared, solution))
    return with_profile(prepared, fitted)


def check_settings(config: TrainConfig) -> None:
    """Raise UsageError for settings that `fit` could only ignore."""
    policy = ("threshold",) if isinstance(config.threshold, str) else ()
    of_command = ("refit", "gradcheck_every", "calibrate", *policy)
    unused = {
        "give it to read_table": config.of_scope("read"),
        "use the command line": config.of_scope("run")
        | {name: getattr(config, name) for name in of_command},
    }
    defaults = TrainConfig()
    for remedy, settings in unused.items():
        for name, value in settings.items():
            # read_table takes the group column out of the features; it is needed again to split.
            if name != "group" and value != getattr(defaults, name):
                raise UsageError(f"fit does not use {name}={value!r}: {remedy}")


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
        config=prepared.config.of_scope("fit"),
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

"""The maximum-likelihood fit of rows that a penalised model was fitted to."""

from dataclasses import replace

import numpy as np

from placement.arrays import FloatArray
from placement.errors import DataError
from placement.model.fitted import Fitted
from placement.training.fit import build_fitted, information_at
from placement.training.inference.fisher_information import FisherInformation
from placement.training.passes.moments import Moments
from placement.training.prepare import Prepared
from placement.training.problem.problem import Problem
from placement.training.problem.stages import Stage
from placement.training.solver.hessian import Hessian
from placement.training.solver.training_loop import solve

MOST_STEPS = 100


def fit_unpenalised(
    prepared: Prepared, penalised: Fitted, information: FisherInformation
) -> tuple[Fitted, FisherInformation] | None:
    """Fit the training rows without a penalty, with their information; None without a maximum.

    Begun at the `penalised` model with the `information` there, from which the optimum of many rows
    is a pass or two away.
    """
    start = np.append(penalised.weights, penalised.intercept)
    problem = _without_penalty(prepared, start, information)
    unpenalised = replace(
        prepared,
        problem=problem,
        observed=problem.source,
        config=replace(prepared.config, l2=0.0),
    )
    try:
        optimum = solve(problem)
    except DataError:
        return None
    parameters = np.append(problem.columns, problem.width)
    products = information.products[np.ix_(parameters, parameters)]
    at_optimum = information_at(unpenalised, optimum, products=products)
    if at_optimum is None or not optimum.converged:
        return None
    return build_fitted(unpenalised, optimum, at_optimum), at_optimum


def _without_penalty(
    prepared: Prepared, start: FloatArray, information: FisherInformation
) -> Problem:
    """Return the problem without its penalty, aliased columns left out, begun at parameters."""
    penalised = prepared.problem
    options = replace(
        penalised.options, l2=0.0, optimizer="newton", loss="logits", patience=None,
        epochs=MOST_STEPS, lr=None, batch_size=None,
    )  # fmt: skip
    aliased = Moments.of_raw(information.products).aliased
    columns = np.setdiff1d(penalised.columns, aliased)
    source = prepared.observed.select(columns) if aliased else prepared.observed
    parameters = np.append(columns, penalised.width)
    hessian = information.hessian[np.ix_(parameters, parameters)]
    return replace(
        penalised,
        source=source,
        options=options,
        columns=columns,
        aliased=aliased,
        stages=(Stage("newton", MOST_STEPS, source),),
        separable=False,
        warnings=(),
        start=start[parameters],
        hessian=Hessian(hessian, start[parameters], information.weight),
    )

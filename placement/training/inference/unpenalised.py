"""The maximum-likelihood fit of rows that a penalised model was fitted to."""

from dataclasses import replace

from placement.errors import DataError
from placement.model.fitted import Fitted
from placement.training.fit import build_fitted, information_at
from placement.training.inference.fisher_information import FisherInformation
from placement.training.prepare import Prepared
from placement.training.problem.problem import define_problem
from placement.training.solver.training_loop import solve


def fit_unpenalised(prepared: Prepared) -> tuple[Fitted, FisherInformation] | None:
    """Fit the training rows without a penalty, with their information; None without a maximum."""
    options = replace(
        prepared.problem.options, l2=0.0, optimizer="newton", loss="logits", patience=None,
        epochs=100, lr=None, batch_size=None,
    )  # fmt: skip
    names, config = prepared.encoder.names, replace(prepared.config, l2=0.0)
    try:
        problem = define_problem(prepared.observed, options, names, find_separation=False)
        solution = solve(problem)
    except DataError:
        return None
    unpenalised = replace(prepared, problem=problem, observed=problem.source, config=config)
    information = information_at(unpenalised, solution)
    if information is None or not solution.converged:
        return None
    return build_fitted(unpenalised, solution, information), information

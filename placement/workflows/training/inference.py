"""How sure a trained model is: what its training rows say, and the fit without the penalty."""

import dataclasses

import numpy as np

from placement.evaluation.coefficients import FEW_EVENTS, estimates, few_events
from placement.model.figures import (
    ClusterCount,
    InferenceFigures,
    LikelihoodSums,
    ProfileLimits,
    UnpenalisedFigures,
)
from placement.model.fitted import Fitted
from placement.training.inference.fisher_information import FisherInformation
from placement.training.inference.profile_likelihood import profile_limits
from placement.training.inference.unpenalised import fit_unpenalised
from placement.training.prepare import Prepared

MOST_COLUMNS = 200  # with more, the fit without a penalty would take minutes
NOT_FITTED = {
    "firth": "fitted with Firth's correction; train with --l2 0 for maximum likelihood",
    "separable": (
        "there is none: the columns separate the outcomes, wholly or but for rows on the border"
    ),
    "unsettled": "it was not reached: some rows' probabilities go to 0 or 1",
    "wide": f"it is fitted beside up to {MOST_COLUMNS} columns only; train with --l2 0",
}


def with_inference(
    prepared: Prepared, fitted: Fitted, information: FisherInformation | None
) -> Fitted:
    """Add to a model's figures how sure it is, and the fit without the penalty."""
    inference, unpenalised = None, UnpenalisedFigures(NOT_FITTED["wide"])
    if information is not None:
        names = [prepared.encoder.source_columns[index] for index in prepared.problem.columns]
        inflation = information.variance_inflation(names)
        clusters = None if information.clustered is None else _cluster_count(prepared)
        with_profile = prepared.config.firth and clusters is None
        profile = _profile(prepared, fitted) if with_profile else None
        sums = likelihood_sums(information)
        inference = InferenceFigures(sums, inflation, profile, clusters)
        unpenalised = _unpenalised(prepared, fitted, information)
    figures = dataclasses.replace(fitted.figures, inference=inference, unpenalised=unpenalised)
    return dataclasses.replace(fitted, figures=figures)


def _cluster_count(prepared: Prepared) -> ClusterCount | None:
    clusters = prepared.clusters
    if clusters is None:
        return None
    return ClusterCount(clusters.column, clusters.count, len(clusters.index))


def _profile(prepared: Prepared, fitted: Fitted) -> tuple[ProfileLimits, ...] | None:
    columns = prepared.problem.columns
    beta = np.append(fitted.weights[columns], fitted.intercept)
    return profile_limits(prepared.observed, prepared.encoder, columns, beta)


def likelihood_sums(information: FisherInformation) -> LikelihoodSums:
    """Return what a model keeps of the information in its training rows."""
    return LikelihoodSums(
        log_likelihood=information.log_likelihood,
        null_log_likelihood=information.null_log_likelihood,
        parameters=len(information.hessian),
        weight=information.positive + information.negative,
        events=min(information.positive, information.negative),
    )


def _unpenalised(
    prepared: Prepared, fitted: Fitted, information: FisherInformation
) -> UnpenalisedFigures:
    """Return the maximum-likelihood fit of a penalised model, or why there is none."""
    config = prepared.config
    if config.firth:
        return UnpenalisedFigures(NOT_FITTED["firth"])
    if config.l2 == 0:
        return UnpenalisedFigures(coefficients=estimates(fitted))
    if prepared.problem.separable:
        return UnpenalisedFigures(NOT_FITTED["separable"])
    if len(prepared.problem.columns) > MOST_COLUMNS:
        return UnpenalisedFigures(NOT_FITTED["wide"])
    fit = fit_unpenalised(prepared, fitted, information)
    if fit is None:
        return UnpenalisedFigures(NOT_FITTED["unsettled"])
    unpenalised, information = fit
    sums = likelihood_sums(information)
    return UnpenalisedFigures(coefficients=estimates(unpenalised), likelihood=sums)


def small_sample(information: FisherInformation | None, *, firth: bool = False) -> tuple[str, ...]:
    """Return the warning of a sample too small for its columns, where it is."""
    if information is None or (few := few_events(sums := likelihood_sums(information))) is None:
        return ()
    text = (
        f"{sums.events:,.0f} rows of the rarer outcome for {sums.parameters - 1} columns are "
        f"{few:.1f} a column, fewer than {FEW_EVENTS}: the coefficients are shaky; use fewer "
        f"--features{'' if firth else ', or --firth'}"
    )
    return (text,)

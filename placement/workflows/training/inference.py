"""How sure a trained model is: what its training rows say, and the fit without the penalty."""

from typing import Any

from placement.evaluation.coefficients import FEW_EVENTS, as_rows, estimates, few_events
from placement.model.fitted import Fitted
from placement.training.inference.fisher_information import FisherInformation
from placement.training.inference.unpenalised import fit_unpenalised
from placement.training.prepare import Prepared

MOST_COLUMNS = 200  # that are fitted without a penalty beside; so many would take minutes
NOT_FITTED = {
    "firth": "fitted with Firth's correction; train with --l2 0 for maximum likelihood",
    "separable": (
        "there is none: the columns separate the outcomes, wholly or but for rows on the border"
    ),
    "unsettled": "it was not reached: some rows' probabilities go to 0 or 1",
    "wide": f"it is fitted beside up to {MOST_COLUMNS} columns only; train with --l2 0",
}


def inference(
    prepared: Prepared, fitted: Fitted, known: FisherInformation | None
) -> dict[str, Any]:
    """Return the figures `inference` and `maximum_likelihood` of a model, JSON-able."""
    if known is None:
        return {"inference": None, "maximum_likelihood": {"why": NOT_FITTED["wide"]}}
    owners = [prepared.encoder.source_columns[place] for place in prepared.problem.columns]
    inflation = known.variance_inflation(owners)
    return {
        "inference": {**_sums(known), "vif": inflation},
        "maximum_likelihood": _unpenalised(prepared, fitted),
    }


def _sums(known: FisherInformation) -> dict[str, Any]:
    return {
        "log_likelihood": known.log_likelihood,
        "null_log_likelihood": known.null_log_likelihood,
        "parameters": len(known.hessian),
        "weight": known.positive + known.negative,
        "events": min(known.positive, known.negative),
    }


def _unpenalised(prepared: Prepared, fitted: Fitted) -> dict[str, Any]:
    """Return the maximum-likelihood fit beside a penalised one, or why there is none."""
    config = prepared.config
    if config.firth:
        return {"why": NOT_FITTED["firth"]}
    if config.l2 == 0:
        return {"coefficients": as_rows(estimates(fitted))}
    if prepared.problem.separable:
        return {"why": NOT_FITTED["separable"]}
    if len(prepared.problem.columns) > MOST_COLUMNS:
        return {"why": NOT_FITTED["wide"]}
    found = fit_unpenalised(prepared)
    if found is None:
        return {"why": NOT_FITTED["unsettled"]}
    return {**_sums(found.information), "coefficients": as_rows(estimates(found.fitted))}


def small_sample(known: FisherInformation | None, *, firth: bool = False) -> tuple[str, ...]:
    """Return the warning of a sample too small for its columns, where it is."""
    few = None if known is None else few_events(_sums(known))
    if known is None or few is None:
        return ()
    events = min(known.positive, known.negative)
    text = (
        f"{events:,.0f} rows of the rarer outcome for {len(known.hessian) - 1} columns are "
        f"{few:.1f} a column, fewer than {FEW_EVENTS}: the coefficients are shaky; use fewer "
        f"--features{'' if firth else ', or --firth'}"
    )
    return (text,)

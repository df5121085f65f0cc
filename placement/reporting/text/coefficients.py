"""The model as a table: coefficients with their errors, and how likely the rows are under it."""

import dataclasses
from collections.abc import Sequence

from placement.arrays import Document
from placement.evaluation.coefficients import (
    INFLATED,
    INTERCEPT,
    Likelihood,
    differ,
    estimates,
    is_penalised,
    likelihood,
    likelihood_of,
)
from placement.model.figures import CoefficientEstimate, InferenceFigures, UnpenalisedFigures
from placement.model.fitted import Fitted
from placement.reporting.format.text_table import table
from placement.stats.sample_size import SHRINKAGE


def coefficients_table(fitted: Fitted) -> str:
    """The table that `train` prints: with the fit without a penalty where that differs."""
    rows, plain = estimates(fitted), unpenalised(fitted)
    standardised = {c.feature: c.coefficient_standardised for c in fitted.coefficients}
    header = ["feature", "per unit", "95 % from", "to", "per standard deviation"]
    beside = plain is not None and any(map(differ, rows, plain)) and is_penalised(fitted)
    cells: list[list[str | float | None]] = [
        [row.feature, row.coefficient, row.low, row.high, standardised.get(row.feature)]
        for row in rows
    ]
    if beside and plain is not None:
        header.append("without the penalty")
        for line, other in zip(cells, plain, strict=True):
            line.append(other.coefficient)
    return table(header, cells, numeric=range(1, len(header)))


def coefficient_notes(fitted: Fitted) -> list[str]:
    """What must be said below the table."""
    lines = []
    if fitted.aliased:
        names = ", ".join(fitted.aliased)
        lines.append(f"  –: linear combinations of earlier columns, left out: {names}")
    if is_penalised(fitted):
        l2 = fitted.config["l2"]
        lines.append(
            f"  The penalty --l2 {l2:g} draws them towards 0: good to predict with, no measure of "
            "an effect."
        )
        fit = fitted.figures.unpenalised
        if fit is not None and fit.why:
            lines.append(f"  Without the penalty: {fit.why}.")
    return [
        *lines,
        *_cluster_notes(fitted),
        *_shrinkage_notes(fitted),
        *inflation_notes(fitted),
    ]


def _cluster_notes(fitted: Fitted) -> list[str]:
    """Say where rows were not taken for students of their own."""
    inference = fitted.figures.inference
    clusters = inference and inference.clusters
    if not clusters:
        return []
    by = "the different rows" if clusters.column is None else clusters.column
    count = f"{clusters.clusters:,} among {clusters.rows:,} rows"
    return [f"  Standard errors and limits are clustered by {by}: {count}."]


def _shrinkage_notes(fitted: Fitted) -> list[str]:
    """Say how far the fit without a penalty learnt what was chance."""
    fit = _likelihood(fitted, maximised=True)
    if fit is None or fit.shrinkage is None:
        return []
    of = "Without the penalty the" if is_penalised(fitted) else "The"
    many = "" if fit.shrinkage >= SHRINKAGE else f": below {SHRINKAGE:g}, many columns for the rows"
    line = (
        f"  {of} shrinkage of this fit, (χ² - df) / χ², is {max(fit.shrinkage, 0):.2f}: of what "
        f"the columns tell apart, that share will hold for new rows{many}."
    )
    return [line]


def inflation_notes(fitted: Fitted) -> list[str]:
    """Name the columns that others nearly repeat."""
    inference = fitted.figures.inference
    inflation = (inference and inference.vif) or {}
    high = {name: v for name, v in inflation.items() if v is not None and v > INFLATED}
    if not high:
        return []
    worst = sorted(high, key=lambda name: -high[name])[:5]
    named = ", ".join(f"{name} ({high[name]:.0f})" for name in worst)
    repeated = f"  Nearly told by other columns (variance inflation over {INFLATED:g}): {named}"
    return [f"{repeated}; their single coefficients mean little."]


def unpenalised(fitted: Fitted) -> tuple[CoefficientEstimate, ...] | None:
    """The maximum-likelihood fit that the model carries, None where there is none."""
    fit = fitted.figures.unpenalised
    return None if fit is None else fit.coefficients


def model_text(fitted: Fitted, rows: Sequence[CoefficientEstimate], *, maximised: bool) -> str:
    """The model as `explain` prints it; `maximised`: these are the maximum-likelihood figures."""
    target = fitted.schema.target
    penalty = "" if maximised or not is_penalised(fitted) else f", --l2 {fitted.config['l2']:g}"
    header = (
        "feature", "per unit", "std. error", "z", "p", "95 % from", "to", "odds ratio", "from", "to"
    )  # fmt: skip
    cells = [
        (row.feature, row.coefficient, row.std_error, row.z, _p(row.p_value), row.low, row.high,
         *_odds_ratios(row))
        for row in rows
    ]  # fmt: skip
    lines = [
        f"Log-odds of {target.name} = {target.positive}{penalty}",
        table(header, cells, numeric=range(1, 10)),
    ]
    lines += _cluster_notes(fitted) if maximised else coefficient_notes(fitted)
    if is_penalised(fitted) and not maximised:
        lines.append(
            "  The intervals are Laplace's, of a belief in small coefficients; z and p have no "
            "meaning under a penalty."
        )
    if fitted.config["class_weight"] == "balanced":
        lines.append(
            "  --class-weight balanced: the errors are the sandwich's, the likelihood is of the "
            "weighted rows."
        )
    if fitted.config.get("firth"):
        inference = fitted.figures.inference
        lines.append(
            "  Firth's correction; the intercept is FLIC's, its error that of Firth's fit."
        )
        if inference is not None and inference.profile is not None:
            lines.append(
                "  Limits and p are of the profile of the penalised likelihood, the intercept's "
                "Wald's; z is the root of the likelihood ratio."
            )
        else:
            why = "take too long for so many rows and columns"
            if inference is not None and inference.clusters is not None:
                why = "take every row for a student of its own"
            lines.append(f"  Limits and p are Wald's: those of the profile likelihood {why}.")
    return "\n".join([*lines, *_likelihood_lines(fitted, maximised=maximised)])


def _likelihood_lines(fitted: Fitted, *, maximised: bool) -> list[str]:
    fit = _likelihood(fitted, maximised=maximised)
    if fit is None:
        return []
    line = f"Log-likelihood {fit.log_likelihood:.4f}, null {fit.null_log_likelihood:.4f}"
    if fit.mcfadden is not None:
        line += f", McFadden's R² {fit.mcfadden:.4f}"
    lines = ["", line]
    if fit.ratio is not None:
        lines.append(
            f"Against the null model: likelihood ratio {fit.ratio:.4f} on {fit.freedom} "
            f"degrees of freedom, p {_p(fit.p_value)}; AIC {fit.aic:.4f}, BIC {fit.bic:.4f}"
        )
    return lines


def _likelihood(fitted: Fitted, *, maximised: bool) -> Likelihood | None:
    """Return that of the model, or of the fit without its penalty."""
    fit = fitted.figures.unpenalised
    if maximised and is_penalised(fitted) and fit is not None and fit.likelihood is not None:
        return likelihood_of(fit.likelihood, maximised=True)
    return likelihood(fitted)


def inference_document(fit: InferenceFigures | None) -> Document | None:
    """Return the likelihood and the variance inflation for `train --json`."""
    return (
        None
        if fit is None
        else {
            **dataclasses.asdict(fit.likelihood),
            "vif": fit.vif,
            "clusters": fit.clusters and dataclasses.asdict(fit.clusters),
        }
    )


def unpenalised_document(fit: UnpenalisedFigures | None) -> Document | None:
    """Return the fit without the penalty for `train --json`, or why there is none."""
    if fit is None:
        return None
    if fit.coefficients is None:
        return {"why": fit.why}
    sums = {} if fit.likelihood is None else dataclasses.asdict(fit.likelihood)
    return {**sums, "coefficients": [dataclasses.asdict(row) for row in fit.coefficients]}


def model_document(
    fitted: Fitted, rows: Sequence[CoefficientEstimate], *, maximised: bool
) -> Document:
    """The same for `explain --json`."""
    likelihood = _likelihood(fitted, maximised=maximised)
    names = ("log_likelihood", "null_log_likelihood", "mcfadden", "aic", "bic")
    inference = fitted.figures.inference
    return {
        "coefficients": [dataclasses.asdict(row) for row in rows],
        **{name: getattr(likelihood, name, None) for name in names},
        "likelihood_ratio": likelihood
        and {
            "statistic": likelihood.ratio,
            "freedom": likelihood.freedom,
            "p_value": likelihood.p_value,
            "shrinkage": likelihood.shrinkage,
        },
        "penalised": is_penalised(fitted) and not maximised,
        "firth": bool(fitted.config.get("firth")),
        "vif": inference and inference.vif,
        "aliased": list(fitted.aliased),
    }


def _p(value: float | None) -> str | None:
    if value is None:
        return None
    return "< 0.0001" if value < 1e-4 else f"{value:.4f}"


def _odds_ratios(row: CoefficientEstimate) -> list[str | None]:
    """Odds at all columns zero are of nobody; a ratio spans many powers of ten."""
    ratios = (row.odds_ratio, row.odds_ratio_low, row.odds_ratio_high)
    return [None if r is None or row.feature == INTERCEPT else f"{r:.4g}" for r in ratios]

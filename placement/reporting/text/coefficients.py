"""The model as a table: coefficients with their errors, and how likely the rows are under it."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from placement.evaluation.coefficients import (
    INFLATED,
    INTERCEPT,
    differ,
    estimates,
    is_penalised,
    likelihood,
    likelihood_of,
)
from placement.model.figures import CoefficientEstimate
from placement.model.fitted import Fitted
from placement.reporting.format.text_table import table


def coefficients_table(fitted: Fitted) -> str:
    """The table that `train` prints: with the fit without a penalty where that differs."""
    rows, plain = estimates(fitted), unpenalised(fitted)
    known = {c.feature: c.coefficient_standardised for c in fitted.coefficients}
    header = ["feature", "per unit", "95 % from", "to", "per standard deviation"]
    beside = plain is not None and any(map(differ, rows, plain)) and is_penalised(fitted)
    cells: list[list[Any]] = [
        [row.feature, row.coefficient, row.low, row.high, known.get(row.feature)] for row in rows
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
        why = (fitted.figures.get("maximum_likelihood") or {}).get("why")
        if why:
            lines.append(f"  Without the penalty: {why}.")
    return [*lines, *inflation_notes(fitted)]


def inflation_notes(fitted: Fitted) -> list[str]:
    """Name the columns that others nearly repeat."""
    known = fitted.figures.get("inference") or {}
    high = {k: v for k, v in known.get("vif", {}).items() if v is not None and v > INFLATED}
    if not high:
        return []
    worst = sorted(high, key=lambda name: -high[name])[:5]
    named = ", ".join(f"{name} ({high[name]:.0f})" for name in worst)
    told = f"  Nearly told by other columns (variance inflation over {INFLATED:g}): {named}"
    return [f"{told}; their single coefficients mean little."]


def unpenalised(fitted: Fitted) -> tuple[CoefficientEstimate, ...] | None:
    """The maximum-likelihood fit that the model carries, None where there is none."""
    found = (fitted.figures.get("maximum_likelihood") or {}).get("coefficients")
    return None if found is None else tuple(CoefficientEstimate(**row) for row in found)


def model_text(fitted: Fitted, rows: Sequence[CoefficientEstimate], *, maximised: bool) -> str:
    """The model as `explain` prints it; `maximised`: these are the maximum-likelihood figures."""
    target = fitted.schema.target
    penalty = "" if maximised or not is_penalised(fitted) else f", --l2 {fitted.config['l2']:g}"
    header = (
        "feature", "per unit", "std. error", "z", "p", "95 % from", "to", "odds ratio", "from", "to"
    )  # fmt: skip
    cells = [
        (row.feature, row.coefficient, row.std_error, row.z, _p(row.p_value), row.low, row.high,
         _ratio(row, row.odds_ratio), _ratio(row, row.odds_ratio_low),
         _ratio(row, row.odds_ratio_high))
        for row in rows
    ]  # fmt: skip
    lines = [
        f"Log-odds of {target.name} = {target.positive}{penalty}",
        table(header, cells, numeric=range(1, 10)),
    ]
    if not maximised:
        lines += coefficient_notes(fitted)
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
        lines.append(
            "  Firth's correction; the intercept is FLIC's, its error that of Firth's fit."
        )
    return "\n".join([*lines, *_likelihood_lines(fitted, maximised=maximised)])


def _likelihood_lines(fitted: Fitted, *, maximised: bool) -> list[str]:
    found = likelihood(fitted)
    if maximised and is_penalised(fitted):
        found = likelihood_of(fitted.figures["maximum_likelihood"], maximised=True)
    if found is None:
        return []
    line = f"Log-likelihood {found.log_likelihood:.4f}, null {found.null_log_likelihood:.4f}"
    if found.mcfadden is not None:
        line += f", McFadden's R² {found.mcfadden:.4f}"
    lines = ["", line]
    if found.ratio is not None:
        lines.append(
            f"Against the null model: likelihood ratio {found.ratio:.4f} on {found.freedom} "
            f"degrees of freedom, p {_p(found.p_value)}; AIC {found.aic:.4f}, BIC {found.bic:.4f}"
        )
    return lines


def model_document(
    fitted: Fitted, rows: Sequence[CoefficientEstimate], *, maximised: bool
) -> dict[str, Any]:
    """The same for `explain --json`."""
    own = fitted.figures.get("maximum_likelihood") if maximised and is_penalised(fitted) else None
    found = likelihood_of(own, maximised=True) if own else likelihood(fitted)
    names = ("log_likelihood", "null_log_likelihood", "mcfadden", "aic", "bic")
    known = fitted.figures.get("inference") or {}
    return {
        "coefficients": [dataclasses.asdict(row) for row in rows],
        **{name: None if found is None else getattr(found, name) for name in names},
        "likelihood_ratio": None
        if found is None
        else {"statistic": found.ratio, "freedom": found.freedom, "p_value": found.p_value},
        "penalised": is_penalised(fitted) and not maximised,
        "firth": bool(fitted.config.get("firth")),
        "vif": known.get("vif"),
        "aliased": list(fitted.aliased),
    }


def _p(value: float | None) -> str | None:
    if value is None:
        return None
    return "< 0.0001" if value < 1e-4 else f"{value:.4f}"


def _ratio(row: CoefficientEstimate, value: float | None) -> str | None:
    """Odds at all columns zero are of nobody; a ratio spans many powers of ten."""
    if value is None or row.feature == INTERCEPT:
        return None
    return f"{value:.4g}"

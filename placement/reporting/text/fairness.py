"""Figures by group as a document, as tables, and as sentences for who acts on them."""

from collections.abc import Iterator
from dataclasses import asdict

from placement.arrays import Document
from placement.data.schema import Target
from placement.model.fairness_figures import ByColumn, Fairness, Gap, Group
from placement.reporting.format.text_table import table
from placement.stats.figures import Estimate, with_limits

_MEASURES = {
    "demographic_parity_difference": "demographic parity difference",
    "demographic_parity_ratio": "four-fifths ratio (lowest / highest predicted)",
    "equalized_odds_difference": "equalised odds difference",
    "equal_opportunity_difference": "equal opportunity difference",
}
_LEGEND = (
    "observed: share with the outcome; predicted: share predicted to have it; TPR: that share of "
    "those with the outcome; FPR: of those without"
)
_VERDICTS = {
    "within": "within the tolerance",
    "undecided": "undecided: too few rows to tell",
    "beyond": "BEYOND the tolerance",
}
_ROWS = {
    "test": "on the held-out rows",
    "train": "on the training rows (they flatter)",
    "out_of_fold": "on all rows, each predicted by a model of the others (5-fold cross-validation)",
    "file": "on all rows of the file",
}


def fairness_document(fairness: Fairness, target: Target) -> Document:
    """Return figures by group as `--json` prints them."""
    return {
        "metrics_on": fairness.metrics_on,
        "threshold": fairness.threshold,
        "outcome": target.outcome,
        "method": fairness.method,
        "columns": [
            {
                "column": column.column,
                "groups": [_group(group) for group in column.groups],
                "gaps": [asdict(gap) for gap in column.gaps],
                "notes": list(column.notes),
            }
            for column in fairness.columns
        ],
        "warnings": fairness_warnings(fairness, target),
    }


def fairness_warnings(fairness: Fairness, target: Target) -> list[str]:
    """Say of each column which gaps are beyond their tolerance."""
    return [text for column in fairness.columns for text in _warnings(column, target.outcome)]


def _group(group: Group) -> Document:
    return {
        "group": group.name,
        "rows": group.rows,
        "weight": group.weight,
        "positive": group.positive,
        **with_limits("selection_rate", group.selection_rate),
        **with_limits("tpr", group.tpr),
        **with_limits("fpr", group.fpr),
        **with_limits("precision", group.precision),
        "predicted": group.predicted,
        **with_limits("observed", group.observed),
        "calibration_in_the_large": group.observed.value - group.predicted,
        "roc_auc": group.roc_auc,
        "small": group.small,
    }


def _warnings(fairness: ByColumn, outcome: str) -> Iterator[str]:
    """Say in words which gaps are beyond their tolerance, each only once."""
    beyond = {gap.name: gap for gap in fairness.gaps if gap.verdict == "beyond"}
    rates = {group.name: group for group in fairness.groups}

    def shares(gap: Gap) -> str:
        return " and ".join(
            f"{100 * getattr(rates[name], gap.rate).value:.0f} % of {_named(fairness.column, name)}"
            for name in (gap.lowest, gap.highest)
        )

    parity = [gap for name, gap in beyond.items() if name.startswith("demographic")]
    if parity:
        yield (
            f"{fairness.column}: {shares(parity[0])} are predicted {outcome} "
            f"({'; '.join(map(_measured, parity))}): {' and '.join(map(_excess, parity))}"
        )
    chance = beyond.get("equal_opportunity_difference")
    odds = beyond.get("equalized_odds_difference")
    if odds and chance and odds.rate != "fpr":
        odds = None  # the same groups again
    for gap in (gap for gap in (chance, odds) if gap):
        which = "without" if gap.rate == "fpr" else "with"
        yield (
            f"{fairness.column}: of those {which} the outcome {outcome}, {shares(gap)} are "
            f"predicted to have it ({_measured(gap)}): {_excess(gap)}"
        )


def _measured(gap: Gap) -> str:
    kind = "ratio" if gap.name.endswith("ratio") else "difference"
    return f"{kind} {gap.value:.2f}, 95 % {gap.low:.2f} to {gap.high:.2f}"


def _excess(gap: Gap) -> str:
    if not gap.name.endswith("ratio"):
        return f"more than {gap.tolerance:g} apart"
    return "below four fifths" if gap.tolerance == 0.8 else f"below {gap.tolerance:g}"


def _named(column: str, group: str) -> str:
    """Name a group so that it can be told in a sentence: `F`, but `Age below 21`."""
    plain = group[0].isalpha() and not any(letter.isdigit() for letter in group)
    return group if plain else f"{column} {group}"


def fairness_text(fairness: Fairness, target: Target) -> str:
    """Return the figures by group as tables: a line for each group, a line for each measure."""
    lines = [fairness_rule(fairness, target)]
    for column in fairness.columns:
        header, rows = groups_table(column)
        lines += ["", table(header, rows, numeric=range(1, len(header) - 1))]
        if column.gaps:
            titles = ("", "value", "95 %", "tolerance", "")
            lines += ["", table(titles, gaps_table(column), numeric=(1, 2))]
        lines += [f"  {note}" for note in fairness_notes(column)]
    lines += ["", f"  {_LEGEND}"]
    if any(column.gaps for column in fairness.columns):
        lines += [f"  ({fairness.method})"]
    return "\n".join(lines)


def fairness_rule(fairness: Fairness, target: Target) -> str:
    """Say on which rows groups were compared, and who counts as predicted positive."""
    rule = f"predicted {target.outcome} from probability {fairness.threshold:.4g} on"
    return f"Figures by group, {_ROWS[fairness.metrics_on]}; {rule}"


def groups_table(column: ByColumn) -> tuple[tuple[str, ...], list[tuple[str | None, ...]]]:
    """Return header and lines of a column's groups, as text."""
    header = (
        column.column, "rows", "observed", "95 %", "mean probability", "predicted", "TPR", "FPR",
        "precision", "ROC AUC", "",
    )  # fmt: skip
    rows: list[tuple[str | None, ...]] = []
    for group in column.groups:
        rates = (group.selection_rate, group.tpr, group.fpr, group.precision)
        values = (group.predicted, *(rate and rate.value for rate in rates), group.roc_auc)
        figures = (None if value is None else f"{value:.3f}" for value in values)
        share, limits = f"{group.observed.value:.3f}", _limits(group.observed)
        small = "too small" if group.small else ""
        rows.append((group.name, f"{group.rows:,}", share, limits, *figures, small))
    return header, rows


def _limits(figure: Estimate | Gap) -> str:
    return f"{figure.low:.3f} – {figure.high:.3f}"


def gaps_table(column: ByColumn) -> list[tuple[str, ...]]:
    """Return the lines of a column's measures, as text."""
    return [
        (
            _MEASURES[gap.name],
            f"{gap.value:.3f}",
            _limits(gap),
            f"at {'least' if gap.name.endswith('ratio') else 'most'} {gap.tolerance:g}",
            _VERDICTS[gap.verdict],
        )
        for gap in column.gaps
    ]


def fairness_notes(column: ByColumn) -> Iterator[str]:
    """Say below the tables of a column why groups are not compared, and what else there is."""
    reasons = [group.small for group in column.groups if group.small]
    if reasons:
        yield f"too small ({' or '.join(dict.fromkeys(reasons))}): shown, not compared"
    if not column.gaps:
        large = len(column.groups) - len(reasons)
        who = "only one group is" if large == 1 else "no group is" if not large else "nobody is"
        what = "predicted positive" if large > 1 else "large enough"
        yield f"nothing to compare: {who} {what}"
    yield from column.notes


def group_rows(fairness: Fairness) -> list[Document]:
    """Return one record for each group of each column."""
    return [
        {"column": column.column, **_group(group)}
        for column in fairness.columns
        for group in column.groups
    ]


def gap_rows(fairness: Fairness) -> list[Document]:
    """Return one record for each measure of each column."""
    return [
        {"column": column.column, **asdict(gap)}
        for column in fairness.columns
        for gap in column.gaps
    ]

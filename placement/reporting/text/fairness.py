"""Figures by group as a document, as tables, and as sentences for who acts on them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from placement.data.schema import Target
from placement.model.fairness_figures import ByColumn, Fairness, Gap, Group, Rate
from placement.reporting.format.text_table import table

MeasuredOn = Literal["test", "train", "out_of_fold", "file"]

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


def fairness_document(found: Fairness, target: Target, on: MeasuredOn) -> dict[str, Any]:
    """Return figures by group as the bundle keeps them and `--json` prints them."""
    outcome = target.outcome
    return {
        "metrics_on": on,
        "threshold": found.threshold,
        "outcome": outcome,
        "method": found.method,
        "columns": [
            {
                "column": own.column,
                "groups": [_group(group) for group in own.groups],
                "gaps": [asdict(gap) for gap in own.gaps],
                "notes": list(own.notes),
            }
            for own in found.columns
        ],
        "warnings": [text for own in found.columns for text in _warnings(own, outcome)],
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "group": group.name,
        "rows": group.rows,
        "weight": group.weight,
        "positive": group.positive,
        **_rate("selection_rate", group.selection_rate),
        **_rate("tpr", group.tpr),
        **_rate("fpr", group.fpr),
        **_rate("precision", group.precision),
        "predicted": group.predicted,
        **_rate("observed", group.observed),
        "calibration_in_the_large": group.observed.value - group.predicted,
        "roc_auc": group.roc_auc,
        "small": group.small,
    }


def _rate(name: str, rate: Rate | None) -> dict[str, float | None]:
    value, low, high = (None,) * 3 if rate is None else (rate.value, rate.low, rate.high)
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def _warnings(found: ByColumn, outcome: str) -> Iterator[str]:
    """Say in words which gaps are beyond their tolerance, each only once."""
    beyond = {gap.name: gap for gap in found.gaps if gap.verdict == "beyond"}
    rates = {group.name: group for group in found.groups}

    def shares(gap: Gap) -> str:
        return " and ".join(
            f"{_percent(getattr(rates[name], gap.rate).value)} of {_named(found.column, name)}"
            for name in (gap.lowest, gap.highest)
        )

    parity = [gap for name, gap in beyond.items() if name.startswith("demographic")]
    if parity:
        yield (
            f"{found.column}: {shares(parity[0])} are predicted {outcome} "
            f"({'; '.join(map(_measured, parity))}): {' and '.join(map(_excess, parity))}"
        )
    chance = beyond.get("equal_opportunity_difference")
    odds = beyond.get("equalized_odds_difference")
    if chance:
        yield _of_outcome(found.column, shares(chance), "with", outcome, chance)
    if odds and (odds.rate == "fpr" or not chance):
        which = "without" if odds.rate == "fpr" else "with"
        yield _of_outcome(found.column, shares(odds), which, outcome, odds)


def _of_outcome(column: str, shares: str, which: str, outcome: str, gap: Gap) -> str:
    return (
        f"{column}: of those {which} the outcome {outcome}, {shares} are predicted to have it "
        f"({_measured(gap)}): {_excess(gap)}"
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


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def fairness_text(document: Mapping[str, Any]) -> str:
    """Return the figures by group as tables: a line for each group, a line for each measure."""
    lines = [fairness_rule(document)]
    for own in document["columns"]:
        lines += ["", _groups_table(own)]
        if own["gaps"]:
            lines += ["", _gaps_table(own)]
        lines += [f"  {note}" for note in fairness_notes(own)]
    lines += ["", f"  {_LEGEND}"]
    if any(own["gaps"] for own in document["columns"]):
        lines += [f"  ({document['method']})"]
    return "\n".join(lines)


def fairness_rule(document: Mapping[str, Any]) -> str:
    """Say on which rows groups were compared, and who counts as predicted positive."""
    rule = f"predicted {document['outcome']} from probability {document['threshold']:.4g} on"
    return f"Figures by group, {_ROWS[document['metrics_on']]}; {rule}"


def fairness_notes(own: Mapping[str, Any]) -> list[str]:
    """Return what must be said below the tables of a column."""
    return [*_remarks(own), *own["notes"]]


def fairness_tables(
    own: Mapping[str, Any],
) -> tuple[tuple[str, ...], list[tuple[str | None, ...]], list[tuple[str, ...]]]:
    """Return header and lines of a column's groups, and the lines of its measures, as text."""
    header = (
        own["column"], "rows", "observed", "95 %", "mean probability", "predicted", "TPR", "FPR",
        "precision", "ROC AUC", "",
    )  # fmt: skip
    shown = ("predicted", "selection_rate", "tpr", "fpr", "precision", "roc_auc")
    rows: list[tuple[str | None, ...]] = [
        (
            group["group"],
            f"{group['rows']:,}",
            f"{group['observed']:.3f}",
            f"{group['observed_low']:.3f} – {group['observed_high']:.3f}",
            *(None if group[name] is None else f"{group[name]:.3f}" for name in shown),
            "too small" if group["small"] else "",
        )
        for group in own["groups"]
    ]
    measures: list[tuple[str, ...]] = [
        (
            _MEASURES[gap["name"]],
            f"{gap['value']:.3f}",
            f"{gap['low']:.3f} – {gap['high']:.3f}",
            f"at {'least' if gap['name'].endswith('ratio') else 'most'} {gap['tolerance']:g}",
            _VERDICTS[gap["verdict"]],
        )
        for gap in own["gaps"]
    ]
    return header, rows, measures


def _groups_table(own: Mapping[str, Any]) -> str:
    header, rows, _ = fairness_tables(own)
    return table(header, rows, numeric=range(1, len(header) - 1))


def _gaps_table(own: Mapping[str, Any]) -> str:
    _, _, measures = fairness_tables(own)
    return table(("", "value", "95 %", "tolerance", ""), measures, numeric=(1, 2))


def _remarks(own: Mapping[str, Any]) -> Iterator[str]:
    """Say why groups are not compared."""
    small = [group for group in own["groups"] if group["small"]]
    if small:
        why = " or ".join(dict.fromkeys(group["small"] for group in small))
        yield f"too small ({why}): shown, not compared"
    if not own["gaps"]:
        large = len(own["groups"]) - len(small)
        known = "only one group is" if large == 1 else "no group is" if not large else "nobody is"
        what = "predicted positive" if large > 1 else "large enough"
        yield f"nothing to compare: {known} {what}"


def group_rows(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one record for each group of each column."""
    return _records(document, "groups")


def gap_rows(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one record for each measure of each column."""
    return _records(document, "gaps")


def _records(document: Mapping[str, Any], what: str) -> list[dict[str, Any]]:
    columns: Sequence[Mapping[str, Any]] = document["columns"]
    return [{"column": own["column"], **entry} for own in columns for entry in own[what]]

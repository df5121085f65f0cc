"""The comparison with rivals in words and as a document."""

from dataclasses import asdict

from placement.arrays import Document
from placement.evaluation.alternatives.alternatives import Candidate, ModelComparison
from placement.evaluation.alternatives.nonlinearity_search import MeanDifference, SuggestedTerm
from placement.reporting.format.text_table import Cell, table


def rivals_text(found: ModelComparison) -> str:
    """Say whether a straight line is enough, with the figures of all contenders."""
    drawn = f", drawn from {found.of_rows:,} by their hash," if found.rows < found.of_rows else ""
    rows: list[tuple[Cell, ...]] = []
    for one in contenders(found):
        apart = one.difference
        against = (apart.mean, _interval(apart)) if apart else (None, None)
        rows.append((_name(one, found), one.log_loss, one.brier, one.roc_auc, *against))
    header = ("", "log-loss", "Brier", "ROC AUC", "log-loss − perceptron's", "95 % interval")
    where = f"{found.rows:,} rows{drawn} in {found.folds} folds"
    lines = [
        "Is a straight line enough?",
        f"  {where}, each row predicted by models that had not seen it",
        table(header, rows, numeric=(1, 2, 3, 4)),
        "",
        *verdict(found),
    ]
    if found.suggested_terms:
        lines += ["What may mend it, tried on the same folds, each on top of those above it:"]
        lines += [_remedies_table(found.suggested_terms)]
        lines += _outcome(found)
    return "\n".join(lines)


def contenders(found: ModelComparison) -> tuple[Candidate, ...]:
    """Return the perceptron, its rivals, and the mended line where there is one."""
    mended = () if found.with_terms is None else (found.with_terms,)
    return (found.perceptron, found.base_rate, found.single, found.trees, *mended)


def verdict(found: ModelComparison) -> list[str]:
    """Return what the comparison came to, in sentences."""
    lines = []
    base, single, trees = (one.difference for one in (found.base_rate, found.single, found.trees))
    if base is not None and base.low <= 0:
        lines.append("The perceptron is not better than the base rate beyond chance.")
    elif single is not None and single.low <= 0:
        better = "predicts better" if single.high < 0 else "does as well, as far as chance can tell"
        lines.append(f"One column alone ({', '.join(found.single_columns)}) {better}.")
    if trees is None:
        return lines
    if found.line_is_enough:
        how = "do worse" if trees.low > 0 else "are not better beyond chance"
        lines.append(
            "Nothing here speaks against a straight line: boosted trees, which may bend and "
            f"combine columns, {how}."
        )
        return lines
    if not found.trees_are_better:
        lines.append(
            "A straight line is not enough: boosted trees are not better beyond chance, but what "
            "is named below is, even as the best of several that were tried."
        )
        return lines
    lines.append(
        f"A straight line is not enough: the log-loss of boosted trees is lower by "
        f"{-trees.mean:.4f} (95 % interval {-trees.high:.4f} to {-trees.low:.4f})."
    )
    if not found.suggested_terms:
        lines.append(
            "No curve or step of one column and no product of two was found that gains beyond "
            "chance."
        )
    return lines


def _outcome(found: ModelComparison) -> list[str]:
    """Say what is left where remedies were found."""
    if found.with_terms is None or found.terms_minus_trees is None:
        return []
    left, auc, of_trees = found.terms_minus_trees, found.with_terms.roc_auc, found.trees.roc_auc
    beside = f"log-loss {found.with_terms.log_loss:.4f}, trees {found.trees.log_loss:.4f}"
    if left.low > 0:
        what = f"boosted trees remain better by {left.mean:.4f}"
    elif left.high < 0:
        what = f"the line is then better than boosted trees by {-left.mean:.4f}"
    else:
        what = f"boosted trees are no longer better beyond chance; difference {left.mean:+.4f}"
    lines = [f"With these {what} ({beside}; 95 % interval {_interval(left)})."]
    if auc is not None and of_trees is not None:
        lines.append(f"ROC AUC: {auc:.4f} with these, {of_trees:.4f} of the trees.")
    return lines


def _name(one: Candidate, found: ModelComparison) -> str:
    if one is found.single and found.single_columns:
        return f"{one.name} ({', '.join(found.single_columns)})"
    return one.name


def _interval(found: MeanDifference) -> str:
    return f"{found.low:+.4f} to {found.high:+.4f}"


def _remedies_table(remedies: tuple[SuggestedTerm, ...]) -> str:
    rows = [
        (own.option, own.log_loss, own.gain.mean, f"{own.gain.low:.4f} to {own.gain.high:.4f}")
        for own in remedies
    ]
    return table(("option", "log-loss then", "gain", "95 % interval"), rows, numeric=(1, 2))


def rivals_document(found: ModelComparison) -> Document:
    """The comparison as a document, to stand within that of a command."""
    return {
        "rows": found.rows,
        "of_rows": found.of_rows,
        "folds": found.folds,
        "contenders": [_contender(one) for one in contenders(found)],
        "single_columns": list(found.single_columns),
        "line_is_enough": found.line_is_enough,
        "remedies": [
            {
                "option": own.option,
                "columns": list(own.columns),
                "gain": asdict(own.gain),
                "log_loss": own.log_loss,
            }
            for own in found.suggested_terms
        ],
        "left": None if found.terms_minus_trees is None else asdict(found.terms_minus_trees),
        "verdict": verdict(found),
    }


def _contender(one: Candidate) -> Document:
    apart = None if one.difference is None else asdict(one.difference)
    return {
        "name": one.name,
        "log_loss": one.log_loss,
        "brier": one.brier,
        "roc_auc": one.roc_auc,
        "apart": apart,
    }

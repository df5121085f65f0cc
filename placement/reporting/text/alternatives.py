"""The comparison with rivals in words and as a document."""

from dataclasses import asdict

from placement.arrays import Document
from placement.evaluation.alternatives.alternatives import Candidate, ModelComparison
from placement.evaluation.alternatives.nonlinearity_search import MeanDifference, SuggestedTerm
from placement.reporting.format.text_table import Cell, table


def alternatives_text(result: ModelComparison) -> str:
    """Say whether a straight line is enough, with the figures of all candidates."""
    drawn = (
        f", drawn from {result.of_rows:,} by their hash," if result.rows < result.of_rows else ""
    )
    rows: list[tuple[Cell, ...]] = []
    for one in candidates(result):
        gap = one.difference
        against = (gap.mean, _interval(gap)) if gap else (None, None)
        rows.append((_name(one, result), one.log_loss, one.brier, one.roc_auc, *against))
    header = ("", "log-loss", "Brier", "ROC AUC", "log-loss − perceptron's", "95 % interval")
    where = f"{result.rows:,} rows{drawn} in {result.folds} folds"
    lines = [
        "Is a straight line enough?",
        f"  {where}, each row predicted by models that had not seen it",
        table(header, rows, numeric=(1, 2, 3, 4)),
        "",
        *verdict(result),
    ]
    if result.suggested_terms:
        lines += ["What may mend it, tried on the same folds, each on top of those above it:"]
        lines += [_terms_table(result.suggested_terms)]
        lines += _outcome(result)
    return "\n".join(lines)


def candidates(result: ModelComparison) -> tuple[Candidate, ...]:
    """Return the perceptron, its rivals, and the line with suggested terms, if any."""
    with_terms = () if result.with_terms is None else (result.with_terms,)
    return (result.perceptron, result.base_rate, result.single, result.trees, *with_terms)


def verdict(result: ModelComparison) -> list[str]:
    """Return what the comparison came to, in sentences."""
    lines = []
    base, single, trees = (
        one.difference for one in (result.base_rate, result.single, result.trees)
    )
    if base is not None and base.low <= 0:
        lines.append("The perceptron is not better than the base rate beyond chance.")
    elif single is not None and single.low <= 0:
        better = "predicts better" if single.high < 0 else "does as well, as far as chance can tell"
        lines.append(f"One column alone ({', '.join(result.single_columns)}) {better}.")
    if trees is None:
        return lines
    if result.line_is_enough:
        how = "do worse" if trees.low > 0 else "are not better beyond chance"
        lines.append(
            "Nothing here speaks against a straight line: boosted trees, which may bend and "
            f"combine columns, {how}."
        )
        return lines
    if not result.trees_are_better:
        lines.append(
            "A straight line is not enough: boosted trees are not better beyond chance, but what "
            "is named below is, even as the best of several that were tried."
        )
        return lines
    lines.append(
        f"A straight line is not enough: the log-loss of boosted trees is lower by "
        f"{-trees.mean:.4f} (95 % interval {-trees.high:.4f} to {-trees.low:.4f})."
    )
    if not result.suggested_terms:
        lines.append(
            "No curve or step of one column and no product of two was found that gains beyond "
            "chance."
        )
    return lines


def _outcome(result: ModelComparison) -> list[str]:
    """Say what is left where terms are suggested."""
    if result.with_terms is None or result.terms_minus_trees is None:
        return []
    left, auc, of_trees = result.terms_minus_trees, result.with_terms.roc_auc, result.trees.roc_auc
    beside = f"log-loss {result.with_terms.log_loss:.4f}, trees {result.trees.log_loss:.4f}"
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


def _name(one: Candidate, result: ModelComparison) -> str:
    if one is result.single and result.single_columns:
        return f"{one.name} ({', '.join(result.single_columns)})"
    return one.name


def _interval(gap: MeanDifference) -> str:
    return f"{gap.low:+.4f} to {gap.high:+.4f}"


def _terms_table(terms: tuple[SuggestedTerm, ...]) -> str:
    rows = [
        (term.option, term.log_loss, term.gain.mean, f"{term.gain.low:.4f} to {term.gain.high:.4f}")
        for term in terms
    ]
    return table(("option", "log-loss then", "gain", "95 % interval"), rows, numeric=(1, 2))


def alternatives_document(result: ModelComparison) -> Document:
    """The comparison as a document, to stand within that of a command."""
    return {
        "rows": result.rows,
        "of_rows": result.of_rows,
        "folds": result.folds,
        "contenders": [_candidate(one) for one in candidates(result)],
        "single_columns": list(result.single_columns),
        "line_is_enough": result.line_is_enough,
        "remedies": [
            {
                "option": term.option,
                "columns": list(term.columns),
                "gain": asdict(term.gain),
                "log_loss": term.log_loss,
            }
            for term in result.suggested_terms
        ],
        "left": None if result.terms_minus_trees is None else asdict(result.terms_minus_trees),
        "verdict": verdict(result),
    }


def _candidate(one: Candidate) -> Document:
    gap = None if one.difference is None else asdict(one.difference)
    return {
        "name": one.name,
        "log_loss": one.log_loss,
        "brier": one.brier,
        "roc_auc": one.roc_auc,
        "apart": gap,
    }

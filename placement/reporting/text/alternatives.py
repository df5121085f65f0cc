"""Who else might have judged the same students, in words: other kinds of models, an adviser."""

from collections.abc import Iterator
from dataclasses import asdict

from placement.arrays import Document
from placement.data.schema import Target
from placement.errors import counted
from placement.evaluation.alternatives.alternatives import Candidate, ModelComparison
from placement.evaluation.alternatives.nonlinearity_search import MeanDifference, SuggestedTerm
from placement.evaluation.overrides import Overrides
from placement.reporting.format.probability_words import difference_in_points
from placement.reporting.format.prose import shortened
from placement.reporting.format.text_table import Cell, table
from placement.stats.figures import Estimate
from placement.stats.list_precision import ListPrecision


def alternatives_text(result: ModelComparison) -> str:
    """Say whether a straight line is enough, with the figures of all candidates."""
    drawn = (
        f", drawn from {result.of_rows:,} by their hash," if result.rows < result.of_rows else ""
    )
    rows: list[tuple[Cell, ...]] = []
    for one in candidates(result):
        gap = one.difference
        against = (gap.mean, gap_interval(gap)) if gap else (None, None)
        columns = f" ({', '.join(result.single_columns)})" if result.single_columns else ""
        name = f"{one.name}{columns if one is result.single else ''}"
        rows.append((name, one.log_loss, one.brier, one.roc_auc, *against))
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
        titles = ("option", "log-loss then", "gain", "95 % interval")
        lines += [table(titles, terms_rows(result.suggested_terms), numeric=(1, 2))]
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
    elif not result.trees_are_better:
        lines.append(
            "A straight line is not enough: boosted trees are not better beyond chance, but what "
            "is named below is, even as the best of several that were tried."
        )
    else:
        lines.append(
            f"A straight line is not enough: the log-loss of boosted trees is lower by "
            f"{-trees.mean:.4f} (95 % interval {-trees.high:.4f} to {-trees.low:.4f})."
        )
        if not result.suggested_terms:
            what = "No curve or step of one column and no product of two was found"
            lines.append(f"{what} that gains beyond chance.")
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
    lines = [f"With these {what} ({beside}; 95 % interval {gap_interval(left)})."]
    if auc is not None and of_trees is not None:
        lines.append(f"ROC AUC: {auc:.4f} with these, {of_trees:.4f} of the trees.")
    return lines


def gap_interval(gap: MeanDifference) -> str:
    """Return the limits of a difference in words."""
    return f"{gap.low:+.4f} to {gap.high:+.4f}"


def terms_rows(terms: tuple[SuggestedTerm, ...]) -> list[tuple[Cell, ...]]:
    """Return of each term its option, the log-loss with it, and its gain with the interval."""
    return [
        (term.option, term.log_loss, term.gain.mean, f"{term.gain.low:.4f} to {term.gain.high:.4f}")
        for term in terms
    ]


def alternatives_document(result: ModelComparison) -> Document:
    """The comparison as a document, to stand within that of a command."""
    return {
        "rows": result.rows,
        "of_rows": result.of_rows,
        "folds": result.folds,
        "contenders": [_candidate(one) for one in candidates(result)],
        "single_columns": list(result.single_columns),
        "line_is_enough": result.line_is_enough,
        "remedies": [asdict(term) for term in result.suggested_terms],
        "left": result.terms_minus_trees and asdict(result.terms_minus_trees),
        "verdict": verdict(result),
    }


def _candidate(one: Candidate) -> Document:
    document = asdict(one)
    document["apart"] = document.pop("difference")
    return document


def override_sentences(overrides: Overrides, target: Target) -> Iterator[str]:
    """Yield what the overrides changed at the seats, and how many of them were right."""
    model, both, difference = overrides.model, overrides.both, overrides.both_difference
    outcome = _rightly(overrides, target)
    if model is not None and both is not None and difference is not None:
        yield (
            f"Of the model's {counted(model.listed, 'seat')} {model.right:,} went to students who "
            f"ended {outcome}; with the adviser's overrides {both.right:,} of {both.listed:,}: "
            f"{difference_in_points(difference)}."
        )
    if not overrides.number:
        yield "The adviser and the model were of one mind about all who are marked."
        return
    right = f"{overrides.right:,} of {counted(overrides.number, 'override')}"
    yield f"The adviser was right about {right}: {', '.join(_override_counts(overrides, outcome))}."
    if overrides.put_in is not None:
        yield "Who was put in, was helped and fared well counts against the adviser all the same."
    if overrides.without_reason:
        yield (
            f"{counted(overrides.without_reason, 'override')} without a reason: "
            "nobody can learn from it."
        )


def _override_counts(overrides: Overrides, outcome: str) -> Iterator[str]:
    if (change := overrides.put_in) is not None:
        yield f"of {change.listed:,} put in {change.right:,} ended {outcome}"
    if (change := overrides.taken_out) is not None:
        yield f"of {change.listed:,} taken out {change.right:,} did not"


def _rightly(overrides: Overrides, target: Target) -> str:
    return shortened(target.other_outcome if overrides.rank == "risk" else target.outcome)


def overrides_text(overrides: Overrides, target: Target) -> str:
    """All three lists on the same students, with their intervals."""
    lists = (
        ("model", overrides.model, None),
        ("adviser (put in)", overrides.adviser, overrides.adviser_difference),
        ("both", overrides.both, overrides.both_difference),
    )
    rows = [
        _precision_row(name, precision, gap)
        for name, precision, gap in lists
        if precision is not None
    ]
    header = (
        "list",
        "students",
        "right",
        "precision",
        "95 % interval",
        "difference from the model",
    )
    students, outcome = counted(overrides.students, "student"), _rightly(overrides, target)
    title = f"Whose list was right, of {students} (right: ended {outcome})"
    return "\n".join(
        [
            title,
            table(header, rows, numeric=(1, 2, 3)),
            *(f"  {sentence}" for sentence in override_sentences(overrides, target)),
        ]
    )


def _precision_row(name: str, precision: ListPrecision, gap: Estimate | None) -> tuple[str, ...]:
    share = precision.precision
    difference = "" if gap is None else f"{gap.value:+.3f} ({gap.low:+.3f} to {gap.high:+.3f})"
    limits = f"{share.low:.3f} to {share.high:.3f}"
    return (
        name,
        f"{precision.listed:,}",
        f"{precision.right:,}",
        f"{share.value:.3f}",
        limits,
        difference,
    )

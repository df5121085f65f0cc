"""Which columns leak the outcome: by name, by what their cells say, or by where they have any."""

from collections.abc import Callable, Iterator

import numpy as np

from placement.arrays import FloatArray, IntArray
from placement.data.columns.column import Column
from placement.data.columns.column_summary import ColumnSummary
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.names.after_outcome import verdict
from placement.stats.roc_area import roc_area, roc_area_of_rows

AGREE_SHARE = 0.99
LEAST_OF_CLASS = 5
VERDICT_AGREES = 0.8  # of rows whose free text tells a verdict, those with that outcome
WORD_AGREES = 0.97  # the same where a cell is such a word and no more
NEARLY_SEPARATES = 0.99
ROWS_PER_LEVEL = 5
_BINS = 4_096
_EXACT_ROWS = 100_000
_SAMPLE_AUC = 0.97  # of a sample of 2,000 or more: ten standard errors below what is sought
_OPEN = 1e-4


def leak_reason(
    summary: ColumnSummary, class_counts: IntArray, outcome: OutcomeCodes, target: str
) -> str | None:
    """Say why a column leaks the outcome (used rows only), whatever its name; else None.

    `class_counts` (2,) are the rows that are negative and positive.
    """
    if _agrees(summary.missing, class_counts) or _agrees(summary.missing[::-1], class_counts[::-1]):
        return "missing exactly where the outcome says so"
    if summary.outcome_counts is not None:
        # Of the words as of the label: `--positive Graduate` makes two outcomes of three words.
        counts, sides = summary.outcome_counts, (~outcome.positive, outcome.positive)
        classes = np.column_stack([counts[:, side].sum(axis=1) for side in sides])
        if _recodes(counts) or _recodes(classes):
            return f"a copy or recoding of {target}"
    return None


def _agrees(missing: IntArray, rows: IntArray) -> bool:
    """Whether cells are missing in the second class, and not in the first."""
    if rows.min() < LEAST_OF_CLASS:
        return False
    return bool(missing[1] >= AGREE_SHARE * rows[1] and missing[0] <= (1 - AGREE_SHARE) * rows[0])


def _recodes(pairs: IntArray) -> bool:
    """Whether levels and outcomes correspond one to one, where both are known."""
    table = pairs[pairs.any(axis=1)][:, pairs.any(axis=0)]
    paired = ((table > 0).sum(axis=0) == 1).all() and ((table > 0).sum(axis=1) == 1).all()
    return bool(paired and len(table) > 1 and (table.sum(axis=1) >= LEAST_OF_CLASS).all())


def tells_verdict(column: Column, summary: ColumnSummary) -> bool:
    """Whether words such as `selected in TCS` or `rejected in HR round` tell the outcome.

    They must go with it: those selected for a sports team are no more often placed than others.
    """
    if column.kind != "category" or column.is_hashed or summary.level_counts is None:
        return False
    counts = {"negative": np.zeros(2, dtype=np.int64), "positive": np.zeros(2, dtype=np.int64)}
    counted, is_free_text = set[int](), False
    for level, text in zip(column.level_of.tolist(), column.texts, strict=True):
        said = verdict(text) if level >= 0 and level not in counted else None
        if said is not None:
            counted.add(level)
            counts[said] += summary.level_counts[level]
            is_free_text |= len(text.split()) > 2
    least = VERDICT_AGREES if is_free_text else WORD_AGREES
    totals = summary.level_counts.sum(axis=0)
    return any(_goes_with(rows, totals, k, least) for k, rows in enumerate(counts.values()))


def _goes_with(rows: IntArray, totals: IntArray, outcome: int, least: float) -> bool:
    """Whether of some rows (2,) far more have an outcome than of all (2,)."""
    if rows.sum() < LEAST_OF_CLASS:
        return False
    share, usual = rows[outcome] / rows.sum(), totals[outcome] / totals.sum()
    return bool(share >= least and share - usual >= (1 - usual) / 2)


def separating_auc(column: Column, summary: ColumnSummary, outcome: OutcomeCodes) -> float | None:
    """Return the AUC of a column alone where it nearly separates the classes, else None."""
    if column.kind == "number":
        area = _auc_of_numbers(column, summary, outcome)
    elif summary.level_counts is None or not _has_enough_rows(summary.level_counts):
        return None
    else:
        share = summary.level_counts[:, 1] / np.maximum(summary.level_counts.sum(axis=1), 1)
        area = roc_area_of_rows(share, *summary.level_counts.T)
    best = max(area, 1 - area)
    return best if best > NEARLY_SEPARATES else None


def _has_enough_rows(levels: IntArray) -> bool:
    """Whether levels have enough rows to tell, and are more than one."""
    present = levels.any(axis=1).sum()
    return bool(present >= 2 and present * ROWS_PER_LEVEL <= levels.sum())


def _auc_of_numbers(column: Column, summary: ColumnSummary, outcome: OutcomeCodes) -> float:
    """Return the AUC of numbers: exact up to 100,000 rows, beyond from bins that count ties half.

    A sample decides whether to go on. Bins of equal width serve while the pairs within bins
    cannot decide; else, as where an outlier puts all others into one, bins of about equal count
    are used.
    """
    if summary.non_missing <= _EXACT_ROWS or not np.isfinite(summary.high - summary.low):
        parts = list(_labelled_values(column, outcome))
        values, label = (np.concatenate(part) for part in zip(*parts, strict=True))
        return roc_area_of_rows(values, 1 - label, label)
    sample = list(_labelled_values(column, *outcome.sample))
    values, label = (np.concatenate(part) for part in zip(*sample, strict=True))
    area = roc_area_of_rows(values, 1 - label, label)
    if max(area, 1 - area) < _SAMPLE_AUC:
        return area
    scale = (_BINS - 1) / ((summary.high - summary.low) or 1.0)
    area, uncertain = _binned(
        column, outcome, lambda v: ((v - summary.low) * scale).astype(np.int64)
    )
    if max(area, 1 - area) + uncertain > NEARLY_SEPARATES and uncertain > _OPEN:
        edges = np.unique(np.quantile(values, np.linspace(0, 1, _BINS)[1:-1]))
        area, _ = _binned(column, outcome, lambda v: np.searchsorted(edges, v, side="right"))
    return area


def _binned(
    column: Column, outcome: OutcomeCodes, bin_of: Callable[[FloatArray], IntArray]
) -> tuple[float, float]:
    """Return the AUC of the bins of numbers, and by how much it may be off."""
    counts = np.zeros((_BINS, 2), dtype=np.int64)
    for values, label in _labelled_values(column, outcome):
        codes = bin_of(values) * 2 + label
        counts += np.bincount(codes, minlength=2 * _BINS).reshape(-1, 2)
    pairs = float(counts[:, 0].sum()) * float(counts[:, 1].sum())
    within = float((counts[:, 0].astype(np.float64) * counts[:, 1]).sum())
    area = float(roc_area(*counts.T.astype(np.float64)))
    return area, within / 2 / max(pairs, 1.0)


def _labelled_values(
    column: Column, outcome: OutcomeCodes, every: int = 1
) -> Iterator[tuple[FloatArray, IntArray]]:
    """Yield the numbers of the used rows of each piece, and whether each is positive.

    `outcome` has the codes of `every` so many rows.
    """
    for piece in range(outcome.pieces):
        values, codes = np.asarray(column.piece(piece))[::every], outcome.codes(piece)
        labelled = (codes >= 0) & ~np.isnan(values)
        yield values[labelled], outcome.positive[codes[labelled]].astype(np.int64)

"""Compare the groups of sensitive columns on rows that are enough to tell, where there are such."""

import dataclasses
from collections.abc import Sequence

from placement.data.profiles.sensitive_groups import SensitiveGroups, sensitive_groups
from placement.data.splits.folds import assign_folds
from placement.evaluation.fairness.fairness import FairnessAccumulator
from placement.model.fairness_figures import Fairness, MeasuredOn
from placement.model.fitted import Fitted
from placement.stats.log_loss import logit_of
from placement.training.prepare import Prepared
from placement.training.validation.cross_predict import predict_out_of_fold

FOLDS = 5
MOST_CROSSED = 5_000  # rows: with more, enough are held out


def groups_compared(prepared: Prepared) -> tuple[SensitiveGroups, ...]:
    """Return the groups in the table to measure on.

    Raises DataError where a column was asked for by name that cannot be parted into groups.
    """
    table, asked = prepared.test_rows.table, prepared.config.sensitive is not None
    return sensitive_groups(table, table.sensitive, requested=asked)[0]


def fairness_judge(
    groups: Sequence[SensitiveGroups], threshold: float, seed: int
) -> FairnessAccumulator:
    """Return what takes in the predictions of rows with their groups."""
    return FairnessAccumulator({own.column: own.names for own in groups}, threshold, seed)


def appraise_groups(
    prepared: Prepared,
    fitted: Fitted,
    judge: FairnessAccumulator,
    groups: Sequence[SensitiveGroups],
) -> Fairness:
    """Return the figures by group, in which groups of fewer than 5 are pooled.

    They are those of the rows in `judge`; of all rows out of fold where these are training rows, or
    so few that the groups of a column cannot be compared.
    """
    found = _found(judge, groups)
    on: MeasuredOn = "train" if prepared.test is None else "test"
    if on == "train" or any(not own.gaps for own in found.columns):
        crossed = _out_of_fold(prepared, fitted, groups)
        if crossed is not None:
            found, on = crossed, "out_of_fold"
    return dataclasses.replace(found, metrics_on=on)


def _found(judge: FairnessAccumulator, groups: Sequence[SensitiveGroups]) -> Fairness:
    return judge.result(private=True, notes={own.column: own.note for own in groups})


def _out_of_fold(
    prepared: Prepared, fitted: Fitted, groups: Sequence[SensitiveGroups]
) -> Fairness | None:
    """Compare all rows, each predicted by a model of the others; None where that is not meant."""
    table, config = prepared.table, prepared.config
    chosen = config.test or config.test_where or config.group
    if chosen or len(table) > MOST_CROSSED:
        return None
    folds = assign_folds(table, config.seed, FOLDS)
    if folds is None:
        return None
    judge = fairness_judge(groups, fitted.threshold, config.seed)
    for p, y, w, _, codes in predict_out_of_fold(table, config, folds, groups):
        calibration = fitted.calibration
        judge.add(codes, p if calibration is None else calibration.apply(logit_of(p)), y, w)
    return _found(judge, groups)

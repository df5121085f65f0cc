"""Compare the groups of sensitive columns, on rows enough for it where there are such."""

import dataclasses
from collections.abc import Sequence

from placement.config.train_config import NO_GROUP
from placement.data.profiles.sensitive_groups import SensitiveGroups, sensitive_groups
from placement.data.splits.folds import assign_folds
from placement.data.splits.row_groups import group_of
from placement.evaluation.fairness.fairness import FairnessAccumulator
from placement.model.fairness_figures import Fairness, MeasuredOn
from placement.model.fitted import Fitted
from placement.training.prepare import Prepared
from placement.training.validation.cross_predict import predict_out_of_fold
from placement.workflows.training.calibrate import calibrated
from placement.workflows.training.out_of_fold import FOLDS

MOST_CROSS_VALIDATED = 5_000  # rows: with more, enough are held out


def groups_compared(prepared: Prepared) -> tuple[SensitiveGroups, ...]:
    """Return the groups in the table to measure on.

    Raises DataError where `--sensitive` names a column that cannot be divided into groups.
    """
    table, named = prepared.test_rows.table, prepared.config.sensitive is not None
    return sensitive_groups(table, table.sensitive, requested=named)[0]


def fairness_accumulator(
    groups: Sequence[SensitiveGroups], threshold: float, seed: int
) -> FairnessAccumulator:
    """Return an empty accumulator of predictions and the groups of their rows."""
    return FairnessAccumulator({group.column: group.names for group in groups}, threshold, seed)


def compare_groups(
    prepared: Prepared,
    fitted: Fitted,
    accumulator: FairnessAccumulator,
    groups: Sequence[SensitiveGroups],
) -> Fairness:
    """Return the figures by group, in which groups of fewer than 5 are pooled.

    They are those of the rows in `accumulator`; of all rows out of fold where these are training
    rows, or so few that the groups of a column cannot be compared.
    """
    fairness = _fairness_of(accumulator, groups)
    on: MeasuredOn = "train" if prepared.test is None else "test"
    if on == "train" or any(not column.gaps for column in fairness.columns):
        out_of_fold = _out_of_fold(prepared, fitted, groups)
        if out_of_fold is not None:
            fairness, on = out_of_fold, "out_of_fold"
    return dataclasses.replace(fairness, metrics_on=on)


def _fairness_of(accumulator: FairnessAccumulator, groups: Sequence[SensitiveGroups]) -> Fairness:
    return accumulator.result(private=True, notes={group.column: group.note for group in groups})


def _out_of_fold(
    prepared: Prepared, fitted: Fitted, groups: Sequence[SensitiveGroups]
) -> Fairness | None:
    """Compare all rows, each predicted by a model of the other folds.

    None where rows are too few or many, or options choose the test rows or groups of rows.
    """
    table, config = prepared.table, prepared.config
    chosen = config.test or config.test_where or config.group not in (None, NO_GROUP)
    if chosen or len(table) > MOST_CROSS_VALIDATED:
        return None
    folds = assign_folds(table, config.seed, FOLDS, group=group_of(table, config))
    if folds is None:
        return None
    accumulator = fairness_accumulator(groups, fitted.threshold, config.seed)
    for p, y, w, _, codes in predict_out_of_fold(table, config, folds, groups):
        accumulator.add(codes, calibrated(fitted.calibration, p), y, w)
    return _fairness_of(accumulator, groups)

"""How good a fitted model is on rows whose outcome is known.

`evaluate` runs the perceptron itself, in torch and without gradients, so the figures come from the
model that was trained; that it agrees with the scorer is tested. Everything after the forward pass
is numpy in `evaluate_probabilities`, which does not need torch.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from placement.arrays import FloatArray, UInt64Array
from placement.data.splits.row_clusters import student_hashes
from placement.data.table.table import Table
from placement.errors import DataError, UsageError, counted
from placement.evaluation.calibration.calibration import calibration_figures
from placement.evaluation.fairness.fairness import FairnessAccumulator
from placement.evaluation.held_out import MeasuredRows, measured_rows
from placement.evaluation.metrics.metric_intervals import METHOD, Intervals, metric_intervals
from placement.evaluation.metrics.skill import base_rate, skill
from placement.evaluation.thresholds import DecisionCurve, decision_curve
from placement.model.fairness_figures import Fairness
from placement.model.scorer import TableLike, match_columns
from placement.runtime.notebook import html_table, paragraph
from placement.stats.figures import CalibrationFigures, Skill
from placement.stats.metrics import Confusion, Metrics, checked, confusion, metrics

if TYPE_CHECKING:
    from placement.data.profiles.sensitive_groups import SensitiveGroups
    from placement.model.fitted import Fitted


@dataclass(frozen=True)
class Evaluation:
    """Figures on some rows, with how sure they are.

    `rows` counts those with a weight above 0; `base_rate` is their share of the positive class,
    while `skill` compares with the base rate of the training rows (None where that is unknown).
    `intervals` are 95 % and made as `method` says; `confusion` counts at `threshold`. `fairness`
    are figures by group, where groups were given. `metrics_on`: "test" for the rows that the
    model's training held out of this table, "train" for those it learnt from, held-out ones among
    them, None for those of another table.
    """

    rows: int
    base_rate: float
    metrics: Metrics
    intervals: Intervals
    confusion: Confusion
    threshold: float
    calibration: CalibrationFigures
    skill: Skill | None
    method: str
    decision_curve: DecisionCurve
    fairness: Fairness | None = None
    metrics_on: Literal["test", "train"] | None = None

    def __repr__(self) -> str:
        names = ("roc_auc", "log_loss", "accuracy")
        values = ((name, getattr(self.metrics, name)) for name in names)
        shown = (f"{name} {'–' if value is None else f'{value:.4f}'}" for name, value in values)
        return f"Evaluation({self._rows}: {', '.join(shown)})"

    def _repr_html_(self) -> str:
        share = f"{self.base_rate:.1%} positive, predicted so from {self.threshold:g} on"
        rows = [
            (name, value, *(self.intervals.get(name) or (None, None)))
            for name, value in self.metrics.as_dict().items()
        ]
        shown = html_table(("metric", "value", "95 % from", "to"), rows)
        return paragraph(f"{self._rows}, {share}") + shown + paragraph(self.method)

    @property
    def _rows(self) -> str:
        """The rows in words."""
        kinds = {"test": "held-out ", "train": "training ", None: ""}
        return counted(self.rows, f"{kinds[self.metrics_on]}row")


def evaluate(
    fitted: "Fitted",
    table: Table,
    *,
    threshold: float | None = None,
    rows: Literal["held_out", "all"] = "held_out",
    seed: int = 0,
) -> Evaluation:
    """Evaluate a fitted model on the labelled rows of a table, by default at its own threshold.

    Of the table it was trained on, in whatever order, the held-out rows alone are measured unless
    `rows` is "all". Warns where a model is measured on rows it learnt from.
    """
    if rows not in ("held_out", "all"):
        raise UsageError(f"rows={rows!r}: choose held_out or all")
    _check_table(table, fitted.schema.target.name)
    measured = measured_rows(fitted, table, every=rows == "all")
    if measured.metrics_on == "train" and rows != "all":
        text = f"{table.name} is the table the model was trained on, and no row of it is held out"
        warnings.warn(f"{text}: the figures flatter", stacklevel=2)
    return measure(fitted, measured, threshold=threshold, seed=seed)


def _check_table(table: object, outcome: str) -> None:
    if not isinstance(table, Table):
        kind = type(table).__name__
        raise DataError(
            f"evaluate needs a table with outcomes, not {kind}: read_table(…, target={outcome!r})"
        )


def measure(
    fitted: "Fitted",
    measured: MeasuredRows,
    *,
    threshold: float | None = None,
    seed: int = 0,
    groups: Sequence["SensitiveGroups"] = (),
) -> Evaluation:
    """Evaluate a fitted model on some rows, and by groups of them, by default at its threshold."""
    table = measured.table
    names = [name for name, column in table.chunked_columns.items() if not column.is_hashed]
    features = tuple(match_columns(names, fitted.schema.feature_names).values())
    pieces = [forward(fitted, table.piece(piece, features)) for piece in range(table.pieces)]
    evaluation = evaluate_pieces(
        pieces,
        table,
        training_base_rate=fitted.figures.base_rate,
        threshold=fitted.threshold if threshold is None else threshold,
        seed=seed,
        groups=groups,
    )
    fairness = evaluation.fairness
    if fairness is not None and measured.metrics_on == "test":
        fairness = replace(fairness, metrics_on="test")
    return replace(evaluation, metrics_on=measured.metrics_on, fairness=fairness)


def evaluate_pieces(
    pieces: Sequence[FloatArray],
    table: Table,
    *,
    threshold: float,
    training_base_rate: float | None = None,
    seed: int = 0,
    groups: Sequence["SensitiveGroups"] = (),
) -> Evaluation:
    """Evaluate probabilities, (n,) of each piece of a table, and by groups of its rows."""
    evaluation = evaluate_probabilities(
        np.concatenate(pieces),
        table.label,
        table.weight,
        training_base_rate=training_base_rate,
        threshold=threshold,
        seed=seed,
        clusters=student_hashes(table),
    )
    if not groups:
        return evaluation
    names_of = {column.column: column.names for column in groups}
    accumulator = FairnessAccumulator(names_of, evaluation.threshold, seed)
    for piece, p in enumerate(pieces):
        codes = [column.codes(piece) for column in groups]
        accumulator.add(codes, p, table.labels.piece(piece), table.weights.piece(piece))
    notes = {column.column: column.note for column in groups}
    return replace(evaluation, fairness=accumulator.result(notes=notes))


def forward(fitted: "Fitted", columns: TableLike) -> FloatArray:
    """Return P(positive) of each row, (n,), from the perceptron under `torch.no_grad()`.

    A model that is calibrated has its logits calibrated, as the scorer does it.
    """
    import torch

    from placement.model.perceptron import Perceptron

    features = fitted.schema.feature_names
    matched = match_columns(columns.keys(), features)
    if lacking := [name for name in features if name not in matched]:
        raise DataError(f"the table lacks the column {', '.join(lacking)} that the model uses")
    encoded = fitted.encoder.encode({name: columns[matched[name]] for name in features})
    model = Perceptron(encoded.shape[1], dtype=torch.float64)
    with torch.no_grad():
        model.linear.weight.copy_(torch.as_tensor(np.array(fitted.weights)).reshape(1, -1))
        model.linear.bias.fill_(float(fitted.intercept))
        rows = torch.from_numpy(np.ascontiguousarray(encoded))
        answer = model(rows) if fitted.calibration is None else model.logits(rows)
    values = np.asarray(answer.reshape(-1).numpy(), dtype=np.float64)
    return values if fitted.calibration is None else fitted.calibration.apply(values)


def evaluate_probabilities(
    probability: npt.ArrayLike,
    label: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    *,
    training_base_rate: float | npt.ArrayLike | None = None,
    threshold: float = 0.5,
    seed: int = 0,
    clusters: UInt64Array | None = None,
) -> Evaluation:
    """Evaluate probabilities, however they were come by; all arrays are (n,).

    Rows of one of the `clusters` count together in the interval of the gain.

    >>> evaluate_probabilities([0.9, 0.2, 0.6], [1, 0, 0]).rows
    3
    """
    p, y, w = checked(probability, label, weight)
    against = None
    if training_base_rate is not None:
        against = skill(probability, label, training_base_rate, weight, clusters, seed=seed)
    return Evaluation(
        rows=len(p),
        base_rate=base_rate(y, w),
        metrics=metrics(p, y, w, threshold),
        intervals=metric_intervals(p, y, w, threshold=threshold),
        confusion=confusion(p, y, w, threshold),
        threshold=threshold,
        calibration=calibration_figures(p, y, w),
        skill=against,
        method=METHOD,
        decision_curve=decision_curve(p, y, w),
    )

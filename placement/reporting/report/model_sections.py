"""The report's sections on the model itself: what it learnt, from what, and how."""

from collections.abc import Callable

from placement.data.profiles.column_profile import NumberProfile
from placement.evaluation.coefficients import INTERCEPT, estimates, is_penalised, likelihood
from placement.evaluation.explanation.actionable import better, changeable
from placement.model.figures import CoefficientEstimate
from placement.model.fitted import Fitted
from placement.reporting.format.blocks import Block, Picture, Section, Table, Text, points, table
from placement.reporting.format.text_table import Cell
from placement.reporting.plots.training_plots import coefficient_plot, loss_curve
from placement.reporting.report.verdicts import Report
from placement.reporting.text.coefficients import coefficient_notes, unpenalised
from placement.reporting.text.thresholds import decision_lines

_Getter = Callable[[CoefficientEstimate], Cell]


def model_section(report: Report) -> Section:
    """Return the coefficients with their errors."""
    fitted = report.fitted
    blocks: list[Block] = [_coefficients(fitted)]
    standardised = [c.coefficient_standardised for c in fitted.coefficients]
    if picture := coefficient_plot(fitted.encoder.names, standardised):
        blocks.append(Picture(picture, "the weights, largest first"))
    notes = [note.strip() for note in coefficient_notes(fitted)]
    figures = likelihood(fitted)
    if figures is not None and figures.mcfadden is not None:
        notes.append(
            f"Log-likelihood {figures.log_likelihood:.2f}, of the null model "
            f"{figures.null_log_likelihood:.2f}; McFadden's R² {figures.mcfadden:.3f}."
        )
    return Section("What it has learnt", (*blocks, points(*notes)))


def _coefficients(fitted: Fitted) -> Table:
    """Return a line for each coefficient; the last columns only where they say something."""
    rows, plain = estimates(fitted), unpenalised(fitted)
    others = {row.feature: row.coefficient for row in plain or ()}
    columns: list[tuple[str, _Getter]] = [
        ("feature", lambda row: row.feature),
        ("log-odds per unit", lambda row: row.coefficient),
        ("95 % interval", _limits),
        ("odds ratio", _ratio),
    ]
    if any(row.p_value is not None for row in rows):
        columns.append(("p", lambda row: None if row.p_value is None else f"{row.p_value:.2g}"))
    if is_penalised(fitted) and plain is not None:
        columns.append(("without the penalty", lambda row: others[row.feature]))
    titles, getters = zip(*columns, strict=True)
    return table(titles, [[getter(row) for getter in getters] for row in rows])


def _limits(row: CoefficientEstimate) -> str | None:
    return None if row.low is None else f"{row.low:.4f} to {row.high:.4f}"


def _ratio(row: CoefficientEstimate) -> str | None:
    """Odds at all columns zero are of nobody."""
    if row.odds_ratio is None or row.feature == INTERCEPT:
        return None
    return f"{row.odds_ratio:.3g}"


def decision_section(report: Report) -> Section:
    """Return what the threshold does."""
    lines = [line.strip() for line in decision_lines(report.fitted)]
    return Section("From chance to decision", (points(*lines),))


def advice_section(report: Report) -> Section:
    """Which columns what-if speaks of, and which it never does."""
    fitted = report.fitted
    features = changeable(fitted.schema)
    slope = {c.feature: c.coefficient for c in fitted.coefficients}
    advice = []
    for feature in features:
        weight = slope.get(feature.name)
        wrong = weight is not None and (weight < 0) != (better(feature.name) == "less")
        what = "at which figure such students had the outcome how often"
        if wrong and feature.kind == "number":
            what = "no advice; its weight points the wrong way, which says nothing of what a "
            what += "student should do"
        advice.append(f"{feature.name}: {what}")
    never = [f.name for f in fitted.schema.features if f not in features]
    blocks: list[Block] = [
        Text(
            "placement explain FILE --row N takes a student's chance apart and says what other "
            "students like this one were placed with. It speaks of the past of others and is no "
            "promise."
        )
    ]
    if advice:
        blocks.append(points(*advice))
    if never:
        why = "past marks, what a person is, or unknown"
        blocks.append(Text(f"Never advised on: {', '.join(never)} ({why})."))
    return Section("What a student can ask", tuple(blocks))


def data_section(report: Report) -> Section:
    """Return what was dropped and what was filled."""
    fitted = report.fitted
    rows, profile = fitted.figures.rows, fitted.figures.profile
    blocks: list[Block] = [
        Text(
            f"{rows.train:,} rows trained, {rows.test:,} were held out, {rows.left_out:,} "
            f"left out. {100 * fitted.figures.base_rate:.0f} in 100 were "
            f"{fitted.schema.target.outcome}."
        )
    ]
    if fitted.schema.dropped:
        dropped = [(drop.column, drop.reason) for drop in fitted.schema.dropped]
        blocks.append(table(("column not used", "why"), dropped, 2))
    filled = [
        (column.column, column.missing, "its average, and a sign that it was missing"
         if isinstance(column, NumberProfile) else "a level of its own")
        for column in (() if profile is None else profile.columns)
        if column.missing
    ]  # fmt: skip
    if filled:
        blocks.append(table(("column with gaps", "training rows", "scored as"), filled, 1))
    else:
        blocks.append(Text("No used column has gaps of five or more training rows."))
    return Section("The data: what was dropped, and what was filled", tuple(blocks))


def gradients_section(report: Report) -> Section:
    """Return the loss curve and the gradient checks."""
    fitted = report.fitted
    blocks: list[Block] = []
    if picture := loss_curve(fitted.history):
        blocks.append(Picture(picture, "the loss by epoch"))
    if report.checks:
        last = max(int(row["epoch"]) for row in report.checks)
        names = ("parameter", "manual", "autograd", "finite_difference", "abs_error")
        rows = [
            [row[name] if name == "parameter" else _precise(row[name]) for name in names]
            for row in report.checks
            if int(row["epoch"]) == last
        ]
        header = ("parameter", "by hand", "autograd", "difference", "largest difference")
        explained = (
            f"At the last epoch, {last}: the gradient of the mean loss on the first training rows, "
            "at most 256, without the penalty; even at the optimum of all rows it is not quite 0. "
            "The row of the logit is of students beyond the clamp."
        )
        blocks += [Text(explained), table(header, rows)]
    check = fitted.figures.evaluated.gradcheck
    verdict = (
        f"Over the whole training: {'passed' if check.passed else 'FAILED'}, largest difference "
        f"{check.max_abs_error:.1e}, relative {check.max_rel_error:.1e}."
    )
    return Section("Were the gradients right?", (*blocks, Text(verdict)))


def _precise(value: Cell) -> str:
    if not isinstance(value, float):
        return str(value)
    if abs(value) < 1e-9:  # a run keeps ten digits
        return "below 1e-9"
    return f"{value:.6f}" if abs(value) >= 1e-4 else f"{value:.1e}"


def settings_section(report: Report) -> Section:
    """Return the settings and the digest of the data."""
    fitted = report.fitted
    plain = {"test_size", "seed", "optimizer", "l2", "loss", "dtype", "threshold", "calibrate"}
    rows = [
        (name, ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value))
        for name, value in fitted.config.items()
        if value not in (None, False, [], ()) and (name in plain or value != "none")
    ]
    digest = Text(f"Digest of the data: {fitted.figures.data_digest}")
    return Section("How it was trained", (table(("setting", "value"), rows, 2), digest))

"""The report's sections on what a model is worth, and whom it treats how."""

from placement.reporting.format.blocks import Block, Picture, Points, Section, Text, points, table
from placement.reporting.format.text_table import cell
from placement.reporting.format.verdict_words import skill_line
from placement.reporting.plots.fairness import fairness_plot
from placement.reporting.plots.training_plots import reliability_diagram
from placement.reporting.report.verdicts import Report, verdicts
from placement.reporting.text.alternatives import candidates, gap_interval, terms_rows, verdict
from placement.reporting.text.calibration import bins_in_100, calibrate_text, calibration_text
from placement.reporting.text.fairness import (
    fairness_notes,
    fairness_rule,
    fairness_warnings,
    gaps_table,
    groups_table,
)
from placement.reporting.text.summaries import metric_rows
from placement.reporting.text.thresholds import capture_lines


def trust_section(report: Report) -> Section:
    """Return the questions of trust, answered."""
    return Section("Can it be trusted?", (Points(tuple(verdicts(report))),))


def figures_section(report: Report) -> Section:
    """Return the figures of the rows that were measured on, beside those of the latest batch."""
    measured, rows = report.fitted.figures.evaluated, report.fitted.figures.rows
    held_out = measured.metrics_on == "test"
    rule = report.fitted.config.get("test_where")
    where = f"{rows.test:,} held-out rows" if held_out else f"{rows.train:,} training rows"
    blocks: list[Block] = [
        Text(f"On the {where}{f', those where {rule}' if rule and held_out else ''}.")
    ]
    if (auc := measured.metrics.roc_auc) is not None:
        pairs = f"a student with {report.fitted.schema.target.outcome} and one without"
        text = f"Of 100 pairs of {pairs}, it gives the first the higher chance in {100 * auc:.0f}."
        blocks.append(Text(text))
    if measured.capture is not None:
        lines = capture_lines(measured.capture, report.fitted.schema.target)
        blocks += [Text(lines[0]), points(*(line.strip() for line in lines[1:]))]
    titles, figures = ["figure", "value"], metric_rows(measured.metrics)
    later = report.later
    if later is None:
        blocks += [table(titles, figures), Text(skill_line(measured.skill))]
        return Section("What it is worth", tuple(blocks))
    train, test = later.rows
    blocks.append(
        Text(
            f"Out of time: the same settings, trained on {train:,} students of earlier batches and "
            f"tried on the {test:,} of {later.column} {later.batch}: nearer to what the next batch "
            "will bring than figures of students of the same years."
        )
    )
    then = dict(metric_rows(later.tested.metrics))
    titles = ["figure", where, f"{later.column} {later.batch}"]
    blocks.append(table(titles, [(name, value, then[name]) for name, value in figures]))
    blocks.append(Text(f"{where}: {skill_line(measured.skill)}"))
    blocks.append(Text(f"{later.column} {later.batch}: {skill_line(later.tested.skill)}"))
    return Section("What it is worth", tuple(blocks))


def calibration_section(report: Report) -> Section | None:
    """Return how far the probabilities can be believed."""
    measured, fitted = report.fitted.figures.evaluated, report.fitted
    figures = measured.calibration
    if figures is None:
        return None
    lines = (line.strip() for line in calibration_text(figures)[1:])
    calibrated = calibrate_text(
        measured.recalibration, fitted.calibration, refitted=bool(fitted.config["refit"])
    )
    blocks: list[Block] = [points(*lines)]
    if picture := reliability_diagram(figures.bins, fitted.schema.target.positive):
        blocks.append(Picture(picture, "what was predicted against what happened, by bins"))
    if figures.bins:
        rows = [
            (predicted, happened, f"{low} – {high}", rows)
            for predicted, happened, low, high, rows in bins_in_100(figures.bins)
        ]
        blocks.append(table(("predicted in 100", "happened", "95 % limits", "rows"), rows, 0))
    if calibrated:
        blocks.append(Text(calibrated[0]))
    return Section("Does 70 % mean 70 %?", tuple(blocks))


def fairness_section(report: Report) -> Section | None:
    """Groups beside each other, and by how much they differ."""
    fairness, target = report.fitted.figures.evaluated.fairness, report.fitted.schema.target
    if fairness is None:
        return None
    blocks: list[Block] = [Text(fairness_rule(fairness, target))]
    for column in fairness.columns:
        blocks.append(table(*groups_table(column)))
        if column.gaps:
            titles = ("measure", "value", "95 % interval", "tolerance", "")
            blocks.append(table(titles, gaps_table(column)))
        if notes := list(fairness_notes(column)):
            blocks.append(points(*notes))
    if picture := fairness_plot(fairness):
        blocks.append(Picture(picture, "shares predicted and found, by group"))
    blocks.append(points(*fairness_warnings(fairness, target), state="bad"))
    return Section("Are groups treated alike?", tuple(blocks))


def line_section(report: Report) -> Section | None:
    """Return whether a straight line is enough, None where it was not asked."""
    models = report.alternatives
    if models is None:
        return None
    figures = report.fitted.figures
    chosen = figures.evaluated.metrics_on == "test" and models.of_rows == figures.rows.train
    trained = " that it was trained on" if chosen else ""  # the others must not choose
    rows = []
    for one in candidates(models):
        gap = one.difference
        against = (f"{gap.mean:+.4f}", gap_interval(gap)) if gap else (None, None)
        rows.append((one.name, one.log_loss, one.brier, one.roc_auc, *against))
    header = ("", "log-loss", "Brier", "ROC AUC", "log-loss against it", "95 % interval")
    blocks: list[Block] = [
        Text(
            f"{models.rows:,} rows of {report.source}{trained} in {models.folds} folds, each row "
            "predicted by models that had not seen it; the perceptron is trained with this model's "
            "settings."
        ),
        table(header, rows),
        *(Text(text) for text in verdict(models)),
    ]
    if models.suggested_terms:
        titles = ("what may mend it", "log-loss then", "gain", "95 % interval")
        blocks.append(table(titles, terms_rows(models.suggested_terms)))
        if models.terms_minus_trees is not None and models.with_terms is not None:
            left = models.terms_minus_trees
            remaining = (
                f"With these, what is left to boosted trees is {left.mean:+.4f} of log-loss (95 % "
                f"interval {gap_interval(left)}); ROC AUC {cell(models.with_terms.roc_auc)} "
                f"against {cell(models.trees.roc_auc)}."
            )
            blocks.append(Text(remaining))
    return Section("Is a straight line enough?", tuple(blocks))

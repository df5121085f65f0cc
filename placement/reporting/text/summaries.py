"""Results as plain text for a terminal."""

import math
from collections.abc import Mapping, Sequence

from placement.arrays import Document
from placement.errors import counted
from placement.evaluation.metrics.metric_intervals import Intervals
from placement.model.figures import ModelFigures
from placement.model.scorer import CategoryColumn
from placement.reporting.answers.evaluate import AS_TOLD, HELD_OUT
from placement.reporting.answers.predict import mistaken
from placement.reporting.answers.train import predict_line
from placement.reporting.format.text_table import table
from placement.reporting.format.verdict_words import skill_line, verdict_sentence
from placement.reporting.results import EvaluateResult, PredictResult, TrainResult, Understanding
from placement.reporting.text.alternatives import alternatives_text, overrides_text
from placement.reporting.text.calibration import calibrate_text, calibration_text
from placement.reporting.text.coefficients import coefficient_notes, coefficients_table
from placement.reporting.text.fairness import fairness_text
from placement.reporting.text.nonlinear_terms import curve_notes, interaction_rows, number_kind
from placement.reporting.text.thresholds import capture_lines, curve_line, decision_lines
from placement.stats.metrics import Metrics
from placement.stats.sample_size import NAGELKERKE, SHRINKAGE, SampleSize
from placement.training.gradcheck.report import GradientCheck

MOST_LISTED = 50  # columns of a table: of more, nobody reads on, and drawing takes seconds
METRIC_WORDS = {
    "log_loss": "log-loss",
    "brier": "Brier score",
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "ece": "calibration error (ECE)",
}


def understanding_text(understanding: Understanding) -> str:
    """What was understood of the file: rows, target, columns used and not used."""
    counts = ", ".join(
        f"{number:,} {name}" for name, number in understanding.rows.items() if number
    )
    lines = [f"{understanding.name}: {understanding.total:,} rows with an outcome ({counts})"]
    lines += [
        f"  left out: {number:,} rows, {reason}"
        for reason, number in understanding.left_out
        if number
    ]
    lines += [*(f"  {note}" for note in understanding.notes), ""]
    target = understanding.schema.target
    meaning = f"{target.name} {target.rule}" if target.rule else f"{target.positive!r}"
    lines += [f"Outcome: {target.name} (1 = {meaning}, 0 = {target.negative!r})"]
    lines += ["", "Columns used"]
    lines += _first(("column", "kind", "scale or reference"), _used(understanding))
    if understanding.schema.dropped:
        dropped = [(d.column, d.reason) for d in understanding.schema.dropped]
        lines += ["Columns not used", *_first(("column", "why"), dropped)]
    lines += [f"note: {fact}" for fact in understanding.facts]
    if understanding.sample_size is not None:
        lines.append(_sample_size_note(understanding, understanding.sample_size))
    return "\n".join(lines).rstrip()


def _sample_size_note(understanding: Understanding, size: SampleSize) -> str:
    """Say whether the table is big enough, as a rule of thumb; it is no gate."""
    rows, columns = understanding.weight, counted(understanding.parameters, "encoded column")
    enough = f"{rows:,.0f} are there: enough"
    if rows < size.needed:
        enough = (
            f"{rows:,.0f} are there: fewer, so chances may be too extreme for new rows; fewer "
            "--features help"
        )
    return (
        f"note: as a rule of thumb {columns} need {size.needed:,} rows to train on ({enough}). "
        f"{size.shrinkage:,} keep the shrinkage above {SHRINKAGE:g}, {size.optimism:,} the "
        f"optimism in R² below 0.05, {size.risk:,} the overall rate within 0.05 (Riley et al. "
        f"2020, for Nagelkerke's R² {NAGELKERKE:g})"
    )


def _first(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the table of the first rows, and how many more there are."""
    more = len(rows) - MOST_LISTED
    listed = [table(header, rows[:MOST_LISTED])]
    return [*listed, *([f"  and {more:,} more: --json has them all"] if more > 0 else []), ""]


def _used(understanding: Understanding) -> list[tuple[str, str, str]]:
    columns = understanding.encoder.columns
    references = {c.column: c.slots[0] for c in columns if isinstance(c, CategoryColumn)}
    rows = []
    for feature in understanding.schema.features:
        kind, reference = number_kind(understanding.encoder, feature.name), ""
        if feature.kind == "category":
            levels = understanding.levels[feature.name]
            kind = "yes/no" if levels == 2 else f"category, {levels} levels"
            reference = f"against {references[feature.name]}"
        rows.append((feature.name, kind, f"{feature.scale:g}" if feature.scale else reference))
    return rows + interaction_rows(understanding.encoder)


def train_text(result: TrainResult, command: str = "placement") -> str:
    """The summary that `train` ends with; `command` is how the user calls the program."""
    fitted, figures = result.fitted, result.fitted.figures
    measured, target = figures.evaluated, result.fitted.schema.target
    lines = []
    verdict = verdict_sentence(measured.verdict)
    if measured.verdict.name != "better":
        lines += [f"Careful: {verdict}.", ""]
    lines += [understanding_text(result.understanding), ""]
    held_out = measured.metrics_on == "test"
    where = f"{figures.rows.train:,} training rows (nothing was held out: they flatter)"
    where = f"{figures.rows.test:,} held-out rows" if held_out else where
    lines += [f"Figures on the {where}", metrics_table(measured.metrics)]
    lines += [f"  ({measured.metrics_method})"] if measured.metrics_method else []
    lines += ["", *calibration_text(measured.calibration)] if measured.calibration else []
    lines += ["", *decision_lines(fitted)]
    lines += capture_lines(measured.capture, target) if measured.capture else []
    lines += ["", f"Verdict: {verdict}."]
    lines += ["", fairness_text(measured.fairness, target)] if measured.fairness else []
    lines += ["", "Coefficients (log-odds)", coefficients_table(fitted)]
    lines += coefficient_notes(fitted)
    lines += [f"  {line}" for line in curve_notes(fitted.encoder)]
    refitted = bool(fitted.config["refit"])
    calibrated = calibrate_text(measured.recalibration, fitted.calibration, refitted=refitted)
    lines += ["", *calibrated] if calibrated else []
    lines += ["", *_outcome_lines(figures, result.device)]
    return "\n".join([*lines, *_whereabouts(result, command)])


def metrics_table(metrics: Metrics, intervals: Intervals | None = None) -> str:
    """The metrics by name, with 95 % intervals where there are any."""
    if intervals is None:
        return table(("metric", "value"), metric_rows(metrics), numeric=(1,))
    limits = (intervals.get(name) or (None, None) for name in METRIC_WORDS)
    rows = [(*row, *pair) for row, pair in zip(metric_rows(metrics), limits, strict=True)]
    return table(("metric", "value", "95 % from", "to"), rows, numeric=(1, 2, 3))


def metric_rows(metrics: Metrics) -> list[tuple[str, float | None]]:
    """The metrics in words, each with its value."""
    values = metrics.as_dict()
    return [(words, values[name]) for name, words in METRIC_WORDS.items()]


def _outcome_lines(figures: ModelFigures, device: str) -> list[str]:
    state = "converged" if figures.converged else "NOT converged"
    distance, check = figures.newton_decrement, figures.evaluated.gradcheck
    where = (
        "" if distance is None else f", within {_bound(distance)} standard errors of the optimum"
    )
    verdict = "passed" if check.passed else "FAILED"
    training = f"{figures.optimizer} on {device}, {figures.epochs} epochs"
    agreed = "by hand, autograd and difference quotient agree to"
    clamped = f"{figures.clamped_rows} clamped rows"
    if figures.converged and figures.clamped_rows:
        clamped += ", none of them on the wrong side"
    return [
        f"Training: {training}, {state} ({figures.stopped}){where}; {clamped}.",
        f"Gradient check {verdict}: {agreed} {_bound(check.max_abs_error)}.",
    ]


def _bound(value: float) -> str:
    """The power of ten above a small number; the number itself is noise and differs by machine."""
    return f"1e{math.ceil(math.log10(max(value, 1e-12)))}"


def _whereabouts(result: TrainResult, command: str) -> list[str]:
    lines, tracked = [], result.tracked
    if result.bundle:
        lines.append(f"Bundle: {result.bundle}")
    if tracked:
        lines.append(f"Run: {tracked.run_name} ({tracked.run_id})")
        lines.append(f"Model: {tracked.model_uri} ({tracked.alias})")
    if (line := predict_line(result, command)) is None:
        return lines
    lines += ["", "Next:", f"  {line}"]
    if tracked:
        lines += ui_lines(tracked.export_line, command)
    return lines


def ui_lines(export_line: str, command: str) -> list[str]:
    """How to look at the runs: with our command, and with plain MLflow."""
    return [f"  {command} ui", "", "For plain mlflow commands on these runs:", export_line]


def predict_text(result: PredictResult) -> str:
    """One or two lines about a scoring."""
    left = "".join(
        f"; {number:,} rows left out: {why}" for why, number in result.left_out.items() if number
    )
    if result.blank_lines:
        left += f"; blank lines dropped: {result.blank_lines:,}"
    where = f" → {result.out}" if result.out else ""
    done = f"written, {result.ranking}" if result.ranking else "scored"
    alarms = result.false_alarms
    otherwise = "" if alarms is None else f"\n{mistaken(alarms, result.target)}"
    return (
        f"{result.source}{where}: {result.rows_out:,} of {result.rows_in:,} rows {done}, "
        f"{result.predicted_positive:,} predicted positive{left}{otherwise}"
    )


def evaluation_text(result: EvaluateResult) -> str:
    """Metrics with intervals, confusion, calibration, and the base rate beside them."""
    measured, matrix = result.evaluation, result.evaluation.confusion
    confusion = [
        ("outcome 1", f"{matrix.tp:g}", f"{matrix.fn:g}"),
        ("outcome 0", f"{matrix.fp:g}", f"{matrix.tn:g}"),
    ]
    positive, held_out = f"{measured.base_rate:.1%} positive", measured.metrics_on == "test"
    kind = "held-out rows" if held_out else "rows with an outcome"
    lines = [
        f"{result.source}: {measured.rows:,} {kind}, {positive}",
        *([f"  ({HELD_OUT})"] if held_out else []),
        *([f"  ({AS_TOLD})"] if result.as_told else []),
        metrics_table(measured.metrics, measured.intervals),
        f"  ({measured.method})",
        "",
        f"Predicted positive from probability {measured.threshold:g} on",
        table(("", "predicted 1", "predicted 0"), confusion, numeric=(1, 2)),
    ]
    lines += ["", *calibration_text(measured.calibration, bins=True)]
    if measured.skill:
        lines += ["", skill_line(measured.skill)]
    lines += ["", curve_line(measured.decision_curve)]
    if result.capture:
        lines += ["", *capture_lines(result.capture, result.target)]
    if result.overrides:
        lines += ["", overrides_text(result.overrides, result.target)]
    if measured.fairness:
        lines += ["", fairness_text(measured.fairness, result.target)]
    if result.alternatives is not None:
        lines += ["", alternatives_text(result.alternatives)]
    return "\n".join(lines)


def runs_text(runs: Sequence[Document], where: str) -> str:
    """The recorded runs as a table; `where` is the store that was looked at."""
    if not runs:
        return f"no runs in {where}: `placement train FILE` records one"
    rows = []
    for run in runs:
        loss, auc = (_of_run(run["metrics"], name) for name in ("log_loss", "roc_auc"))
        started = (run["start_time"] or "").removesuffix("+00:00")
        rows.append((run["run_id"], run["name"], run["status"], started, loss, auc))
    header = ("run", "name", "status", "started (UTC)", "log-loss", "ROC AUC")
    return table(header, rows, numeric=(4, 5))


def queue_text(runs: Sequence[Document], where: str, most: int = 10) -> str:
    """What waits, what goes on, and what ended last, of the runs as `runs_text` has them."""
    waiting = [run for run in reversed(runs) if run["status"] == "SCHEDULED"]
    going = [run for run in reversed(runs) if run["status"] == "RUNNING"]
    ended = [run for run in runs if run["status"] not in {"SCHEDULED", "RUNNING"}]
    rows = []
    for run in [*going, *waiting[:most], *ended[:most]]:
        since = (run["start_time"] or "").removesuffix("+00:00")
        rows.append((run["status"], run["name"], since, _of_run(run["metrics"], "loss")))
    counts = f"{len(going)} running, {len(waiting)} waiting, {len(ended)} ended"
    header = ("status", "name", "since (UTC)", "loss")
    return f"{counts} in {where}" + (f"\n{table(header, rows, numeric=(3,))}" if rows else "")


def _of_run(metrics: Mapping[str, float], name: str) -> float | None:
    """Return a metric of the held-out rows, else of those trained on; once it was test_…."""
    names = (f"{where}{mark}{name}" for where in ("test", "train") for mark in "/_")
    return next((metrics[name] for name in names if name in metrics), None)


def gradcheck_text(check: GradientCheck) -> str:
    """The chain link by link where there is one, then every gradient by its witnesses."""
    lines = [f"{check.dtype}, epsilon {check.epsilon:g}, {check.form} loss {check.loss:.6g}"]
    if check.links:
        links = check.links
        lines += ["", "The chain rule, link by link"]
        lines.append(table(("link", "value"), [(name, repr(v)) for name, v in links.items()]))
        for parameter in ("w", "b"):
            chain = ("dL_dyhat", "dyhat_dz", f"dz_d{parameter}")
            product = " · ".join(repr(links[name]) for name in chain)
            lines.append(f"  dL/d{parameter} = {' · '.join(chain)} = {product}")
    rows = [
        (g.parameter, *map(repr, (g.manual, g.autograd, g.finite_difference)), f"{g.abs_error:.1e}")
        for g in check.gradients
    ]
    header = ("parameter", "by hand", "autograd", "difference", "largest gap")
    verdict = "agree" if check.passed else "DISAGREE"
    by_torch = "agrees" if check.torch_gradcheck else "DISAGREES"
    clamped = f"{check.clamped_rows} of {check.rows} rows clamped"
    closing = f"The witnesses {verdict}; torch.autograd.gradcheck {by_torch}; {clamped}."
    return "\n".join([*lines, "", table(header, rows, numeric=(1, 2, 3, 4)), "", closing])

"""The report that a dean can read: what a model is worth, how it treats whom, what it is for."""

from collections.abc import Mapping
from typing import Any

from placement.evaluation.calibration import ReliabilityBin
from placement.evaluation.changeable import better, changeable
from placement.evaluation.uncertainty import estimates, is_penalised, likelihood
from placement.reporting.blocks import Picture, Points, Section, Text, points, table
from placement.reporting.calibration import calibrate_text, calibration_text
from placement.reporting.coefficients import coefficient_notes, unpenalised
from placement.reporting.decisions import decision_lines
from placement.reporting.fairness import fairness_notes, fairness_rule, fairness_tables
from placement.reporting.fairness_plot import fairness_plot
from placement.reporting.intended import intended_use
from placement.reporting.plots import coefficient_plot, loss_curve, reliability_diagram
from placement.reporting.rivals import contenders, verdict
from placement.reporting.tables import METRIC_WORDS, skill_line
from placement.reporting.trust import Report, verdicts


def title_of(report: Report) -> str:
    """Name the model and what it predicts."""
    target = report.fitted.schema.target
    return f"Who will be {target.positive!r}? Report on a model of {target.name}"


def subtitle_of(report: Report) -> str:
    """Say which model this is."""
    about, rows = report.about, report.fitted.figures["rows"]
    version = f" version {about['version']}" if about.get("version") else ""
    made = f", trained {about['created']}" if about.get("created") else ""
    digest = str(report.fitted.figures["data_digest"])[:12]
    return (
        f"Model {about['model']}{version}{made}; {rows['train']:,} training rows of data {digest}…"
    )


def sections_of(report: Report) -> tuple[Section, ...]:
    """Return the report's sections, what matters most first."""
    found = [
        _trust(report),
        _later(report),
        _figures(report),
        _calibration(report),
        _fairness(report),
        _line(report),
        _model(report),
        _decision(report),
        _advice(report),
        _data(report),
        _gradients(report),
        intended_use(report.fitted.schema.target.positive),
        _settings(report),
    ]
    return tuple(section for section in found if section is not None)


def _trust(report: Report) -> Section:
    return Section("Can it be trusted?", (Points(verdicts(report)),))


def _later(report: Report) -> Section | None:
    """What it is worth on students of a later batch, which is what it will be used for."""
    later = report.later
    if later is None:
        return None
    train, test = later.rows
    return Section(
        f"Out of time: trained on earlier batches, tried on {later.column} {later.batch}",
        (
            Text(
                f"The same settings, trained on {train:,} students of earlier batches and tried on "
                f"the {test:,} of {later.batch}: nearer to what the next batch will bring than "
                "figures of students of the same years."
            ),
            _metrics_table(later.judged.metrics.as_dict()),
            Text(skill_line(vars(later.judged.skill))),
        ),
    )


def _metrics_table(metrics: Mapping[str, float | None]) -> Any:
    return table(
        ("figure", "value"), [(said, metrics[name]) for name, said in METRIC_WORDS.items()]
    )


def _figures(report: Report) -> Section:
    figures = report.fitted.figures
    rows = figures["rows"]
    held_out = figures["metrics_on"] == "test"
    rule = report.fitted.config.get("test_where")
    where = f"{rows['test']:,} held-out rows" if held_out else f"{rows['train']:,} training rows"
    blocks: list[Any] = [
        Text(f"On the {where}{f', those where {rule}' if rule and held_out else ''}:"),
        _metrics_table(figures["metrics"]),
        Text(skill_line(figures["skill"])),
    ]
    if (auc := figures["metrics"]["roc_auc"]) is not None:
        blocks.insert(
            1,
            Text(
                f"Of 100 pairs of a student who was {report.fitted.schema.target.positive!r} and "
                f"one who was not, it gives the first the higher chance in {100 * auc:.0f}."
            ),
        )
    return Section("What it is worth", tuple(blocks))


def _calibration(report: Report) -> Section:
    figures, fitted = report.fitted.figures["calibration"], report.fitted
    bins = [ReliabilityBin(**own) for own in figures["bins"]]
    picture = reliability_diagram(bins, fitted.schema.target.positive)
    lines = [line.strip() for line in calibration_text(figures)[1:]]
    calibrated = calibrate_text(
        fitted.figures, fitted.calibration, refitted=bool(fitted.config["refit"])
    )
    blocks: list[Any] = [Points(tuple(("plain", line) for line in lines))]
    if picture is not None:
        blocks.append(Picture(picture, "what was predicted against what happened, by bins"))
    if bins:
        rows = [(b.predicted, b.observed, f"{b.low:.3f} – {b.high:.3f}", b.rows) for b in bins]
        blocks.append(table(("predicted", "happened", "95 % limits", "rows"), rows, 0))
    if calibrated:
        blocks.append(Text(calibrated[0]))
    return Section("Does 70 % mean 70 %?", tuple(blocks))


def _fairness(report: Report) -> Section | None:
    """Groups beside each other, and by how much they differ."""
    found = report.fitted.figures.get("fairness")
    if found is None:
        return None
    blocks: list[Any] = [Text(fairness_rule(found))]
    for own in found["columns"]:
        header, rows, measures = fairness_tables(own)
        blocks.append(table(header, rows))
        if measures:
            blocks.append(table(("measure", "value", "95 % interval", "tolerance", ""), measures))
        if notes := fairness_notes(own):
            blocks.append(points(*notes))
    if picture := fairness_plot(found):
        blocks.append(Picture(picture, "shares predicted and found, by group"))
    blocks.append(points(*found["warnings"], state="bad"))
    return Section("Are groups treated alike?", tuple(blocks))


def _line(report: Report) -> Section | None:
    found = report.rivals
    if found is None:
        return None
    rows = []
    for one in contenders(found):
        apart = one.apart
        limits = None if apart is None else f"{apart.low:+.4f} to {apart.high:+.4f}"
        mean = None if apart is None else f"{apart.mean:+.4f}"
        rows.append((one.name, one.log_loss, one.brier, one.roc_auc, mean, limits))
    header = ("", "log-loss", "Brier", "ROC AUC", "log-loss against it", "95 % interval")
    blocks: list[Any] = [
        Text(
            f"{found.rows:,} rows of {report.source} in {found.folds} folds, each row predicted by "
            "models that had not seen it; the perceptron is trained with this model's settings."
        ),
        table(header, rows),
        *(Text(text) for text in verdict(found)),
    ]
    if found.remedies:
        tried = [
            (own.option, own.log_loss, own.gain.mean, f"{own.gain.low:.4f} to {own.gain.high:.4f}")
            for own in found.remedies
        ]
        blocks.append(table(("what may mend it", "log-loss then", "gain", "95 % interval"), tried))
        if found.left is not None and found.mended is not None:
            left = found.left
            blocks.append(
                Text(
                    f"With these, what is left to boosted trees is {left.mean:+.4f} of log-loss "
                    f"(95 % interval {left.low:+.4f} to {left.high:+.4f}); ROC AUC "
                    f"{_auc(found.mended.roc_auc)} against {_auc(found.trees.roc_auc)}."
                )
            )
    return Section("Is a straight line enough?", tuple(blocks))


def _auc(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _model(report: Report) -> Section:
    fitted = report.fitted
    rows, plain = estimates(fitted), unpenalised(fitted)
    header = ["feature", "log-odds per unit", "95 % interval", "odds ratio"]
    tested = any(row.p_value is not None for row in rows)
    header += ["p"] if tested else []
    cells: list[list[Any]] = []
    for row in rows:
        limits = None if row.low is None else f"{row.low:.4f} to {row.high:.4f}"
        ratio = None if row.odds_ratio is None else f"{row.odds_ratio:.3g}"
        cells.append([row.feature, row.coefficient, limits, ratio])
        if tested:
            cells[-1].append(None if row.p_value is None else f"{row.p_value:.2g}")
    if is_penalised(fitted) and plain is not None:
        header.append("without the penalty")
        for line, other in zip(cells, plain, strict=True):
            line.append(other.coefficient)
    blocks: list[Any] = [table(header, cells)]
    standardised = [c.coefficient_standardised for c in fitted.coefficients]
    picture = coefficient_plot(fitted.encoder.names, standardised)
    if picture is not None:
        blocks.append(Picture(picture, "the weights, largest first"))
    notes = [note.strip() for note in coefficient_notes(fitted)]
    seen = likelihood(fitted)
    if seen is not None and seen.mcfadden is not None:
        notes.append(
            f"Log-likelihood {seen.log_likelihood:.2f}, of the null model "
            f"{seen.null_log_likelihood:.2f}; McFadden's R² {seen.mcfadden:.3f}."
        )
    return Section("What it has learnt", (*blocks, points(*notes)))


def _decision(report: Report) -> Section:
    lines = [line.strip() for line in decision_lines(report.fitted)]
    return Section("From chance to decision", (points(*lines),))


def _advice(report: Report) -> Section:
    """Which columns what-if speaks of, and which it never does."""
    fitted = report.fitted
    features = changeable(fitted.schema)
    slope = {c.feature: c.coefficient for c in fitted.coefficients}
    said = []
    for feature in features:
        own = slope.get(feature.name)
        wrong = own is not None and (own < 0) != (better(feature.name) == "less")
        said.append(
            f"{feature.name}: no advice; its weight points the wrong way, which says nothing of "
            "what a student should do"
            if wrong and feature.kind == "number"
            else f"{feature.name}: at which figure such students were {_placed(report)} how often"
        )
    never = [f.name for f in fitted.schema.features if f not in features]
    blocks: list[Any] = [
        Text(
            "placement explain FILE --row N takes a student's chance apart and says what other "
            "students like this one were placed with. It speaks of the past of others and is no "
            "promise."
        )
    ]
    if said:
        blocks.append(points(*said))
    if never:
        blocks.append(
            Text(
                f"Never advised on: {', '.join(never)} (past marks, what a person is, or unknown)."
            )
        )
    return Section("What a student can ask", tuple(blocks))


def _placed(report: Report) -> str:
    return repr(report.fitted.schema.target.positive)


def _data(report: Report) -> Section:
    fitted = report.fitted
    rows = fitted.figures["rows"]
    blocks: list[Any] = [
        Text(
            f"{rows['train']:,} rows trained, {rows['test']:,} were held out, {rows['left_out']:,} "
            f"left out. {100 * fitted.figures['base_rate']:.0f} in 100 were {_placed(report)}."
        )
    ]
    if fitted.schema.dropped:
        dropped = [(own.column, own.reason) for own in fitted.schema.dropped]
        blocks.append(table(("column not used", "why"), dropped, 2))
    columns = (fitted.figures.get("profile") or {}).get("columns", [])
    filled = [
        (own["column"], own["missing"], "its average, and a sign that it was missing"
         if own["kind"] == "number" else "a level of its own")
        for own in columns
        if own["missing"]
    ]  # fmt: skip
    if filled:
        blocks.append(table(("column with gaps", "training rows", "scored as"), filled, 1))
    else:
        blocks.append(Text("No used column has gaps of five or more training rows."))
    return Section("The data: what was dropped, and what was filled", tuple(blocks))


def _gradients(report: Report) -> Section:
    fitted = report.fitted
    blocks: list[Any] = []
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
        blocks.append(
            Text(
                f"At the last epoch, {last}: the gradient of the mean loss on the first training "
                "rows, at most 256, without the penalty; even at the optimum of all rows it is not "
                "quite 0. The row of the logit is of students beyond the clamp."
            )
        )
        blocks.append(table(header, rows))
    check = fitted.figures["gradcheck"]
    blocks.append(
        Text(
            f"Over the whole training: {'passed' if check['passed'] else 'FAILED'}, largest "
            f"difference {check['max_abs_error']:.1e}, relative {check['max_rel_error']:.1e}."
        )
    )
    return Section("Were the gradients right?", tuple(blocks))


def _precise(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.6f}" if abs(value) >= 1e-9 else "below 1e-9"  # a run keeps ten digits


def _settings(report: Report) -> Section:
    fitted = report.fitted
    plain = {"test_size", "seed", "optimizer", "l2", "loss", "dtype", "threshold", "calibrate"}
    rows = [
        (name, ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value))
        for name, value in fitted.config.items()
        if name in plain or value not in (None, False, [], (), "none")
    ]
    return Section(
        "How it was trained",
        (
            table(("setting", "value"), rows, 2),
            Text(f"Digest of the data: {fitted.figures['data_digest']}"),
        ),
    )

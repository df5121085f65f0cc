"""Report: write the figures of a model as HTML and Markdown, and add both to its run."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from placement.arrays import Document, ObjectArray
from placement.config.file_options import FileOptions
from placement.config.train_config import TrainConfig
from placement.data.columns.storage import Storage
from placement.data.splits.split import MIN_HELD_OUT, TEST, TRAIN, make_split
from placement.data.table.table import Table
from placement.errors import DataError, ModelError, UsageError
from placement.evaluation.held_out import split_of_training
from placement.evaluation.metrics.accumulator import PredictionAccumulator
from placement.model.bundle import open_bundle
from placement.model.figures import ModelFigures
from placement.model.fitted import Fitted, load_fitted
from placement.model.scorer import words
from placement.reporting.format.blocks import State
from placement.reporting.format.html_page import html_page
from placement.reporting.format.model_card import model_card
from placement.reporting.report.findings import findings
from placement.reporting.report.sections import sections_of, subtitle_of, title_of
from placement.reporting.report.verdicts import LaterBatch, Report, verdicts
from placement.runtime.atomic_write import replacing, writing
from placement.runtime.progress import NoProgress, ProgressListener
from placement.tracking.store import open_store
from placement.workflows.monitoring.effect import effects_of
from placement.workflows.reading.find_model import Model, find_model
from placement.workflows.reading.read_labelled import read_like
from placement.workflows.reading.training_settings import training_config

if TYPE_CHECKING:
    from placement.training.prepare import Prepared

PAGE, CARD = "report.html", "MODEL_CARD.md"


@dataclass(frozen=True)
class ReportResult:
    """Where a report was written, its first page, and its answers to the questions of trust."""

    page: str
    card: str
    run_id: str | None
    findings: tuple[tuple[State, str], ...]
    verdicts: tuple[tuple[State, str], ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ReportRequest(FileOptions):
    """Which model to report on, and the page to write.

    With `data`, a file with outcomes, the report also shows whether a straight line is enough, and
    how the settings do on the latest batch.
    """

    run: str = "champion"
    data: str | None = None
    out: str = PAGE

    def __post_init__(self) -> None:
        super().__post_init__()
        path = Path(self.out)
        if path.suffix.casefold() not in {".html", ".htm"}:
            raise UsageError(
                f"--out {self.out}: the report is an HTML page; name it {path.stem}.html"
            )


def write_report(request: ReportRequest, listener: ProgressListener = NoProgress()) -> ReportResult:
    """Write the report of a model to a file, its card next to it, and add both to its run."""
    report = report_of(request, listener)
    title, subtitle, sections = title_of(report), subtitle_of(report), sections_of(report)
    page, card = html_page(title, subtitle, sections), model_card(title, subtitle, sections)
    target, run_id = Path(request.out), report.about["run_id"]
    _write(target, page)
    _write(target.with_name(CARD), card)
    if run_id is not None:
        _add(run_id, {PAGE: page, CARD: card})
    return ReportResult(
        str(target),
        str(target.with_name(CARD)),
        run_id,
        tuple(findings(report)),
        tuple(verdicts(report)),
        report.warnings,
    )


def report_of(request: ReportRequest, listener: ProgressListener = NoProgress()) -> Report:
    """Return what a report on a model is made of; nothing is written."""
    model = find_model(request.run, listener)
    report = report_of_model(model)
    if request.data is not None:
        with Storage() as storage:
            learnt = model.scorer.numbers
            table = read_like(request.data, model.schema, learnt, storage, listener, request)
            report = _with_data(report, table, listener)
    return report


def report_of_model(model: Model) -> Report:
    """Return what is known of a model without any rows; ModelError where too little is."""
    fitted = load_fitted(model.directory)
    lacking = _not_recorded(fitted.figures)
    if lacking:
        raise ModelError(
            f"{model.name}: its {lacking[0]} was not recorded, as by an older version or in "
            "Python; a report needs a model of placement train"
        )
    run_id = model.about["run_id"]
    digest = open_bundle(model.directory).document["digest"]
    effects = () if run_id is None else effects_of(open_store(create=False), digest)
    return Report(model.about, fitted, _checks(run_id), effects=effects)


def _not_recorded(figures: ModelFigures) -> list[str]:
    """Return which of the figures that a report needs a model lacks."""
    evaluation = figures.evaluation
    needed = {
        "skill": evaluation,
        "calibration": evaluation and evaluation.calibration,
        "decision": evaluation and evaluation.decision,
        "inference": figures.unpenalised,
    }
    return [name for name, part in needed.items() if part is None]


def _checks(run_id: str | None) -> list[Document] | None:
    if run_id is None:
        return None
    from placement.tracking.artifacts import read_run_table

    return read_run_table(open_store(create=False), run_id, "gradient_checks.json")


def _add(run_id: str, texts: dict[str, str]) -> None:
    from placement.tracking.artifacts import add_text

    store = open_store(create=False)
    for file, text in texts.items():
        add_text(store, run_id, text, file)


def _write(path: Path, text: str) -> None:
    with writing(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _with_data(report: Report, table: Table, listener: ProgressListener) -> Report:
    """Add the alternatives and the latest batch, which need the rows of a file."""
    from placement.workflows.selection.compare_alternatives import compare_alternatives

    config, warnings = training_config(report.fitted.config), list(table.warnings)
    compared = later = None
    try:
        split = split_of_training(report.fitted, table)
        compared = compare_alternatives(table, config, listener, split=split)
    except DataError as fault:
        warnings.append(str(fault))
    try:
        later = _out_of_time(table, config)
    except DataError as fault:
        warnings.append(f"out of time: {fault}")
    report = replace(report, source=table.name, alternatives=compared, later=later)
    return replace(report, warnings=tuple(warnings))


def _out_of_time(table: Table, config: TrainConfig) -> LaterBatch | None:
    """Train on all batches but the latest, and test on that; None where there are no two."""
    from placement.training.prepare import prepare
    from placement.training.validation.cross_predict import score_tested

    if table.batch is None or (latest := _latest(table)) is None:
        return None
    split = make_split(
        table, lambda piece: np.where(_batches(table, piece) == latest, TEST, TRAIN), "a batch"
    )
    fewest = [
        min(int(split.positive[part]), int(split.counts[part] - split.positive[part]))
        for part in (TRAIN, TEST)
    ]
    if min(fewest) < MIN_HELD_OUT:
        return None
    prepared = prepare(table, config, split=split)
    fitted = _fit_as_configured(prepared)
    accumulator = PredictionAccumulator(fitted.threshold, config.seed)
    for p, y, w, base_rate, _ in score_tested(prepared, fitted):
        accumulator.add(p, y, w, base_rate)
    prepared.discard()
    rows = int(split.counts[TRAIN]), int(split.counts[TEST])
    return LaterBatch(table.batch, latest, rows, accumulator.result())


def _fit_as_configured(prepared: "Prepared") -> Fitted:
    """Fit a model, and calibrate it and choose its threshold out of fold, as the settings say."""
    from placement.training.fit import build_fitted
    from placement.training.solver.training_loop import solve
    from placement.workflows.training.calibrate import calibrate
    from placement.workflows.training.choose_threshold import decision_of, policy_of
    from placement.workflows.training.out_of_fold import folds_for, predict_training_rows

    config, fitted = prepared.config, build_fitted(prepared, solve(prepared.problem))
    if config.calibrate == "none" and policy_of(config) is None:
        return fitted
    folds = folds_for(prepared, "what was chosen on other rows")
    out_of_fold = predict_training_rows(prepared, folds)
    if config.calibrate != "none":
        recalibration = calibrate(config.calibrate, out_of_fold, config.seed)
        fitted = replace(fitted, calibration=recalibration.calibration)
    decision = decision_of(prepared, out_of_fold, fitted.calibration)
    return replace(fitted, threshold=decision.threshold)


def _latest(table: Table) -> str | None:
    """Return the latest batch, by number where they are numbers; None where there are no two."""
    batches: set[str] = {b for piece in range(table.pieces) for b in _batches(table, piece)} - {""}
    if len(batches) < 2:
        return None
    return max(batches, key=lambda batch: (float(batch) if batch.isdecimal() else -1.0, batch))


def _batches(table: Table, piece: int) -> ObjectArray:
    """Return the batch of each row of a piece (n,), empty where the cell is."""
    cells = table.chunked_columns[str(table.batch)].piece(piece)
    return np.array([text or "" for text in words(cells)], dtype=object)

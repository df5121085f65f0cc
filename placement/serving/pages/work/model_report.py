"""The report on a model, and what speaks for and against making it champion."""

from placement.reporting.answers.explain import explanation_answer
from placement.reporting.answers.promote import promotion_answer
from placement.reporting.format.html_page import html_page
from placement.reporting.format.model_card import model_card
from placement.reporting.format.plain_sentences import plain, plain_sentences
from placement.reporting.report.sections import sections_of, subtitle_of, title_of
from placement.reporting.results import ExplainResult
from placement.serving.pages.work.results import ModelReport, Promotion
from placement.workflows.monitoring.report import ReportRequest, report_of
from placement.workflows.selection.promote import PromoteRequest, promote


def model_report(model: str, data: str | None) -> ModelReport:
    """Return the report on a model; with a sheet of outcomes, also whether a line is enough."""
    report = report_of(ReportRequest(run=model, data=data))
    title, subtitle, sections = title_of(report), subtitle_of(report), sections_of(report)
    odds = explanation_answer(ExplainResult({}, report.fitted, (), False, None, ()))
    return ModelReport(
        title,
        subtitle,
        sections,
        tuple(plain_sentences(odds)),
        html_page(title, subtitle, sections),
        model_card(title, subtitle, sections),
    )


def try_promotion(model: str, data: str | None, reason: str | None) -> Promotion:
    """Make a version champion if nothing speaks against it, or for a reason that is kept."""
    result = promote(PromoteRequest(model=model, data=data, force=reason))
    return Promotion(
        result.promoted,
        tuple(plain_sentences(promotion_answer(result))),
        tuple(plain(one.text) for one in result.reasons),
    )

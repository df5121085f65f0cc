"""The report that a dean can read: what a model is worth, how it treats whom, what it is for."""

from placement.reporting.format.blocks import Section
from placement.reporting.format.model_card import model_card
from placement.reporting.report.effect_section import effect_section
from placement.reporting.report.evaluation_sections import (
    calibration_section,
    fairness_section,
    figures_section,
    line_section,
    trust_section,
)
from placement.reporting.report.findings import findings_section
from placement.reporting.report.intended_use import intended_use
from placement.reporting.report.model_sections import (
    advice_section,
    data_section,
    decision_section,
    gradients_section,
    model_section,
    settings_section,
)
from placement.reporting.report.verdicts import Report


def title_of(report: Report) -> str:
    """Name the model and what it predicts."""
    target = report.fitted.schema.target
    return f"Report on a model of {target.name}: who will be {target.outcome}?"


def subtitle_of(report: Report) -> str:
    """Say which model this is."""
    about, figures = report.about, report.fitted.figures
    version = f" version {about['version']}" if about.get("version") else ""
    made = f" of {str(about['created'])[:10]}" if about.get("created") else ""
    return f"Model {about['model']}{version}{made}, learnt from {figures.rows.train:,} students"


def summary_of(report: Report) -> str:
    """Return the first lines of the model's card: what it is, and what it is worth."""
    return model_card(title_of(report), subtitle_of(report), [findings_section(report)])


def sections_of(report: Report) -> tuple[Section, ...]:
    """Return the report's sections, what matters most first."""
    sections = [
        findings_section(report),
        trust_section(report),
        figures_section(report),
        calibration_section(report),
        fairness_section(report),
        line_section(report),
        model_section(report),
        decision_section(report),
        advice_section(report),
        effect_section(report),
        data_section(report),
        gradients_section(report),
        intended_use(report.fitted.schema.target.outcome),
        settings_section(report),
    ]
    return tuple(section for section in sections if section is not None)

"""`placement report`: what is known of a model, in one page that a dean can read."""

from typing import TYPE_CHECKING, Any

import click

from placement.cli.common import show
from placement.cli.console import Console
from placement.cli.settings import file_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from placement.arrays import Document
    from placement.workflows.monitoring.report import ReportResult


@click.command(short_help="Write a report on a model, and its model card.")
@click.argument("run", required=False, default="champion")
@click.option(
    "--data",
    metavar="FILE",
    help="Students with outcomes, best those trained on: asks whether a straight line is enough, "
    "and what it is worth on the latest batch.",
)
@click.option(
    "--out",
    metavar="FILE",
    default="report.html",
    show_default=True,
    help="The page; MODEL_CARD.md is written beside it.",
)
@file_options
def report(as_json: bool, console: Console, **options: Any) -> None:
    """Write a report on RUN: a run id, or a model as --model names it elsewhere.

    One HTML file that needs no network, for screens, phones and paper, and MODEL_CARD.md with the
    same in Markdown. The run keeps both, so that the MLflow UI shows them.

    \b
    Example:
      placement report
      placement report champion --data data/students.csv --out report.html
    """
    from placement.workflows.monitoring.report import ReportRequest, write_report

    result = write_report(ReportRequest(**options), console)
    show(result, _document, _text, as_json, console, answer=_answer)


def _document(result: "ReportResult") -> "Document":
    return {
        "format": 1,
        "report": result.page,
        "card": result.card,
        "run_id": result.run_id,
        "findings": [{"state": state, "text": text} for state, text in result.findings],
        "verdicts": [{"state": state, "text": text} for state, text in result.verdicts],
    }


def _answer(result: "ReportResult") -> "Iterator[str]":
    from placement.reporting.answers.report import report_answer

    return report_answer(result.findings, result.page, result.card, result.run_id)


def _text(result: "ReportResult") -> str:
    from placement.reporting.answers.report import MARKS

    lines = [f"{MARKS[state]} {text}" for state, text in result.verdicts]
    in_run = f", and kept by run {result.run_id}" if result.run_id else ""
    return "\n".join([*lines, f"\nWritten: {result.page} and {result.card}{in_run}"])

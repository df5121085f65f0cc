"""`placement report`: what is known of a model, in one page that a dean can read."""

import click

from placement.cli.common import console_options, json_option, names_option, sheet_option
from placement.cli.console import Console


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
@names_option
@sheet_option
@json_option
@console_options
def report(
    run: str,
    data: str | None,
    out: str,
    names: tuple[str, ...],
    sheet: str | None,
    as_json: bool,
    console: Console,
) -> None:
    """Write a report on RUN: a run id, or a model as --model names it elsewhere.

    One HTML file that needs no network, for screens, phones and paper, and MODEL_CARD.md with the
    same in Markdown. The run keeps both, so that the MLflow UI shows them.

    \b
    Example:
      placement report
      placement report champion --data data/students.csv --out report.html
    """
    from placement.reporting.json_documents import as_json as document
    from placement.workflows.monitoring.report import write_report

    result = write_report(run, data, out, console, names=names, sheet=sheet)
    for text in result.warnings:
        console.warn(text)
    if as_json:
        found = {
            "format": 1,
            "report": result.page,
            "card": result.card,
            "run_id": result.run_id,
            "verdicts": [{"state": state, "text": text} for state, text in result.verdicts],
        }
        click.echo(document(found))
        return
    for state, text in result.verdicts:
        click.echo(f"{MARKS[state]} {text}")
    kept = f", and kept by run {result.run_id}" if result.run_id else ""
    click.echo(f"\nWritten: {result.page} and {result.card}{kept}")


MARKS = {"good": "✓", "doubt": "?", "bad": "!", "plain": "·"}

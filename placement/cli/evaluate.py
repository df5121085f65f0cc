"""`placement evaluate`: what a model is worth on rows whose outcome is known."""

import click

from placement.cli.common import (
    PROBABILITY,
    console_options,
    json_option,
    model_option,
    names_option,
    sheet_option,
)
from placement.cli.console import Console


@click.command(short_help="Measure a model on a file with outcomes.")
@click.argument("data")
@model_option
@click.option(
    "--threshold",
    type=PROBABILITY,
    metavar="F",
    help="Count as positive from this probability on.",
)
@names_option
@sheet_option
@json_option
@console_options
def evaluate(
    data: str,
    model: str,
    threshold: float | None,
    names: tuple[str, ...],
    sheet: str | None,
    as_json: bool,
    console: Console,
) -> None:
    """Measure a model on DATA, a file with outcomes: metrics with 95 % intervals, confusion.

    \b
    Example:
      placement evaluate data/students.csv
      placement evaluate batch2025.csv --model champion --json
    """
    from placement.reporting.documents import as_json as document
    from placement.reporting.documents import evaluation_document
    from placement.reporting.tables import evaluation_text
    from placement.workflows.evaluate import evaluate_file

    result = evaluate_file(model, data, threshold, console, names=names, sheet=sheet)
    for text in result.warnings:
        console.warn(text)
    click.echo(document(evaluation_document(result)) if as_json else evaluation_text(result))

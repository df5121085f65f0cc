"""`placement drift`: is a file still like the rows a model was trained on?"""

import math

import click

from placement.cli.common import (
    console_options,
    json_option,
    model_option,
    names_option,
    sheet_option,
)
from placement.cli.console import Console
from placement.errors import GateRefused, UsageError


@click.command(short_help="Compare a file with what a model was trained on.")
@click.argument("data")
@model_option
@click.option(
    "--fail-above",
    type=float,
    metavar="F",
    help="Exit with 7 where the PSI of a column or of the predictions is above F (0.25, say) and "
    "beyond chance.",
)
@names_option
@sheet_option
@json_option
@console_options
def drift(
    data: str,
    model: str,
    fail_above: float | None,
    names: tuple[str, ...],
    sheet: str | None,
    as_json: bool,
    console: Console,
) -> None:
    """Compare DATA, a file with or without outcomes, with what a model was trained on.

    Column by column: population stability index (PSI), Kolmogorov-Smirnov or chi-square, missing
    cells, new levels; then the predictions and, where outcomes are known, how well they fit. The
    bundle keeps histograms of the training rows, so that no training file is needed.

    \b
    Example:
      placement drift batch2026.csv
      placement drift batch2026.csv --model champion --fail-above 0.25 --json
    """
    from placement.reporting.json_documents import as_json as document
    from placement.reporting.text.drift import drift_document, drift_text
    from placement.workflows.monitoring.drift import drift_of_file

    if fail_above is not None and not (fail_above >= 0 and math.isfinite(fail_above)):
        raise UsageError(f"--fail-above {fail_above}: give a number of 0 or more, such as 0.25")
    result = drift_of_file(model, data, fail_above, console, names=names, sheet=sheet)
    for text in result.warnings:
        console.warn(text)
    click.echo(document(drift_document(result)) if as_json else drift_text(result))
    if result.refusal:
        raise GateRefused(result.refusal)

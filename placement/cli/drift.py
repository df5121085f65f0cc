"""`placement drift`: is a file still like the rows a model was trained on?"""

from typing import Any

import click

from placement.cli.common import model_option, show
from placement.cli.console import Console
from placement.cli.settings import label_options
from placement.errors import GateRefused


@click.command(short_help="Compare a file with what a model was trained on.")
@click.argument("data")
@model_option
@click.option(
    "--fail-above",
    type=float,
    metavar="F",
    help="Exit with 7 where the PSI of any column, or of the predictions, is above F (0.25, say) "
    "and its p-value, adjusted for all of them at once, below 0.05: so are at most 5 in 100 "
    "unchanged files.",
)
@label_options
def drift(as_json: bool, console: Console, **options: Any) -> None:
    """Compare DATA, a file with or without outcomes, with what a model was trained on.

    Column by column: population stability index (PSI), Kolmogorov-Smirnov or chi-square, missing
    cells, new levels; then the predictions and, where outcomes are known, how well they fit. The
    bundle keeps histograms of the training rows, so that no training file is needed.

    \b
    Example:
      placement drift batch2026.csv
      placement drift batch2026.csv --model champion --fail-above 0.25 --json
    """
    from placement.reporting.answers.drift import drift_answer
    from placement.reporting.text.drift import drift_document, drift_text
    from placement.workflows.monitoring.drift import DriftRequest, drift_of_file

    result = drift_of_file(DriftRequest(**options), console)
    show(result, drift_document, drift_text, as_json, console, answer=drift_answer)
    if result.refusal:
        raise GateRefused(result.refusal)

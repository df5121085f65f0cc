"""`placement compare`: models side by side on the same rows."""

from typing import Any

import click

from placement.cli.common import show, weight_option
from placement.cli.console import Console
from placement.cli.settings import label_options


@click.command(short_help="Compare models on the same rows.")
@click.argument("models", metavar="MODEL...", nargs=-1, required=True)
@click.option(
    "--data", metavar="FILE", required=True, help="File with outcomes that no model was trained on."
)
@weight_option
@label_options
def compare(as_json: bool, console: Console, **options: Any) -> None:
    """Compare each MODEL with the first on the same rows: figures, paired tests, a verdict.

    A MODEL is a bundle directory, a runs:/… or models:/… URI, a run id, champion, challenger or
    previous. Every model predicts the same outcome, and the file has the columns of all.

    \b
    Example:
      placement compare champion challenger --data batch2025.csv
      placement compare models:/placement/1 champion my_model --data batch2025.csv --json
    """
    from placement.reporting.answers.compare import comparison_answer
    from placement.reporting.text.comparison import comparison_document, comparison_text
    from placement.workflows.selection.compare import CompareRequest, compare_models

    result = compare_models(CompareRequest(**options), console)
    show(result, comparison_document, comparison_text, as_json, console, answer=comparison_answer)

"""`placement export`: the model as a workbook, SQL, Python, ONNX, a nomogram or a card."""

from typing import TYPE_CHECKING, Any

import click

from placement.cli.common import show
from placement.cli.console import Console
from placement.cli.settings import file_options

if TYPE_CHECKING:
    from placement.reporting.export.result import ExportResult

KINDS = ("xlsx", "sql", "python", "onnx", "nomogram", "card")


@click.command(short_help="Write a model as a workbook, SQL, Python, ONNX or on paper.")
@click.argument("model", required=False, default="champion")
@click.option("--to", type=click.Choice(KINDS), required=True, help="What to write.")
@click.option("--out", metavar="FILE", help="The file to write.  [default: model.xlsx and so on]")
@click.option(
    "--data",
    metavar="FILE",
    help="Students, with outcomes or without: the file is proved on their rows as well.",
)
@file_options
def export(as_json: bool, console: Console, **options: Any) -> None:
    """Write MODEL, named as --model names it elsewhere, so that it works without this program.

    Before the file stands, it is run: on the corners of what the model learnt (least, mean, most,
    missing, each level, an unknown one, beyond the range) and on the rows of --data. Where any
    probability differs from the model's by more than 1e-9, nothing is written (exit 7).

    \b
    Example:
      placement export champion --to xlsx --out chances.xlsx
      placement export champion --to sql --data data/students.csv
    """
    from placement.reporting.export.result import export_answer, export_document
    from placement.workflows.export.export import ExportRequest
    from placement.workflows.export.export import export as work

    result = work(ExportRequest(**options), console)
    show(result, export_document, _text, as_json, console, answer=export_answer)


def _text(result: "ExportResult") -> str:
    from placement.reporting.export.result import export_answer

    return "\n".join(export_answer(result))

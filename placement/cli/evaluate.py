"""`placement evaluate`: what a model is worth on rows whose outcome is known."""

from functools import partial
from typing import Any

import click

from placement.cli.common import (
    PROBABILITY,
    command_word,
    csv_words,
    model_option,
    show,
    weight_option,
)
from placement.cli.console import Console
from placement.cli.settings import label_options


@click.command(short_help="Measure a model on a file with outcomes.")
@click.argument("data")
@model_option
@click.option(
    "--threshold", type=PROBABILITY, metavar="F", help="Count as positive from this probability on."
)
@click.option(
    "--rivals",
    "with_alternatives",
    is_flag=True,
    help="Is a straight line enough? Cross-validate it on DATA beside boosted trees and others.",
)
@click.option(
    "--sensitive",
    metavar="A,B",
    callback=lambda _ctx, _param, text: None if text is None else csv_words(text),
    help="Compare the groups of these columns ('' for none)"
    "  [default: those of the training, and gender and the like, by name]",
)
@click.option(
    "--seats",
    type=click.IntRange(min=1),
    metavar="N",
    help="Students of DATA who can be called in: whom does the list hold, whom one by a single "
    "column?  [default: the share of --threshold capacity=N in training, else one in five]",
)
@click.option(
    "--all-rows",
    is_flag=True,
    help="Of the table that the model was trained on, measure all rows, not the held-out ones "
    "alone.",
)
@click.option(
    "--as-told",
    is_flag=True,
    help="DATA is a list that predict wrote: measure the chances that it told, not scored anew.",
)
@weight_option
@label_options
def evaluate(as_json: bool, console: Console, **options: Any) -> None:
    """Measure a model on DATA, a file with outcomes: metrics with 95 % intervals, confusion.

    Figures by group and the gaps among the groups are added where there is a column such as gender.

    \b
    Example:
      placement evaluate data/students.csv
      placement evaluate batch2025.csv --model champion --json
      placement evaluate data/students.csv --rivals
      placement evaluate batch2025.csv --sensitive gender,branch
      placement evaluate call_in.xlsx --as-told --labels autumn.csv --on roll_no
    """
    from placement.reporting.answers.evaluate import evaluation_answer
    from placement.reporting.json_documents import evaluation_document
    from placement.reporting.text.summaries import evaluation_text
    from placement.workflows.monitoring.evaluate import EvaluateRequest, evaluate_file

    result = evaluate_file(EvaluateRequest(**options), console)
    answer = partial(evaluation_answer, command=command_word())
    show(result, evaluation_document, evaluation_text, as_json, console, answer=answer)

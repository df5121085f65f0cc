"""`placement predict`: score a file, or one student."""

from typing import Any

import click

from placement.cli.common import PROBABILITY, echo, model_option
from placement.cli.console import Console
from placement.cli.settings import file_options
from placement.errors import UsageError


@click.command(short_help="Score students with a trained model.")
@click.argument("data", required=False)
@model_option
@click.option(
    "--set",
    "settings",
    metavar="COLUMN=VALUE",
    multiple=True,
    help="Score one student; repeatable.",
)
@click.option(
    "--out",
    metavar="FILE",
    help="Write here (.csv, .tsv, .parquet, .xlsx) instead of standard output.",
)
@click.option(
    "--threshold",
    type=PROBABILITY,
    metavar="F",
    help="Predict the positive outcome from this probability on.",
)
@click.option("--unknown", is_flag=True, help="Score only rows whose outcome is blank.")
@click.option(
    "--where", metavar="RULE", help="Score only the rows of a rule, such as 'Batch==2026'."
)
@click.option(
    "--reasons", is_flag=True, help="Add each student's strongest reasons, and cells in doubt."
)
@click.option(
    "--accept-doubts",
    is_flag=True,
    help="Answer a file all the same of which a column is unknown, unreadable or beyond its scale "
    "in a fifth of the rows.",
)
@click.option(
    "--rank",
    type=click.Choice(["risk", "chance"]),
    help="Order the rows: risk, lowest probability first; chance, highest first; equal ones as in "
    "the file.",
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    metavar="K",
    help="With --rank: exactly the first K rows; with --by, of each group.",
)
@click.option(
    "--by",
    metavar="COL",
    help="With --rank: one list for each group of this column, in the order of their first rows.",
)
@click.option(
    "--lottery",
    type=int,
    metavar="N",
    help="With --rank and --top: of the N students nearest to the cut-off (with --by, of each "
    "group), half get a seat by lot, so that it can be learnt later whether a seat helped.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="S",
    help="With --lottery: what the lots are drawn by; fix it before you look.  [default: 0]",
)
@click.option(
    "--everybody",
    is_flag=True,
    help="With --rank and --top: write all students; placement_seat says who has a seat.",
)
@click.option(
    "--one-sheet-each",
    metavar="COL",
    help="With --out FILE.xlsx: besides the list, a sheet for each word of this column.",
)
@click.option(
    "--one-file-each",
    metavar="COL",
    help="With --out: besides the list, a file for each word of this column, such as list-CSE.csv.",
)
@click.option(
    "--mail-merge",
    metavar="FILE",
    help="With --rank and --top: write the names and addresses of those chosen here (.xlsx, .csv), "
    "for letters that say nothing of how they were chosen.",
)
@click.option(
    "--excel",
    is_flag=True,
    help="Begin a CSV file in UTF-8 with the mark by which Excel shows names in every script.",
)
@click.option(
    "--about", is_flag=True, help="Write OUT.about.json: model, data, counts, warnings, meaning."
)
@file_options
def predict(
    data: str | None, settings: tuple[str, ...], as_json: bool, console: Console, **options: Any
) -> None:
    """Score the students in DATA (a file, or - for standard input), keeping every cell as it is.

    \b
    Example:
      placement predict new_students.csv --out scored.csv
      placement predict new_students.csv --rank risk --top 20 --by branch --out call_in.xlsx
      placement predict new_students.csv --out scored.xlsx --one-sheet-each branch
      placement predict new_students.csv --rank risk --top 60 --lottery 20 --seed 2026 --out l.csv
      placement predict sheet.xlsx --unknown --where 'Batch==2026' --out scored.xlsx --about
      placement predict --model mymodel --set cgpa=7.4 --set internships=1
    """
    if bool(data) == bool(settings):
        raise UsageError("predict needs DATA or --set COLUMN=VALUE, one of them")
    if settings:
        _predict_one(settings, as_json, console, **options)
        return
    from placement.reporting.answers.predict import prediction_answer, seat_sentences
    from placement.reporting.format.prose import screen
    from placement.reporting.text.summaries import predict_text
    from placement.workflows.scoring.predict import predict as work
    from placement.workflows.scoring.predict_request import PredictRequest

    request = PredictRequest(str(data), as_json=as_json, **options)
    result = work(request, console)
    console.warn_all(result.warnings)
    if not console.verbose:
        console.note(screen(prediction_answer(result)))
        return
    seats = [] if result.seated is None else seat_sentences(result.seated)
    console.note("\n".join([predict_text(result), *seats]))


def _predict_one(
    settings: tuple[str, ...],
    as_json: bool,
    console: Console,
    *,
    model: str,
    threshold: float | None,
    **options: Any,
) -> None:
    from placement.reporting.format.probability_words import chance
    from placement.reporting.format.prose import screen
    from placement.reporting.json_documents import as_json as document
    from placement.workflows.reading.find_model import find_model
    from placement.workflows.scoring.predict_one import predict_one

    for name, value in options.items():
        if value:
            raise UsageError(
                f"--{name.replace('_', '-')} is for a file of students, --set is for one"
            )
    values, opened = _values(settings), find_model(model, console)
    answer, warnings = predict_one(opened, values, threshold)
    for text in warnings:
        console.warn(text)
    if as_json:
        echo(document([answer]))
        return
    words = chance(opened.schema.target.outcome, answer)
    echo(screen([f"{answer['label']}: {words} (probability {answer['probability']!r})"]))


def _values(settings: tuple[str, ...]) -> dict[str, str]:
    """Read `cgpa=7.4`: the cell of each column."""
    for item in settings:
        if "=" not in item or item.startswith("="):
            raise UsageError(f"--set {item!r}: write it as COLUMN=VALUE")
    pairs = [
        (" ".join(name.split()), value)
        for name, _, value in (item.partition("=") for item in settings)
    ]
    folded = [name.casefold() for name, _ in pairs]
    for name, _ in pairs:
        if folded.count(name.casefold()) > 1:
            raise UsageError(f"--set {name}=…: the column is given twice")
    return dict(pairs)

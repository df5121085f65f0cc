"""`placement effect`: did a seat on the list help?"""

from typing import Any

import click

from placement.cli.common import show
from placement.cli.console import Console
from placement.cli.settings import file_options


@click.command(short_help="Say whether a seat on a list helped, from who drew one.")
@click.argument("lists", metavar="LIST...", nargs=-1, required=True)
@click.option("--outcomes", metavar="FILE", required=True, help="File with the students' outcomes.")
@click.option("--on", metavar="A[=B]", help="Identifier common to the list (A) and --outcomes (B).")
@click.option(
    "--absent",
    type=click.Choice(["not-placed", "unknown"]),
    help="What a student of the list means who is not in --outcomes.",
)
@click.option(
    "--attended",
    metavar="COL",
    help="Column of the list, or of --outcomes, that says who came: yes and no, or how often.",
)
@click.option(
    "--track/--no-track",
    default=True,
    help="Record the result as a run of the experiment placement-effect.  [default: --track]",
)
@file_options
def effect(as_json: bool, console: Console, **options: Any) -> None:
    """Say what a seat on LIST changed, from the outcomes of those who drew lots for one.

    LIST is a file that `predict --lottery` wrote, with LIST.about.json beside it; it may have been
    sorted, annotated and saved by a spreadsheet since. Several lists, of several years, are taken
    together. Counted are those who drew: half of them got a seat, by nothing but luck.

    \b
    Example:
      placement effect list.csv --outcomes results2027.xlsx --on register_no=RegNo
      placement effect list2026.csv list2027.csv --outcomes results.xlsx --attended came --json
    """
    from placement.reporting.answers.effect import effect_answer, effect_text
    from placement.reporting.json_documents import effect_document
    from placement.workflows.monitoring.effect import EffectRequest, measure_effect

    result = measure_effect(EffectRequest(**options), console)
    show(result, effect_document, effect_text, as_json, console, answer=effect_answer)

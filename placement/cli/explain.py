"""`placement explain`: the model as a table, and why a student has this chance."""

import math
from typing import Any

import click

from placement.cli.common import PROBABILITY, csv_words, model_option, show
from placement.cli.console import Console
from placement.cli.settings import file_options
from placement.errors import UsageError


def _units(_ctx: click.Context, _param: click.Parameter, per: tuple[str, ...]) -> dict[str, float]:
    """Read `iq=10`: the units of each column that is named."""
    units = {}
    for item in per:
        name, _, amount = item.rpartition("=")
        try:
            units[name.strip()] = float(amount)
        except ValueError:
            raise UsageError(f"--per {item!r}: write it as COLUMN=UNITS, such as iq=10") from None
        if not name.strip() or not 0 < units[name.strip()] < math.inf:
            raise UsageError(f"--per {item!r}: units are a number above 0, such as iq=10")
    return units


@click.command(short_help="Show the model, and why a student has this chance.")
@click.argument("data", required=False)
@model_option
@click.option("--row", type=click.IntRange(1), metavar="N", help="Explain this row of DATA.")
@click.option("--where", metavar="RULE", help="Explain the rows of a rule, such as 'Branch==CSE'.")
@click.option(
    "--id", metavar="VALUE", help="Explain the student with this register number, name or mail."
)
@click.option(
    "--reach",
    type=PROBABILITY,
    default=0.7,
    show_default=True,
    help="The probability that what-if is asked to reach.",
)
@click.option(
    "--changeable",
    metavar="A,B",
    callback=lambda _ctx, _param, text: csv_words(text),
    help="Columns a student can change, instead of those known by name (CGPA, tests, backlogs …).",
)
@click.option(
    "--unpenalised", is_flag=True, help="Show the maximum-likelihood fit, where there is one."
)
@click.option(
    "--per",
    "units",
    callback=_units,
    metavar="COLUMN=UNITS",
    multiple=True,
    help="Tell a coefficient per so many units, such as iq=10; repeatable.",
)
@file_options
def explain(as_json: bool, console: Console, **options: Any) -> None:
    """Say what counts most; with DATA, why a student has this chance.

    The strongest reasons are said in words, and what-if tells at which figure students like this
    one reach a probability. That speaks of other students in the past: it is no promise to one.
    -v adds the model as a table of coefficients with their errors, and every column's part.

    \b
    Example:
      placement explain
      placement explain --model mymodel --per iq=10 --unpenalised
      placement explain data/students.csv --id 731022103003 --reach 0.8
      placement explain data/students.csv --where 'branch==CSE' -v
    """
    from placement.reporting.answers.explain import explanation_answer
    from placement.reporting.text.explanation import explanation_document, explanation_text
    from placement.workflows.scoring.explain import ExplainRequest, explain_model

    result = explain_model(ExplainRequest(as_json=as_json, **options), console)
    # Who asks for other coefficients wants to see them.
    answer = None if options["unpenalised"] or options["units"] else explanation_answer
    show(result, explanation_document, explanation_text, as_json, console, answer=answer)

"""`placement promote`: a model must earn its place, and can lose it again."""

import click

from placement.cli.common import (
    console_options,
    json_option,
    names_option,
    sheet_option,
    weight_option,
)
from placement.cli.console import Console
from placement.errors import GateRefused, UsageError


@click.command(short_help="Make a model champion if it is not worse on held-out rows.")
@click.argument("model", required=False)
@click.option("--data", metavar="FILE", help="File with outcomes that neither was trained on.")
@weight_option
@click.option("--force", metavar="REASON", help="Promote whatever speaks against it; say why.")
@click.option(
    "--rollback",
    metavar="[REASON]",
    is_flag=False,
    flag_value="",
    help="Give champion back to the one before.",
)
@names_option
@sheet_option
@json_option
@console_options
def promote(
    model: str | None,
    data: str | None,
    weight: str | None,
    force: str | None,
    rollback: str | None,
    names: tuple[str, ...],
    sheet: str | None,
    as_json: bool,
    console: Console,
) -> None:
    """Make MODEL, a registered version, the champion, unless it is worse on the rows of FILE.

    Refused (exit 7) where its log-loss is worse than the champion's beyond chance, where it is not
    better than the base rate, where either was trained on this very table, where outcome or columns
    are others than the champion's, and where it did not converge or its gradient check failed.
    Whether a file holds only some of the training rows cannot be seen: models keep no rows. The
    evidence is kept as tags of the version.

    \b
    Example:
      placement promote challenger --data batch2025.csv
      placement promote models:/placement/3 --data batch2025.csv --json
      placement promote models:/placement/3 --force "the old one reads a column that is gone"
      placement promote --rollback "too many false alarms in week 2"
    """
    if rollback is not None:
        given = {"--data": data, "--force": force, "--weight": weight, "--sheet": sheet}
        _refuse_beside_rollback([option for option, value in given.items() if value is not None])
        _roll_back(model, rollback, console, as_json=as_json)
        return
    if model is None:
        raise UsageError("name the model: placement promote challenger --data FILE")
    from placement.reporting.json_documents import as_json as document
    from placement.reporting.text.promotion import promotion_document, promotion_text
    from placement.workflows.selection.paired_scores import RowSource
    from placement.workflows.selection.promote import promote as work

    rows = None if data is None else RowSource(data, names, sheet, weight)
    result = work(model, rows, force, console)
    for text in result.warnings:
        console.warn(text)
    click.echo(document(promotion_document(result)) if as_json else promotion_text(result))
    if not result.promoted:
        raise GateRefused(result.refusal)


def _refuse_beside_rollback(options: list[str]) -> None:
    if options:
        raise UsageError(f"{options[0]} is not used by --rollback, which asks for no evidence")


def _roll_back(model: str | None, reason: str, console: Console, *, as_json: bool) -> None:
    from placement.reporting.json_documents import as_json as document
    from placement.reporting.text.promotion import rollback_document, rollback_text
    from placement.workflows.selection.promote import roll_back_champion

    result = roll_back_champion(model, reason, console)
    click.echo(document(rollback_document(result)) if as_json else rollback_text(result))

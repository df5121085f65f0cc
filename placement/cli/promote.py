"""`placement promote`: a model must earn its place, and can lose it again."""

from typing import TYPE_CHECKING, Any

import click

from placement.cli.common import echo, show, weight_option
from placement.cli.console import Console
from placement.cli.settings import label_options
from placement.errors import GateRefused

if TYPE_CHECKING:
    from placement.workflows.selection.promote import PromoteRequest


@click.command(short_help="Make a model champion if it is not worse on held-out rows.")
@click.argument("model", required=False)
@click.option("--data", metavar="FILE", help="File with outcomes that neither was trained on.")
@weight_option
@click.option(
    "--seats",
    type=click.IntRange(min=1),
    metavar="N",
    help="Say how many of N seats either model gives to students of FILE at risk.",
)
@click.option("--force", metavar="REASON", help="Promote whatever speaks against it; say why.")
@click.option(
    "--rollback",
    metavar="[REASON]",
    is_flag=False,
    flag_value="",
    help="Give champion back to the one before.",
)
@label_options
def promote(as_json: bool, console: Console, **options: Any) -> None:
    """Make MODEL, a registered version, the champion, unless it is worse on the rows of FILE.

    Refused (exit 7) where its log-loss is worse than the champion's beyond chance, where it is not
    better than the base rate, where either was trained on this very table, where outcome or columns
    are others than the champion's, and where it did not converge or its gradient check failed.
    Whether a file holds only some of the training rows cannot be seen: models keep no rows. The
    evidence is kept as tags of the version.

    \b
    Example:
      placement promote challenger --data batch2025.csv
      placement promote models:/placement/3 --data batch2025.csv --seats 60 --json
      placement promote models:/placement/3 --force "the old one reads a column that is gone"
      placement promote --rollback "too many false alarms in week 2"
    """
    from placement.reporting.answers.promote import promotion_answer
    from placement.reporting.text.promotion import promotion_document, promotion_text
    from placement.workflows.selection.promote import PromoteRequest
    from placement.workflows.selection.promote import promote as work

    request = PromoteRequest(**options)
    if request.rollback is not None:
        _roll_back(request, as_json, console)
        return
    result = work(request, console)
    show(result, promotion_document, promotion_text, as_json, console, answer=promotion_answer)
    if not result.promoted:
        raise GateRefused(result.refusal)


def _roll_back(request: "PromoteRequest", as_json: bool, console: Console) -> None:
    from placement.reporting.json_documents import as_json as document
    from placement.reporting.text.promotion import rollback_document, rollback_text
    from placement.workflows.selection.promote import roll_back_champion

    result = roll_back_champion(request, console)
    echo(document(rollback_document(result)) if as_json else rollback_text(result))

"""`placement tune`: how strong should the penalty be, and is a straight line enough?"""

from functools import partial
from typing import Any

import click

from placement.cli.common import command_word, output_options, show
from placement.cli.console import Console
from placement.cli.settings import config_options
from placement.config.train_config import UNUSED_IN_TUNING


@click.command(short_help="Choose the penalty by cross-validation, and meet the model's rivals.")
@click.argument("data", nargs=-1, required=True)
@click.option(
    "--repeats",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="How often to cross-validate, each time with other folds.",
)
@click.option(
    "--folds", type=click.IntRange(2, 20), default=5, show_default=True, help="Folds each time."
)
@config_options(*UNUSED_IN_TUNING)
@output_options
def tune(as_json: bool, console: Console, **options: Any) -> None:
    """Choose --l2 by repeated cross-validation on the training rows of DATA.

    The rows that train would hold out take no part. Students who look alike to the model share a
    fold, and so do whole groups with --group. Chosen is the strongest penalty within one standard
    error of the least log-loss. On the same folds the model is compared with the base rate, its
    best column alone, and boosted trees; where a straight line is not enough, the options that may
    mend it are named.

    \b
    Example:
      placement tune data/students.csv
      placement tune marks.csv --target Result --group college --repeats 10 --no-track
    """
    from placement.reporting.answers.tune import tune_answer
    from placement.reporting.text.tuning import tune_document, tune_text
    from placement.workflows.selection.tune import TuneRequest, tune_files

    result, word = tune_files(TuneRequest(**options), console), command_word()
    show(
        result,
        partial(tune_document, command=word),
        partial(tune_text, command=word),
        as_json,
        console,
        answer=partial(tune_answer, command=word),
    )

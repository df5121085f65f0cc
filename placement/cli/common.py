"""Options that several commands share."""

import csv
import functools
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from placement.cli.console import Console


def csv_words(text: str | None) -> tuple[str, ...]:
    """Split one CSV record of names: `A,"B, C"` is two."""
    return (
        tuple(word.strip() for word in next(csv.reader([text], skipinitialspace=True)))
        if text
        else ()
    )


class Probability(click.ParamType[float]):
    """A number from 0 to 1; click's own range lets NaN through."""

    name = "probability"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number, or fail in click's way."""
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0 <= number <= 1:
            self.fail(f"{value!r} must be a number between 0 and 1", param, ctx)
        return number


PROBABILITY = Probability()

names_option = click.option(
    "--names",
    metavar="A,B,C",
    callback=lambda _ctx, _param, text: csv_words(text),
    help="Column names of a file without a header.",
)
weight_option = click.option(
    "--weight", metavar="COL", help="Column of frequency weights (0 or more)."
)
sheet_option = click.option("--sheet", metavar="NAME", help="Sheet of a workbook.")
json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON document, and nothing else on standard output.",
)
model_option = click.option(
    "--model",
    metavar="MODEL",
    default="champion",
    show_default=True,
    help="A bundle directory, runs:/… or models:/… URI, run id, champion or challenger.",
)


def command_word() -> str:
    """How the program is called here: by name where the shell finds it, else by its path."""
    called = sys.argv[0] if sys.argv else ""
    if Path(called).name != "placement" or shutil.which("placement"):
        return "placement"
    return called


Command = Callable[..., Any]


def console_options(command: Command) -> Command:
    """Add `--quiet` and `--verbose`; the command receives a `console`."""
    quiet = click.option("--quiet", "-q", is_flag=True, help="No notes and no progress.")
    verbose = click.option("--verbose", "-v", is_flag=True, help="More detail.")

    @functools.wraps(command)
    def with_console(*args: Any, quiet: bool, verbose: bool, **options: Any) -> Any:
        return command(*args, console=Console(quiet, verbose), **options)

    return quiet(verbose(with_console))

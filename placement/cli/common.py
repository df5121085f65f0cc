"""Options that several commands share."""

import csv
import functools
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from placement.cli.console import Console
from placement.errors import UsageError
from placement.reporting.format.prose import printable

WORDS = "placement.words"  # where a context keeps the command line


def csv_words(text: str | None) -> tuple[str, ...]:
    """Split one CSV record of names: `A,"B, C"` is two. A line break in a name is a blank."""
    if not (record := " ".join((text or "").split())):
        return ()
    try:
        return tuple(word.strip() for word in next(csv.reader([record], skipinitialspace=True)))
    except csv.Error as problem:
        raise UsageError(f"{record[:60]!r}…: not a list of names ({problem})") from problem


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

weight_option = click.option(
    "--weight", metavar="COL", help="Column of frequency weights (0 or more)."
)
_json_option = click.option(
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
    verbose = click.option(
        "--verbose", "-v", is_flag=True, help="The whole answer: all figures, tables and warnings."
    )

    @functools.wraps(command)
    def with_console(*args: Any, quiet: bool, verbose: bool, **options: Any) -> Any:
        return command(*args, console=Console(quiet, verbose), **options)

    return quiet(verbose(with_console))


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json`, `--quiet` and `--verbose`; the command receives `as_json` and a `console`."""
    return _json_option(console_options(command))


def echo(text: str) -> None:
    """Print an answer, without passwords and what would steer the terminal."""
    click.echo(printable(text))


def show(
    result: Any,
    document: Callable[[Any], dict[str, Any]],
    text: Callable[[Any], str],
    as_json: bool,
    console: Console,
    *,
    answer: Callable[[Any], Iterable[str]] | None = None,
) -> None:
    """Pass on the warnings of a result, and print it.

    It is printed as a JSON `document`, or as the sentences of the `answer`; with `--verbose`, or
    where there is no shorter answer, as the whole `text`.
    """
    console.warn_all(result.warnings)
    if as_json:
        from placement.reporting.json_documents import as_json as json_text

        echo(json_text(document(result)))
    elif console.verbose or answer is None:
        echo(text(result))
    else:
        from placement.reporting.format.prose import screen

        echo(screen(answer(result)))

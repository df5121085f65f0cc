"""The command `placement`: it parses, calls one workflow, prints. Errors are translated here."""

import atexit
import contextlib
import errno
import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import click

from placement import __version__, errors
from placement.cli.app import app
from placement.cli.common import WORDS
from placement.cli.compare import compare
from placement.cli.console import coloured
from placement.cli.drift import drift
from placement.cli.effect import effect
from placement.cli.evaluate import evaluate
from placement.cli.explain import explain
from placement.cli.export import export
from placement.cli.gradcheck import gradcheck
from placement.cli.lesson import lesson
from placement.cli.predict import predict
from placement.cli.promote import promote
from placement.cli.report import report
from placement.cli.runs import runs, ui
from placement.cli.serve import serve
from placement.cli.shell import completion
from placement.cli.train import train
from placement.cli.tune import tune
from placement.reporting.format.prose import printable
from placement.runtime import ranks
from placement.runtime.scratch import use_scratch_folder
from placement.runtime.signals import raise_on_signals

SECTIONS = {
    "Use": (app, train, predict, evaluate, explain),
    "Decide": (tune, compare, promote, drift, effect, report),
    "Operate": (export, serve, runs, ui, completion),
    "Learn": (lesson,),
    "Check": (gradcheck,),
}
_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS}
EXIT_CODES = """\b
Exit codes: 0 done, 1 a defect of placement, or one of several processes was
lost, 2 wrong usage, 3 the data is at fault, 4 a gradient check failed, 5 model
or run missing or corrupt, 6 store or output cannot be written, 7 a gate said
no, 130 Ctrl-C, 143 SIGTERM or SIGHUP."""


class _Sections(click.Group):
    """A group whose help lists its commands by what they are for."""

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        limit = formatter.width - 16
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(c.name or "", c.get_short_help_str(limit)) for c in commands])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # click would turn it into exit code 1; a reader may close as early as it likes.
            _silence_stdout()
            return None
        return result

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            name, command, rest = super().resolve_command(ctx, args)
        except click.UsageError as problem:
            hint = errors.did_you_mean(args[0], self.commands)
            raise click.UsageError(f"{problem.message.rstrip('.')}{hint}", ctx) from None
        ctx.meta[WORDS] = tuple(args)
        if command is not None:
            _refuse_options_given_twice(command, rest)
        return name, command, rest


def _refuse_options_given_twice(command: click.Command, args: list[str]) -> None:
    """Refuse a second value of an option that has one: click would take the last, silently."""
    with contextlib.suppress(click.UsageError):  # an unknown option: click will say so
        given = command.make_parser(click.Context(command)).parse_args(list(args))[2]
        single = [p for p in given if isinstance(p, click.Option) and not (p.multiple or p.is_flag)]
        twice = next((option for option in single if single.count(option) > 1), None)
        if twice is None:
            return
        raise errors.UsageError(f"{twice.opts[0]} is given twice: give it once")


@click.group(
    cls=_Sections,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.version_option(__version__, prog_name="placement")
def cli() -> None:
    """Who will be placed, why, and can it be trusted? A perceptron for tables of students.

    \b
    Example:
      placement train data/students.csv
      placement predict new_students.csv --out scored.csv
    """


for _commands in SECTIONS.values():
    for _command in _commands:
        cli.add_command(_command)


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with the exit code of what happened.

    Leaving at once saves what torch takes to take itself apart: a third of a second and more. What
    was registered for the exit is done, and nothing is written any more.
    """
    sys.excepthook = _say_defect
    use_scratch_folder()
    code = run(args)
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no public name for it
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)


def run(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    # No process that this one starts, nor one of theirs, imports from the folder of the data.
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    if sys.stdout is None:
        return _fail("standard output is closed", errors.StoreError.exit_code)
    try:
        Path.cwd()  # torch ends the process where it is gone
    except FileNotFoundError:
        return _fail("the current folder was removed: cd to another", errors.StoreError.exit_code)
    try:
        with raise_on_signals():
            words = None if args is None else list(args)
            left = cli.main(words, "placement", standalone_mode=False)
    except (Exception, KeyboardInterrupt, errors.Terminated) as problem:  # noqa: BLE001 - reported or raised on
        return _exit_code(problem)
    return left if isinstance(left, int) else 0  # click returns the code of an Exit


def _exit_code(problem: BaseException) -> int:
    """Say what went wrong and return its exit code; a defect of our own is raised on."""
    match problem:
        case errors.PlacementError():
            each = isinstance(problem, errors.RankLost)
            return _fail(_with_notes(str(problem), problem), problem.exit_code, each=each)
        case click.ClickException():
            shown = io.StringIO()
            problem.show(shown)
            click.echo(printable(shown.getvalue()), err=True, nl=False)
            return errors.UsageError.exit_code
        case click.Abort() | KeyboardInterrupt():
            return _fail(_with_notes("interrupted", problem), 130)
        case errors.Terminated():
            why = " with the other processes" if ranks.current().size > 1 else ""
            said = _with_notes(f"terminated{why}", problem)
            return _fail(said, errors.Terminated.exit_code)
        case MemoryError():
            return _fail(
                "out of memory; train with --stream keeps the rows on the disk, and --drop or a "
                "shorter --features leaves out columns of very many words",
                errors.DataError.exit_code,
            )
        case OSError() if problem.errno in _UNWRITABLE:
            _silence_stdout()
            return _fail(
                f"the output cannot be written ({problem.strerror})", errors.StoreError.exit_code
            )
    raise problem


def _with_notes(said: str, problem: BaseException) -> str:
    """Add what was added to an error on its way; click's Abort stands for an interrupt."""
    noted = (problem, problem.__cause__)
    return "; ".join([said, *(note for one in noted for note in getattr(one, "__notes__", ()))])


def _say_defect(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print what Python prints of an error that nobody caught, without passwords."""
    click.echo(
        printable("".join(traceback.format_exception(kind, error, trace))), err=True, nl=False
    )


def _fail(message: str, code: int, *, each: bool = False) -> int:
    """Print an error and return its code; of several ranks, one does so or `each`."""
    with contextlib.suppress(OSError):  # after SIGHUP there is no terminal to write to
        if each or ranks.current().fails_first():
            coloured(f"error: {message}", "red")
    return code


def _silence_stdout() -> None:
    # The reader closed early: Python would complain again when it flushes at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

"""`placement runs` and `placement ui`: what MLflow holds."""

import sys
import time

import click

from placement.cli.common import console_options, echo, output_options
from placement.cli.console import Console
from placement.errors import UsageError
from placement.reporting.format.prose import printable
from placement.runtime.signals import check_signals

_SECONDS = 2.0  # between two looks at the queue


@click.command(short_help="List the recorded runs.")
@click.option("--experiment", metavar="NAME", help="Only the runs of this experiment.")
@click.option(
    "--relocate", is_flag=True, help="The store's folder was moved: correct the paths in it."
)
@click.option(
    "--watch",
    is_flag=True,
    help="Show what waits, what goes on and what ended last, until Ctrl-C; once, where standard "
    "output is no terminal.",
)
@output_options
def runs(
    experiment: str | None, relocate: bool, watch: bool, as_json: bool, console: Console
) -> None:
    """List the recorded runs, the newest first.

    \b
    Example:
      placement runs
      placement runs --watch
      placement runs --experiment placement --json
    """
    if watch and as_json:
        raise UsageError("--watch is for a person: leave out --json, or --watch")
    from placement.reporting.json_documents import as_json as document
    from placement.reporting.text.summaries import runs_text
    from placement.workflows.recording.runs import recorded_runs, relocate_store, store_name

    if relocate:
        console.note(relocate_store())
    if watch:
        _watch(experiment)
        return
    recorded = recorded_runs(experiment)
    echo(document(recorded) if as_json else runs_text(recorded, store_name()))


def _watch(experiment: str | None) -> None:
    """Draw the queue again and again on a terminal, else once."""
    from placement.reporting.text.summaries import queue_text
    from placement.workflows.recording.runs import recorded_runs, store_name

    def drawn() -> str:
        return printable(queue_text(recorded_runs(experiment), store_name()))

    if not sys.stdout.isatty():
        echo(drawn())
        return
    from rich.console import Console as RichConsole
    from rich.live import Live
    from rich.text import Text

    with Live(console=RichConsole(), auto_refresh=False) as live:
        while True:
            live.update(Text(drawn(), no_wrap=True), refresh=True)
            time.sleep(_SECONDS)
            check_signals()


@click.command(short_help="Open MLflow's pages on the recorded runs.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=5000,
    show_default=True,
    help="Port to listen on.",
)
@console_options
def ui(host: str, port: int, console: Console) -> None:
    """Serve MLflow's own pages on the store that `train` writes to, until Ctrl-C.

    \b
    Example:
      placement ui --port 5001
    """
    from placement.workflows.recording.runs import serve_ui

    serve_ui(host, port, console)

"""`placement runs` and `placement ui`: what MLflow holds."""

import click

from placement.cli.common import console_options, echo, output_options
from placement.cli.console import Console


@click.command(short_help="List the recorded runs.")
@click.option("--experiment", metavar="NAME", help="Only the runs of this experiment.")
@click.option(
    "--relocate", is_flag=True, help="The store's folder was moved: correct the paths in it."
)
@output_options
def runs(experiment: str | None, relocate: bool, as_json: bool, console: Console) -> None:
    """List the recorded runs, the newest first.

    \b
    Example:
      placement runs
      placement runs --experiment placement --json
    """
    from placement.reporting.json_documents import as_json as document
    from placement.reporting.text.summaries import runs_text
    from placement.workflows.recording.runs import recorded_runs, relocate_store, store_name

    if relocate:
        console.note(relocate_store())
    recorded = recorded_runs(experiment)
    echo(document(recorded) if as_json else runs_text(recorded, store_name()))


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

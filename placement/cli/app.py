"""`placement app`: the pages in a browser, on this machine alone."""

import socket

import click

from placement.cli.common import console_options
from placement.cli.console import Console
from placement.cli.serve import extra_needed

_PORT = 8000


@click.command(short_help="Open the pages in a browser: train, score, look at a model, learn.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help=f"Port to listen on, 0 for any.  [default: {_PORT}, or any where that is taken]",
)
@click.option("--browser/--no-browser", default=True, help="Open a browser.  [default: --browser]")
@console_options
def app(port: int | None, browser: bool, console: Console) -> None:
    """Open the pages in a browser, for this machine alone, until Ctrl-C.

    Models and runs are kept in mlruns/ of this folder, or of the nearest one above that has it.

    \b
    Example:
      placement app
    """
    with extra_needed("app"):
        from placement.serving.run import serve as run
        from placement.serving.settings import ServerSettings

    def up(address: str) -> None:
        console.note(f"the pages are at {address}/ ; Ctrl-C ends them")
        if browser:
            import webbrowser

            webbrowser.open(f"{address}/")

    chosen = _free_port() if port is None else port
    run(ServerSettings(port=chosen, may_lack_model=True), up)


def _free_port() -> int:
    """Return the usual port, or 0 for any other where somebody listens there."""
    with socket.socket() as trial:
        trial.settimeout(1.0)
        return 0 if trial.connect_ex(("127.0.0.1", _PORT)) == 0 else _PORT

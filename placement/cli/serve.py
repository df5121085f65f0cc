"""`placement serve`: a server that scores and trains."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from placement.cli.common import console_options
from placement.cli.console import Console
from placement.errors import UsageError


class _Amount(click.ParamType[float]):
    """A number with a unit."""

    def __init__(self, name: str, units: dict[str, float]) -> None:
        self.name, self._units = name, units

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number in the smallest unit, or fail in click's way."""
        number, unit = str(value)[:-1], self._units.get(str(value)[-1:])
        if unit is None or not number.isdecimal() or int(number) == 0:
            self.fail(f"{value!r}: write it as a number and {' or '.join(self._units)}", param, ctx)
        return int(number) * unit


SIZE = _Amount("size", {"M": 2**20, "G": 2**30})
DURATION = _Amount("duration", {"m": 60.0, "h": 3600.0, "d": 86400.0})
_EXTRA = "pip install 'placement-perceptron[serve]'"


@contextmanager
def extra_needed(command: str) -> Iterator[None]:
    """Say how to install what only a server needs, where it is lacking."""
    try:
        yield
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] == "placement":
            raise
        raise UsageError(
            f"{command} needs {missing.name}, which is not installed: {_EXTRA}"
        ) from None


@click.command(short_help="Serve a model over HTTP, and train there.")
@click.option(
    "--model",
    metavar="MODEL",
    help="A bundle directory, runs:/… or models:/… URI, run id or alias; a moved alias is followed."
    "  [default: champion, once there is one]",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0 for any.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the pages in a browser.")
@click.option(
    "--token-file",
    metavar="FILE",
    help="Tokens, one a line: score=…, train=…, see=…; also from PLACEMENT_TOKEN.",
)
@click.option(
    "--insecure", is_flag=True, help="Let other machines in without a token, to do anything."
)
@click.option(
    "--jobs-at-once",
    type=click.IntRange(1, 64),
    metavar="N",
    default=1,
    show_default=True,
    help="How many training jobs run beside each other.",
)
@click.option(
    "--job-memory",
    type=SIZE,
    metavar="SIZE",
    help="The most memory of a job, as in 4G.  [default: its share of what is free]",
)
@click.option(
    "--keep-uploads",
    type=DURATION,
    metavar="TIME",
    default="30d",
    show_default=True,
    help="How long uploads and results of jobs are kept, as in 30d or 12h.",
)
@click.option(
    "--allowed-host",
    "allowed_hosts",
    metavar="NAME",
    multiple=True,
    help="A further name by which the server may be asked; repeatable.",
)
@console_options
def serve(
    model: str | None,
    host: str,
    port: int,
    open_browser: bool,
    token_file: str | None,
    insecure: bool,
    jobs_at_once: int,
    job_memory: float | None,
    keep_uploads: float,
    allowed_hosts: tuple[str, ...],
    console: Console,
) -> None:
    """Serve a model until Ctrl-C: MLflow's protocol, the Open Inference Protocol, and its own.

    \b
    Example:
      placement serve
      placement serve --model mymodel --port 9000 --open
      placement serve --host 0.0.0.0 --token-file tokens --allowed-host placement.college.edu
    """
    with extra_needed("serve"):
        from placement.serving.run import serve as run
        from placement.serving.security.tokens import read_tokens
        from placement.serving.settings import ServerSettings, WorkerOptions
    settings = ServerSettings(
        model=model or "champion",
        host=host,
        port=port,
        tokens=read_tokens(token_file),
        insecure=insecure,
        allowed_hosts=allowed_hosts,
        may_lack_model=model is None,
        jobs=WorkerOptions(
            jobs_at_once, None if job_memory is None else int(job_memory), keep_uploads
        ),
    )

    def up(address: str) -> None:
        console.note(f"serving at {address} (its endpoints: {address}/docs); Ctrl-C ends it")
        if open_browser:
            import webbrowser

            webbrowser.open(address)

    run(settings, up)

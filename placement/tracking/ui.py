"""MLflow's own pages on our store."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable

from placement.errors import StoreError
from placement.tracking.environment import environment_of_server
from placement.tracking.store import Store, store_errors

PATIENCE = 10.0
_EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 - an address to listen on, not one to open


def runs_page(store: Store, address: str) -> str:
    """Return the link to the newest run's experiment on MLflow's pages at an address.

    Without the last part of it they open on what they have for language models.
    """
    page = f"{address.rstrip('/')}/#/experiments"
    client = store.client()
    with store_errors(store, "look up the experiment"):
        ids = [experiment.experiment_id for experiment in client.search_experiments()]
        newest = client.search_runs(ids, max_results=1, order_by=["attributes.start_time DESC"])
    if not newest:
        return page
    return f"{page}/{newest[0].info.experiment_id}/runs?workflowType=machine_learning"


def ui(store: Store, host: str, port: int, when_up: Callable[[str], None]) -> int:
    """Serve MLflow's UI until Ctrl-C; return its exit code, 0 after Ctrl-C.

    `when_up` is called with the link to the runs as soon as the server can be reached.
    """
    if not store.exists:
        raise StoreError(f"there is no store at {store.database} yet: placement train makes one")
    _refuse_taken(host, port)
    page = runs_page(store, f"http://{'localhost' if host in _EVERYWHERE else host}:{port}")
    server = subprocess.Popen(server_command(store, host, port), env=environment_of_server())  # noqa: S603
    try:
        while server.poll() is None and not _is_up(host, port):
            time.sleep(0.2)
        if server.poll() is None:
            when_up(page)
        return server.wait()
    except KeyboardInterrupt:
        return 0  # the terminal told the server too
    finally:
        _stop(server)


def server_command(store: Store, host: str, port: int) -> list[str]:
    """The command line of the server.

    Artifacts are read from where they are: proxied ones would get `mlflow-artifacts:` paths, which
    nothing but this server could read.
    """
    return [
        *(sys.executable, "-m", "mlflow", "server", "--workers", "1"),
        *("--backend-store-uri", store.tracking_uri, "--registry-store-uri", store.registry_uri),
        *("--default-artifact-root", store.artifact_root or "", "--no-serve-artifacts"),
        *("--host", host, "--port", str(port)),
    ]


def _refuse_taken(host: str, port: int) -> None:
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = addresses[0]
        with socket.socket(family, kind, protocol) as probe:
            if sys.platform != "win32":  # there it would allow a taken port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise StoreError(
            f"cannot listen on {host}:{port} ({error.strerror or error}); try --port {port + 1}"
        ) from error


def _is_up(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), 1.0):
            return True
    except OSError:
        return False


def _stop(server: "subprocess.Popen[bytes]") -> None:
    if server.poll() is None:
        server.terminate()
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()

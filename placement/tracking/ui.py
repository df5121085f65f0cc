"""MLflow's own pages on our store."""

import socket
import subprocess
import sys

from placement.errors import StoreError
from placement.tracking.environment import environment_of_server
from placement.tracking.store import Store

PATIENCE = 10.0


def ui(store: Store, host: str = "127.0.0.1", port: int = 5000) -> int:
    """Serve MLflow's UI until Ctrl-C; return its exit code, 0 after Ctrl-C."""
    if store.database is None:
        raise StoreError(f"{store.tracking_uri} has its own pages: open that address in a browser")
    if not store.exists:
        raise StoreError(f"there is no store at {store.database} yet: placement train makes one")
    _refuse_taken(host, port)
    server = subprocess.Popen(server_command(store, host, port), env=environment_of_server())  # noqa: S603
    try:
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


def _stop(server: "subprocess.Popen[bytes]") -> None:
    if server.poll() is None:
        server.terminate()
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()

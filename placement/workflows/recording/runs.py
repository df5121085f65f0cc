"""What is recorded: list it, mend its paths, open MLflow's pages on it."""

import os
import sys
import webbrowser
from contextlib import suppress
from dataclasses import asdict

from placement.arrays import Document
from placement.errors import StoreError
from placement.runtime.progress import ProgressListener


def recorded_runs(experiment: str | None) -> list[Document]:
    """Return the runs as `runs --json` prints them, the newest first."""
    from placement.tracking.abandoned import end_abandoned
    from placement.tracking.runs import list_runs
    from placement.tracking.store import open_store

    store = open_store(create=False)
    with suppress(StoreError):  # a store that may only be read is listed as it is
        if store.exists:
            end_abandoned(store)
    runs = list_runs(store, experiment)
    return [{k: v for k, v in asdict(run).items() if k != "experiment"} for run in runs]


def store_name() -> str:
    """Where runs are looked for from here."""
    from placement.tracking.store import locate_store

    return locate_store().tracking_uri


def relocate_store() -> str:
    """Correct the paths of a store whose folder was moved; say how many."""
    from placement.tracking.relocate import relocate
    from placement.tracking.store import open_store

    store = open_store(create=False)
    if not store.exists:
        raise StoreError("there is no store here to relocate: go to the folder that holds mlruns/")
    return f"{relocate(store)} paths corrected to {store.directory}"


def serve_ui(host: str, port: int, listener: ProgressListener) -> int:
    """Serve MLflow's pages until interrupted, or say where those of a tracking server are."""
    from placement.tracking.store import open_store
    from placement.tracking.ui import runs_page, ui

    store = open_store(create=False)
    if not store.exists:
        raise StoreError("there are no runs here yet: `placement train FILE` records the first")
    if store.is_server:
        listener.note("the tracking server has MLflow's pages; the runs are on this one:")
        listener.note(f"  {runs_page(store, store.tracking_uri)}")
        return 0
    listener.note("MLflow's server starts …")

    def when_up(page: str) -> None:
        listener.note(f"The runs are on this page (Ctrl-C ends it):\n  {page}")
        if sys.stdout.isatty() and _has_desktop():
            webbrowser.open(page)

    return ui(store, host, port, when_up)


def _has_desktop() -> bool:
    """Whether a browser is a window, and would not take over the terminal."""
    shown = {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
    return sys.platform in {"win32", "darwin"} or bool(shown)

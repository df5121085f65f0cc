"""Correct the artifact paths of a store whose folder was moved or copied."""

import contextlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from placement.errors import StoreError
from placement.tracking.store import ARTIFACTS, Store, store_errors

# The columns of MLflow's tables that hold locations of artifacts.
COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def relocate(store: Store) -> int:
    """Point every artifact path to where the store is now; return how many changed."""
    if store.database is None or store.artifact_root is None:
        raise StoreError(f"{store.tracking_uri} is no database file: there is nothing to relocate")
    if not store.exists:
        raise StoreError(f"there is no store at {store.database}: placement train makes one")
    with (
        store_errors(store, "relocate the artifacts"),
        store.lock(),
        contextlib.closing(sqlite3.connect(store.database, timeout=20)) as connection,
        connection,
    ):
        locations = connection.execute("SELECT artifact_location FROM experiments").fetchall()
        roots = {_root(location) for (location,) in locations if is_elsewhere(store, location)}
        return _rewrite(connection, roots, store.artifact_root)


def is_elsewhere(store: Store, location: str) -> bool:
    """Whether a location made by this program lies in another folder than the store's own.

    Experiments that plain MLflow made (`…/mlruns/7`, `s3://…`) are not ours to judge.
    """
    root = local_path(_root(location))
    if store.directory is None or root is None or root.parent.name != store.directory.name:
        return False
    artifacts = store.directory / ARTIFACTS
    if root == artifacts:
        return False
    try:
        return not root.samefile(artifacts)  # the same folder by another way, such as a link
    except OSError:
        return True


def local_path(location: str) -> Path | None:
    """Return the path of a `file:` URI or plain path, None for anything else."""
    parts = urlsplit(location)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    if parts.scheme and len(parts.scheme) > 1:  # one letter is a drive of Windows
        return None
    return Path(location) if location else None


def _root(location: str) -> str:
    """Return `…/artifacts` of `…/artifacts` or `…/artifacts/0`; else an empty string."""
    trimmed = location.rstrip("/").removesuffix("/0")
    return trimmed if trimmed.endswith(f"/{ARTIFACTS}") else ""


def _rewrite(connection: sqlite3.Connection, roots: Iterable[str], target: str) -> int:
    changed = 0
    for root in sorted(roots, key=len, reverse=True):
        for table, column in COLUMNS:
            changed += connection.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) "  # noqa: S608 - our own names
                f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                (target, len(root) + 1, root, len(root) + 1, f"{root}/"),
            ).rowcount
    return changed

"""Where runs and models are kept: found, made once, opened.

`MLFLOW_TRACKING_URI` decides when it is set; else the database is `mlruns/mlflow.db` in the
nearest directory upwards that has one, else in the current directory.
"""

import contextlib
import os
import re
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from placement.credentials import MASK, masked
from placement.errors import StoreError
from placement.tracking.connection import ask_database, ask_server, first_opening
from placement.tracking.environment import prepare_environment, unwarned

if TYPE_CHECKING:
    from filelock import BaseFileLock
    from mlflow import MlflowClient

FOLDER, DATABASE, ARTIFACTS = "mlruns", "mlflow.db", "artifacts"
LOCK_TIMEOUT = 120.0
ROOT_VARIABLE = "MLFLOW_DEFAULT_ARTIFACT_ROOT"  # that of `mlflow server`
_SERVERS = ("http://", "https://")
_DATABASES = ("postgresql", "mysql", "mssql")
_SQLITE = re.compile(r"sqlite(?:\+\w+)?:///(?P<path>[^?]+)(?:\?.*)?")


@dataclass(frozen=True)
class Store:
    """A tracking store, not necessarily made yet.

    `database` and `directory` (its folder) are None where the store is no sqlite file.
    `artifact_root` (a URI) is where files of new experiments go, None where a server decides that.
    """

    tracking_uri: str
    registry_uri: str
    database: Path | None = None
    artifact_root: str | None = None

    @property
    def directory(self) -> Path | None:
        """The folder of the database, in which the artifacts are too."""
        return self.database.parent if self.database else None

    @property
    def exists(self) -> bool:
        """Whether there is something to read; a server counts as existing."""
        return self.database is None or _is_filled(self.database)

    @property
    def is_server(self) -> bool:
        """Whether a tracking server keeps it, which has pages of its own."""
        return self.tracking_uri.startswith(_SERVERS)

    @property
    def export_line(self) -> str:
        """What makes plain `mlflow` commands use this store; a password is to be added.

        It is a line, for a database server two.
        """
        lines = [_export("MLFLOW_TRACKING_URI", self.tracking_uri)]
        if self.database is None and self.artifact_root is not None:
            lines.append(_export(ROOT_VARIABLE, self.artifact_root))
        return "\n".join(lines)

    def client(self) -> "MlflowClient":
        """MLflow's client of this store; the process-wide default stays as it is."""
        prepare_environment()
        with unwarned():
            from mlflow import MlflowClient

            return MlflowClient(_patient(self.tracking_uri), _patient(self.registry_uri))

    def lock(self) -> AbstractContextManager["BaseFileLock | None"]:
        """Keep other processes from changing a database file at once; nothing for a server."""
        from filelock import FileLock

        if self.database is None:
            return contextlib.nullcontext()
        return FileLock(self.database.with_name(f"{self.database.name}.lock"), LOCK_TIMEOUT)


def locate_store(start: Path | None = None) -> Store:
    """Say where the store is, as seen from the directory `start`, without touching anything."""
    here = (start or Path.cwd()).resolve()
    uri = os.environ.get("MLFLOW_TRACKING_URI", "").strip()
    if not uri:
        databases = [folder / FOLDER / DATABASE for folder in (here, *here.parents)]
        return _sqlite_store(next(filter(Path.is_file, databases), databases[0]))
    if match := _SQLITE.fullmatch(uri):
        return _sqlite_store((here / match["path"]).resolve())
    if uri.startswith("sqlite:"):
        raise StoreError(
            f"MLFLOW_TRACKING_URI={uri}: name a database file (sqlite:///path/mlflow.db)"
        )
    if uri.startswith("file:") or ("://" not in uri and not uri.startswith(("databricks", "uc"))):
        raise StoreError(_no_file_store(uri))
    registry = os.environ.get("MLFLOW_REGISTRY_URI", "").strip() or uri
    if not uri.startswith(_DATABASES):
        return Store(uri, registry)
    # MLflow would write to ./mlruns of whatever folder a command is run in.
    folders = [folder / FOLDER / ARTIFACTS for folder in (here, *here.parents)]
    nearest = next(filter(Path.is_dir, folders), folders[0]).as_uri()
    return Store(uri, registry, None, os.environ.get(ROOT_VARIABLE, "").strip() or nearest)


def open_store(start: Path | None = None, *, create: bool = True) -> Store:
    """Locate the store and make sure that it answers.

    With `create` a missing database is made, once, whoever else tries at the same time; without
    it a missing one is returned as it is (`Store.exists` is False).
    """
    prepare_environment()
    store = locate_store(start)
    if store.database:
        _open_database(store, store.database, create=create)
    elif store.is_server:
        ask_server(store.tracking_uri)
    elif store.artifact_root:
        ask_database(store.tracking_uri)
    if store.exists:
        doing = "open the tracking store"
        with store_errors(store, doing), first_opening(store.tracking_uri):
            store.client().search_experiments(max_results=1)
    return store


def import_mlflow() -> None:
    """Do what recording needs once for a process, where that can be done before it is needed."""
    prepare_environment()
    with unwarned():
        import mlflow.pyfunc
        import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
        from mlflow.utils.requirements_utils import warn_dependency_requirement_mismatches

        # Looks through every package that is installed, as saving a model will.
        warn_dependency_requirement_mismatches(["mlflow"])


@contextlib.contextmanager
def store_errors(store: Store, doing: str) -> Iterator[None]:
    """Turn what MLflow, the database or the disk raises into a StoreError naming the store."""
    with unwarned():
        from google.protobuf.json_format import Error as UnreadableAnswer
        from mlflow.exceptions import MlflowException
        from requests import RequestException
        from sqlalchemy.exc import SQLAlchemyError

        raised_by_mlflow = (MlflowException, SQLAlchemyError, RequestException)
    of_strange_answers = (AttributeError, LookupError, TypeError, UnreadableAnswer, ValueError)
    try:
        with unwarned():
            yield
    except (*raised_by_mlflow, sqlite3.Error, OSError, ImportError) as error:
        reason = next((line for line in str(error).splitlines() if line.strip()), repr(error))
        if "out-of-date database schema" in reason:
            upgrade = f"mlflow db upgrade {store.tracking_uri}"
            reason = f"it was made by another MLflow; back it up, then {upgrade}"
        elif store.database is None:
            reason += " (does the server answer? train --no-track does without it)"
        raise StoreError(f"cannot {doing} at {store.tracking_uri}: {reason}") from error
    except of_strange_answers as error:
        if store.database is not None:  # a defect of ours
            raise
        reason = "what answers there is no MLflow server: correct MLFLOW_TRACKING_URI"
        raise StoreError(f"cannot {doing} at {store.tracking_uri}: {reason}") from error


@contextlib.contextmanager
def default_store(store: Store) -> Iterator[None]:
    """Make this store MLflow's process-wide default for a while.

    Needed where MLflow asks its default instead of the client's store, as in registering a logged
    model. `set_tracking_uri` also writes the environment variable, which would pin a later
    `locate_store` to this store: both are put back.
    """
    import mlflow

    names = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")
    before = {name: os.environ.get(name) for name in names}
    mlflow.set_tracking_uri(_patient(store.tracking_uri))
    mlflow.set_registry_uri(_patient(store.registry_uri))
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before[names[0]])  # type: ignore[arg-type]
        mlflow.set_registry_uri(before[names[1]])  # type: ignore[arg-type]
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _patient(uri: str) -> str:
    """Have a sqlite database that another process has locked waited for: its default is 5 s."""
    return f"{uri}?timeout={LOCK_TIMEOUT:g}" if _SQLITE.fullmatch(uri) and "?" not in uri else uri


def _export(name: str, value: str) -> str:
    shown = masked(value)
    if os.name == "nt":
        return f'set "{name}={shown}"'
    add = "" if shown == value else f"  # write your password for {MASK}"
    return f"export {name}={shlex.quote(shown)}{add}"


def _sqlite_store(database: Path) -> Store:
    if set("%?") & set(str(database)):
        raise StoreError(
            f"{database}: a folder with % or ? in its name cannot hold the tracking database; "
            "rename it, or set MLFLOW_TRACKING_URI"
        )
    uri = f"sqlite:///{database.as_posix()}"
    registry = os.environ.get("MLFLOW_REGISTRY_URI", "").strip() or uri
    return Store(uri, registry, database, (database.parent / ARTIFACTS).as_uri())


def _no_file_store(source: str) -> str:
    target = f"sqlite:///{(Path.cwd() / FOLDER / DATABASE).as_posix()}"
    return (
        f"{source} is a file store, which MLflow no longer reads; move its runs into a database: "
        f"mlflow migrate-filestore --source {source} --target {target}"
    )


def _open_database(store: Store, database: Path, *, create: bool) -> None:
    if not _is_filled(database):
        if next(database.parent.glob("*/meta.yaml"), None) is not None:
            raise StoreError(_no_file_store(str(database.parent)))
        if create:
            _make_once(store, database)
        return
    if create and not (os.access(database, os.W_OK) and os.access(database.parent, os.W_OK)):
        raise StoreError(_not_writable(database, "no permission"))
    try:
        opened = sqlite3.connect(database.as_uri() + "?mode=ro", LOCK_TIMEOUT, uri=True)
        with contextlib.closing(opened) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise StoreError(
                f"{database}: another process has had it locked for {LOCK_TIMEOUT:.0f} seconds; "
                "try again when it is done"
            ) from error
        # MLflow itself would try for more than a minute and a half.
        reason = f"is not a readable database ({error}); restore it or move it away"
        raise StoreError(f"{database} {reason}") from error


def _make_once(store: Store, database: Path) -> None:
    """Migrate a new database beside its place and move it there, so that it is whole or absent."""
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        with store.lock():
            if not _is_filled(database):
                draft = database.with_name(f"{database.name}.new")
                for leftover in draft.parent.glob(f"{draft.name}*"):  # with a journal, after a kill
                    leftover.unlink(missing_ok=True)
                try:
                    _migrate(store, f"sqlite:///{draft.as_posix()}")
                    draft.replace(database)
                finally:
                    draft.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(_not_writable(database, error.strerror or str(error))) from error


def _migrate(store: Store, uri: str) -> None:
    with store_errors(store, "make the tracking database"):
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        SqlAlchemyStore(uri, store.artifact_root or "").engine.dispose()


def _is_filled(database: Path) -> bool:
    try:
        return database.stat().st_size > 0
    except OSError:
        return False


def _not_writable(database: Path, reason: str) -> str:
    return (
        f"cannot write the tracking database {database}: {reason}; run elsewhere, "
        "set MLFLOW_TRACKING_URI, or do without it: train --no-track"
    )

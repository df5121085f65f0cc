"""Ask a tracking server or a database whether it answers, and say so within seconds if not.

MLflow itself would try again and again, for a minute and a half or for four.
"""

import contextlib
import http.client
import ssl
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING

from placement.credentials import masked
from placement.errors import StoreError
from placement.tracking.environment import unwarned, users_timeout

if TYPE_CHECKING:
    from sqlalchemy import URL

TIMEOUT = 5.0  # of one attempt; a name may have two addresses
SILENCE = 3.0  # then a person is told what is waited for
_REMEDY = "start it, correct MLFLOW_TRACKING_URI, or do without it: train --no-track"
_MIGRATION = 0x706C6163  # the number of a lock in PostgreSQL that is nobody else's
_WAITING = {
    "psycopg2": "connect_timeout", "psycopg": "connect_timeout", "mysqldb": "connect_timeout",
    "pymysql": "connect_timeout", "pyodbc": "timeout",
}  # fmt: skip
_PACKAGES = {
    "psycopg2": "psycopg2-binary",
    "psycopg": "'psycopg[binary]'",
    "MySQLdb": "mysqlclient",
}


def ask_server(uri: str) -> None:
    """Raise StoreError where nobody answers; "not found" is an answer, too."""
    seconds = users_timeout() or TIMEOUT
    try:
        with _waiting(uri), urllib.request.urlopen(_health(uri), timeout=seconds):  # noqa: S310
            return
    except urllib.error.HTTPError:
        return
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLError):  # MLflow has settings of its own for certificates
            return
        raise StoreError(
            f"the tracking server {uri} does not answer ({reason}); {_REMEDY}"
        ) from error


def _health(uri: str) -> str:
    """Return the address to ask; urllib would look up `user:password@host` as a name."""
    address = urllib.parse.urlsplit(uri.rstrip("/"))
    return address._replace(netloc=address.netloc.rpartition("@")[2]).geturl() + "/health"


def ask_database(uri: str) -> None:
    """Raise StoreError where a database, or its driver, is not there or lets nobody in."""
    with unwarned():
        import sqlalchemy
        from sqlalchemy.exc import ArgumentError, DBAPIError

    try:
        url = sqlalchemy.make_url(uri)
        engine = sqlalchemy.create_engine(url, connect_args=_connect_arguments(url))
        with _waiting(uri):
            engine.connect().close()
        engine.dispose()
    except ArgumentError as error:
        raise StoreError(
            f"MLFLOW_TRACKING_URI={uri}: {error}; write it as postgresql://user:password@host/name"
        ) from error
    except ImportError as error:
        package = _PACKAGES.get(error.name or "", error.name)
        raise StoreError(
            f"{uri}: the driver of this kind of database is not installed: pip install {package}"
        ) from error
    except DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise StoreError(f"the database {uri} does not answer ({reason}); {_REMEDY}") from error


@contextlib.contextmanager
def first_opening(uri: str) -> Iterator[None]:
    """Let one process alone make the tables of a PostgreSQL that has none: MLflow has no lock."""
    if not uri.startswith("postgresql"):
        yield
        return
    with unwarned():
        import sqlalchemy

    engine = sqlalchemy.create_engine(
        uri, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool
    )
    with engine.connect() as connection:  # its end gives the lock back
        if connection.scalar(sqlalchemy.text("SELECT to_regclass('alembic_version') IS NULL")):
            connection.execute(sqlalchemy.text(f"SELECT pg_advisory_lock({_MIGRATION})"))
        yield


def _connect_arguments(url: "URL") -> dict[str, int]:
    """Return for how long to wait, where the user has not said so and the driver can be told."""
    option = _WAITING.get(url.get_driver_name(), "")
    if not option or option in url.query:
        return {}
    return {option: round(users_timeout() or TIMEOUT)}


@contextlib.contextmanager
def _waiting(for_what: str) -> Iterator[None]:
    """Tell a person what is waited for, where it takes long."""
    said = threading.Timer(SILENCE, sys.stderr.write, [f"waiting for {masked(for_what)} …\n"])
    said.daemon = True
    said.start()
    try:
        yield
    finally:
        said.cancel()

"""Whether a server or a database answers: said within seconds, with the remedy."""

import socket
import sqlite3

import pytest

from placement.errors import StoreError
from placement.tracking import connection
from placement.tracking.connection import ask_database, ask_server


@pytest.fixture
def silent(monkeypatch):
    """The port of somebody who takes a connection and never answers."""
    monkeypatch.setattr(connection, "TIMEOUT", 0.4)
    monkeypatch.setattr(connection, "SILENCE", 0.1)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_server_that_is_silent_is_waited_for_aloud_and_not_for_long(silent, capsys):
    with pytest.raises(StoreError, match=r"does not answer .*start it"):
        ask_server(f"http://127.0.0.1:{silent}")
    assert capsys.readouterr().err == f"waiting for http://127.0.0.1:{silent} …\n"


@pytest.mark.parametrize(
    ("uri", "package"),
    [
        ("postgresql+psycopg2://u:secret@h/d", "psycopg2-binary"),
        ("mysql://u:secret@h/d", "mysqlclient"),
        ("mssql+pyodbc://u:secret@h/d", "pyodbc"),
    ],
)
def test_a_driver_that_is_not_installed_is_named_as_pip_knows_it(uri, package):
    with pytest.raises(StoreError, match=f"pip install {package}") as raised:
        ask_database(uri)
    assert raised.value.exit_code == 6
    assert "secret" not in str(raised.value)


def test_what_is_no_kind_of_database_is_told_how_to_write_one():
    with pytest.raises(StoreError, match="write it as postgresql://"):
        ask_database("postgres://u:secret@h/d")


def test_a_database_that_lets_nobody_in_is_said_with_the_reason(tmp_path):
    with pytest.raises(StoreError, match=r"does not answer \(unable to open database file\)"):
        ask_database(f"sqlite:///{tmp_path}/no/such/folder.db")
    sqlite3.connect(tmp_path / "there.db").close()
    ask_database(f"sqlite:///{tmp_path}/there.db")


def test_drivers_are_told_how_long_to_wait_unless_the_user_has_said_so():
    import sqlalchemy

    def arguments(uri):
        return connection._connect_arguments(sqlalchemy.make_url(uri))

    assert arguments("postgresql://h/d") == {"connect_timeout": 5}
    assert arguments("mysql+pymysql://h/d") == {"connect_timeout": 5}
    assert arguments("mssql+pyodbc://h/d") == {"timeout": 5}
    assert arguments("postgresql://h/d?connect_timeout=60") == {}

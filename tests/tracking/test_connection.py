"""Whether a server or a database answers: said within seconds, with the remedy."""

import socket
import sqlite3
import threading

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


@pytest.fixture
def answering():
    """Start somebody who answers one connection with these bytes; gives the port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def answer(these):
            caller = listening.accept()[0]
            with caller:
                caller.recv(1000)
                caller.sendall(these)

        def start(these):
            threading.Thread(target=answer, args=(these,), daemon=True).start()
            return listening.getsockname()[1]

        yield start


def test_a_server_is_asked_by_its_name_without_user_and_password(answering):
    port = answering(b"HTTP/1.0 401 Unauthorized\r\n\r\n")
    ask_server(f"http://ana:s3cret@127.0.0.1:{port}")


def test_what_answers_but_is_no_web_server_is_said_as_an_error(answering):
    port = answering(b"SSH-2.0-OpenSSH\r\n")
    with pytest.raises(StoreError, match=r"does not answer .*SSH-2\.0"):
        ask_server(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize("uri", ["http://host:port", "http://a b/", "http://[::1"])
def test_an_address_that_is_none_is_said_as_an_error(uri):
    with pytest.raises(StoreError, match="does not answer"):
        ask_server(uri)


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

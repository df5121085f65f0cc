"""Trainings at once on PostgreSQL, and that what they say is held against the registry."""

import importlib.util
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def many_trainings(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import many_trainings

    return many_trainings


@pytest.fixture
def database(many_trainings):
    """The URI of an empty PostgreSQL."""
    import client_servers

    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed (the extra store)")
    try:
        with client_servers.postgresql() as (uri, _):
            yield uri
    except client_servers.Missing as missing:
        pytest.skip(f"not there: {missing}")


def test_three_at_once_on_a_new_database_all_finish_and_tell_the_truth(
    many_trainings, database, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert many_trainings.check(database, 3, tmp_path) == 0
    assert "3 of 3 trained" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "promoted", "aliases", "faults"),
    [
        ("C..", "", {"champion": 1, "challenger": 3}, 0),
        ("C.C", "3", {"champion": 3, "challenger": 2, "previous": 1}, 0),
        ("CC.", "", {"champion": 2, "challenger": 3}, 2),  # two took it, neither knew of the other
        ("C..", "", {"champion": 2, "challenger": 3}, 1),  # another has it
        ("...", "", {"challenger": 3}, 3),  # nobody took it, and each could
        ("C..", "2", {"champion": 1, "challenger": 3}, 1),  # asked for in vain
    ],
)
def test_what_trainings_said_is_held_against_the_aliases(
    many_trainings, said, promoted, aliases, faults
):
    told = [
        many_trainings.Said(number, letter == "C", str(number) in promoted, 1.0)
        for number, letter in enumerate(said, 1)
    ]
    assert len(list(many_trainings.untrue(told, aliases))) == faults

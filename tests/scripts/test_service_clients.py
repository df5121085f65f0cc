"""What is asked of clients of the service is hard enough, and another bit is seen."""

import csv
import math
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def clients(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import service_clients

    return service_clients


def test_the_rows_have_blanks_and_words_that_nobody_had(clients, tmp_path):
    with clients.write_rows(tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with clients.DATA.open(encoding="utf-8", newline="") as file:
        known = {row["branch"] for row in csv.DictReader(file)}
    assert len(rows) == 1000
    assert all(any(row[name] == "" for row in rows) for name in clients.BLANKED)
    assert {row["branch"] for row in rows} - known == {*clients.UNSEEN, ""}


def test_another_bit_is_an_answer_that_differs(clients):
    expected = [(0.25, 0), (0.75, 1)]
    clients.check([["0.25", "0"], [0.75, 1]], expected)  # of a CSV, of a client
    with pytest.raises(clients.Wrong, match="1 of 2 answers differ, 2 came"):
        clients.check([(0.25, 0), (math.nextafter(0.75, 1), 1)], expected)
    with pytest.raises(clients.Wrong, match="0 of 2 answers differ, 1 came"):
        clients.check([(0.25, 0)], expected)


@pytest.mark.parametrize("venv", ["triton", "kserve"])
def test_a_client_that_is_not_installed_is_missing(clients, tmp_path, monkeypatch, venv):
    import clients as script

    monkeypatch.setitem(script.VENVS, venv, ("no-such-package[http]",))
    found = script.tried(
        script.Trial(tmp_path, venvs=None),
        {
            "triton": "placement serve: Triton's client, JSON",
            "kserve": "placement serve: KServe's client",
        }[venv],
    )
    assert (found.works, found.version) == ("not tried", "")
    assert "no-such-package" in found.reason

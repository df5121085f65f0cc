"""`scripts/kill_and_resume.py` at one moment: a real process, killed, and gone on with."""

import dataclasses
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def test_a_killed_training_goes_on_to_the_same_bytes(monkeypatch, tmp_path, capsys):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import kill_and_resume

    assert kill_and_resume.kill_and_resume(tmp_path, 1, 0, rows=4000, epochs=300, most=0.0) == 0
    said = capsys.readouterr().out
    assert "going on with run" in said
    assert "the same\n1 moments: 0 came to another end" in said
    good = kill_and_resume.Outcome("FINISHED", {"train/loss": [(0, 0.7)]}, {"fitted.json": b"1"})
    for other in (
        {"status": "KILLED"},
        {"curves": {"train/loss": []}},
        {"bundle": {"fitted.json": b"2"}},
    ):
        assert kill_and_resume.differences(dataclasses.replace(good, **other), good)

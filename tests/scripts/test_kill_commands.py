"""The quick form of `scripts/kill_commands.py`, and that it sees what it looks for."""

import random
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def attack(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import kill_commands

    return kill_commands


@pytest.fixture
def world(attack, tmp_path, trained):
    """A folder with a sheet and a model, and nothing trained anew."""
    world = attack.World(tmp_path, random.Random(3))  # noqa: S311
    world.scratch.mkdir()
    for name, source in {"students.csv": trained.parent / "students.csv", "seed": trained}.items():
        (tmp_path / name).symlink_to(source)
    return world


def test_a_killed_prediction_loses_and_leaves_nothing(attack, world):
    for moment in (0.6, 1.2):
        attack.attack(world, "predict", moment, None)
    attack.go_on(world, "predict", None)
    assert world.faults == []


def test_what_is_half_written_lost_or_left_is_seen(attack, world, tmp_path):
    command = attack.COMMANDS["predict"]
    out = tmp_path / "scored.csv"
    assert list(attack.damage(world, command, {"scored.csv": False})) == []
    assert list(attack.damage(world, command, {"scored.csv": True})) == ["scored.csv is gone"]
    out.write_bytes(attack.OLD)
    assert list(attack.damage(world, command, {"scored.csv": True})) == []
    out.write_bytes(b"register_no,name\n73")
    (fault,) = attack.damage(world, command, {"scored.csv": True})
    assert fault == "scored.csv is half written"
    (tmp_path / ".scored.csv.1-abcdefgh.tmp").touch()
    (world.scratch / "placement-model").mkdir()
    faults = list(attack.left(world, command, None))
    assert faults[0] == "scored.csv is not written by the next command"
    assert "left behind: .scored.csv.1-abcdefgh.tmp, placement-model" in faults


def test_a_run_for_ever_and_a_command_that_fails_are_seen(attack, world, store):
    experiment = store.client().create_experiment("x", artifact_location=store.artifact_root)
    store.client().create_run(experiment)
    (fault,) = attack.records(store.tracking_uri)
    assert fault.endswith("is RUNNING")
    world.finish(["predict", "no-such-file.csv", "--model", "seed"])
    assert world.faults[0].startswith("predict afterwards: exit 3: ")


def test_a_bundle_that_lost_a_file_is_not_whole(attack, tmp_path, trained):
    assert attack.is_bundle(trained)
    (tmp_path / "fitted.json").write_bytes((trained / "fitted.json").read_bytes())
    assert not attack.is_bundle(tmp_path)

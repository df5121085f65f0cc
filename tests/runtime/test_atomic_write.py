"""A file is replaced whole; what a killed writer left is for nobody else to read, and swept."""

import os
import stat
import subprocess
import sys

import pytest

from placement.runtime.atomic_write import replacing

HELD = """
import os, sys, time
from pathlib import Path
from placement.runtime.atomic_write import replacing
with replacing(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    print("written", flush=True)
    time.sleep(60)
"""


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def killed(tmp_path):
    """A file of which a writer was killed half-way."""
    target = tmp_path / "list [1].csv"
    with subprocess.Popen([sys.executable, "-c", HELD, str(target)], stdout=subprocess.PIPE) as one:
        one.stdout.readline()
        one.kill()
    return target


def test_what_a_killed_writer_left_is_removed_by_the_next(killed):
    assert len(list(killed.parent.iterdir())) == 1
    with replacing(killed) as temporary:
        temporary.write_text("whole")
    assert [path.name for path in killed.parent.iterdir()] == [killed.name]


def test_another_writer_and_other_files_are_left_alone(killed):
    others = [
        f".{killed.name}.{os.getpid()}-0123abcd.tmp",
        f".{killed.name}.notes.tmp",
        ".x.1-0.tmp",
    ]
    for name in others:
        (killed.parent / name).touch()
    with replacing(killed) as temporary:
        temporary.write_text("whole")
    assert {path.name for path in killed.parent.iterdir()} == {killed.name, *others}


@pytest.mark.skipif(os.name == "nt", reason="modes are those of POSIX")
def test_rows_being_written_are_for_their_owner_and_the_file_is_as_any_new_one(tmp_path):
    (tmp_path / "any").touch()
    with replacing(tmp_path / "list.csv") as temporary:
        assert mode(temporary) == 0o600
    assert mode(tmp_path / "list.csv") == mode(tmp_path / "any")
    (tmp_path / "list.csv").chmod(0o640)
    with replacing(tmp_path / "list.csv"):
        pass
    assert mode(tmp_path / "list.csv") == 0o640

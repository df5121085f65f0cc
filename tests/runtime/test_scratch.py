"""Temporary files of a process go with it, and those of a killed one with the next."""

import os
import subprocess
import sys
import tempfile

import psutil
import pytest

from placement.runtime.scratch import is_gone, process_namespace, use_scratch_folder

CODE = """
import os, sys, tempfile
from placement.runtime.scratch import use_scratch_folder
use_scratch_folder()
open(os.path.join(tempfile.mkdtemp(), "rows.csv"), "w").close()
print(*os.listdir(os.environ["TMPDIR"]), flush=True)
if sys.argv[1] == "dies":
    os.kill(os.getpid(), 9)
"""


@pytest.fixture
def process(tmp_path, code_path):
    """Run a process that makes a temporary file; return what lies in the folder meanwhile."""

    def run(end):
        words = [sys.executable, "-c", CODE, end]
        env = code_path | {"TMPDIR": str(tmp_path)}
        return subprocess.run(words, env=env, capture_output=True, text=True).stdout.split()  # noqa: PLW1510

    return run


def test_a_process_leaves_nothing_behind(process, tmp_path):
    (folder,) = process("ends")
    assert folder.startswith(f"placement-{process_namespace()}-")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_and_nothing_else_does(process, tmp_path):
    (killed,) = process("dies")
    assert (tmp_path / killed).is_dir()
    # Of a process that runs, and of one in another container.
    others = {f"placement-{process_namespace()}-{os.getpid()}-abcdefgh", "placement-1-2-abcdefgh"}
    for name in others:
        (tmp_path / name).mkdir()
    (folder,) = set(process("ends")) - others
    assert folder != killed
    assert {path.name for path in tmp_path.iterdir()} == others


@pytest.mark.parametrize("other", [("platform", "node", "another"), ("uuid", "getnode", 1)])
def test_another_machine_has_other_processes_though_it_shares_the_folder(other, monkeypatch):
    module, name, value = other
    mine = process_namespace.__wrapped__()
    monkeypatch.setattr(f"{module}.{name}", lambda: value)
    assert process_namespace.__wrapped__() != mine


def test_without_an_address_processes_are_of_one_machine_all_the_same(monkeypatch):
    made_up = iter([1 << 40, 3 << 40])
    monkeypatch.setattr("uuid.getnode", lambda: next(made_up))
    assert process_namespace.__wrapped__() == process_namespace.__wrapped__()


def test_where_nothing_can_be_written_a_command_goes_on(monkeypatch):
    def refuse():
        raise FileNotFoundError("No usable temporary directory found")

    before = tempfile.tempdir
    monkeypatch.setattr(tempfile, "gettempdir", refuse)
    use_scratch_folder()
    assert tempfile.tempdir == before


def test_who_is_gone():
    assert not is_gone(str(os.getpid()))
    assert is_gone(str(next(n for n in range(2**22 - 1, 0, -1) if not psutil.pid_exists(n))))
    assert not is_gone("no number")

"""How much memory is free: what the machine says, and what a container leaves of it."""

import pytest

from placement.runtime import memory
from placement.runtime.memory import free_memory, in_words


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Control groups in which this process is in `a/b`."""
    own = tmp_path / "cgroup"
    own.write_text("0::/a/b\n")
    monkeypatch.setattr(memory, "_PROCESS_CGROUP", own)
    monkeypatch.setattr(memory, "_CGROUP_ROOT", tmp_path / "groups")

    def limited(path, limit, used, inactive=0):
        folder = tmp_path / "groups" / path
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "memory.max").write_text(f"{limit}\n")
        (folder / "memory.current").write_text(f"{used}\n")
        (folder / "memory.stat").write_text(f"anon 5\ninactive_file {inactive}\n")

    return limited


@pytest.fixture(autouse=True)
def _machine(monkeypatch):
    import psutil

    result = type("Memory", (), {"available": 1_000_000})
    monkeypatch.setattr(psutil, "virtual_memory", lambda: result)


def test_without_groups_it_is_what_the_machine_has(groups):
    assert free_memory() == 1_000_000


def test_the_tightest_group_above_this_process_decides(groups):
    groups("a/b", "max", 10)
    assert free_memory() == 1_000_000
    groups("a", 500, 300)
    assert free_memory() == 200
    groups("a/b", 250, 200)
    assert free_memory() == 50


def test_pages_of_files_that_nobody_uses_are_free(groups):
    groups("a/b", 500, 450, inactive=100)
    assert free_memory() == 150


def test_a_group_beyond_its_limit_leaves_nothing(groups):
    groups("a/b", 500, 600)
    assert free_memory() == 0


@pytest.mark.parametrize("text", ["", "12:memory:/x\n"])
def test_another_kind_of_groups_is_not_asked(groups, text):
    groups("a/b", 500, 300)
    memory._PROCESS_CGROUP.write_text(text)
    assert free_memory() == 1_000_000


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 kB"), (25e6, "25 MB"), (4.1e9, "4.1 GB"),
     (2e12, "2.0 TB"), (3e15, "3,000.0 TB")],
)  # fmt: skip
def test_sizes_are_said_as_people_say_them(size, words):
    assert in_words(size) == words

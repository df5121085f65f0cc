import errno
import hashlib
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from placement.errors import ModelError, StoreError
from placement.model import bundle
from placement.model.bundle import check_replaceable, finite, open_bundle, write_bundle

WEIGHTS = np.array([0.5, -1.25, 3.0])
NUMBER = {
    "kind": "number",
    "mean": 7.0,
    "std": 2.0,
    "low": 4.0,
    "high": 10.0,
    "grade_scale": None,
    "missing": None,
}


def document(threshold=0.5):
    columns = ("cgpa", "tenth", "twelfth")
    return {"threshold": threshold, "encoder": [{**NUMBER, "column": name} for name in columns]}


def save(target, threshold=0.5):
    return write_bundle(target, document(threshold), WEIGHTS, 0.125)


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_bundle_is_two_files_that_read_back_the_same(tmp_path):
    written = save(tmp_path / "deep" / "m")
    assert written == tmp_path / "deep" / "m"
    assert names(written) == ["fitted.json", "weights.safetensors"]
    read = open_bundle(written)
    np.testing.assert_array_equal(read.scorer.weights, WEIGHTS)
    assert read.scorer.intercept == 0.125
    assert read.threshold == 0.5


def test_the_same_model_gives_the_same_bytes(tmp_path):
    assert content(save(tmp_path / "a")) == content(save(tmp_path / "b"))
    assert content(save(tmp_path / "a")) != content(save(tmp_path / "b", threshold=0.25))


SAVE = """
import sys
import numpy as np
from placement.model.bundle import write_bundle
names = {"one", "two", "three", "four", "five"}
document = {name: {"x": 0.1, "ä": [1, 2.5]} for name in names}
write_bundle(sys.argv[1], document, np.array([0.1, 2 / 3]), -1 / 3)
"""


def test_two_processes_write_the_same_bytes(tmp_path):
    for number in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": number}
        command = [sys.executable, "-c", SAVE, str(tmp_path / number)]
        subprocess.run(command, env=environment, check=True)
    assert content(tmp_path / "1") == content(tmp_path / "2")


def test_the_document_tells_nothing_of_place_and_time(tmp_path):
    text = (save(tmp_path / "m") / "fitted.json").read_text("utf-8")
    assert str(tmp_path) not in text
    assert os.uname().nodename not in text
    assert time.strftime("%Y-%m") not in text


def test_a_bundle_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    save(tmp_path / "m", threshold=0.25)
    save(tmp_path / "m", threshold=0.75)
    assert open_bundle(tmp_path / "m").threshold == 0.75
    assert names(tmp_path) == ["m"]


def test_without_an_atomic_exchange_the_bundle_is_replaced_too(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "_exchange", lambda *_: False)
    test_a_bundle_is_replaced_and_nothing_is_left_beside_it(tmp_path)


def test_an_empty_directory_is_filled(tmp_path):
    (tmp_path / "m").mkdir()
    save(tmp_path / "m")
    assert open_bundle(tmp_path / "m").threshold == 0.5


@pytest.mark.parametrize("extra", ["notes.txt", ".git", "fitted.json.bak"])
def test_a_directory_that_holds_anything_else_is_refused_and_left_alone(tmp_path, extra):
    save(tmp_path / "m")
    (tmp_path / "m" / extra).write_text("mine")
    before = content(tmp_path / "m")
    with pytest.raises(StoreError, match=f"holds '{extra}'"):
        save(tmp_path / "m", threshold=0.9)
    assert content(tmp_path / "m") == before
    assert names(tmp_path) == ["m"]


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path):
    (tmp_path / "m").write_text("mine")
    with pytest.raises(StoreError, match="is a file"):
        save(tmp_path / "m")
    with pytest.raises(StoreError, match="cannot be written"):
        save(tmp_path / "m" / "below")
    assert (tmp_path / "m").read_text() == "mine"


def test_a_link_to_a_bundle_keeps_pointing_at_it(tmp_path):
    save(tmp_path / "m-1")
    (tmp_path / "m").symlink_to("m-1")
    save(tmp_path / "m", threshold=0.75)
    assert (tmp_path / "m").is_symlink()
    assert open_bundle(tmp_path / "m-1").threshold == 0.75
    assert names(tmp_path) == ["m", "m-1"]


def failing(number):
    def fail(*_args, **_named):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_without_space_the_old_bundle_stays_and_nothing_is_left(tmp_path, monkeypatch, there, call):
    if there:
        save(tmp_path / "m")
    monkeypatch.setattr(bundle, "_exchange", lambda *_: False)
    # Path.rename calls os.rename.
    monkeypatch.setattr(os, call, failing(errno.ENOSPC))
    with pytest.raises(StoreError, match="No space left on device"):
        save(tmp_path / "m", threshold=0.75)
    monkeypatch.undo()
    assert names(tmp_path) == (["m"] if there else [])
    if there:
        assert open_bundle(tmp_path / "m").threshold == 0.5


def test_without_permission_the_error_names_the_directory(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "mkdir", failing(errno.EACCES))
    with pytest.raises(StoreError, match=r"m: cannot be written .Permission denied"):
        save(tmp_path / "m")


def test_a_directory_that_cannot_be_looked_into_is_a_store_error(tmp_path, monkeypatch):
    (tmp_path / "m").mkdir()
    monkeypatch.setattr(bundle, "_strangers", failing(errno.EACCES))
    with pytest.raises(StoreError, match="Permission denied"):
        check_replaceable(tmp_path / "m")


def test_a_writer_stopped_between_its_two_renames_loses_nothing(tmp_path, monkeypatch):
    save(tmp_path / "m")
    (tmp_path / "m").rename(tmp_path / ".m.old")
    assert open_bundle(tmp_path / "m").threshold == 0.5
    monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC))
    with pytest.raises(StoreError):
        save(tmp_path / "m", threshold=0.75)
    monkeypatch.undo()
    assert open_bundle(tmp_path / "m").threshold == 0.5
    save(tmp_path / "m", threshold=0.75)
    assert open_bundle(tmp_path / "m").threshold == 0.75
    assert names(tmp_path) == ["m"]


def test_the_fallback_is_not_read_while_the_bundle_is_there(tmp_path):
    save(tmp_path / "m", threshold=0.75)
    save(tmp_path / ".m.old", threshold=0.25)
    assert open_bundle(tmp_path / "m").threshold == 0.75
    (tmp_path / "m" / "fitted.json").write_text("{}")
    with pytest.raises(ModelError):
        open_bundle(tmp_path / "m")


def dead_pid():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_leftovers_of_a_killed_writer_go_at_the_next_save(tmp_path):
    left = tmp_path / f".m.new-{dead_pid()}-0123abcd"
    left.mkdir()
    (left / "fitted.json").write_text("{")
    save(tmp_path / ".m.old")
    save(tmp_path / "m")
    assert names(tmp_path) == ["m"]


def test_leftovers_that_are_old_go_whoever_runs_under_their_number(tmp_path):
    left = tmp_path / f".m.new-{os.getpid()}-0123abcd"
    left.mkdir()
    os.utime(left, (0, 0))
    save(tmp_path / "m")
    assert names(tmp_path) == ["m"]


def test_what_another_writer_or_another_bundle_uses_is_left_alone(tmp_path):
    writing = tmp_path / f".m.new-{os.getppid()}-0123abcd"
    writing.mkdir()
    other = tmp_path / f".n.new-{dead_pid()}-0123abcd"
    other.mkdir()
    strange = tmp_path / ".m.old"
    strange.mkdir()
    (strange / "thesis.txt").write_text("mine")
    save(tmp_path / "m")
    assert names(tmp_path) == sorted([writing.name, other.name, strange.name, "m"])
    assert (strange / "thesis.txt").read_text() == "mine"


LOOP = """
import sys
import numpy as np
from placement.model.bundle import write_bundle
number, steps = 0, np.arange(20_000.0).tolist()
encoder = [{"kind": "step", "column": "x", "thresholds": steps, "averages": steps}]
while True:
    number += 1
    write_bundle(sys.argv[1], {"threshold": 0.5, "encoder": encoder, "number": number},
                 np.arange(20_000.0) + number, float(number))
    if number == 1:
        print("started", flush=True)
"""


def test_a_killed_writer_always_leaves_a_whole_bundle(tmp_path):
    target, seen = tmp_path / "m", set()
    for wait in (0.0, 0.007, 0.02):
        command = [sys.executable, "-c", LOOP, str(target)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            try:
                process.stdout.readline()
                until = time.monotonic() + wait + 0.02
                while time.monotonic() < until:
                    read = open_bundle(target)  # while it is being replaced as well
                    assert read.scorer.weights[0] == read.document["number"]
            finally:
                process.send_signal(signal.SIGKILL)
        read = open_bundle(target)
        assert read.scorer.weights[0] == read.scorer.intercept == read.document["number"]
        seen.add(read.document["number"])
    assert max(seen) > 1
    save(target)
    assert names(tmp_path) == ["m"]


def test_the_digest_in_the_document_is_that_of_the_weights_beside_it(tmp_path):
    folder = save(tmp_path / "m")
    digest = hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest()
    assert open_bundle(folder).document["weights_digest"] == digest


def test_what_is_not_finite_is_null_and_numpy_is_plain():
    value = {
        1: (np.float64(0.5), np.int64(3), np.bool_(True)),
        "x": [float("nan"), float("-inf"), np.float32("inf"), 1.5, None],
        "y": np.array([[1.0, np.nan]]),
    }
    assert finite(value) == {
        "1": [0.5, 3, True],
        "x": [None, None, None, 1.5, None],
        "y": [[1.0, None]],
    }

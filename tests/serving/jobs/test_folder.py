"""Uploads lie under their digest, whole, for their owner alone; names are never paths."""

import errno
import hashlib
import io
import os
import stat

import pytest

from placement.errors import StoreError
from placement.serving.jobs.folder import JobFolder, safe_name


@pytest.fixture
def folder(tmp_path):
    made = JobFolder(tmp_path / "jobs")
    made.make()
    return made


def test_an_upload_lies_under_its_digest_and_only_its_owner_may_read_it(folder):
    upload = folder.store_upload("data", "marks.csv", io.BytesIO(b"a,b\n"))
    assert upload.digest == hashlib.sha256(b"a,b\n").hexdigest()
    assert (upload.name, upload.size) == ("marks.csv", 4)
    path = folder.upload(upload.digest)
    assert path.read_bytes() == b"a,b\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.root.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("problem", "raised"),
    [(ValueError(), ValueError), (OSError(errno.ENOSPC, "No space left"), StoreError)],
    ids=["broken", "full disk"],
)
def test_an_upload_that_breaks_off_leaves_nothing(folder, problem, raised):
    class Broken(io.BytesIO):
        def read(self, *_):
            raise problem

    with pytest.raises(raised):
        folder.store_upload("data", "marks.csv", Broken())
    assert list((folder.root / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("marks 2025.xlsx", "marks 2025.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\list.csv", "list.csv"),
        ("-", "upload"),
        ("..", "upload"),
        ("", "upload"),
        ("--json.csv", "json.csv"),
        (".hidden.csv", "hidden.csv"),
        ("marks[1]*.csv", "marks_1_.csv"),
        ("a\x00\nb.csv", "a_b.csv"),
        ("விடைகள்.csv", safe_name("விடைகள்.csv")),
        ("x" * 300 + ".csv", "x" * 76 + ".csv"),
    ],
)
def test_the_name_of_an_upload_is_no_path_no_pattern_and_no_option(name, safe):
    assert safe_name(name) == safe
    assert not set("/\\*?[\0") & set(safe_name(name))
    assert safe_name(name).strip(".")


def test_a_job_gets_its_files_under_their_names_and_two_of_one_name_apart(folder):
    uploads = [
        folder.store_upload("data", "marks.csv", io.BytesIO(b"first")),
        folder.store_upload("data", "marks.csv", io.BytesIO(b"second")),
        folder.store_upload("labels", "out.csv", io.BytesIO(b"third")),
    ]
    names = folder.prepare("0123456789abcdef", uploads)
    assert names == {"data": ["marks.csv", "2-marks.csv"], "labels": ["out.csv"]}
    inputs = folder.of_job("0123456789abcdef") / "input"
    assert (inputs / "2-marks.csv").read_bytes() == b"second"
    assert folder.prepare("0123456789abcdef", uploads) == names  # the next attempt
    folder.clear_input("0123456789abcdef")
    assert not inputs.exists()
    assert folder.upload(uploads[0].digest).exists()


def test_only_old_uploads_that_nothing_needs_are_removed(folder):
    needed, stray, new = (
        folder.store_upload("data", "marks.csv", io.BytesIO(text)).digest
        for text in (b"needed", b"stray", b"new")
    )
    for digest in (needed, stray):
        os.utime(folder.upload(digest), (0, 0))
    folder.remove_stray_uploads({needed}, 3600)
    assert [folder.upload(digest).exists() for digest in (needed, stray, new)] == [
        True,
        False,
        True,
    ]


def test_a_queue_keeps_its_name_and_another_has_another(folder, tmp_path):
    assert folder.make() == folder.make()
    assert folder.make() != JobFolder(tmp_path / "elsewhere").make()

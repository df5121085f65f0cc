import io
import os
import time

import pytest
from fastapi import UploadFile

from placement.serving.errors import Refused
from placement.serving.pages.work.sheets import Sheets


def upload(name, text):
    return UploadFile(io.BytesIO(text.encode()), filename=name)


@pytest.fixture
def sheets(tmp_path):
    return Sheets(tmp_path / "sheets")


def test_the_same_file_has_the_same_key_and_another_name_another(sheets):
    first, again = (sheets.keep([upload("a.csv", "x\n1\n")]) for _ in range(2))
    assert first == again
    assert first != sheets.keep([upload("b.csv", "x\n1\n")])
    assert sheets.path(first).name == "a.csv"
    assert sheets.path(first).read_text() == "x\n1\n"


def test_a_name_cannot_leave_the_folder(sheets):
    path = sheets.path(sheets.keep([upload("../../etc/--out=x.csv", "x\n")]))
    assert path.name == "out_x.csv"
    assert path.parent.parent == sheets.root


def test_files_that_came_together_stay_together(sheets):
    key = sheets.keep([upload("list.csv", "x\n"), upload("list.csv.about.json", "{}")])
    assert [path.name for path in sheets.files(key)] == ["list.csv", "list.csv.about.json"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_the_owner_can_read_a_sheet(sheets):
    path = sheets.path(sheets.keep([upload("a.csv", "x\n")]))
    assert [item.stat().st_mode & 0o077 for item in (path, path.parent, sheets.root)] == [0, 0, 0]


def test_a_sheet_is_gone_after_half_a_day(sheets):
    key = sheets.keep([upload("a.csv", "x\n")])
    long_ago = time.time() - 13 * 3600
    os.utime(sheets.root / key, (long_ago, long_ago))
    with pytest.raises(Refused, match="no longer kept"):
        sheets.path(key)
    assert list(sheets.root.iterdir()) == []

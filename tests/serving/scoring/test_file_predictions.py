import csv
import io
import tempfile
import zipfile
from pathlib import Path

import pandas as pd
import pytest

FILE = "/v1/predictions/file"


def upload(client, content, name="students.csv", **fields):
    return client.post(FILE, files={"file": (name, content)}, data=fields)


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    """Where the server puts what is uploaded."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_csv_comes_back_with_the_columns_of_predict(client, sheet, expected, scratch, log_lines):
    answer = upload(
        client, sheet.read_bytes(), "../../etc/sheet.csv", accept_doubts="true", reasons="true"
    )
    assert answer.status_code == 200, answer.text
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    for name in ("placement_probability", "placement_low"):
        assert [float(row[name]) for row in rows] == [row[name] for row in expected]
    assert [row["placement_reason_1"] for row in rows] == [
        row["placement_reason_1"] for row in expected
    ]
    assert 'filename="scored.csv"' in answer.headers["content-disposition"]
    assert list(scratch.iterdir()) == []
    lines = log_lines()
    assert "Quixworth" not in str(lines)
    (line,) = (line for line in lines if line["event"] == "audit")
    assert (line["action"], line["rows_in"], line["role"]) == ("predict_file", 240, "train")
    assert len(line["data_digest"]) == 64


def test_a_sheet_comes_back_in_another_form(client, trained):
    sheet = (trained.parent / "students.csv").read_bytes()
    parquet = upload(client, sheet, **{"as": "parquet"})
    frame = pd.read_parquet(io.BytesIO(parquet.content))
    workbook = io.BytesIO()
    frame.drop(columns=[name for name in frame if name.startswith("placement_")]).to_excel(
        workbook, index=False
    )
    again = upload(client, workbook.getvalue(), "students.xlsx")
    assert again.status_code == 200, again.text
    back = pd.read_excel(io.BytesIO(again.content), sheet_name="List", engine="calamine")
    assert back["placement_probability"].tolist() == pytest.approx(
        frame["placement_probability"].tolist(), rel=1e-15, abs=0
    )  # a workbook is written with 16 digits


@pytest.mark.parametrize(
    ("content", "name", "fields", "status"),
    [
        (b"a,b\n1,2\n", "x.csv", {}, 422),
        (b"", "x.csv", {}, 422),
        (b"\x1f\x8b\x08\x00", "x.csv", {}, 415),
        (b"a,b\n1,2\n", "x.exe", {}, 415),
        (b"a,b\n1,2\n", "x", {}, 415),
        (b"a,b\n1,2\n", "x.csv", {"as": "html"}, 415),
        (b"a,b\n1,2\n", "x.csv", {"model": "/etc"}, 400),
        (b"a,b\n1,2\n", "x.csv", {"threshold": "high"}, 400),
        (b"a,b\n1,2\n", "x.csv", {"reasons": "maybe"}, 400),
    ],
)
def test_a_mistake_is_refused_and_leaves_nothing(client, scratch, content, name, fields, status):
    answer = upload(client, content, name, **fields)
    assert answer.status_code == status, answer.text
    assert str(scratch) not in answer.text
    assert list(scratch.iterdir()) == []


def test_a_form_without_a_file_is_refused(client):
    assert client.post(FILE, data={"file": "x"}).status_code == 400
    assert client.post(FILE, content=b"x").status_code == 400


def test_a_workbook_that_unpacks_to_very_much_is_refused(started):
    from placement.serving.settings import Limits

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 2_000_000)
    with started(limits=Limits(unpacked=1_000_000)) as client:
        assert upload(client, packed.getvalue(), "bomb.xlsx").status_code == 413


def test_an_upload_beyond_the_limit_is_refused(started):
    from placement.serving.settings import Limits

    with started(limits=Limits(upload=1000)) as client:
        assert upload(client, b"x" * 2000).status_code == 413


def test_uploads_are_private(client, scratch, trained, monkeypatch):
    from placement.serving.scoring import file_predictions

    modes = []
    keep = file_predictions._keep

    def watched(upload, path, limits):
        digest = keep(upload, path, limits)
        modes.append((Path(path).stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777))
        return digest

    monkeypatch.setattr(file_predictions, "_keep", watched)
    upload(client, b"a,b\n1,2\n")
    assert modes == [(0o600, 0o700)]

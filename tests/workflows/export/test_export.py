"""A file stands only where it was proved; else nothing is left."""

import subprocess
import sys
from dataclasses import replace

import pytest

from placement.errors import GateRefused, UsageError
from placement.workflows.export.export import ExportRequest, export
from placement.workflows.export.formats import FORMATS


@pytest.fixture(scope="module")
def bundle(students, tmp_path_factory):
    """A small model with a spline and a category, and the file that it learnt from."""
    from placement import TrainConfig, fit, read_table

    folder = tmp_path_factory.mktemp("export")
    sheet = students(folder / "students.csv", 120)
    table = read_table(sheet)
    fit(table, TrainConfig(spline=("cgpa:4",))).save(folder / "model")
    return folder / "model", sheet


def test_a_file_is_proved_on_the_corners_and_on_the_rows_of_a_table(bundle, workdir):
    model, sheet = bundle
    result = export(ExportRequest(model=str(model), to="python", data=str(sheet)))
    assert result.students == 120
    assert result.difference < 1e-12
    command = [sys.executable, "-I", "model.py"]
    done = subprocess.run(command, input=sheet.read_bytes(), capture_output=True, check=True)
    assert done.stdout.count(b"\n") == 121


def test_a_file_that_differs_is_refused_and_nothing_is_left(bundle, workdir, monkeypatch):
    def wrong(path, subject):
        right.write(path, replace(subject, scorer=replace(subject.scorer, intercept=0.123)))

    right = FORMATS["sql"]
    monkeypatch.setitem(FORMATS, "sql", replace(right, write=wrong))
    (workdir / "model.sql").write_text("what was there", encoding="utf-8")
    with pytest.raises(GateRefused, match=r"model\.sql: not written: SQLite .* by .* at .*row"):
        export(ExportRequest(model=str(bundle[0]), to="sql"))
    assert (workdir / "model.sql").read_text(encoding="utf-8") == "what was there"
    assert [file.name for file in workdir.iterdir()] == ["mlruns", "model.sql"]


def test_a_missing_package_is_named_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setattr("placement.workflows.export.formats.find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"onnx and onnxruntime: pip install .*\[export\]"):
        ExportRequest(to="onnx")


def test_a_wrong_ending_is_refused_with_the_right_one():
    with pytest.raises(UsageError, match=r"name it chances\.xlsx"):
        ExportRequest(to="xlsx", out="chances.csv")

"""The formats of tables: one is added by registering it."""

import json

import pandas as pd
import pytest

from placement.config.file_options import FileOptions
from placement.data.formats import formats
from placement.data.formats.formats import FORMATS, Format
from placement.data.formats.parquet import open_frame
from placement.data.formats.table_reader import open_table
from placement.errors import DataError


@pytest.fixture
def json_lines(tmp_path, monkeypatch):
    """A file of a format that is no other's: a first line, then a record in each line."""

    def open_lines(source, _options, _wants):
        with source.open() as stream:
            return (open_frame(pd.DataFrame([json.loads(line) for line in list(stream)[1:]])),)

    added = Format("json lines", b"%JSONL", open_lines, has_sheets=True)
    monkeypatch.setattr(formats, "FORMATS", (added, *FORMATS))
    path = tmp_path / "may.csv"
    path.write_text('%JSONL\n{"cgpa": 7.5, "placed": "Yes"}\n{"cgpa": 6.1, "placed": "No"}\n')
    return path


def test_a_registered_format_is_recognised_and_opened_by_what_it_registers(json_lines):
    reader = open_table(json_lines, FileOptions(sheet=("any",)))
    assert reader.kind == "json lines"
    assert reader.names == ("cgpa", "placed")
    assert [cell for block in reader.blocks() for cell in block.columns["cgpa"]] == [7.5, 6.1]


def test_what_no_format_has_as_first_bytes_is_read_as_text(json_lines):
    json_lines.write_text("cgpa,placed\n7.5,Yes\n")
    assert open_table(json_lines).kind == "text"
    with pytest.raises(DataError, match="--sheet is for workbooks"):
        open_table(json_lines, FileOptions(sheet=("any",)))

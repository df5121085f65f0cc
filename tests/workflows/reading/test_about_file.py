import json
from pathlib import Path

import pandas as pd
import pytest

from placement.data.table.read_table import read_table
from placement.workflows.reading.about_file import about_path, warn_of_lists

SHEET = {"cgpa": [6.1, 7.2, 8.3, 6.4], "placed": [0, 1, 1, 0]}
SEATS = {"certain": 2, "drawn": 1, "not drawn": 1, "none": 0}


def warned(folder, sheet, about="list.csv.about.json", text=None, source="list.csv"):
    kept = json.dumps({"list": {"seats": SEATS}}) if text is None else text
    (folder / about).write_text(kept, encoding="utf-8")
    return list(warn_of_lists([str(folder / source)], read_table(sheet, target="placed")))


def test_a_list_whose_column_of_seats_is_gone_is_known_by_its_about_file(tmp_path):
    (warning,) = warned(tmp_path, pd.DataFrame(SHEET))
    assert "was a list of 3 seats, as list.csv.about.json says" in warning
    assert "placement_seat is gone" in warning


def test_the_list_saved_in_another_format_is_known_while_it_has_chances(tmp_path):
    chances = pd.DataFrame(SHEET | {"placement_probability": [0.2, 0.7, 0.8, 0.3]})
    assert len(warned(tmp_path, chances, source="list.xlsx")) == 1
    # The sheet that a list was made from has its name, and is none.
    assert warned(tmp_path, pd.DataFrame(SHEET), source="list.xlsx") == []


def test_a_list_with_its_seats_is_counted_by_them(tmp_path):
    seats = ["certain", "none", "none", "certain"]
    assert warned(tmp_path, pd.DataFrame(SHEET | {"placement_seat": seats})) == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"list": 3}', '{"model": "x"}'])
def test_a_file_that_keeps_no_seats_is_no_reason_to_warn(tmp_path, text):
    assert warned(tmp_path, pd.DataFrame(SHEET), text=text) == []


@pytest.mark.parametrize("path", [".", "/", "-", "x" * 300, "postgresql://host/college"])
def test_what_is_no_file_has_nothing_beside_it(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert about_path(Path(path)) is None

import dataclasses
import inspect

import numpy as np
import pandas as pd
import pytest

from placement.config.train_config import TrainConfig
from placement.data.columns.storage import Storage
from placement.data.table.read_table import (
    matching_columns,
    open_labelled_table,
    read_opened_table,
    read_table,
)
from placement.errors import DataError


def students(rows=60, **columns):
    """A plain class: cgpa and aptitude overlap between the outcomes."""
    rng = np.random.default_rng(3)
    made = {
        "cgpa": rng.normal(7, 0.8, rows).round(2).clip(0, 9.9),
        "aptitude": rng.integers(20, 99, rows),
        "status": ["Placed", "Not Placed"] * (rows // 2),
    }
    return pd.DataFrame({**columns, **made})


@pytest.fixture
def csv(tmp_path):
    def write(frame, name="may.csv"):
        path = tmp_path / name
        if isinstance(frame, str):
            path.write_text(frame)
        else:
            frame.to_csv(path, index=False)
        return str(path)

    return write


def reasons(table):
    return {item.column: item.reason for item in table.schema.dropped}


def test_the_keywords_are_the_read_fields_of_the_config_with_their_defaults():
    keywords = {
        name: item.default
        for name, item in inspect.signature(read_table).parameters.items()
        if name != "source"
    }
    fields = {
        item.name: item.default
        for item in dataclasses.fields(TrainConfig)
        if item.metadata["scope"] == "read"
    }
    assert keywords == fields


def test_a_plain_table_is_understood(csv):
    table = read_table(csv(students()))
    assert table.schema.feature_names == ("cgpa", "aptitude")
    assert table.schema.features[0].scale == 10
    assert table.schema.target.positive == "Placed"
    assert table.label.tolist() == [1, 0] * 30
    assert table.weight.tolist() == [1] * 60
    assert table.rows.tolist() == list(range(1, 61))
    assert table.columns["cgpa"].dtype == np.float64
    assert table.columns["status"].tolist()[:2] == ["Placed", "Not Placed"]
    assert table.warnings == ()
    assert len(table) == 60


def test_what_is_no_feature_is_dropped_with_a_reason(csv):
    frame = students(
        sl_no=range(1, 61),
        register_no=[10_000_000_000 + 31 * k for k in range(60)],
        name=["A", "B"] * 30,
        gender=["M", "F", "F"] * 20,
        batch=[2023, 2024, 2025] * 20,
        college=["X"] * 60,
        ctc=[4.5, None] * 30,
        shift=["2 hours", None] * 30,
        hired_code=[7, 3] * 30,
    )
    frame[""] = None
    table = read_table(csv(frame))
    assert table.schema.feature_names == ("cgpa", "aptitude")
    said = reasons(table)
    assert "identifier" in said["sl_no"]
    assert "identifier" in said["register_no"]
    assert "person" in said["name"]
    assert "sensitive" in said["gender"]
    assert "batch" in said["batch"]
    assert "constant" in said["college"]
    assert "after the outcome" in said["ctc"]
    assert "missing exactly" in said["shift"]
    assert "recoding of status" in said["hired_code"]
    assert said["unnamed_13"] == "no name and empty"
    assert table.sensitive == ("gender",)
    assert set(table.identifiers) >= {"sl_no", "register_no", "name"}
    assert "gender" in table.columns


def test_no_reason_tells_a_cell(csv):
    table = read_table(csv(students(college=["Secret College"] * 60)))
    assert "Secret" not in str(table.schema)


def test_options_bring_columns_in_and_it_is_noted(csv):
    path = csv(students(sl_no=range(1, 61), gender=["M", "F", "F"] * 20))
    table = read_table(path, allow_leak=("SL_NO ",), allow_sensitive=("Gender",))
    assert table.schema.feature_names == ("sl_no", "gender", "cgpa", "aptitude")
    assert any(note.startswith("sl_no is used although an identifier") for note in table.notes)
    assert any("--allow-sensitive" in note for note in table.notes)
    assert table.identifiers == ()
    assert table.sensitive == ("gender",)


def test_features_names_the_only_columns_used(csv):
    path = csv(students(gender=["M", "F", "F"] * 20))
    table = read_table(path, features=("gender", "CGPA"))
    assert table.schema.feature_names == ("gender", "cgpa")
    assert reasons(table)["aptitude"] == "not among --features"


def test_drop_leaves_a_column_out_and_suggests_the_nearest(csv):
    path = csv(students())
    assert read_table(path, drop=("Aptitude",)).schema.feature_names == ("cgpa",)
    with pytest.raises(DataError, match=r"--drop.*did you mean 'aptitude'"):
        read_table(path, drop=("aptitute",))


def test_all_columns_dropped_is_an_error_with_reasons(csv):
    frame = students(sl_no=range(1, 61)).drop(columns=["cgpa", "aptitude"])
    with pytest.raises(DataError, match=r"no column is left .*sl_no: an identifier.*--allow-leak"):
        read_table(csv(frame))


def test_a_batch_is_never_a_feature_and_the_line_to_type_is_offered(csv):
    frame = students(**{"Year of Passing": [2023, 2024, 2025] * 20})
    frame.loc[frame["Year of Passing"] == 2025, "status"] = None
    table = read_table(csv(frame))
    assert table.batch == "Year of Passing"
    assert any("--test-where '`Year of Passing`==2024'" in note for note in table.notes)
    with pytest.raises(DataError, match="never a feature"):
        read_table(csv(frame), features=("Year of Passing", "cgpa"))


def test_calendar_years_under_any_name_are_the_batch(csv):
    table = read_table(csv(students(joined_college=[2023, 2024, 2025] * 20)))
    assert table.batch == "joined_college"
    assert "years" in reasons(table)["joined_college"]


def test_blank_outcomes_are_left_out_and_counted(csv):
    frame = students()
    frame.loc[[0, 5], "status"] = None
    table = read_table(csv(frame))
    assert len(table) == 58
    assert table.rows[0] == 2
    assert table.left_out == (("status is blank: not yet known", 2),)


def test_serial_numbers_are_recognised_on_all_rows_labelled_or_not(csv):
    frame = students(counter=range(1, 61))
    frame.loc[::7, "status"] = None
    assert "counts the rows" in reasons(read_table(csv(frame)))["counter"]


def test_missing_drop_leaves_rows_out_and_counts_them(csv):
    frame = students()
    frame.loc[[3, 4], "cgpa"] = None
    path = csv(frame)
    assert np.isnan(read_table(path).columns["cgpa"]).sum() == 2
    table = read_table(path, missing="drop")
    assert len(table) == 58
    assert table.left_out == (("a feature is missing (--missing drop)", 2),)


def test_weights_are_checked_by_row(csv):
    frame = students(w=[2] * 60)
    table = read_table(csv(frame), weight="W")
    assert len(table) == 120
    assert "weights" in reasons(table)["w"]
    for wrong in (-1, None, "x", "inf"):
        frame["w"] = frame["w"].astype(object)
        frame.loc[4, "w"] = wrong
        with pytest.raises(DataError, match=r"may\.csv, row 5 \(line 6\), column w"):
            read_table(csv(frame), weight="w")


def test_the_group_is_no_feature(csv):
    table = read_table(csv(students(college=["A", "B", "C"] * 20)), group="College")
    assert "--group" in reasons(table)["college"]


def test_infinity_in_a_feature_is_an_error_by_row(csv):
    frame = students()
    frame.loc[6, "cgpa"] = np.inf
    with pytest.raises(DataError, match=r"may\.csv, row 7 \(line 8\), column cgpa: inf"):
        read_table(csv(frame))


def test_a_column_that_nearly_separates_is_kept_with_a_warning(csv):
    frame = students()
    frame["cgpa"] = np.where(frame["status"] == "Placed", 8.0, 6.0) + frame["aptitude"] / 1000
    table = read_table(csv(frame))
    assert "cgpa" in table.schema.feature_names
    (said,) = table.warnings
    assert said.startswith("cgpa alone predicts 100 %")
    assert said.endswith("a cut-off rule, or the answer in disguise?")


def test_few_rows_are_loudly_warned_of(csv):
    table = read_table(csv("cgpa,iq,placed\n8.1,90,1\n6.2,99,0\n"))
    assert table.schema.feature_names == ("cgpa", "iq")
    assert any("small sample: 2 rows" in said for said in table.warnings)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("cgpa,placed\n", "no rows"),
        ("cgpa,placed\n7.1,1\n", "both outcomes are needed"),
        ("cgpa,placed\n7.1,1\n6.5,1\n", "both outcomes are needed"),
        ("cgpa,placed\n7.1,1\n6.5,\n5.2,\n", "both outcomes are needed"),
    ],
)
def test_too_few_rows_or_classes_are_refused(csv, text, match):
    with pytest.raises(DataError, match=match):
        read_table(csv(text))


def test_the_digest_is_the_same_for_every_format(csv, tmp_path):
    frame = students(branch=["CSE", "ECE", "ME"] * 20, workex=[True, False, True] * 20)
    frame.loc[3, "cgpa"] = np.nan
    frame.loc[5, "branch"] = None
    frame.to_parquet(tmp_path / "may.parquet")
    frame.to_excel(tmp_path / "may.xlsx", index=False, engine="xlsxwriter")
    sources = [csv(frame), str(tmp_path / "may.parquet"), str(tmp_path / "may.xlsx"), frame]
    tables = [read_table(source) for source in sources]
    assert len({table.digest for table in tables}) == 1
    assert {table.kinds["workex"] for table in tables} == {"category"}
    frame.loc[0, "aptitude"] += 1
    assert read_table(frame).digest != tables[0].digest


def test_the_sheet_with_an_outcome_is_chosen(tmp_path):
    path = tmp_path / "office.xlsx"
    with pd.ExcelWriter(path, engine="xlsxwriter") as writer:
        pd.DataFrame({"x": [1, 2], "y": [3, 4]}).to_excel(writer, sheet_name="Lookup", index=False)
        students().to_excel(writer, sheet_name="Batch A", index=False)
    assert read_table(str(path)).schema.target.name == "status"
    with pd.ExcelWriter(path, engine="xlsxwriter") as writer:
        students().to_excel(writer, sheet_name="Batch A", index=False)
        students().to_excel(writer, sheet_name="Batch B", index=False)
    with pytest.raises(DataError, match="--sheet"):
        read_table(str(path))


def test_a_sheet_of_the_placed_alone_is_not_the_one_to_learn_from(tmp_path):
    path = tmp_path / "offers.xlsx"
    with pd.ExcelWriter(path) as writer:
        students().assign(status="Placed").to_excel(writer, sheet_name="Placed", index=False)
        students().to_excel(writer, sheet_name="All", index=False)
    assert "sheet 'All' chosen among 'Placed', 'All'" in read_table(str(path)).notes


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("heading", "yes", "no"),
    [("Final Status", "Placed", "Not Placed"), ("Placed in campus", "1", "0")],
)
def test_an_outcome_after_many_blank_cells_is_still_seen(tmp_path, stream, heading, yes, no):
    lines = [f"{heading},cgpa\n", *(f",{7 + k % 3}.{k % 10}\n" for k in range(30_000))]
    lines += [f"{yes if k % 2 else no},{6 + k % 4}.{k % 10}\n" for k in range(100)]
    path = tmp_path / "may.csv"
    path.write_text("".join(lines))
    options = TrainConfig().of_scope("read")
    with Storage(stream=stream, folder=str(tmp_path / "cache"), keep=stream) as storage:
        for _ in range(2):  # and once from what is kept
            reader = open_labelled_table(str(path), options)
            table = read_opened_table(reader, options, storage)
            assert (len(table), int(table.label.sum())) == (100, 50)
            assert any(f"the outcome is {heading}" in note for note in table.notes)


def test_several_files_number_their_rows_each_and_are_named_in_errors(csv):
    first, second = csv(students(), "a.csv"), students()
    second["cgpa"] = second["cgpa"].astype(object)
    second.loc[2, "cgpa"] = "inf"
    with pytest.raises(DataError, match=r"b\.csv, row 3 \(line 4\)"):
        read_table([first, csv(second, "b.csv")])
    table = read_table([first, csv(students(), "c.csv")])
    assert table.rows.tolist() == [*range(1, 61), *range(1, 61)]


def test_columns_match_forgivingly_and_the_nearest_is_suggested():
    assert matching_columns(["CGPA ", "iq"], ["cgpa"]) == {"cgpa": "CGPA "}
    with pytest.raises(DataError, match="did you mean 'CGPA '"):
        matching_columns(["CGPA ", "iq"], ["cgpaa"], file="may.csv")


def test_stray_cells_below_an_empty_header_are_no_count_of_rows(csv):
    frame = students(400)
    frame[""] = ["5", "9"] + [None] * 398
    assert reasons(read_table(csv(frame)))["unnamed_4"] == "no name and 99.5% missing"


def test_blank_lines_are_dropped_and_counted(tmp_path):
    path = tmp_path / "gaps.csv"
    path.write_text("cgpa,placed\n\n7.1,1\n6.2,0\n  \n8.3,1\n,,\n5.5,0\n")
    table = read_table(path)
    assert len(table) == 4
    assert "blank lines dropped: 3" in table.notes


def test_what_is_read_away_of_cells_is_said_by_column_with_its_count(tmp_path):
    path = tmp_path / "t.csv"
    lines = [f"'CSE,&nbsp;{5 + n / 20},{'Placed' if n % 3 else 'Not Placed'}" for n in range(60)]
    path.write_text("branch,\ufeffcgpa,status\n" + "\n".join(lines) + "\nECE,7,Placed\n", "utf-8")
    table = read_table(path)
    assert set(table.columns["branch"]) == {"CSE", "ECE"}
    assert table.columns["cgpa"][0] == 5.0
    said = (
        "branch \"'CSE\" is read as 'CSE' (60 cells); cgpa '&nbsp;5.0' is read as '5.0' (60 cells)"
    )
    assert f"what is no part of a cell is read away: {said}" in table.notes


def test_a_column_of_another_table_beside_or_of_the_first_of_a_group_is_warned_of(csv):
    beside, groups = ["40", "30", "20"] + [""] * 57, [f"Block {k}" for k in range(4)] + [""] * 56
    warnings = " ".join(read_table(csv(students(count=beside, block=groups))).warnings)
    assert "count is filled in 3 of 60 rows only: if it belongs to another table" in warnings
    assert "block is filled in 4 of 60 rows only" in warnings


def test_words_that_begin_with_numbers_are_warned_of_with_the_first(csv):
    table = read_table(csv(students(backlogs=[f"{k % 4}/8" for k in range(60)])))
    assert "backlogs: each cell begins with a number, such as '0/8'" in " ".join(table.warnings)

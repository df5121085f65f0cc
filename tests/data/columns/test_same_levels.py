import pandas as pd
import pytest

from placement.data.columns.same_levels import check_same, same_levels
from placement.data.columns.storage import IN_MEMORY
from placement.data.table.read_table import read_table
from placement.errors import DataError, UsageError
from placement.model.fitted import load_fitted
from placement.training.fit import fit
from placement.workflows.reading.read_labelled import read_like

COLUMNS = ["Branch", "Record: XII", "cgpa"]


def levels(*options):
    return {
        name: dict(same.level_of) for name, same in same_levels(options, COLUMNS, "may.csv").items()
    }


def test_further_spellings_are_the_level_that_is_named_first():
    assert levels("branch:Civil=Civil Engg=CE") == {
        "Branch": {"civil engg": "Civil", "ce": "Civil"}
    }
    assert levels("Record: XII:A=B") == {"Record: XII": {"b": "A"}}


def test_what_is_one_with_another_is_one_with_all_of_its_spellings():
    assert levels("Branch:B=C", "Branch:A=B") == {"Branch": {"c": "A", "b": "A"}}
    assert levels("Branch:A=B", "Branch:B=C") == {"Branch": {"b": "A", "c": "A"}}


@pytest.mark.parametrize("text", ["Branch", "Branch:Civil", ":A=B", "Branch:=", "A=B"])
def test_what_names_no_column_or_no_two_levels_is_a_usage_error(text):
    with pytest.raises(UsageError, match="write it like --same 'Branch:Civil=Civil Engg'"):
        check_same(text)


def test_a_column_that_is_not_there_or_a_circle_is_refused():
    with pytest.raises(DataError, match=r"did you mean 'Branch'"):
        levels("Brnch:A=B")
    with pytest.raises(DataError, match="another level before"):
        levels("Branch:A=B", "Branch:B=A")


def students():
    branches = ["Civil", "Civil", "CIVIL.", "Civil Engg", "Mech", "C.S.E", "cse", "CSE ", "cse"]
    return pd.DataFrame(
        {
            "branch": branches * 16,
            "cgpa": [5 + k % 41 / 10 for k in range(144)],
            "placed": [int(k % 3 > 0) for k in range(144)],
        }
    )


def test_levels_that_are_probably_one_are_named_with_the_line_to_type():
    table = read_table(students())
    assert table.chunked_columns["branch"].count_levels() == 4
    (said,) = (warning for warning in table.warnings if "--same" in warning)
    assert "'Civil Engg' (16) probably 'Civil'" in said
    assert "--same 'branch:Civil=Civil Engg'" in said


def test_the_model_remembers_levels_that_were_made_one(tmp_path):
    table = read_table(students(), same=("branch:Civil=Civil Engg",))
    assert table.chunked_columns["branch"].count_levels() == 3
    assert not any("--same" in warning for warning in table.warnings)
    fitted = fit(table)
    assert fitted.encoder.levels_of("branch") == ("Civil", "Mech", "cse")
    frame = pd.DataFrame({"branch": ["Civil", " civil engg.", "Mech"], "cgpa": [7.0, 7.0, 7.0]})
    civil, same, mech = fitted.predict_proba(frame)
    assert civil == same != mech
    loaded = load_fitted(fitted.save(tmp_path / "model"))
    assert loaded.predict_proba(frame).tolist() == [civil, same, mech]
    assert loaded.schema == fitted.schema
    again = read_like(students(), loaded.schema, {}, IN_MEMORY)
    assert again.digest == table.digest
    counted = loaded.figures.profile.columns[0].count(frame["branch"].to_numpy(dtype=object))
    assert counted.counts.tolist() == [2, 1, 0]


def test_a_level_that_no_row_has_is_warned_of_with_the_nearest():
    warnings = read_table(students(), same=("branch:Civil=Civil Enng",)).warnings
    assert any(
        "no row says 'civil enng' (did you mean 'Civil Engg'?) (--same)" in w for w in warnings
    )


def test_numbers_have_no_levels_that_could_be_one():
    with pytest.raises(DataError, match=r"--same cgpa:…: the column holds numbers"):
        read_table(students(), same=("cgpa:5=6",))

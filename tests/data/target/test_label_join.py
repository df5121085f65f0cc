import pandas as pd
import pytest

from placement.data.table.read_table import read_table
from placement.data.target.label_keys import normalize_key
from placement.errors import DataError

STUDENTS = "roll,cgpa,branch\n21,7.5,CSE\n22,6.1,ECE\n23,8.2,CSE\n24,5.9,ME\n"


@pytest.fixture
def files(tmp_path):
    def write(offers, students=STUDENTS):
        (tmp_path / "students.csv").write_text(students)
        (tmp_path / "offers.csv").write_text(offers)
        return str(tmp_path / "students.csv"), str(tmp_path / "offers.csv")

    return write


def test_keys_compare_as_text_and_whole_numbers_alike():
    assert normalize_key("21.0") == normalize_key(" 21") == "21"
    assert normalize_key("007") != normalize_key("7")
    assert normalize_key("21CS01") == normalize_key("21cs01 ")


def test_outcomes_are_joined_by_the_identifier_unique_in_both(files):
    students, offers = files(
        "Roll,status\n23.0,Placed\n21.0,Placed\n24.0,Not Placed\n22.0,Not Placed\n"
    )
    table = read_table(students, labels=offers)
    assert table.label.tolist() == [1, 0, 1, 0]
    assert table.schema.target.name == "status"
    assert "4 outcomes joined from offers.csv on roll" in table.notes


def test_a_missing_match_has_no_default(files):
    students, offers = files("roll,status\n21,Placed\n22,Not Placed\n")
    with pytest.raises(
        DataError, match=r"2 rows .*row 3 .*--absent not-placed or --absent unknown"
    ):
        read_table(students, labels=offers)


def test_absent_unknown_leaves_rows_out_and_counts_them(files):
    students, offers = files("roll,status\n21,Placed\n22,Not Placed\n")
    table = read_table(students, labels=offers, absent="unknown")
    assert table.rows.tolist() == [1, 2]
    assert table.left_out == (("status is blank: not yet known", 2),)


def test_absent_not_placed_makes_rows_negative(files):
    students, offers = files("roll,status\n21,Placed\n23,Placed\n")
    table = read_table(students, labels=offers, absent="not-placed")
    assert table.label.tolist() == [1, 0, 1, 0]
    assert table.schema.target.negative == "Not Placed"


def test_a_bare_list_of_the_placed_will_do_with_absent_not_placed(files):
    students, offers = files("roll,package\n21,4.5\n23,6\n")
    table = read_table(students, labels=offers, absent="not-placed")
    assert table.label.tolist() == [1, 0, 1, 0]
    assert any("everyone it lists counts as Placed" in note for note in table.notes)
    with pytest.raises(DataError, match="no column is named as an outcome"):
        read_table(students, labels=offers, absent="unknown")


def test_several_common_identifiers_ask_for_on(files):
    students = "roll,mail,cgpa\n1,a@x,7\n2,b@x,6\n"
    paths = files("roll,mail,status\n1,a@x,Yes\n2,b@x,No\n", students)
    with pytest.raises(DataError, match="--on roll or --on mail"):
        read_table(paths[0], labels=paths[1])
    assert read_table(paths[0], labels=paths[1], on="Roll").label.tolist() == [1, 0]


def test_no_common_identifier_asks_for_on(files):
    students, offers = files("usn,status\n21,Placed\n22,Not Placed\n")
    with pytest.raises(DataError, match="--on COL"):
        read_table(students, labels=offers)


def test_keys_without_a_student_and_repeated_keys_are_warned_of_by_row(files):
    students, offers = files(
        "roll,status\n21,Placed\n22,Not Placed\n23,Placed\n24,Not Placed\n21,placed\n99,Placed\n"
    )
    table = read_table(students, labels=offers, on="roll")
    assert any("row 6 (line 7): no such roll" in said for said in table.warnings)
    assert any(
        "row 5 (line 6): roll is there more than once (1 row)" in said for said in table.warnings
    )


def test_a_key_with_two_outcomes_is_refused_by_row(files):
    students, offers = files("roll,status\n21,Placed\n22,Not Placed\n21,Not Placed\n")
    with pytest.raises(DataError, match=r"row 1 \(line 2\), row 3 \(line 4\): the same roll"):
        read_table(students, labels=offers, on="roll", absent="unknown")


def test_files_without_a_common_student_are_refused(files):
    students, offers = files("roll,status\n81,Placed\n82,Not Placed\n")
    with pytest.raises(DataError, match="no roll is one of roll"):
        read_table(students, labels=offers, absent="unknown")


def test_the_hint_names_the_identifier_of_a_file_without_target(files):
    students, _ = files("")
    with pytest.raises(DataError, match="--labels FILE --on roll"):
        read_table(students)


OFFERS = "Reg No,company\n21,TCS\n23,Infosys\n21,Wipro\n"


def test_the_identifier_may_have_two_names(files):
    students, offers = files("Reg No,status\n21,Placed\n22,No\n23,Placed\n24,No\n")
    table = read_table(students, labels=offers, on="roll=reg  no")
    assert table.label.tolist() == [1, 0, 1, 0]
    with pytest.raises(DataError, match=r'by their cells --on "roll=Reg No"'):
        read_table(students, labels=offers)
    with pytest.raises(DataError, match=r"offers.csv: there is no column 'Reg' \(--on\)"):
        read_table(students, labels=offers, on="roll=Reg")


def test_a_name_of_the_identifier_may_have_the_sign_in_it(files):
    students, offers = files("a=b,status\n21,Yes\n22,No\n23,No\n24,No\n")
    assert read_table(students, labels=offers, on="roll=a=b").label.tolist() == [1, 0, 0, 0]


def test_whoever_a_list_of_offers_names_is_placed_once(files):
    students, offers = files(OFFERS)
    table = read_table(students, labels=offers, on="roll=Reg No", labels_mean="placed")
    assert table.label.tolist() == [1, 0, 1, 0]
    assert "1 of them have several rows (offers); each counts once" in table.notes
    assert not [said for said in table.warnings if "more than once" in said]


def test_a_list_of_offers_may_have_a_student_several_times_and_the_same_name(files):
    students, offers = files(OFFERS.replace("Reg No", "Roll"))
    table = read_table(students, labels=offers, labels_mean="placed")
    assert table.label.tolist() == [1, 0, 1, 0]


def test_who_is_not_listed_may_still_be_unknown(files):
    students, offers = files(OFFERS)
    with pytest.raises(DataError, match="both outcomes are needed"):
        read_table(
            students, labels=offers, on="roll=Reg No", labels_mean="placed", absent="unknown"
        )


def test_words_against_it_in_a_list_of_the_placed_are_warned_of(files):
    students, offers = files("roll,state\n21,Placed\n22,Rejected\n23,Placed\n")
    table = read_table(students, labels=offers, labels_mean="placed")
    assert table.label.tolist() == [1, 1, 1, 0]
    assert any("state says 'Rejected' in 1 rows" in said for said in table.warnings)


def test_a_list_is_the_outcome_that_the_data_has_blank(files):
    sheet = "roll,cgpa,status\n21,7.5,\n22,6.1,\n23,8.2,\n24,5.9,\n"
    students, offers = files(OFFERS, sheet)
    table = read_table(students, labels=offers, on="roll=Reg No", labels_mean="placed")
    assert (table.schema.target.name, table.label.tolist()) == ("status", [1, 0, 1, 0])


def test_a_list_does_not_tell_what_a_rule_asks(files):
    students, offers = files(OFFERS)
    with pytest.raises(DataError, match="does not tell which of them are >=4"):
        read_table(
            *(students,), labels=offers, on="roll=Reg No", labels_mean="placed", positive=">=4"
        )


def test_the_list_of_a_workbook_is_the_sheet_with_the_identifier(files, tmp_path):
    students, _ = files("")
    with pd.ExcelWriter(tmp_path / "offers.xlsx") as book:
        pd.DataFrame({"x": [1, 2]}).to_excel(book, sheet_name="Cover", index=False)
        pd.DataFrame({"Reg": [21, 23, 21]}).to_excel(book, sheet_name="Offers", index=False)
    offers = str(tmp_path / "offers.xlsx")
    table = read_table(students, labels=offers, on="roll=Reg", labels_mean="placed")
    assert table.label.tolist() == [1, 0, 1, 0]

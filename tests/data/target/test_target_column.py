import pytest

from placement.data.target.label_words import normalize_word
from placement.data.target.target_column import (
    choose_target,
    evidence_of_target,
    refuse_without_target,
)
from placement.errors import DataError
from tests.data.small_columns import raw

PLACED = ("Placed", "Not Placed")
YES = ("Yes", "No")


def columns(**cells):
    return {name.replace("_", " "): raw(name, values) for name, values in cells.items()}


def table(**cells):
    return {name: raw(name, values) for name, values in cells.items()}


def chosen(**cells):
    return choose_target(table(**cells), target=None, file="may.csv")


def test_the_whole_name_makes_a_target_and_a_part_does_not():
    found = columns(placement_exam_marks=[1, 0], PlacementTraining=[1, 0], Marital_status=[1, 0])
    assert choose_target(found, target=None, file="may.csv") is None
    assert choose_target(columns(Placed_Or_Not=[1, 0]), target=None, file="f") == "Placed Or Not"


def test_status_counts_only_where_no_better_name_is_there():
    assert choose_target(columns(status=[1, 0], hired=[1, 0]), target=None, file="f") == "hired"
    assert choose_target(columns(status=["a", "b"]), target=None, file="f") == "status"


def test_continuous_candidates_do_not_count():
    found = columns(placement=[1.5, 2.5, 3.1], status=[1, 0, 1])
    assert choose_target(found, target=None, file="f") == "status"


def test_two_candidates_are_listed():
    with pytest.raises(DataError, match="--target placed or --target hired"):
        choose_target(columns(placed=[1, 0], hired=[1, 0]), target=None, file="f")


def test_a_named_target_is_matched_forgivingly_or_suggested():
    found = columns(Placed=[1, 0])
    assert choose_target(found, target=" placed", file="f") == "Placed"
    with pytest.raises(DataError, match="did you mean 'Placed'"):
        choose_target(found, target="placd", file="f")


def test_without_a_target_two_valued_columns_and_labels_are_suggested():
    found = columns(result=["a", "b", "a"], roll=[1, 2, 3])
    with pytest.raises(DataError, match=r"two-valued: result.*--labels FILE --on roll"):
        refuse_without_target(found, file="f", identifiers=["roll"])


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("Placed (Y/N)", ("Y", "N")),
        ("Placed/Unplaced", ("Placed", "Unplaced")),
        ("Final Status", PLACED),
        ("Whether placed", YES),
        ("Status of placement", PLACED),
        ("Are you placed?", YES),
        ("Are you placed as of today?", ("yes", "no")),
        ("Campus Placement", ("1", "0")),
        ("Job Offer", YES),
        ("Result", PLACED),
        ("Result", ("Selected", "Rejected")),
        ("Offer status", ("Offered", "Not offered")),
        ("Employed", YES),
        ("Employment", ("Employed", "Unemployed")),
        ("Recruitment status", ("Recruited", "Not Recruited")),
        ("Placed in campus", ("TRUE", "FALSE")),
        ("Placement Result", YES),
        ("PLACED_YN", ("Y", "N")),
        ("Got a job?", YES),
        ("Remarks", ("placed", "yet to be placed")),
        ("column 7", ("PLACED", "NOT-PLACED")),
        ("Current status of the candidate", ("Not yet placed", "Placed", "Higher Studies")),
        ("Hired by the end", ("hired", "not hired")),
        ("Situación", ("Contratado", "No contratado")),
        ("¿Colocado?", ("Sí", "No")),
        ("Contratado", ("Sim", "Não")),
        ("Situação", ("Empregado", "Desempregado")),
        ("Sudah bekerja", ("Ya", "Tidak")),
        ("Hasil", ("Diterima", "Tidak diterima")),
        ("चयन", ("हाँ", "नहीं")),
        ("स्थिति", ("चयनित", "अचयनित")),
        ("是否就业", ("是", "否")),
    ],
)
def test_the_outcome_is_seen_by_its_cells_below_any_heading(name, cells):
    others = {
        "cgpa": ["7.5", "6"] * 4,
        "gender": ["Male", "Female"] * 4,
        "hostel": ["Yes", "No"] * 4,
    }
    found = table(**others, **{name: (list(cells) * 4)[:8]})
    assert choose_target(found, target=None, file="f") == name
    said = evidence_of_target(found, name)
    assert name in said
    assert repr(cells[0]) in said


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("placement_exam_marks", ("1", "0")),
        ("PlacementTraining", YES),
        ("Placement Training", ("1", "0")),
        ("Attended placement workshop", YES),
        ("Interested in placement?", YES),
        ("Registered for campus placements", ("Y", "N")),
        ("Willing for placement", YES),
        ("Eligible for Placement", YES),
        ("Placement Cell Member", YES),
        ("Placement Fee Paid", YES),
        ("No. of offers", ("0", "1")),
        ("Marital status", ("Single", "Married")),
        ("Result", ("Pass", "Fail")),
        ("Result", YES),
        ("Final Status", ("Pass", "Fail")),
        ("Final Status", ("Active", "Inactive")),
        ("Hostel", YES),
        ("Part time employed", YES),
        ("Self employed", YES),
        ("Hackathon", ("Selected", "Not Selected")),
        ("Internship selection", ("Selected", "Rejected")),
        ("Father employed", ("Employed", "Unemployed")),
        ("Brother placed", PLACED),
        ("Expected status", PLACED),
        ("placement_label", PLACED),
        ("Predicted status", PLACED),
        ("Placed in", ("TCS", "Infosys")),
        ("Placement city", ("Pune", "Chennai")),
        ("Final Status", ("Placed", "")),
        ("Branch", ("CSE", "ECE")),
    ],
)
def test_a_heading_that_only_contains_such_a_word_is_no_outcome(name, cells):
    assert chosen(cgpa=["7.5", "6.1"] * 4, **{name: list(cells) * 4}) is None


def test_cells_that_say_who_was_placed_make_even_a_training_the_outcome():
    assert chosen(PlacementTraining=list(PLACED) * 3) == "PlacementTraining"


def test_a_whole_name_goes_before_a_heading_and_that_before_cells_alone():
    cells = {"Final Status": PLACED, "Job Offer": YES, "placed": ("1", "0")}
    assert chosen(**cells) == "placed"
    del cells["placed"]
    assert chosen(**cells) == "Job Offer"
    del cells["Job Offer"]
    assert chosen(**cells) == "Final Status"


@pytest.mark.parametrize(
    "names", [("Job Offer", "Campus Placement"), ("Final Status", "Status at the end")]
)
def test_two_of_one_kind_of_evidence_are_listed(names):
    cells = YES if names[0] == "Job Offer" else PLACED
    with pytest.raises(DataError, match=f'--target "{names[0]}" or --target "{names[1]}"'):
        chosen(**dict.fromkeys(names, cells))


def test_of_many_candidates_the_rest_are_counted():
    with pytest.raises(DataError, match=r"9 columns may be the outcome.* and 3 more$"):
        chosen(**{f"Round {k}": PLACED for k in range(9)})


def test_a_few_stray_words_do_not_hide_the_outcome():
    cells = ["Placed", "Not Placed"] * 20 + ["absent"]
    assert chosen(Final_Status=cells) == "Final_Status"
    assert chosen(Final_Status=["Placed", "Not Placed", "absent", "left"]) is None


def test_the_evidence_is_not_said_where_the_name_is_enough():
    assert evidence_of_target(table(placed=("1", "0")), "placed") is None


def test_a_protected_trait_is_no_suggestion():
    found = table(GENERO=("M", "F"), Gender=("Male", "Female"), PROMEDIO=("4.5", "4.7", "3.9"))
    with pytest.raises(DataError) as caught:
        refuse_without_target(found, file="desercion.csv", identifiers=())
    assert "GENERO" not in str(caught.value)
    assert "two-valued" not in str(caught.value)
    assert "say which with --target COL" in str(caught.value)


def test_suggestions_beyond_six_are_counted():
    found = table(**{f"q{k}": ("a", "b") for k in range(13)})
    with pytest.raises(DataError, match=r"two-valued: q0, q1, q2, q3, q4, q5 and 7 more\)"):
        refuse_without_target(found, file="f", identifiers=())


def test_words_that_differ_in_a_vowel_sign_alone_are_two_values():
    assert len({normalize_word("पास"), normalize_word("पीस"), normalize_word("पस")}) == 3


@pytest.mark.parametrize(
    ("name", "cells", "line"),
    [
        ("Company", ["TCS", "", "Zoho"] * 3, "--target Company --negative blank"),
        (
            "Went to",
            ["TCS", "Not Placed", "Zoho"] * 3,
            '--target "Went to" --negative "Not Placed"',
        ),
    ],
)
def test_a_column_that_names_where_the_placed_went_is_offered_as_the_outcome(name, cells, line):
    found = {
        column: raw(column, values) for column, values in {name: cells, "x": cells[::-1]}.items()
    }
    with pytest.raises(DataError, match=line):
        refuse_without_target(found, file="f", identifiers=())


def test_a_sheet_of_one_column_is_refused_as_such():
    with pytest.raises(
        DataError, match=r"has one column only, 'Roll No CGPA Status'.*save it anew"
    ):
        refuse_without_target(
            {"Roll No CGPA Status": raw("x", ["1 2 3"])}, file="f", identifiers=()
        )

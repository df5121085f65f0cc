import numpy as np
import pytest

from placement.data.schema import Target
from placement.data.target.labels import LabelRequest, read_labels
from placement.data.target.target_column import unlabelled
from placement.errors import DataError
from tests.data.small_columns import locations, raw


class Result:
    """Labels with the value of every row."""

    def __init__(self, labels):
        self.target, self.left_out = labels.target, labels.left_out
        self.notes, self.warnings = labels.notes, labels.warnings
        outcome = labels.outcome
        codes = np.concatenate([outcome.codes(k) for k in range(outcome.pieces)])
        self.values = np.where(codes < 0, np.nan, outcome.positive[codes])
        used = np.concatenate([outcome.used_labels(k) for k in range(outcome.pieces)])
        assert used.tolist() == self.values[codes >= 0].tolist()
        assert outcome.counts == (len(used), used.sum())  # which reading counted


def read(cells, **wanted):
    column, rows = raw("status", cells), locations(len(cells))
    return Result(read_labels(column, rows, LabelRequest(**wanted), file="may.csv"))


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("1", "0"),
        ("1.0", "0.0"),
        ("Yes", "No"),
        ("yes", "no"),
        ("TRUE", "FALSE"),
        ("Y", "N"),
        ("Placed", "Not Placed"),
        ("Placed", "NotPlaced"),
        ("Placed", "unplaced"),
        ("Selected", "Rejected"),
        ("Admitted", "Not-Admitted"),
        ("PASS", "FAIL"),
    ],
)
def test_known_words_are_mapped_and_kept(yes, no):
    labels = read([yes, no, yes])
    assert labels.values.tolist() == [1, 0, 1]
    assert (labels.target.positive, labels.target.negative) == (yes, no)


def test_the_most_frequent_spelling_names_the_outcome():
    assert read(["Placed", "placed", "placed", "Not Placed"]).target.positive == "placed"


def test_blank_means_not_yet_known_and_is_counted():
    labels = read(["Yes", "", "No", " "])
    assert np.isnan(labels.values).tolist() == [False, True, False, True]
    assert labels.left_out == (("status is blank: not yet known", 2),)


def test_three_classes_are_refused_with_the_line_to_type():
    with pytest.raises(DataError, match=r"--positive Graduate .--negative Dropout") as caught:
        read(["Graduate"] * 3 + ["Dropout"] * 2 + ["Enrolled"])
    assert "Enrolled (1)" in str(caught.value)


def test_people_who_were_not_in_the_race_are_named_with_the_line_to_type():
    with pytest.raises(
        DataError, match='--ignore-label "Higher Studies" --ignore-label "Opted out"'
    ):
        read(["Placed", "Not Placed", "Higher Studies", "Opted out"])


def test_the_placed_beside_people_not_in_the_race_get_the_same_line():
    with pytest.raises(DataError, match='not in the race: --ignore-label "Higher Studies"'):
        read(["Placed", "Placed", "Higher Studies"])


def test_ignored_labels_are_left_out_and_counted():
    labels = read(["Placed", "Not Placed", "Higher Studies"], ignore=("higher studies",))
    assert np.isnan(labels.values[2])
    assert labels.left_out == (("status is 'Higher Studies' (--ignore-label)", 1),)


def test_an_ignored_label_that_no_row_has_is_a_warning_with_the_nearest():
    labels = read(["Placed", "Not Placed"], ignore=("Plased",))
    assert "did you mean 'Placed'" in labels.warnings[0]


def test_stray_values_beside_two_proper_ones_are_named_by_row():
    with pytest.raises(DataError, match=r"row 4 \(line 5\): column status has 'abc'"):
        read(["1", "0", "1", "abc"])
    with pytest.raises(DataError, match=r"row 4 \(line 5\): column status has '2'"):
        read(["1", "0", "1", "2"])


def test_two_unknown_words_need_positive():
    with pytest.raises(DataError, match="--positive blue or --positive red"):
        read(["blue", "blue", "red"])
    assert read(["blue", "red"], positive="RED").values.tolist() == [0, 1]


def test_a_two_valued_number_other_than_0_and_1_needs_positive():
    with pytest.raises(DataError, match=r"not 1 and 0.*--positive 1 or --positive 2"):
        read(["1", "2", "1"])
    assert read(["1", "2.0"], positive="2").values.tolist() == [0, 1]


def test_probabilities_and_marks_are_no_outcomes():
    with pytest.raises(DataError, match=r'probabilities.*--positive ">='):
        read(["0.1", "0.5", "0.9"])
    with pytest.raises(DataError, match=r'outside \[0, 1\].*--positive ">='):
        read([str(k) for k in range(10)])


def test_a_rule_makes_two_outcomes_of_numbers():
    labels = read(["2.9", "3", "", "3.5"], positive=">=3")
    assert labels.values[[0, 1, 3]].tolist() == [0, 1, 1]
    assert labels.target == Target("status", ">=3", "<3", ">=3")
    with pytest.raises(DataError, match=r"row 2 .*'abc'"):
        read(["2.9", "abc"], positive=">=3")


def test_positive_alone_makes_the_rest_negative_and_says_so():
    labels = read(["Graduate", "Dropout", "Enrolled"], positive="graduate")
    assert labels.values.tolist() == [1, 0, 0]
    assert "everything else ('Dropout', 'Enrolled') as negative" in labels.notes[0]


def test_with_negative_rows_that_are_neither_are_left_out():
    labels = read(["Graduate", "Dropout", "Enrolled"], positive="Graduate", negative="Dropout")
    assert np.isnan(labels.values[2])
    assert labels.left_out == (("status is neither 'Graduate' nor 'Dropout'", 1),)


def test_an_unknown_positive_suggests_the_nearest():
    with pytest.raises(DataError, match="did you mean 'Graduate'"):
        read(["Graduate", "Dropout"], positive="Gradate")


def test_one_outcome_or_none_is_refused():
    with pytest.raises(DataError, match="both outcomes are needed"):
        read(["Placed", "Placed"])
    with pytest.raises(DataError, match="no row has an outcome"):
        read(["", ""])


MODEL = {"positive": "Placed", "negative": "Not Placed", "of_model": True}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["Placed", "not placed", ""], [1, 0, np.nan]),
        (["Placed", "PLACED"], [1, 1]),
        (["Not Placed", "Not Placed"], [0, 0]),
        (["Placed", "Not Placed", "Waiting"], [1, 0, np.nan]),
        (["Placed", "Waiting", "Rejected"], [1, 0, 0]),  # what a model of one word against all has
        (["Waiting", ""], [0, np.nan]),
    ],
)
def test_a_file_need_not_have_both_words_of_a_model(cells, expected):
    labels = read(cells, **MODEL)
    assert labels.target == Target("status", "Placed", "Not Placed", None)
    np.testing.assert_array_equal(labels.values, expected)
    assert bool(labels.notes) == ("Waiting" in cells and "Not Placed" not in cells)


def test_words_that_a_model_does_not_know_are_refused():
    with pytest.raises(DataError, match="says 'Graduate' or 'Dropout', as the model knows them"):
        read(["Enrolled"], positive="Graduate", negative="Dropout", of_model=True)


def test_two_spellings_of_one_meaning_are_read_with_a_warning():
    labels = read(["Yes", "Yes", "Y", "No"])
    assert labels.values.tolist() == [1, 1, 1, 0]
    assert "were read as one outcome" in labels.warnings[0]


def test_unlabelled_rows_are_those_with_a_blank_status():
    target = Target("status", "Placed", "Not Placed")
    cells = np.array(["Placed", "", "NA"], dtype=object)
    assert unlabelled(target, {"Status ": cells}).tolist() == [False, True, False]
    numeric = Target("status", "1", "0")
    assert unlabelled(numeric, {"status": np.array([1.0, np.nan])}).tolist() == [False, True]
    with pytest.raises(DataError, match="status"):
        unlabelled(target, {"cgpa": cells})


@pytest.mark.parametrize(
    ("heading", "lines"),
    [
        ("Not Placed?", "--positive No or --positive Yes"),
        ("Unplaced", "--positive No or --positive Yes"),
        ("Yet to be placed", "--positive No or --positive Yes"),
        ("Placement Pending", "--positive No or --positive Yes"),
        ("Placed or Not", ""),
        ("Placed/Not Placed", ""),
        ("Placed (Not Placed: No)", ""),
    ],
)
def test_yes_below_a_heading_that_says_the_opposite_is_not_taken_for_placed(heading, lines):
    column = raw(heading, ["Yes", "No", "No"])
    if lines:
        with pytest.raises(DataError, match=lines):
            read_labels(column, locations(3), LabelRequest(), file="may.csv")
    labels = read_labels(column, locations(3), LabelRequest(positive="No"), file="may.csv")
    assert Result(labels).values.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (["Placed - TCS", "Not Placed", "Placed - Zoho"], '--negative "Not Placed" .all others'),
        (["Nil", "Dream", "Super Dream"], "--negative Nil .all others count as placed"),
        (["No", "TCS", "Zoho", "Higher Studies"], '--negative No --ignore-label "Higher Studies"'),
        (
            ["Placed", "Entrepreneur", "Farming"],
            "--positive Placed .all others count as not",
        ),
        (["Placed at TCS", "Placed at Zoho", ""], "where blank means not placed, --negative blank"),
        (["✓", ""], "or, where blank means not placed, --negative blank"),
        (["0", "1", "2", "0", "1", "3"], "--positive '>=1' where it counts offers"),
    ],
)
def test_the_line_to_type_never_sets_one_of_the_placed_against_another(cells, line):
    with pytest.raises(DataError, match=line):
        read(cells)


def test_negative_alone_makes_the_rest_positive_and_says_so():
    labels = read(["Placed - TCS", "Not Placed", "Placed - Zoho", ""], negative="not placed")
    assert labels.values[:3].tolist() == [1, 0, 1]
    assert np.isnan(labels.values[3])
    assert labels.target == Target("status", "Placed", "Not Placed", "!=Not Placed")
    assert "'Placed - TCS', 'Placed - Zoho' count as positive" in labels.notes[0]
    again = read(["Placed - Wipro", "Not Placed"], positive=labels.target.rule, of_model=True)
    assert again.values.tolist() == [1, 0]


def test_negative_alone_counts_nobody_as_placed_who_was_not_in_the_race():
    with pytest.raises(DataError, match='not in the race: --ignore-label "Higher Studies"'):
        read(["TCS", "Zoho", "No", "Higher Studies"], negative="No")


def test_blank_may_mean_not_placed():
    labels = read(["Placed", "", "Placed"], negative="blank")
    assert labels.values.tolist() == [1, 0, 1]
    assert labels.target == Target("status", "Placed", "Not Placed", '!=""')
    assert "a blank cell as negative" in labels.notes[0]
    again = read(["", "Placed"], positive=labels.target.rule, of_model=True)
    assert again.values.tolist() == [0, 1]
    companies = read(["TCS", "", "Zoho"], negative="blank")
    assert (companies.values.tolist(), companies.target.positive) == ([1, 0, 1], "Placed")
    with pytest.raises(DataError, match="both outcomes"):
        read(["blank", "blank", ""], negative="blank")

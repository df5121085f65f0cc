"""Numbers as offices write them: the scorer decides by a whole column how its cells are read."""

import numpy as np
import pytest

from placement.model.scorer import (
    PLAIN,
    CategoryColumn,
    LearntRange,
    NumberColumn,
    NumberFormat,
    Scorer,
    WrittenNumbers,
    are_codes,
    column_from_document,
    parse_numbers,
)

COUNTS = NumberFormat(counts=True)
GERMAN = NumberFormat(grouping=".")
INCOME = NumberColumn("income", 40_000.0, 9_000.0, 5_000.0, 90_000.0, None, None)


def read(*cells, prior=PLAIN, learnt=None):
    """What the cells of a column mean; None where one is no number."""
    form = WrittenNumbers.of(list(cells)).number_format(prior, learnt)
    values, bad = parse_numbers(list(cells), form)
    return [None if is_bad else value for value, is_bad in zip(values.tolist(), bad, strict=True)]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["₹ 4,50,000", "₹96,796", "Rs. 1,23,600/-", "INR 500"], [450_000, 96_796, 123_600, 500]),
        (["$1,250.50", "US$ 300"], [1250.5, 300]),
        (["€ 12,50", "12,75 €"], [12.5, 12.75]),
        (["R$ 5.000,50", "R$ 1.250,00"], [5000.5, 1250]),
        (["12 LPA", "4.5 lakhs", "6"], [12, 4.5, 6]),
        (["78%", "78.5 %", "%60", "78 percent"], [78, 78.5, 60, 78]),
        (["7.8 CGPA", "7.1", "CGPA 6.5"], [7.8, 7.1, 6.5]),
        (["313.488,74", "96.796,74"], [313_488.74, 96_796.74]),
        (["313\u202f488,74", "96\u00a0796,74", "1\u2009234"], [313_488.74, 96_796.74, 1234]),
        (["1'234", "1’234.5"], [1234, 1234.5]),
        (["٧٫٥٢", "٤٠", "١٬٢٣٤٫٥"], [7.52, 40, 1234.5]),
        (["۷٫۵", "۱۲"], [7.5, 12]),
        (["७.२१", "४०"], [7.21, 40]),
        (["１２．５", "７"], [12.5, 7]),
        (["−5", "'7.5"], [-5, 7.5]),
        (["7.4/10", "7.4", "8 out of 10"], [7.4, 7.4, 8]),
        (["450/500", "380/400", "410/500"], [450, 475, 410]),
    ],
)
def test_a_cell_with_its_unit_or_marks_is_its_number(cells, numbers):
    assert read(*cells) == pytest.approx(numbers)


@pytest.mark.parametrize(
    "cell",
    ["1E2", "+919876543210", "17/5", "5/12", "10-20%", "12th", "22X01", "7..5", "98765 43210",
     "<5", "8+", "(500)", "1_000", "Nil", "None", "5 stars", "Block 4"],
)  # fmt: skip
def test_codes_ranges_ratios_and_words_are_no_numbers(cell):
    assert read("7.5", cell) == [7.5, None]


@pytest.mark.parametrize("word", ["Nil", "NIL", "None", "no", "Zero", "No backlogs", "nil.", "शून्य"])
def test_nothing_is_0_in_a_column_that_counts(word):
    assert read("2", word, prior=COUNTS) == [2, 0]


def test_a_number_of_things_may_be_vague():
    assert read("3+", "Yes, 1", "two", prior=COUNTS) == [3, 1, 2]


def test_no_beside_yes_counts_nothing():
    assert read("Yes", "No", "Yes", prior=COUNTS) == [None, None, None]


def test_a_dash_is_0_only_in_a_column_that_counts_and_writes_no_0():
    assert read("-", "2", prior=COUNTS) == [0, 2]
    for cells in (["-", "2", "0"], ["-", "2", "Nil"]):
        assert np.isnan(read(*cells, prior=COUNTS)[0])
    assert np.isnan(read("-", "2")[0])


@pytest.mark.parametrize(
    ("cells", "prior", "number"),
    [
        (["12.500", "950"], PLAIN, 12.5),
        (["12.500", "950"], GERMAN, 12_500),  # decimal commas elsewhere in the file
        (["12.500", "950", "0,5"], PLAIN, 12_500),  # a decimal comma elsewhere in the column
        (["12.500", "1.234.567"], PLAIN, 12_500),
        (["12.500", "7.5"], GERMAN, 12.5),
        (["12,500", "950"], PLAIN, 12_500),
        (["12,500", "8,5"], PLAIN, 12.5),
        (["12,500", "950"], GERMAN, 12.5),
        (["12,500", "4,50,000"], GERMAN, 12_500),
    ],
)
def test_all_cells_decide_what_a_lone_mark_means(cells, prior, number):
    assert read(*cells, prior=prior)[0] == number


@pytest.mark.parametrize(
    ("cell", "learnt", "number"),
    [
        ("12.500", LearntRange(5_000, 90_000), 12_500),
        ("12.500", LearntRange(0, 90_000), 12.5),
        ("12.500", LearntRange(0, 90_000, whole=True), 12_500),
        ("7,125", LearntRange(4, 10), 7.125),
        ("7,125", LearntRange(4, 10_000), 7_125),
    ],
)
def test_what_a_model_knows_decides_where_the_usual_reading_is_not_like_it(cell, learnt, number):
    assert read(cell, learnt=learnt) == [number]


def test_lakhs_beside_numbers_written_out_are_so_many_times_100000():
    assert read("3.25532 lakhs", "450000", "325.532k") == [325_532, 450_000, 325_532]
    assert read("4.5 LPA", "450000", "₹ 6,50,000", "$ 7") == [450_000, 450_000, 650_000, None]
    assert read("4.5 LPA", learnt=LearntRange(0, 900_000)) == [450_000]
    assert read("4.5 LPA", "0.5 Cr", prior=NumberFormat(unit="lakh")) == [4.5, 50]


def test_lakhs_beside_small_numbers_are_their_unit():
    assert read("4.5 LPA", "12") == [4.5, 12]
    assert read("4.5 LPA", learnt=LearntRange(0, 20)) == [4.5]
    typed = WrittenNumbers.of(np.array([450_000.0])).merge(WrittenNumbers.of(["4.5 LPA"]))
    assert parse_numbers(["4.5 LPA"], typed.number_format())[0] == 450_000
    plain = WrittenNumbers.of(["5"]).number_format(PLAIN, LearntRange(0, 900_000))
    assert parse_numbers(["4.5 LPA", "₹ 4,500"], plain)[0].tolist() == [450_000, 4_500]


def test_a_lone_l_or_k_among_grades_is_no_number():
    grades = [f"{g / 10:g}" for g in range(50, 99)]
    assert read("7.2l", *grades)[0] is None
    assert read("61k", *grades, learnt=LearntRange(5, 10))[0] is None


def test_a_minus_behind_a_number_makes_it_none():
    assert read("14-", "12", "1,23,600/-") == [None, 12, 123_600]


def test_cells_out_of_two_maxima_are_brought_to_that_of_the_heading():
    assert read("335/500", "67.0", prior=NumberFormat(scale=100.0)) == [67, 67]
    assert read("335/500", "67.0%", "71%") == [67, 67, 71]
    assert read("335/500", "355/500", "67%") == [335, 355, 335]
    assert read("335/500", "67", "71", "58") == [None, 67, 71, 58]  # 67 of 100, as it seems


def test_a_percentage_is_a_share_where_a_model_knows_shares():
    column = NumberColumn("marks", 0.7, 0.1, 0.4, 1.0, None, None)
    form = column.format_of(WrittenNumbers.of(["74.44%"]))
    assert parse_numbers(["74.44%"], form)[0] == pytest.approx([0.7444])


def test_marks_out_of_less_than_a_model_knows_are_no_numbers():
    assert read("45/50", learnt=LearntRange(20, 100)) == [None]
    assert read("45/50", learnt=LearntRange(20, 50)) == [45]
    assert read("45/50", prior=NumberFormat(scale=100.0), learnt=LearntRange(20, 100)) == [90]


def test_cells_that_state_another_unit_are_no_numbers():
    assert read("7.8 CGPA", "7.1 CGPA", "78%") == [7.8, 7.1, None]


def test_cells_of_two_files_are_decided_on_together():
    parts = WrittenNumbers.of(["12.500", "950"]), WrittenNumbers.of(["0,5"])
    assert "." in parts[0].merge(parts[1]).number_format().grouping


def test_typed_numbers_are_plain():
    assert WrittenNumbers.of(np.array([0.0, 7.5, np.nan])).number_format(COUNTS) == COUNTS


def test_how_cells_are_read_is_said_with_an_example_and_the_count():
    written = WrittenNumbers.of(["Nil", "-", "2", "₹ 5", "Nil"])
    assert written.notes(written.number_format(COUNTS)) == (
        "'₹ 5' is read as 5 (1 cell)",
        "'Nil' is read as 0 (2 cells)",
    )
    assert WrittenNumbers.of(["7.5", "80%"]).notes(PLAIN) == ()


def test_cells_of_the_smaller_scale_are_brought_to_the_other():
    form = NumberFormat(mixed=10.0, scale=100.0)
    values, _ = parse_numbers(np.array([8.4, 10.0, 84.0, np.nan]), form)
    np.testing.assert_allclose(values, [84, 100, 84, np.nan])
    down, _ = parse_numbers(["84", "8.4"], NumberFormat(mixed=100.0, scale=10.0))
    np.testing.assert_allclose(down, [8.4, 8.4])


@pytest.mark.parametrize(
    ("texts", "codes"),
    [
        (["007", "012", "", "101"], True),
        (["07", "12"], False),
        (["007", "12"], False),
        (["101", "102"], False),
        ([], False),
    ],
)
def test_numbers_of_one_width_that_begin_with_0_are_codes(texts, codes):
    assert are_codes(texts) is codes


def test_a_table_to_be_scored_is_read_by_its_cells_and_the_training():
    scorer = Scorer((INCOME,), np.array([1.0]), 0.0)
    plain = scorer.score({"income": [12_500.0]}).logit
    for cell in ("12.500", "12,500", "₹ 12,500"):
        assert scorer.score({"income": [cell]}).logit == plain


def test_decimal_commas_in_one_column_decide_of_a_lone_point_in_another():
    fee = NumberColumn("fee", 40_000.0, 9_000.0, 0.0, 90_000.0, None, None)
    scorer = Scorer((INCOME, fee), np.array([1.0, 1.0]), 0.0)
    plain = scorer.score({"income": [9_750.5], "fee": [12_500.0]}).logit
    assert scorer.score({"income": ["9.750,50"], "fee": ["12.500"]}).logit == plain


def test_levels_that_are_numbers_are_read_as_in_training():
    shares = (0.5, 0.5)
    column = CategoryColumn("arrears", ("0", "1"), False, False, shares, True, written=COUNTS)
    scorer = Scorer((column,), np.array([1.0]), 0.0)
    scores = scorer.score({"arrears": ["Nil", "1"]})
    assert scores.logit.tolist() == [0, 1]
    assert scores.problems == ()


def test_a_column_of_an_earlier_format_is_written_plainly():
    entry = {"kind": "number", "column": "cgpa", "mean": 7.0, "std": 1.0, "low": 4.0,
             "high": 10.0, "grade_scale": 10.0, "missing": None}  # fmt: skip
    column = column_from_document(entry)
    assert isinstance(column, NumberColumn)
    assert column.written == PLAIN
    entry["written"] = {"grouping": ".", "counts": True}
    assert column_from_document(entry).written == NumberFormat(grouping=".", counts=True)

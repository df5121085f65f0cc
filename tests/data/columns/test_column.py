import numpy as np
import pytest

from placement.data.columns.column import (
    infer_kind,
    refuse_infinity,
    warn_unparsable,
)
from placement.data.columns.load_columns import raw_column
from placement.errors import DataError
from tests.data.small_columns import all_used, column, locations


def missing(made):
    return np.concatenate([made.missing(k) for k in range(len(made.array))]).tolist()


def test_missing_words_are_missing_in_a_number_column():
    made = column(["1", "", "NA", "N/A", "nan", "null", "#N/A", "-", "?", "2.5"], "x")
    assert made.kind == "number"
    assert missing(made) == [False] + [True] * 8 + [False]


def test_in_a_category_only_blank_is_missing():
    made = column(["None", "NA", "CBSE", "", " "], "board")
    assert made.kind == "category"
    assert made.cells().tolist() == ["None", "NA", "CBSE", None, None]


def test_ninety_five_in_a_hundred_numbers_make_a_number_column_with_a_warning_by_row():
    made = column([str(k) for k in range(19)] + ["absent"], "marks")
    assert made.kind == "number"
    assert np.isnan(made.cells()[19])
    (said,) = warn_unparsable(made, all_used(20), locations(20))
    assert said.startswith("may.csv, row 20 (line 21), column marks: 'absent'")


def test_fewer_numbers_make_a_category_without_warning():
    made = column([str(k) for k in range(18)] + ["absent", "ill"], "marks")
    assert made.kind == "category"
    assert warn_unparsable(made, all_used(20), locations(20)) == []


def test_zero_and_one_are_numbers_and_yes_and_no_are_words():
    assert column(["0", "1", "1.0"], "hostel").kind == "number"
    assert column(["Yes", "No", "Yes"], "workex").kind == "category"


def test_a_column_of_numbers_asked_for_as_categories_has_levels_without_decimals():
    made = column(["1.0", "2.0", "2", ""], "rank", categorical=True)
    assert made.kind == "category"
    assert made.cells().tolist() == ["1", "2", "2", None]


def test_a_word_among_numbers_asked_for_as_categories_is_a_level_of_its_own():
    cells = [str(k % 3 + 1.0) for k in range(59)] + ["X", "na", ""]
    made = column(cells, "rank", categorical=True)
    assert made.kind == "category"
    assert made.cells().tolist() == [str(k % 3 + 1) for k in range(59)] + ["X", None, None]
    assert warn_unparsable(made, all_used(62), locations(62)) == []
    assert warn_unparsable(column(cells, "rank"), all_used(62), locations(62)) != []


def test_typed_numbers_and_their_text_are_the_same_column():
    typed = infer_kind(raw_column("x", np.array([7.1, 2.0, np.nan, 2.0])))
    text = column(["7.1", "2", "", "2.0"], "x")
    assert np.array_equal(typed.cells(), text.cells(), equal_nan=True)
    assert typed.raw.texts[typed.raw.codes].tolist() == ["7.1", "2", "", "2"]


def test_infinity_is_an_error_by_row_and_column():
    made = column(["7.1", "inf", "8"], "cgpa")
    with pytest.raises(DataError, match=r"may\.csv, row 2 \(line 3\), column cgpa: inf"):
        refuse_infinity(made, all_used(3), locations(3))

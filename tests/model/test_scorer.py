import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save as save_safetensors

from placement.errors import ModelError
from placement.model import scorer
from placement.model.bundle import open_bundle, write_bundle
from placement.model.scorer import (
    FORMAT,
    CategoryColumn,
    NumberColumn,
    NumberFormat,
    Scorer,
    ScorerError,
    column_from_document,
    digest_of,
    fold,
    fold_level,
    match_columns,
    parse_numbers,
    plain,
    read_bundle,
    sigmoid,
    words,
)

CGPA = NumberColumn("cgpa", 7.0, 2.0, 4.0, 10.0, 10.0, missing=0.1)
TENTH = NumberColumn("tenth", 70.0, 10.0, 40.0, 100.0, None, missing=None)
STREAM = CategoryColumn(
    "stream", ("CSE", "ECE"), rare=True, missing=True, shares=(0.5, 0.3, 0.15, 0.05), numeric=False
)
RANK = CategoryColumn("rank", ("1", "2", "3"), False, False, (0.2, 0.5, 0.3), numeric=True)
COLUMNS = (CGPA, TENTH, STREAM, RANK)
WEIGHTS = np.array([0.7, -0.31, 0.43, 1.1, -0.9, 0.2, 0.61, -0.13])
SCORER = Scorer(COLUMNS, WEIGHTS, -0.37)

TABLE = {
    "cgpa": ["7.5", "", "9.1"],
    "tenth": ["81", "66.5", "70"],
    "stream": ["cse ", "ECE", ""],
    "rank": ["1", "2.0", "3"],
}


def same(found, expected):
    np.testing.assert_array_equal(found, np.array(expected, dtype=float))


# --- what a cell means -------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["", "  ", "NA", "n/a", "NaN", "null", "#N/A", "-", "?", None])
def test_missing_words_are_missing_and_not_bad(word):
    values, bad = parse_numbers([word, "7"])
    same(values, [np.nan, 7])
    assert not bad.any()


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("7.5", ".", 7.5),
        (" 7.5 ", ".", 7.5),
        ("85%", ".", 85),
        ("85.5 %", ".", 85.5),
        ("-3e2", ".", -300),
        (".5", ".", 0.5),
        ("2,70,000", ".", 270_000),
        ("270,000", ".", 270_000),
        ("2,70,000.50", ".", 270_000.5),
        ("7,5", ".", 7.5),
        ("7,5", ",", 7.5),
        ("7,125", ".", 7125),
        ("7,125", ",", 7.125),
        ("0,125", ".", 0.125),
        ("-0,125", ".", -0.125),
        ("7.5", ",", 7.5),
        ("inf", ".", math.inf),
    ],
)
def test_numbers_are_read_as_people_write_them(text, decimal, number):
    values, bad = parse_numbers([text], NumberFormat(grouping="." if decimal == "," else ","))
    same(values, [number])
    assert not bad.any()


@pytest.mark.parametrize("text", ["seven", "7.5.1", "1_000", "0x10", "1,2,3", "7 5", "None"])
def test_other_text_is_bad_and_missing(text):
    values, bad = parse_numbers(["1", text, text])
    same(values, [1, np.nan, np.nan])
    assert bad.tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("cells", "numbers", "text"),
    [
        (np.array([1, 2]), [1, 2], ["1", "2"]),
        (np.array([1.5, np.nan]), [1.5, np.nan], ["1.5", None]),
        (np.array([True, False]), [1, 0], ["True", "False"]),
        (np.array(["7", " "]), [7, np.nan], ["7", None]),
        (pd.Series([1, None], dtype="Int64"), [1, np.nan], ["1", None]),
        (pd.Series([7.0, None], dtype="Float64"), [7, np.nan], ["7", None]),
        (pd.Series([True, None], dtype="boolean"), [1, np.nan], ["True", None]),
        (pd.Series(["7 ", None], dtype="string"), [7, np.nan], ["7", None]),
        (pd.Series(["7", None]), [7, np.nan], ["7", None]),
        (pd.Series(["7", None], dtype="category"), [7, np.nan], ["7", None]),
        (pd.Series([7, 8], dtype="category"), [7, 8], ["7", "8"]),
        (pd.Series([None, None]), [np.nan, np.nan], [None, None]),
        (pd.Series([np.nan, np.nan]), [np.nan, np.nan], [None, None]),
        (pd.Series([pd.NaT, None], dtype=object), [np.nan, np.nan], [None, None]),
        ([True, 1], [1, 1], ["True", "1"]),
        ([1, True, 1.0, 2.50], [1, 1, 1, 2.5], ["1", "True", "1", "2.5"]),
    ],
)
def test_columns_of_every_dtype_mean_the_same(cells, numbers, text):
    values, bad = parse_numbers(cells)
    same(values, numbers)
    assert not bad.any()
    assert words(cells).tolist() == text


def test_words_keep_case_and_a_literal_none_or_na():
    assert words(["None", "NA", " Cse ", 7.0, 7.25]).tolist() == ["None", "NA", "Cse", "7", "7.25"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("\u200bCSE\ufeff", "CSE"),
        ("ME\u00adCH", "MECH"),
        ("\u202b7.5\u202c", "7.5"),
        ("go\0od\x1a", "good"),
        ("&nbsp;R&amp;D&#39;s ", "R&D's"),
        ("&amp;nbsp;", ""),
        ('="22CS101"', "22CS101"),
        ("'22CS101", "22CS101"),
        ("'", ""),
        # What looks like it and is none: Tamil and Persian join letters with signs no one sees.
        ("R&D; AT&T", "R&D; AT&T"),
        ("'tis O'Brien", "'tis O'Brien"),
        ("=A1+B1", "=A1+B1"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_what_is_no_part_of_a_cell_is_read_away(cell, text):
    assert plain(cell) == text
    assert words(np.array([cell], dtype=object))[0] == (text or None)


@given(st.text(alphabet=" '=\"&;#3nbspam\u200b\u00a0x"))
def test_a_cell_without_what_is_no_part_of_it_stays_as_it_is(cell):
    assert plain(plain(cell)) == plain(cell)


@pytest.mark.parametrize(
    ("cell", "number"), [("Rs.52,657/-", 52657), ("Rs.7.5", 7.5), ("6·69", 6.69), (".5", 0.5)]
)
def test_a_full_stop_may_end_a_word_or_begin_a_number(cell, number):
    assert parse_numbers(np.array([cell], dtype=object))[0].tolist() == [number]


@pytest.mark.parametrize("cell", ["\u200b7.5", "'7.5", '="7.5"', "&nbsp;7.5", "7\u00ad.5"])
def test_numbers_are_read_without_it_too(cell):
    assert parse_numbers(np.array([cell], dtype=object))[0].tolist() == [7.5]


def test_fold_matches_words_after_trimming_and_case_folding():
    assert fold(" CSE ") == fold("cse")
    assert fold("Straße") == fold("STRASSE")
    assert fold("cs e") != fold("cse")


# --- encoding ----------------------------------------------------------------------------------


def doubts(column, cells):
    return {problem.what: problem.rows.tolist() for problem in column.encode(cells)[1]}


def test_a_number_is_standardised_and_a_gap_is_the_mean_with_an_indicator():
    columns, problems = CGPA.encode(["9", "", "na", "7"])
    same(columns[0], [1, 0, 0, 0])
    same(columns[1], [0, 1, 1, 0])
    assert CGPA.names == ("cgpa", "cgpa=(missing)")
    assert not problems  # training had gaps: nothing to report


def test_a_gap_that_training_never_had_is_the_mean_and_is_reported():
    columns, problems = TENTH.encode(["80", ""])
    assert len(columns) == 1
    same(columns[0], [1, 0])
    assert [(p.column, p.what, p.rows.tolist()) for p in problems] == [("tenth", "missing", [1])]


def test_words_and_infinities_in_a_number_column_are_reported_and_score_as_missing():
    columns, problems = CGPA.encode(["x", "inf", "7"])
    same(columns[0], [0, 0, 0])
    same(columns[1], [1, 1, 0])
    assert [(p.what, p.rows.tolist(), p.example) for p in problems] == [
        ("not a number", [0, 1], "x")
    ]


def test_numbers_far_outside_training_are_reported():
    assert doubts(TENTH, ["9", "11", "40", "129", "131"]) == {"far outside training": [0, 4]}


def test_grades_off_their_scale_are_reported():
    assert doubts(CGPA, ["9.9", "10.1", "-0.1", "83"]) == {"far outside training": [1, 2, 3]}


def test_the_first_level_is_the_reference():
    columns, problems = STREAM.encode(["CSE", "ECE"])
    assert STREAM.names == ("stream=ECE", "stream=(rare)", "stream=(missing)")
    same(columns, [[0, 1], [0, 0], [0, 0]])
    assert not problems


def test_levels_match_after_trimming_and_case_folding():
    same(STREAM.encode([" ece ", "Ece", "eCE"])[0][0], [1, 1, 1])


def test_an_unseen_level_scores_as_rare_where_there_is_one_and_is_reported():
    columns, problems = STREAM.encode(["MECH", "ECE"])
    same(columns, [[0, 1], [1, 0], [0, 0]])
    assert [(p.what, p.rows.tolist(), p.example) for p in problems] == [
        ("unseen level", [0], "MECH")
    ]


def test_an_unseen_level_scores_as_the_average_without_rare_and_is_reported():
    columns, _ = RANK.encode(["4", "2"])
    same(columns, [[0.5, 1], [0.3, 0]])
    assert doubts(RANK, ["4", "2"]) == {"unseen level": [0]}


@pytest.mark.parametrize(
    "spelling", ["cse", " CSE", "cse.", "Cse ", "C.S.E", "c.s.e.", "C. S. E.", "ＣＳＥ", "CSE,"]
)
def test_spellings_of_a_level_are_one_but_for_case_blanks_and_dots(spelling):
    assert fold_level(spelling) == "cse"


@pytest.mark.parametrize(
    ("one", "other"),
    [("1.5", "15"), ("A+", "A"), ("2.0", "20"), ("v1.2", "v12"), ("CSE A", "CSEA"), ("C++", "C")],
)
def test_levels_that_dots_blanks_or_signs_tell_apart_stay_two(one, other):
    assert fold_level(one) != fold_level(other)


def test_further_spellings_of_a_level_are_scored_as_it():
    same = (("civil engg", "Civil"), ("typo", "a rare level"))
    branch = CategoryColumn(
        "b", ("Civil", "cse"), True, False, (0.5, 0.3, 0.2), numeric=False, same=same,
        ignores_dots=True,
    )  # fmt: skip
    (cse, rare), doubts = branch.encode(["Civil Engg.", "C.S.E", "typo", "civil"])
    assert cse.tolist() == [0, 1, 0, 0]
    assert rare.tolist() == [0, 0, 1, 0]
    assert [(doubt.what, doubt.rows.tolist()) for doubt in doubts] == [("unseen level", [2])]


def test_to_earlier_formats_spellings_with_dots_were_levels_apart():
    entry = {"kind": "category", "column": "b", "levels": ["CSE", "cse."], "rare": False}
    entry |= {"missing": False, "shares": [0.6, 0.4], "numeric": False}
    (encoded,), doubts = column_from_document(entry).encode(["CSE", "cse.", "Cse", "C.S.E"])
    assert encoded.tolist() == [0, 1, 0, 0.4]
    assert doubts[0].what == "unseen level"


def test_a_missing_category_is_a_level_where_training_had_one_else_the_average():
    same(STREAM.encode(["", None])[0], [[0, 0], [0, 0], [1, 1]])
    same(RANK.encode(["", "2"])[0], [[0.5, 1], [0.3, 0]])
    assert doubts(STREAM, [""]) == {}
    assert doubts(RANK, ["", "2"]) == {"missing": [0]}


@pytest.mark.parametrize("cell", ["2", "2.0", 2, 2.0, np.float64(2), "2,0", " 2 "])
def test_categories_of_numbers_match_however_the_number_is_written(cell):
    same(RANK.encode([cell])[0], [[1], [0]])


def test_a_word_among_categories_of_numbers_is_missing_as_it_was_in_training():
    with_gap = CategoryColumn("rank", ("1", "2"), True, True, (0.4, 0.3, 0.2, 0.1), numeric=True)
    same(with_gap.encode(["x", "NA", ""])[0][-1], [1, 1, 1])
    assert doubts(with_gap, ["x", "NA", "2"]) == {"not a number": [0]}
    assert doubts(RANK, ["x", "NA", "2"]) == {"not a number": [0], "missing": [1]}


def test_levels_that_are_called_rare_or_missing_are_not_taken_for_the_slots():
    odd = CategoryColumn(
        "c", ("(missing)", "(rare)", "a"), True, True, (0.2, 0.2, 0.2, 0.2, 0.2), numeric=False
    )
    same(odd.encode(["new", ""])[0], [[0, 0], [0, 0], [1, 0], [0, 1]])


# --- scoring -----------------------------------------------------------------------------------


def test_the_logit_is_the_intercept_plus_each_column_times_its_weight_in_order():
    result = SCORER.score(TABLE)
    encoded = [values for c in COLUMNS for values in c.encode(TABLE[c.column])[0]]
    for row in range(3):
        logit = SCORER.intercept
        for values, weight in zip(encoded, WEIGHTS, strict=True):
            logit += float(values[row]) * float(weight)
        assert result.logit[row] == logit
    same(result.probability, sigmoid(result.logit))


def test_columns_are_added_in_order_and_not_otherwise():
    # 1 + 1e17 - 1e17 is 0 from left to right; any other order gives 1.
    flat = [NumberColumn(name, 0.0, 1.0, 0.0, 1.0, None, None) for name in "ab"]
    result = Scorer(tuple(flat), np.array([1e17, -1e17]), 1.0).score({"a": [1.0], "b": [1.0]})
    same(result.logit, [0.0])


CELLS = st.one_of(st.floats(0, 10), st.none())
ROWS = st.lists(
    st.tuples(
        CELLS,
        st.floats(30, 100),
        st.sampled_from(["CSE", "ece", "MECH", None]),
        st.sampled_from([1, 2, 3]),
    ),
    min_size=1,
    max_size=40,
)


def table_of(rows):
    cgpa, tenth, stream, rank = zip(*rows, strict=True)
    return {
        "cgpa": np.array([np.nan if v is None else v for v in cgpa]),
        "tenth": np.array(tenth),
        "stream": np.array(stream, dtype=object),
        "rank": np.array(rank, dtype=float),
    }


@given(ROWS, st.integers(1, 9))
def test_a_row_has_the_same_bits_alone_in_any_chunk_and_in_a_batch_of_ten_thousand(rows, size):
    table = table_of(rows)
    batch = {name: np.resize(cells, 10_000) for name, cells in table.items()}
    together = SCORER.score(batch).probability[: len(rows)]
    for step in (1, size):
        pieces = [
            SCORER.score({name: cells[at : at + step] for name, cells in table.items()}).probability
            for at in range(0, len(rows), step)
        ]
        assert np.concatenate(pieces).tobytes() == together.tobytes()


def test_strided_columns_give_the_same_bits_as_contiguous_ones():
    rng = np.random.default_rng(0)
    wide = rng.uniform(4, 10, size=(999, 7))
    one = Scorer((CGPA, TENTH), WEIGHTS[:3], 0.2)
    strided = one.score({"cgpa": wide[:, 3], "tenth": wide[::-1, 1]})
    plain = one.score({"cgpa": wide[:, 3].copy(), "tenth": wide[::-1, 1].copy()})
    assert strided.probability.tobytes() == plain.probability.tobytes()


@pytest.mark.filterwarnings("error")
def test_the_sigmoid_is_finite_and_right_at_the_ends():
    logit = np.array([-1000.0, -745.0, -1.0, 0.0, 1.0, 745.0, 1000.0, -np.inf, np.inf])
    result = sigmoid(logit)
    assert np.isfinite(result).all()
    same(result[[0, 3, 6, 7, 8]], [0, 0.5, 1, 0, 1])
    np.testing.assert_allclose(result[2] + result[4], 1, rtol=1e-15)
    np.testing.assert_allclose(result[2], 1 / (1 + math.e), rtol=1e-15)


def test_column_names_match_whatever_their_case_and_padding():
    renamed = {f" {name.upper()} ": cells for name, cells in TABLE.items()}
    same(SCORER.score(renamed).logit, SCORER.score(TABLE).logit)
    same(SCORER.score(pd.DataFrame(renamed)).logit, SCORER.score(TABLE).logit)


def test_the_exact_name_goes_before_one_that_is_only_alike():
    assert match_columns(["CGPA", "cgpa"], ["cgpa"]) == {"cgpa": "cgpa"}
    assert match_columns(["CGPA", "Cgpa"], ["cgpa"]) == {"cgpa": "CGPA"}


def test_lacking_columns_are_named():
    with pytest.raises(ScorerError, match="lacks the column cgpa, rank") as caught:
        SCORER.score({"tenth": [70], "stream": ["CSE"]})
    assert caught.value.reason == "column"


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ScorerError, match="one length"):
        SCORER.score({**TABLE, "rank": ["1"]})


def test_no_rows_give_no_scores():
    assert SCORER.score({name: [] for name in TABLE}).probability.shape == (0,)


def test_the_decimal_comma_of_a_file_is_passed_to_every_column():
    german = {**TABLE, "cgpa": ["7,125", "", "9,1"]}
    english = {**TABLE, "cgpa": ["7.125", "", "9.1"]}
    formats = {"cgpa": NumberFormat(grouping=".")}
    same(SCORER.score(german, formats).logit, SCORER.score(english).logit)


# --- bundles -----------------------------------------------------------------------------------


@pytest.fixture
def bundle(tmp_path):
    entries = [
        {"kind": "number" if isinstance(c, NumberColumn) else "category", **dataclasses.asdict(c)}
        for c in COLUMNS
    ]
    return write_bundle(tmp_path / "m", {"encoder": entries, "threshold": 0.5}, WEIGHTS, -0.37)


def test_a_bundle_scores_as_the_scorer_it_was_made_of(bundle):
    read = read_bundle(bundle)
    assert read.scorer.columns == COLUMNS
    assert read.threshold == 0.5
    assert read.scorer.score(TABLE).logit.tobytes() == SCORER.score(TABLE).logit.tobytes()


def change_document(folder, **changes):
    path = folder / "fitted.json"
    document = json.loads(path.read_text("utf-8")) | changes
    path.write_text(json.dumps(document), "utf-8")


def resigned(folder, **changes):
    """Change a document and its digest with it, as a later program would have written it."""
    document = json.loads((folder / "fitted.json").read_text("utf-8")) | changes
    change_document(folder, **changes, digest=digest_of(document))


def cut(folder):
    path = folder / "fitted.json"
    path.write_bytes(path.read_bytes()[:-20])


def flip(folder):
    path = folder / "weights.safetensors"
    raw = bytearray(path.read_bytes())
    raw[-3] ^= 1
    path.write_bytes(bytes(raw))


DAMAGES = {
    "cut short": (cut, "bundle"),
    "a changed byte of the weights": (flip, "bundle"),
    "other weights": (
        lambda f: (f / "weights.safetensors").write_bytes(save_safetensors({"weights": WEIGHTS})),
        "bundle",
    ),
    "a changed document": (lambda f: change_document(f, threshold=0.6), "bundle"),
    "a newer format": (lambda f: change_document(f, format=FORMAT + 1), "format"),
    "no document": (lambda f: (f / "fitted.json").unlink(), "bundle"),
    "no weights": (lambda f: (f / "weights.safetensors").unlink(), "bundle"),
    "a list": (lambda f: (f / "fitted.json").write_text("[]"), "bundle"),
    "not UTF-8": (lambda f: (f / "fitted.json").write_bytes(b"\xff\xfe{}"), "bundle"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_bundle_is_refused(bundle, damage):
    spoil, reason = DAMAGES[damage]
    spoil(bundle)
    with pytest.raises(ScorerError, match="m") as caught:
        read_bundle(bundle)
    assert caught.value.reason == reason
    with pytest.raises(ModelError, match="upgrade placement" if reason == "format" else "again"):
        open_bundle(bundle)


def test_a_bundle_that_lacks_a_part_is_a_model_error(bundle):
    resigned(bundle, encoder=[{"kind": "number", "column": "cgpa"}])
    with pytest.raises(ModelError, match="train it again"):
        open_bundle(bundle)


def test_a_missing_bundle_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="no such model"):
        open_bundle(tmp_path / "none")


def test_mlflow_is_answered_with_a_frame_of_its_index(bundle):
    frame = pd.DataFrame(TABLE, index=[7, 3, 9])
    answer = scorer._load_pyfunc(str(bundle)).predict(frame)
    probability = SCORER.score(TABLE).probability
    assert answer.index.tolist() == [7, 3, 9]
    same(answer["placement_probability"], probability)
    assert answer["placement_prediction"].tolist() == (probability >= 0.5).astype(int).tolist()
    assert answer.dtypes.tolist() == [np.float64, np.int64, object]


def test_mlflow_is_answered_where_each_cell_is_an_array_of_its_own(bundle):
    """As its server hands on `instances` of which one lacks a number."""
    table = {**TABLE, "cgpa": [7.5, None, 9.1]}
    cells = {name: np.array([np.array(cell) for cell in column]) for name, column in table.items()}
    assert isinstance(cells["cgpa"][0], np.ndarray)
    answer = scorer._load_pyfunc(str(bundle)).predict(cells)
    same(answer["placement_probability"], SCORER.score(TABLE).probability)


YES_NO = CategoryColumn("done", ("No", "Yes"), False, False, (0.4, 0.6), numeric=False)


def test_a_level_for_yes_and_one_for_no_have_all_words_for_them():
    (encoded,), found = YES_NO.encode(["Y", "0", "TRUE", "n", "yes", "maybe"])
    assert encoded.tolist() == [1.0, 0.0, 1.0, 0.0, 1.0, 0.6]
    assert [(problem.what, problem.rows.tolist()) for problem in found] == [("unseen level", [5])]


@pytest.mark.parametrize("levels", [("N", "No", "Yes"), ("Yes", "pending"), ("Maybe", "No", "Yes")])
def test_other_levels_have_their_own_words_alone(levels):
    column = dataclasses.replace(YES_NO, levels=levels, shares=(1 / len(levels),) * len(levels))
    assert [problem.rows.tolist() for problem in column.encode(["TRUE", "Yes"])[1]] == [[0]]

"""What --spline, --step and --interaction mean for the columns of a table."""

import pytest

from placement.config.train_config import TrainConfig
from placement.data.encoding.nonlinear_terms import NonlinearTerms, nonlinear_terms_of
from placement.data.schema import Dropped, Feature, Schema, Target
from placement.errors import DataError, UsageError

SCHEMA = Schema(
    Target("placed", "1", "0"),
    (
        Feature("CGPA", "number", 10.0),
        Feature("test at 10:30", "number"),
        Feature("stream", "category"),
        Feature("a", "number"),
        Feature("b:c", "number"),
        Feature("d", "number"),
    ),
    (Dropped("salary", "known only after the event"),),
)


def asked(**how):
    return nonlinear_terms_of(TrainConfig(**how), SCHEMA, file="may.csv")


def test_nothing_asked_for_is_nothing():
    assert asked() == NonlinearTerms({}, {}, ())


def test_columns_are_found_whatever_their_case_and_padding():
    assert asked(
        spline=("cgpa ",), step=(" cgpa:6.5",), interaction=("STREAM : cgpa",)
    ) == NonlinearTerms({"CGPA": 5}, {"CGPA": (6.5,)}, (("stream", "CGPA"),))


def test_a_name_that_ends_in_a_number_is_split_at_the_last_colon():
    assert asked(spline=("test at 10:30:7",)).splines == {"test at 10:30": 7}
    assert asked(step=("test at 10:30:50",)).steps == {"test at 10:30": (50.0,)}
    assert asked(spline=("b:c",)).splines == {"b:c": 5}


def test_a_name_with_a_small_number_after_its_colon_is_taken_whole():
    schema = Schema(SCHEMA.target, (Feature("part:4", "number"), Feature("part", "number")), ())
    config = TrainConfig(spline=("part:4", "part:6"))
    assert nonlinear_terms_of(config, schema).splines == {"part:4": 5, "part": 6}


def test_several_steps_of_a_column_are_one_ascending_list():
    assert asked(step=("cgpa:8", "CGPA:6.5", "cgpa:8.0")).steps == {"CGPA": (6.5, 8.0)}


def test_the_two_columns_of_an_interaction_may_hold_colons():
    assert asked(interaction=("a:b:c", "b:c:d")).interactions == (("a", "b:c"), ("b:c", "d"))


def test_an_interaction_the_other_way_round_is_the_same():
    assert asked(interaction=("a:d", "d:a")).interactions == (("a", "d"),)


def test_an_interaction_that_can_be_read_in_two_ways_is_refused():
    features = tuple(Feature(name, "number") for name in ("a", "b:c", "a:b", "c"))
    with pytest.raises(DataError, match="can be read in 2 ways"):
        nonlinear_terms_of(TrainConfig(interaction=("a:b:c",)), Schema(SCHEMA.target, features, ()))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"spline": ("cgap",)}, r"may.csv: there is no column 'cgap' \(--spline\) .*'CGPA'"),
        ({"step": ("cgap:3",)}, r"there is no column 'cgap' \(--step\) \(did you mean 'CGPA'"),
        ({"interaction": ("a:dd",)}, "there is no column 'dd'"),
        ({"spline": ("stream",)}, "--spline stream: the column is a category, .* no curve"),
        ({"step": ("stream:2",)}, "--step stream: the column is a category"),
        ({"spline": ("salary",)}, r"is not used \(known only after the event\)"),
        ({"interaction": ("a:salary",)}, r"is not used \(known only after the event\)"),
        ({"step": ("placed:1",)}, "that is the outcome"),
        ({"interaction": ("a:A",)}, "a column with itself; --spline a bends it"),
        ({"spline": ("cgpa", "CGPA:4")}, "is given 5 and 4 knots"),
    ],
)
def test_what_cannot_be_is_a_data_error_that_says_why(how, words):
    with pytest.raises(DataError, match=words):
        asked(**how)


@pytest.mark.parametrize(
    "how",
    [
        {"spline": ("cgpa:2",)},
        {"spline": ("cgpa:21",)},
        {"spline": ("cgpa:4.5",)},
        {"spline": ("cgpa:nan",)},
        {"spline": (":5",)},
        {"spline": ("",)},
        {"step": ("cgpa",)},
        {"step": ("cgpa:",)},
        {"step": (":6",)},
        {"step": ("cgpa:inf",)},
        {"step": ("cgpa:high",)},
        {"interaction": ("cgpa",)},
        {"interaction": ("cgpa:",)},
        {"interaction": (" :cgpa",)},
    ],
)
def test_a_wrong_form_is_refused_before_a_file_is_opened(how):
    (option,) = how
    with pytest.raises(UsageError, match=f"--{option}"):
        TrainConfig(**how)

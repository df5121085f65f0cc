"""Each lesson's figures, to all their digits, and three witnesses that agree."""

import contextlib
import io
import math
from itertools import pairwise

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from placement import UsageError, clamped_bce, lesson
from placement.lessons.catalog import LESSONS
from placement.lessons.snippets import code_of
from placement.lessons.texts import TEXTS

BIG = st.floats(-1e150, 1e150)
NEAR = st.floats(-3, 3)


def hand_equals_autograd(result):
    for check in result.played.checks:
        pairs = zip(*(v if isinstance(v, tuple) else (v,) for v in (check.manual, check.autograd)))  # noqa: B905
        for manual, autograd in pairs:
            assert manual == pytest.approx(autograd, rel=1e-12, abs=1e-300)


def difference_agrees(result):
    for check in result.played.checks:
        both = (check.manual, check.finite_difference)
        pairs = zip(*(v if isinstance(v, tuple) else (v,) for v in both))  # noqa: B905
        for manual, difference in pairs:
            assert abs(manual - difference) <= 1e-6 * (1 + abs(manual))


def test_the_square():
    assert lesson("square")["dy_dx"] == 4
    three = lesson("square", x=3)
    assert (three["y"], three["dy_dx"]) == (9, 6)


def test_the_chain():
    assert lesson("chain")["dz_dx"] == -2.6145744834544478
    three = lesson("chain", x=3)
    assert three["z"] == pytest.approx(0.4121185, abs=1e-7)
    assert three["dz_dx"] == pytest.approx(-5.4668, abs=1e-4)
    assert three["dz_du"] * three["du_dx"] == three["dz_dx"]


def test_the_perceptron_in_both_precisions():
    found = lesson("perceptron")
    assert found["loss"] == pytest.approx(6.7012, abs=5e-5)
    assert (found["dL_dw"], found["dL_db"]) == (6.691762447357178, 0.998770534992218)
    assert found["autograd_dw"] == 6.6917619705200195
    assert found["autograd_db"] == 0.9987704753875732
    assert found["dL_dw_float64"] == 6.691763029237442
    assert found["dL_db_float64"] == 0.9987706013787226
    links = [found[name] for name in ("dL_dyhat", "dyhat_dz", "dz_dw")]
    assert math.prod(links) == pytest.approx(found["dL_dw"], rel=1e-6)


def test_beyond_the_clamp_the_perceptron_has_no_slope():
    found = lesson("perceptron", x=50, y=0)
    assert found["dL_dw"] == found["autograd_dw"] == found["dL_dyhat"] == 0
    assert found["loss"] == pytest.approx(15.942385, abs=1e-6)


def test_the_vector():
    found = lesson("vector")
    assert found["y"] == pytest.approx(4.6667, abs=5e-5)
    assert [round(value, 4) for value in found["dy_dx"]] == [0.6667, 1.3333, 2.0]


def test_accumulating():
    found = lesson("accumulate")
    names = ("first", "second", "zeroed", "after_zeroing", "set_to_none")
    assert [found[name] for name in names] == [4, 8, 0, 4, None]
    assert found["whole_batch"] == pytest.approx(found["in_two_chunks"], rel=1e-12)
    assert found["whole_batch"] != 0


def test_the_ways_to_leave_no_gradient():
    found = lesson("no-grad", size=1_000)
    assert found["plain_requires_grad"]
    assert found["plain_grad_fn"] == "MulBackward"
    for way in ("frozen", "detached", "no_grad"):
        assert found[f"{way}_requires_grad"] is False
        assert found[f"{way}_grad_fn"] is None
        assert found[f"{way}_kept_bytes"] == 0
    assert found["detach_shares_memory"]
    assert found["error"] == (
        "element 0 of tensors does not require grad and does not have a grad_fn"
    )


def test_the_memory_that_is_saved_grows_with_the_tensor():
    small, large = (lesson("no-grad", size=size)["plain_kept_bytes"] for size in (1_000, 5_000))
    assert small >= 5 * 8 * 1_000
    assert large == 5 * small


def test_the_target():
    found = lesson("target")
    assert found["loss"] == pytest.approx(-5.8731, abs=5e-5)
    assert found["error"] == "target of row 1 is 4: a target is a probability between 0 and 1"
    with pytest.raises(Exception, match="a target is a probability"):
        clamped_bce(torch.tensor([0.5]), torch.tensor([4.0]))
    assert lesson("target", x=0.5)["error"] is None


def test_the_clamp():
    found = lesson("clamp")
    table, at = found.to_dict()["table"], found.played.curves.at.index
    assert found["one_minus_epsilon_is_one"]
    assert table["z"][0], table["z"][-1] == (-200, 200)
    assert table["as_asked"][at(200)] == math.inf
    assert math.isnan(table["as_asked_gradient"][at(200)])
    assert table["placement"][at(200)] == pytest.approx(found["largest_loss"], rel=1e-6)
    assert table["placement_gradient"][at(200)] == 0
    assert table["placement_gradient"][at(10)] == pytest.approx(1, abs=1e-3)
    assert table["from_logit"][at(200)] == 200
    assert table["from_logit_gradient"][at(200)] == 1
    assert all(math.isfinite(v) for v in table["placement"] + table["placement_gradient"])


def test_one_outlier_freezes_the_clamped_training_and_not_that_from_the_logit():
    found = lesson("clamp")
    assert (found["stopped_clamped"], found["dead_rows_clamped"]) == ("clamped", 1)
    assert (found["stopped_logits"], found["dead_rows_logits"]) == ("tolerance", 0)
    assert found["weight_clamped"] > 1.2 * found["weight_logits"]


def test_the_descent():
    found = lesson("descend")
    with_zero, without = found.played.curves.lines.values()
    assert found["falls_at_every_step_with"]
    assert all(b < a for a, b in pairwise(with_zero))
    assert without[2] < with_zero[2]  # faster at first
    assert found["first_rise_without"] == 6  # then it overshoots
    assert without[int(found["first_rise_without"])] > without[5]
    assert found["end_without"] > found["end_with"]
    assert lesson("descend", lr=50)["falls_at_every_step_with"] is False


@given(x=BIG)
def test_hand_equals_autograd_in_the_square_and_the_chain(x):
    hand_equals_autograd(lesson("square", x=x))
    assume(math.isfinite(2 * x * math.cos(x * x)))
    hand_equals_autograd(lesson("chain", x=x))


@given(x=st.lists(BIG, min_size=1, max_size=9))
def test_hand_equals_autograd_in_the_vector(x):
    hand_equals_autograd(lesson("vector", x=x))


@given(x=st.floats(-1e6, 1e6), y=st.floats(0, 1), w=st.floats(-1e6, 1e6), b=st.floats(-1e6, 1e6))
def test_hand_equals_autograd_in_the_perceptron(x, y, w, b):
    hand_equals_autograd(lesson("perceptron", x=x, y=y, w=w, b=b))


@given(x=NEAR)
def test_the_difference_agrees_in_the_square_the_chain_and_accumulating(x):
    for name in ("square", "chain", "accumulate"):
        difference_agrees(lesson(name, x=x))


@given(x=st.lists(NEAR, min_size=1, max_size=9))
def test_the_difference_agrees_in_the_vector(x):
    difference_agrees(lesson("vector", x=x))


@given(x=NEAR, y=st.floats(0, 1), w=NEAR, b=NEAR)
def test_the_difference_agrees_in_the_perceptron(x, y, w, b):
    assume(abs(abs(w * x + b) - math.log(1e8)) > 0.01)  # not at a corner of the clamp
    difference_agrees(lesson("perceptron", x=x, y=y, w=w, b=b))


@pytest.mark.parametrize("name", LESSONS)
def test_each_lesson_has_words_for_each_of_its_numbers_and_no_others(name):
    result = lesson(name)
    assert [step.name for step in result.played.steps] == list(TEXTS[name].numbers)
    hand_equals_autograd(result)
    difference_agrees(result)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_shows_itself_in_a_notebook(name):
    shown = lesson(name)._repr_html_()
    assert TEXTS[name].title in shown
    assert shown.count("<svg") == (1 if LESSONS[name].draws_graph else 0)
    assert ("data:image/png" in shown) == (name in ("clamp", "descend"))


# Of what the code prints, where the lesson's own figures stand: by line and word.
PRINTED = {
    "square": {"y": (0, 0), "dy_dx": (0, 1)},
    "chain": {"z": (0, 0), "dz_dx": (0, 1)},
    "perceptron": {
        "loss": (0, 0),
        "dL_dw": (0, 1),
        "dL_db": (0, 2),
        "autograd_dw": (0, 3),
        "autograd_db": (0, 4),
    },
    "vector": {"y": (0, 0)},
    "accumulate": {"first": (0, 0), "second": (0, 1), "zeroed": (0, 2), "in_two_chunks": (1, 0)},
    "no-grad": {},
    "target": {"y": (0, 0), "yhat": (0, 1), "loss": (0, 2)},
    "clamp": {},
    "descend": {"end_with": (0, 0), "end_without": (1, 0)},
}


@pytest.mark.parametrize("name", LESSONS)
def test_the_lines_of_torch_run_as_printed_and_find_the_same(name):
    result = lesson(name)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code_of(name, result.inputs), {})  # noqa: S102
    words = [line.split() for line in out.getvalue().splitlines()]
    for step, (line, word) in PRINTED[name].items():
        assert float(words[line][word]) == pytest.approx(result[step], rel=1e-12)
    if name == "no-grad":
        assert [w[0] for w in words] == ["True", "False", "False", "element", "False"]
        assert " ".join(words[3]) == result["error"]
    if name == "clamp":
        curves = result.played.curves
        for z, asked, from_logit in words[1:]:
            place = curves.at.index(float(z))
            assert float(asked) == pytest.approx(curves.lines["as_asked"][place], nan_ok=True)
            assert float(from_logit) == pytest.approx(curves.lines["from_logit"][place])


@pytest.mark.parametrize(
    ("name", "inputs", "told"),
    [
        ("square", {"x": "abc"}, "--x abc: is not a number"),
        ("square", {"x": "1,2"}, "--x 1,2: is one number in this lesson"),
        ("square", {"x": "inf"}, "--x inf: must be a finite number"),
        ("square", {"x": math.nan}, "--x nan: must be a finite number"),
        ("square", {"x": 1e200}, "--x 1e+200: must lie between"),
        ("square", {"y": "1"}, "the lesson square has no --y; it takes --x"),
        ("vector", {"x": "1,,2"}, "--x : is not a number"),
        ("vector", {"x": []}, "give 1 to 1,000 numbers"),
        ("perceptron", {"y": 2}, "--y 2: must lie between 0 and 1"),
        ("perceptron", {"epsilon": 0}, "--epsilon 0: must lie between"),
        ("descend", {"steps": "2.5"}, "--steps 2.5: must be a whole number"),
        ("no-grad", {"size": 0}, "--size 0: must lie between 1"),
        ("squar", {}, "there is no lesson 'squar' (did you mean 'square'?)"),
    ],
)
def test_what_a_lesson_cannot_take_is_told_in_one_line(name, inputs, told):
    with pytest.raises(UsageError) as caught:
        lesson(name, **inputs)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)

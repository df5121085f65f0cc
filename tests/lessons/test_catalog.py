"""Each lesson's figures, to all their digits, and three ways to each gradient that agree."""

import contextlib
import html
import io
import math
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from placement import UsageError, clamped_bce, lesson
from placement.lessons import catalog, course
from placement.lessons.catalog import LESSONS
from placement.lessons.computation import Check
from placement.lessons.graph.common_graphs import perceptron_graph
from placement.lessons.graph.drawing import graph_svg, graph_text
from placement.lessons.tables import step_table, verdict

BIG = st.floats(-1e150, 1e150)
NEAR = st.floats(-3, 3)


def hand_equals_autograd(result):
    for check in result.computation.checks:
        pairs = zip(*(v if isinstance(v, tuple) else (v,) for v in (check.manual, check.autograd)))  # noqa: B905
        for manual, autograd in pairs:
            assert manual == pytest.approx(autograd, rel=1e-12, abs=1e-300)


def difference_agrees(result):
    for check in result.computation.checks:
        both = (check.manual, check.finite_difference)
        pairs = zip(*(v if isinstance(v, tuple) else (v,) for v in both))  # noqa: B905
        for manual, difference in pairs:
            assert abs(manual - difference) <= 1e-6 * (1 + abs(manual))


def test_each_file_of_the_course_is_a_lesson_by_its_name_and_has_a_place_in_the_order():
    files = {file.stem for file in Path(course.__file__).parent.glob("*.py")} - {"__init__"}
    assert {name.replace("-", "_") for name in LESSONS} == files
    assert [item.name for item in LESSONS.values()] == list(LESSONS)
    orders = [item.order for item in LESSONS.values()]
    assert orders == sorted(set(orders))


def test_a_new_file_in_the_course_is_a_new_lesson(tmp_path, monkeypatch):
    text = Path(course.__file__).with_name("square.py").read_text(encoding="utf-8")
    text = text.replace('name="square"', 'name="second_square"').replace("order=10", "order=15")
    (tmp_path / "second_square.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(course, "__path__", [*course.__path__, str(tmp_path)])
    lessons = catalog._lessons()
    assert list(lessons)[:3] == ["square", "second_square", "chain"]
    assert lessons["second_square"].compute(3.0).steps == {"y": 9, "dy_dx": 6}


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
    result = lesson("perceptron")
    assert result["loss"] == pytest.approx(6.7012, abs=5e-5)
    assert (result["dL_dw"], result["dL_db"]) == (6.691762447357178, 0.998770534992218)
    assert result["autograd_dw"] == 6.6917619705200195
    assert result["autograd_db"] == 0.9987704753875732
    assert result["dL_dw_float64"] == 6.691763029237442
    assert result["dL_db_float64"] == 0.9987706013787226
    links = [result[name] for name in ("dL_dyhat", "dyhat_dz", "dz_dw")]
    assert math.prod(links) == pytest.approx(result["dL_dw"], rel=1e-6)


def test_beyond_the_clamp_the_perceptron_has_no_slope():
    result = lesson("perceptron", x=50, y=0)
    assert result["dL_dw"] == result["autograd_dw"] == result["dL_dyhat"] == 0
    assert result["loss"] == pytest.approx(15.942385, abs=1e-6)
    assert result["effective_epsilon"] == 1.1920928955078125e-07
    assert lesson("perceptron", epsilon=0.1)["effective_epsilon"] == 0.1


def test_the_vector():
    result = lesson("vector")
    assert result["y"] == pytest.approx(4.6667, abs=5e-5)
    assert [round(value, 4) for value in result["dy_dx"]] == [0.6667, 1.3333, 2.0]


def test_accumulating():
    result = lesson("accumulate")
    names = ("first", "second", "zeroed", "after_zeroing", "set_to_none")
    assert [result[name] for name in names] == [4, 8, 0, 4, None]
    assert result["whole_batch"] == pytest.approx(result["in_two_chunks"], rel=1e-12)
    assert result["whole_batch"] != 0


def test_the_rule_by_hand_of_the_batch_is_no_work_of_autograds(monkeypatch):
    zero = (torch.zeros(1), torch.tensor(0.0))
    monkeypatch.setattr("placement.lessons.course.accumulate.gradient_by_hand", lambda *_: zero)
    batch = lesson("accumulate").computation.checks[1]
    assert batch.manual == 0
    assert batch.autograd == pytest.approx(batch.finite_difference, rel=1e-6)
    assert batch.autograd != 0


def test_the_ways_to_leave_no_gradient():
    result = lesson("no-grad", size=1_000)
    assert result["plain_requires_grad"]
    assert result["plain_grad_fn"] == "PowBackward"
    for way in ("frozen", "detached", "no_grad"):
        assert result[f"{way}_requires_grad"] is False
        assert result[f"{way}_grad_fn"] is None
        assert result[f"{way}_shares_memory"] is True
        assert result[f"{way}_kept_bytes"] == 0
    assert result["ways_refused"] == 3
    assert result["error"] == (
        "RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn"
    )


def test_the_graph_of_no_gradient_has_the_three_ways_beside_the_recorded_one():
    graph = lesson("no-grad", size=1_000).graph
    ways = {"y_frozen": "frozen", "y_detached": "x", "y_no_grad": "x"}
    for name, source in ways.items():
        node = graph[name]
        assert node.value == 4
        assert (node.grad_fn, node.gradient, node.autograd) == (None, None, None)
        assert [(link.name, link.derivative) for link in node.inputs] == [(source, None)]
    assert (graph["y"].grad_fn, graph["x"].gradient, graph["x"].autograd) == ("PowBackward", 4, 4)
    text = graph_text(graph)
    assert text.count("no grad_fn: no way back") == 3
    drawing = graph_svg(graph)
    assert drawing.count('class="edge cut"') == 3
    assert drawing.count('class="unrecorded"') == 3


def test_the_errors():
    result = lesson("errors")
    again = "RuntimeError: Trying to backward through the graph a second time"
    assert result["second_backward"].startswith(again)
    assert result["not_scalar"] == (
        "RuntimeError: grad can be implicitly created only for scalar outputs"
    )
    assert result["retained"] == pytest.approx([4 / 3, 8 / 3, 4])
    assert result["of_sum"] == (2, 4, 6)
    assert result["inner"] is None
    assert result["inner_retained"] == pytest.approx([1 / 3] * 3)
    assert lesson("errors", x=[5.0])["not_scalar"] == result["not_scalar"]


def test_the_precisions_stand_in_two_columns():
    result = lesson("perceptron")
    header, rows = step_table(LESSONS["perceptron"], result.computation)
    assert header == ("", "float32", "float64", "")
    values = {row[0]: row[1:3] for row in rows}
    assert values["dL_dw"] == ("6.691762447357178", "6.691763029237442")
    assert values["effective_epsilon"] == ("1.1920928955078125e-07", "")
    assert len(rows) == 12


def test_the_memory_that_is_saved_grows_with_the_tensor_and_is_not_the_input():
    small, large = (lesson("no-grad", size=size)["plain_kept_bytes"] for size in (1_000, 5_000))
    # Of each of five rounds the sigmoid and, but for the last, the product.
    assert small == 8 * 1_000 * (5 + 4)
    assert large == 5 * small


def test_the_target():
    result = lesson("target")
    assert result["loss"] == pytest.approx(-5.8731, abs=5e-5)
    assert result["error"] == "target of row 1 is 4: a target is a probability between 0 and 1"
    with pytest.raises(Exception, match="a target is a probability"):
        clamped_bce(torch.tensor([0.5]), torch.tensor([4.0]))
    assert lesson("target", x=0.5)["error"] is None


def test_the_clamp():
    result = lesson("clamp")
    table, at = result.to_dict()["table"], result.computation.curves.x.index
    assert result["one_minus_epsilon_is_one"]
    assert table["z"][0], table["z"][-1] == (-200, 200)
    assert table["as_asked"][at(200)] == math.inf
    assert math.isnan(table["as_asked_gradient"][at(200)])
    assert table["placement"][at(200)] == pytest.approx(result["largest_loss"], rel=1e-6)
    assert table["placement_gradient"][at(200)] == 0
    assert table["placement_gradient"][at(10)] == pytest.approx(1, abs=1e-3)
    assert table["from_logit"][at(200)] == 200
    assert table["from_logit_gradient"][at(200)] == 1
    assert all(math.isfinite(v) for v in table["placement"] + table["placement_gradient"])


def test_one_outlier_freezes_the_clamped_training_and_not_that_from_the_logit():
    result = lesson("clamp")
    assert (result["stopped_clamped"], result["dead_rows_clamped"]) == ("clamped", 1)
    assert (result["stopped_logits"], result["dead_rows_logits"]) == ("tolerance", 0)
    assert result["weight_clamped"] > 1.2 * result["weight_logits"]
    more = lesson("clamp", epsilon=0.01)
    assert more["dead_rows_clamped"] > 50
    assert more["weight_logits"] == result["weight_logits"]
    graph = result.graph
    assert graph["w"].gradient == graph["w"].autograd == 0
    assert graph["p"].gradient > 1e6


def test_the_descent():
    result = lesson("descend")
    with_zero, without = result.computation.curves.lines.values()
    assert result["rises_with"] == "never"
    assert all(b < a for a, b in pairwise(with_zero))
    assert without[2] < with_zero[2]  # faster at first
    assert result["rises_without"] == "first at step 6"  # then it overshoots
    assert without[6] > without[5] == min(without)
    assert result["end_without"] > result["end_with"]


def test_the_descent_rises_with_too_long_a_step_and_not_by_rounding_at_the_optimum():
    assert lesson("descend", lr=20)["rises_with"] == "first at step 1"
    at_the_end = lesson("descend", steps=1_000)
    assert at_the_end["rises_with"] == "never"
    assert at_the_end["end_with"] == pytest.approx(0.46584027822843, abs=1e-13)


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


@given(
    y=st.floats(0, 1),
    epsilon=st.floats(1e-12, 0.4),
    batch=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9),
    x=st.floats(-1e6, 1e6),
)
def test_hand_equals_autograd_in_the_batch_the_target_and_the_clamp(y, epsilon, batch, x):
    hand_equals_autograd(lesson("accumulate", x=x, batch=batch))
    hand_equals_autograd(lesson("target", x=x))
    graph = perceptron_graph(x, y, 1.0, 0.0, epsilon)
    for name in ("w", "b"):
        assert graph[name].gradient == pytest.approx(graph[name].autograd, rel=1e-12, abs=1e-300)


@given(x=NEAR)
def test_the_difference_agrees_in_the_square_the_chain_and_accumulating(x):
    for name in ("square", "chain", "accumulate"):
        difference_agrees(lesson(name, x=x))


@given(x=st.lists(NEAR, min_size=1, max_size=9))
def test_the_difference_agrees_in_the_vector(x):
    difference_agrees(lesson("vector", x=x))


@given(x=NEAR, y=st.floats(0, 1), w=NEAR, b=NEAR)
def test_the_difference_agrees_in_the_perceptron(x, y, w, b):
    # |z| ≤ 12 stays clear of the clamp's corners at 18.4.
    difference_agrees(lesson("perceptron", x=x, y=y, w=w, b=b))


@pytest.mark.parametrize("name", LESSONS)
def test_each_lesson_has_words_for_each_of_its_numbers_and_no_others(name):
    result = lesson(name)
    assert list(result.computation.steps) == list(LESSONS[name].numbers)
    hand_equals_autograd(result)
    difference_agrees(result)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_shows_itself_in_a_notebook(name):
    shown = lesson(name)._repr_html_()
    assert LESSONS[name].title in shown
    result = lesson(name)
    assert shown.count("<svg") == 1
    assert ("data:image/png" in shown) == (name in ("clamp", "descend"))
    cells = re.findall(r"<td[^>]*>(.*?)</td>", shown)
    for row in step_table(LESSONS[name], result.computation)[1]:
        assert set(map(html.escape, row)) <= set(cells)
    for check in result.computation.checks:
        assert str(check.autograd).replace("(", "[").replace(")", "]") in cells or name == "vector"
    if name == "clamp":
        assert {"-200", "inf", "nan"} <= set(cells)
    for text in (verdict(result.computation.checks), LESSONS[name].after, *LESSONS[name].next):
        assert html.escape(text) in shown


# Of what the code prints, where the lesson's own figures stand: by line and word.
PRINTED = {
    "square": {"y": (0, 0), "dy_dx": (0, 1)},
    "chain": {"z": (0, 0), "dz_dx": (0, 2)},
    "perceptron": {
        "loss": (0, 0),
        "dL_dw": (0, 1),
        "dL_db": (0, 2),
        "autograd_dw": (0, 3),
        "autograd_db": (0, 4),
        "loss_float64": (1, 0),
        "dL_dw_float64": (1, 1),
        "autograd_dw_float64": (1, 3),
    },
    "vector": {"y": (0, 0)},
    "accumulate": {
        "first": (0, 0),
        "second": (0, 1),
        "zeroed": (0, 2),
        "after_zeroing": (0, 3),
        "whole_batch": (1, 0),
        "in_two_chunks": (2, 0),
    },
    "no-grad": {},
    "errors": {},
    "target": {"y": (0, 0), "yhat": (0, 1), "loss": (0, 2)},
    "clamp": {"effective_epsilon": (0, 1)},
    "descend": {"end_with": (0, 0), "end_without": (1, 0)},
}
OTHER = {
    "square": {"x": -3.5},
    "chain": {"x": 1e3},
    "perceptron": {"x": -50.0, "y": 1.0, "w": 2.0, "b": 0.5, "epsilon": 0.01},
    "vector": {"x": [5.0]},
    "accumulate": {"x": -1.0, "batch": [-1000.0, 2000.0, 5.0]},
    "no-grad": {"x": 0.0, "size": 10},
    "errors": {"x": [5.0]},
    "target": {"x": 100.0, "w": -1.0, "b": 3.0},
    "clamp": {"y": 1.0, "epsilon": 0.01},
    "descend": {"lr": 1000.0, "steps": 7},
}


@pytest.mark.parametrize("given_", [{}, OTHER], ids=["defaults", "others"])
@pytest.mark.parametrize("name", LESSONS)
def test_the_lines_of_torch_run_as_printed_and_find_the_same(name, given_):
    result = lesson(name, **given_.get(name, {}))
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(LESSONS[name].code_for(result.inputs), {})  # noqa: S102
    words = [line.split() for line in out.getvalue().splitlines()]
    for step, (line, word) in PRINTED[name].items():
        assert float(words[line][word]) == pytest.approx(result[step], rel=1e-12), step
    if name == "vector":
        assert tuple(map(float, words[0][1:])) == result["dy_dx"]
    if name == "no-grad":
        assert [w[0] for w in words[:4]] == ["True", "False", "False", "False"]
        assert "PowBackward" in words[0][1]
        assert words[4] == ["True"]
        assert {" ".join(line) for line in words[5:8]} == {result["error"]}
        assert int(words[8][0]) == result["plain_kept_bytes"]
    if name == "errors":
        refusals = {" ".join(words[line]) for line in (0, 2)}
        assert refusals == {result["second_backward"], result["not_scalar"]}
        numbers = [tuple(map(float, words[line])) for line in (1, 3, 4)]
        assert numbers == [result[step] for step in ("retained", "of_sum", "inner_retained")]
    if name == "clamp":
        curves = result.computation.curves
        for z, *figures in words[1:]:
            index = curves.x.index(float(z))
            expected = [line[index] for line in curves.lines.values()]
            assert [float(f) for f in figures] == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "They agree to"),
        ({"x": 1e6}, "Hand and autograd agree to"),
    ],
)
def test_agreement_is_said_only_where_it_is(inputs, message):
    text = verdict(lesson("chain", **inputs).computation.checks)
    assert text.startswith(message)
    assert verdict([Check("x", 1.0, 1.1, 1.0)]).startswith("HAND AND AUTOGRAD DISAGREE")


def test_a_number_that_a_lesson_has_not_is_told_with_those_it_has():
    with pytest.raises(KeyError, match="the lesson square has y, dy_dx"):
        lesson("square")["slope"]


@pytest.mark.parametrize("x", [np.array([1.0, 2, 3]), torch.tensor([1.0, 2, 3]), (1, 2, 3)])
def test_arrays_are_numbers_too(x):
    assert lesson("vector", x=x).inputs == {"x": [1, 2, 3]}
    assert lesson("square", x=np.float32(3))["dy_dx"] == 6


@pytest.mark.parametrize(
    ("name", "inputs", "message"),
    [
        ("square", {"x": "abc"}, "--x abc: is not a number"),
        ("square", {"x": "1,2"}, "--x 1,2: is one number in this lesson"),
        ("square", {"x": "inf"}, "--x inf: must be a finite number"),
        ("square", {"x": math.nan}, "--x nan: must be a finite number"),
        ("square", {"x": 1e200}, "--x 1e+200: must lie between"),
        ("square", {"y": "1"}, "the lesson square has no --y; it takes --x"),
        ("vector", {"x": "1,,2"}, "--x: a number is missing"),
        ("square", {"x": ""}, "--x: a number is missing"),
        ("vector", {"x": []}, "give 1 to 1,000 numbers"),
        ("perceptron", {"y": 2}, "--y 2: must lie between 0 and 1"),
        ("perceptron", {"epsilon": 0}, "--epsilon 0: must lie between"),
        ("square", {"x": 10**400}, "is not a number"),
        ("square", {"x": [[1, 2], [3] * 99]}, "is not a number"),
        (None, {}, "there is no lesson None"),
        ("descend", {"steps": 1}, "--steps 1: must lie between 2"),
        ("descend", {"steps": "2.5"}, "--steps 2.5: must be a whole number"),
        ("no-grad", {"size": 0}, "--size 0: must lie between 1"),
        ("squar", {}, "there is no lesson 'squar' (did you mean 'square'?)"),
    ],
)
def test_what_a_lesson_cannot_take_is_told_in_one_line(name, inputs, message):
    with pytest.raises(UsageError) as caught:
        lesson(name, **inputs)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)

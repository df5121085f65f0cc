"""The graph: forward and backward, by hand and by autograd, drawn so that it can be read."""

import html
import itertools
import re
import xml.etree.ElementTree as ET

import pytest
import torch

from placement import lesson
from placement.lessons.catalog import LESSONS
from placement.lessons.graph.common_graphs import add_logit, loss_graph
from placement.lessons.graph.drawing import format_value, graph_dot, graph_svg, graph_text
from placement.lessons.graph.graph import Rule, Tape


def many():
    """A row of seven columns, as of a learner's own file."""
    tape = Tape()
    columns = {f"column {k}": (0.3 * k - 1, 1.5 - k) for k in range(7)}
    return loss_graph(tape, add_logit(tape, columns, 0.2), 1.0, 1e-8)


GRAPHS = {**{name: (lambda name=name: lesson(name).graph) for name in LESSONS}, "many": many}


@pytest.mark.parametrize("name", GRAPHS)
def test_every_gradient_multiplied_by_hand_is_autograds(name):
    graph = GRAPHS[name]()
    result = [node for node in graph.nodes if node.gradient is not None]
    assert result
    for node in result:
        assert node.gradient == pytest.approx(node.autograd, rel=1e-6)
    data = [n.name for n in graph.nodes if n.gradient is None and not n.operation]
    assert all(one in {"y", "frozen"} or one.startswith("x") for one in data)
    assert any(n.operation and n.gradient is None for n in graph.nodes) == (name == "no-grad")


@pytest.mark.parametrize("name", GRAPHS)
def test_what_a_node_hands_down_is_what_arrived_times_the_local_derivative(name):
    graph = GRAPHS[name]()
    for node in graph.nodes:
        for link in node.inputs:
            if link.derivative is None:
                assert graph[link.name].gradient is None or node.gradient is None
                continue
            parts = [torch.tensor(v) for v in (node.gradient, link.derivative, link.handed_down)]
            torch.testing.assert_close(parts[0] * parts[1], parts[2])


def test_a_number_that_is_used_twice_gets_both_gradients():
    tape = Tape()
    x = tape.input("x", 3.0)
    u = tape.step("u", "2x", lambda t: 2 * t, {x: Rule("2", lambda t: torch.full_like(t, 2))})
    by = {x: Rule("u", lambda _, u: u), u: Rule("x", lambda x, _: x)}
    tape.step("y", "x·u", torch.mul, by)
    graph = tape.graph()
    assert graph["x"].gradient == graph["x"].autograd == 12
    assert "in all 12" in graph_text(graph)


def test_the_steps_backward_have_torchs_names():
    names = {node.name: node.grad_fn for node in lesson("perceptron").graph.nodes}
    assert names == {
        "w": "AccumulateGrad",
        "x": None,
        "u": "MulBackward",
        "b": "AccumulateGrad",
        "z": "AddBackward",
        "ŷ": "SigmoidBackward",
        "p": "ClampBackward",
        "y": None,
        "L": "NegBackward",
    }


def test_a_graph_is_numbers_and_stays_when_torch_has_freed_its_buffers():
    tape = Tape()
    x = tape.input("x", 2.0)
    y = tape.step("y", "x²", lambda t: t**2, {x: Rule("2x", lambda t: 2 * t)})
    graph = tape.graph()
    with pytest.raises(RuntimeError, match="second time"):
        y.tensor.backward()
    assert graph["x"].gradient == 4
    assert "2x = 4" in graph_text(graph)
    assert graph_svg(graph)


def test_the_tree_reads_from_the_result_down():
    lines = graph_text(lesson("perceptron").graph).splitlines()
    forward = [line.split()[0] for line in lines[1 : lines.index("")]]
    assert forward == ["w", "x", "u", "b", "z", "ŷ", "p", "y", "L"]
    tree = [line for line in lines if re.match(r"\s*[├└│]", line)]
    below = [re.search(r"─ (\S+):", line).group(1) for line in tree]
    assert below == ["p", "ŷ", "z", "u", "w", "b"]
    depth = [line.index("─") for line in tree]
    assert depth == [2 + 1 + 3 * k for k in (0, 1, 2, 3, 4, 3)]
    assert (
        "w: du/dw = x = 6.7;  0.998771 × 6.7 = 6.69176   autograd: 6.69176, AccumulateGrad"
    ) in tree[4]


def test_a_node_of_several_of_torchs_steps_says_how_many():
    graph = lesson("perceptron").graph
    assert graph["z"].torch_steps == graph["ŷ"].torch_steps == 1
    assert graph["L"].torch_steps == 7  # two logarithms, 1 − p, two products, a sum, a sign
    assert "NegBackward and 6 more" in graph_text(graph)
    assert graph["w"].torch_steps == graph["x"].torch_steps == 0


def parts_of(node, link, below):
    """What must be said of a link, however it is drawn."""
    gradient, derivative = format_value(node.gradient), format_value(link.derivative)
    return [
        link.rule,
        f"{gradient} × {derivative} = {format_value(link.handed_down)}",
        format_value(below.gradient),
        f"autograd {format_value(below.autograd)}",
        below.grad_fn,
    ]


@pytest.mark.parametrize("form", [graph_svg, graph_dot, graph_text])
@pytest.mark.parametrize("name", GRAPHS)
def test_every_drawing_says_rule_derivative_gradient_and_step_of_every_link(name, form):
    graph = GRAPHS[name]()
    drawn = html.unescape(form(graph)).replace("autograd: ", "autograd ")
    for node in graph.nodes:
        assert node.operation in drawn
        assert format_value(node.value) in drawn
        for link in node.inputs:
            if link.derivative is not None:
                for part in parts_of(node, link, graph[link.name]):
                    assert part in drawn


@pytest.mark.parametrize("name", GRAPHS)
def test_the_document_of_a_graph_has_all_of_it(name):
    graph = GRAPHS[name]()
    nodes = graph.to_dict()["nodes"]
    for node, entry in zip(graph.nodes, nodes, strict=True):
        assert entry["gradient"] == node.gradient
        assert entry["autograd"] == node.autograd
        assert entry["grad_fn"] == node.grad_fn
        for link, input_entry in zip(node.inputs, entry["inputs"], strict=True):
            assert (input_entry["name"], input_entry["rule"]) == (link.name, link.rule)
            assert (input_entry["derivative"], input_entry["handed_down"]) == (
                link.derivative,
                link.handed_down,
            )


def boxes_of(svg):
    root = ET.fromstring(svg)  # noqa: S314
    space = "{http://www.w3.org/2000/svg}"
    rects = [
        tuple(float(r.get(k)) for k in ("x", "y", "width", "height"))
        for r in root.iter(f"{space}rect")
        if r.get("class") != "paper"
    ]
    texts = [(float(t.get("x")), float(t.get("y")), t.text) for t in root.iter(f"{space}text")]
    return root, rects, texts


@pytest.mark.parametrize("name", GRAPHS)
def test_no_box_of_the_svg_overlaps_another_and_all_text_is_within_one(name):
    graph = GRAPHS[name]()
    root, rects, texts = boxes_of(graph_svg(graph))
    assert len(rects) == len(graph.nodes)
    for (ax, ay, aw, ah), (bx, by, bw, bh) in itertools.combinations(rects, 2):
        assert ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay
    for x, y, text in texts:
        end = x + 7.83 * len(text)  # the widest of the fonts that are asked for, at 13 pixels
        inside = [
            bx <= x and end <= bx + bw and by < y - 10 and y < by + bh for bx, by, bw, bh in rects
        ]
        assert sum(inside) == 1, text
    lines = sorted((round(y, 1), x, x + 7.83 * len(t)) for x, y, t in texts)
    for (ya, _, end), (yb, start, _) in itertools.pairwise(lines):
        assert ya != yb or end <= start
    width, height = float(root.get("width")), float(root.get("height"))
    left = float(root.get("viewBox").split()[0])
    assert all(left <= x and x + w <= left + width for x, _, w, _ in rects)
    assert all(y >= 0 and y + h <= height for _, y, _, h in rects)


def test_a_row_of_a_file_is_not_much_wider_than_its_widest_line_of_boxes():
    _, rects, _ = boxes_of(graph_svg(many()))
    lines = {}
    for _, y, w, h in rects:
        lines.setdefault(round(y + h), []).append(w)
    widest = max(sum(line) + 26 * len(line) for line in lines.values())
    assert max(x + w for x, _, w, _ in rects) - min(x for x, _, _, _ in rects) <= 1.1 * widest


def test_what_is_made_of_inputs_stands_below_the_middle_of_them():
    _, rects, texts = boxes_of(graph_svg(many()))
    middle = {}
    for x, y, text in texts:
        for bx, by, bw, bh in rects:
            if bx <= x <= bx + bw and by <= y <= by + bh:
                middle.setdefault(text, bx + bw / 2)
    for k in range(7):
        w, x, u = (middle[f"{name}[column {k}]"] for name in "wxu")
        assert u == pytest.approx((w + x) / 2, abs=0.2)


def test_the_svg_is_for_light_and_dark_and_styles_nothing_but_itself():
    svg = graph_svg(lesson("chain").graph)
    assert "prefers-color-scheme: dark" in svg
    style = re.search(r"<style>(.*?)</style>", svg, re.DOTALL).group(1)
    selectors = [s.strip() for s in re.findall(r"([^{}]+)\{", style) if "@media" not in s]
    assert selectors
    assert all(s.startswith(".lesson") for s in selectors)


def test_names_from_a_file_are_escaped_in_every_drawing():
    tape = Tape()
    graph = loss_graph(tape, add_logit(tape, {'a<b & "c"\\d': (1.0, 2.0)}, 0.0), 0.0, 1e-8)
    ET.fromstring(graph_svg(graph))  # noqa: S314
    assert 'x[a<b & \\"c\\"\\\\d]' in graph_dot(graph)


def test_dot_has_a_node_for_each_number_and_an_arrow_for_each_use():
    graph = lesson("perceptron").graph
    dot = graph_dot(graph)
    assert dot.count("[label=") == len(graph.nodes)
    assert dot.count("->") == sum(len(node.inputs) for node in graph.nodes)
    assert dot.startswith("digraph lesson {")


def test_numbers_are_shown_short():
    assert format_value(-0.0012279534712433815) == "-0.00122795"
    assert format_value(tuple(map(float, range(9)))) == "[0, 1, 2, 3, 4, 5, …]"
    assert format_value(None) == "–"
    assert format_value(-0.0) == "0"

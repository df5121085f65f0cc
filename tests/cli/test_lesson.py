"""`placement lesson` and the graph of a row, from the outside."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from placement.cli.lesson import INPUTS
from placement.lessons.catalog import LESSONS
from placement.lessons.mlflow_log import EXPERIMENT
from placement.tracking.runs import list_runs


def test_without_a_name_the_lessons_are_listed(run):
    done = run("lesson")
    assert done.code == 0
    positions = [done.out.index(f"{number:<2}  {name} ") for number, name in enumerate(LESSONS, 1)]
    assert positions == sorted(positions)
    assert "Take them in this order" in done.out
    listed = run("lesson", "--json").json
    assert [entry["name"] for entry in listed] == list(LESSONS)
    assert listed[2]["inputs"] == {"x": 6.7, "y": 0.0, "w": 1.0, "b": 0.0, "epsilon": 1e-8}


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_explains_gives_its_numbers_compares_and_says_what_next(run, name):
    done = run("lesson", name)
    assert (done.code, done.err) == (0, "")
    for part in ("With ", "Three ways to one gradient", "They agree to", "Exercise", "Try next"):
        assert part in done.out
    assert max(map(len, done.out.splitlines())) <= 160


def test_a_lesson_is_replayed_with_the_learners_own_numbers(run):
    assert run("lesson", "square", "--x", "-7", "--json").json["checks"]["manual"] == {"x": -14}
    document = run("lesson", "vector", "--x", "1,2,3,6", "--json").json
    assert document["inputs"] == {"x": [1, 2, 3, 6]}
    assert document["checks"]["autograd"] == {"x": [0.5, 1, 1.5, 3]}


def test_the_document_of_a_lesson_has_the_shape_that_was_promised(run):
    document = run("lesson", "perceptron", "--json").json
    assert document["format"] == 1
    assert set(document) == {"format", "name", "inputs", "steps", "checks", "table", "graph"}
    assert {"name": "dL_dw", "value": 6.691762447357178} in document["steps"]
    assert set(document["checks"]) == {"manual", "autograd", "finite_difference", "max_abs_error"}
    assert [node["name"] for node in document["graph"]["nodes"]][-1] == "L"
    table = run("lesson", "clamp", "--json").json["table"]
    assert table["as_asked"][-1] is None  # infinite: JSON has no word for that
    assert table["placement"][-1] == pytest.approx(15.942385, abs=1e-6)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["square", "--x", "abc"], "--x abc: is not a number"),
        (["square", "--x", "1,2"], "is one number in this lesson"),
        (["chain", "--x", "inf"], "must be a finite number"),
        (["square", "--w", "1"], "has no --w"),
        (["squares"], "did you mean 'square'?"),
        (["--x", "3"], "name one"),
        (["--log"], "name one"),
        (["chain", "--code", "--graph"], "--code prints lines of torch alone"),
        (["chain", "--draw", "chain.png"], "must end in .svg or .dot"),
        (["chain", "--answer", "two"], "--answer two: is not a number"),
        (["chain", "--answer", "2", "--graph"], "--answer checks the exercise"),
        (["--answer", "2"], "name one"),
    ],
)
def test_wrong_usage_is_one_clear_line_and_exit_2(run, words, message):
    done = run("lesson", *words)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "right", "parts"),
    [
        (["chain", "--answer", "-2.61"], True, ["Right: dz_dx is -2.614", "-0.653644 · 4 = -2.61"]),
        (["chain", "--answer", "2.61"], False, ["Not yet: the sign is the other one; dz_dx is"]),
        (["chain", "--answer", "-0.65"], False, ["-0.65 is dz_du (cos u, the outer link); "]),
        (["chain", "--answer", "12"], False, ["Not yet: dz_dx is -2.61"]),
        (["chain", "--x", "3", "--answer", "-5.47"], True, ["Right: dz_dx is -5.46"]),
        (["vector", "--answer", "2"], True, ["Right: dy_dx is 2.0", "[0.666667, 1.33333, 2]"]),
    ],
)
def test_an_answer_to_the_exercise_is_checked_and_the_way_shown(run, words, right, parts):
    done = run("lesson", *words)
    assert (done.code, done.err) == (0, "")
    assert done.out.count("The way there: ") == 1
    for part in parts:
        assert part in done.out
    document = run("lesson", *words, "--json").json
    assert document["right"] is right
    assert set(document) == {"format", "name", "inputs", "answer", "right", "text"}


def test_every_input_of_a_lesson_has_an_option_and_every_option_a_lesson():
    inputs = {name for lesson in LESSONS.values() for name in lesson.inputs}
    assert set(INPUTS) == inputs


def test_the_code_is_printed_with_the_learners_numbers(run):
    done = run("lesson", "chain", "--x", "3", "--code")
    assert "x = torch.tensor(3.0" in done.out
    compile(done.out, "printed", "exec")


def test_the_graph_is_printed_and_written(run, workdir):
    done = run("lesson", "perceptron", "--graph", "--draw", "p.svg")
    assert "Backward: how much L changes" in done.out
    assert "the graph is in p.svg" in done.err
    ET.fromstring((workdir / "p.svg").read_text(encoding="utf-8"))  # noqa: S314
    assert run("lesson", "perceptron", "--draw", "p.dot").code == 0
    assert (workdir / "p.dot").read_text(encoding="utf-8").startswith("digraph")
    assert run("lesson", "perceptron", "--draw", "there/is/none/p.svg").code == 6


@pytest.mark.parametrize(("name", "picture"), [("vector", ""), ("descend", "curves.png")])
def test_a_lesson_is_recorded_with_its_table_and_its_picture(run, store, name, picture):
    done = run("lesson", name, "--log")
    assert done.code == 0, done.err
    (found,) = list_runs(store, EXPERIMENT)
    assert found.run_id in done.err
    assert (found.status, found.name) == ("FINISHED", f"lesson {name}")
    assert found.metrics["max_abs_error"] < 1e-8
    assert set(found.params) == set(LESSONS[name].inputs)
    client = store.client()
    below = {a.path for a in client.list_artifacts(found.run_id)}
    assert {"steps.json", "checks.json", "lesson.txt", "figures"} <= below
    drawn = {a.path: a.file_size for a in client.list_artifacts(found.run_id, "figures")}
    assert drawn.pop("figures/graph.svg") > 1_000
    assert list(drawn) == ([f"figures/{picture}"] if picture else [])
    assert all(size > 5_000 for size in drawn.values())
    assert ("table.json" in below) == bool(picture)
    table = json.loads(Path(client.download_artifacts(found.run_id, "steps.json")).read_text())
    assert table["columns"] == ["name", "value"]
    expected = run("lesson", name, "--json").json["steps"]
    assert [[name, json.loads(value)] for name, value in table["data"]] == [
        [step["name"], step["value"]] for step in expected
    ]


def test_the_loss_of_a_row_of_a_file_is_drawn_by_a_trained_model(run, trained):
    sheet = trained.parent / "students.csv"
    words = ("gradcheck", sheet, "--row", "3", "--graph", "--model", trained)
    document = run(*words, "--json").json
    nodes = {node["name"]: node for node in document["nodes"]}
    scored = run("predict", sheet, "--model", trained, "--json").json
    assert nodes["ŷ"]["value"] == pytest.approx(scored[2]["probability"], rel=1e-12)
    for node in nodes.values():
        if node["gradient"] is not None:
            assert node["gradient"] == pytest.approx(node["autograd"], rel=1e-12)
    weights = {name for name in nodes if name.startswith("w[")}
    encoded = run("train", sheet, "--dry-run", "--json").json["encoded"]
    assert len(weights) + len(document["zero"]) == len(encoded)
    text = run(*words).out
    assert text.startswith("Row 3 of ")
    assert "0 in this row, so of gradient 0:" in text


def test_a_row_without_a_file_and_a_row_that_is_not_there_are_wrong_usage(run, trained):
    sheet = trained.parent / "students.csv"
    assert "name DATA and --row N" in run("gradcheck", "--graph").err
    assert "name DATA and --row N" in run("gradcheck", sheet, "--graph").err
    done = run("gradcheck", sheet, "--row", "99999", "--graph", "--model", trained)
    assert done.code == 3
    assert "has no row 99999 with an outcome" in done.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--row", "1"], "--row and --model are for --graph or --draw"),
        (["--model", "champion"], "--row and --model are for --graph or --draw"),
        (["--row", "1", "--graph", "--break", "dz_dw"], "--break is not used by --graph"),
        (["--row", "1", "--graph", "--dtype", "float32"], "--dtype is not used by --graph"),
        (["--row", "1", "--draw", "x.png"], "must end in .svg or .dot"),
    ],
)
def test_options_that_a_graph_of_a_row_cannot_use_are_told_before_any_file_is_opened(
    run, options, message
):
    done = run("gradcheck", "there-is-no-such.csv", *options)
    assert done.code == 2
    assert message in done.err


def test_a_cell_that_the_model_cannot_use_is_told_beside_the_graph(run, trained, workdir):
    lines = (trained.parent / "students.csv").read_text(encoding="utf-8").splitlines()
    stream = lines[0].split(",").index("stream")
    cells = lines[2].split(",")
    cells[stream] = "MARINE"
    (workdir / "new.csv").write_text("\n".join([*lines[:2], ",".join(cells), *lines[3:]]))
    done = run("gradcheck", "new.csv", "--row", "2", "--graph", "--model", trained)
    assert done.code == 0
    assert "row 2, column stream: 'MARINE' was never seen in training" in done.err


def test_a_file_of_one_row_has_its_graph(run, trained, workdir):
    lines = (trained.parent / "students.csv").read_text(encoding="utf-8").splitlines()
    (workdir / "one.csv").write_text("\n".join(lines[:2]))
    document = run(
        "gradcheck", "one.csv", "--row", "1", "--graph", "--model", trained, "--json"
    ).json
    scored = run("predict", "one.csv", "--model", trained, "--json").json
    probability = {n["name"]: n["value"] for n in document["nodes"]}["ŷ"]
    assert probability == pytest.approx(scored[0]["probability"], rel=1e-14)  # torch's last bit


@pytest.mark.parametrize("how", [("--epsilon", "0.2"), ("--loss", "logits")])
def test_the_loss_of_a_row_is_the_one_its_model_was_trained_with(run, trained, workdir, how):
    sheet = trained.parent / "students.csv"
    quick = ("--no-track", "--optimizer", "gd", "--epochs", 30, "--sensitive", "", "--out", "own")
    assert run("train", sheet, *quick, *how).code == 0
    scored = run("predict", sheet, "--model", "own", "--json").json
    best = max(scored, key=lambda entry: entry["probability"])
    done = run(
        "gradcheck", sheet, "--row", best["row"], "--graph", "--model", "own", "--json",
        "--draw", "row.svg",
    )  # fmt: skip
    nodes = {node["name"]: node for node in done.json["nodes"]}
    assert (workdir / "row.svg").read_text(encoding="utf-8").startswith("<svg")
    if how[0] == "--epsilon":
        assert best["probability"] > 0.8
        assert nodes["p"]["value"] == 0.8
        assert nodes["b"]["gradient"] == nodes["b"]["autograd"] == 0
    else:
        assert "p" not in nodes
        error = best["probability"] - nodes["y"]["value"]
        assert nodes["b"]["gradient"] == pytest.approx(error, rel=1e-12)
        assert nodes["b"]["autograd"] == pytest.approx(error, rel=1e-12)

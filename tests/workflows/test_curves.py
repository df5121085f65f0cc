"""Training with curves, from the command to every road a model is used by."""

import re

import numpy as np
import pandas as pd
import pytest

from placement import TrainConfig, fit, load, read_table
from placement.tracking.pyfunc_model import write_model

CURVED = (
    "--spline",
    "age",
    "--spline",
    "cgpa:4",
    "--step",
    "cgpa:7.5",
    "--interaction",
    "age:branch",
)


def curved_students(rows=900, seed=5):
    """Students whose chance is best in the middle of one number and jumps at a value of another."""
    draw = np.random.default_rng(seed)
    age, cgpa = draw.normal(22, 2, rows).round(1), draw.uniform(5, 10, rows).round(2)
    branch = draw.choice(["CSE", "ECE"], rows)
    logit = 2.0 - 0.9 * (age - 22) ** 2 + 2.5 * (cgpa >= 7.5) - 1.0
    placed = draw.random(rows) < 1 / (1 + np.exp(-logit))
    age[draw.random(rows) < 0.03] = np.nan
    return pd.DataFrame({"age": age, "cgpa": cgpa, "branch": branch, "placed": placed.astype(int)})


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    path = tmp_path_factory.mktemp("curved") / "students.csv"
    curved_students().to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def model(sheet):
    """A bundle trained with every kind of column."""
    from placement.cli import run

    target = sheet.parent / "model"
    assert run(["train", str(sheet), "--no-track", "--quiet", "--out", str(target), *CURVED]) == 0
    return target


def test_a_curve_finds_what_a_line_cannot(run, sheet):
    train = ("train", sheet, "--no-track", "--optimizer", "newton", "--json", "--quiet")
    line = run(*train).json["metrics"]["log_loss"]
    bent = run(*train, "--spline", "age", "--spline", "cgpa").json["metrics"]["log_loss"]
    stepped = run(*train, "--spline", "age", "--step", "cgpa:7.5").json["metrics"]["log_loss"]
    assert bent < 0.75 * line
    assert stepped < 0.98 * bent  # the truth is a step


def test_the_curve_has_its_top_where_the_truth_has_it(model):
    fitted, grid = load(model), np.linspace(18, 26, 161)
    others = {"cgpa": np.full(161, 7.0), "branch": ["CSE"] * 161}
    chance = fitted.predict_proba({"age": grid, **others})
    assert grid[chance.argmax()] == pytest.approx(22, abs=0.5)
    assert chance[[0, -1]].max() < 0.3 * chance.max()
    pair = {"age": np.full(2, 22.0), "branch": ["CSE"] * 2, "cgpa": np.array([7.49, 7.5])}
    below, above = fitted.predict_proba(pair)
    assert above - below > 0.2


def test_the_same_command_twice_gives_the_same_bytes(run, sheet, model, tmp_path):
    again = run("train", sheet, "--no-track", "--out", tmp_path / "again", *CURVED)
    assert again.code == 0
    for name in ("fitted.json", "weights.safetensors"):
        assert (tmp_path / "again" / name).read_bytes() == (model / name).read_bytes()


def test_a_model_with_curves_scores_the_same_bits_on_every_road(run, sheet, model, tmp_path):
    from mlflow import pyfunc

    frame = pd.read_csv(sheet)
    write_model(model, tmp_path / "logged")
    logged = pyfunc.load_model(str(tmp_path / "logged"))
    rows = run("predict", sheet, "--model", model, "--json", "--quiet").json
    expected = [row["probability"] for row in rows]
    assert load(model).predict_proba(frame).tolist() == expected
    used = frame[["age", "cgpa", "branch"]]
    assert logged.predict(used)["placement_probability"].tolist() == expected
    assert set(logged.metadata.metadata["columns"]) == set(used.columns)
    for row in (0, 17, 801):
        some = logged.predict(used.iloc[[row]])["placement_probability"]
        assert some.tolist() == [expected[row]]


def test_a_bundle_with_curves_is_saved_as_it_was_read(model, tmp_path):
    load(model).save(tmp_path / "copy")
    for name in ("fitted.json", "weights.safetensors"):
        assert (tmp_path / "copy" / name).read_bytes() == (model / name).read_bytes()


def test_the_table_of_the_model_adds_up_to_the_logit(model):
    from placement.model.scorer import restricted_cubic

    fitted = load(model)
    row = {"age": 23.4, "cgpa": 7.8, "branch": "ECE"}
    values = {"cgpa": 7.8, "age": 23.4, "cgpa>=7.5": 1.0, "branch=ECE": 1.0, "age=(missing)": 0.0}
    for own in fitted.encoder.columns[:2]:
        functions = restricted_cubic(np.array([row[own.column]]), own.knots)
        values |= dict(zip(own.names[1:], (float(f[0]) for f in functions), strict=False))
    for name in fitted.encoder.names:
        if name.endswith(":branch=ECE"):
            values[name] = values[name.removesuffix(":branch=ECE")]
    values["age=(missing)"] = 0.0
    by_hand = fitted.natural_intercept
    by_hand += sum(own.coefficient * values[own.feature] for own in fitted.coefficients)
    logit = fitted.scorer.score({name: [cell] for name, cell in row.items()}).logit[0]
    assert by_hand == pytest.approx(logit, rel=1e-9)


def test_a_dry_run_says_how_each_column_is_used(run, sheet):
    document = run("train", sheet, "--no-track", "--dry-run", "--json", *CURVED).json
    assert [(own["column"], own["kind"]) for own in document["curves"]] == [
        ("age", "spline"), ("cgpa", "spline"), ("cgpa", "step"), ("age:branch", "interaction"),
    ]  # fmt: skip
    age, cgpa = (", ".join(f"{k:g}" for k in own["knots"]) for own in document["curves"][:2])
    said = run("train", sheet, "--no-track", "--dry-run", "-v", *CURVED).out
    assert f"number, spline of 5 knots at {age}\n" in said
    assert f"number, spline of 4 knots at {cgpa}, step at 7.5" in said
    assert re.search("age:branch +interaction, 4 products", said)
    assert document["encoded"][:5] == [
        "age",
        "age.spline2",
        "age.spline3",
        "age.spline4",
        "age=(missing)",
    ]


def test_what_is_left_out_is_warned_of_and_strict_makes_it_an_error(run, sheet):
    train = ("train", sheet, "--no-track", "--dry-run", "--step", "cgpa:20")
    assert "--step cgpa:20 is left out" in run(*train).err
    assert run(*train, "--strict").code == 3


def test_options_of_curves_come_from_a_file_and_the_environment_too(
    run, sheet, tmp_path, monkeypatch
):
    config = tmp_path / "curves.toml"
    config.write_text('spline = ["age:4"]\nstep = ["cgpa:7.5"]\n')
    monkeypatch.setenv("PLACEMENT_INTERACTION", "age:cgpa")
    done = run("train", sheet, "--no-track", "--dry-run", "--json", "--config", config)
    assert [own["kind"] for own in done.json["curves"]] == ["spline", "step", "interaction"]


@pytest.mark.parametrize(
    ("option", "code"), [("--spline=cgap", 3), ("--spline=branch", 3), ("--step=cgpa", 2)]
)
def test_errors_have_the_exit_code_of_their_branch(run, sheet, option, code):
    assert run("train", sheet, "--no-track", "--dry-run", option).code == code


def three_valued(rows=300):
    draw = np.random.default_rng(0)
    years = draw.integers(1, 4, rows).astype(float)
    cgpa = draw.normal(7, 1, rows).round(2)
    placed = draw.random(rows) < 1 / (1 + np.exp(-(cgpa - 7) - (years == 2)))
    return pd.DataFrame({"level": years, "cgpa": cgpa, "placed": placed.astype(int)})


def test_a_spline_of_three_values_has_one_bend_and_the_rest_is_aliased_without_a_penalty():
    frame = three_valued()
    how = {"l2": 0.0, "test_size": 0.0}
    bent = fit(read_table(frame), TrainConfig(spline=("level",), **how))
    assert bent.aliased == ("level.spline3", "level.spline4")
    as_words = fit(read_table(frame, categorical=("level",)), TrainConfig(**how))
    np.testing.assert_allclose(
        bent.predict_proba(frame), as_words.predict_proba(frame), rtol=0, atol=1e-7
    )
    with_penalty = fit(read_table(frame), TrainConfig(spline=("level",), test_size=0.0))
    assert with_penalty.figures.converged


def test_the_table_adds_up_where_an_aliased_column_is_part_of_a_product():
    frame = three_valued()
    frame.insert(1, "twice", 2 * frame["level"])
    how = TrainConfig(interaction=("twice:cgpa",), l2=0.0, test_size=0.0)
    fitted = fit(read_table(frame), how)
    assert fitted.aliased == ("twice",)
    columns = {**frame, "twice:cgpa": frame["twice"] * frame["cgpa"]}
    by_hand = fitted.natural_intercept
    by_hand += sum(own.coefficient * columns[own.feature] for own in fitted.coefficients)
    assert by_hand.to_numpy() == pytest.approx(fitted.scorer.score(frame).logit, rel=1e-9)


def test_a_spline_fits_what_scikit_learn_fits_on_an_independent_basis():
    """Natural cubic splines on the same knots span the same curves, whatever their basis."""
    from scipy.interpolate import CubicSpline
    from sklearn.linear_model import LogisticRegression

    frame = curved_students().dropna().drop(columns=["branch", "cgpa"])
    fitted = fit(read_table(frame), TrainConfig(spline=("age:6",), l2=0.0, test_size=0.0))
    knots = np.array(fitted.encoder.columns[0].knots)
    age = frame["age"].to_numpy()
    cardinal = CubicSpline(knots, np.eye(len(knots)), bc_type="natural")
    inside = cardinal(np.clip(age, knots[0], knots[-1]))
    below, above = np.minimum(age - knots[0], 0), np.maximum(age - knots[-1], 0)
    basis = (
        inside + np.outer(below, cardinal(knots[0], 1)) + np.outer(above, cardinal(knots[-1], 1))
    )
    referee = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000, fit_intercept=False)
    referee.fit(basis, frame["placed"])
    np.testing.assert_allclose(
        fitted.predict_proba(frame), referee.predict_proba(basis)[:, 1], rtol=0, atol=1e-6
    )

import hashlib
import io
import subprocess
import sys
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from placement.data.encoding.encoder import Encoder
from placement.data.schema import Feature, Schema, Target
from placement.evaluation.calibration.reliability import reliability_bins
from placement.model.fitted import Fitted
from placement.model.history import Epoch
from placement.model.scorer import CategoryColumn, NumberColumn
from placement.reporting.plots import training_plots
from placement.reporting.plots.grade_bins import GradeRows, choose_column, grade_of, summed_up
from tests.figures import model_figures

FILES = [
    "loss.png",
    "roc.png",
    "precision_recall.png",
    "reliability.png",
    "decision_curve.png",
    "coefficients.png",
    "probability_by_grade.png",
]


def epoch(number, stage="gd", held_out=None):
    loss = 0.4 + 0.29 * 0.9**number
    return Epoch(number, stage, loss, loss, 0.1, 0.1, 0, 0, None, None, held_out, np.zeros(1), 0.0)


HISTORY = [epoch(k, "gd" if k < 20 else "newton", 0.5) for k in range(24)]


def sample(n=300, seed=1):
    rng = np.random.default_rng(seed)
    p = rng.random(n)
    return p, (rng.random(n) < p).astype(float)


def model(gap=0.2):
    columns = (
        NumberColumn("cgpa", 7.0, 0.9, 0.0, 10.0, 10.0, gap),
        CategoryColumn(
            "branch", ("CSE", "ECE"), rare=False, missing=False, shares=(0.6, 0.4), numeric=False
        ),
        NumberColumn("aptitude", 60.0, 15.0, 0.0, 100.0, 100.0, None),
    )
    features = (
        Feature("cgpa", "number", 10.0),
        Feature("branch", "category"),
        Feature("aptitude", "number", 100.0),
    )
    return Fitted(
        weights=np.array([1.2, -0.3, 0.5, 2.0]),
        intercept=0.1,
        aliased=(),
        encoder=Encoder(columns),
        schema=Schema(Target("status", "Placed", "Not Placed"), features, ()),
        config={},
        figures=model_figures(),
    )


def drawn(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def draw(directory, **changes):
    p, y = sample()
    given = {
        "history": HISTORY,
        "probability": p,
        "label": y,
        "names": ["cgpa", "branch=ECE"],
        "coefficients": [1.2, -0.3],
        "grade": grade_of("cgpa", graded(5 + 5 * p, p, y)),
    }
    return training_plots.draw_all(directory, training_plots.Pictures(**{**given, **changes}))


def test_all_pictures_are_written_and_can_be_opened(tmp_path):
    paths = draw(tmp_path / "plots")
    assert [path.name for path in paths] == FILES
    for path in paths:
        height, width, _ = drawn(path.read_bytes()).shape
        assert min(width, height) > 300


def test_the_same_numbers_give_the_same_bytes(tmp_path):
    one, other = draw(tmp_path / "a"), draw(tmp_path / "b")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


def test_bytes_are_those_of_another_process_that_draws_without_pyplot():
    png = training_plots.coefficient_plot(["a", "b"], [1.0, -2.0])
    assert b"Software" not in png  # nor do they name the drawing program
    code = (
        "import hashlib, sys\n"
        "from placement.reporting.plots.training_plots import coefficient_plot\n"
        "print(hashlib.sha256(coefficient_plot(['a', 'b'], [1.0, -2.0])).hexdigest())\n"
        "assert 'matplotlib.backends.backend_agg' in sys.modules\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(png).hexdigest()


def test_what_has_no_numbers_has_no_picture(tmp_path):
    paths = draw(
        tmp_path,
        history=(),
        probability=[0.2, 0.9],
        label=[1, 1],
        grade=None,
        coefficients=[None, None],
    )
    assert paths == []


def test_the_style_of_the_caller_is_left_as_it_was():
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 17, "axes.grid": False}):
        training_plots.coefficient_plot(["a"], [1.0])
        assert (mpl.rcParams["font.size"], mpl.rcParams["axes.grid"]) == (17, False)


def test_both_stages_of_auto_are_marked(monkeypatch):
    seen = lines_drawn(monkeypatch, lambda: training_plots.loss_curve(HISTORY))
    assert "training rows, gradient descent" in seen
    assert "training rows, Newton" in seen
    assert "held-out rows" in seen
    alone = lines_drawn(
        monkeypatch, lambda: training_plots.loss_curve([epoch(k) for k in range(5)])
    )
    assert alone == ["training rows, gradient descent"]


def lines_drawn(monkeypatch, make):
    from matplotlib.axes import Axes

    labels, legend = [], Axes.legend

    def spy(axes, *args, **kwargs):
        labels[:] = axes.get_legend_handles_labels()[1]
        return legend(axes, *args, **kwargs)

    monkeypatch.setattr(Axes, "legend", spy)
    make()
    return labels


def test_a_history_of_one_epoch_and_one_with_gaps_can_be_drawn():
    assert training_plots.loss_curve([epoch(0)])
    assert training_plots.loss_curve([epoch(0), replace(epoch(1), loss=float("nan")), epoch(2)])


@pytest.mark.parametrize("n", [6, 23, 200])
def test_curves_over_rows_move_by_five_rows_at_least(n):
    p, y = sample(n)
    seen = training_plots._cumulated(p, y, None, None)
    steps = np.diff((seen.hits + seen.alarms)[seen.steps])
    assert (steps >= 5).all()
    assert seen.hits[-1] + seen.alarms[-1] == n
    assert seen.steps[-1] == len(seen.hits) - 1


def test_equal_probabilities_are_one_step_of_the_curves():
    p = np.repeat([0.9, 0.5, 0.1], [7, 9, 6])
    seen = training_plots._cumulated(p, np.arange(22) % 2, None, None)
    assert (seen.hits + seen.alarms).tolist() == [0, 7, 16, 22]


def test_names_with_dollars_or_in_any_script_draw_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert training_plots.coefficient_plot(
            ["fee ($\\frac$)", "மதிப்பெண்", "x_{1}", "अंक"], [1.0, -1, 0.5, 0]
        )


def test_at_most_thirty_coefficients_are_drawn_and_the_largest_are_kept():
    many = training_plots.coefficient_plot([f"c{k}" for k in range(60)], list(range(60)))
    thirty = training_plots.coefficient_plot([f"c{k}" for k in range(30, 60)], list(range(30, 60)))
    assert drawn(many).shape == drawn(thirty).shape


def graded(grade, probability, label, weight=None):
    return GradeRows(grade, probability, label, np.ones(len(grade)) if weight is None else weight)


@pytest.mark.parametrize("n", [0, 4, 5, 57])
def test_dots_against_the_grade_stand_for_five_students_at_least(n):
    p, y = sample(n)
    grade = grade_of("cgpa", graded(5 + 5 * p, p, y))
    assert all(item.rows >= 5 for item in grade.bins)
    assert sum(item.rows for item in grade.bins) == (n if n >= 5 else 0)


def test_rows_without_a_grade_or_weight_are_in_no_dot():
    p, y = sample(100)
    grade = np.where(np.arange(100) < 20, np.nan, 5 + 5 * p)
    weight = (np.arange(100) < 60).astype(float)
    assert sum(item.rows for item in grade_of("cgpa", graded(grade, p, y, weight)).bins) == 40


def test_each_dot_stands_beside_the_mean_of_what_was_said_of_its_students():
    p, y = sample(57)
    grade = np.round(5 + 5 * np.random.default_rng(3).random(57), 1)
    shown = grade_of("cgpa", graded(grade, p, y))
    said = pd.DataFrame({"grade": grade, "p": p, "y": y})
    ends = np.cumsum([one.rows for one in shown.bins])
    said["bin"] = np.searchsorted(ends, said["grade"].rank(method="min") - 1, side="right")
    means = said.groupby("bin").mean()
    assert shown.chance == pytest.approx(means["p"].tolist())
    assert [one.observed for one in shown.bins] == pytest.approx(means["y"].tolist())
    assert [one.predicted for one in shown.bins] == pytest.approx(means["grade"].tolist())


def test_many_rows_summed_up_first_give_the_same_picture():
    p, y = sample(500)
    rows = graded(np.round(5 + 5 * p, 1), p, y)
    plain, summed = grade_of("cgpa", rows), grade_of("cgpa", summed_up([rows], 5.0, 10.0))
    assert summed.chance == pytest.approx(plain.chance)
    assert [one.rows for one in summed.bins] == [one.rows for one in plain.bins]


def test_the_grade_is_the_cgpa_where_there_is_one_else_a_scaled_column():
    fitted = model()
    assert choose_column(fitted) == "cgpa"
    without = replace(
        fitted,
        encoder=Encoder(fitted.encoder.columns[1:]),
        weights=fitted.weights[2:],
        schema=replace(fitted.schema, features=fitted.schema.features[1:]),
    )
    assert choose_column(without) == "aptitude"
    categories = replace(without, encoder=Encoder(without.encoder.columns[:1]))
    assert choose_column(replace(categories, weights=without.weights[:1])) is None


def test_of_fewer_than_five_students_no_picture_by_grade_is_drawn():
    few = graded(np.array([7.0, 8.0]), np.array([0.4, 0.6]), np.array([0.0, 1.0]))
    assert training_plots.grade_plot(grade_of("cgpa", few)) is None


def test_no_text_stands_on_a_marker(monkeypatch):
    from matplotlib.axes import Axes

    monkeypatch.setattr(Axes, "annotate", lambda *_a, **_k: pytest.fail("a label on a marker"))
    p, y = sample()
    assert training_plots.grade_plot(grade_of("cgpa", graded(5 + 5 * p, p, y)))
    assert training_plots.reliability_diagram(reliability_bins(p, y))


def test_a_diagram_without_five_rows_is_not_drawn():
    p, y = sample(4)
    assert training_plots.reliability_diagram(reliability_bins(p, y)) is None

import numpy as np
import pandas as pd
import pytest
import torch

from placement.data.encoding.encoder import learn_encoder
from placement.data.schema import Feature, Schema, Target
from placement.data.table.read_table import read_table
from placement.errors import DataError
from placement.evaluation.evaluate import evaluate, evaluate_probabilities, forward
from placement.model.fitted import Fitted
from placement.model.perceptron import Perceptron
from placement.model.scorer import Isotonic, Platt
from placement.stats.metrics import metrics
from tests.figures import model_figures

SCHEMA = Schema(
    Target("status", "Placed", "Not Placed"),
    (Feature("cgpa", "number", 10.0), Feature("branch", "category")),
    (),
)


def columns(n=400, seed=6):
    rng = np.random.default_rng(seed)
    cgpa = rng.normal(7, 1, n)
    cgpa[::17] = np.nan
    branch = rng.choice(np.array(["CSE", "ECE", "MECH", None], dtype=object), n)
    return {"cgpa": cgpa, "branch": branch}


def table(n=400, weight=None):
    given = columns(n)
    rng = np.random.default_rng(8)
    chance = 1 / (1 + np.exp(-np.nan_to_num(given["cgpa"], nan=7) + 7))
    frame = pd.DataFrame({**given, "status": np.where(rng.random(n) < chance, "yes", "no")})
    if weight is None:
        return read_table(frame)
    return read_table(frame.assign(weight=weight), weight="weight")


def fitted(scale=1.0, **changes):
    encoder = learn_encoder(columns(), SCHEMA, np.ones(400))
    weights = scale * np.linspace(1.5, -0.7, len(encoder.names))
    given = {"config": {}, "figures": model_figures(base_rate=0.45), **changes}
    return Fitted(
        weights=weights, intercept=0.2, aliased=(), encoder=encoder, schema=SCHEMA, **given
    )


@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_the_perceptron_and_the_scorer_agree_to_twelve_digits(scale):
    model = fitted(scale)
    np.testing.assert_allclose(
        forward(model, columns()), model.predict_proba(columns()), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize(
    "calibration", [Platt(0.6, -0.4), Isotonic((-2.0, 0.0, 2.5), (0.1, 0.3, 0.9))]
)
@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_a_calibrated_model_is_calibrated_by_the_perceptron_and_the_scorer_alike(
    calibration, scale
):
    model, plain = fitted(scale, calibration=calibration), fitted(scale)
    found = forward(model, columns())
    np.testing.assert_allclose(found, model.predict_proba(columns()), rtol=0, atol=1e-12)
    assert np.abs(found - forward(plain, columns())).max() > 0.05
    assert evaluate(model, table()).metrics != evaluate(plain, table()).metrics


def test_the_forward_pass_is_the_perceptrons_and_records_no_graph(monkeypatch):
    seen = []

    def spy(self, x):
        seen.append(torch.is_grad_enabled())
        return torch.full((len(x),), 0.25, dtype=torch.float64)

    monkeypatch.setattr(Perceptron, "forward", spy)
    assert (forward(fitted(), columns()) == 0.25).all()
    assert seen == [False]


def test_an_evaluation_has_the_figures_of_the_models_probabilities():
    model, given = fitted(), table()
    found = evaluate(model, given)
    assert found.metrics == metrics(forward(model, given.columns), given.label)
    assert found.rows == 400
    assert found.base_rate == pytest.approx(given.label.mean())
    assert sum(found.confusion.as_dict().values()) == 400
    assert found.intervals["roc_auc"][0] < found.metrics.roc_auc < found.intervals["roc_auc"][1]
    assert sum(item.rows for item in found.calibration.bins) == 400
    assert "Wilson's" in found.method


def test_skill_is_against_the_base_rate_of_the_training_rows():
    given = table()
    found = evaluate(fitted(), given).skill
    constant = np.full(400, 0.45)
    assert found.base_log_loss == pytest.approx(metrics(constant, given.label).log_loss)


def test_the_threshold_is_the_models_unless_another_is_asked_for():
    model = fitted(threshold=0.3)
    assert evaluate(model, table()).threshold == 0.3
    found = evaluate(model, table(), threshold=0.9)
    assert found.threshold == 0.9
    assert found.confusion.tp + found.confusion.fp < 40


def test_weights_of_the_table_count():
    weight = (np.arange(400) < 150).astype(float)
    found = evaluate(fitted(), table(weight=weight))
    assert found.rows == 150
    first = table().label[:150]
    assert found.base_rate == pytest.approx(first.mean())


def test_headers_are_matched_as_forgivingly_as_by_the_scorer():
    model, given = fitted(), columns()
    renamed = {" CGPA": given["cgpa"], "Branch": given["branch"]}
    np.testing.assert_array_equal(forward(model, renamed), forward(model, given))


def test_a_lacking_column_is_named():
    with pytest.raises(DataError, match="lacks the column branch"):
        forward(fitted(), {"cgpa": np.array([7.0])})


def test_probabilities_alone_can_be_evaluated_without_torch():
    found = evaluate_probabilities([0.9, 0.2, 0.6, 0.4], [1, 0, 1, 0], training_base_rate=0.5)
    assert found.metrics.roc_auc == 1
    assert found.calibration.bins == ()
    assert found.skill.gain > 0


def test_a_student_on_several_rows_counts_once_in_the_gain():
    rows = {name: np.repeat(cells, 4) for name, cells in columns(100).items()}
    frame = pd.DataFrame({**rows, "status": np.repeat(np.arange(100) % 2, 4)})
    students = frame.assign(**{"Register No": np.repeat(np.arange(7000, 7100), 4)})
    alone, together = (evaluate(fitted(), read_table(rows)).skill for rows in (frame, students))
    assert together.gain == alone.gain
    assert together.high - together.low == pytest.approx(2 * (alone.high - alone.low), rel=0.1)


def test_the_same_seed_gives_the_same_evaluation():
    assert evaluate(fitted(), table(), seed=3) == evaluate(fitted(), table(), seed=3)

"""Why a student has this chance, and what would have to be different."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from placement.config.train_config import TrainConfig
from placement.data.schema import Feature, Schema, Target
from placement.data.table.read_table import read_table
from placement.errors import DataError, UsageError
from placement.evaluation.explanation.actionable import better, changeable
from placement.evaluation.explanation.contributions import explain, reasons
from placement.evaluation.explanation.counterfactual import counterfactual
from placement.training.fit import fit


def students(rows=500, seed=0):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame(
        {
            "cgpa": rng.normal(7, 1, rows).clip(4, 10).round(2),
            "ssc_p": rng.normal(70, 8, rows).round(1),
            "mba_p": rng.normal(62, 6, rows).round(1),
            "active_backlogs": rng.poisson(0.7, rows),
            "internships": rng.poisson(1, rows),
            "PlacementTraining": rng.choice(["Yes", "No"], rows),
            "branch": rng.choice(["CSE", "ECE", "MECH"], rows),
        }
    )
    z = (
        1.2 * (data["cgpa"] - 7)
        + 0.08 * (data["ssc_p"] - 70)
        - 0.15 * (data["mba_p"] - 62)
        - 0.6 * data["active_backlogs"]
        + 0.5 * data["internships"]
        + 0.9 * (data["PlacementTraining"] == "Yes")
    )
    data["placed"] = (rng.random(rows) < expit(z)).astype(int)
    data.loc[rng.random(rows) < 0.1, "ssc_p"] = np.nan
    return data


@pytest.fixture(scope="module")
def trained():
    table = read_table(students())
    return table, fit(table, TrainConfig(test_size=0.0))


def cells_of(table, row):
    return {name: table.columns[name][row] for name in table.schema.feature_names}


def test_contributions_and_the_average_student_add_up_to_the_logit(trained):
    table, fitted = trained
    found = explain(fitted, table.columns)
    total = found.average + found.contributions.sum(axis=1)
    assert np.abs(total - found.logit).max() < 1e-12
    assert found.columns == table.schema.feature_names  # a column with its indicator is one
    assert found.probability == pytest.approx(expit(found.logit), abs=1e-15)


def test_an_average_student_has_no_reasons(trained):
    table, fitted = trained
    found = explain(fitted, table.columns)
    assert np.abs(found.contributions.mean(axis=0)).max() < 1e-12
    assert found.average == pytest.approx(found.logit.mean())


def test_reasons_are_the_largest_contributions_in_words(trained):
    table, fitted = trained
    found = explain(fitted, table.columns)
    said = reasons(fitted, found, table.columns)
    for row in range(40):
        sizes = np.abs(found.contributions[row])
        largest = [found.columns[k] for k in np.argsort(-sizes, kind="stable")[: len(said[row])]]
        assert [text.split(" ")[0] for text in said[row]] == largest
        for text, name in zip(said[row], largest, strict=True):
            up = found.contributions[row, found.columns.index(name)] > 0
            assert text.endswith("raises the chance" if up else "lowers the chance")
    gap = int(np.flatnonzero(np.isnan(table.columns["ssc_p"]))[0])
    place = found.columns.index("ssc_p")
    text = [t for t in said[gap] if t.startswith("ssc_p")]
    assert not text or text[0].startswith("ssc_p not known")
    assert place >= 0


def test_every_what_if_that_is_reached_reaches_its_target_when_it_is_scored(trained):
    table, fitted = trained
    features = changeable(fitted.schema)
    seen = set()
    for row in range(120):
        student = cells_of(table, row)
        for own in counterfactual(fitted, student, features, 0.7):
            seen.add(own.verdict)
            if own.verdict != "reached":
                continue
            changed = {name: [cell] for name, cell in {**student, own.column: own.value}.items()}
            scored = fitted.scorer.score(changed, errors=True)
            assert scored.probability[0] >= 0.7
            assert scored.probability[0] == own.probability
            assert (own.low, own.high) == tuple(limit[0] for limit in scored.interval)
    assert {"reached", "already", "out of reach", "no advice", "at its best"} <= seen


def test_it_is_the_smallest_change_in_steps_that_make_sense(trained):
    table, fitted = trained
    by_name = {f.name: f for f in fitted.schema.features}
    steps = {"cgpa": 0.01, "internships": 1, "active_backlogs": -1}
    checked = set()
    for row in range(200):
        student = cells_of(table, row)
        for own in counterfactual(fitted, student, [by_name[name] for name in steps], 0.6):
            if own.verdict != "reached":
                continue
            checked.add(own.column)
            less = own.value - steps[own.column]
            if (less - own.now) * steps[own.column] > 0:
                before = {n: [c] for n, c in {**student, own.column: less}.items()}
                assert fitted.scorer.score(before).probability[0] < 0.6
            assert (own.value - own.now) * steps[own.column] > 0
            if own.column != "cgpa":
                assert own.value == int(own.value) >= 0
    assert checked == set(steps)


def test_the_value_of_a_straight_column_is_the_one_worked_out_by_hand(trained):
    table, fitted = trained
    (feature,) = (f for f in fitted.schema.features if f.name == "cgpa")
    slope = next(c.coefficient for c in fitted.coefficients if c.feature == "cgpa")
    row = int(np.argmin(np.abs(fitted.predict_proba(table.columns) - 0.5)))
    student = cells_of(table, row)
    (own,) = counterfactual(fitted, student, [feature], 0.7)
    now = fitted.scorer.score({n: [c] for n, c in student.items()}).logit[0]
    exact = student["cgpa"] + (logit(0.7) - now) / slope
    assert exact <= own.value < exact + 0.01
    assert own.earliest <= own.value <= own.latest


def test_a_weight_of_the_wrong_sign_is_no_advice_and_never_lower_it(trained):
    table, fitted = trained
    (feature,) = (f for f in fitted.schema.features if f.name == "mba_p")
    assert next(c.coefficient for c in fitted.coefficients if c.feature == "mba_p") < 0
    for row in range(60):
        (own,) = counterfactual(fitted, cells_of(table, row), [feature], 0.95)
        assert own.verdict in {"no advice", "already"}
        assert own.value is None


def test_a_yes_or_no_can_only_become_a_yes(trained):
    table, fitted = trained
    (feature,) = (f for f in fitted.schema.features if f.name == "PlacementTraining")
    for row in range(100):
        student = cells_of(table, row)
        (own,) = counterfactual(fitted, student, [feature], 0.7)
        if own.verdict == "reached":
            assert (own.now, own.value) == ("No", "Yes")
        if student["PlacementTraining"] == "Yes":
            assert own.verdict in {"at its best", "already"}


def test_values_stay_in_the_training_range(trained):
    table, fitted = trained
    (feature,) = (f for f in fitted.schema.features if f.name == "cgpa")
    student = {**cells_of(table, 0), "cgpa": 4.0, "internships": 0, "active_backlogs": 5}
    (own,) = counterfactual(fitted, student, [feature], 0.99)
    assert own.verdict == "out of reach"
    top = fitted.scorer.score({n: [c] for n, c in {**student, "cgpa": 10.0}.items()}).probability
    assert own.best == pytest.approx(top[0])


def test_what_can_be_changed_is_known_by_its_name(trained):
    _, fitted = trained
    found = [feature.name for feature in changeable(fitted.schema)]
    assert found == ["cgpa", "mba_p", "active_backlogs", "internships", "PlacementTraining"]
    assert better("Active Backlogs") == "less"
    assert better("cgpa") == "more"
    assert [f.name for f in changeable(fitted.schema, ("CGPA", "branch"))] == ["cgpa", "branch"]
    with pytest.raises(DataError, match="did you mean 'cgpa'"):
        changeable(fitted.schema, ("cgap",))
    with pytest.raises(UsageError, match="past marks"):
        changeable(fitted.schema, ("ssc_p",))


def test_whole_numbers_stay_whole():
    data = students()
    data["aptitude"] = (data["cgpa"] * 10).round()
    fitted = fit(read_table(data.drop(columns="cgpa")), TrainConfig(test_size=0.0))
    (feature,) = (f for f in fitted.schema.features if f.name == "aptitude")
    table = read_table(data.drop(columns="cgpa"))
    found = [
        own.value
        for row in range(100)
        for own in counterfactual(fitted, cells_of(table, row), [feature], 0.7)
        if own.verdict == "reached"
    ]
    assert len(found) > 10
    assert all(value == int(value) for value in found)


@pytest.mark.parametrize(
    "name",
    ["previous_cgpa", "tenth score", "10th_test", "Entrance Test", "HistoryOfBacklogs", "IQ score"],
)
def test_what_is_past_is_not_changeable_though_its_name_speaks_of_a_test_or_grade(name):
    target = Target("placed", "1", "0", None)
    schema = Schema(target, (Feature(name, "number", None), Feature("cgpa", "number", 10.0)), ())
    assert [feature.name for feature in changeable(schema)] == ["cgpa"]


def test_nobody_is_advised_to_change_what_he_is():
    data = students().assign(age=np.random.default_rng(0).integers(20, 25, 500))
    fitted = fit(read_table(data), TrainConfig(test_size=0.0))
    assert "age" not in [feature.name for feature in changeable(fitted.schema)]
    with pytest.raises(UsageError, match="personal attribute"):
        changeable(fitted.schema, ("age",))


@pytest.fixture(scope="module")
def of_two_scales():
    data = students(300, seed=4)
    data["cgpa"] = np.where(np.arange(len(data)) % 2, data["cgpa"], data["cgpa"] * 10)
    return fit(read_table(data, mixed_scale=["cgpa:10"]), TrainConfig(test_size=0.0))


def typed(cgpa):
    rest = ("ssc_p", "60"), ("mba_p", "60"), ("active_backlogs", "0"), ("internships", "1")
    return {"cgpa": cgpa, **dict(rest), "PlacementTraining": "Yes", "branch": "CSE"}


def test_a_student_has_the_same_reasons_on_either_scale(of_two_scales):
    both = {
        name: [cell, other]
        for (name, cell), other in zip(typed("6.1").items(), typed("61").values(), strict=True)
    }
    for student in (typed("6.1"), typed("61")):
        found = explain(of_two_scales, {name: [cell] for name, cell in student.items()})
        scored = of_two_scales.scorer.score({name: [cell] for name, cell in student.items()})
        assert found.average + found.contributions.sum() == pytest.approx(scored.logit[0])
    first, second = reasons(of_two_scales, explain(of_two_scales, both), both)
    assert any(re.match(r"cgpa 6\.1 \(average 7\.1\d?\)", text) for text in first)
    assert any(re.match(r"cgpa 61 \(average 71(\.\d)?\)", text) for text in second)


def test_a_change_is_named_on_the_scale_of_the_cell(of_two_scales):
    feature = changeable(of_two_scales.schema, ["cgpa"])
    (of_ten,) = counterfactual(of_two_scales, typed("6.1"), feature, 0.9)
    (of_hundred,) = counterfactual(of_two_scales, typed("61"), feature, 0.9)
    assert of_ten.verdict == of_hundred.verdict == "reached"
    assert (of_ten.now, of_hundred.now) == (6.1, 61)
    assert of_ten.value == pytest.approx(of_hundred.value / 10)
    assert of_ten.probability == of_hundred.probability

import inspect
import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import skops.io
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from placement.config.train_config import TrainConfig
from placement.estimator import PlacementClassifier


@parametrize_with_checks([PlacementClassifier(), PlacementClassifier(optimizer="auto")])
def test_scikit_learn_finds_nothing_to_exempt(estimator, check):
    check(estimator)


def sample(n=400, seed=2):
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.normal(7, 1, n), rng.normal(60, 15, n), rng.integers(0, 3, n)])
    z = 1.3 * (X[:, 0] - 7) + 0.04 * (X[:, 1] - 60) + 0.5 * X[:, 2] - 0.4
    return X, (rng.random(n) < 1 / (1 + np.exp(-z))).astype(int)


def frame(n=400):
    X, y = sample(n)
    rng = np.random.default_rng(9)
    table = pd.DataFrame(X, columns=["cgpa", "aptitude", "internships"])
    table["branch"] = rng.choice(["CSE", "ECE", "MECH"], n)
    return table, np.where(y == 1, "Placed", "Not Placed")


def test_every_parameter_and_default_is_that_of_the_settings_but_three():
    defaults = {f: v.default for f, v in TrainConfig.__dataclass_fields__.items()}
    parameters = inspect.signature(PlacementClassifier).parameters
    differing = {n for n, p in parameters.items() if p.default != defaults[n]}
    assert differing == {"optimizer", "class_weight", "dtype"}


@pytest.mark.parametrize("optimizer", ["newton", "auto", "lbfgs"])
def test_l2_of_one_is_scikit_learns_c_of_one_on_standardised_columns(optimizer):
    X, y = sample()
    ours = PlacementClassifier(optimizer=optimizer).fit(X, y)
    referee = make_pipeline(StandardScaler(), LogisticRegression(C=1, tol=1e-10)).fit(X, y)
    assert ours.converged_
    np.testing.assert_allclose(ours.coef_standardised_, referee[-1].coef_, atol=1e-6)
    np.testing.assert_allclose(ours.predict_proba(X), referee.predict_proba(X), atol=1e-6)


def test_coefficients_and_intercept_are_in_the_units_of_x():
    X, y = sample()
    model = PlacementClassifier().fit(X, y)
    by_hand = X @ model.coef_[0] + model.intercept_[0]
    np.testing.assert_allclose(model.decision_function(X), by_hand, atol=1e-10)
    in_percent = PlacementClassifier().fit(X * [10, 1, 1], y)
    np.testing.assert_allclose(in_percent.coef_ * [10, 1, 1], model.coef_, rtol=1e-8)


def test_sample_weights_are_repetitions_with_balanced_classes_too():
    X, y = sample()
    weight = np.arange(400) % 3
    weighted = PlacementClassifier(class_weight="balanced").fit(X, y, sample_weight=weight)
    repeated = PlacementClassifier(class_weight="balanced").fit(
        np.repeat(X, weight, axis=0), np.repeat(y, weight)
    )
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-7)


def test_labels_may_be_words_and_the_second_in_order_is_positive():
    X, y = frame()
    model = PlacementClassifier().fit(X[["cgpa", "aptitude"]], y)
    assert model.classes_.tolist() == ["Not Placed", "Placed"]
    assert model.coef_[0, 0] > 0
    assert set(model.predict(X[["cgpa", "aptitude"]])) == {"Not Placed", "Placed"}


@pytest.mark.parametrize("dtype", ["object", "string", "category"])
def test_a_frame_may_hold_columns_of_words(dtype):
    X, y = frame()
    model = PlacementClassifier().fit(X.astype({"branch": dtype}), y)
    names = ["cgpa", "aptitude", "internships", "branch=ECE", "branch=MECH"]
    assert model.encoded_feature_names_.tolist() == names
    assert model.feature_names_in_.tolist() == list(X.columns)
    assert model.n_features_in_ == 4
    dummies = np.column_stack(
        [StandardScaler().fit_transform(X.iloc[:, :3]), X.branch == "ECE", X.branch == "MECH"]
    )
    referee = LogisticRegression(C=1, tol=1e-10).fit(dummies, y)
    np.testing.assert_allclose(model.coef_standardised_, referee.coef_, atol=1e-6)
    shuffled_rows = X.sample(frac=1, random_state=0)
    np.testing.assert_array_equal(
        model.predict_proba(shuffled_rows), model.predict_proba(X)[shuffled_rows.index]
    )


def test_a_frame_with_other_columns_than_in_fit_is_refused():
    X, y = frame()
    model = PlacementClassifier().fit(X, y)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X.rename(columns={"cgpa": "gpa"}))


def test_a_missing_number_beside_words_is_refused_and_a_missing_word_is_a_level():
    X, y = frame()
    X.loc[:9, "branch"] = None
    assert "branch=(missing)" in PlacementClassifier().fit(X, y).encoded_feature_names_
    X.loc[[0, 7], "cgpa"] = np.nan
    with pytest.raises(ValueError, match=r"contains NaN in column 'cgpa' \(2 cells\): leave"):
        PlacementClassifier().fit(X, y)


@pytest.mark.parametrize(("cell", "words"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_a_cell_that_is_no_finite_number_is_named_by_its_column(cell, words):
    (X, y), numbers = frame(), ["cgpa", "aptitude"]
    X.loc[3, "aptitude"] = cell
    for samples, name in ((X, "aptitude"), (X[numbers], "aptitude"), (X[numbers].to_numpy(), "x1")):
        with pytest.raises(ValueError, match=rf"{words}.* in column '{name}' \(1 cell\)"):
            PlacementClassifier().fit(samples, y)
    model = PlacementClassifier().fit(X[numbers].fillna(60).clip(upper=99), y)
    with pytest.raises(ValueError, match=rf"{words}.* in column 'aptitude'"):
        model.predict(X[numbers])


def test_a_label_that_is_missing_is_refused_beside_words_too():
    X, y = frame()
    labels = pd.Series(y, dtype=object).where(np.arange(400) > 3)
    for samples in (X, X[["cgpa"]]):
        with pytest.raises(ValueError, match="contains NaN"):
            PlacementClassifier().fit(samples, labels)


def test_whole_numbers_that_may_be_missing_are_numbers_beside_words():
    X, y = frame()
    whole = X.astype({"internships": "Int64"})
    model = PlacementClassifier().fit(X, y)
    np.testing.assert_array_equal(PlacementClassifier().fit(whole, y).coef_, model.coef_)
    whole.loc[2, "internships"] = pd.NA
    with pytest.raises(ValueError, match="NaN in column 'internships'"):
        model.predict(whole)


@pytest.mark.parametrize("kind", [pl.String, pl.Categorical])
def test_frames_of_polars_are_fitted_as_those_of_pandas(kind):
    X, y = frame()
    other = pl.from_pandas(X).with_columns(pl.col("branch").cast(kind))
    model, same = PlacementClassifier().fit(X, y), PlacementClassifier().fit(other, pl.Series(y))
    np.testing.assert_array_equal(same.coef_, model.coef_)
    assert same.feature_names_in_.tolist() == X.columns.tolist()
    np.testing.assert_array_equal(same.predict_proba(other), model.predict_proba(X))
    np.testing.assert_array_equal(same.predict(other), model.predict(X))


def test_a_pipeline_may_hand_frames_of_polars_on():
    X, y = frame()
    scaler = StandardScaler().set_output(transform="polars")
    steps = make_pipeline(scaler, PlacementClassifier()).fit(X.drop(columns="branch"), y)
    assert steps[-1].feature_names_in_.tolist() == ["cgpa", "aptitude", "internships"]


def test_after_a_fit_that_failed_it_is_not_fitted():
    X, y = frame()
    classifier = PlacementClassifier()
    with pytest.raises(ValueError, match="NaN"):
        classifier.fit(X.assign(cgpa=np.nan), y)
    with pytest.raises(NotFittedError):
        classifier.predict_proba(X)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_second_fit_that_fails_leaves_no_half_of_the_first():
    X, y = sample()
    classifier = PlacementClassifier(l2=0.0).fit(X, y)
    cut = (X[:, 0] > 7).astype(int)
    with pytest.raises(ValueError, match="separa"):
        classifier.fit(-1000 * X, cut)
    with pytest.raises(NotFittedError):
        classifier.predict_proba(X)


def test_one_row_alone_and_in_a_batch_has_the_same_bits():
    X, y = sample()
    model = PlacementClassifier().fit(X, y)
    together = model.predict_proba(np.repeat(X, 25, axis=0))
    assert all(
        np.array_equal(model.predict_proba(X[i : i + 1])[0], together[25 * i]) for i in range(50)
    )


def test_an_end_without_convergence_is_a_warning_that_names_the_remedy():
    X, y = sample()
    with pytest.warns(ConvergenceWarning, match="raise epochs"):
        model = PlacementClassifier(optimizer="gd", epochs=2).fit(X, y)
    assert not model.converged_
    assert model.stopped_ == "epoch_limit"


def test_a_mislabelled_outlier_beyond_the_clamp_is_a_warning_that_names_logits():
    X = np.append(np.linspace(-3, 3, 400), -60.0)[:, None]
    y = np.append((np.linspace(-3, 3, 400) > 0).astype(int), 1)
    with pytest.warns(ConvergenceWarning, match="loss='logits'"):
        model = PlacementClassifier(l2=1e-3).fit(X, y)
    assert model.stopped_ == "clamped"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert PlacementClassifier(l2=1e-3, loss="logits").fit(X, y).converged_


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"l2": -1.0}, "^l2=-1.0: must be a finite number"),
        ({"l2": "much"}, "^l2='much': must be a finite number"),
        ({"optimizer": "nweton"}, "^optimizer='nweton': choose one of auto, gd"),
        ({"lr": 0.1}, "^lr is not used by optimizer='newton': leave it out or choose gd"),
        ({"batch_size": 0, "optimizer": "sgd"}, "^batch_size=0: must be 1 or more"),
    ],
)
def test_a_wrong_parameter_is_a_value_error_in_fit_that_names_it(parameters, words):
    with pytest.raises(ValueError, match=words):
        PlacementClassifier(**parameters).fit(*sample(50))


def test_separable_rows_without_a_penalty_are_a_value_error():
    X = np.arange(20.0)[:, None]
    with pytest.raises(ValueError, match=r"separates .*: leave out l2=0 or these columns$"):
        PlacementClassifier(l2=0).fit(X, X[:, 0] > 9)


def test_an_aliased_column_has_weight_zero_and_is_named():
    X, y = sample()
    model = PlacementClassifier(l2=0).fit(np.column_stack([X, X[:, 0] + X[:, 1]]), y)
    assert model.aliased_.tolist() == ["x3"]
    assert model.coef_[0, 3] == 0
    np.testing.assert_allclose(model.coef_[:, :3], PlacementClassifier(l2=0).fit(X, y).coef_)


def test_a_fitted_classifier_survives_pickle_clone_and_cross_validation():
    X, y = frame()
    model = PlacementClassifier().fit(X, y)
    back = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(back.predict_proba(X), model.predict_proba(X))
    assert cross_val_score(clone(model), X, y, scoring="roc_auc").mean() > 0.7


TRUSTED = ["placement.estimator.PlacementClassifier"]


def test_skops_needs_to_trust_the_classifier_alone():
    X, y = frame()
    for samples in (X, X.astype({"branch": "category"}), X[["cgpa", "aptitude"]].to_numpy()):
        model = PlacementClassifier(class_weight={"Placed": 2.0, "Not Placed": 1.0}).fit(samples, y)
        written = skops.io.dumps(model)
        assert skops.io.get_untrusted_types(data=written) == TRUSTED
        read = skops.io.loads(written, trusted=TRUSTED)
        np.testing.assert_array_equal(read.predict_proba(samples), model.predict_proba(samples))


@pytest.mark.filterwarnings("ignore::UserWarning")  # of MLflow, when it is imported
def test_mlflow_saves_a_pipeline_in_its_default_form(tmp_path):
    import mlflow.sklearn

    (X, y), names = frame(), ["cgpa", "aptitude"]
    steps = make_pipeline(StandardScaler(), PlacementClassifier()).fit(X[names], y)
    mlflow.sklearn.save_model(
        steps,
        tmp_path / "model",
        skops_trusted_types=TRUSTED,
        pip_requirements=["placement-perceptron"],
    )
    assert (tmp_path / "model" / "model.skops").is_file()
    read = mlflow.sklearn.load_model(str(tmp_path / "model"))
    np.testing.assert_array_equal(read.predict(X[names]), steps.predict(X[names]))


def test_the_tools_of_scikit_learn_take_it():
    X, y = frame(120)
    search = GridSearchCV(PlacementClassifier(), {"l2": [0.1, 10.0]}, cv=3).fit(X, y)
    assert search.best_params_["l2"] in {0.1, 10.0}
    calibrated = CalibratedClassifierCV(PlacementClassifier(), cv=3).fit(X, y)
    assert calibrated.predict_proba(X).shape == (120, 2)
    assert cross_val_predict(PlacementClassifier(), X, y, cv=3).shape == (120,)


def test_a_pandas_category_is_read_by_its_codes_as_its_words_are():
    draw = np.random.default_rng(0)
    words = draw.choice(np.array(["CSE", "ECE", "IT", None], dtype=object), 300)
    frame = pd.DataFrame({"cgpa": draw.normal(7, 1, 300).astype(np.float32), "branch": words})
    y = draw.random(300) < 1 / (1 + np.exp(7 - frame["cgpa"].to_numpy()))
    coded = frame.assign(branch=pd.Categorical(words, categories=["IT", "never", "ECE", "CSE"]))
    models = [PlacementClassifier().fit(samples, y) for samples in (frame, coded)]
    np.testing.assert_array_equal(models[0].coef_, models[1].coef_)
    np.testing.assert_array_equal(models[0].predict_proba(coded), models[1].predict_proba(frame))

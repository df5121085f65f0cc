import dataclasses
import json

import numpy as np
import pytest
import torch

from placement.data.encoding.chunks import ArrayChunks, Chunk
from placement.data.encoding.design_matrix import DesignMatrix
from placement.errors import DataError, UsageError
from placement.training.gradcheck.gradcheck import (
    check_batch,
    check_beyond_clamp,
    check_gradients,
    check_scalar,
    first_rows,
)
from placement.training.gradcheck.gradient_methods import LINKS


def test_the_notebooks_numbers_come_out_to_the_last_bit_in_float32():
    w, b = check_scalar().gradients
    assert (w.manual, b.manual) == (6.691762447357178, 0.998770534992218)
    assert (w.autograd, b.autograd) == (6.6917619705200195, 0.9987704753875732)


def test_the_notebooks_numbers_come_out_to_the_last_bit_in_float64():
    w, b = check_scalar(dtype="float64").gradients
    assert (w.manual, b.manual) == (6.691763029237442, 0.9987706013787226)
    assert (w.autograd, b.autograd) == (6.691763029237442, 0.9987706013787226)


def test_the_links_multiply_to_the_gradient():
    result = check_scalar(x=-1.3, y=0.25, w=0.7, b=0.1, dtype="float64")
    links = result.links
    chain = links["dL_dyhat"] * links["dyhat_dz"]
    assert result.passed
    assert chain * links["dz_dw"] == pytest.approx(result.gradients[0].manual, rel=1e-14)
    assert chain * links["dz_db"] == pytest.approx(result.gradients[1].manual, rel=1e-14)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_broken_link_is_caught_and_both_numbers_are_shown(link, dtype):
    result = check_scalar(dtype=dtype, broken=link)
    assert not result.passed
    worst = next(one for one in result.gradients if not one.passed)
    assert repr(worst.manual) in result.failure
    assert repr(worst.autograd) in result.failure


def test_an_unknown_link_is_refused():
    with pytest.raises(UsageError, match="dL_dyhat"):
        check_scalar(broken="dz")


def batch(seed=0, rows=300, columns=4, scale=1.0):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(rows, columns)) * scale, rng.random(rows)
    source = ArrayChunks(DesignMatrix.of(x), np.where(y < 0.8, y.round(), y), rng.random(rows))
    return first_rows(source), rng.normal(size=columns) * 6 / scale


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", ["clamped", "logits"])
@pytest.mark.parametrize("scale", [1.0, 1e4])
@pytest.mark.parametrize("seed", range(5))
def test_rows_of_any_size_pass_before_and_beyond_the_clamp(dtype, loss, scale, seed):
    result = check_batch(*batch(seed, scale=scale), 0.3, dtype, loss=loss)
    assert result.passed, result
    assert result.rows == 256


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_at_the_optimum_where_the_gradient_vanishes_it_passes(make, dtype):
    from placement.training.problem.options import Options
    from placement.training.solver.training_loop import solve

    source = make(256)
    solution = solve(source, Options(l2=0.0))
    checked = check_batch(first_rows(source), solution.weights, solution.intercept, dtype)
    assert checked.passed
    assert checked.max_abs_error < 1e-6
    assert abs(checked.gradients[0].manual) < 1e-6


def test_parameters_carry_the_names_of_their_columns():
    result = check_batch(*batch(columns=2), 0.0, names=("cgpa", "iq"))
    assert [one.parameter for one in result.gradients] == ["w[cgpa]", "w[iq]", "b"]


@pytest.mark.parametrize("link", LINKS)
def test_a_broken_link_is_caught_on_a_batch(link):
    assert not check_batch(*batch(), 0.3, broken=link).passed


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_beyond_the_clamp_on_both_sides_pass_and_are_counted(dtype):
    clamped = check_beyond_clamp(dtype)
    assert clamped.passed
    assert clamped.clamped_rows == 6
    logits = check_beyond_clamp(dtype, loss="logits")
    assert logits.passed
    assert logits.clamped_rows == 0


def test_forgetting_the_clamp_by_hand_is_caught(monkeypatch):
    monkeypatch.setattr(
        "placement.training.gradcheck.gradient_methods.cross_entropy.is_inside",
        lambda p, _: torch.ones_like(p, dtype=torch.bool),
    )
    # p(1 − p) of a saturated row is no longer 0 at |z| = 20, so the hand now disagrees.
    x = np.array([[20.0], [-20.0], [0.5]])
    y = np.array([0.0, 1.0, 1.0])
    assert not check_batch(
        Chunk(DesignMatrix.of(x), y, np.ones(3)), np.ones(1), 0.0, "float64"
    ).passed


def test_a_row_at_the_corner_is_left_out_of_the_difference_and_counted():
    corner = float(np.log1p(-1e-8) - np.log(1e-8))
    result = check_scalar(x=corner, y=0.0, dtype="float64")
    assert result.corner_rows == 1
    beside = check_scalar(x=corner * 0.99, y=0.0, dtype="float64")
    assert (beside.corner_rows, beside.passed) == (0, True)


def test_arrays_are_checked_where_training_starts(make):
    source = make()
    assert check_gradients((source.x.to_dense(), source.y)).passed
    with pytest.raises(DataError, match="row 1"):
        check_gradients((source.x.to_dense(), source.y + 3))


def test_the_document_is_json_with_the_names_of_the_contract():
    document = json.loads(json.dumps(check_scalar().to_dict()))
    assert set(document) == {
        "passed", "dtype", "epsilon", "loss",
        "links", "gradients", "torch_gradcheck", "clamped_rows",
    }  # fmt: skip
    assert set(document["gradients"][0]) == {
        "parameter", "manual", "autograd", "finite_difference", "abs_error", "rel_error",
    }  # fmt: skip


def test_the_notebook_form_escapes_names():
    result = check_batch(*batch(columns=1), 0.0, names=("<b>",))
    assert "&lt;b&gt;" in result._repr_html_()
    assert repr(result).startswith("GradientCheck(passed in float64: 2 gradients, largest error ")
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.passed = False

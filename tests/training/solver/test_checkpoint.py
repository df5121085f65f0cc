"""A training goes on from any of its epochs to the same bits, through the bytes of a checkpoint."""

import dataclasses

import numpy as np
import pytest

from placement.errors import ModelError
from placement.training.problem import stages
from placement.training.problem.options import Options
from placement.training.problem.problem import define_problem
from placement.training.solver import checkpoint
from placement.training.solver.checkpoint import Checkpoint, checkpoint_of
from placement.training.solver.training_loop import RunContext, epochs

COURSES = {
    "gd": {"epochs": 25},
    "newton": {},
    "auto": {"epochs": 18},
    "sgd": {"batch_size": 64, "epochs": 6, "momentum": 0.8},
    "adam": {"lr": 0.05, "epochs": 8},
    "lbfgs": {},
}
PLAIN = RunContext()


def course(problem, context=PLAIN):
    """Train; return the epochs, and the bytes of the checkpoint before each step."""
    history, kept = [], []

    def save(state):
        kept.append(Checkpoint(state(), tuple(history)).as_bytes())

    for epoch in epochs(problem, dataclasses.replace(context, save=save)):
        history.append(epoch)  # noqa: PERF402 - `save` looks at it meanwhile
    return history, kept


def assert_goes_on_alike(problem, context=PLAIN):
    history, kept = course(problem, context)
    assert len(kept) >= len(history) - 1
    for data in kept:
        stopped = checkpoint_of(data)
        went_on = dataclasses.replace(context, start=stopped.state)
        again = [*stopped.history, *epochs(problem, went_on)]
        assert len(again) == len(history)
        for one, other in zip(again, history, strict=True):
            np.testing.assert_equal(vars(one), vars(other))  # to the bit


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("optimizer", COURSES)
def test_every_optimizer_goes_on_from_every_epoch_to_the_same_bits(make, optimizer, dtype):
    settings = Options(optimizer=optimizer, dtype=dtype, **COURSES[optimizer])
    assert_goes_on_alike(define_problem(make(1500, chunk_rows=400), settings))


def test_a_fit_of_samples_first_goes_on_to_the_same_bits(make, monkeypatch):
    monkeypatch.setattr(stages, "SAMPLED_CELLS", 10)
    problem = define_problem(make(80_000, chunk_rows=4000), Options(optimizer="newton"))
    assert [stage.name for stage in problem.stages][-2:] == ["sample", "newton"]
    assert_goes_on_alike(problem)


def test_patience_is_not_given_anew(make):
    rows = make(60, seed=1)
    settings = Options(optimizer="gd", epochs=200, patience=4, l2=0.01)
    problem, validation = define_problem(rows, settings), make(60, seed=9)
    history, _ = course(problem, RunContext(validation))
    assert history[-1].stopped == "patience"
    assert_goes_on_alike(problem, RunContext(validation))


def test_a_damaged_checkpoint_and_one_of_another_version_are_refused(make, monkeypatch):
    problem = define_problem(make(), Options(optimizer="newton"))
    data = course(problem)[1][-1]
    for damaged in (data[:-9], data[:40], b""):
        with pytest.raises(ModelError, match="damaged"):
            checkpoint_of(damaged)
    monkeypatch.setattr(checkpoint, "FORMAT", 2)
    with pytest.raises(ModelError, match=r"of version 1, and this placement reads version 2"):
        checkpoint_of(data)


def test_a_checkpoint_has_no_row(make):
    source = make(300)
    problem = define_problem(source, Options(optimizer="newton"))
    data = course(problem)[1][-1]
    assert len(data) < 300 * 8

import numpy as np
import pytest

from placement.training.problem.options import Options
from placement.training.problem.problem import define_problem
from placement.training.solver.training_loop import solve


def test_without_its_descent_auto_ends_at_the_same_optimum(make):
    problem = define_problem(make(), Options())
    shown, short = solve(problem), solve(problem.without_descent())
    stages = [{epoch.stage for epoch in solution.history} for solution in (shown, short)]
    assert stages == [{"gd", "newton"}, {"newton"}]
    assert short.converged
    np.testing.assert_allclose(short.weights, shown.weights, rtol=0, atol=1e-8)


@pytest.mark.parametrize("optimizer", ["gd", "sgd", "adam", "lbfgs", "newton"])
def test_an_optimizer_that_was_asked_for_is_kept(make, optimizer):
    problem = define_problem(make(), Options(optimizer))
    assert problem.without_descent() is problem

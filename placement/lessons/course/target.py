"""The lesson `target`: a target that is no probability makes a loss below zero."""

import torch

from placement.errors import DataError
from placement.lessons.computation import Computation, central_difference, check_gradient, scalar
from placement.lessons.definition import INTERCEPT, WEIGHT, Exercise, Input, Lesson
from placement.lessons.graph.common_graphs import perceptron_graph
from placement.model.loss import clamped_bce


def target(x: float, w: float, b: float) -> Computation:
    """Put y = x² into the formula, as in the first lesson: a target that may be no probability."""
    y = x * x
    graph = perceptron_graph(x, y, w, b, 0.0)

    def loss(weight: float) -> float:
        return scalar(perceptron_graph(x, y, weight, b, 0.0).result.value)

    yhat = graph["ŷ"].value
    error = _target_error(scalar(yhat), y)
    steps = {"y": y, "yhat": yhat, "loss": graph["L"].value, "error": error}
    return Computation(steps, (check_gradient(graph, "w", central_difference(loss, w)),), graph)


def _target_error(p: float, y: float) -> str | None:
    try:
        clamped_bce(*torch.tensor([[p], [y]], dtype=torch.float64))
    except DataError as error:
        return str(error)
    return None


LESSON = Lesson(
    name="target",
    order=70,
    title="A target that is no probability",
    about=(
        "The first lesson had y = x². Put that y into the cross-entropy as the target. Where it is "
        "above 1, as 4 is, the formula does not object: it returns a number. But a target says "
        "which share of students like this were placed, so it lies between 0 and 1."
    ),
    inputs={"x": Input(2.0, low=-1e6, high=1e6), "w": WEIGHT, "b": INTERCEPT},
    code="""\
import torch

x = torch.tensor({x}, dtype=torch.float64)
y = x**2  # no probability, unless x lies between -1 and 1
yhat = torch.sigmoid({w} * x + {b})
epsilon = torch.finfo(torch.float64).eps
p = yhat.clamp(epsilon, 1 - epsilon)
loss = -(y * p.log() + (1 - y) * (1 - p).log())
print(y.item(), yhat.item(), loss.item())
""",
    compute=target,
    numbers={
        "y": "x², used as a target",
        "yhat": "σ(w·x + b)",
        "loss": "what the formula returns",
        "error": "what this package says of such a target; none where it is one",
    },
    after=(
        "A loss below zero would reward a prediction for being impossible: the further ŷ is pushed "
        "to 1, the lower it falls. The check costs nothing and catches a mistaken column."
    ),
    next=("placement lesson target --x 0.5   # y = 0.25: a target again",),
    exercise=Exercise(
        question="What does the formula return?",
        step="loss",
        way="−[y·log ŷ + (1 − y)·log(1 − ŷ)] with y = {y} and ŷ = {yhat}: {loss}",
        inputs={"x": 0.5},
    ),
)

"""The lesson `perceptron`: z = wx + b, ŷ = σ(z), the clamped loss, and the slopes of it."""

import torch

from placement.lessons.computation import Computation, central_difference, check_gradient, scalar
from placement.lessons.definition import (
    EPSILON,
    INTERCEPT,
    PROBABILITY,
    WEIGHT,
    Exercise,
    Input,
    Lesson,
)
from placement.lessons.graph.common_graphs import perceptron_graph
from placement.lessons.graph.graph import Graph, Value
from placement.model.loss import effective_epsilon


def perceptron(x: float, y: float, w: float, b: float, epsilon: float) -> Computation:
    """Return z = wx + b, ŷ = σ(z), the clamped loss: in float32, and in float64 beside it."""
    single = perceptron_graph(x, y, w, b, epsilon, torch.float32)
    double = perceptron_graph(x, y, w, b, epsilon)

    def loss(weight: float, intercept: float) -> float:
        return scalar(perceptron_graph(x, y, weight, intercept, epsilon).result.value)

    checks = (
        check_gradient(double, "w", central_difference(lambda weight: loss(weight, b), w)),
        check_gradient(double, "b", central_difference(lambda intercept: loss(w, intercept), b)),
    )
    steps = {"effective_epsilon": effective_epsilon(torch.float32, epsilon), **_values(single)}
    steps |= {f"{name}_float64": value for name, value in _values(double).items()}
    return Computation(steps, checks, single)


def _values(graph: Graph) -> dict[str, Value | None]:
    derivatives = graph.derivatives()
    return {
        "z": graph["z"].value,
        "yhat": graph["ŷ"].value,
        "loss": graph["L"].value,
        # The clamp belongs to the loss: its own derivative is 1, and 0 beyond it.
        "dL_dyhat": scalar(derivatives["p"]) * scalar(derivatives["ŷ"]),
        "dyhat_dz": derivatives["z"],
        "dz_dw": derivatives["w"],
        "dz_db": derivatives["b"],
        "dL_dw": graph["w"].gradient,
        "dL_db": graph["b"].gradient,
        "autograd_dw": graph["w"].autograd,
        "autograd_db": graph["b"].autograd,
    }


_AFTER_LOGIT = (
    "yhat", "loss", "dL_dyhat", "dyhat_dz", "dz_dw", "dz_db", "dL_dw", "dL_db", "autograd_dw",
    "autograd_db",
)  # fmt: skip
LESSON = Lesson(
    name="perceptron",
    order=30,
    title="One perceptron, one student",
    about=(
        "A student with x (here a CGPA) gets a score z = w·x + b, and the sigmoid turns it into a "
        "probability ŷ. The cross-entropy loss says how wrong that was, given what happened (y is "
        "1 for placed, 0 for not). Learning needs the slope of the loss by w and by b; the chain "
        "rule gives both from four links: ∂L/∂ŷ, ∂ŷ/∂z, ∂z/∂w and ∂z/∂b."
    ),
    inputs={
        "x": Input(6.7, low=-1e6, high=1e6),
        "y": PROBABILITY,
        "w": WEIGHT,
        "b": INTERCEPT,
        "epsilon": EPSILON,
    },
    code="""\
import torch

for dtype in (torch.float32, torch.float64):
    x, y = torch.tensor({x}, dtype=dtype), torch.tensor({y}, dtype=dtype)
    w = torch.tensor({w}, dtype=dtype, requires_grad=True)
    b = torch.tensor({b}, dtype=dtype, requires_grad=True)
    epsilon = max({epsilon}, torch.finfo(dtype).eps)  # 1 - 1e-8 is 1 in float32

    z = w * x + b
    yhat = torch.sigmoid(z)
    p = yhat.clamp(epsilon, 1 - epsilon)
    loss = -(y * p.log() + (1 - y) * (1 - p).log())
    loss.backward()

    with torch.no_grad():
        dL_dyhat = (-(y / p) + (1 - y) / (1 - p)) * (p == yhat)
        dyhat_dz = yhat * (1 - yhat)
        dL_db = dL_dyhat * dyhat_dz
        dL_dw = dL_db * x
    print(loss.item(), dL_dw.item(), dL_db.item(), w.grad.item(), b.grad.item())
""",
    compute=perceptron,
    numbers={
        "effective_epsilon": "the ε that float32 allows: never less than it can tell from 0",
        "z": "w·x + b",
        "yhat": "σ(z), the probability of being placed",
        "loss": "−[y·log p + (1 − y)·log(1 − p)], where p is ŷ clamped to [ε, 1 − ε]",
        "dL_dyhat": "−y/p + (1 − y)/(1 − p), but 0 where ŷ is beyond the clamp",
        "dyhat_dz": "ŷ(1 − ŷ)",
        "dz_dw": "x",
        "dz_db": "1",
        "dL_dw": "the product ∂L/∂ŷ · ∂ŷ/∂z · ∂z/∂w",
        "dL_db": "the product ∂L/∂ŷ · ∂ŷ/∂z · ∂z/∂b",
        "autograd_dw": "what backward() left in w.grad",
        "autograd_db": "what backward() left in b.grad",
        "z_float64": "the same in float64",
        **dict.fromkeys((f"{name}_float64" for name in _AFTER_LOGIT), ""),
    },
    after=(
        "The formulas are the same in both precisions, the digits are not. float32 keeps about "
        "seven, and where ŷ is near 1 the difference 1 − ŷ keeps fewer: its first digits cancel. "
        "Hand and autograd round at different places, so they may part in the last digits; in "
        "float64 they agree to fifteen. The clamp of float32 bites sooner, and beyond it there is "
        "no slope."
    ),
    next=(
        "placement lesson perceptron --graph",
        "placement lesson perceptron --y 1   # he was placed: almost nothing to learn",
        "placement gradcheck --break dyhat_dz   # spoil a link, and see the check fail",
    ),
    exercise=Exercise(
        question="What is ∂L/∂w?",
        step="dL_dw",
        way=(
            "∂L/∂ŷ · ∂ŷ/∂z · ∂z/∂w = {dL_dyhat} · {dyhat_dz} · {dz_dw} = {dL_dw}, "
            "which is (ŷ − y) · x where nothing is clamped"
        ),
        inputs={"x": 2.0, "y": 1.0},
    ),
)

"""The lesson `chain`: z = sin(x²) and its slope, link by link."""

import math

import torch

from placement.lessons.computation import Computation, central_difference, check_gradient
from placement.lessons.definition import Exercise, Input, Lesson
from placement.lessons.graph.common_graphs import SQUARE_RULE
from placement.lessons.graph.graph import Rule, Tape


def chain(x: float) -> Computation:
    """Return z = sin(x²) and its slope, link by link."""
    tape = Tape()
    u = tape.step("u", "x²", lambda x: x**2, {tape.input("x", x): SQUARE_RULE})
    tape.step("z", "sin u", torch.sin, {u: Rule("cos u", torch.cos)})
    graph = tape.graph()
    derivatives = graph.derivatives()
    # The step is shorter where x is larger, as the wave is.
    step = max(1e-5 / max(1.0, abs(x)), 4 * math.ulp(x))
    difference = central_difference(lambda x: math.sin(x * x), x, step)
    steps = {
        "u": graph["u"].value,
        "z": graph["z"].value,
        "dz_du": derivatives["u"],
        "du_dx": derivatives["x"],
        "dz_dx": graph["x"].gradient,
    }
    return Computation(steps, (check_gradient(graph, "x", difference),), graph)


LESSON = Lesson(
    name="chain",
    order=20,
    title="A chain of two links",
    about=(
        "z = sin(x²) is two steps: u = x², then z = sin u. The chain rule multiplies the slopes of "
        "the links: how z moves with u, times how u moves with x. Autograd does just this, link by "
        "link, from the end to the beginning."
    ),
    inputs={"x": Input(2.0)},
    code="""\
import torch

x = torch.tensor({x}, dtype=torch.float64, requires_grad=True)
u = x**2
z = torch.sin(u)
z.backward()
by_hand = torch.cos(u) * 2 * x
print(z.item(), x.grad.item(), by_hand.item())
""",
    compute=chain,
    numbers={
        "u": "x²",
        "z": "sin u",
        "dz_du": "cos u, the outer link",
        "du_dx": "2x, the inner link",
        "dz_dx": "cos(x²) · 2x, their product",
    },
    after=(
        "However long the chain, each step needs only its own small derivative and the number that "
        "arrives from above."
    ),
    next=("placement lesson chain --x 3", "placement lesson chain --graph"),
    exercise=Exercise(
        question="What is dz/dx?",
        step="dz_dx",
        way="cos(x²) · 2x = {dz_du} · {du_dx} = {dz_dx}",
        inputs={"x": 1.0},
    ),
)

"""The lesson `square`: y = x² and its slope."""

from placement.lessons.computation import Computation, central_difference, check_gradient
from placement.lessons.definition import Exercise, Input, Lesson
from placement.lessons.graph.common_graphs import square_graph


def square(x: float) -> Computation:
    """Return y = x² and its slope."""
    graph = square_graph(x)
    check = check_gradient(graph, "x", central_difference(lambda x: x * x, x))
    steps = {"y": graph["y"].value, "dy_dx": graph["x"].gradient}
    return Computation(steps, (check,), graph)


LESSON = Lesson(
    name="square",
    order=10,
    title="The slope of a square",
    about=(
        "A derivative says how fast a result moves when its input does. For y = x² the rule by "
        "hand is dy/dx = 2x. torch finds the same number without knowing the rule: it writes down "
        "every operation as it runs, and backward() walks that record from the result to the "
        "input."
    ),
    inputs={"x": Input(2.0)},
    code="""\
import torch

x = torch.tensor({x}, dtype=torch.float64, requires_grad=True)
y = x**2
y.backward()
print(y.item(), x.grad.item())
""",
    compute=square,
    numbers={"y": "x²", "dy_dx": "2x, by the rule"},
    after=(
        "Nobody gave torch the formula 2x. It knows the derivative of one squaring, and that is "
        "all it needs."
    ),
    next=("placement lesson square --x 3", "placement lesson square --x 0   # a flat spot"),
    exercise=Exercise(
        question="What is dy/dx?",
        step="dy_dx",
        way="2x = 2 · {x} = {dy_dx}",
        inputs={"x": -3.0},
    ),
)

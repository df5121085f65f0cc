"""The lesson `vector`: y = mean(x²) of several numbers, a gradient for each."""

from statistics import fmean

import torch

from placement.lessons.computation import Computation, central_differences, check_gradient
from placement.lessons.definition import Input, Lesson
from placement.lessons.graph.common_graphs import SQUARE_RULE
from placement.lessons.graph.graph import Rule, Tape


def vector(x: list[float]) -> Computation:
    """Return y = mean(x²) of several numbers: a gradient for each."""
    tape = Tape()
    u = tape.step("u", "x²", lambda x: x**2, {tape.input("x", x): SQUARE_RULE})
    mean_rule = Rule("1/n", lambda u: torch.full_like(u, 1 / len(u)))
    tape.step("y", "mean u", torch.mean, {u: mean_rule})
    graph = tape.graph()
    differences = central_differences(lambda values: fmean(x * x for x in values), x)
    steps = {"y": graph["y"].value, "dy_dx": graph["x"].gradient}
    return Computation(steps, (check_gradient(graph, "x", differences),), graph)


LESSON = Lesson(
    name="vector",
    order=40,
    title="Many numbers, one result",
    about=(
        "y = mean(x²) makes one number of several. The gradient has a number for each of them: how "
        "much y moves when only that one does. Each is 2x divided by how many there are, since "
        "each has only its share in the mean."
    ),
    inputs={"x": Input([1.0, 2.0, 3.0], "numbers")},
    code="""\
import torch

x = torch.tensor({x}, dtype=torch.float64, requires_grad=True)
y = (x**2).mean()
y.backward()
print(y.item(), *x.grad.tolist())
""",
    compute=vector,
    numbers={"y": "the mean of the squares", "dy_dx": "2x/n, one for each"},
    after=(
        "backward() starts from one number. That is why a loss is summed or averaged over the "
        "students before it."
    ),
    next=("placement lesson vector --x 1,2,3,4,5,6", "placement lesson vector --graph"),
)

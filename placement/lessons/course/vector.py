"""The lesson `vector`: y = mean(x²) of several numbers, a gradient for each."""

from statistics import fmean

from placement.lessons.computation import Computation, central_differences, check_gradient
from placement.lessons.definition import Exercise, Input, Lesson
from placement.lessons.graph.common_graphs import mean_square_graph


def vector(x: list[float]) -> Computation:
    """Return y = mean(x²) of several numbers: a gradient for each."""
    graph = mean_square_graph(x)
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
    exercise=Exercise(
        question="What is the slope of y by the last x?",
        step="dy_dx",
        way="2x/n, with the last x and n numbers in all: the last of {dy_dx}",
        inputs={"x": [1.0, 5.0]},
    ),
)

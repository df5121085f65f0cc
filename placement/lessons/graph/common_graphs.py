"""Lessons on one number: a square, a chain, the perceptron. And on several: a mean of squares."""

import math
from statistics import fmean

import torch
from torch import Tensor

from placement.lessons.computation import Check, Played, difference, differences, named, number
from placement.lessons.graph.graph import Graph, Rule, Tape, Taped, Value
from placement.model.loss import Loss, effective_epsilon, is_inside

_MOST_NAMED = 3
DTYPES = {"": torch.float32, "_float64": torch.float64}


def square(x: float) -> Played:
    """Return y = x² and its slope."""
    graph = square_graph(x)
    return Played(
        named(y=graph["y"].value, dy_dx=graph["x"].gradient),
        (check_of(graph, "x", difference(lambda v: v * v, x)),),
        graph,
    )


def square_graph(x: float, *, requires_grad: bool = True) -> Graph:
    """Draw y = x²; without a gradient torch records nothing."""
    tape = Tape()
    at = tape.given("x", x, requires_grad=requires_grad)
    tape.step("y", "x²", lambda t: t**2, {at: _SQUARE})
    return tape.graph()


_SQUARE = Rule("2x", lambda t: 2 * t)


def chain(x: float) -> Played:
    """Return z = sin(x²) and its slope, link by link."""
    tape = Tape()
    u = tape.step("u", "x²", lambda t: t**2, {tape.given("x", x): _SQUARE})
    tape.step("z", "sin u", torch.sin, {u: Rule("cos u", torch.cos)})
    graph = tape.graph()
    # The wave is the shorter the larger x is.
    by_difference = difference(lambda v: math.sin(v * v), x, step=_fine)
    return Played(
        named(
            u=graph["u"].value,
            z=graph["z"].value,
            dz_du=graph.derivatives()["u"],
            du_dx=graph.derivatives()["x"],
            dz_dx=graph["x"].gradient,
        ),
        (check_of(graph, "x", by_difference),),
        graph,
    )


def _fine(x: float) -> float:
    return max(1e-5 / max(1.0, abs(x)), 4 * math.ulp(x))


def vector(x: list[float]) -> Played:
    """Return y = mean(x²) of several numbers: a gradient for each."""
    tape = Tape()
    u = tape.step("u", "x²", lambda t: t**2, {tape.given("x", x): _SQUARE})
    share = Rule("1/n", lambda t: torch.full_like(t, 1 / len(t)))
    tape.step("y", "mean u", torch.mean, {u: share})
    graph = tape.graph()
    by_difference = differences(lambda values: fmean(v * v for v in values), x)
    return Played(
        named(y=graph["y"].value, dy_dx=graph["x"].gradient),
        (check_of(graph, "x", by_difference),),
        graph,
    )


def perceptron(x: float, y: float, w: float, b: float, epsilon: float) -> Played:
    """Return z = wx + b, ŷ = σ(z), the clamped loss: in float32, and in float64 beside it."""
    drawn = {s: perceptron_graph(x, y, w, b, epsilon, dtype) for s, dtype in DTYPES.items()}
    shown: dict[str, Value | None] = {
        f"{name}{suffix}": value
        for suffix, graph in drawn.items()
        for name, value in _figures_of(graph).items()
    }
    shown = {"effective_epsilon": effective_epsilon(torch.float32, epsilon), **shown}

    def loss(weight: float, intercept: float) -> float:
        return number(perceptron_graph(x, y, weight, intercept, epsilon).result.value)

    double = drawn["_float64"]
    checks = (
        check_of(double, "w", difference(lambda value: loss(value, b), w)),
        check_of(double, "b", difference(lambda value: loss(w, value), b)),
    )
    return Played(named(**shown), checks, drawn[""])


def _figures_of(graph: Graph) -> dict[str, Value | None]:
    by = graph.derivatives()
    return {
        "z": graph["z"].value,
        "yhat": graph["ŷ"].value,
        "loss": graph["L"].value,
        # The clamp belongs to the loss: its own derivative is 1, and 0 beyond it.
        "dL_dyhat": number(by["p"]) * number(by["ŷ"]),
        "dyhat_dz": by["z"],
        "dz_dw": by["w"],
        "dz_db": by["b"],
        "dL_dw": graph["w"].gradient,
        "dL_db": graph["b"].gradient,
        "autograd_dw": graph["w"].autograd,
        "autograd_db": graph["b"].autograd,
    }


def perceptron_graph(
    x: float, y: float, w: float, b: float, epsilon: float, dtype: torch.dtype = torch.float64
) -> Graph:
    """Draw the loss of one row with one column."""
    tape = Tape(dtype)
    z = logit(tape, {"": (w, x)}, b)
    return loss_of(tape, z, y, epsilon)


def logit(tape: Tape, columns: dict[str, tuple[float, float]], b: float) -> Taped:
    """Tape z = Σ w·x + b: of each column its weight and its number."""
    terms = [_term(tape, name, *pair) for name, pair in columns.items()]
    intercept = tape.given("b", b)
    few = len(terms) <= _MOST_NAMED
    names = " + ".join([*(term.name for term in terms), "b"]) if few else "Σ u + b"
    return tape.step(
        "z",
        names,
        lambda *values: sum(values[1:], start=values[0]),
        {one: Rule("1", lambda *values: torch.ones_like(values[0])) for one in (*terms, intercept)},
    )


def _term(tape: Tape, name: str, w: float, x: float) -> Taped:
    of = f"[{name}]" if name else ""
    weight, at = tape.given(f"w{of}", w), tape.given(f"x{of}", x, requires_grad=False)
    by_weight = Rule("x", lambda _, value: value)
    return tape.step(f"u{of}", "w·x", torch.mul, {weight: by_weight, at: None})


def loss_of(tape: Tape, z: Taped, y: float, epsilon: float, loss: Loss = "clamped") -> Graph:
    """Tape the cross-entropy of a logit, clamped or not, and go backward."""
    return _from_logit(tape, z, y) if loss == "logits" else _clamped(tape, z, y, epsilon)


def _clamped(tape: Tape, z: Taped, y: float, epsilon: float) -> Graph:
    epsilon = effective_epsilon(tape.dtype, epsilon)

    def slope(z: Tensor) -> Tensor:
        return torch.sigmoid(z) * (1 - torch.sigmoid(z))

    yhat = tape.step("ŷ", "σ(z)", torch.sigmoid, {z: Rule("ŷ(1 − ŷ)", slope)})
    inside = Rule("1 within, 0 beyond", lambda p: is_inside(p, epsilon).to(p.dtype))
    bounds = f"clamp(ŷ, {epsilon:.3g}, 1 − {epsilon:.3g})"
    p = tape.step("p", bounds, lambda p: p.clamp(epsilon, 1 - epsilon), {yhat: inside})
    target = tape.given("y", y, requires_grad=False)
    steep = Rule("−y/p + (1 − y)/(1 − p)", lambda p, y: -(y / p) + (1 - y) / (1 - p))
    tape.step(
        "L",
        "−[y·log p + (1 − y)·log(1 − p)]",
        lambda p, y: -(y * p.log() + (1 - y) * (1 - p).log()),
        {p: steep, target: None},
    )
    return tape.graph()


def _from_logit(tape: Tape, z: Taped, y: float) -> Graph:
    target = tape.given("y", y, requires_grad=False)

    def cross_entropy(z: Tensor, y: Tensor) -> Tensor:
        return torch.nn.functional.binary_cross_entropy_with_logits(z, y)

    slope = Rule("σ(z) − y", lambda z, y: torch.sigmoid(z) - y)
    tape.step("L", "log(1 + exp z) − y·z", cross_entropy, {z: slope, target: None})
    return tape.graph()


def check_of(graph: Graph, parameter: str, by_difference: Value) -> Check:
    """Compare a parameter's gradients in a graph with its central difference."""
    node = graph[parameter]
    if node.gradient is None or node.autograd is None:
        raise ValueError(f"{parameter}: no gradient was asked for")
    return Check(parameter, node.gradient, node.autograd, by_difference)

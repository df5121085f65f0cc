"""Graphs that several lessons have: y = x², and the loss of a row by the perceptron."""

import torch
from torch import Tensor

from placement.lessons.graph.graph import Graph, Rule, Tape, TapeNode
from placement.model.loss import Loss, effective_epsilon, is_inside

_MAX_NAMED_TERMS = 3
SQUARE_RULE = Rule("2x", lambda x: 2 * x)


def square_graph(x: float) -> Graph:
    """Return y = x²."""
    tape = Tape()
    tape.step("y", "x²", lambda x: x**2, {tape.input("x", x): SQUARE_RULE})
    return tape.graph()


def mean_square_graph(x: list[float]) -> Graph:
    """Return y = mean(x²) of several numbers."""
    tape = Tape()
    u = tape.step("u", "x²", lambda x: x**2, {tape.input("x", x): SQUARE_RULE})
    mean_rule = Rule("1/n", lambda u: torch.full_like(u, 1 / len(u)))
    tape.step("y", "mean u", torch.mean, {u: mean_rule})
    return tape.graph()


def perceptron_graph(
    x: float, y: float, w: float, b: float, epsilon: float, dtype: torch.dtype = torch.float64
) -> Graph:
    """Return the clamped loss of one row with one column."""
    tape = Tape(dtype)
    return loss_graph(tape, add_logit(tape, {"": (w, x)}, b), y, epsilon)


def add_logit(tape: Tape, columns: dict[str, tuple[float, float]], b: float) -> TapeNode:
    """Add z = Σ w·x + b: of each column its weight and its number."""
    terms = [_add_term(tape, name, *pair) for name, pair in columns.items()]
    intercept = tape.input("b", b)
    few = len(terms) <= _MAX_NAMED_TERMS
    names = " + ".join([*(term.name for term in terms), "b"]) if few else "Σ u + b"
    rule = Rule("1", lambda *values: torch.ones_like(values[0]))
    rules = dict.fromkeys((*terms, intercept), rule)
    return tape.step("z", names, lambda *values: sum(values[1:], start=values[0]), rules)


def _add_term(tape: Tape, name: str, w: float, x: float) -> TapeNode:
    suffix = f"[{name}]" if name else ""
    weight = tape.input(f"w{suffix}", w)
    column = tape.input(f"x{suffix}", x, requires_grad=False)
    rules = {weight: Rule("x", lambda _, x: x), column: None}
    return tape.step(f"u{suffix}", "w·x", torch.mul, rules)


def loss_graph(tape: Tape, z: TapeNode, y: float, epsilon: float, loss: Loss = "clamped") -> Graph:
    """Add the cross-entropy of a logit, clamped or not, and go backward."""
    if loss == "logits":
        _add_logit_loss(tape, z, y)
    else:
        _add_clamped_loss(tape, z, y, effective_epsilon(tape.dtype, epsilon))
    return tape.graph()


def _add_clamped_loss(tape: Tape, z: TapeNode, y: float, epsilon: float) -> None:
    def sigmoid_slope(z: Tensor) -> Tensor:
        return torch.sigmoid(z) * (1 - torch.sigmoid(z))

    yhat = tape.step("ŷ", "σ(z)", torch.sigmoid, {z: Rule("ŷ(1 − ŷ)", sigmoid_slope)})
    clamp_rule = Rule("1 within, 0 beyond", lambda p: is_inside(p, epsilon).to(p.dtype))
    bounds = f"clamp(ŷ, {epsilon:.3g}, 1 − {epsilon:.3g})"
    p = tape.step("p", bounds, lambda p: p.clamp(epsilon, 1 - epsilon), {yhat: clamp_rule})
    target = tape.input("y", y, requires_grad=False)
    loss_rule = Rule("−y/p + (1 − y)/(1 − p)", lambda p, y: -(y / p) + (1 - y) / (1 - p))

    def cross_entropy(p: Tensor, y: Tensor) -> Tensor:
        return -(y * p.log() + (1 - y) * (1 - p).log())

    formula = "−[y·log p + (1 − y)·log(1 − p)]"
    tape.step("L", formula, cross_entropy, {p: loss_rule, target: None})


def _add_logit_loss(tape: Tape, z: TapeNode, y: float) -> None:
    target = tape.input("y", y, requires_grad=False)
    cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits
    rule = Rule("σ(z) − y", lambda z, y: torch.sigmoid(z) - y)
    tape.step("L", "log(1 + exp z) − y·z", cross_entropy, {z: rule, target: None})

"""A computation as a graph: forward, what each node is; backward, what flows down each link.

A `Tape` runs the operations in torch and writes each down with its local derivative by hand. Then
`backward()` runs once, and every node has its gradient twice: multiplied down the links by hand,
and as autograd left it. What is kept are numbers, so nothing is lost when torch frees its buffers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

Value = float | tuple[float, ...]


@dataclass(frozen=True)
class Link:
    """From a node down to one of its inputs: `derivative` of the node by that input, by hand.

    `rule` is its formula; `handed_down` is the node's gradient times `derivative`. Without a rule
    nobody asked for the input's gradient.
    """

    to: str
    rule: str = ""
    derivative: Value | None = None
    handed_down: Value | None = None


@dataclass(frozen=True)
class Node:
    """One number, or several: `operation` makes it of its inputs, "" for what was given.

    `gradient` is that of the result by this node, multiplied by hand, and `autograd` what torch
    left in `.grad`; both None for what no gradient was asked of. `grad_fn` is torch's name of the
    step backward (AccumulateGrad keeps what arrives at a parameter), the last of so many `steps`.
    """

    name: str
    operation: str
    value: Value
    gradient: Value | None
    autograd: Value | None
    grad_fn: str | None
    steps: int
    inputs: tuple[Link, ...]


@dataclass(frozen=True)
class Graph:
    """Nodes in the order they were computed; the last is the result."""

    nodes: tuple[Node, ...]

    def __getitem__(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    def derivatives(self) -> dict[str, Value]:
        """Return the local derivative by each input, by the input's name."""
        links = [link for node in self.nodes for link in node.inputs]
        return {link.to: link.derivative for link in links if link.derivative is not None}

    @property
    def result(self) -> Node:
        """The node that the gradients are of."""
        return self.nodes[-1]

    def to_dict(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "nodes": [
                {
                    "name": node.name,
                    "operation": node.operation,
                    "value": node.value,
                    "gradient": node.gradient,
                    "autograd": node.autograd,
                    "grad_fn": node.grad_fn,
                    "torch_steps": node.steps,
                    "inputs": [
                        {
                            "name": link.to,
                            "rule": link.rule,
                            "derivative": link.derivative,
                            "handed_down": link.handed_down,
                        }
                        for link in node.inputs
                    ],
                }
                for node in self.nodes
            ]
        }


@dataclass(frozen=True, eq=False)
class Rule:
    """The derivative of a step by one input: its formula, and the value of it."""

    formula: str
    derivative: Callable[..., Tensor]


@dataclass(frozen=True, eq=False)
class Taped:
    """A node while the tape runs."""

    name: str
    operation: str
    tensor: Tensor
    inputs: tuple["Taped", ...] = ()
    rules: tuple[Rule | None, ...] = ()


@dataclass
class Tape:
    """Runs operations and writes them down."""

    dtype: torch.dtype = torch.float64
    _taped: list[Taped] = field(default_factory=list)

    def given(
        self, name: str, value: float | Sequence[float], *, requires_grad: bool = True
    ) -> Taped:
        """Take a number, or several; data needs no gradient."""
        tensor = torch.tensor(value, dtype=self.dtype, requires_grad=requires_grad)
        return self._keep(Taped(name, "", tensor))

    def step(
        self,
        name: str,
        operation: str,
        work: Callable[..., Tensor],
        inputs: Mapping[Taped, Rule | None],
    ) -> Taped:
        """Compute `work` of the inputs' tensors; each derivative gets the same tensors.

        Data, whose gradient nobody asks for, needs no rule.
        """
        tensor = work(*(one.tensor for one in inputs))
        if tensor.requires_grad:
            tensor.retain_grad()
        return self._keep(Taped(name, operation, tensor, tuple(inputs), tuple(inputs.values())))

    def _keep(self, taped: Taped) -> Taped:
        self._taped.append(taped)
        return taped

    def graph(self) -> Graph:
        """Go backward from the last step, by hand and by autograd."""
        result = self._taped[-1]
        if result.tensor.requires_grad:
            result.tensor.backward()  # type: ignore[no-untyped-call]
        gradients = {result: torch.ones_like(result.tensor)}
        links: dict[Taped, tuple[Link, ...]] = {}
        for node in reversed(self._taped):
            links[node] = tuple(self._handed_down(node, gradients))
        return Graph(tuple(_node(node, gradients.get(node), links[node]) for node in self._taped))

    @staticmethod
    def _handed_down(node: Taped, gradients: dict[Taped, Tensor]) -> Iterator[Link]:
        """Multiply a node's gradient by its local derivatives, and pass it on."""
        tensors = [one.tensor.detach() for one in node.inputs]
        for below, rule in zip(node.inputs, node.rules, strict=True):
            if rule is None or not below.tensor.requires_grad:
                yield Link(below.name)
                continue
            derivative = rule.derivative(*tensors)
            part = gradients[node] * derivative
            before = gradients.get(below)
            gradients[below] = part if before is None else before + part
            yield Link(below.name, rule.formula, value_of(derivative), value_of(part))


def _node(taped: Taped, gradient: Tensor | None, links: tuple[Link, ...]) -> Node:
    tensor = taped.tensor
    asked = tensor.requires_grad and gradient is not None
    return Node(
        name=taped.name,
        operation=taped.operation,
        value=value_of(tensor.detach()),
        gradient=value_of(gradient) if asked and gradient is not None else None,
        autograd=value_of(tensor.grad) if asked and tensor.grad is not None else None,
        grad_fn=step_backward(tensor),
        steps=_count_steps(taped),
        inputs=links,
    )


def step_backward(tensor: Tensor) -> str | None:
    """Return torch's name of the step backward from a tensor, None where nothing is recorded."""
    if tensor.grad_fn is not None:
        return tensor.grad_fn.name().split("::")[-1].rstrip("0123456789")
    return "AccumulateGrad" if tensor.requires_grad else None


def _count_steps(taped: Taped) -> int:
    """Count torch's steps backward from a node to its inputs."""
    ends = {one.tensor.grad_fn for one in taped.inputs}
    seen: set[Any] = set()
    waiting: list[Any] = [taped.tensor.grad_fn]
    while waiting:
        step = waiting.pop()
        if step is None or step in seen or step in ends or hasattr(step, "variable"):
            continue
        seen.add(step)
        waiting += [below for below, _ in step.next_functions]
    return len(seen)


def value_of(tensor: Tensor) -> Value:
    """Return a tensor's number, or its numbers."""
    return float(tensor) if tensor.ndim == 0 else tuple(map(float, tensor.tolist()))

"""A computation as a graph: forward, what each node is; backward, what flows down each link.

A `Tape` runs the operations in torch and records each with its local derivative by hand. Then
`backward()` runs once, and every node has its gradient twice: multiplied down the links by hand,
and as autograd left it. A graph holds numbers, so nothing is lost when torch frees its buffers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import torch
from torch import Tensor
from torch.autograd.graph import Node as BackwardStep

from placement.arrays import Document

Value = float | tuple[float, ...]


@dataclass(frozen=True)
class Link:
    """From a node down to one of its inputs: `derivative` of the node by that input, by hand.

    `rule` is its formula; `handed_down` is the node's gradient times `derivative`. Without a rule
    nobody asked for the input's gradient.
    """

    name: str
    rule: str = ""
    derivative: Value | None = None
    handed_down: Value | None = None


@dataclass(frozen=True)
class Node:
    """One number, or several: `operation` makes it of its inputs, "" for an input.

    `gradient` is that of the result by this node, multiplied by hand, and `autograd` what torch
    left in `.grad`; both None for what no gradient was asked of. `grad_fn` is torch's name of the
    step backward (AccumulateGrad keeps what arrives at a parameter), the last of so many
    `torch_steps`.
    """

    name: str
    operation: str
    value: Value
    gradient: Value | None
    autograd: Value | None
    grad_fn: str | None
    torch_steps: int
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
        return {link.name: link.derivative for link in links if link.derivative is not None}

    @property
    def result(self) -> Node:
        """The node that the gradients are of."""
        return self.nodes[-1]

    def to_dict(self) -> Document:
        """Return what `--json` prints."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Rule:
    """The derivative of a step by one input: its formula, and the value of it."""

    formula: str
    derivative: Callable[..., Tensor]


@dataclass(frozen=True, eq=False)
class TapeNode:
    """A node while the tape runs."""

    name: str
    operation: str
    tensor: Tensor
    inputs: tuple["TapeNode", ...] = ()
    rules: tuple[Rule | None, ...] = ()


@dataclass
class Tape:
    """Runs operations in torch and records them."""

    dtype: torch.dtype = torch.float64
    _nodes: list[TapeNode] = field(default_factory=list)

    def input(
        self, name: str, value: float | Sequence[float], *, requires_grad: bool = True
    ) -> TapeNode:
        """Take a number, or several; data needs no gradient."""
        tensor = torch.tensor(value, dtype=self.dtype, requires_grad=requires_grad)
        self._nodes.append(TapeNode(name, "", tensor))
        return self._nodes[-1]

    def step(
        self,
        name: str,
        operation: str,
        function: Callable[..., Tensor],
        inputs: Mapping[TapeNode, Rule | None],
    ) -> TapeNode:
        """Compute `function` of the inputs' tensors; rules get the same, and data needs none."""
        tensor = function(*(node.tensor for node in inputs))
        if tensor.requires_grad:
            tensor.retain_grad()
        rules = tuple(inputs.values())
        self._nodes.append(TapeNode(name, operation, tensor, tuple(inputs), rules))
        return self._nodes[-1]

    def graph(self) -> Graph:
        """Go backward from the last step, by hand and by autograd."""
        result = self._nodes[-1]
        if result.tensor.requires_grad:
            result.tensor.backward()  # type: ignore[no-untyped-call]
        gradients = {result: torch.ones_like(result.tensor)}
        links: dict[TapeNode, tuple[Link, ...]] = {}
        for node in reversed(self._nodes):
            links[node] = tuple(self._handed_down(node, gradients))
        return Graph(tuple(_node(node, gradients.get(node), links[node]) for node in self._nodes))

    @staticmethod
    def _handed_down(node: TapeNode, gradients: dict[TapeNode, Tensor]) -> Iterator[Link]:
        """Multiply a node's gradient by its local derivatives, and pass it on."""
        tensors = [source.tensor.detach() for source in node.inputs]
        for source, rule in zip(node.inputs, node.rules, strict=True):
            if rule is None or not source.tensor.requires_grad:
                yield Link(source.name)
                continue
            derivative = rule.derivative(*tensors)
            part = gradients[node] * derivative
            other_parts = gradients.get(source)
            gradients[source] = part if other_parts is None else other_parts + part
            yield Link(source.name, rule.formula, to_value(derivative), to_value(part))


def _node(node: TapeNode, gradient: Tensor | None, links: tuple[Link, ...]) -> Node:
    tensor = node.tensor
    has_gradient = tensor.requires_grad and gradient is not None
    return Node(
        name=node.name,
        operation=node.operation,
        value=to_value(tensor.detach()),
        gradient=to_value(gradient) if has_gradient and gradient is not None else None,
        autograd=to_value(tensor.grad) if has_gradient and tensor.grad is not None else None,
        grad_fn=grad_fn_name(tensor),
        torch_steps=_count_steps(node),
        inputs=links,
    )


def grad_fn_name(tensor: Tensor) -> str | None:
    """Return torch's name of the step backward from a tensor, None where nothing is recorded."""
    if tensor.grad_fn is not None:
        return tensor.grad_fn.name().split("::")[-1].rstrip("0123456789")
    return "AccumulateGrad" if tensor.requires_grad else None


def _count_steps(node: TapeNode) -> int:
    """Count torch's steps backward from a node to its inputs."""
    ends = {source.tensor.grad_fn for source in node.inputs}
    visited: set[BackwardStep] = set()
    stack: list[BackwardStep | None] = [node.tensor.grad_fn]
    while stack:
        step = stack.pop()
        if step is None or step in visited or step in ends or hasattr(step, "variable"):
            continue
        visited.add(step)
        stack += [function for function, _ in step.next_functions]
    return len(visited)


def to_value(tensor: Tensor) -> Value:
    """Return a tensor's number, or its numbers."""
    return float(tensor) if tensor.ndim == 0 else tuple(map(float, tensor.tolist()))

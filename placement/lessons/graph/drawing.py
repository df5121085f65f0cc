"""A graph drawn as text, in Graphviz's DOT, and as an SVG that needs no other program."""

import html
import math
from collections.abc import Iterator

from placement.lessons.graph.graph import Graph, Link, Node, Value

_MAX_SHOWN = 6
_NO_WAY_BACK = "no grad_fn: no way back"
_CHAR_WIDTH, _LINE_HEIGHT, _PADDING, _GAP, _LAYER_GAP = 7.9, 17, 10, 26, 46  # pixels of the SVG
_STYLE = """
  .lesson { --paper: #ffffff; --box: #f3f6fa; --edge: #4a5a6a; --ink: #1c2733; --soft: #53616f;
            --down: #0b63a5; --data: #eef0ee; --cut: #a33a1a; }
  @media (prefers-color-scheme: dark) {
    .lesson { --paper: #14181d; --box: #202832; --edge: #8fa1b3; --ink: #eef3f8; --soft: #b3c0cd;
              --down: #74bdf5; --data: #2a2e2b; --cut: #f0997b; }
  }
  .lesson .paper { fill: var(--paper); }
  .lesson .box { fill: var(--box); stroke: var(--edge); }
  .lesson .data { fill: var(--data); stroke: var(--edge); stroke-dasharray: 4 3; }
  .lesson .unrecorded { fill: var(--data); stroke: var(--cut); stroke-dasharray: 4 3; }
  .lesson .edge { stroke: var(--edge); fill: none; }
  .lesson .cut { stroke: var(--cut); stroke-dasharray: 4 3; }
  .lesson .head { fill: var(--edge); }
  .lesson text { font: 13px "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: var(--ink);
                 white-space: pre; }
  .lesson .name { font-weight: bold; }
  .lesson .soft { fill: var(--soft); }
  .lesson .down { fill: var(--down); }
  .lesson .none { fill: var(--cut); }
"""


def format_value(value: Value | None) -> str:
    """Return a number with six digits, or the first of several."""
    if value is None:
        return "–"
    if isinstance(value, tuple):
        more = ", …" if len(value) > _MAX_SHOWN else ""
        return f"[{', '.join(map(format_value, value[:_MAX_SHOWN]))}{more}]"
    return f"{value + 0.0:.6g}"  # a zero has no sign here


def graph_text(graph: Graph) -> str:
    """Return the way forward as lines, and the way backward as a tree below the result."""
    heading = f"Backward: how much {graph.result.name} changes with each, from the result down"
    forward = ("Forward: each from those above it", *_forward_lines(graph))
    return "\n".join([*forward, "", heading, *_backward_lines(graph)])


def _forward_lines(graph: Graph) -> Iterator[str]:
    name_width = max(len(node.name) for node in graph.nodes)
    operation_width = max(14, *(len(node.operation) for node in graph.nodes))
    for node in graph.nodes:
        operation = node.operation or ("given, as data" if node.gradient is None else "given")
        value = format_value(node.value)
        note = f"   {_NO_WAY_BACK}" if _is_unrecorded(node) else ""
        yield f"  {node.name:<{name_width}}  {operation:<{operation_width}}  = {value}{note}"


def _backward_lines(graph: Graph) -> Iterator[str]:
    result = graph.result
    yield "  (slope of the step above;  what arrived there × the slope = what is handed down)"
    yield f"  {result.name}: starts with 1{_autograd_text(result)}"
    yield from _tree_lines(graph, result, "")


def _autograd_text(node: Node) -> str:
    if node.autograd is None:
        return ""
    return f"   autograd: {format_value(node.autograd)}, {_grad_fn_text(node)}"


def _grad_fn_text(node: Node) -> str:
    return f"{node.grad_fn}" + (f" and {node.torch_steps - 1} more" if node.torch_steps > 1 else "")


def _tree_lines(graph: Graph, node: Node, indent: str) -> Iterator[str]:
    links = [link for link in node.inputs if link.derivative is not None]
    for index, link in enumerate(links):
        is_last = index == len(links) - 1
        source = graph[link.name]
        is_part = source.gradient != link.handed_down
        total = f", in all {format_value(source.gradient)}" if is_part else ""
        parts = f"{_derivative_text(node, link)};  {_product_text(node, link)}{total}"
        yield f"  {indent}{'└─' if is_last else '├─'} {link.name}: {parts}{_autograd_text(source)}"
        yield from _tree_lines(graph, source, indent + ("   " if is_last else "│  "))


def _derivative_text(node: Node, link: Link) -> str:
    """Return `dŷ/dz = ŷ(1 − ŷ) = 0.25`; of columns without their names, which are long."""
    node_name, input_name = (name.partition("[")[0] for name in (node.name, link.name))
    text, value = f"d{node_name}/d{input_name} = {link.rule}", format_value(link.derivative)
    return text if link.rule == value else f"{text} = {value}"


def _product_text(node: Node, link: Link) -> str:
    gradient, derivative = format_value(node.gradient), format_value(link.derivative)
    return f"{gradient} × {derivative} = {format_value(link.handed_down)}"


def graph_dot(graph: Graph) -> str:
    """Return the graph in Graphviz's language."""
    numbers = {node.name: index for index, node in enumerate(graph.nodes)}
    lines = ["digraph lesson {", '  node [shape=box, fontname="monospace"];']
    for node in graph.nodes:
        texts = (line for line, _ in _box_lines(graph, node))
        label = "\\n".join(text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
        style = ", style=dashed" if node.gradient is None else ""
        lines.append(f'  n{numbers[node.name]} [label="{label}"{style}];')
    for node in graph.nodes:
        lines += [f"  n{numbers[link.name]} -> n{numbers[node.name]};" for link in node.inputs]
    return "\n".join([*lines, "}"])


def _is_data(node: Node) -> bool:
    return not node.operation and node.gradient is None


def _is_unrecorded(node: Node) -> bool:
    return bool(node.operation) and node.gradient is None


def _box_lines(graph: Graph, node: Node) -> list[tuple[str, str]]:
    """Return what stands in a node's box, each line with its class."""
    data = "data" if _is_data(node) else "parameter"
    value = f"= {format_value(node.value)}"
    lines = [(node.name, "name"), (node.operation or data, "soft"), (value, "")]
    for user in graph.nodes:
        for link in user.inputs:
            if link.name == node.name and link.derivative is not None:
                lines.append((_derivative_text(user, link), "down"))
                lines.append((_product_text(user, link), "down"))
    if node.gradient is not None:
        lines.append((f"gradient {format_value(node.gradient)}", "down"))
    if node.autograd is not None:
        lines.append((f"autograd {format_value(node.autograd)}", "down"))
    if node.grad_fn is not None:
        lines.append((_grad_fn_text(node), "soft"))
    if _is_unrecorded(node):
        lines.append((_NO_WAY_BACK, "none"))
    return lines


def graph_svg(graph: Graph) -> str:
    """Return the graph as SVG: inputs at the top, the result at the bottom, light and dark."""
    boxes = {node.name: _Box(node, _box_lines(graph, node)) for node in graph.nodes}
    y = float(_GAP)
    for layer in _layers(graph):
        layer_height = max(boxes[name].height for name in layer)
        _arrange_layer([boxes[name] for name in layer], boxes, y + layer_height)
        y += layer_height + _LAYER_GAP
    height = y - _LAYER_GAP + _GAP
    left = min(box.x for box in boxes.values()) - _GAP
    width = max(box.x + box.width for box in boxes.values()) + _GAP - left
    elements = [element for node in graph.nodes for element in _edges(node, boxes)]
    elements += [element for box in boxes.values() for element in box.elements()]
    size = f'width="{width:.0f}" height="{height:.0f}"'
    view = f'viewBox="{left:.0f} 0 {width:.0f} {height:.0f}" {size}'
    head = [
        f'<svg class="lesson" xmlns="http://www.w3.org/2000/svg" {view} role="img">',
        f"<title>{html.escape(graph.result.name)}, forward and backward</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" x="{left:.0f}" {size}/>',
    ]
    return "\n".join([*head, *elements, "</svg>"])


def _arrange_layer(layer: list["_Box"], boxes: dict[str, "_Box"], bottom: float) -> None:
    """Arrange boxes side by side, each as near below its inputs as there is room."""
    end = -math.inf
    for box in layer:
        centers = [boxes[link.name].center for link in box.node.inputs]
        free = end + _GAP if math.isfinite(end) else 0.0
        x = sum(centers) / len(centers) - box.width / 2 if centers else free
        box.x = max(x, free) if math.isfinite(end) else x
        box.y = bottom - box.height
        end = box.x + box.width


def _layers(graph: Graph) -> list[list[str]]:
    """Return the names of nodes by depth: an input stands right above what uses it."""
    depth: dict[str, int] = {}
    for node in reversed(graph.nodes):
        users = [user for user in graph.nodes if node.name in {link.name for link in user.inputs}]
        depth[node.name] = 1 + max((depth[user.name] for user in users), default=-1)
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for node in graph.nodes:
        layers[depth[node.name]].append(node.name)
    return layers[::-1]


class _Box:
    def __init__(self, node: Node, lines: list[tuple[str, str]]) -> None:
        self.node, self.lines = node, lines
        self.width = max(len(line) for line, _ in lines) * _CHAR_WIDTH + 2 * _PADDING
        self.height = len(self.lines) * _LINE_HEIGHT + 2 * _PADDING
        self.x = self.y = 0.0

    @property
    def center(self) -> float:
        return self.x + self.width / 2

    def elements(self) -> Iterator[str]:
        css_class = "data" if _is_data(self.node) else "box"
        css_class = "unrecorded" if _is_unrecorded(self.node) else css_class
        yield (
            f'<rect class="{css_class}" x="{self.x:.1f}" y="{self.y:.1f}" '
            f'width="{self.width:.1f}" height="{self.height:.1f}" rx="6"/>'
        )
        for index, (line, css_class) in enumerate(self.lines):
            y = self.y + _PADDING + _LINE_HEIGHT * (index + 0.75)
            yield (
                f'<text class="{css_class}" x="{self.x + _PADDING:.1f}" y="{y:.1f}">'
                f"{html.escape(line)}</text>"
            )


def _edges(node: Node, boxes: dict[str, "_Box"]) -> Iterator[str]:
    box = boxes[node.name]
    for index, link in enumerate(node.inputs):
        source = boxes[link.name]
        x, y = box.x + (index + 1) / (len(node.inputs) + 1) * box.width, box.y
        bottom = source.y + source.height
        bend = (bottom + y) / 2
        css_class = "edge cut" if _is_unrecorded(node) else "edge"
        yield (
            f'<path class="{css_class}" d="M{source.center:.1f} {bottom:.1f} '
            f'C{source.center:.1f} {bend:.1f} {x:.1f} {bend:.1f} {x:.1f} {y - 6:.1f}"/>'
        )
        yield f'<path class="head" d="M{x - 4:.1f} {y - 7:.1f} h8 l-4 7 z"/>'

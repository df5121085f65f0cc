"""A computation drawn as text, in the words of DOT, and as an SVG that needs no other program."""

import html
import math
from collections.abc import Iterator

from placement.lessons.graph.graph import Graph, Link, Node, Value

_MOST_SHOWN = 6
_LETTER, _LINE, _PAD, _GAP, _RISE = 7.9, 17, 10, 26, 46  # of the SVG, in its pixels
_STYLE = """
  .lesson { --paper: #ffffff; --box: #f3f6fa; --edge: #4a5a6a; --ink: #1c2733; --soft: #53616f;
            --down: #0b63a5; --data: #eef0ee; }
  @media (prefers-color-scheme: dark) {
    .lesson { --paper: #14181d; --box: #202832; --edge: #8fa1b3; --ink: #eef3f8; --soft: #b3c0cd;
              --down: #74bdf5; --data: #2a2e2b; }
  }
  .lesson .paper { fill: var(--paper); }
  .lesson .box { fill: var(--box); stroke: var(--edge); }
  .lesson .data { fill: var(--data); stroke: var(--edge); stroke-dasharray: 4 3; }
  .lesson .edge { stroke: var(--edge); fill: none; }
  .lesson .head { fill: var(--edge); }
  .lesson text { font: 13px "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: var(--ink);
                 white-space: pre; }
  .lesson .name { font-weight: bold; }
  .lesson .soft { fill: var(--soft); }
  .lesson .down { fill: var(--down); }
"""


def shown(value: Value | None) -> str:
    """Return a number with six digits, or the first of several."""
    if value is None:
        return "–"
    if isinstance(value, tuple):
        more = ", …" if len(value) > _MOST_SHOWN else ""
        return f"[{', '.join(map(shown, value[:_MOST_SHOWN]))}{more}]"
    return f"{value + 0.0:.6g}"  # a zero has no sign here


def text_of(graph: Graph) -> str:
    """Return the way forward as lines, and the way backward as a tree below the result."""
    return "\n".join(
        [
            "Forward: each from those above it",
            *_forward(graph),
            "",
            f"Backward: how much {graph.result.name} changes with each, from the result down",
            *_backward(graph),
        ]
    )


def _forward(graph: Graph) -> Iterator[str]:
    wide = max(len(node.name) for node in graph.nodes)
    long = max(len(node.operation) for node in graph.nodes)
    for node in graph.nodes:
        what = node.operation or ("given, as data" if node.gradient is None else "given")
        yield f"  {node.name:<{wide}}  {what:<{max(long, 14)}}  = {shown(node.value)}"


def _backward(graph: Graph) -> Iterator[str]:
    result = graph.result
    if result.gradient is None:
        yield f"  {result.name}: torch recorded nothing, so there is no way back"
        return
    yield "  (slope of the step above;  what arrived there × the slope = what is handed down)"
    yield f"  {result.name}: starts with 1{_by_torch(result)}"
    yield from _below(graph, result, "")


def _by_torch(node: Node) -> str:
    if node.autograd is None:
        return ""
    return f"   autograd: {shown(node.autograd)}, {_step_backward(node)}"


def _step_backward(node: Node) -> str:
    more = f" and {node.steps - 1} more" if node.steps > 1 else ""
    return f"{node.grad_fn}{more}"


def _below(graph: Graph, node: Node, indent: str) -> Iterator[str]:
    asked = [link for link in node.inputs if link.derivative is not None]
    for place, link in enumerate(asked):
        last = place == len(asked) - 1
        below = graph[link.to]
        total = ""
        if below.gradient != link.handed_down:
            total = f", in all {shown(below.gradient)}"
        parts = f"{_slope(node, link)};  {_product(node, link)}{total}"
        yield f"  {indent}{'└─' if last else '├─'} {link.to}: {parts}{_by_torch(below)}"
        yield from _below(graph, below, indent + ("   " if last else "│  "))


def _slope(node: Node, link: Link) -> str:
    """Return `dŷ/dz = ŷ(1 − ŷ) = 0.25`; of columns without their names, which are long."""
    by = f"d{_short(node.name)}/d{_short(link.to)} = {link.rule}"
    return by if link.rule == shown(link.derivative) else f"{by} = {shown(link.derivative)}"


def _short(name: str) -> str:
    return name.partition("[")[0]


def _product(node: Node, link: Link) -> str:
    parts = shown(node.gradient), shown(link.derivative), shown(link.handed_down)
    return f"{parts[0]} × {parts[1]} = {parts[2]}"


def dot_of(graph: Graph) -> str:
    """Return the graph in Graphviz's language."""
    number = {node.name: place for place, node in enumerate(graph.nodes)}
    lines = ["digraph lesson {", '  node [shape=box, fontname="monospace"];']
    for node in graph.nodes:
        label = "\\n".join(_quoted(line) for line, _ in _box_lines(graph, node))
        style = ", style=dashed" if _is_data(node) else ""
        lines.append(f'  n{number[node.name]} [label="{label}"{style}];')
    for node in graph.nodes:
        lines += [f"  n{number[link.to]} -> n{number[node.name]};" for link in node.inputs]
    return "\n".join([*lines, "}"])


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _is_data(node: Node) -> bool:
    return not node.operation and node.gradient is None


def _box_lines(graph: Graph, node: Node) -> list[tuple[str, str]]:
    """Return what stands in a node's box, each line with its class."""
    data = "data" if _is_data(node) else "parameter"
    lines = [(node.name, "name"), (node.operation or data, "soft"), (f"= {shown(node.value)}", "")]
    for user in graph.nodes:
        for link in user.inputs:
            if link.to == node.name and link.derivative is not None:
                lines += [(_slope(user, link), "down"), (_product(user, link), "down")]
    if node.gradient is not None:
        lines.append((f"gradient {shown(node.gradient)}", "down"))
    if node.autograd is not None:
        lines.append((f"autograd {shown(node.autograd)}", "down"))
    if node.grad_fn is not None:
        lines.append((_step_backward(node), "soft"))
    return lines


def svg_of(graph: Graph) -> str:
    """Return the graph as SVG: inputs at the top, the result at the bottom, light and dark."""
    boxes = {node.name: _Box(node, _box_lines(graph, node)) for node in graph.nodes}
    y = float(_GAP)
    for row in _layers(graph):
        tall = max(boxes[name].height for name in row)
        _place_row([boxes[name] for name in row], boxes, y + tall)
        y += tall + _RISE
    high = y - _RISE + _GAP
    left = min(box.x for box in boxes.values()) - _GAP
    wide = max(box.x + box.width for box in boxes.values()) + _GAP - left
    drawn = [piece for node in graph.nodes for piece in _edges(node, boxes)]
    drawn += [piece for box in boxes.values() for piece in box.drawn()]
    view = f'viewBox="{left:.0f} 0 {wide:.0f} {high:.0f}" width="{wide:.0f}" height="{high:.0f}"'
    paper = f'x="{left:.0f}" width="{wide:.0f}" height="{high:.0f}"'
    return "\n".join(
        [
            f'<svg class="lesson" xmlns="http://www.w3.org/2000/svg" {view} role="img">',
            f"<title>{html.escape(graph.result.name)}, forward and backward</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" {paper}/>',
            *drawn,
            "</svg>",
        ]
    )


def _place_row(row: list["_Box"], boxes: dict[str, "_Box"], bottom: float) -> None:
    """Place boxes side by side, each as near below its inputs as there is room."""
    end = -math.inf
    for box in row:
        above = [boxes[link.to].middle for link in box.node.inputs]
        free = end + _GAP if math.isfinite(end) else 0.0
        x = sum(above) / len(above) - box.width / 2 if above else free
        box.place(max(x, free) if math.isfinite(end) else x, bottom - box.height)
        end = box.x + box.width


def _layers(graph: Graph) -> list[list[str]]:
    """Return the names of nodes by depth: what is given stands right above what uses it."""
    depth: dict[str, int] = {}
    for node in reversed(graph.nodes):
        users = [user for user in graph.nodes if node.name in {link.to for link in user.inputs}]
        depth[node.name] = 1 + max((depth[user.name] for user in users), default=-1)
    rows: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for node in graph.nodes:
        rows[depth[node.name]].append(node.name)
    return rows[::-1]


class _Box:
    """A node's rectangle with its lines."""

    def __init__(self, node: Node, lines: list[tuple[str, str]]) -> None:
        self.node, self.lines = node, lines
        self.width = max(len(line) for line, _ in lines) * _LETTER + 2 * _PAD
        self.height = len(self.lines) * _LINE + 2 * _PAD
        self.x = self.y = 0.0

    def place(self, x: float, y: float) -> None:
        self.x, self.y = x, y

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    def drawn(self) -> Iterator[str]:
        kind = "data" if _is_data(self.node) else "box"
        yield (
            f'<rect class="{kind}" x="{self.x:.1f}" y="{self.y:.1f}" '
            f'width="{self.width:.1f}" height="{self.height:.1f}" rx="6"/>'
        )
        for place, (line, style) in enumerate(self.lines):
            y = self.y + _PAD + _LINE * (place + 0.75)
            yield (
                f'<text class="{style}" x="{self.x + _PAD:.1f}" y="{y:.1f}">'
                f"{html.escape(line)}</text>"
            )


def _edges(node: Node, boxes: dict[str, "_Box"]) -> Iterator[str]:
    """Draw an arrow from each of a node's inputs."""
    to = boxes[node.name]
    for place, link in enumerate(node.inputs):
        source = boxes[link.to]
        share = (place + 1) / (len(node.inputs) + 1)
        x, y = to.x + to.width * share, to.y
        bottom = source.y + source.height
        bend = (bottom + y) / 2
        yield (
            f'<path class="edge" d="M{source.middle:.1f} {bottom:.1f} '
            f'C{source.middle:.1f} {bend:.1f} {x:.1f} {bend:.1f} {x:.1f} {y - 6:.1f}"/>'
        )
        yield f'<path class="head" d="M{x - 4:.1f} {y - 7:.1f} h8 l-4 7 z"/>'

"""A computation drawn as text, in the words of DOT, and as an SVG that needs no other program."""

import html
from collections.abc import Iterator

from placement.lessons.graph import Graph, Link, Node, Value

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
    return f"{value:.6g}".replace("-", "−")


def text_of(graph: Graph) -> str:
    """Return the way forward as lines, and the way backward as a tree below the result."""
    forward = list(_forward(graph))
    head = f"Backward: how much {graph.result.name} changes with each, from the result down"
    return "\n".join(
        [
            "Forward: each from those above it",
            *forward,
            "",
            head,
            "  (slope of the step above;  what arrived there × the slope = what is handed down)",
            *_arrival(graph.result, "starts with 1"),
            *_below(graph, graph.result, ""),
        ]
    )


def _forward(graph: Graph) -> Iterator[str]:
    wide = max(len(node.name) for node in graph.nodes)
    long = max(len(node.formula) for node in graph.nodes)
    for node in graph.nodes:
        what = node.formula or ("given, as data" if node.arrived is None else "given")
        step = f"   {node.grad_fn}" if node.formula and node.grad_fn else ""
        yield f"  {node.name:<{wide}}  {what:<{max(long, 14)}}  = {shown(node.value)}{step}"


def _arrival(node: Node, how: str) -> list[str]:
    return [f"  {node.name}: {how}" + _beside(node)]


def _beside(node: Node) -> str:
    if node.autograd is None:
        return "   (torch records nothing here)" if node.grad_fn is None else ""
    return f"   autograd: {shown(node.autograd)}"


def _below(graph: Graph, node: Node, indent: str) -> Iterator[str]:
    wanted = [link for link in node.inputs if link.derivative is not None]
    for place, link in enumerate(wanted):
        last = place == len(wanted) - 1
        below = graph[link.to]
        yield f"  {indent}{'└─' if last else '├─'} {_link_text(node, link, below)}"
        yield from _below(graph, below, indent + ("   " if last else "│  "))


def _link_text(node: Node, link: Link, below: Node) -> str:
    derivative = f"d{node.name}/d{link.to} = {link.rule}"
    if link.rule != shown(link.derivative):
        derivative += f" = {shown(link.derivative)}"
    parts = shown(node.arrived), shown(link.derivative), shown(link.handed)
    product = f"{parts[0]} × {parts[1]} = {parts[2]}"
    total = ""
    if below.arrived != link.handed:
        total = f", in all {shown(below.arrived)}"
    return f"{link.to}: {derivative};  {product}{total}{_beside(below)}"


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
    return not node.formula and node.arrived is None


def _box_lines(graph: Graph, node: Node) -> list[tuple[str, str]]:
    """Return what stands in a node's box, each line with its class."""
    what = node.formula or ("data" if _is_data(node) else "parameter")
    lines = [(node.name, "name"), (what, "soft"), (f"= {shown(node.value)}", "")]
    for user in graph.nodes:
        for link in user.inputs:
            if link.to == node.name and link.derivative is not None:
                derivative = f"d{user.name}/d{node.name} = {shown(link.derivative)}"
                lines.append((f"{derivative}, × {shown(user.arrived)}", "down"))
    if node.arrived is not None:
        lines.append((f"gradient {shown(node.arrived)}", "down"))
    if node.autograd is not None:
        lines.append((f"autograd {shown(node.autograd)}", "down"))
    if node.grad_fn is not None:
        lines.append((node.grad_fn, "soft"))
    return lines


def svg_of(graph: Graph) -> str:
    """Return the graph as SVG: inputs at the top, the result at the bottom, light and dark."""
    rows = _layers(graph)
    boxes = {node.name: _Box(node, _box_lines(graph, node)) for node in graph.nodes}
    wide = max(sum(boxes[n].width for n in row) + _GAP * (len(row) + 1) for row in rows)
    y = float(_GAP)
    for row in rows:
        x = (wide - sum(boxes[n].width for n in row) - _GAP * (len(row) - 1)) / 2
        tall = max(boxes[n].height for n in row)
        for name in row:
            boxes[name].place(x, y + tall - boxes[name].height)
            x += boxes[name].width + _GAP
        y += tall + _RISE
    height = y - _RISE + _GAP
    drawn = [piece for node in graph.nodes for piece in _edges(node, boxes)]
    drawn += [piece for box in boxes.values() for piece in box.drawn()]
    size = f'width="{wide:.0f}" height="{height:.0f}" viewBox="0 0 {wide:.0f} {height:.0f}"'
    return "\n".join(
        [
            f'<svg class="lesson" xmlns="http://www.w3.org/2000/svg" {size} role="img">',
            f"<title>{html.escape(graph.result.name)}, forward and backward</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" width="{wide:.0f}" height="{height:.0f}"/>',
            *drawn,
            "</svg>",
        ]
    )


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

"""A lesson as the command line asks for it: what is printed, written and recorded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from placement.data.replacing import writing
from placement.errors import UsageError
from placement.lessons.catalog import LESSONS, lesson
from placement.lessons.drawing import dot_of, svg_of, text_of
from placement.lessons.graph import Graph
from placement.lessons.pages import index_text, text_of_lesson
from placement.lessons.snippets import code_of
from placement.lessons.texts import TEXTS
from placement.reporting.documents import FORMAT
from placement.reporting.documents import as_json as document
from placement.workflows.watching import Watcher


@dataclass(frozen=True)
class Asked:
    """What to show of a lesson; `draw` names a file for its graph."""

    graph: bool = False
    draw: str | None = None
    code: bool = False
    log: bool = False
    as_json: bool = False


def index(*, as_json: bool) -> str:
    """Return the list of lessons, with what each takes."""
    if not as_json:
        return index_text()
    return document(
        [
            {
                "name": name,
                "title": TEXTS[name].title,
                "inputs": {key: spec.default for key, spec in own.inputs.items()},
            }
            for name, own in LESSONS.items()
        ]
    )


def play(name: str, given: Mapping[str, str], asked: Asked, note: Callable[[str], None]) -> str:
    """Play a lesson and return what is printed; say in a note where else it went."""
    if name in LESSONS and not LESSONS[name].draws_graph and (asked.graph or asked.draw):
        drawn = ", ".join(own for own, it in LESSONS.items() if it.draws_graph)
        raise UsageError(f"the lesson {name} draws no graph; these do: {drawn}")
    result = lesson(name, **given)
    if asked.draw and result.graph is not None:
        write_graph(result.graph, asked.draw)
        note(f"the graph is in {asked.draw}")
    if asked.log:
        from placement.lessons.record import log_lesson

        note(f"recorded as run {log_lesson(result)}: see it by placement ui")
    if asked.as_json:
        return document({"format": FORMAT, **result.to_dict()})
    if asked.code:
        return code_of(name, result.inputs).rstrip("\n")
    if asked.graph and result.graph is not None:
        return f"{TEXTS[name].title}\n\n{text_of(result.graph)}"
    return text_of_lesson(result)


def play_row(
    data: str, row: int, model: str, draw: str | None, watcher: Watcher, *, as_json: bool
) -> str:
    """Return what is printed of a row of a file: its loss by a model, forward and backward."""
    from placement.lessons.rows import graph_of_row

    graph, zero = graph_of_row(data, row, model, watcher)
    if draw:
        write_graph(graph, draw)
        watcher.note(f"the graph is in {draw}")
    if as_json:
        return document({"format": FORMAT, "row": row, "zero": list(zero), **graph.to_dict()})
    rest = f"\n\n0 in this row, so of gradient 0: {', '.join(zero)}" if zero else ""
    return f"Row {row} of {data}, columns as they are encoded\n\n{text_of(graph)}{rest}"


def write_graph(graph: Graph, path: str) -> None:
    """Write a graph as the ending of the path says: .svg or .dot."""
    forms = {".svg": svg_of, ".dot": dot_of}
    form = forms.get(Path(path).suffix.casefold())
    if form is None:
        raise UsageError(f"--draw {path}: the name must end in .svg or .dot")
    with writing(path):
        Path(path).write_text(form(graph) + "\n", encoding="utf-8")

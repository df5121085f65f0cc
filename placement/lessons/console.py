"""A lesson as the command line asks for it: what is printed, written and recorded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from placement.errors import UsageError
from placement.lessons.catalog import LESSONS, lesson
from placement.lessons.graph.drawing import dot_of, svg_of, text_of
from placement.lessons.graph.graph import Graph
from placement.lessons.render_text import index_text, text_of_lesson
from placement.lessons.snippets import code_of
from placement.lessons.texts import TEXTS
from placement.reporting.json_documents import FORMAT
from placement.reporting.json_documents import as_json as document
from placement.runtime.atomic_write import writing
from placement.runtime.progress import ProgressListener


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
    if asked.code and (asked.graph or asked.as_json):
        raise UsageError("--code prints lines of torch alone: leave out --graph and --json")
    if asked.draw:
        form_of(asked.draw)
    result = lesson(name, **given)
    if asked.draw:
        write_graph(result.graph, asked.draw)
        note(f"the graph is in {asked.draw}")
    if asked.log:
        from placement.lessons.mlflow_log import log_lesson

        note(f"recorded as run {log_lesson(result)}: see it by placement ui")
    if asked.as_json:
        return document({"format": FORMAT, **result.to_dict()})
    if asked.code:
        return code_of(name, result.inputs).rstrip("\n")
    if asked.graph:
        return f"{TEXTS[name].title}\n\n{text_of(result.graph)}"
    return text_of_lesson(result)


def play_row(
    data: str, row: int, model: str, draw: str | None, watcher: ProgressListener, *, as_json: bool
) -> str:
    """Return what is printed of a row of a file: its loss by a model, forward and backward."""
    from placement.lessons.graph.row_graph import graph_of_row

    if draw:
        form_of(draw)
    graph, zero = graph_of_row(data, row, model, watcher)
    if draw:
        write_graph(graph, draw)
        watcher.note(f"the graph is in {draw}")
    if as_json:
        return document({"format": FORMAT, "row": row, "zero": list(zero), **graph.to_dict()})
    rest = f"\n\n0 in this row, so of gradient 0: {', '.join(zero)}" if zero else ""
    return f"Row {row} of {data}, columns as they are encoded\n\n{text_of(graph)}{rest}"


def form_of(path: str) -> Callable[[Graph], str]:
    """Return what draws a graph for a file of this name. Raises UsageError for another ending."""
    form = {".svg": svg_of, ".dot": dot_of}.get(Path(path).suffix.casefold())
    if form is None:
        raise UsageError(f"--draw {path}: the name must end in .svg or .dot")
    return form


def write_graph(graph: Graph, path: str) -> None:
    """Write a graph as the ending of the path says."""
    drawn = form_of(path)(graph)
    with writing(path):
        Path(path).write_text(drawn + "\n", encoding="utf-8")

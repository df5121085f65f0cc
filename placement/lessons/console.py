"""What `placement lesson` and `gradcheck --graph` print, write and log."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from placement.errors import UsageError
from placement.lessons.catalog import LESSONS, lesson
from placement.lessons.exercise import question
from placement.lessons.graph.drawing import graph_dot, graph_svg, graph_text
from placement.lessons.graph.graph import Graph
from placement.lessons.render_text import index_text, lesson_text
from placement.lessons.result import LessonResult
from placement.reporting.json_documents import FORMAT
from placement.reporting.json_documents import as_json as to_json
from placement.runtime.atomic_write import writing
from placement.runtime.progress import ProgressListener


@dataclass(frozen=True)
class OutputOptions:
    """What to show of a lesson; `draw` names a file for its graph, `answer` is to its exercise."""

    graph: bool = False
    draw: str | None = None
    code: bool = False
    log: bool = False
    answer: str | None = None
    as_json: bool = False


def list_lessons(*, as_json: bool) -> str:
    """Return the list of lessons, as JSON with the inputs of each."""
    if not as_json:
        return index_text(LESSONS.values())
    return to_json(
        [
            {
                "name": lesson.name,
                "title": lesson.title,
                "inputs": lesson.defaults,
                "exercise": question(lesson),
            }
            for lesson in LESSONS.values()
        ]
    )


def run_lesson(
    name: str, inputs: Mapping[str, str], options: OutputOptions, note: Callable[[str], None]
) -> str:
    """Run a lesson and return what is printed; say in a note where else it went."""
    if options.code and (options.graph or options.as_json):
        raise UsageError("--code prints lines of torch alone: leave out --graph and --json")
    if options.answer is not None and (
        options.graph or options.code or options.draw or options.log
    ):
        raise UsageError(
            "--answer checks the exercise and shows nothing else: leave out the others"
        )
    if options.draw:
        drawing_function(options.draw)
    result = lesson(name, **inputs)
    if options.answer is not None:
        return _checked(result, options.answer, as_json=options.as_json)
    if options.draw:
        write_graph(result.graph, options.draw, note)
    if options.log:
        from placement.lessons.mlflow_log import log_lesson

        note(f"recorded as run {log_lesson(result)}: see it by placement ui")
    if options.as_json:
        return to_json({"format": FORMAT, **result.to_dict()})
    if options.code:
        return result.lesson.code_for(result.inputs).rstrip("\n")
    if options.graph:
        return f"{result.lesson.title}\n\n{graph_text(result.graph)}"
    return lesson_text(result)


def _checked(result: LessonResult, answer: str, *, as_json: bool) -> str:
    checked = result.check(answer)
    if not as_json:
        return checked.text
    inputs = dict(result.inputs)
    return to_json(
        {"format": FORMAT, "name": result.lesson.name, "inputs": inputs, **asdict(checked)}
    )


def run_row_graph(
    data: str, row: int, model: str, draw: str | None, progress: ProgressListener, *, as_json: bool
) -> str:
    """Return what is printed of a row of a file: its loss by a model, forward and backward."""
    from placement.lessons.graph.row_graph import row_graph

    if draw:
        drawing_function(draw)
    graph, zero_columns = row_graph(data, row, model, progress)
    if draw:
        write_graph(graph, draw, progress.note)
    if as_json:
        return to_json({"format": FORMAT, "row": row, "zero": zero_columns, **graph.to_dict()})
    text = f"Row {row} of {data}, columns as they are encoded\n\n{graph_text(graph)}"
    if zero_columns:
        text += f"\n\n0 in this row, so of gradient 0: {', '.join(zero_columns)}"
    return text


def drawing_function(path: str) -> Callable[[Graph], str]:
    """Return what draws a graph for a file of this name. Raises UsageError for another ending."""
    draw = {".svg": graph_svg, ".dot": graph_dot}.get(Path(path).suffix.casefold())
    if draw is None:
        raise UsageError(f"--draw {path}: the name must end in .svg or .dot")
    return draw


def write_graph(graph: Graph, path: str, note: Callable[[str], None]) -> None:
    """Write a graph as the ending of the path says, and say so in a note."""
    drawing = drawing_function(path)(graph)
    with writing(path):
        Path(path).write_text(drawing + "\n", encoding="utf-8")
    note(f"the graph is in {path}")

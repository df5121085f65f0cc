"""A lesson as an MLflow run, with its numbers, its table and its picture."""

import json
import math
import tempfile
from dataclasses import asdict
from pathlib import Path

from placement.lessons.computation import Computation, Curves
from placement.lessons.graph.drawing import graph_svg
from placement.lessons.render_html import curves_png
from placement.lessons.render_text import lesson_text
from placement.lessons.result import LessonResult
from placement.tracking.runs import TrackedRun, tracked_run
from placement.tracking.store import open_store

EXPERIMENT = "placement-lessons"


def log_lesson(result: LessonResult) -> str:
    """Write a lesson to MLflow as a run; return its id. Raises StoreError."""
    name, computation = result.lesson.name, result.computation
    params = {key: json.dumps(value) for key, value in result.inputs.items()}
    store, tags = open_store(), {"lesson": name}
    with tracked_run(store, EXPERIMENT, f"lesson {name}", tags=tags, params=params) as run:
        run.log_metrics(_metrics(computation))
        steps = [
            {"name": step, "value": json.dumps(value, ensure_ascii=False)}
            for step, value in computation.steps.items()
        ]
        run.log_table(steps, "steps.json")
        run.log_text(lesson_text(result), "lesson.txt")
        run.log_table([asdict(check) for check in computation.checks], "checks.json")
        run.log_text(graph_svg(result.graph), "figures/graph.svg")
        if computation.curves is not None:
            _log_curves(run, result.lesson.title, computation.curves)
    return run.run_id


def _metrics(computation: Computation) -> dict[str, float | None]:
    numbers: dict[str, float | None] = {
        name: float(value)
        for name, value in computation.steps.items()
        if isinstance(value, bool | int | float) and math.isfinite(value)
    }
    max_abs_error = max(check.max_abs_error for check in computation.checks)
    return {**numbers, "max_abs_error": max_abs_error}


def _log_curves(run: TrackedRun, title: str, curves: Curves) -> None:
    columns = (curves.x, *curves.lines.values())
    names = (curves.axis, *curves.lines)
    rows = [dict(zip(names, map(str, row), strict=True)) for row in zip(*columns, strict=True)]
    run.log_table(rows, "table.json")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "curves.png"
        path.write_bytes(curves_png(title, curves))
        run.log_artifact(path, "figures")

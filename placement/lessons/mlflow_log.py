"""A lesson as an MLflow run, with its numbers, its table and its picture."""

import json
import math
import tempfile
from dataclasses import asdict
from pathlib import Path

from placement.lessons.computation import LessonResult
from placement.lessons.graph.drawing import svg_of
from placement.lessons.render_text import curves_png, text_of_lesson
from placement.tracking.runs import TrackedRun, tracked_run
from placement.tracking.store import open_store

EXPERIMENT = "placement-lessons"


def log_lesson(result: LessonResult) -> str:
    """Write a lesson to MLflow as a run; return its id. Raises StoreError."""
    name, steps = f"lesson {result.name}", result.played.steps
    params = {key: json.dumps(value) for key, value in result.inputs.items()}
    tags = {"lesson": result.name}
    with tracked_run(open_store(), EXPERIMENT, name, tags=tags, params=params) as run:
        run.log_metrics(_metrics(result))
        table = [{"name": s.name, "value": json.dumps(s.value, ensure_ascii=False)} for s in steps]
        run.log_table(table, "steps.json")
        run.log_text(text_of_lesson(result), "lesson.txt")
        run.log_table([asdict(one) for one in result.played.checks], "checks.json")
        run.log_text(svg_of(result.graph), "figures/graph.svg")
        curves = result.played.curves
        if curves is not None:
            places = range(len(curves.at))
            lines = {curves.axis: curves.at, **curves.lines}
            run.log_table(
                [{name: str(line[place]) for name, line in lines.items()} for place in places],
                "table.json",
            )
            _log_picture(run, curves_png(result))
    return run.run_id


def _metrics(result: LessonResult) -> dict[str, float | None]:
    numbers: dict[str, float | None] = {
        step.name: float(step.value)
        for step in result.played.steps
        if isinstance(step.value, bool | int | float) and math.isfinite(step.value)
    }
    worst = max(one.max_abs_error for one in result.played.checks)
    return {**numbers, "max_abs_error": worst}


def _log_picture(run: TrackedRun, png: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "curves.png"
        path.write_bytes(png)
        run.log_artifact(path, "figures")

"""Predict: score a file block by block, keep every cell as it came, append the answer."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from placement.data.replacing import replacing
from placement.data.rules import Rule, parse_rule
from placement.data.schema import matching_columns
from placement.data.tables import Block, Reader, open_table
from placement.data.target import unlabelled
from placement.data.writing import open_output, output_form
from placement.errors import DataError, UsageError, did_you_mean
from placement.model.bundle import finite
from placement.model.scorer import Scores, fold
from placement.reporting.results import PredictResult
from placement.workflows.models import Model
from placement.workflows.predict_one import phrase
from placement.workflows.watching import Nobody, Watcher

ADDED = ("placement_probability", "placement_prediction", "placement_label")
MEANING = {
    "placement_probability": "probability of the positive outcome, for students with these figures",
    "placement_prediction": "1 where the probability reaches the threshold, else 0",
    "placement_label": "the outcome column's own word for that prediction",
}

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Request:
    """What to score, and where to. `rows`: those of a rule; `unknown`: those without outcome."""

    source: str
    out: str | None = None
    threshold: float | None = None
    unknown: bool = False
    where: str | None = None
    about: bool = False
    as_json: bool = False
    names: tuple[str, ...] = ()
    sheet: str | None = None

    def __post_init__(self) -> None:
        if self.about and (self.out is None or self.as_json):
            raise UsageError("--about describes a file that is written: give --out FILE as well")
        if self.as_json and self.out is not None:
            raise UsageError("--json prints the predictions: leave --out away, or --json")
        if self.out and Path(self.out).resolve() == Path(self.source).resolve():
            raise UsageError(f"--out {self.out}: is the file to score; give another name")
        output_form(self.out)  # a wrong ending is told before any data is read


@dataclass
class _Doubts:
    """Cells scored with a stand-in, gathered over blocks: the first place and how many more."""

    first: dict[tuple[str, str], str] = field(default_factory=dict)
    count: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, scores: Scores, block: Block, places: npt.NDArray[np.intp]) -> None:
        for problem in scores.problems:
            key = (problem.column, problem.what)
            where = block.where(int(places[problem.rows[0]]))
            self.first.setdefault(key, f"{where}, column {problem.column}: {phrase(problem)}")
            self.count[key] = self.count.get(key, 0) + len(problem.rows)

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(
            text + (f" (and {self.count[key] - 1:,} more rows)" if self.count[key] > 1 else "")
            for key, text in self.first.items()
        )


def predict(model: Model, request: Request, watcher: Watcher = Nobody()) -> PredictResult:
    """Score the rows of a file; the predictions go to `--out`, or to standard output."""
    rule = parse_rule(request.where, option="--where") if request.where else None
    reader = open_table(
        request.source, names=request.names, sheet=request.sheet, wants_sheet=_wants(model)
    )
    for text in reader.notes:
        watcher.note(text)
    _require_columns(model, reader)
    if request.unknown:
        matching_columns(
            reader.names, [model.schema.target.name], option="--unknown", file=reader.name
        )
    if rule is not None:
        matching_columns(reader.names, [str(rule.column)], option="--where", file=reader.name)
    tally = _Tally(model, request)
    sink = _json_sink if request.as_json else _file_sink
    with sink(request, reader, watcher) as write, watcher.progress("scoring", "rows") as progress:
        for block in reader.blocks():
            keep = _kept(block, model, request, rule, reader.decimal, tally)
            write(block, tally.score(block, keep, reader.decimal), keep)
            progress.update(tally.rows_in)
    result = tally.result(reader)
    for text in result.warnings:
        watcher.warn(text)
    if result.rows_in and not result.rows_out:
        watcher.warn(f"{reader.name}: no row was left to score")
    if request.about:
        _write_about(str(request.out), result)
    return result


def _wants(model: Model) -> Callable[[tuple[str, ...], Mapping[str, Any]], bool]:
    """Want a sheet that has every column the model needs."""

    def wants(names: tuple[str, ...], _cells: Mapping[str, Any]) -> bool:
        have = {fold(name) for name in names}
        return all(fold(name) in have for name in model.scorer.feature_columns)

    return wants


def _require_columns(model: Model, reader: Reader) -> None:
    have = {fold(name) for name in reader.names}
    lacking = [name for name in model.scorer.feature_columns if fold(name) not in have]
    if lacking:
        hint = did_you_mean(lacking[0], reader.names)
        raise DataError(
            f"{reader.name}: lacks the column {', '.join(map(repr, lacking))} that the model needs"
            f"{hint}; add it, or train without it"
        )


def _kept(
    block: Block, model: Model, request: Request, rule: Rule | None, decimal: str, tally: "_Tally"
) -> Mask:
    keep = np.ones(len(block), dtype=bool)
    if request.unknown:
        keep &= unlabelled(model.schema.target, block.columns, decimal=decimal)
        tally.leave_out("the outcome is known", int((~keep).sum()))
    if rule is not None:
        meant = rule.mask(block.columns, decimal=decimal, file=block.file)
        tally.leave_out(f"not {rule}", int((keep & ~meant).sum()))
        keep &= meant
    return keep


class _Tally:
    """Scores blocks and counts."""

    def __init__(self, model: Model, request: Request) -> None:
        self.model, self.request = model, request
        self.threshold = model.threshold if request.threshold is None else request.threshold
        self.words = np.array([model.schema.target.negative, model.schema.target.positive], object)
        self.rows_in = self.rows_out = self.positive = 0
        self.blank_lines = 0
        self.left_out: dict[str, int] = {}
        self.doubts = _Doubts()

    def leave_out(self, why: str, number: int) -> None:
        self.left_out[why] = self.left_out.get(why, 0) + number

    def score(self, block: Block, keep: Mask, decimal: str) -> dict[str, Any]:
        """Return the added cells of the kept rows."""
        self.rows_in += len(keep)
        self.blank_lines += block.blank_lines
        places = np.flatnonzero(keep)
        wanted = match(block, self.model)
        scores = self.model.scorer.score(
            {name: block.columns[there][keep] for name, there in wanted.items()}, decimal
        )
        prediction = (scores.probability >= self.threshold).astype(np.int64)
        self.doubts.add(scores, block, places)
        self.rows_out += len(places)
        self.positive += int(prediction.sum())
        answers = (scores.probability, prediction, self.words[prediction])
        return {name: _spread(cells, keep) for name, cells in zip(ADDED, answers, strict=True)}

    def result(self, reader: Reader) -> PredictResult:
        return PredictResult(
            source=reader.name,
            out=self.request.out,
            model={**self.model.about, "threshold": self.threshold},
            rows_in=self.rows_in,
            rows_out=self.rows_out,
            left_out={why: number for why, number in self.left_out.items() if number},
            blank_lines=self.blank_lines,
            predicted_positive=self.positive,
            warnings=(*reader.warnings, *self.doubts.warnings),
        )


def _spread(cells: npt.NDArray[Any], keep: Mask) -> npt.NDArray[Any]:
    """Put the cells of the kept rows at their places among all rows (the rest is not written)."""
    if keep.all():
        return cells
    everywhere = np.zeros(len(keep), dtype=cells.dtype)
    everywhere[keep] = cells
    return everywhere


def match(block: Block, model: Model) -> dict[str, str]:
    """Map the model's columns to the block's own names."""
    return matching_columns(block.names, list(model.scorer.feature_columns), file=block.file)


@contextmanager
def _file_sink(request: Request, reader: Reader, watcher: Watcher) -> Iterator[Any]:
    with open_output(request.out, reader, ADDED) as output:
        if output.replaced:
            watcher.note(f"replaced the columns {', '.join(output.replaced)}")
        yield output.write


@contextmanager
def _json_sink(_request: Request, _reader: Reader, _watcher: Watcher) -> Iterator[Any]:
    """Print one JSON list, row by row, so that a large file needs no memory."""
    import sys

    first = True

    def write(block: Block, cells: Mapping[str, Any], keep: Mask) -> None:
        nonlocal first
        for place in np.flatnonzero(keep):
            answer = (cells[name][place] for name in ADDED)
            row = int(block.first_row + place)
            entry = dict(
                zip(("row", "probability", "prediction", "label"), (row, *answer), strict=True)
            )
            sys.stdout.write(
                ("[" if first else ",") + "\n" + json.dumps(finite(entry), ensure_ascii=False)
            )
            first = False

    yield write
    sys.stdout.write("[]\n" if first else "\n]\n")


def _write_about(out: str, result: PredictResult) -> None:
    document = {
        "format": 1,
        "out": Path(out).name,
        "source": result.source,
        **result.model,
        "rows_in": result.rows_in,
        "rows_out": result.rows_out,
        "rows_left_out": dict(result.left_out),
        "blank_lines_dropped": result.blank_lines,
        "predicted_positive": result.predicted_positive,
        "warnings": list(result.warnings),
        "columns": MEANING,
    }
    with replacing(Path(f"{out}.about.json")) as temporary:
        temporary.write_text(
            json.dumps(finite(document), ensure_ascii=False, indent=1) + "\n", "utf-8"
        )

"""Predict: score a file block by block, keep every cell as it came, append the answer."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from placement.config.file_options import FileOptions
from placement.data.columns.row_rules import Rule, parse_rule
from placement.data.formats.blocks import BlockRequest
from placement.data.formats.table_reader import Block, Reader, RowCount
from placement.data.output.csv_writer import open_output, output_format
from placement.data.output.left_out_file import left_out_file
from placement.data.output.writer import NOTES, Output, Plan
from placement.data.schema import RANK, SEAT, Target, matching_columns, quoted
from placement.errors import Grave, UsageError, counted
from placement.evaluation.effect.lottery import LotteryRequest
from placement.evaluation.false_alarms import FalseAlarms, false_alarms
from placement.evaluation.shortlist import Rank
from placement.model.bundle import finite, open_bundle
from placement.model.fitted import load_fitted
from placement.model.scorer import match_columns
from placement.reporting.answers.predict import band_warnings
from placement.reporting.format.text_table import Cell
from placement.reporting.results import PredictResult
from placement.runtime.atomic_write import held_back, replacing
from placement.runtime.parallel_map import in_order, usable_processors
from placement.runtime.progress import NoProgress, ProgressListener
from placement.workflows.reading.about_file import refuse_to_replace_draw
from placement.workflows.reading.find_model import Model, find_model
from placement.workflows.reading.number_formats import number_formats
from placement.workflows.reading.open_for_model import open_for
from placement.workflows.scoring.ranked_output import RankedSink, Ranking, Sink
from placement.workflows.scoring.score_blocks import (
    REASON,
    BlockScorer,
    Scored,
    ScoringCounts,
)
from placement.workflows.scoring.seats import SeatSink

MEANING = {
    "placement_probability": "probability of the positive outcome, for students with these figures",
    "placement_prediction": "1 where the probability reaches the threshold, else 0",
    "placement_label": "the outcome column's own word for that prediction",
    "placement_low": "from here",
    "placement_high": "to here the average of such students lies with 95 %; a single student's "
    "luck is not in it",
    **dict.fromkeys(REASON, "what moves the chance most, against the average student"),
    SEAT: "certain or drawn: has a seat; not drawn: the lot gave none; none: too far down the list",
    RANK: "place in the list, 1 first; with --by, in that of the group",
    NOTES: "cells of the row that were scored with a stand-in, or why it is no student's",
}


@dataclass(frozen=True)
class PredictRequest(FileOptions):
    """What to score, and where to. `where`: rows of a rule; `unknown`: those without outcome."""

    data: str
    model: str = "champion"
    out: str | None = None
    threshold: float | None = None
    unknown: bool = False
    where: str | None = None
    about: bool = False
    reasons: bool = False
    as_json: bool = False
    rank: Rank | None = None
    top: int | None = None
    by: str | None = None
    accept_doubts: bool = False
    lottery: int | None = None
    seed: int | None = None
    everybody: bool = False
    excel: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_seats()
        if self.about and (self.out is None or self.as_json):
            raise UsageError("--about describes a file that is written: give --out FILE as well")
        if self.as_json and self.out is not None:
            raise UsageError("--json prints the predictions: leave --out away, or --json")
        if self.out and Path(self.out).resolve() == Path(self.data).resolve():
            raise UsageError(f"--out {self.out}: is the file to score; give another name")
        if self.rank is None and (self.top is not None or self.by is not None):
            given = f" --top {self.top}" if self.top is not None else ""
            given += f" --by {quoted(self.by)}" if self.by is not None else ""
            raise UsageError(
                f"{given.strip()}: say by which end of the list: --rank risk{given} for those most "
                f"at risk, --rank chance{given} for those with the best chance"
            )
        if self.excel and (self.as_json or output_format(self.out) in {"parquet", "xlsx"}):
            raise UsageError("--excel marks text for Excel: give --out FILE.csv as well")
        output_format(self.out)  # a wrong ending is refused before any data is read

    def _check_seats(self) -> None:
        """Refuse a lottery that cannot be held, or that nothing could be learnt from later."""
        if self.seed is not None and self.lottery is None:
            raise UsageError("--seed is what lots are drawn by: give --lottery N as well")
        if not self.gives_seats:
            return
        given = "--everybody" if self.lottery is None else f"--lottery {self.lottery}"
        if self.rank is None or self.top is None:
            raise UsageError(
                f"{given}: say who has a seat: --rank risk --top 60 {given} gives them to the 60 "
                "most at risk"
            )
        if self.out in (None, "-") and not self.as_json:
            raise UsageError(f"{given} makes a list to be kept: give --out FILE as well")
        if self.lottery is not None and (self.lottery < 2 or self.lottery % 2):
            raise UsageError(
                f"--lottery {self.lottery}: give an even number, as half of them get a seat"
            )
        if self.lottery is not None and self.lottery > 2 * self.top:
            raise UsageError(
                f"--lottery {self.lottery} draws for {self.lottery // 2} seats, but there are only "
                f"{self.top} (--top)"
            )

    @property
    def gives_seats(self) -> bool:
        """Whether the list says who has a seat."""
        return self.lottery is not None or self.everybody


def predict(request: PredictRequest, listener: ProgressListener = NoProgress()) -> PredictResult:
    """Score the rows of a file; the predictions go to `--out`, or to standard output."""
    if request.out is not None:
        refuse_to_replace_draw(Path(request.out))
    model = find_model(request.model, listener)
    rule = parse_rule(request.where, option="--where") if request.where else None
    reader = open_for(model, request.data, request, listener)
    scorer = _scorer(model, reader, request, rule, listener)
    ranking, counts = _ranking(request, reader), ScoringCounts()
    added = (*scorer.added, *((SEAT, RANK) if request.gives_seats else ()))
    with (
        _sink(request, reader, added, ranking, listener) as sink,
        listener.progress("scoring", "rows", reader.likely_rows) as progress,
        left_out_file(request.left_out) as rows_left_out,
    ):
        for scored in _scored(reader, scorer, sink):
            counts.add(scored)
            rows_left_out.add(scored.rows_left_out)
            # Where a faulty row is refused, nothing is written in the end.
            if reader.bad_rows or not counts.rows_left_out.faulty:
                sink.put(scored)
            progress.update(counts.rows_in)
        faults = counts.settle_faulty(reader)
        if not request.accept_doubts:
            counts.refuse_doubts(reader.name)
        rows_left_out.add(lambda: [*counts.rows_left_out.faulty, *counts.rows_left_out.others])
        sink.close()
    left_out = {**counts.left_out, **sink.left_out}
    seated = None
    if isinstance(sink, SeatSink):
        seated = sink.seated(open_bundle(model.directory).document["digest"])
    result = PredictResult(
        source=reader.name,
        out=request.out,
        model={**model.about, "threshold": scorer.threshold},
        rows_in=counts.rows_in,
        rows_out=sink.rows_out,
        left_out={why: number for why, number in left_out.items() if number},
        blank_lines=counts.blank_lines,
        predicted_positive=sink.positive,
        in_doubt=counts.in_doubt,
        target=model.schema.target,
        added=added,
        warnings=(
            *_decided_already(counts.decided, model.schema.target),
            *(() if seated is None else band_warnings(seated)),
            *faults,
            *reader.warnings,
            *counts.problems.warnings,
        ),
        ranking=None if ranking is None else str(ranking),
        seated=seated,
        false_alarms=_false_alarms(request, model, sink),
    )
    if result.rows_in and not result.rows_out:
        listener.warn(f"{result.source}: no row was left to score")
    if request.about or (seated is not None and request.out is not None):
        _write_about(str(request.out), result)
    return result


def _decided_already(students: int, target: Target) -> tuple[Grave, ...]:
    """Warn of a list that students compete for whose outcome is known."""
    if not students:
        return ()
    text = (
        f"{counted(students, 'student')} of those ranked have an outcome already "
        f"({target.name}): --unknown leaves them out"
    )
    return (Grave(text),)


def _false_alarms(request: PredictRequest, model: Model, sink: Sink) -> FalseAlarms | None:
    """Say how many on the first rows of a list fare otherwise, as far as that was measured."""
    evaluation = model.figures.evaluation
    if not isinstance(sink, RankedSink) or request.rank is None or request.top is None:
        return None
    if request.gives_seats or evaluation is None or evaluation.metrics_on != "test":
        return None
    bins = () if evaluation.calibration is None else evaluation.calibration.bins
    fairness = evaluation.fairness
    return false_alarms(bins, request.rank, sink.chances, sink.rows_out, fairness)


def _scorer(
    model: Model,
    reader: Reader,
    request: PredictRequest,
    rule: Rule | None,
    listener: ProgressListener,
) -> BlockScorer:
    """Return what scores a block; DataError where a column that an option needs is lacking."""
    if request.unknown:
        matching_columns(
            reader.names, [model.schema.target.name], option="--unknown", file=reader.name
        )
    others: frozenset[str] = frozenset()
    if rule is not None:
        others = frozenset({str(rule.column)})
        matching_columns(reader.names, [str(rule.column)], option="--where", file=reader.name)
    threshold = model.threshold if request.threshold is None else request.threshold
    fitted = load_fitted(model.directory) if request.reasons else None
    formats = number_formats(model, reader, request, listener, others)
    target = model.schema.target
    counts_decided = (
        request.rank is not None
        and not request.unknown
        and target.rule is None
        and bool(match_columns(reader.names, [target.name]))
    )
    return BlockScorer(model, threshold, formats, request.unknown, rule, fitted, counts_decided)


def _ranking(request: PredictRequest, reader: Reader) -> Ranking | None:
    """Return the order of the output, with the column of groups as the file spells it."""
    if request.rank is None:
        return None
    by = request.by
    if by is not None:
        by = matching_columns(reader.names, [by], option="--by", file=reader.name)[by]
    return Ranking(request.rank, request.top, by)


def _scored(reader: Reader, scorer: BlockScorer, sink: Sink) -> Iterator[Scored]:
    """Read, score and write out blocks on every processor; yield them in order."""
    spelling = matching_columns(reader.names, sorted(scorer.columns), file=reader.name)
    request = replace(sink.block_request, once=True)
    if request.columns is not None:
        request = replace(request, columns=request.columns | frozenset(spelling.values()))
    target = spelling.get(scorer.model.schema.target.name)
    if target is not None:  # "NA" is a word beside words, and a gap beside numbers
        request = replace(request, as_text=request.as_text | {target})

    def work(task: Callable[[], Block]) -> Scored:
        scored = scorer.score(task())
        return replace(scored, written=sink.prepared(scored))

    count = RowCount()
    for scored in in_order(reader.tasks(request), work, usable_processors()):
        yield replace(scored, block=count.numbered(scored.block))


@contextmanager
def _sink(
    request: PredictRequest,
    reader: Reader,
    added: tuple[str, ...],
    ranking: Ranking | None,
    listener: ProgressListener,
) -> Iterator[Sink]:
    with ExitStack() as stack:
        sink: Sink
        if request.as_json:
            sys.stdout.flush()
            sink = _JsonSink(added, stack.enter_context(held_back(sys.stdout.buffer)))
        else:
            output = stack.enter_context(
                open_output(request.out, reader, added, excel=request.excel)
            )
            if output.replaced:
                listener.note(f"replaced the columns {', '.join(output.replaced)}")
            sink = _FileSink(output)
        if ranking is None:
            yield sink
        elif request.gives_seats:
            seats = LotteryRequest(
                ranking.rank, int(request.top or 0), request.lottery or 0, request.seed or 0
            )
            names = Plan(reader, added).input_columns
            everyone = replace(ranking, top=None)  # all are held until the last one is scored
            yield SeatSink(sink, everyone, names=names, request=seats, everybody=request.everybody)
        else:
            yield RankedSink(sink, ranking)


class _FileSink(Sink):
    """A file of the input's rows with their answers."""

    def __init__(self, output: Output) -> None:
        self._output, self.block_request = output, output.request

    def prepared(self, scored: Scored) -> Any:
        return self._output.prepare(scored.block, scored.cells, scored.rows)

    def put(self, scored: Scored) -> None:
        self._output.put(scored.written)
        self.count(scored)

    def close(self) -> None:
        """Leave the file to `open_output`, which closes it."""


class _JsonSink(Sink):
    """One JSON list on standard output, row by row, so that a large file needs no memory."""

    block_request = BlockRequest(columns=frozenset())

    def __init__(self, added: tuple[str, ...], stream: IO[bytes]) -> None:
        self._added, self._stream, self._first = added, stream, True

    def prepared(self, scored: Scored) -> list[tuple[Cell, ...]]:
        """Return the index of each row in its block, and its added cells."""
        rows = np.flatnonzero(scored.keep)
        answers = (scored.cells[name][rows].tolist() for name in self._added)
        return list(zip(rows.tolist(), *answers, strict=True))

    def put(self, scored: Scored) -> None:
        """Print the rows of a block, numbered."""
        names = [name.removeprefix("placement_") for name in self._added]
        numbers = scored.block.row_numbers if scored.numbers is None else scored.numbers
        for index, *answer in scored.written:
            entry = {"row": int(numbers[index]), **dict(zip(names, answer, strict=True))}
            text = json.dumps(finite(entry), ensure_ascii=False)
            self._write(("[\n" if self._first else ",\n") + text)
            self._first = False
        self.count(scored)

    def close(self) -> None:
        """End the list."""
        self._write("[]\n" if self._first else "\n]\n")

    def _write(self, text: str) -> None:
        self._stream.write(text.encode(sys.stdout.encoding, sys.stdout.errors or "strict"))


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
        "ranking": result.ranking,
        "false_alarms": result.false_alarms and asdict(result.false_alarms),
        "warnings": list(result.warnings),
        "columns": {name: MEANING[name] for name in result.added},
    }
    if result.seated is not None:
        document |= {"target": asdict(result.target), "list": result.seated.about}
    with replacing(Path(f"{out}.about.json")) as temporary:
        text = json.dumps(finite(document), ensure_ascii=False, indent=1)
        temporary.write_text(text + "\n", "utf-8")

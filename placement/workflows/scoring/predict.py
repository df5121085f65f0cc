"""Predict: score a file block by block, keep every cell as it came, append the answer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from placement.config.file_options import FileOptions
from placement.data.columns.row_rules import Rule, parse_rule
from placement.data.formats.table_reader import Block, Reader, RowCount
from placement.data.output.csv_writer import output_format
from placement.data.output.left_out_file import left_out_file
from placement.data.output.parts import Parts
from placement.data.output.writer import Description
from placement.data.schema import RANK, SEAT, Target, matching_columns, quoted
from placement.errors import Grave, StoreError, UsageError, counted
from placement.evaluation.effect.lottery import LotteryRequest
from placement.evaluation.false_alarms import FalseAlarms, false_alarms
from placement.evaluation.shortlist import Rank
from placement.model.bundle import open_bundle
from placement.model.fitted import load_fitted
from placement.model.scorer import match_columns
from placement.reporting.answers.predict import band_warnings
from placement.reporting.list_sheets import ListSource, list_description
from placement.reporting.results import PredictResult
from placement.runtime.parallel_map import in_order, usable_processors
from placement.runtime.progress import NoProgress, ProgressListener
from placement.workflows.reading.about_file import refuse_to_replace_draw
from placement.workflows.reading.find_model import Model, find_model
from placement.workflows.reading.number_formats import number_formats
from placement.workflows.reading.open_for_model import open_for
from placement.workflows.scoring.ranked_output import RankedSink, Ranking, Sink
from placement.workflows.scoring.score_blocks import (
    BlockScorer,
    Scored,
    ScoringCounts,
)
from placement.workflows.scoring.seats import SeatSink
from placement.workflows.scoring.write_results import Destination, open_results, write_about

_OF_FILES = {"data", "model", "out", "left_out", "about", "mail_merge"}


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
    one_sheet_each: str | None = None
    one_file_each: str | None = None
    mail_merge: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_seats()
        self._check_parts()
        self._check_mail_merge()
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

    def _check_parts(self) -> None:
        """Refuse groups where there is no file or workbook to divide."""
        if self.one_sheet_each and self.one_file_each:
            raise UsageError("--one-sheet-each and --one-file-each: give one of them")
        if self.one_sheet_each and output_format(self.out) != "xlsx":
            raise UsageError("--one-sheet-each is for a workbook: give --out FILE.xlsx as well")
        if self.one_file_each and (self.out in (None, "-") or self.as_json):
            raise UsageError("--one-file-each writes files: give --out FILE as well")

    def _check_mail_merge(self) -> None:
        if self.mail_merge is None:
            return
        given = f"--mail-merge {self.mail_merge}"
        if self.rank is None or self.top is None:
            raise UsageError(f"{given}: say who is invited: --rank risk --top 60 {given}")
        if self.as_json or Path(self.mail_merge).suffix.casefold() not in (".csv", ".xlsx"):
            raise UsageError(f"{given}: give a file, .csv or .xlsx, and leave --json away")
        others = {Path(path).resolve() for path in (self.data, self.out) if path}
        if Path(self.mail_merge).resolve() in others:
            raise UsageError(f"{given}: is the list or the file to score; give another name")

    @property
    def destination(self) -> Destination:
        """Where the results go."""
        seats = None
        if self.gives_seats and self.rank is not None:
            top, lottery = int(self.top or 0), self.lottery or 0
            seats = LotteryRequest(self.rank, top, lottery, self.seed or 0)
        parts = None
        if self.one_sheet_each:
            parts = Parts("sheet", self.one_sheet_each, self._refuse_to_replace)
        elif self.one_file_each:
            parts = Parts("file", self.one_file_each, self._refuse_to_replace)
        return Destination(
            self.out, self.as_json, self.excel, parts, self.mail_merge, seats, self.everybody
        )

    def _refuse_to_replace(self, part: Path) -> None:
        """Raise where the file of a group would take the place of another that is needed."""
        refuse_to_replace_draw(part)
        needed = (self.data, self.mail_merge, self.left_out)
        if part.resolve() in {Path(path).resolve() for path in needed if path}:
            raise StoreError(
                f"--one-file-each {self.one_file_each}: {part} is the file of a group, and of "
                "another use in this very command; give another --out"
            )

    @property
    def settings(self) -> dict[str, Any]:
        """What was asked of the list beyond the defaults: no names of files."""
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        defaults = {item.name: item.default for item in fields(self)}
        return {
            name: value
            for name, value in given.items()
            if value != defaults[name] and name not in _OF_FILES
        }

    @property
    def gives_seats(self) -> bool:
        """Whether the list says who has a seat."""
        return self.lottery is not None or self.everybody


def predict(request: PredictRequest, listener: ProgressListener = NoProgress()) -> PredictResult:
    """Score the rows of a file; the predictions go to `--out`, or to standard output."""
    for path in filter(None, (request.out, request.mail_merge)):
        refuse_to_replace_draw(Path(path))
    model = find_model(request.model, listener)
    rule = parse_rule(request.where, option="--where") if request.where else None
    reader = open_for(model, request.data, request, listener)
    scorer = _scorer(model, reader, request, rule, listener)
    ranking, counts = _ranking(request, reader), ScoringCounts()
    added = (*scorer.added, *((SEAT, RANK) if request.gives_seats else ()))
    with (
        open_results(_spelled(request, reader), reader, added, ranking, listener) as (sink, output),
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
        result = _result(request, model, reader, added, sink, counts, faults)
        if output is not None:
            output.describe(lambda: _described(request, model, result))
    if result.rows_in and not result.rows_out:
        listener.warn(f"{result.source}: no row was left to score")
    if request.about or (result.seated is not None and request.out is not None):
        write_about(str(request.out), result, () if output is None else output.files)
    return result


def _spelled(request: PredictRequest, reader: Reader) -> Destination:
    """Return where the results go, with the column of groups as the file spells it."""
    to = request.destination
    if to.parts is None:
        return to
    by, option = to.parts.by, f"--one-{to.parts.each}-each"
    by = matching_columns(reader.names, [by], option=option, file=reader.name)[by]
    return replace(to, parts=replace(to.parts, by=by))


def _described(request: PredictRequest, model: Model, result: PredictResult) -> Description:
    digest = open_bundle(model.directory).document["digest"]
    return list_description(
        result, ListSource(model.figures, model.threshold, digest, request.settings)
    )


def _result(
    request: PredictRequest,
    model: Model,
    reader: Reader,
    added: tuple[str, ...],
    sink: Sink,
    counts: ScoringCounts,
    faults: Sequence[str],
) -> PredictResult:
    """Return what a scoring came to, once its sink is closed."""
    left_out = {**counts.left_out, **sink.left_out}
    seated = None
    if isinstance(sink, SeatSink):
        seated = sink.seated(open_bundle(model.directory).document["digest"])
    threshold = model.threshold if request.threshold is None else request.threshold
    ranking = _ranking(request, reader)
    return PredictResult(
        source=reader.name,
        out=request.out,
        model={**model.about, "threshold": threshold},
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

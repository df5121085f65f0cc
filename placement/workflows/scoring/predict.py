"""Predict: score a file block by block, keep every cell as it came, append the answer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from placement.data.columns.row_rules import Rule, parse_rule
from placement.data.formats.table_reader import Block, Reader, RowCount
from placement.data.output.left_out_file import left_out_file
from placement.data.output.writer import Description
from placement.data.schema import RANK, SEAT, Target, matching_columns
from placement.errors import Grave, counted
from placement.evaluation.false_alarms import FalseAlarms, false_alarms
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
from placement.workflows.scoring.predict_request import PredictRequest
from placement.workflows.scoring.ranked_output import RankedSink, Ranking, Sink
from placement.workflows.scoring.score_blocks import (
    BlockScorer,
    Scored,
    ScoringCounts,
)
from placement.workflows.scoring.seats import SeatSink
from placement.workflows.scoring.write_results import Destination, open_results, write_about


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

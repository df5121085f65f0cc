"""Effect: what became of those who drew a seat on a list, and of those who did not."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace

import numpy as np

from placement.arrays import BoolArray, Document, IntArray, ObjectArray
from placement.config.file_options import FileOptions
from placement.config.option import option_words
from placement.data.columns.column_store import MemoryColumnStore
from placement.data.columns.load_columns import LoadedColumns, load_columns
from placement.data.columns.raw_column import CategoricalColumn
from placement.data.columns.row_locations import MatchingRows
from placement.data.formats.table_reader import open_table
from placement.data.names.attendance import came_of
from placement.data.schema import OVERRIDE, SEAT
from placement.data.table.read_table import join_outcomes
from placement.data.target.label_join import JoinRequest, join_labels
from placement.data.target.labels import LabelRequest, read_labels
from placement.errors import DataError, Grave, counted, listed
from placement.evaluation.effect.lottery_effect import (
    BandOutcome,
    CountedBand,
    LotteryEffect,
    lottery_effect,
)
from placement.evaluation.effect.randomization_test import Stratum
from placement.model.scorer import fold, match_columns
from placement.reporting.results import EffectResult
from placement.runtime.progress import NoProgress, ProgressListener
from placement.tracking.runs import RunInfo, list_runs, tracked_run
from placement.tracking.store import Store, open_store
from placement.workflows.reading.read_list import ReadList, read_list

EXPERIMENT = "placement-effect"
_JOINING = ("on", "absent", "attended")


@dataclass(frozen=True, kw_only=True)
class EffectRequest(FileOptions):
    """Which lists, and where the outcomes are; `attended` is the column that says who came."""

    lists: tuple[str, ...]
    outcomes: str
    on: str | None = None
    absent: str | None = None
    attended: str | None = None
    track: bool = True


def measure_effect(
    request: EffectRequest, listener: ProgressListener = NoProgress()
) -> EffectResult:
    """Say what a seat changed, from those who drew lots for one.

    Raises `DataError` where a list or what is kept of it was altered.
    """
    lists = [read_list(path, request, listener) for path in request.lists]
    _refuse_repeated(lists)
    warnings = [warning for one in lists for warning in _warnings(one)]
    ids = {one.name: one.about["list"]["id"] if one.about else None for one in lists}
    drawn = [one for one in lists if one.lottery is not None]
    if not drawn:
        return EffectResult(ids, request.outcomes, None, None, tuple(warnings))
    warnings += [
        f"{one.name}: was made without a lottery, and tells nothing of an effect; left out"
        for one in lists
        if one.lottery is None
    ]
    drew: dict[str, str] = {}
    bands = [band for one in drawn for band in _bands(one, request, drew, warnings, listener)]
    if not bands:
        raise DataError(
            "no band is left whose outcomes are known: nothing can be said of an effect; give the "
            "outcomes of the students who drew"
        )
    effect = lottery_effect(bands, attended=request.attended is not None)
    words = [*option_words(request, [f for f in fields(request) if f.name in _JOINING])]
    result = EffectResult(
        ids, request.outcomes, drawn[0].target, effect, tuple(warnings), tuple(words)
    )
    if not request.track:
        return result
    digests = [str((one.about or {})["list"]["model_digest"]) for one in drawn]
    recorded = replace(result, run_id=_record(result, effect, digests))
    listener.note(f"kept as run {recorded.run_id} of the experiment {EXPERIMENT}")
    return recorded


def _refuse_repeated(lists: Sequence[ReadList]) -> None:
    """Raise `DataError` where two files are the same list: it would count twice."""
    first: dict[str, str] = {}
    for one in lists:
        if one.about is None:
            continue
        other = first.setdefault(one.about["list"]["id"], one.name)
        if other != one.name or [o.name for o in lists].count(one.name) > 1:
            raise DataError(f"{one.name}: is the same list as {other}; name each list once")


def _warnings(one: ReadList) -> list[str]:
    if not one.altered:
        return []
    return [f"{one.name}: {listed(one.altered)} changed since the list was written"]


def _bands(
    one: ReadList,
    request: EffectRequest,
    drew: dict[str, str],
    warnings: list[str],
    listener: ProgressListener,
) -> list[CountedBand]:
    """Join the outcomes, and count each band of a list; `drew` says who drew on an earlier one."""
    label, joined, on = _labels(one, request, warnings, listener)
    came = np.zeros(len(label), dtype=bool)
    if request.attended is not None:
        came = _came(one, joined, request)
    kept = (one.about or {})["list"]
    seat = one.cells(match_columns(one.columns.columns, [SEAT])[SEAT])
    by = kept["by"]
    column = None if by is None else match_columns(one.columns.columns, [by])[by]
    group = np.full(len(label), "", dtype=object) if column is None else one.cells(column)
    warnings += _overridden(one, seat)
    _refuse_second_draw(one, one.cells(on)[np.isin(seat, ("drawn", "not drawn"))], drew)
    bands = []
    for band in kept["lottery"]["bands"]:
        member = np.isin(group, band["groups"]) & np.isin(seat, ("drawn", "not drawn"))
        is_drawn = seat == "drawn"
        known = member & (label >= 0)
        counts = np.zeros((2, 2, 2), dtype=np.int64)
        np.add.at(
            counts,
            (is_drawn[known].astype(int), label[known], came[known].astype(int)),
            1,
        )
        lacking = member & (label < 0)
        unknown = int((lacking & is_drawn).sum()), int((lacking & ~is_drawn).sum())
        of_drawn, of_others = counts[1].sum(axis=1).tolist(), counts[0].sum(axis=1).tolist()
        if not (sum(of_drawn) and sum(of_others)):
            where = listed(list(filter(None, band["groups"])))
            warnings.append(
                f"{one.name}: of a band{f' ({where})' if where else ''} no outcome of those drawn, "
                "or of the others, is known; it is left out"
            )
            continue
        stratum = Stratum(of_drawn[1], sum(of_drawn), of_others[1], sum(of_others))
        outcome = BandOutcome(one.name, tuple(band["groups"]), stratum)
        bands.append(CountedBand(outcome, counts, unknown))
    if any(sum(band.unknown) for band in bands):
        drawn, others = np.sum([band.unknown for band in bands], axis=0).tolist()
        text = (
            f"{one.name}: {counted(drawn, 'student')} drawn and {others:,} not drawn have no known "
            "outcome and are left out; if the seat had a part in that, the comparison is not fair"
        )
        warnings.append(Grave(text))
    return bands


def _refuse_second_draw(one: ReadList, students: ObjectArray, drew: dict[str, str]) -> None:
    """Raise `DataError` where students drew on another list as well: one draw was acted on."""
    again = [drew[student] for student in students.tolist() if student in drew]
    if again:
        raise DataError(
            f"{one.name}: {counted(len(again), 'student')} who drew on it drew on {again[0]} as "
            "well, and only one draw was acted on; name that list alone"
        )
    drew |= dict.fromkeys(students.tolist(), one.name)


def _overridden(one: ReadList, seat: ObjectArray) -> list[Grave]:
    """Warn of students for whom an adviser set the lot aside: they count as the lot fell."""
    spelled = match_columns(one.columns.columns, [OVERRIDE]).get(OVERRIDE)
    if spelled is None:
        return []
    override = one.cells(spelled)
    against = ((seat == "not drawn") & (override == "in")) | (
        (seat == "drawn") & (override == "out")
    )
    if not against.any():
        return []
    text = (
        f"{one.name}: {counted(int(against.sum()), 'student')} who drew had the other lot by "
        f"{spelled}; they count as they drew, so the effect told is smaller than that of a seat"
    )
    return [Grave(text)]


def _labels(
    one: ReadList, request: EffectRequest, warnings: list[str], listener: ProgressListener
) -> tuple[IntArray, LoadedColumns, str]:
    """Return each student's outcome (n,), 1, 0, or -1 where it is not known; and who is who."""
    target = one.target
    options: Document = {
        "labels": request.outcomes,
        "on": request.on,
        "absent": request.absent,
        "labels_mean": None,
        "target": target.name,
        "positive": target.rule or target.positive,
        "of_model": True,
    }
    data, joined = join_outcomes(one.columns, options)
    listener.notes(joined.notes)
    warnings += joined.warnings
    if joined.on in one.altered:
        raise DataError(
            f"{one.name}: {joined.on}, by which outcomes are joined, was changed after the list "
            "was written; take the file as it was written"
        )
    negative = None if target.rule else target.negative
    words = LabelRequest(target.rule or target.positive, negative, of_model=True)
    labels = read_labels(joined.column, data.locations, words, file=request.outcomes)
    outcome = labels.outcome
    codes = np.concatenate([outcome.codes(piece) for piece in range(outcome.pieces)])
    label = np.where(codes >= 0, outcome.positive[codes].astype(np.int64), -1)
    return label, data, joined.on


def _came(one: ReadList, data: LoadedColumns, request: EffectRequest) -> BoolArray:
    """Return who came (n,), by a column of the list, or of the outcomes."""
    name = str(request.attended)
    spelled = match_columns(data.columns, [name]).get(name)
    if spelled is None:
        reader = open_table(request.outcomes)
        names = frozenset(reader.names)
        other = load_columns(reader, MemoryColumnStore(), names, max_texts=sys.maxsize)
        wanted = JoinRequest(target=name, on=request.on, absent="unknown")
        column = join_labels(one.columns, other, wanted).column
    else:
        raw = data.columns[spelled]
        if not isinstance(raw, CategoricalColumn):
            raise TypeError(f"{name} was not read as it is written")
        column = raw
    of_text, unknown = came_of([fold(text) for text in column.texts.tolist()])
    rows = np.flatnonzero(np.isin(column.codes, unknown))
    if len(rows):
        where = data.locations.describe_rows(MatchingRows.at(rows))
        raise DataError(
            f"{one.name}, {where}: {name} says {column.texts[unknown[0]]!r}, which is neither yes "
            "nor no, nor a number of times; correct it (a blank is no)"
        )
    return of_text[column.codes]


def effects_of(store: Store, model_digest: str) -> tuple[RunInfo, ...]:
    """Return what was found of the lists of a model, by the digest of its bundle, newest first."""
    runs = list_runs(store, EXPERIMENT)
    ended = [run for run in runs if run.status == "FINISHED"]  # others may lack figures
    return tuple(run for run in ended if model_digest in run.params.get("model_digests", ""))


def _record(result: EffectResult, effect: LotteryEffect, model_digests: Sequence[str]) -> str:
    """Keep the result as a run, without a cell of a student's row; return its id."""
    (drawn, of_drawn), (others, of_others) = effect.drawn, effect.others
    params = {
        "lists": ", ".join(str(list_id) for list_id in result.lists.values()),
        "outcomes": result.outcomes,
        "verdict": effect.verdict,
        "model_digests": ", ".join(dict.fromkeys(model_digests)),
    }
    metrics: dict[str, float | None] = {
        **asdict(effect.average),
        "p_value": effect.luck.p_value,
        "drawn": drawn,
        "drawn_positive": of_drawn,
        "not_drawn": others,
        "not_drawn_positive": of_others,
    }
    if effect.attendance is not None:
        metrics |= {f"attended_{k}": v for k, v in asdict(effect.attendance).items()}
    with tracked_run(open_store(), EXPERIMENT, params=params) as run:
        run.log_metrics(metrics)
    return run.run_id

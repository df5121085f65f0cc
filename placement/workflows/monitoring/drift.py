"""Drift: compare a file with what its model was trained on, block by block."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from placement.config.bad_rows import BadRows
from placement.config.label_options import LabelOptions
from placement.data.columns.left_out import RowsLeftOut, describe_rows
from placement.data.formats.blocks import BlockRequest
from placement.data.formats.faulty_rows import leave_out
from placement.data.formats.table_reader import Block, Reader, RowCount
from placement.data.output.left_out_file import left_out_file
from placement.data.profiles.column_profile import Profile
from placement.data.schema import matching_columns, same_column
from placement.data.target.target_column import unlabelled
from placement.errors import DataError, ModelError, UsageError
from placement.evaluation.drift.drift import DriftCounts, count_for_drift, drift
from placement.evaluation.drift.performance_drift import Performance, performance
from placement.evaluation.held_out import is_training_table
from placement.model.scorer import READ, Problem, TableLike
from placement.reporting.text.drift import DriftResult
from placement.runtime.parallel_map import in_order, usable_processors
from placement.runtime.progress import NoProgress, ProgressListener
from placement.workflows.reading.find_model import Model, find_model
from placement.workflows.reading.number_formats import FileFormats, number_formats
from placement.workflows.reading.open_for_model import open_for
from placement.workflows.reading.read_labelled import read_like, storage_for
from placement.workflows.scoring.score_blocks import ScoringWarnings


@dataclass(frozen=True)
class DriftRequest(LabelOptions):
    """Which file to compare with the training rows of which model.

    `fail_above`: the PSI from which on the result counts as refused.
    """

    data: str
    model: str = "champion"
    fail_above: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.fail_above is not None and not 0 <= self.fail_above < math.inf:
            raise UsageError(
                f"--fail-above {self.fail_above}: give a number of 0 or more, such as 0.25"
            )


def drift_of_file(request: DriftRequest, listener: ProgressListener = NoProgress()) -> DriftResult:
    """Compare a file with the training rows of a model."""
    model = find_model(request.model, listener)
    profile = _profile(model)
    reader = open_for(model, request.data, request, listener)
    formats = number_formats(model, reader, request, listener)
    with left_out_file(request.left_out) as left_out:
        counts, labelled, rows, problems = _count_rows(model, profile, reader, formats, listener)
        policy, total = reader.bad_rows or BadRows(), counts.rows + len(rows.faulty)
        faults = leave_out(rows.faulty, total, policy, reader.name)
        left_out.add(lambda: [*rows.faulty, *rows.others])
    others = describe_rows(rows.others, "left out")
    if not counts.rows:
        raise DataError(f"{reader.name}: has no rows to compare")
    measured = (
        _performance(model, reader, request, listener) if labelled or request.labels else None
    )
    figures, warnings = measured or (None, ())
    return DriftResult(
        data=reader.name,
        model=model.about,
        profile=profile,
        drift=drift(profile, counts),
        performance=figures,
        fail_above=request.fail_above,
        warnings=tuple(dict.fromkeys((*faults, *reader.warnings, *others, *problems, *warnings))),
    )


def _profile(model: Model) -> Profile:
    if model.figures.profile is None:
        raise ModelError(
            f"{model.name}: an older version of placement trained it and kept no histograms of the "
            "training rows to compare with; train it again"
        )
    return model.figures.profile


def _count_rows(
    model: Model,
    profile: Profile,
    reader: Reader,
    formats: FileFormats,
    listener: ProgressListener,
) -> tuple[DriftCounts, int, RowsLeftOut, tuple[str, ...]]:
    """Count all rows in the profile's bins, and those with an outcome.

    Return the rows left out as well, and warnings.
    """
    names = [column.column for column in profile.columns]
    matched = matching_columns(reader.names, names, file=reader.name)
    target = next((n for n in reader.names if same_column(n, model.schema.target.name)), None)
    outcome = frozenset() if target is None else frozenset({target})
    # As in predicting, "NA" is a word in a column of words, and a gap in one of numbers.
    request = BlockRequest(columns=frozenset(matched.values()) | outcome, as_text=outcome)

    def work(task: Callable[[], Block]) -> tuple[Block, DriftCounts, int, tuple[Problem, ...]]:
        whole = task()
        block = whole.students()
        cells: TableLike = {name: block.columns[in_file] for name, in_file in matched.items()}
        scores = model.scorer.score(cells, formats[block.file])
        counts = count_for_drift(profile, cells, scores.probability, formats[block.file])
        problems = tuple(p for p in scores.problems if p.what == "not a number")
        return whole, counts, _labelled(model, block) if target else 0, problems

    total: DriftCounts | None = None
    rows = RowsLeftOut()
    labelled, row_count, warnings = 0, RowCount(), ScoringWarnings()
    with listener.progress("comparing", "rows", reader.likely_rows) as progress:
        for block, counts, labels, problems in in_order(
            reader.tasks(request), work, usable_processors()
        ):
            warnings.add(problems, row_count.numbered(block).students().where)
            rows.add(block)
            total = counts if total is None else total.merge(counts)
            labelled += labels
            progress.update(total.rows)
    empty = count_for_drift(profile, dict.fromkeys(names, np.empty(0)), np.empty(0))
    return total or empty, labelled, rows, warnings.warnings


def _labelled(model: Model, block: Block) -> int:
    return int((~unlabelled(model.schema.target, block.columns)).sum())


def _performance(
    model: Model, reader: Reader, request: DriftRequest, listener: ProgressListener
) -> tuple[Performance | None, tuple[str, ...]]:
    """Measure the model on the rows with an outcome; return warnings too."""
    try:
        with storage_for(request) as storage:
            table = read_like(
                reader,
                model.schema,
                model.scorer.numbers,
                storage,
                listener,
                request,
                one_outcome=True,
            )
            listener.notes([text for text in table.notes if text not in reader.notes])
            probabilities = [
                model.scorer.score(table.piece(piece, model.schema.feature_names), READ).probability
                for piece in range(table.pieces)
            ]
            figures = performance(np.concatenate(probabilities), table.label, model.figures)
            is_trained_on = is_training_table(model.figures, model.schema.feature_names, table)
    except DataError as fault:
        # The columns can be compared even where the outcomes cannot be read.
        return None, (f"outcomes were not compared: {fault}",)
    if is_trained_on:
        text = f"{table.name} is the very table the model was trained on: its figures flatter"
        return figures, (text,)
    return figures, ()

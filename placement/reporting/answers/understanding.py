"""What was understood of a file, in an officer's words: the answer of `train --dry-run`."""

import dataclasses
import shlex
from collections.abc import Iterator, Mapping, Sequence

from placement.config.option import option_words
from placement.config.train_config import TrainConfig
from placement.data.columns.left_out import NOT_KNOWN
from placement.data.schema import Dropped, Target
from placement.errors import CellsInDoubt, counted, too_many_doubts
from placement.reporting.answers.predictions import cautions, dangers, people
from placement.reporting.format.prose import Paste, name_list, shortened
from placement.reporting.results import Understanding

_COLUMNS = 130  # of a list of names
_SUSPICIOUS = ("known only after", "missing exactly where", "a copy or recoding")
_MOST_REASONS = 3


def understanding_answer(
    understanding: Understanding, sources: Sequence[str], config: TrainConfig, command: str
) -> Iterator[str]:
    """Yield what some files were understood as; `command` is how the user calls the program."""
    target, rows = understanding.schema.target, understanding.rows
    yield from cautions(dangers(understanding.warnings))
    yield from cautions(doubtful_columns(understanding.warnings, understanding.total))
    yield (
        f"{understanding.name}: {students_or_rows(understanding, understanding.total)} whose "
        "outcome is known: "
        f"{target.name}, which is {outcomes(target)}."
    )
    yield from left_out(understanding)
    names = understanding.schema.feature_names
    listed = name_list([*map(shortened, names)], _COLUMNS)
    yield f"Learns from {counted(len(names), 'column')}: {listed}."
    yield from kept_out(understanding.schema.dropped)
    if number := rows.get("test"):
        learnt = students_or_rows(understanding, understanding.weight)
        yield f"Learns from {learnt}, and is tried on {number:,} others."
    yield from _big_enough(understanding)
    yield in_doubt(understanding.warnings)
    yield from (f"Note: {fact}." for fact in understanding.facts)
    yield "Nothing was learnt or written; all columns: -v."
    yield Paste(f"Next: {train_line(sources, config, command)}")


def students_or_rows(understanding: Understanding, number: float) -> str:
    """Count students, or rows where one student, as a column tells, may have several."""
    if understanding.students is None:
        return people(number)
    by = shortened(understanding.students)
    return f"{people(number).replace('student', 'row')} (a student, by {by}, may have several)"


def train_line(
    sources: Sequence[str], config: TrainConfig, command: str, more: Sequence[str] = ()
) -> str:
    """Return the line that trains on these files as configured, as one types it."""
    words = option_words(config, dataclasses.fields(config))
    return shlex.join([*command.split(), "train", *sources, *words, *more])


def _big_enough(understanding: Understanding) -> Iterator[str]:
    """Say by a rule of thumb whether the students to learn from are enough for the columns."""
    size = understanding.sample_size
    if size is not None:
        is_enough = understanding.weight >= size.needed
        yield (
            f"As a rule of thumb such columns need {people(size.needed)} to learn from: "
            f"{understanding.weight:,.0f} are {'enough' if is_enough else 'few'}"
            f"{'' if is_enough else ', so its chances may be too extreme'}."
        )


def outcomes(target: Target) -> str:
    """Name both outcomes of a column."""
    return f"{target.outcome} or {target.other_outcome}"


def left_out(understanding: Understanding) -> Iterator[str]:
    """Say which rows are not used, and why."""
    reasons = [(reason, number) for reason, number in understanding.left_out if number]
    parts = [_left_out(reason, number) for reason, number in reasons]
    if parts:
        more = len(parts) - _MOST_REASONS
        shown = ", ".join(parts[:_MOST_REASONS])
        yield f"Left out: {shown}{f' and {more} more reasons' if more > 0 else ''}."


def _left_out(reason: str, number: int) -> str:
    if reason.endswith(NOT_KNOWN):
        return f"{people(number)} without an outcome yet"
    return f"{counted(number, 'row')} ({reason.removesuffix(' (--ignore-label)')})"


def has_unknown(understanding: Understanding) -> bool:
    """Whether the file has students whose outcome is not known yet."""
    return any(n for reason, n in understanding.left_out if reason.endswith(NOT_KNOWN))


def kept_out(dropped: Sequence[Dropped]) -> Iterator[str]:
    """Name the columns that are not learnt from, first those that would tell the outcome."""
    order = sorted(dropped, key=lambda d: not d.reason.startswith(_SUSPICIOUS))
    names = [
        f"{shortened(d.column)} ({d.reason.removesuffix(', by its name')})"
        if index < _MOST_REASONS and d.reason.startswith(_SUSPICIOUS)
        else shortened(d.column)
        for index, d in enumerate(order)
    ]
    if names:
        yield f"Kept out: {name_list(names, _COLUMNS)}."


def in_doubt(warnings: Sequence[str]) -> str:
    """Count the cells that are read as something else than they say."""
    cells = cells_in_doubt(warnings)
    if not cells:
        return "Cells in doubt: none."
    names = name_list([*map(shortened, cells)], _COLUMNS // 2)
    return f"Cells in doubt: {sum(cells.values()):,}, of {names}; see the warnings."


def cells_in_doubt(warnings: Sequence[str]) -> Mapping[str, int]:
    """Return of each column how many cells are in doubt, the most first."""
    cells = dict[str, int]()
    for warning in warnings:
        if isinstance(warning, CellsInDoubt):
            cells[warning.column] = cells.get(warning.column, 0) + warning.cells
    return dict(sorted(cells.items(), key=lambda item: -item[1]))


def doubtful_columns(warnings: Sequence[str], rows: int) -> Iterator[str]:
    """Name the columns with so many cells in doubt that they are better mended first."""
    for name, cells in cells_in_doubt(warnings).items():
        if too_many_doubts(cells, rows):
            share = f"{cells:,} of {rows:,} cells of {shortened(name)}"
            yield f"{share} are in doubt: correct them first."

"""Rows that an export is proved on: the corners of what a model learnt, and those of a file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from placement.arrays import FloatArray, IndexArray, ObjectArray
from placement.config.file_options import FileOptions
from placement.data.formats.blocks import BlockRequest
from placement.model.scorer import (
    READ,
    CategoryColumn,
    Coded,
    ColumnLike,
    NumberColumn,
    NumberFormat,
    Scorer,
    SplineColumn,
    StepColumn,
    parse_numbers,
    words,
)
from placement.reporting.export.formula import number_format_of
from placement.runtime.progress import ProgressListener
from placement.workflows.reading.find_model import Model
from placement.workflows.reading.number_formats import number_formats
from placement.workflows.reading.open_for_model import open_for
from placement.workflows.scoring.score_blocks import match

_DRAWN = 60
_UNSEEN = "no such level?*~"

Cells = Mapping[str, ObjectArray]


@dataclass(frozen=True)
class Cases:
    """Rows as an export takes them, with what the model says of each.

    `cells` are plain numbers or None, and text or None, by file column, each (n,). `logit`,
    `probability`, `low` and `high` are (n,), the last two None where the model has no covariance.
    `where` names each row.
    """

    cells: Cells
    logit: FloatArray
    probability: FloatArray
    low: FloatArray | None
    high: FloatArray | None
    where: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.where)

    def rows(self, chosen: IndexArray) -> "Cases":
        """Return some rows alone."""
        return Cases(
            {name: cells[chosen] for name, cells in self.cells.items()},
            self.logit[chosen],
            self.probability[chosen],
            None if self.low is None else self.low[chosen],
            None if self.high is None else self.high[chosen],
            tuple(self.where[row] for row in chosen),
        )


def corner_cases(scorer: Scorer) -> Cases:
    """Return rows in which each column is at its corners, the others as usual, and drawn ones.

    The corners: least, mean, most, missing, beyond training on either side, each threshold and
    knot, each level in two spellings, a level that is unknown.
    """
    values = {name: _values(scorer, name) for name in scorer.feature_columns}
    usual = {name: corners[0] for name, corners in values.items()}
    rows = [
        ({**usual, name: value}, f"a row with {name} = {'(missing)' if value is None else value}")
        for name, corners in values.items()
        for value in corners
    ]
    rows.append((dict.fromkeys(values), "a row with nothing in it"))
    draw = np.random.default_rng(0)
    for number in range(_DRAWN):
        picked = {name: corners[draw.integers(len(corners))] for name, corners in values.items()}
        rows.append((picked, f"drawn row {number + 1}"))
    cells = {name: _objects([row[name] for row, _ in rows]) for name in values}
    formats = {name: number_format_of(scorer, name) for name in scorer.numbers}
    return _cases(scorer, cells, cells, formats, [where for _, where in rows])


def file_cases(
    model: Model, source: str, options: FileOptions, listener: ProgressListener
) -> Cases:
    """Return the students of a file; its numbers are read as `predict` reads them."""
    scorer, reader = model.scorer, open_for(model, source, options, listener)
    formats = number_formats(model, reader, options, listener)
    parts: list[Cases] = []
    for task in reader.tasks(BlockRequest()):
        block = task().students()
        if not len(block):
            continue
        given = {name: block.columns[spelling] for name, spelling in match(block, model).items()}
        forms = formats[block.file]
        plain = {
            name: _plain(scorer, name, cells, forms.get(name)) for name, cells in given.items()
        }
        where = [f"{Path(source).name}, row {row}" for row in block.row_numbers.tolist()]
        parts.append(_cases(scorer, given, plain, forms, where))
    return joined(parts)


def joined(parts: Sequence[Cases]) -> Cases:
    """Return the rows of all parts."""
    first, *_ = parts

    def column(of: Callable[[Cases], FloatArray | None]) -> FloatArray | None:
        arrays = [array for part in parts if (array := of(part)) is not None]
        return np.concatenate(arrays) if arrays else None

    return Cases(
        {name: np.concatenate([part.cells[name] for part in parts]) for name in first.cells},
        np.concatenate([part.logit for part in parts]),
        np.concatenate([part.probability for part in parts]),
        column(lambda part: part.low),
        column(lambda part: part.high),
        tuple(where for part in parts for where in part.where),
    )


def _cases(
    scorer: Scorer,
    given: Mapping[str, ColumnLike],
    plain: Cells,
    formats: Mapping[str, NumberFormat],
    where: Sequence[str],
) -> Cases:
    scores = scorer.score(given, formats or READ, errors=True)
    low, high = scores.interval or (None, None)
    return Cases(plain, scores.logit, scores.probability, low, high, tuple(where))


def _plain(scorer: Scorer, name: str, cells: ColumnLike, form: NumberFormat | None) -> ObjectArray:
    """Return cells (n,) as plain numbers, or as the text they are; None where missing."""
    if form is None:
        raw = cells.to_numpy() if isinstance(cells, Coded) else np.asarray(cells, dtype=object)
        spelled = words(cells)
        # Text stays as it was written, so that an export's own tidying is proved.
        kept = [
            c if isinstance(c, str) and w is not None else w
            for c, w in zip(raw, spelled, strict=True)
        ]
        return _objects(kept)
    # The export brings grades of another scale to that of the model itself.
    own = number_format_of(scorer, name)
    numbers, _ = parse_numbers(cells, replace(form, mixed=None) if own.mixed else form)
    return _objects([value if np.isfinite(value) else None for value in numbers.tolist()])


def _objects(values: Sequence[float | str | None]) -> ObjectArray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _values(scorer: Scorer, name: str) -> list[float | str | None]:
    """Return the corners of a file column, its usual value first."""
    values: list[float | str | None] = []
    for column in scorer.columns:
        if column.column == name:
            match column:
                case CategoryColumn():
                    values += _levels(column)
                case NumberColumn():
                    values += _numbers(column)
                case StepColumn():
                    for threshold in column.thresholds:
                        # Sheets take two numbers for one where the last digits differ.
                        values += [threshold, threshold - 1e-6 * max(1.0, abs(threshold))]
    return list(dict.fromkeys(values))


def _numbers(column: NumberColumn) -> Iterator[float | None]:
    width = (column.high - column.low) or 1.0
    yield from (column.mean, column.low, column.high, None)
    yield from (column.low - 2 * width, column.high + 2 * width, 0.0)
    if isinstance(column, SplineColumn):
        yield from column.knots


def _levels(column: CategoryColumn) -> Iterator[float | str | None]:
    usual = column.levels[int(np.argmax(column.shares[: len(column.levels)]))]
    if column.numeric:
        yield from map(float, (usual, *column.levels))
        yield from (None, max(map(float, column.levels)) + 1.5)
        return
    yield from (usual, *column.levels, None, _UNSEEN)
    for level in column.levels:
        yield f"  {level.upper() if level.isascii() else level} "
    yield from (other for other, _ in column.same)

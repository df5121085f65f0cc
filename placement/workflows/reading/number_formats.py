"""How the numbers of a table to be scored are written: decided for each file before the first row.

A file whose first rows are plain numbers costs no more than those: then it is not read twice.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from placement.arrays import FloatArray
from placement.config.file_options import FileOptions
from placement.data.columns.column import count_cells
from placement.data.formats.blocks import Block, BlockRequest, Part
from placement.data.formats.table_reader import Reader
from placement.data.names.quantities import means_count
from placement.data.schema import matching_columns, quoted
from placement.data.table.grade_scales import mixed_scales, second_scale, two_scales_text
from placement.errors import DataError
from placement.model.scorer import (
    Formats,
    NumberColumn,
    NumberFormat,
    WrittenNumbers,
    parse_numbers,
)
from placement.runtime.progress import ProgressListener
from placement.workflows.reading.find_model import Model

FileFormats = Mapping[str, Formats]  # by the name of a file, then by the model's column

_PLAIN_KINDS = frozenset({"number", "zero", "decimal ."})
_LEAST = 3  # so many cells beyond a scale are no slips


def number_formats(
    model: Model,
    reader: Reader,
    options: FileOptions,
    listener: ProgressListener,
    others: frozenset[str] = frozenset(),
) -> FileFormats:
    """Look at the columns of numbers that a model needs, and at `others`; say how they are read.

    Raises DataError where grades are of another scale than the model's.
    """
    columns = {c.column: c for c in model.scorer.columns if isinstance(c, NumberColumn)}
    names = [*columns, *sorted(others - columns.keys())]
    spelling = matching_columns(reader.names, names, file=reader.name)
    mixed = _mixed(options, spelling)
    formats: dict[str, Formats] = {}
    for part in reader.parts:
        written, first = _look(part, spelling)
        forms: dict[str, NumberFormat] = {}
        for name in names:
            column = columns.get(name)
            if column is None:
                prior = replace(reader.number_format, counts=means_count(name))
                forms[name] = written[name].number_format(prior)
                continue
            forms[name] = column.format_of(written[name], reader.number_format.grouping)
            if name in mixed:
                forms[name] = replace(forms[name], mixed=mixed[name])
            for note in written[name].notes(forms[name]):
                listener.note(f"{part.name}, {name}: {note}")
            if first is not None and column.grade_scale is not None:
                values, _ = parse_numbers(first.columns[spelling[name]], forms[name])
                _refuse_other_scale(column, values, part.name)
        formats[part.name] = forms
    return formats


def _mixed(options: FileOptions, spelling: Mapping[str, str]) -> dict[str, float]:
    given = mixed_scales(options.mixed_scale)
    matched = matching_columns(spelling, list(given), option="--mixed-scale", file="the model")
    return {matched[name]: scale for name, scale in given.items()}


def _look(
    part: Part, spelling: Mapping[str, str]
) -> tuple[dict[str, WrittenNumbers], Block | None]:
    """Look at the cells of some columns, and return the first block.

    Where those of a first block are plain numbers, they speak for all.
    """
    written = {name: WrittenNumbers() for name in spelling}
    first: Block | None = None
    tasks = part.tasks(BlockRequest(frozenset(spelling.values())))
    for block in (task().students() for task in tasks):
        written = {
            name: total.merge(WrittenNumbers.of(block.columns[spelling[name]]))
            for name, total in written.items()
        }
        if first is None:
            first = block
            if not any(total.kinds.keys() - _PLAIN_KINDS for total in written.values()):
                break
    return written, first


def _refuse_other_scale(column: NumberColumn, values: FloatArray, file: str) -> None:
    """Raise DataError where grades are not on the scale that the model knows."""
    scale, name = float(column.grade_scale or 0), column.column
    grades = values[np.isfinite(values) & (values > 0)]
    beyond = int(np.count_nonzero(grades > 2 * scale))
    small = [s for s in (4.0, 5.0, 10.0) if s <= scale / 4 and column.low > s]
    within = max((s for s in small), default=0.0)
    if len(grades) and beyond == len(grades):
        kind = "a percentage" if scale <= 20 and grades.max() <= 100 else "another scale"
        raise DataError(
            f"{file}: {name}: all {count_cells(beyond)} are beyond its scale of {scale:g}; it "
            f"looks like {kind}: bring it to a scale of {scale:g}"
        )
    if within and len(grades) and grades.max() <= within:
        raise DataError(
            f"{file}: {name}: all {count_cells(len(grades))} are at most {within:g}, where the "
            f"model knows a scale of {scale:g} from {column.low:g} on: bring them there, as by "
            f"--mixed-scale {quoted(f'{name}:{within:g}')}"
        )
    found = second_scale([grades])
    if found is not None and found.scale <= scale:
        raise DataError(f"{file}: {two_scales_text(name, found)}")

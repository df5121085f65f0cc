"""How the numbers of a table to be scored are written: decided for each file before the first row.

A file whose first rows are plain numbers costs no more than those: then it is not read twice.
"""

from collections.abc import Mapping
from dataclasses import replace

from placement.config.file_options import FileOptions
from placement.data.formats.blocks import Block, BlockRequest, Part
from placement.data.formats.table_reader import Reader
from placement.data.names.quantities import format_by_name
from placement.data.schema import matching_columns
from placement.data.table.scales.grade_scales import mixed_scales, mixed_text
from placement.data.table.scales.unlike_training import refuse_unlike_training
from placement.errors import UsageError
from placement.model.scorer import (
    Formats,
    LearntNumbers,
    NumberColumn,
    NumberFormat,
    WrittenNumbers,
    parse_numbers,
    writes_decimal_commas,
)
from placement.runtime.progress import ProgressListener
from placement.workflows.reading.find_model import Model

FileFormats = Mapping[str, Formats]  # by the name of a file, then by the model's column

_PLAIN_KINDS = frozenset({"number", "large", "zero", "decimal ."})


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
    columns = model.scorer.numbers
    names = [*columns, *sorted(others - columns.keys())]
    spelling = matching_columns(reader.names, names, file=reader.name)
    mixed = _mixed(options, spelling)
    formats: dict[str, Formats] = {}
    notes: list[str] = []
    for part in reader.parts:
        written, first = _look(part, spelling)
        commas = reader.number_format.grouping == "." or writes_decimal_commas(written.values())
        grouping = "." if commas else None  # a model remembers the marks of its training
        forms: dict[str, NumberFormat] = {}
        for name in names:
            column = columns.get(name)
            if column is None:
                prior = format_by_name(name)
                prior = replace(prior, grouping=".") if commas and prior.grouping else prior
                forms[name] = written[name].number_format(prior)
                continue
            forms[name] = column.format_of(written[name], grouping)
            if name in mixed:
                forms[name] = _on_scale(column, forms[name], mixed[name])
            if forms[name].mixed is not None:
                notes.append(f"{part.name}, {name}: {mixed_text(forms[name])}")
            notes += [f"{part.name}, {name}: {note}" for note in written[name].notes(forms[name])]
            if first is not None and isinstance(column, NumberColumn):
                values, _ = parse_numbers(first.columns[spelling[name]], forms[name])
                is_stated = name in mixed
                refuse_unlike_training(column, values, part.name, is_stated=is_stated)
        formats[part.name] = forms
    listener.notes(notes)
    return formats


def _on_scale(column: LearntNumbers, form: NumberFormat, mixed: float) -> NumberFormat:
    if not isinstance(column, NumberColumn) or not column.scale:
        raise UsageError(f"--mixed-scale {column.column}: the model knows no scale of its numbers")
    return replace(form, mixed=mixed, scale=column.scale)


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

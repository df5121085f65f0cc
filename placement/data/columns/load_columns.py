"""Read all rows of a table into a store: each column as numbers, as coded text, or as hashes.

Whether a column holds numbers or text is decided by all of its cells. One whose first rows said
otherwise than all do is read once more, alone: text must stay as it is written.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from placement.config.bad_rows import BadRows
from placement.data.columns.column_store import ColumnStore, MemoryColumnStore, downcast
from placement.data.columns.left_out import ReadRows
from placement.data.columns.loading.column_builder import ColumnBuilder, Reading
from placement.data.columns.raw_column import MAX_TEXTS, CategoricalColumn, RawColumn
from placement.data.columns.row_locations import RowLocations
from placement.data.formats.blocks import Block, BlockRequest, LeftOutRow
from placement.data.formats.faulty_rows import leave_out
from placement.data.names.quantities import format_by_name, means_count
from placement.errors import DataError
from placement.model.scorer import (
    PLAIN,
    Coded,
    ColumnLike,
    LearntNumbers,
    NumberFormat,
    fold,
    writes_decimal_commas,
)
from placement.runtime.parallel_map import usable_processors

if TYPE_CHECKING:
    from placement.data.formats.table_reader import Reader

NOTHING_LEARNT: Mapping[str, LearntNumbers] = MappingProxyType({})
_PIECE_BYTES = 1 << 23  # of text; few calls for each, as they contend with the imports


@dataclass(frozen=True)
class LoadedColumns:
    """The raw columns of every student of a source, and where the rows stand in its files.

    `left_out` are the faulty rows, whose cells cannot be told apart, `others` those of no student.
    """

    name: str
    columns: dict[str, RawColumn]
    locations: RowLocations
    blank_lines: int
    left_out: tuple[LeftOutRow, ...] = ()
    others: tuple[LeftOutRow, ...] = ()


def load_columns(
    reader: "Reader",
    store: ColumnStore,
    as_text: frozenset[str] = frozenset(),
    learnt: Mapping[str, LearntNumbers] = NOTHING_LEARNT,
    *,
    max_texts: int = MAX_TEXTS,
    on_progress: Callable[[int], None] = lambda _rows: None,
) -> LoadedColumns:
    """Read every row; columns of `as_text` stay as written. `on_progress` gets the rows so far.

    `learnt`: the columns of numbers that a model knows.
    """
    known = {fold(name): column for name, column in learnt.items()}

    def builder_of(name: str, reading: Reading) -> ColumnBuilder:
        column = known.get(fold(name))
        prior = format_by_name(name) if column is None else column.written
        if prior.grouping and reader.number_format.grouping == ".":
            prior = replace(prior, grouping=".")
        prior = replace(prior, mixed=None)
        return ColumnBuilder(name, store, prior, reading, max_texts, column)

    readings = {
        n: Reading(True, as_written=True) if n in as_text else Reading() for n in reader.names
    }
    builders = {name: builder_of(name, reading) for name, reading in readings.items()}
    request = BlockRequest(as_text=as_text, piece_bytes=_PIECE_BYTES)
    rows = ReadRows(reader.name, RowLocations(store.piece_rows))
    _fill(reader, builders, request, rows, on_progress)
    if not len(rows.locations):
        leave_out(rows.left_out.faulty, len(rows.left_out.faulty), BadRows(), reader.name)
        raise DataError(f"{reader.name}: has a header but no rows below it; add the students' rows")
    _share_decimal_mark(builders.values())
    columns = {name: builder.build() for name, builder in builders.items()}
    while misread := {n: again for n, b in builders.items() if (again := b.reread) is not None}:
        builders = {name: builder_of(name, reading) for name, reading in misread.items()}
        as_written = frozenset(name for name, reading in misread.items() if reading.as_written)
        request = BlockRequest(frozenset(misread), as_written, piece_bytes=_PIECE_BYTES)
        reread = ReadRows(reader.name, RowLocations(), rows.not_students)
        _fill(reader, builders, request, reread, on_progress)
        for name, builder in builders.items():
            builder.look_at_texts()
            columns[name].array.discard()
            columns[name] = builder.build()
    return LoadedColumns(
        reader.name,
        columns,
        rows.locations,
        rows.blank,
        left_out=tuple(rows.left_out.faulty),
        others=tuple(rows.left_out.others),
    )


def _share_decimal_mark(builders: Iterable[ColumnBuilder]) -> None:
    """Let columns that write decimal commas decide of `12.500` in the others of the file."""
    builders = list(builders)
    for builder in builders:
        builder.look_at_texts()
    if writes_decimal_commas(builder.written for builder in builders):
        for builder in (b for b in builders if b.prior.grouping):
            builder.prior = replace(builder.prior, grouping=".")


def _fill(
    reader: "Reader",
    builders: Mapping[str, ColumnBuilder],
    request: BlockRequest,
    rows: ReadRows,
    on_progress: Callable[[int], None],
) -> None:
    for block in reader.blocks(request, usable_processors(), _compacted):
        new_file = bool(rows.locations.files) and rows.locations.files[-1] != block.file
        students = rows.students(block)
        if not len(students):
            continue
        for name, builder in builders.items():
            if new_file:
                builder.end_of_file()
            builder.add(students.columns[name])
        on_progress(len(rows.locations))
    for builder in builders.values():
        builder.end_of_file()


def _compacted(block: Block) -> Block:
    columns = {
        name: cells if isinstance(cells, Coded) or cells.dtype.kind not in "if" else downcast(cells)
        for name, cells in block.columns.items()
    }
    return replace(block, columns=columns)


def raw_column(
    name: str,
    cells: ColumnLike,
    prior: NumberFormat = PLAIN,
    store: ColumnStore | None = None,
) -> CategoricalColumn:
    """Make one coded column of any cells."""
    prior = replace(prior, counts=means_count(name))
    builder = ColumnBuilder(
        name, store or MemoryColumnStore(), prior, Reading(as_text=True), len(cells) + 1
    )
    builder.add(cells if isinstance(cells, Coded) else np.asarray(cells))
    builder.end_of_file()
    builder.look_at_texts()
    column = builder.build()
    if not isinstance(column, CategoricalColumn):
        raise TypeError(f"{name} was not coded")
    return column

"""Tables that come with types: Parquet files and the frames of pandas, polars and Arrow."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from placement.arrays import ObjectArray
from placement.data.formats.arrow_arrays import null_mask, to_floats, to_numpy
from placement.data.formats.blocks import (
    Block,
    BlockRequest,
    Cells,
    FilePart,
    text_of,
    tidy_names,
    unquote,
)
from placement.data.formats.sources import Partition, Source, reading
from placement.data.formats.students.row_filter import MOST_LEARNT, RowFilter
from placement.data.formats.students.usual_rows import UsualRows
from placement.errors import DataError
from placement.model.scorer import Cell, Coded

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


BATCH_ROWS = 65_536


@dataclass(frozen=True)
class ParquetPart(FilePart):
    """A Parquet file, read in row batches. `added`: columns of its partition, after its own."""

    origin: Source
    added: Partition

    def tasks(self, request: BlockRequest) -> Iterator[Callable[[], Block]]:
        """Yield functions that read the blocks; `raw` is the batch with its types."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        names = [n for n in self.names if request.columns is None or n in request.columns]
        size = request.block_rows or BATCH_ROWS
        with reading(self.name):
            try:
                with pq.ParquetFile(self.origin.path) as file:
                    row_filter: RowFilter | None = None
                    # All columns tell a student, whichever are requested.
                    for batch in file.iter_batches(batch_size=size):
                        row_filter = row_filter or self._row_filter(batch)
                        yield partial(self._block, batch, names, row_filter, raw=request.records)
            except pa.ArrowException as error:
                raise _damaged(self.name, error) from error

    def _row_filter(self, first: "pa.RecordBatch") -> RowFilter:
        rows = _texts(first.slice(0, MOST_LEARNT))
        names = self.names[: first.num_columns]
        return RowFilter(UsualRows.learn(names, rows, whole=self.likely_rows <= MOST_LEARNT))

    def _block(
        self, batch: "pa.RecordBatch", names: list[str], row_filter: RowFilter, *, raw: bool
    ) -> Block:
        import pyarrow as pa

        rows = batch.num_rows
        not_students = row_filter.not_typed_students(
            batch.columns, lambda row: _texts(batch.slice(row, 1))[0]
        )
        for name, value in self.added:
            kind = pa.int64() if isinstance(value, int) else pa.string()
            batch = batch.append_column(name, pa.repeat(pa.scalar(value, kind), rows))
        columns = {name: _arrow_cells(batch.column(self.names.index(name))) for name in names}
        return Block(
            self.names,
            columns,
            rows,
            self.name,
            raw=batch if raw else None,
            not_students=not_students,
        )


def open_parquet(source: Source) -> ParquetPart:
    """Read the names of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with reading(source.name):
        try:
            with pq.ParquetFile(source.path) as file:
                file_names, rows = file.schema_arrow.names, file.metadata.num_rows
        except pa.ArrowException as error:
            raise _damaged(source.name, error) from error
    added = tuple((name, value) for name, value in source.partition if name not in file_names)
    tidy = tidy_names([*file_names, *(name for name, _ in added)])
    if not tidy.names:
        raise DataError(f"{source.name}: a Parquet file without columns")
    return ParquetPart(source.name, tidy.names, rows, source, tidy.unnamed, tidy.notes, (), added)


def _damaged(name: str, error: Exception) -> DataError:
    reason = str(error).splitlines()[0].rstrip(".")
    return DataError(f"{name}: a Parquet file cut short or damaged ({reason}): copy it again")


def _texts(batch: "pa.RecordBatch") -> list[list[str]]:
    """Return the rows of a batch as trimmed text."""
    columns = [list(map(_text, column.to_pylist())) for column in batch.columns]
    return list(map(list, zip(*columns, strict=True)))


def _text(value: Cell) -> str:
    return unquote(value) if isinstance(value, str) else text_of(value)


def _arrow_cells(column: "pa.Array") -> Cells:
    import pyarrow as pa

    kind = column.type
    was_coded = pa.types.is_dictionary(kind)
    if was_coded and not pa.types.is_string(kind.value_type):
        column, was_coded = column.dictionary_decode(), False
        kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return to_floats(column.cast(pa.float64(), safe=False))
    try:
        coded = column if was_coded else column.dictionary_encode()
    except pa.ArrowNotImplementedError:  # lists and the like
        return text_objects(column.to_pylist())
    texts = text_objects(coded.dictionary.to_pylist())
    codes, null = to_numpy(coded.indices.cast(pa.int32()), np.int32), null_mask(coded.indices)
    if null is not None:
        codes, texts = np.where(null, len(texts), codes), np.append(texts, np.array([None]))
    return Coded(codes, texts)


def text_objects(values: list[Any]) -> ObjectArray:
    """Return cells as trimmed text; missing ones as None."""
    cells = np.empty(len(values), dtype=object)
    for index, value in enumerate(values):
        text = unquote(value) if isinstance(value, str) else text_of(value)
        missing = not text and not isinstance(value, str)
        cells[index] = None if missing else text
    return cells


@dataclass(frozen=True)
class FramePart(FilePart):
    """A pandas frame."""

    frame: "pd.DataFrame"

    def tasks(self, request: BlockRequest) -> Iterator[Callable[[], Block]]:
        """Yield functions that read the blocks; `raw` is the slice of the frame."""
        step = request.block_rows or BATCH_ROWS
        for start in range(0, len(self.frame), step):
            yield partial(self._block, self.frame.iloc[start : start + step], request)

    @cached_property
    def _row_filter(self) -> RowFilter:
        first = self.frame.iloc[:MOST_LEARNT]
        cells = [_frame_cells(first.iloc[:, index]) for index in range(len(self.names))]
        rows = [list(map(text_of, row)) for row in zip(*cells, strict=True)]
        return RowFilter(UsualRows.learn(self.names, rows, whole=len(self.frame) <= MOST_LEARNT))

    def _block(self, piece: "pd.DataFrame", request: BlockRequest) -> Block:
        cells = [_frame_cells(piece.iloc[:, index]) for index in range(len(self.names))]
        columns = {
            name: column
            for name, column in zip(self.names, cells, strict=True)
            if request.columns is None or name in request.columns
        }
        not_students = self._row_filter.not_typed_students(
            list(map(_arrow_column, cells)), lambda row: [text_of(c[row]) for c in cells]
        )
        return Block(
            self.names, columns, len(piece), self.name, raw=piece, not_students=not_students
        )


def is_frame(source: Any) -> bool:
    """Whether a source is a frame of pandas, or one that can become such."""
    pandas = sys.modules.get("pandas")  # a frame cannot be there without it
    return hasattr(source, "to_pandas") or (
        pandas is not None and isinstance(source, pandas.DataFrame)
    )


def to_pandas(frame: Any) -> Any:
    """Return a frame of polars or Arrow as one of pandas; everything else as it is."""
    return frame.to_pandas() if hasattr(frame, "to_pandas") else frame


def open_frame(frame: Any) -> FramePart:
    """Wrap a frame; its index is ignored."""
    frame = to_pandas(frame)
    if not len(frame.columns):
        raise DataError("the DataFrame has no columns")
    tidy = tidy_names(str(name) for name in frame.columns)
    return FramePart("DataFrame", tidy.names, len(frame), None, tidy.unnamed, tidy.notes, (), frame)


def _frame_cells(series: "pd.Series[Any]") -> Cells:
    import pandas as pd

    kind = series.dtype
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    return text_objects(series.astype(object).where(series.notna(), None).tolist())


def _arrow_column(cells: Cells) -> "pa.Array":
    import pyarrow as pa

    return pa.array(cells, from_pandas=True)

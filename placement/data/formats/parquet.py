"""Tables that come with types: Parquet files and pandas frames."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
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
from placement.errors import DataError
from placement.model.scorer import Coded

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
                    file_names = dict(zip(self.names, file.schema_arrow.names, strict=False))
                    in_file = [file_names[n] for n in names if n in file_names]
                    to_read = None if request.records else in_file
                    for batch in file.iter_batches(batch_size=size, columns=to_read):
                        yield partial(self._block, batch, names, whole=request.records)
            except pa.ArrowException as error:
                raise _damaged(self.name, error) from error

    def _block(self, batch: "pa.RecordBatch", names: list[str], *, whole: bool) -> Block:
        import pyarrow as pa

        for name, value in self.added:
            if whole or name in names:
                kind = pa.int64() if isinstance(value, int) else pa.string()
                cells = pa.repeat(pa.scalar(value, kind), batch.num_rows)
                batch = batch.append_column(name, cells)
        indices = [self.names.index(name) if whole else k for k, name in enumerate(names)]
        columns = {
            name: _arrow_cells(batch.column(index))
            for name, index in zip(names, indices, strict=True)
        }
        raw = batch if whole else None
        return Block(self.names, columns, batch.num_rows, self.name, raw=raw)


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

    def _block(self, piece: "pd.DataFrame", request: BlockRequest) -> Block:
        columns = {
            name: _frame_cells(piece.iloc[:, index])
            for index, name in enumerate(self.names)
            if request.columns is None or name in request.columns
        }
        return Block(self.names, columns, len(piece), self.name, raw=piece)


def open_frame(frame: "pd.DataFrame") -> FramePart:
    """Wrap a frame; its index is ignored."""
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

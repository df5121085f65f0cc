"""Tables that come with types: Parquet files and pandas frames."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from placement.data.blocks import Block, Cells, text_of, tidy_names, unquote
from placement.data.sources import Source, reading
from placement.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class ParquetPart:
    """A Parquet file, read in row batches."""

    source: Source
    name: str
    names: tuple[str, ...]
    unnamed: frozenset[str]
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    def blocks(self, block_rows: int) -> Iterator[Block]:
        """Walk the row batches; `raw` is the batch with its types."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        row = 1
        with reading(self.name):
            try:
                with pq.ParquetFile(self.source.path) as file:
                    for batch in file.iter_batches(batch_size=block_rows):
                        columns = dict(
                            zip(self.names, map(_arrow_cells, batch.columns), strict=True)
                        )
                        yield Block(self.names, columns, row, None, None, self.name, batch)
                        row += batch.num_rows
            except pa.ArrowException as error:
                raise _damaged(self.name, error) from error


def open_parquet(source: Source) -> ParquetPart:
    """Read the names of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with reading(source.name):
        try:
            with pq.ParquetFile(source.path) as file:
                tidy = tidy_names(file.schema_arrow.names)
        except pa.ArrowException as error:
            raise _damaged(source.name, error) from error
    if not tidy.names:
        raise DataError(f"{source.name}: a Parquet file without columns")
    return ParquetPart(source, source.name, tidy.names, tidy.unnamed, tidy.notes)


def _damaged(name: str, error: Exception) -> DataError:
    reason = str(error).splitlines()[0].rstrip(".")
    return DataError(f"{name}: a Parquet file cut short or damaged ({reason}): copy it again")


def _arrow_cells(column: "pa.Array[Any]") -> Cells:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return np.asarray(numbers, dtype=np.float64)
    return objects(column.to_pylist())


def objects(values: list[Any]) -> Cells:
    """Return cells as trimmed text; missing ones as None."""
    cells = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        text = unquote(value) if isinstance(value, str) else text_of(value)
        missing = not text and not isinstance(value, str)
        cells[place] = None if missing else text
    return cells


@dataclass(frozen=True)
class FramePart:
    """A pandas frame."""

    frame: "pd.DataFrame"
    name: str
    names: tuple[str, ...]
    unnamed: frozenset[str]
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    def blocks(self, block_rows: int) -> Iterator[Block]:
        """Walk the rows; `raw` is the slice of the frame."""
        for start in range(0, len(self.frame), block_rows):
            piece = self.frame.iloc[start : start + block_rows]
            columns = {n: _frame_cells(piece.iloc[:, i]) for i, n in enumerate(self.names)}
            yield Block(self.names, columns, start + 1, None, None, self.name, piece)


def open_frame(frame: "pd.DataFrame") -> FramePart:
    """Wrap a frame; its index is ignored."""
    if not len(frame.columns):
        raise DataError("the DataFrame has no columns")
    tidy = tidy_names(str(name) for name in frame.columns)
    return FramePart(frame, "DataFrame", tidy.names, tidy.unnamed, tidy.notes)


def _frame_cells(series: "pd.Series[Any]") -> Cells:
    import pandas as pd

    kind = series.dtype
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    return objects(series.astype(object).where(series.notna(), None).tolist())

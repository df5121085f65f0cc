"""Write predictions to a workbook or a Parquet file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from placement.arrays import BoolArray, CellArray, IndexArray
from placement.data.formats.blocks import Block, text_of
from placement.data.output.csv_cells import row_indices
from placement.data.output.sheet_writer import SheetOutput
from placement.data.output.take_rows import as_array
from placement.data.output.writer import NOTES, Output, Plan
from placement.errors import StoreError
from placement.model.scorer import TableLike
from placement.runtime.atomic_write import writing

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq


@contextmanager
def open_typed(path: Path, plan: Plan, number_format: str, name: str) -> Iterator[Output]:
    """Open a workbook or a Parquet file at `path`; `name` is what the user calls it."""
    kind: type[SheetOutput | ParquetOutput]
    kind = SheetOutput if number_format == "xlsx" else ParquetOutput
    output = kind(path, plan, name)
    try:
        yield output
    except BaseException:
        output.discard()
        raise
    output.close()


class ParquetOutput(Output):
    """Rows in a Parquet file: a Parquet input keeps its types, text stays text."""

    def __init__(self, path: Path, plan: Plan, name: str) -> None:
        super().__init__(plan, name)
        self._path = path
        self._writer: pq.ParquetWriter | None = None
        self._schema: pa.Schema | None = None

    def prepare(self, block: Block, cells: TableLike, rows: npt.ArrayLike | None = None) -> Any:
        """Return the rows to write as an Arrow table."""
        import pyarrow as pa

        indices = row_indices(rows, len(block))
        existing = [_arrow_column(block, name, indices) for name in self._plan.input_columns]
        others = ~block.is_student[indices]
        blank = {n: others & (n != NOTES) for n in self._plan.added}
        new = [_arrow_new(as_array(cells[n])[indices], blank[n]) for n in self._plan.added]
        return pa.Table.from_arrays([*existing, *new], names=list(self._plan.file_names))

    def put(self, prepared: Any) -> None:
        """Append those rows."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        with writing(self._name):
            try:
                if self._writer is None:
                    self._schema = prepared.schema
                    self._writer = pq.ParquetWriter(self._path, self._schema)
                self._writer.write_table(prepared.cast(self._schema))
            except pa.ArrowException as error:
                raise StoreError(f"{self._name}: cannot be written as Parquet ({error})") from error

    def close(self) -> None:
        """Write the footer; a file without rows still has its columns."""
        import pyarrow as pa

        if self._writer is None:
            names = list(self._plan.file_names)
            self.put(pa.Table.from_arrays([pa.array([], pa.string()) for _ in names], names=names))
        with writing(self._name):
            self.discard()

    def discard(self) -> None:
        """Close what is open; the file is removed by the caller."""
        if self._writer is not None:
            self._writer.close()


def _arrow_column(block: Block, name: str, indices: IndexArray) -> "pa.Array":
    import pyarrow as pa

    raw = block.raw
    if raw is not None and not isinstance(raw, list):
        index = block.names.index(name)
        if hasattr(raw, "iloc"):
            return pa.array(raw.iloc[indices, index], from_pandas=True)
        return raw.column(index).take(pa.array(indices))
    cells = block.columns[name][indices]
    return pa.array(list(map(text_of, cells.tolist())), pa.string())


def _arrow_new(cells: CellArray, blank: BoolArray) -> "pa.Array":
    import pyarrow as pa

    if cells.dtype.kind == "f":
        return pa.array(cells, pa.float64(), from_pandas=True, mask=blank)
    if cells.dtype.kind in "iu":
        return pa.array(cells, pa.int64(), mask=blank)
    texts = [None if c is None else text_of(c) for c in cells.tolist()]
    return pa.array(np.array(texts, dtype=object), pa.string(), mask=blank)

"""Write a table back with new columns at its end, every other cell as it was."""

import codecs
import gzip
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Literal, cast

import numpy as np
import numpy.typing as npt

from placement.arrays import BoolArray, IndexArray
from placement.data.formats.blocks import Block, BlockRequest, Cells
from placement.data.formats.delimited.dialect import Dialect
from placement.data.formats.table_reader import Reader
from placement.data.output.csv_cells import (
    append_cells,
    drop_fields,
    quote_cell,
    render_cells,
    row_indices,
    text_columns,
)
from placement.data.output.writer import NOTES, Output, Plan
from placement.errors import StoreError, UsageError
from placement.model.scorer import Coded, ColumnLike, TableLike
from placement.runtime.atomic_write import held_back, replacing, writing

OutputFormat = Literal["own", "csv", "tsv", "parquet", "xlsx"]
_FORMATS: dict[str, OutputFormat] = {
    ".csv": "csv", ".txt": "csv", ".tsv": "tsv", ".parquet": "parquet", ".xlsx": "xlsx",
}  # fmt: skip


def output_format(out: str | None) -> OutputFormat:
    """Return the form that the ending of `--out` stands for; "own" where it has none."""
    if out is None or out == "-":
        return "csv"
    path = Path(out)
    packed = path.suffix.casefold() == ".gz"
    ending = (path.with_suffix("") if packed else path).suffix.casefold()
    if not ending and not packed:
        return "own"
    format_ = _FORMATS.get(ending)
    if format_ is None or (packed and format_ not in {"csv", "tsv"}):
        raise UsageError(
            f"--out {out}: the ending must be one of {', '.join(_FORMATS)}, .csv.gz, .tsv.gz"
        )
    return format_


@contextmanager
def open_output(
    out: str | None, reader: Reader, added: Sequence[str], *, excel: bool = False
) -> Iterator[Output]:
    """Open an output for predictions: a file or stdout, written whole or not at all.

    `excel`: text in UTF-8 begins with the mark by which Excel knows that it is.
    """
    format_, plan = output_format(out), Plan(reader, tuple(added))
    if out is None or out == "-":
        sys.stdout.flush()
        with held_back(sys.stdout.buffer) as stream:
            yield TextOutput(stream, plan, format_, "standard output", excel=excel)
        return
    if format_ == "own":
        format_ = "parquet" if reader.kind == "parquet" else "csv"
    with replacing(Path(out)) as temporary:
        if format_ in {"csv", "tsv"}:
            yield from _text_file(temporary, plan, format_, out, excel=excel)
        else:
            from placement.data.output.typed_writers import open_typed

            with open_typed(temporary, plan, format_, out) as typed:
                yield typed


def _text_file(
    path: Path, plan: Plan, format_: OutputFormat, out: str, *, excel: bool
) -> Iterator[Output]:
    with writing(out):
        stream: IO[bytes] = path.open("wb")
    try:
        if out.casefold().endswith(".gz"):
            # No name and no time: the same rows give the same bytes.
            with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0) as packed:
                yield TextOutput(cast("IO[bytes]", packed), plan, format_, out, excel=excel)
        else:
            yield TextOutput(stream, plan, format_, out, excel=excel)
    finally:
        with writing(out):
            stream.close()


class TextOutput(Output):
    """Rows as text: records of a text file are copied, all others are rendered."""

    def __init__(
        self,
        stream: IO[bytes],
        plan: Plan,
        format_: OutputFormat,
        name: str,
        *,
        excel: bool = False,
    ) -> None:
        super().__init__(plan, name)
        self._stream = stream
        dialect = plan.reader.dialect
        self._dialect = dialect or Dialect()
        if format_ == "tsv":
            self._dialect = replace(self._dialect, delimiter="\t")
        if excel and self._dialect.encoding == "utf-8":
            self._dialect = replace(self._dialect, bom=codecs.BOM_UTF8)
        self._copies = dialect is not None and dialect.delimiter == self._dialect.delimiter
        self._replaced_indices = frozenset(plan.reader.names.index(name) for name in plan.replaced)
        self.put(self._dialect.bom + self._encode(self._head()))

    def _head(self) -> str:
        reader, dialect = self._plan.reader, self._dialect
        if reader.header is None or not self._copies:
            cells = [quote_cell(title, dialect) for title in self._plan.header]
            return reader.preamble + dialect.delimiter.join(cells) + dialect.line_end
        header = self._copied_records([reader.header])[0]
        quoting = dialect.quoting if dialect.quote in header else "minimal"
        new = [quote_cell(name, replace(dialect, quoting=quoting)) for name in self._plan.added]
        return reader.preamble + dialect.delimiter.join([header, *new]) + dialect.line_end

    def _copied_records(self, records: list[str]) -> list[str]:
        if self._replaced_indices:
            return drop_fields(records, self._replaced_indices, self._dialect)
        return (
            [record.rstrip() for record in records] if self._dialect.delimiter == " " else records
        )

    @property
    def request(self) -> BlockRequest:
        """What to read of a table's rows: records to copy, or all cells as they are written."""
        if self._copies and self._plan.reader.same_layout:
            return BlockRequest(columns=frozenset(), records=True)
        return super().request

    def prepare(self, block: Block, cells: TableLike, rows: npt.ArrayLike | None = None) -> Any:
        """Return the bytes of some rows."""
        selected = row_indices(rows, len(block))
        if not len(selected):
            return b""
        new = [self._writable(n, _take_cells(cells[n], selected)) for n in self._plan.added]
        if self._appends_at_once(block):
            text = append_cells(_take_records(block.records, selected), new, self._dialect)
            utf8 = self._dialect.encoding == "utf-8"
            return text if utf8 else self._encode(bytes(text).decode())
        input_cells = self._input_cells(block, selected)
        written = [render_cells(column, self._dialect) for column in new]
        if block.not_students:
            self._blank_answers(written, ~block.is_student[selected])
        join, end = self._dialect.delimiter.join, self._dialect.line_end
        columns = [input_cells, *written] if input_cells else written
        return self._encode(end.join(map(join, zip(*columns, strict=True))) + end)

    def _writable(self, name: str, cells: Cells) -> Cells:
        """Put ? in notes and reasons for what the encoding lacks; of a label it is an error."""
        encoding = self._dialect.encoding
        if encoding.startswith("utf") or not name.startswith((NOTES, "placement_reason")):
            return cells
        words = cells.texts if isinstance(cells, Coded) else cells
        texts = [str(word or "").encode(encoding, "replace").decode(encoding) for word in words]
        array = np.array(texts, dtype=object)
        return Coded(cells.codes, array) if isinstance(cells, Coded) else array

    def _blank_answers(self, written: list[list[str]], others: BoolArray) -> None:
        for name, cells in zip(self._plan.added, written, strict=True):
            for index in np.flatnonzero(others).tolist() if name != NOTES else ():
                cells[index] = quote_cell("", self._dialect)

    def _appends_at_once(self, block: Block) -> bool:
        """Whether records stand in an Arrow array, to which cells are appended in one call."""
        if block.not_students:
            return False
        whole = self._copies and not self._replaced_indices and self._dialect.delimiter != " "
        return whole and block.records is not None and not isinstance(block.records, list)

    def _input_cells(self, block: Block, indices: IndexArray) -> list[str]:
        """The rows without their new cells; empty where no column of the input stays."""
        if not self._plan.input_columns:
            return []
        if self._copies and block.records is not None:
            records = block.records
            if not isinstance(records, list):
                records = records.to_pylist()
            return self._copied_records([records[i] for i in indices.tolist()])
        columns = text_columns(block, self._plan.input_columns)
        written = [render_cells(np.array(c, dtype=object)[indices], self._dialect) for c in columns]
        return list(map(self._dialect.delimiter.join, zip(*written, strict=True)))

    def _encode(self, text: str) -> bytes:
        try:
            return text.encode(self._dialect.encoding)
        except UnicodeEncodeError as error:
            word = error.object[error.start : error.end]
            raise StoreError(
                f"{self._name}: {word!r} cannot be written in {self._dialect.encoding}, "
                f"as {self._plan.reader.name} is: choose --out FILE.xlsx, or an input in UTF-8"
            ) from error

    def put(self, prepared: Any) -> None:
        """Append bytes."""
        with writing(self._name):
            self._stream.write(prepared)


def _take_cells(cells: ColumnLike, indices: IndexArray) -> Any:
    whole = cells if isinstance(cells, Coded) else np.asarray(cells)
    return whole if len(indices) == len(whole) and _is_all(indices) else whole[indices]


def _take_records(records: Any, indices: IndexArray) -> Any:
    return records if len(indices) == len(records) and _is_all(indices) else records.take(indices)


def _is_all(indices: IndexArray) -> bool:
    return bool((np.diff(indices) == 1).all())

"""Writing a table back with new columns at its end, every other cell as it came."""

import gzip
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Literal, cast

import numpy as np

from placement.arrays import IndexArray
from placement.data.formats.blocks import Block, BlockRequest
from placement.data.formats.dialect import Dialect
from placement.data.formats.table_reader import Reader
from placement.data.output.csv_cells import (
    joined,
    positions,
    quoted,
    rendered,
    text_columns,
    without,
)
from placement.data.output.writer import Output, Plan
from placement.errors import StoreError, UsageError
from placement.model.scorer import Coded
from placement.runtime.atomic_write import replacing, writing

Form = Literal["own", "csv", "tsv", "parquet", "xlsx"]
_FORMS: dict[str, Form] = {
    ".csv": "csv", ".txt": "csv", ".tsv": "tsv", ".parquet": "parquet", ".xlsx": "xlsx",
}  # fmt: skip


def output_format(out: str | None) -> Form:
    """Return the form that the ending of `--out` stands for; "own" where it has none."""
    if out is None or out == "-":
        return "csv"
    path = Path(out)
    packed = path.suffix.casefold() == ".gz"
    ending = (path.with_suffix("") if packed else path).suffix.casefold()
    if not ending and not packed:
        return "own"
    form = _FORMS.get(ending)
    if form is None or (packed and form not in {"csv", "tsv"}):
        raise UsageError(
            f"--out {out}: the ending must be one of {', '.join(_FORMS)}, .csv.gz, .tsv.gz"
        )
    return form


@contextmanager
def open_output(out: str | None, reader: Reader, added: Sequence[str]) -> Iterator[Output]:
    """Open the place for predictions on a table: a file, written whole or not at all, or stdout."""
    form, plan = output_format(out), Plan(reader, tuple(added))
    if out is None or out == "-":
        sys.stdout.flush()
        yield TextOutput(sys.stdout.buffer, plan, form, "standard output")
        sys.stdout.buffer.flush()
        return
    if form == "own":
        form = "parquet" if reader.kind == "parquet" else "csv"
    with replacing(Path(out)) as temporary:
        if form in {"csv", "tsv"}:
            yield from _text_file(temporary, plan, form, out)
        else:
            from placement.data.output.typed_writers import open_typed

            with open_typed(temporary, plan, form, out) as typed:
                yield typed


def _text_file(path: Path, plan: Plan, form: Form, out: str) -> Iterator[Output]:
    with writing(out):
        stream: IO[bytes] = path.open("wb")
    try:
        if out.casefold().endswith(".gz"):
            # No name and no time: the same rows give the same bytes.
            with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0) as packed:
                yield TextOutput(cast("IO[bytes]", packed), plan, form, out)
        else:
            yield TextOutput(stream, plan, form, out)
    finally:
        with writing(out):
            stream.close()


class TextOutput(Output):
    """Rows as text: records of a text file are copied, all others are written anew."""

    def __init__(self, stream: IO[bytes], plan: Plan, form: Form, name: str) -> None:
        self._stream, self._plan, self._name = stream, plan, name
        self.replaced = plan.replaced
        own = plan.reader.dialect
        self._dialect = own or Dialect()
        if form == "tsv":
            self._dialect = replace(self._dialect, delimiter="\t")
        self._copies = own is not None and own.delimiter == self._dialect.delimiter
        self._places = frozenset(plan.reader.names.index(name) for name in plan.replaced)
        self.put(self._dialect.bom + self._encoded(self._head()))

    def _head(self) -> str:
        reader, dialect = self._plan.reader, self._dialect
        if reader.header is None or not self._copies:
            cells = [quoted(title, dialect) for title in self._plan.titles]
            return reader.preamble + dialect.delimiter.join(cells) + dialect.line_end
        header = self._copied([reader.header])[0]
        new = [quoted(name, dialect) for name in self._plan.added]
        return reader.preamble + dialect.delimiter.join([header, *new]) + dialect.line_end

    def _copied(self, records: list[str]) -> list[str]:
        if self._places:
            return without(records, self._places, self._dialect.delimiter)
        return (
            [record.rstrip() for record in records] if self._dialect.delimiter == " " else records
        )

    @property
    def wanted(self) -> BlockRequest:
        """What it needs to see of a table's rows: records to copy, or else all as it is written."""
        if self._copies and self._plan.reader.alike:
            return BlockRequest(columns=frozenset(), records=True)
        return BlockRequest(as_text=frozenset(self._plan.reader.names), records=True)

    def prepared(self, block: Block, cells: Mapping[str, Any], rows: Any = None) -> Any:
        """Return the bytes of some rows."""
        chosen = positions(rows, len(block))
        if not len(chosen):
            return b""
        new = [_taken(cells[name], chosen) for name in self._plan.added]
        if self._joins(block):
            return self._recoded(joined(_picked(block.records, chosen), new, self._dialect))
        base = self._base(block, chosen)
        written = [rendered(column, self._dialect) for column in new]
        join, end = self._dialect.delimiter.join, self._dialect.line_end
        columns = zip(base, *written, strict=True) if base else zip(*written, strict=True)
        return self._encoded(end.join(map(join, columns)) + end)

    def _joins(self, block: Block) -> bool:
        """Whether records stand in an Arrow array, to which cells are appended all at once."""
        whole = self._copies and not self._places and self._dialect.delimiter != " "
        return whole and block.records is not None and not isinstance(block.records, list)

    def _recoded(self, text: Any) -> Any:
        if self._dialect.encoding == "utf-8":
            return text
        return self._encoded(bytes(text).decode())

    def _base(self, block: Block, chosen: IndexArray) -> list[str]:
        """The rows without their new cells; empty where no old column is kept."""
        if not self._plan.kept:
            return []
        if self._copies and block.records is not None:
            records = block.records
            if not isinstance(records, list):
                records = records.to_pylist()
            return self._copied([records[i] for i in chosen.tolist()])
        columns = text_columns(block, self._plan.kept)
        written = [rendered(np.array(c, dtype=object)[chosen], self._dialect) for c in columns]
        return list(map(self._dialect.delimiter.join, zip(*written, strict=True)))

    def _encoded(self, text: str) -> bytes:
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


def _taken(cells: Any, chosen: IndexArray) -> Any:
    whole = cells if isinstance(cells, Coded) else np.asarray(cells)
    return whole if len(chosen) == len(whole) and _is_all(chosen) else whole[chosen]


def _picked(records: Any, chosen: IndexArray) -> Any:
    return records if len(chosen) == len(records) and _is_all(chosen) else records.take(chosen)


def _is_all(chosen: IndexArray) -> bool:
    return bool((np.diff(chosen) == 1).all())

"""Opening a text table: how it is written, where its data begin, how rows stand below the names."""

from collections.abc import Sequence
from dataclasses import replace

from placement.config.file_options import FileOptions
from placement.data.formats.delimited.column_kinds import ColumnKinds, kind_of
from placement.data.formats.delimited.csv_records import (
    OPEN_QUOTE,
    Lines,
    Record,
    fit_record,
    parse_first,
    split_records,
)
from placement.data.formats.delimited.csv_table import HEADER_RECORDS, TextPart
from placement.data.formats.delimited.dialect import (
    Dialect,
    Sample,
    blank_characters,
    read_sample,
    usual_width,
)
from placement.data.formats.delimited.encoding import encoding_notes
from placement.data.formats.delimited.find_dialect import COMMON_MARKS, find_dialect
from placement.data.formats.delimited.row_layout import RowLayout, lay_out
from placement.data.formats.header import find_header
from placement.data.formats.sources import Source
from placement.errors import DataError

_SAMPLE_LINES = 2_000
_NEARLY_ALL = 0.95


def open_text(source: Source, options: FileOptions) -> TextPart:
    """Find out how a text file is written and where its data begin."""
    sample = read_sample(source, options.encoding)
    dialect = find_dialect(sample)
    records = _first_records(sample, dialect)
    if not records:
        raise DataError(f"{source.name}: nothing but blank lines")
    if all(record.fault for record in records):
        raise DataError(f"{source.name}, line {records[0].line}: {records[0].fault}")
    faulty = [record for record in records if record.fault]
    records = [record for record in records if not record.fault]
    _refuse_other_ends(records, dialect, source.name)
    cells = [record.cells for record in records]
    lines = [record.line for record in records]
    header = find_header(cells, lines, options, source.name)
    above, body = records[header.row or 0], cells[0 if header.row is None else header.row + 1 :]
    width = len(header.names)
    if header.row is not None:
        _refuse_faulty_heading(faulty, above, dialect, source.name)
    header, layout = lay_out(
        header, max(width, len(above.cells)) if header.row is None else len(above.cells), body
    )
    rows = [layout.fitted(row) for row in body if not layout.count_fault(row)]
    columns = tuple(zip(*rows, strict=True)) or ((),) * layout.width
    kinds = ColumnKinds(
        tuple(kind_of(column, dialect.decimal) for column in columns),
        dialect.decimal,
        dialect.delimiter,
    )
    skip = above.line + above.lines - 1 if header.row is not None else 0
    preamble = "".join(sample.lines()[: above.line - 1]) if header.row is not None else ""
    return TextPart(
        name=source.name,
        names=header.names,
        likely_rows=max(1, round(source.likely_bytes / sample.line_bytes) - skip),
        origin=source,
        dialect=dialect,
        preamble=preamble,
        header=None if header.row is None else _raw_header(above, width, dialect, layout),
        skip=skip,
        unnamed=header.unnamed,
        notes=(
            *encoding_notes(dialect.encoding, "--encoding" if options.encoding else ""),
            *header.notes,
        ),
        warnings=header.warnings,
        sample_columns=columns,
        layout=replace(layout, kinds=kinds),
        large=not sample.whole,
    )


def _first_records(sample: Sample, dialect: Dialect) -> list[Record]:
    """The non-blank records of the sample; where the file goes on, without a last one cut off."""
    lines, blank = sample.lines(), blank_characters(dialect.delimiter)
    width = usual_width(parse_first(lines[:HEADER_RECORDS], dialect, HEADER_RECORDS))
    records = split_records(lines[:_SAMPLE_LINES], Lines(lines[_SAMPLE_LINES:]), dialect, width, 0)
    if not sample.whole and records[-1].fault == OPEN_QUOTE:
        records.pop()
    return [record for record in records if record.text.strip(blank)][:HEADER_RECORDS]


def _refuse_faulty_heading(
    faulty: Sequence[Record], heading: Record, dialect: Dialect, file: str
) -> None:
    """Raise DataError where a row that is as wide as the heading cannot be read above it."""
    for record in faulty:
        wide = (record.text.count(dialect.delimiter) + 1) * 2 > len(heading.cells)
        if record.line < heading.line and wide:
            raise DataError(f"{file}, line {record.line}: {record.fault}: mend the heading")


def _refuse_other_ends(records: Sequence[Record], dialect: Dialect, file: str) -> None:
    """Raise DataError where nearly every row ends with another delimiter than it has within."""
    for mark in COMMON_MARKS.replace(dialect.delimiter, ""):
        rows = sum(record.text.rstrip(" ").endswith(mark) for record in records)
        if rows > 1 and rows >= _NEARLY_ALL * len(records) and len(records[0].cells) > 1:
            raise DataError(
                f"{file}, line {records[0].line}: each line ends with {mark!r}, though its cells "
                f"are parted by {dialect.delimiter!r}: take it off, or save the table as CSV again"
            )


def _raw_header(record: Record, width: int, dialect: Dialect, layout: RowLayout) -> str:
    text = record.text
    if len(record.cells) != width:
        text = fit_record(text, dialect, width)
    if layout.width == width:
        return text
    blank = dialect.quote * 2 if dialect.delimiter == " " else ""
    return f"{blank}{dialect.delimiter}{text}"

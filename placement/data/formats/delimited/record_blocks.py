"""Records as blocks of rows; those whose cells cannot be told apart are left out, each with why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from placement.data.formats.blocks import Block, BlockRequest, Cells, LeftOutRow, unquote
from placement.data.formats.delimited.csv_records import Record, fields, fit_record
from placement.data.formats.delimited.dialect import Dialect, blank_characters
from placement.data.formats.delimited.row_layout import RowLayout
from placement.data.formats.students.row_filter import RowFilter

_QUOTES = frozenset("\"'")
_FEW_COLUMNS, _OTHER_MARKS = 3, "\t;|"
_MARK = "\ufeff"  # of a file that was appended to another


@dataclass(frozen=True)
class BlockBuilder:
    """Makes blocks of the records of a file of this name, dialect and layout.

    `row_filter` finds the rows that are no students; one of those may end before its last columns.
    """

    file: str
    dialect: Dialect
    layout: RowLayout
    row_filter: RowFilter | None = None

    def block(self, records: Sequence[Record], request: BlockRequest) -> Block:
        """Return the rows of some records that follow one another."""
        blank = blank_characters(self.dialect.delimiter)
        non_blank = [record for record in records if record.text.strip(blank)]
        counted, left_out = [], []
        for record in map(_without_mark, non_blank):
            fault = record.fault or self.layout.count_fault(record.cells)
            if fault and not self._is_short_note(record):
                left_out += self._left_out(record, fault)
            else:
                counted.append(record)
        rows = [self.layout.fitted(record.cells) for record in counted]
        others = self.row_filter.not_students(rows, _tidy) if self.row_filter else {}
        suspects = self._suspects(rows, self.layout.telling(request)) - others.keys()
        shifted = self._shifted(counted, suspects)
        if shifted:
            left_out += [row for rows in shifted.values() for row in rows]
            chosen = [index for index in range(len(rows)) if index not in shifted]
            counted, rows = [counted[i] for i in chosen], [rows[i] for i in chosen]
            others = {new: others[old] for new, old in enumerate(chosen) if old in others}
            left_out.sort(key=lambda row: row.line or 0)
        by_name = zip(self.layout.names, _columns(rows, self.layout.width), strict=True)
        columns: dict[str, Cells] = {
            name: np.array(_tidy(column), dtype=object)
            for name, column in by_name
            if request.columns is None or name in request.columns
        }
        return Block(
            self.layout.names,
            columns,
            len(rows),
            self.file,
            lines=np.array([record.line for record in counted], dtype=np.int64),
            records=self._texts(counted) if request.records else None,
            blank_lines=len(records) - len(non_blank),
            left_out=tuple(left_out),
            not_students=others,
        )

    def _is_short_note(self, record: Record) -> bool:
        """Whether a record with too few fields is certainly no student's."""
        if self.row_filter is None or record.fault or len(record.cells) >= self.layout.width:
            return False
        if any(record.text.count(mark) >= self.layout.width - 1 for mark in _OTHER_MARKS):
            return False  # a row that is written like no other
        return self.row_filter.is_certain(_tidy(self.layout.fitted(record.cells)))

    def _suspects(self, rows: Sequence[list[str]], telling: Sequence[int]) -> set[int]:
        """Return the rows, by position, with a cell that does not fit its column."""
        columns, suspects = _columns(rows, self.layout.width), set[int]()
        for index in telling:
            odd = self.layout.kinds.odd_texts(index, set(columns[index]))
            if odd:
                suspects.update(i for i, cell in enumerate(columns[index]) if cell in odd)
        return suspects

    def _shifted(
        self, records: Sequence[Record], suspects: set[int]
    ) -> dict[int, list[LeftOutRow]]:
        """Return those of some rows, by position, whose cells stand one column off."""
        faults = {i: self.shift_fault(records[i]) for i in sorted(suspects)}
        return {
            i: self._left_out(records[i], fault) for i, fault in faults.items() if fault is not None
        }

    def _left_out(self, record: Record, fault: str) -> list[LeftOutRow]:
        """Return a faulty row; two of them where a line end between them is lost."""
        width, raw = self.layout.width, fields(record.text, self.dialect) or []
        texts = [record.text]
        second = raw[width:]
        two_rows = width > _FEW_COLUMNS and len(raw) in {2 * width - 1, 2 * width}
        if two_rows and self.layout.kinds.may_end_with(second):
            texts = [self.dialect.delimiter.join(part) for part in (raw[:width], second)]
        return [LeftOutRow(record.line, fault, text, self.file) for text in texts]

    def shift_fault(self, record: Record) -> str | None:
        """Say where the cells of a record seem to stand one column off; None where they do not."""
        if not record.ended and self.layout.is_cut(record.cells):
            return "the file ends amid its last cell"
        raw = fields(record.text, self.dialect) or []
        spaced = frozenset(i for i, field in enumerate(raw) if field.startswith(" "))
        return self.layout.shift_fault(record.cells, spaced)

    def _texts(self, records: Iterable[Record]) -> list[str]:
        width = self.layout.width
        return [
            record.text
            if len(record.cells) == width
            else fit_record(record.text, self.dialect, width)
            for record in records
        ]


def _without_mark(record: Record) -> Record:
    if not record.text.startswith(_MARK):
        return record
    cells = [record.cells[0].removeprefix(_MARK), *record.cells[1:]]
    return replace(record, cells=cells, text=record.text.removeprefix(_MARK))


def _columns(rows: Sequence[Sequence[str]], width: int) -> list[tuple[str, ...]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _tidy(cells: Iterable[str]) -> list[str]:
    """Trim cells, and take quotes off those few that still have them."""
    return [unquote(cell) if cell[:1] in _QUOTES else cell for cell in map(str.strip, cells)]

"""Which students of a file are asked about: a row, those of a rule, or those of an identifier."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from placement.arrays import BoolArray, IndexArray
from placement.data.columns.row_rules import Rule
from placement.data.formats.blocks import Block, text_of
from placement.data.formats.table_reader import Reader
from placement.data.names.identifiers import identity_columns, means_identifier, means_person
from placement.data.schema import Schema, matching_columns
from placement.data.target.label_keys import normalize_key
from placement.errors import DataError, listed
from placement.model.scorer import match_columns, words
from placement.workflows.reading.number_formats import FileFormats


@dataclass(frozen=True)
class StudentChoice:
    """The students of `file` asked about: data row `row`, those of `rule`, or `identifier`; or all.

    `identifying` are the columns that `identifier` is looked for in, and `shown` those of them that
    say who a student is.
    """

    file: str
    row: int | None
    rule: Rule | None
    identifier: str | None
    identifying: tuple[str, ...]
    shown: tuple[str, ...]

    @property
    def rule_columns(self) -> frozenset[str]:
        """The column of the rule."""
        return frozenset() if self.rule is None else frozenset({str(self.rule.column)})

    def rows(self, block: Block, before: int, formats: FileFormats) -> IndexArray:
        """Return the chosen rows of a block that so many rows of the table stand `before`."""
        if self.row is not None:
            row = self.row - 1 - before
            return np.arange(len(block))[row : row + 1] if row >= 0 else np.arange(0)
        if self.rule is not None:
            mask = self.rule.mask(block.columns, formats=formats[block.file], file=block.file)
            return np.flatnonzero(mask)
        return np.arange(len(block)) if self.identifier is None else self._identified(block)

    def _identified(self, block: Block) -> IndexArray:
        key = normalize_key(str(self.identifier))
        mask: BoolArray = np.zeros(len(block), dtype=bool)
        for name in self.identifying:
            keys = (normalize_key(word or "") for word in words(block.columns[name]))
            mask |= np.fromiter((one == key for one in keys), dtype=bool, count=len(block))
        return np.flatnonzero(mask)

    def identity(self, block: Block, row: int) -> tuple[int | None, Mapping[str, str]]:
        """Return the line of a row, and its cells that say who it is, where they are filled."""
        line = None if block.lines is None else int(block.lines[row])
        cells = {name: text_of(block.columns[name][row]).strip() for name in self.shown}
        return line, {name: cell for name, cell in cells.items() if cell}

    def refuse(self, total: int) -> None:
        """Raise `DataError`: none of the `total` rows is asked about."""
        columns = listed(self.identifying)
        if self.row is not None:
            hint = f"; --id {self.row} looks for it in {columns}" if columns else ""
            raise DataError(f"{self.file}: there is no row {self.row}; it has {total:,}{hint}")
        if self.rule is not None:
            raise DataError(f"{self.file}: no row of {total:,} has {self.rule}")
        if self.identifier is not None:
            raise DataError(
                f"{self.file}: no row of {total:,} has {self.identifier!r} in {columns}; another "
                f"column is searched by --where 'COLUMN=={self.identifier}'"
            )


def choose_students(
    reader: Reader, schema: Schema, row: int | None, rule: Rule | None, identifier: str | None
) -> StudentChoice:
    """Say which students of a table are asked about; `DataError` where it lacks their column."""
    if rule is not None:
        matching_columns(reader.names, [str(rule.column)], option="--where", file=reader.name)
    identifying = _identifying(reader, schema)
    if identifier is not None and not identifying:
        rule = Rule(reader.names[0], "==", identifier, None)
        raise DataError(
            f"{reader.name}: no column is known to say who a student is; name it: --where '{rule}'"
        )
    shown = tuple(identity_columns(identifying))
    return StudentChoice(reader.name, row, rule, identifier, identifying, shown)


def _identifying(reader: Reader, schema: Schema) -> tuple[str, ...]:
    """Return the columns that identify students, by their names or as the training saw it."""
    seen = [drop.column for drop in schema.dropped if "identifier" in drop.reason]
    spelled = set(match_columns(reader.names, seen).values())
    return tuple(
        name
        for name in reader.names
        if means_identifier(name) or means_person(name) or name in spelled
    )

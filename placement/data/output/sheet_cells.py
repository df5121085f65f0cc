"""Cells of a table as a sheet has them: a number where it is shown as it was written, else text."""

import re

from placement.data.formats.blocks import Block
from placement.data.output.csv_cells import native_column
from placement.model.scorer import Cell

IDENTIFIER_DIGITS = 8
_EXACT_DIGITS = 15
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.(\d+))?")


class WrittenNumber(float):
    """A number with the format that shows it as it was written: 67.00."""

    number_format: str


class ExactNumber(float):
    """A number that is written in full: by xlsxwriter's 16 digits the last bit may be another."""

    def __format__(self, spec: str) -> str:
        """Return the shortest text that is this very number, whatever the format."""
        return float.__repr__(self)


def sheet_column(block: Block, name: str) -> list[Cell]:
    """Return the cells of a column; those of a typed source as they are."""
    cells = native_column(block, name)
    return list(map(_sheet_value, cells)) if block.raw is None else cells


def _sheet_value(cell: Cell) -> Cell:
    """Return a number where it can be shown as its text; identifiers and all else stay text."""
    if not isinstance(cell, str) or (match := _PLAIN_NUMBER.fullmatch(cell)) is None:
        return cell
    decimals = match.group(1)
    digits = sum(map(str.isdigit, cell))
    if digits > _EXACT_DIGITS or (decimals is None and digits >= IDENTIFIER_DIGITS):
        return cell
    number = WrittenNumber(cell)
    number.number_format = "0" if decimals is None else "0." + "0" * len(decimals)
    return number

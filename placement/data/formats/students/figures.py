"""Rows of figures of the whole table: totals, averages, what the marks are out of."""

from collections.abc import Sequence

import numpy as np

from placement.arrays import FloatArray
from placement.data.formats.students.phrases import FIGURES, LAST_WORD_OF_FIGURES, NAMES_TOO
from placement.data.formats.students.usual_rows import UsualColumn, UsualRows, is_number
from placement.model.scorer import parse_numbers

FilledCells = Sequence[tuple[str, UsualColumn]]

_ROUNDED = 0.51  # of the last decimal


def tells_student(cell: str, column: UsualColumn) -> bool:
    """Whether a cell says which student it is: a code as others have, or a person's name."""
    return column.identifies(cell) or (column.is_person and not is_number(cell))


def is_level(cell: str, column: UsualColumn) -> bool:
    """Whether a cell is a word of its column that other students have as well."""
    return bool(column.levels) and column.fits(cell)


def is_figure(usual: UsualRows, filled: FilledCells) -> bool:
    """Whether the first text of a row is the word for a figure, and no cell is a student's."""
    index = next((i for i, (cell, _) in enumerate(filled[:2]) if not is_number(cell)), None)
    if index is None:
        return _has_figures_only(usual, filled)
    word, at = filled[index]
    others = [pair for pair in filled if pair[1] is not at]
    # A number before the word, where names are, may be that of the row.
    numbered = index == 1 and at.is_person and filled[0][1].is_number
    telling = others[1:] if numbered else others
    if not _says_figure(word) or any(tells_student(*pair) for pair in telling):
        return False
    # An average of the students of a branch has that branch's name beside it, but nobody's number.
    if any(is_level(*pair) for pair in telling) and not _lacks_identifiers(usual, filled):
        return False
    return _is_certain(usual, word, filled) or _are_figures(usual, others)


def _says_figure(word: str) -> bool:
    return bool(FIGURES.fullmatch(word) or LAST_WORD_OF_FIGURES.fullmatch(word))


def _lacks_identifiers(usual: UsualRows, filled: FilledCells) -> bool:
    """Whether students have a number, a code or an e-mail, and this row has none of these."""
    given = {column.name for _, column in filled}
    usually = [column.name for column in usual.columns if column.is_filled and column.is_identifier]
    return bool(usually) and given.isdisjoint(usually)


def _is_certain(usual: UsualRows, word: str, filled: FilledCells) -> bool:
    """Whether the word is nobody's name, and no level of its column."""
    at = next(column for cell, column in filled if cell is word)
    given = {column.name for _, column in filled}
    blank = [column for column in usual.columns if column.is_filled and column.name not in given]
    if is_level(word, at):
        return False
    if at.is_person and word.casefold() in NAMES_TOO:
        return any(column.is_identifier for column in blank)
    is_unusual = at.is_identifier or at.is_person or at.is_number
    return is_unusual or any(not column.is_number for column in blank)


def _has_figures_only(usual: UsualRows, filled: FilledCells) -> bool:
    """Whether only numbers are filled, where students have codes or names: few, or figures."""
    lacking = any(c.is_filled and (c.is_identifier or c.is_person) for c in usual.columns)
    identified = any(column.is_identifier or column.is_person for _, column in filled)
    if not filled or not lacking or identified:
        return False
    few = len(filled) <= max(1, usual.filled // 3) and all(is_number(cell) for cell, _ in filled)
    return few or _are_figures(usual, filled, least=2)


def _are_figures(usual: UsualRows, filled: FilledCells, least: int = 1) -> bool:
    """Whether all numbers of a row are the same figure of their columns: means, sums, maxima."""
    tested = [
        (cell, column.numbers)
        for cell, column in filled
        if len(column.numbers) and not column.is_identifier and is_number(cell)
    ]
    if not usual.whole or len(tested) < least:
        return False
    matches = np.array([_figures_like(cell, numbers) for cell, numbers in tested])
    return bool(matches.all(axis=0).any())


def _figures_like(cell: str, numbers: FloatArray) -> tuple[bool, ...]:
    """Tell which figures of a column, rounded as it is, a cell may be."""
    value = float(parse_numbers([cell])[0][0])
    tolerance = _ROUNDED * 10.0 ** -len(cell.partition(".")[2].rstrip("% "))
    at = np.flatnonzero(numbers == value)
    others = np.delete(numbers, at) if len(at) == 1 and len(numbers) > 1 else numbers
    figures = (others.mean(), np.median(others), others.std(), others.sum(), others.min())
    equal = (bool(abs(value - figure) <= tolerance) for figure in figures)
    return (*equal, bool(value >= numbers.max()), value == len(others))

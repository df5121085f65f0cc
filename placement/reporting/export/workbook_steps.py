"""The sheet `Steps` of a workbook: every number between a student's cells and the probability.

Its first rows hold the name, the weight, the average and the source of each encoded column; each
later row is that of the student in the same row of the sheet `Students`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from placement.arrays import FloatArray, ObjectArray
from placement.model.scorer import READ, Z95, Scorer
from placement.reporting.export.evaluate import step_values
from placement.reporting.export.formula import (
    Cell,
    Encoded,
    Formula,
    LevelCell,
    NumberCell,
    number_column,
    number_format_of,
)
from placement.reporting.export.language import Language

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

FIRST = 5  # the first row of a student, from 0, in both sheets
INPUTS, STEPS, MODEL, COVARIANCE = "Students", "Steps", "Model", "Covariance"
_NAMES, _WEIGHTS, _AVERAGES, _SOURCES = 0, 1, 2, 3
ROW = "§"  # stands for the row of a student
_ONE = Encoded("(one)", "(intercept)", "(intercept)", 0.0, 1.0)


def column_name(index: int) -> str:
    """Return the letters of a column, from 0."""
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(index))


def number(value: float) -> str:
    """Write a number into a formula."""
    text = repr(float(value)).replace("e", "E")
    return f"({text})" if value < 0 else text


def text(words: str) -> str:
    """Write a text into a formula."""
    return '"' + words.replace('"', '""') + '"'


@dataclass(frozen=True)
class Spellings:
    """Where in the sheet `Model` the spellings of a column stand, and their slots beside them."""

    words: str
    slots: str


@dataclass(frozen=True)
class StepsSheet:
    """Where the steps stand: the column of each name, and what a row of students is written as."""

    formula: Formula
    scorer: Scorer
    spellings: Mapping[str, Spellings]

    @property
    def sources(self) -> list[str]:
        """The file columns, and the products of two, that add to the logit."""
        return list(dict.fromkeys(one.source for one in self.formula.encoded))

    @property
    def _columns(self) -> dict[str, int]:
        """The column of each cell, then of the steps that are not encoded, then of the encoded."""
        encoded = [one.step for one in self.formula.encoded]
        others = [step.name for step in self.formula.steps if step.name not in set(encoded)]
        names = [*(cell.name for cell in self.formula.cells), *others, *encoded, _ONE.step]
        after = ["logit", "reach", *(f"note {cell.name}" for cell in self.formula.cells)]
        return {name: index for index, name in enumerate([*names, *after])}

    def cell(self, name: str) -> str:
        """Return the cell of a step in a student's row, from another sheet."""
        return f"{STEPS}!{column_name(self._columns[name])}{ROW}"

    def _here(self, name: str) -> str:
        return f"{column_name(self._columns[name])}{ROW}"

    def _range(self, row: int | None, sheet: str = "") -> str:
        """Return the cells of the encoded columns and the one, in a fixed row or the student's."""
        first = column_name(self._columns[self.formula.encoded[0].step])
        last = column_name(self._columns[_ONE.step])
        if row is None:
            return f"{sheet}{first}{ROW}:{last}{ROW}"
        return f"{sheet}${first}${row + 1}:${last}${row + 1}"

    def contribution(self, source: int) -> str:
        """Return the formula of what a source adds to the logit, beside the average student."""
        here = f"{STEPS}!"
        return (
            f"SUMPRODUCT(({self._range(_SOURCES, here)}={source})*"
            f"({self._range(None, here)}-{self._range(_AVERAGES, here)})*"
            f"{self._range(_WEIGHTS, here)})"
        )

    def formulas(self) -> dict[str, str]:
        """Return the formula of each column, for a row of which `§` stands for the number."""
        language = Language(
            at_least="MAX({0},{1})",
            at_most="MIN({0},{1})",
            positive_cube="MAX({0},0)^3",
            choice="IF({0},{1},{2})",
            is_missing='{0}=""',
            reaches="{0}>={1}",
            is_slot="{0}={1}",
            number=number,
            name=self._here,
        )
        made = {cell.name: self._cell(cell) for cell in self.formula.cells}
        made |= {step.name: language.write(step.value) for step in self.formula.steps}
        made[_ONE.step] = "1"
        made["logit"] = f"SUMPRODUCT({self._range(None)},{self._range(_WEIGHTS)})"
        if self.scorer.factor is not None:
            size = len(self.scorer.factor)
            area = f"{COVARIANCE}!$B$2:${column_name(size)}${size + 1}"
            spread = f"SUMPRODUCT(MMULT({self._range(None)},{area}),{self._range(None)})"
            made["reach"] = f"{number(Z95)}*SQRT(MAX({spread},0))"
        made |= {f"note {cell.name}": self._note(cell) for cell in self.formula.cells}
        return made

    def _input(self, cell: Cell) -> str:
        return f"{INPUTS}!{column_name(self.formula.cells.index(cell))}{ROW}"

    def _cell(self, cell: Cell) -> str:
        given = self._input(cell)
        if isinstance(cell, NumberCell):
            return f'IF(ISNUMBER({given}),{given},"")'
        spelled = self.spellings[cell.name]
        word = given if cell.levels.numeric else f"LOWER(TRIM({given}))"
        is_there = f"ISNUMBER({given})" if cell.levels.numeric else f'TRIM({given})<>""'
        # "=" compares whole texts; MATCH would read * and ? of a cell as wildcards.
        known = f"SUMPRODUCT(({spelled.words}={word})*{spelled.slots})"
        return f"IF({is_there},{cell.if_unknown}+{known},{cell.if_missing})"

    def _note(self, cell: Cell) -> str:
        """Return what is said of a cell in doubt, as `placement_notes` says it."""
        given, column = self._input(cell), cell.column

        def said(what: str) -> str:
            return text(f"{column}: {what}; ")

        blank = f'TRIM({given})=""'
        if isinstance(cell, LevelCell):
            missing = '""' if cell.levels.missing else said("missing")
            unseen = f'IF({self._here(cell.name)}={cell.if_unknown},{said("unseen level")},"")'
            if cell.levels.numeric:
                unseen = f"IF(ISNUMBER({given}),{unseen},{said('not a number')})"
            return f"IF({blank},{missing},{unseen})"
        learnt = number_column(self.scorer, column)
        low, high = learnt.near
        missing = '""' if learnt.missing is not None else said("missing")
        far = f"OR({given}<{number(low)},{given}>{number(high)})"
        far = f'IF({far},{said("far outside training")},"")'
        return f"IF({blank},{missing},IF(ISNUMBER({given}),{far},{said('not a number')}))"

    def write(
        self, sheet: "Worksheet", cells: Mapping[str, ObjectArray], *, stale: bool
    ) -> dict[str, Any]:
        """Write the sheet for students (n,) and return the values of its columns by name.

        `stale`: the formulas are written without their values, so that it shows whether somebody
        recalculated.
        """
        self._write_head(sheet)
        values = self._values(cells)
        for name, formula in self.formulas().items():
            column = self._columns[name]
            for row, value in enumerate(values[name], FIRST):
                written = f"={formula.replace(ROW, str(row + 1))}"
                sheet.write_formula(row, column, written, value="stale" if stale else value)
        return values

    def _write_head(self, sheet: "Worksheet") -> None:
        columns = self._columns
        for row, title in enumerate(("encoded column", "weight", "average", "source")):
            sheet.write_string(row, len(columns) + 1, title)
        one = Encoded(_ONE.step, _ONE.feature, "", self.formula.intercept, 1.0)
        for encoded in (*self.formula.encoded, one):
            column = columns[encoded.step]
            source = self.sources.index(encoded.source) if encoded.source else -1
            sheet.write_string(_NAMES, column, encoded.feature)
            sheet.write_row(_WEIGHTS, column, [encoded.weight])
            sheet.write_row(_AVERAGES, column, [encoded.average])
            sheet.write_row(_SOURCES, column, [source])
        for name, column in columns.items():
            sheet.write_string(FIRST - 1, column, name)
        sheet.freeze_panes(FIRST, 0)

    def _values(self, cells: Mapping[str, ObjectArray]) -> dict[str, Any]:
        """Return what each column shows: numbers, and texts where a number is missing."""
        values: dict[str, Any] = dict(step_values(self.formula, cells))
        encoded = np.column_stack([values[one.step] for one in self.formula.encoded])
        formats = {name: number_format_of(self.scorer, name) for name in self.scorer.numbers}
        scores = self.scorer.score(cells, formats or READ)
        for cell in self.formula.cells:
            shown = values[cell.name].tolist()
            values[cell.name] = ["" if np.isnan(value) else value for value in shown]
        values[_ONE.step] = np.ones(len(encoded))
        values["logit"] = scores.logit
        values["reach"] = self._reach(encoded)
        notes = {cell.column: [""] * len(encoded) for cell in self.formula.cells}
        for problem in scores.problems:
            for row in problem.rows:
                notes[problem.column][row] = f"{problem.column}: {problem.what}; "
        values |= {f"note {cell.name}": notes[cell.column] for cell in self.formula.cells}
        return values

    def _reach(self, encoded: FloatArray) -> FloatArray:
        if self.scorer.factor is None:
            return np.zeros(len(encoded))
        full = np.column_stack([encoded, np.ones(len(encoded))])
        return Z95 * np.asarray(np.linalg.norm(full @ self.scorer.factor, axis=1))

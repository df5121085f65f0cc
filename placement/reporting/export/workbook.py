"""A model as a workbook with live formulas: type a student, and read the chance and its reasons.

`Students` takes a student a row; what stands between cells and answers is in `Steps`, the levels
and the calibration in `Model`, the covariance in its sheet. Nothing is hidden, nothing is a macro.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from placement.arrays import FloatArray, ObjectArray
from placement.model.scorer import CategoryColumn, Isotonic, Platt, Scorer
from placement.reporting.export.formula import (
    Cell,
    Formula,
    LevelCell,
    formula_of,
    number_column,
    usual_value,
)
from placement.reporting.export.subject import Subject
from placement.reporting.export.workbook_steps import (
    COVARIANCE,
    FIRST,
    INPUTS,
    MODEL,
    ROW,
    STEPS,
    Spellings,
    StepsSheet,
    column_name,
    text,
)

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

ROWS = 100  # for students to be typed into
_THRESHOLD = f"{MODEL}!$B$2"
_POINTS = f"{MODEL}!$D$3:$D$", f"{MODEL}!$E$3:$E$"
_LISTS = 6  # the first column of the spellings in the sheet Model


def write_workbook(
    path: Path,
    subject: Subject,
    students: Mapping[str, ObjectArray] | None = None,
    *,
    stale: bool = False,
) -> None:
    """Write the workbook, with the average student in its first row or with `students` (n,).

    `stale`: formulas are written without their values, so that only a recalculation has any.
    """
    import xlsxwriter

    formula = formula_of(subject.scorer)
    cells = _example(subject.scorer, formula) if students is None else students
    options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheets = {
            name: book.add_worksheet(name)
            for name in (INPUTS, "About", MODEL, STEPS, COVARIANCE)
            if name != COVARIANCE or subject.scorer.factor is not None
        }
        spellings = _write_model(sheets[MODEL], subject, formula)
        steps = StepsSheet(formula, subject.scorer, spellings)
        values = steps.write(sheets[STEPS], cells, stale=stale)
        if subject.scorer.factor is not None:
            _write_covariance(sheets[COVARIANCE], formula, subject.scorer.factor)
        _Students(book, sheets[INPUTS], subject, steps).write(cells, values, stale=stale)
        _write_about(book, sheets["About"], subject)


def _example(scorer: Scorer, formula: Formula) -> dict[str, ObjectArray]:
    """Return the rows to type into: an example, then blank ones."""
    cells = {}
    for cell in formula.cells:
        column = np.full(ROWS, None, dtype=object)
        column[0] = usual_value(scorer, cell)
        cells[cell.column] = column
    return cells


def _write_model(sheet: "Worksheet", subject: Subject, formula: Formula) -> dict[str, Spellings]:
    """Write threshold, calibration and spellings; return where those of each column stand."""
    sheet.write_column(0, 0, ["model", f"'{subject.target.positive}' from this chance on"])
    sheet.write_string(0, 1, subject.title)
    sheet.write_number(1, 1, subject.threshold)
    match formula.calibration:
        case Platt(slope, intercept):
            sheet.write_column(2, 0, ["calibration: slope", "calibration: intercept"])
            sheet.write_column(2, 1, [slope, intercept])
        case Isotonic(logit, probability):
            sheet.write_row(1, 3, ["calibration: logit", "chance"])
            sheet.write_column(2, 3, logit)
            sheet.write_column(2, 4, probability)
    places: dict[str, Spellings] = {}
    for cell in formula.cells:
        if isinstance(cell, LevelCell):
            column = _LISTS + 4 * len(places)
            sheet.write_row(0, column, [cell.column, "levels"])
            sheet.write_row(1, column, ["spelling", "slot", "to choose from"])
            sheet.write_column(2, column + 2, cell.levels.levels)
            rows = _spelled(cell)
            for row, (word, slot) in enumerate(rows, 2):
                write = sheet.write_number if cell.levels.numeric else sheet.write_string
                write(row, column, word)
                sheet.write_number(row, column + 1, slot - cell.if_unknown)
            areas = [
                f"{MODEL}!${column_name(c)}$3:${column_name(c)}${len(rows) + 2}"
                for c in (column, column + 1)
            ]
            places[cell.name] = Spellings(*areas)
    return places


def _spelled(cell: LevelCell) -> list[tuple[Any, int]]:
    """Return spellings with their slots; to a sheet `é` and `É` may be one letter or two."""
    if cell.levels.numeric:
        return [(value, slot) for slot, value in enumerate(cell.numbers)]
    words: dict[str, int] = {}
    for slot, spellings in enumerate(cell.spellings):
        for word in spellings:
            words.setdefault(word.lower(), slot)
    return list(words.items())


def _write_covariance(sheet: "Worksheet", formula: Formula, factor: FloatArray) -> None:
    names = [*(one.feature for one in formula.encoded), "(intercept)"]
    sheet.write_row(0, 1, names)
    sheet.write_column(1, 0, names)
    for row, values in enumerate((factor @ factor.T).tolist(), 1):
        sheet.write_row(row, 1, values)


@dataclass(frozen=True)
class _Students:
    """The sheet that is typed into, and read."""

    book: "Workbook"
    sheet: "Worksheet"
    subject: Subject
    steps: StepsSheet

    @property
    def _answers(self) -> int:
        """The first column of the answers."""
        return len(self.steps.formula.cells)

    def write(
        self, cells: Mapping[str, ObjectArray], values: Mapping[str, Any], *, stale: bool
    ) -> None:
        """Write head, inputs and formulas; the values shown are those of the steps."""
        rows = len(values["logit"])
        self._head(rows)
        typed = self.book.add_format(
            {"bg_color": "#FFF8DC", "border": 1, "border_color": "#D9D9D9"}
        )
        blank = np.ones(rows, dtype=bool)
        for index, cell in enumerate(self.steps.formula.cells):
            for row, value in enumerate(cells[cell.column].tolist()):
                blank[row] &= value is None
                self.sheet.write(FIRST + row, index, value, typed)
            self._validate(index, cell, rows)
        shown = self._shown(values)
        for index, (name, formula) in enumerate(self._formulas().items(), self._answers):
            style = self.book.add_format(_STYLES.get(name, {"num_format": "+0.00;-0.00;0.00"}))
            for row in range(rows):
                value = "" if blank[row] else shown[name][row]
                written = formula.replace(ROW, str(FIRST + row + 1))
                self.sheet.write_formula(
                    FIRST + row, index, f"={written}", style, "stale" if stale else value
                )

    def _head(self, rows: int) -> None:
        bold = self.book.add_format({"bold": True, "font_size": 14})
        heading = self.book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bottom": 2, "bg_color": "#E8EEF4"}
        )
        self.sheet.write_string(0, 0, f"How likely is {self.subject.target.outcome}?", bold)
        self.sheet.write_string(1, 0, "Type or paste a student a row into the yellow cells.")
        self.sheet.write_string(2, 0, "Leave blank what is not known. The rest is worked out.")
        titles = [cell.column for cell in self.steps.formula.cells]
        titles += ["chance", "from", "to", "outcome"]
        titles += ["cells in doubt", *(f"because of {name}" for name in self.steps.sources)]
        for index, title in enumerate(titles):
            self.sheet.write_string(FIRST - 1, index, title, heading)
        self.sheet.set_column(0, self._answers - 1, 13)
        self.sheet.set_column(self._answers, self._answers + 3, 9)
        self.sheet.set_column(self._answers + 4, self._answers + 4, 28)
        self.sheet.set_column(self._answers + 5, len(titles) - 1, 12)
        self.sheet.write_string(
            3, self._answers, "From, to: there the average of such students lies with 95 %."
        )
        self.sheet.write_string(
            3, self._answers + 5, "Log-odds beside the average student: above 0 raises the chance."
        )
        self.sheet.freeze_panes(FIRST, 0)
        last = FIRST + rows - 1
        bars = {"type": "data_bar", "bar_solid": True, "bar_color": "#9BC2E6"}
        bars |= {"min_type": "num", "min_value": 0, "max_type": "num", "max_value": 1}
        self.sheet.conditional_format(FIRST, self._answers, last, self._answers, bars)
        self.sheet.print_area(0, 0, last, self._answers + 4)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.repeat_rows(FIRST - 1)

    def _validate(self, index: int, cell: Cell, rows: int) -> None:
        """Help whoever types: levels to choose from, the range of training, a warning beyond."""
        where = (FIRST, index, FIRST + rows - 1, index)
        options: dict[str, Any] = {"error_type": "warning", "input_title": cell.column[:32]}
        if isinstance(cell, LevelCell):
            column = column_name(_LISTS + 4 * list(self.steps.spellings).index(cell.name) + 2)
            last = len(cell.levels.levels) + 2
            options |= {"validate": "list", "source": f"={MODEL}!${column}$3:${column}${last}"}
            options |= {"input_message": "Choose a level, or leave blank what is not known."}
            options |= {"error_message": "The model does not know this level."}
        else:
            column_of = number_column(self.subject.scorer, cell.column)
            low, high = column_of.near
            learnt = f"from {column_of.low:g} to {column_of.high:g}"
            options |= {"validate": "decimal", "criteria": "between"}
            options |= {"minimum": low, "maximum": high}
            options |= {"input_message": f"A number; it learnt {learnt}. Blank: not known."}
            options |= {"error_message": f"Far outside what the model learnt: {learnt}."}
        self.sheet.data_validation(*where, options)

    def _formulas(self) -> dict[str, str]:
        """Return the formula of each answer, and of each source's part in it."""
        first, last = column_name(0), column_name(self._answers - 1)
        logit, reach = self.steps.cell("logit"), self.steps.cell("reach")
        chance = f"{column_name(self._answers)}{ROW}"
        words = f"{text(self.subject.target.positive)},{text(self.subject.target.negative)}"
        has_interval = self.subject.scorer.factor is not None
        noted = "&".join(self.steps.cell(f"note {c.name}") for c in self.steps.formula.cells)
        made = {
            "chance": self._probability(logit),
            "from": self._probability(f"({logit}-{reach})") if has_interval else '""',
            "to": self._probability(f"({logit}+{reach})") if has_interval else '""',
            "outcome": f"IF({chance}>={_THRESHOLD},{words})",
            "notes": noted,
        }
        made |= {
            f"because of {name}": self.steps.contribution(index)
            for index, name in enumerate(self.steps.sources)
        }
        typed = f"COUNTA({first}{ROW}:{last}{ROW})=0"
        return {name: f'IF({typed},"",{formula})' for name, formula in made.items()}

    def _probability(self, logit: str) -> str:
        match self.steps.formula.calibration:
            case Isotonic(points):
                return _interpolated(logit, len(points) + 2)
            case Platt():
                logit = f"({logit}*{MODEL}!$B$3+{MODEL}!$B$4)"
        return f"IF({logit}<-700,0,1/(1+EXP(-{logit})))"

    def _shown(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what each answer shows (n,)."""
        scorer, logit = self.subject.scorer, values["logit"]
        chance = scorer.probability(logit)
        words = np.array([self.subject.target.negative, self.subject.target.positive], dtype=object)
        formula = self.steps.formula
        notes = zip(*(values[f"note {cell.name}"] for cell in formula.cells), strict=True)
        low, high = (scorer.probability(logit + sign * values["reach"]) for sign in (-1, 1))
        has_interval = scorer.factor is not None
        shown: dict[str, Any] = {
            "chance": chance,
            "from": low if has_interval else [""] * len(chance),
            "to": high if has_interval else [""] * len(chance),
            "outcome": words[(chance >= self.subject.threshold).astype(int)],
            "notes": ["".join(texts) for texts in notes],
        }
        for name in self.steps.sources:
            parts = [
                (values[one.step] - one.average) * one.weight
                for one in formula.encoded
                if one.source == name
            ]
            shown[f"because of {name}"] = np.sum(parts, axis=0)
        return shown


_TYPED = {"bg_color": "#FFF8DC", "border": 1, "border_color": "#D9D9D9"}
_PERCENT = {"num_format": "0%"}
_STYLES: dict[str, dict[str, Any]] = {
    "chance": {"num_format": "0%", "bold": True},
    "from": _PERCENT,
    "to": _PERCENT,
    "outcome": {},
    "notes": {"text_wrap": True, "font_color": "#7A5500"},
}


def _interpolated(logit: str, last: int) -> str:
    """Return the formula of a straight line between the points of the calibration."""
    points, chances = (f"{area}{last}" for area in _POINTS)
    index = f"MATCH({logit},{points},1)"

    def at(area: str, step: str = "") -> str:
        return f"INDEX({area},{index}{step})"

    share = f"({logit}-{at(points)})/({at(points, '+1')}-{at(points)})"
    risen = f"{at(chances)}+{share}*({at(chances, '+1')}-{at(chances)})"
    first, end = (f"INDEX({{}},{n})" for n in (1, last - 2))
    return (
        f"IF({logit}<={first.format(points)},{first.format(chances)},"
        f"IF({logit}>={end.format(points)},{end.format(chances)},{risen}))"
    )


_CHANCE = (
    "The chance is that of students with these figures. Between 'from' and 'to' the average of "
    "such students lies with 95 %; a single student's luck is not in it."
)
_DOUBT = (
    "A number far outside what the model learnt, a level that it never saw and a blank cell where "
    "it knew none are answered with a stand-in, and said under 'cells in doubt'."
)


def _write_about(book: "Workbook", sheet: "Worksheet", subject: Subject) -> None:
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 100, wrapped)
    words = [
        column.column for column in subject.scorer.columns if isinstance(column, CategoryColumn)
    ]
    known = f"Levels ({', '.join(words)}) match whatever their case and outer blanks."
    lines = (
        subject.title,
        "The answers are formulas: they follow what is typed, in Excel and in LibreOffice.",
        _CHANCE,
        _DOUBT,
        known if words else "",
        f"'{subject.target.positive}' is said from a chance of {subject.threshold:.4g} on.",
        "No student's figures are in this file but those typed into it.",
    )
    sheet.write_column(0, 0, [line for line in lines if line])

"""A model as one SQL expression, for SQLite, DuckDB and PostgreSQL."""

from collections.abc import Sequence
from itertools import pairwise

from placement.model.scorer import MISSING_NUMBERS, Isotonic, Platt
from placement.reporting.export.formula import Cell, Formula, NumberCell, layers_of
from placement.reporting.export.language import Language

_DIGITS = "0123456789+-.eE "
_GONE = sorted((MISSING_NUMBERS - {""}) | {"inf", "-inf", "infinity", "-infinity"})
_SMALLEST = -700.0  # PostgreSQL refuses to take exp() of less than that


def number(value: float) -> str:
    """Write a number so that every database reads a double: `1.5` alone is a decimal to DuckDB."""
    text = repr(float(value))
    text = text if "e" in text else f"{text}e0"
    return f"({text})" if value < 0 else text


SQL = Language(
    at_least="CASE WHEN {0} < {1} THEN {1} ELSE {0} END",
    at_most="CASE WHEN {0} > {1} THEN {1} ELSE {0} END",
    positive_cube="CASE WHEN {0} > 0 THEN {0} * {0} * {0} ELSE 0e0 END",
    choice="CASE WHEN {0} THEN {1} ELSE {2} END",
    is_missing="{0} IS NULL",
    number=number,
)


def sql_expression(formula: Formula, title: str) -> str:
    """Return the expression: a scalar subquery, whose layers name what later ones need."""
    select = "SELECT " + ",\n  ".join(map(_given, formula.cells))
    cells = [(_cell(cell), cell.name) for cell in formula.cells]
    select = f"SELECT *, {_rows([*cells, (_unread(formula), 'unread')])}\nFROM ({select}) AS given_"
    for layer in layers_of(formula):
        values = [(SQL.write(step.value), step.name) for step in layer]
        select = f"SELECT *, {_rows(values)}\nFROM ({select}) AS {layer[0].name}_"
    terms = [f"{e.step} * {number(e.weight)}" for e in formula.encoded]
    logit = "\n  + ".join([number(formula.intercept), *terms])
    select = f"SELECT unread, {logit} AS z\nFROM ({select}) AS encoded_"
    columns = ", ".join(cell.column for cell in formula.cells)
    lines = (
        f"-- {_comment(title)}",
        "-- One expression: SELECT *, (this) AS placement_probability FROM students;",
        f"-- It reads the columns {_comment(columns)}.",
        "-- Numbers are written plainly (7.5); where one is not, the answer is NULL.",
        f"(SELECT CASE WHEN unread = 1 THEN NULL\n{_calibrated(formula)} END",
        f"FROM ({select}) AS logit_)",
    )
    return "\n".join(lines) + "\n"


def quoted(name: str) -> str:
    """Return the name of a column in quotes."""
    return '"' + name.replace('"', '""') + '"'


def _comment(text: str) -> str:
    return " ".join(text.split())


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _rows(values: Sequence[tuple[str, str]]) -> str:
    return ",\n  ".join(f"{value} AS {name}" for value, name in values)


def _given(cell: Cell) -> str:
    """Return the first layer of a cell: itself and as text, levels as they are compared."""
    column = quoted(cell.column)
    if _is_number(cell):
        text = f"CAST({column} AS TEXT)"
    else:
        text = f"rtrim(ltrim(CAST({column} AS TEXT)), ' .,;:')"
        for blanks in ("   ", "  ", "  "):
            text = f"replace({text}, '{blanks}', ' ')"
        text = f"lower({text})"
    return f"{column} AS {_raw(cell)}, {text} AS {_text(cell)}"


def _cell(cell: Cell) -> str:
    """Return a cell's number, NULL where it is missing, or its slot.

    SQLite would read text that is no number as 0, and its tables of text are usual; so what is
    left beside digits is looked at. Such a cell makes the whole answer NULL.
    """
    number_text = (
        f"CASE WHEN ltrim({_text(cell)}, '{_DIGITS}') = '' AND ltrim({_text(cell)}, ' ') <> ''"
        f" THEN CAST({_raw(cell)} AS DOUBLE PRECISION) END"
    )
    if isinstance(cell, NumberCell):
        return number_text
    if cell.levels.numeric:
        value, blank = number_text, f"({number_text}) IS NULL"
        keys = list(map(number, cell.numbers))
    else:
        value, blank = _text(cell), f"{_text(cell)} IS NULL OR {_text(cell)} = ''"
        keys = [", ".join(map(_literal, words)) for words in cell.spellings]
    cases = [f"WHEN {value} IN ({key}) THEN {slot}" for slot, key in enumerate(keys)]
    branches = [f"WHEN {blank} THEN {cell.if_missing}", *cases]
    return f"CASE {' '.join(branches)} ELSE {cell.if_unknown} END"


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, NumberCell) or cell.levels.numeric


def _raw(cell: Cell) -> str:
    return f"c{cell.name[1:]}"


def _text(cell: Cell) -> str:
    return f"t{cell.name[1:]}"


def _unread(formula: Formula) -> str:
    """Return 1 where a cell that should be a number is other text, else 0."""
    gone = ", ".join(map(_literal, _GONE))
    faults = [
        f"(ltrim({_text(cell)}, '{_DIGITS}') <> '' AND lower(trim({_text(cell)})) NOT IN ({gone}))"
        for cell in formula.cells
        if _is_number(cell)
    ]
    return f"CASE WHEN {' OR '.join(faults)} THEN 1 ELSE 0 END" if faults else "0"


def _calibrated(formula: Formula) -> str:
    """Return the branches that turn the logit into the probability."""
    match formula.calibration:
        case Isotonic(logit, probability):
            points = list(zip(logit, probability, strict=True))
            branches = [f"WHEN z < {number(logit[0])} THEN {number(probability[0])}"]
            for (start, below), (end, above) in pairwise(points):
                share = f"(z - {number(start)}) / {number(end - start)}"
                branches.append(
                    f"WHEN z < {number(end)} THEN {number(below)} + {share} * "
                    f"{number(above - below)}"
                )
            return "\n".join([*branches, f"ELSE {number(probability[-1])}"])
        case Platt(slope, intercept):
            z = f"(z * {number(slope)} + {number(intercept)})"
        case _:
            z = "z"
    low = f"WHEN {z} < {number(_SMALLEST)} THEN 0e0"
    high = f"WHEN {z} >= 0 THEN 1e0 / (1e0 + exp(CASE WHEN {z} > 700 THEN (-700e0) ELSE -{z} END))"
    return f"{low}\n{high}\nELSE exp({z}) / (1e0 + exp({z}))"

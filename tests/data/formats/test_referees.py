"""What pandas, polars and duckdb read alike of a file, so do we, or a rule of docs/sheets.md."""

import csv
import math
import re
from pathlib import Path
from random import Random

import duckdb
import pandas as pd
import polars as pl
import pytest

from placement.data.columns.column import infer_kind
from placement.data.columns.column_store import MemoryColumnStore
from placement.data.columns.load_columns import load_columns
from placement.data.formats.table_reader import open_table

ROOT = Path(__file__).resolve().parents[3]
ROWS = 20
SEEDS = (*range(66), 69, 277)  # the last two: a line of blank cells, and a date that comes once
NAMES = ["roll", "branch", "cgpa", "fee", "city", "note", "gap", "score"]
CITIES = ["Pune", "Köln", "北京", "São Paulo", "Москва", "New Delhi", "O'Brien", "Lübeck"]
NOTES = ["good", "late, but fine", 'called "good"', "a;b", "two\nlines", "x|y", "tab\there", "a, b"]
# The cells of a column, by what they are; the second half are those of which a rule may speak.
CELLS = {
    "words": lambda draw: draw.choice(CITIES),
    "text": lambda draw: draw.choice(NOTES),
    "whole": lambda draw: str(draw.randint(-50, 500)),
    "decimal": lambda draw: f"{draw.uniform(-5, 10):.{draw.randint(1, 4)}f}",
    "power": lambda draw: f"{draw.uniform(1, 10):.2f}e{draw.choice(['-3', '+2', '5'])}",
    "large": lambda draw: str(draw.randint(10**12, 10**15)),
    "truth": lambda draw: draw.choice(["true", "false"]),
    "date": lambda draw: f"2024-0{draw.randint(1, 9)}-1{draw.randint(0, 9)}",
    "padded": lambda draw: draw.choice([" CSE", "ECE ", " IT "]),
    "enclosed": lambda draw: draw.choice(["'CSE'", "'ECE'"]),
    "grouped": lambda draw: f"{draw.randint(1000, 900000):,}",
    "percent": lambda draw: f"{draw.randint(1, 100)}%",
    "zeros": lambda draw: f"{draw.randint(1, 99):03d}",
    "code": lambda draw: f"{draw.randint(1, 9)}E{draw.randint(1, 9)}",
    "absent": lambda draw: draw.choice(["NA", "-", "?", "7", "8"]),
}
# Where we read otherwise than all three: the words of docs/sheets.md, and the cells it is about.
RULES = {
    "Blanks round a cell are no part of it": r"\s.*|.*\s",
    "Quotes round a whole cell are no part of it": r"'.*'",
    "Thousands may be grouped": r"-?\d{1,3}(,\d{3})+",
    "A percent sign is a unit": r"\d+%",
    "A code is a word, not a number": r"0\d+|\d+[eE]\d+",
    "A dash, a question mark and NA are blank cells among numbers": r"NA|-|\?",
}
ONE_CELL = "A line with one filled cell only is a title, not a student"
NO_CELL = "A line of blank cells is no row"


def drawn(seed):
    """A table of text: its names, its rows, its delimiter, and how it is quoted and ended."""
    draw = Random(seed)
    names = draw.sample(NAMES, draw.randint(3, 6))
    kinds = [draw.choice(list(CELLS)) for _ in names]
    blanks = [draw.choice([0, 0, 0.1, 0.4]) for _ in names]
    rows = [
        ["" if draw.random() < b else CELLS[k](draw) for k, b in zip(kinds, blanks, strict=True)]
        for _ in range(ROWS)
    ]
    quoting = draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    return names, rows, draw.choice(",,,;\t|"), quoting, draw.choice(["\n", "\n", "\r\n"])


@pytest.fixture
def write(tmp_path):
    """Write a drawn table as a file, and return its path and delimiter."""

    def write(seed):
        names, rows, delimiter, quoting, end = drawn(seed)
        path = tmp_path / f"{seed}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=end)
            writer.writerows([names, *rows])
        return path, delimiter

    return write


def plain(cell):
    """A cell as any reader may have it: a number, a word, or None where it is blank."""
    if cell is None or cell is pd.NA or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, bool):
        return str(cell).casefold()
    try:
        return float(cell) if not isinstance(cell, str) else cell or None
    except (TypeError, ValueError):
        return str(cell)


def columns_of(frame):
    return {name: [plain(cell) for cell in cells] for name, cells in frame.items()}


def by_pandas(path, delimiter):
    frame = pd.read_csv(path, sep=delimiter)
    return columns_of({name: frame[name].astype(object).tolist() for name in frame})


def by_polars(path, delimiter):
    frame = pl.read_csv(path, separator=delimiter, infer_schema_length=None)
    return columns_of(frame.to_dict(as_series=False))


def by_duckdb(path, delimiter):
    found = duckdb.connect().execute("select * from read_csv(?, delim=?)", [str(path), delimiter])
    names = [column[0] for column in found.description]
    return columns_of(dict(zip(names, zip(*found.fetchall(), strict=True), strict=True)))


def by_us(path):
    """What we read, and the lines of no student that we leave out."""
    loaded = load_columns(open_table(path), MemoryColumnStore())
    assert loaded.left_out == ()
    columns = {name: infer_kind(raw).cells().tolist() for name, raw in loaded.columns.items()}
    return columns_of(columns), [row.text for row in loaded.others]


def without_lines(columns, rows, texts):
    """What others read, but for the lines that we leave out: one cell is filled, or none is."""
    alone = {row: cells[0] for row, cells in enumerate(map(filled, rows)) if len(cells) == 1}
    gone = {row for row, cell in alone.items() if cell in texts}
    assert len(gone) == len(texts), f"{texts} are left out, but one cell is filled in {alone}"
    gone |= {row for row, cells in enumerate(rows) if not filled(cells)}
    return {
        n: [c for row, c in enumerate(cells) if row not in gone] for n, cells in columns.items()
    }


def filled(cells):
    return [text for text in map(str.strip, cells) if text]


def read_alike(path, delimiter):
    """What all three read alike; None where they do not."""
    try:
        first, *others = (r(path, delimiter) for r in (by_pandas, by_polars, by_duckdb))
    except (pd.errors.ParserError, pl.exceptions.PolarsError, duckdb.Error):
        return None
    return first if all(other == first for other in others) else None


def rule_of(cells):
    """The rule that speaks of some cell of a column as it is written; None where none does."""
    for rule, pattern in RULES.items():
        if any(re.fullmatch(pattern, cell, re.DOTALL) for cell in cells):
            return rule
    return None


@pytest.fixture
def differences(write):
    """Of the files read alike by all three: how many, and by column what differs, with its rule."""
    alike, found = 0, []
    for seed in SEEDS:
        path, delimiter = write(seed)
        theirs = read_alike(path, delimiter)
        if theirs is None:
            continue
        alike += 1
        (ours, no_students), (names, rows, *_) = by_us(path), drawn(seed)
        theirs = without_lines(theirs, rows, no_students)
        assert list(ours) == list(theirs)
        for name, cells in zip(names, zip(*rows, strict=True), strict=True):
            if ours[name] != theirs[name]:
                found.append((rule_of(cells), seed, name, cells, ours[name], theirs[name]))
    return alike, found


def test_what_three_others_read_alike_so_do_we_or_a_rule_says_why(differences):
    alike, found = differences
    assert alike >= len(SEEDS) / 3
    assert [difference for difference in found if difference[0] is None] == []
    assert {rule for rule, *_ in found} == set(RULES)


def test_each_rule_stands_in_the_docs():
    text = " ".join((ROOT / "docs/sheets.md").read_text(encoding="utf-8").split())
    assert [rule for rule in [*RULES, ONE_CELL, NO_CELL] if rule not in text] == []

"""Prove an SQL expression in the databases that are here."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from placement.arrays import FloatArray
from placement.reporting.export.result import Proof
from placement.reporting.export.sql import quoted
from placement.reporting.export.subject import Subject
from placement.workflows.export.cases import Cases
from placement.workflows.export.proof import compared


def sql_proofs(path: Path, cases: Cases, _subject: Subject) -> Iterator[Proof]:
    """Run the expression in SQLite and, where it is installed, in DuckDB."""
    query = f"SELECT ({path.read_text(encoding='utf-8')}) AS p FROM students ORDER BY row_of_case"  # noqa: S608
    found = _sqlite(query, cases)
    yield compared(f"SQLite {sqlite3.sqlite_version}", cases, (found, cases.probability))
    if find_spec("duckdb") is not None:
        import duckdb

        found = _duckdb(query, cases)
        yield compared(f"DuckDB {duckdb.__version__}", cases, (found, cases.probability))


def _sqlite(query: str, cases: Cases) -> FloatArray:
    with closing(sqlite3.connect(":memory:")) as base:
        columns = ", ".join(quoted(name) for name in cases.cells)
        base.execute(f"CREATE TABLE students ({columns}, row_of_case)")
        holes = ", ".join("?" * (len(cases.cells) + 1))
        rows = zip(*(c.tolist() for c in cases.cells.values()), range(len(cases)), strict=True)
        base.executemany(f"INSERT INTO students VALUES ({holes})", rows)  # noqa: S608
        return np.array([row[0] for row in base.execute(query)], dtype=float)


def _duckdb(query: str, cases: Cases) -> FloatArray:
    import duckdb
    import pyarrow as pa

    columns = {name: pa.array(cells.tolist()) for name, cells in cases.cells.items()}
    students = pa.table({**columns, "row_of_case": np.arange(len(cases))})
    with closing(duckdb.connect()) as base:
        base.register("students", students)
        rows = base.execute(query).fetchall()
    return np.array([row[0] for row in rows], dtype=float)

"""Requests to `/invocations`, good and bad, in each form and media type that MLflow's server knows.

They are made of the rows of a sheet of students, so that they fit the model that was trained on it.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

JSON, CSV, PARQUET = "application/json", "text/csv", "application/vnd.apache.parquet"
ROWS = 5
_CONTENT_TYPES = (
    JSON, f"{JSON}; charset=utf-8", f"{JSON};charset=UTF-8", f"{JSON} ;  charset=utf-8",
    f"{JSON};", f"{JSON}; charset", f"{JSON}; charset=latin-1", f"{JSON}; charset=utf8",
    f'{JSON}; charset="utf-8"', f"{JSON}; format=pandas-split",
    f"{JSON}; charset=utf-8; version=1", f"{JSON}; ; ;", "application/JSON", "Application/Json",
    "text/json", "text/plain", "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x", "application/octet-stream", "application/json, text/csv",
    "*/*", "json", "", f"{CSV}; charset=iso-8859-1", f"{CSV}; header=present",
)  # fmt: skip
Record = dict[str, Any]


@dataclass(frozen=True)
class Payload:
    """One request: what it tries, its body and its media type, None for none."""

    name: str
    body: bytes
    content_type: str | None = JSON


@dataclass(frozen=True)
class Sample:
    """A few students as a client reads them; a column of numbers, one of words."""

    records: list[Record]
    number: str
    words: str

    @property
    def names(self) -> list[str]:
        """The columns."""
        return list(self.records[0])

    @property
    def rows(self) -> list[list[Any]]:
        """The cells of each student."""
        return [list(record.values()) for record in self.records]

    @property
    def lists(self) -> dict[str, list[Any]]:
        """The cells of each column."""
        return {name: [record[name] for record in self.records] for name in self.names}

    def with_cells(self, **cells: Any) -> list[Record]:
        """Return the students with cells of the two columns replaced in each row."""
        spelled = {
            {"number": self.number, "words": self.words}[one]: cell for one, cell in cells.items()
        }
        return [record | spelled for record in self.records]

    def without(self, *names: str) -> list[Record]:
        """Return the students without some columns."""
        return [
            {name: record[name] for name in record if name not in names} for record in self.records
        ]

    def csv(self, records: list[Record] | None = None, **dialect: Any) -> bytes:
        """Write students as a CSV."""
        out = io.StringIO()
        rows = self.records if records is None else records
        writer = csv.DictWriter(out, list(rows[0]), **{"lineterminator": "\n", **dialect})
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue().encode()


def sample(sheet: Path, number: str, words: str) -> Sample:
    """Take the first students of a sheet, their numbers read as numbers."""
    with sheet.open(encoding="utf-8", newline="") as file:
        records = [dict(row) for _, row in zip(range(ROWS), csv.DictReader(file), strict=False)]
    return Sample(
        [{name: _cell(text) for name, text in row.items()} for row in records], number, words
    )


def _cell(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def payloads(of: Sample) -> list[Payload]:
    """Return the requests."""
    parts = (_forms, _cells, _columns, _params, _not_one_form, _malformed, _tables, _media_types)
    return [payload for part in parts for payload in part(of)]


def _json(name: str, document: Any, *, nan: bool = True) -> Payload:
    return Payload(name, json.dumps(document, allow_nan=nan).encode())


def _forms(of: Sample) -> Iterator[Payload]:
    """Each form, as it is meant."""
    split = {"columns": of.names, "data": of.rows}
    yield _json("records", {"dataframe_records": of.records})
    yield _json("split", {"dataframe_split": split})
    yield _json("split with an index", {"dataframe_split": {**split, "index": [7, 3, 9, 1, 5]}})
    yield _json("instances of records", {"instances": of.records})
    yield _json("instances of columns", {"instances": of.lists})
    yield _json("inputs of records", {"inputs": of.records})
    yield _json("inputs of columns", {"inputs": of.lists})
    yield _json("inputs of one student", {"inputs": of.records[0]})
    yield _json("instances of one student", {"instances": of.records[0]})
    yield _json("one record", {"dataframe_records": of.records[:1]})
    yield _json("forty records", {"dataframe_records": of.records * 8})
    yield _json("a further member", {"dataframe_records": of.records, "comment": "x"})
    indented = json.dumps({"dataframe_records": of.records}, indent=3, ensure_ascii=False)
    yield Payload("indented", f"\n {indented}\r\n".encode())
    yield Payload("utf-16", indented.encode("utf-16"))
    yield Payload("utf-8 with a mark", b"\xef\xbb\xbf" + indented.encode())


def _cells(of: Sample) -> Iterator[Payload]:
    """Cells that are missing, unknown, of another type, or no number at all."""
    numbers: dict[str, Any] = {
        "null": None, "an empty text": "", "blanks": "  ", "a number as text": "7.25",
        "NaN": float("nan"), "infinity": float("inf"), "a whole number": 8, "true": True,
        "a word": "absent", "a dash": "-", "a comma for the point": "7,25", "very large": 1e300,
        "negative": -3.5, "beyond 64 bits": 1 << 70, "a list": [7.25],
        "an object": {"value": 7.25}, "with a unit": "72 %", "Tamil digits": "\u0bed.\u0be8",
    }  # fmt: skip
    for name, cell in numbers.items():
        yield _json(f"number: {name}", {"dataframe_records": of.with_cells(number=cell)})
    words: dict[str, Any] = {
        "unseen": "Astrology", "null": None, "an empty text": "",
        "blanks around": f" {of.records[0][of.words]} ",
        "in small letters": str(of.records[0][of.words]).lower(), "a number": 3, "true": True,
        "a list": ["CSE"], "Tamil": "தமிழ்", "a lone surrogate": "\ud800",
        "a very long one": "x" * 5000, "a zero byte": "CSE\0",
    }  # fmt: skip
    for name, cell in words.items():
        yield _json(f"word: {name}", {"dataframe_records": of.with_cells(words=cell)})
    mixed = [
        record | {of.number: cell}
        for record, cell in zip(of.records, [7, 7.5, None, "8", True], strict=True)
    ]
    yield _json("number: of five types", {"dataframe_records": mixed})
    yield _json(
        "number: of five types, split",
        {"dataframe_split": {"columns": of.names, "data": [list(r.values()) for r in mixed]}},
    )
    yield _json("all cells null", {"dataframe_records": [dict.fromkeys(of.names)] * 2})


def _columns(of: Sample) -> Iterator[Payload]:
    """Columns too few, too many, under other names, of unequal lengths."""
    lists, names = of.lists, of.names
    yield _json("a column lacking", {"dataframe_records": of.without(of.number)})
    yield _json(
        "a column lacking in CSV's form",
        {"dataframe_split": {"columns": names[:-9], "data": [row[:-9] for row in of.rows]}},
    )
    yield _json("no column that is known", {"dataframe_records": [{"a": 1, "b": "x"}]})
    yield _json(
        "a further column",
        {"dataframe_records": [record | {"shoe_size": 42} for record in of.records]},
    )
    yield _json(
        "a column lacking in one record",
        {"dataframe_records": [*of.records[:4], *of.without(of.number)[:1]]},
    )
    yield _json(
        "a column lacking in one instance",
        {"instances": [*of.records[:4], *of.without(of.number)[:1]]},
    )
    yield _json(
        "columns the other way round",
        {"dataframe_records": [dict(reversed(list(r.items()))) for r in of.records]},
    )
    yield _json(
        "headings in capitals",
        {"dataframe_records": [{n.upper(): c for n, c in r.items()} for r in of.records]},
    )
    yield _json(
        "headings with blanks",
        {"dataframe_records": [{f" {n} ": c for n, c in r.items()} for r in of.records]},
    )
    yield _json("columns of two lengths", {"inputs": lists | {of.number: lists[of.number][:2]}})
    yield _json(
        "columns of two lengths, instances",
        {"instances": lists | {of.number: lists[of.number][:2]}},
    )
    yield _json(
        "rows too long",
        {"dataframe_split": {"columns": names, "data": [[*row, 1] for row in of.rows]}},
    )
    yield _json(
        "rows too short",
        {"dataframe_split": {"columns": names, "data": [row[:2] for row in of.rows]}},
    )
    yield _json(
        "one row too short",
        {"dataframe_split": {"columns": names, "data": [*of.rows[:4], of.rows[4][:3]]}},
    )
    yield _json(
        "a heading twice",
        {
            "dataframe_split": {
                "columns": [*names, of.number],
                "data": [[*row, 5] for row in of.rows],
            }
        },
    )
    yield _json("split without columns", {"dataframe_split": {"data": of.rows}})
    yield _json("split without data", {"dataframe_split": {"columns": names}})
    yield _json(
        "split with more", {"dataframe_split": {"columns": names, "data": of.rows, "dtype": "x"}}
    )
    yield _json(
        "split with too short an index",
        {"dataframe_split": {"columns": names, "data": of.rows, "index": [1]}},
    )
    yield _json("no rows", {"dataframe_records": []})
    yield _json("no rows, split", {"dataframe_split": {"columns": names, "data": []}})
    yield _json("no rows, inputs", {"inputs": {name: [] for name in names}})
    yield _json("no rows, instances", {"instances": []})
    yield _json("an empty record", {"dataframe_records": [{}]})


def _params(of: Sample) -> Iterator[Payload]:
    """The threshold, and what is none."""
    values: dict[str, Any] = {
        "null": None, "none": {}, "0.9": {"threshold": 0.9}, "0": {"threshold": 0},
        "1": {"threshold": 1}, "a text": {"threshold": "high"},
        "a number as text": {"threshold": "0.5"}, "above 1": {"threshold": 1.5},
        "below 0": {"threshold": -0.1}, "true": {"threshold": True},
        "of null": {"threshold": None}, "a list": {"threshold": [0.5]},
        "another": {"temperature": 1}, "no object": [0.5], "an empty list": [],
        "an empty text": "", "zero": 0, "false": False, "a text alone": "0.5",
    }  # fmt: skip
    for name, params in values.items():
        yield _json(f"params: {name}", {"dataframe_records": of.records, "params": params})
    yield _json("params alone", {"params": {"threshold": 0.5}})


def _not_one_form(of: Sample) -> Iterator[Payload]:
    """None of the forms, two of them, and forms that hold something else."""
    yield _json("two forms", {"dataframe_records": of.records, "inputs": of.lists})
    yield _json("two instances forms", {"instances": of.records, "inputs": of.records})
    yield _json("a bare list", of.records)
    yield _json("a bare record", of.records[0])
    yield _json("a form of long ago", {"columns": of.names, "data": of.rows})
    yield _json("an unknown form", {"dataframe_values": of.rows})
    for form in ("dataframe_records", "dataframe_split", "instances", "inputs"):
        for name, value in {
            "null": None,
            "a text": "x",
            "a number": 3,
            "rows": of.rows,
            "a list of numbers": [1, 2],
        }.items():
            yield _json(f"{form}: {name}", {form: value})
    yield _json("records with a row among them", {"dataframe_records": [of.records[0], of.rows[1]]})
    yield _json("records with null among them", {"dataframe_records": [of.records[0], None]})
    yield _json("inputs with null among them", {"inputs": [of.records[0], None]})


def _malformed(of: Sample) -> Iterator[Payload]:
    """Bodies that are no JSON."""
    whole = json.dumps({"dataframe_records": of.records}).encode()
    bodies = {
        "empty": b"", "blanks": b"  \n", "cut short": whole[:-4], "two documents": whole + whole,
        "null": b"null", "a text": b'"x"', "a number": b"3", "an object": b"{}",
        "single quotes": whole.replace(b'"', b"'"), "a comma at the end": whole[:-1] + b",}",
        "comments": b"// x\n" + whole, "no UTF-8": whole.replace(b"Student", b"\xff\xfe"),
        "latin-1": whole.replace(b"Student", b"Ren\xe9"), "a zero byte": whole + b"\0",
        "deeply nested": b'{"inputs":' + b"[" * 100_000,
        "a member twice": b'{"dataframe_records": [], ' + whole[1:],
        "bare NaN": whole.replace(b"null", b"NaN"), "CSV": of.csv(),
        "a line break in a text": whole.replace(b"Student", b"Stu\ndent"),
    }  # fmt: skip
    return (Payload(f"malformed: {name}", body) for name, body in bodies.items())


def _tables(of: Sample) -> Iterator[Payload]:
    """CSV and Parquet, whole and damaged."""
    whole = of.csv()
    csvs = {
        "whole": whole, "one row": of.csv(of.records[:1]), "CRLF": of.csv(lineterminator="\r\n"),
        "quoted": of.csv(quoting=csv.QUOTE_ALL), "blank cells": of.csv(of.with_cells(number="")),
        "unseen level": of.csv(of.with_cells(words="Astrology")),
        "a word for a number": of.csv(of.with_cells(number="absent")),
        "a column lacking": of.csv(of.without(of.number)),
        "a further column": of.csv([record | {"shoe_size": 42} for record in of.records]),
        "headings alone": whole.split(b"\n", 1)[0] + b"\n", "empty": b"", "a line break": b"\n",
        "no table": b"hello", "a row too long": whole + b"1," * 60 + b"1\n",
        "a row too short": whole + b"1,2\n", "semicolons": of.csv(delimiter=";"),
        "an open quote": whole + b'"', "latin-1": whole.replace(b"Student", b"Ren\xe9"),
        "with a mark": b"\xef\xbb\xbf" + whole, "blank lines": whole.replace(b"\n", b"\n\n"),
        "NA": of.csv(of.with_cells(number="NA", words="NA")), "JSON": b'{"inputs": []}',
        "a heading twice": whole.replace(b"name,", of.number.encode() + b",", 1),
    }  # fmt: skip
    for name, body in csvs.items():
        yield Payload(f"CSV: {name}", body, CSV)
    yield Payload("CSV: with its charset", whole, f"{CSV}; charset=utf-8")
    table = _parquet(of.lists)
    parquets = {
        "whole": table, "cut short": table[:-9], "damaged": table[:40] + b"\0" * 40 + table[80:],
        "empty": b"", "CSV": whole,
        "blank cells": _parquet(of.lists | {of.number: [None] * ROWS}),
        "no rows": _parquet({name: [] for name in of.names}),
        "a column lacking": _parquet({n: c for n, c in of.lists.items() if n != of.number}),
        "a list in a cell": _parquet(of.lists | {of.number: [[1.5]] * ROWS}),
        "the index kept": _pandas_parquet(of),
    }  # fmt: skip
    for name, body in parquets.items():
        yield Payload(f"Parquet: {name}", body, PARQUET)
    yield Payload("Parquet: with its charset", table, f"{PARQUET}; charset=utf-8")


def _parquet(columns: dict[str, list[Any]]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    sink = io.BytesIO()
    parquet.write_table(pa.table(columns), sink)
    return sink.getvalue()


def _pandas_parquet(of: Sample) -> bytes:
    import pandas as pd

    frame = pd.DataFrame(of.records).astype({of.number: "float32", of.words: "category"})
    return bytes(frame.set_index("name").to_parquet())


def _media_types(of: Sample) -> Iterator[Payload]:
    """Content types that are taken, and those that are not."""
    body = json.dumps({"dataframe_records": of.records}).encode()
    for kind in _CONTENT_TYPES:
        table = of.csv() if kind.startswith(CSV) else body
        yield Payload(f"content type: {kind}", table, kind)
    yield Payload("content type: none", body, None)

"""From somebody's file to a checked table: what each column means, and which rows are used."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from placement.data.columns.column import infer_kind
from placement.data.columns.column_cache import load_cached_columns
from placement.data.columns.column_store import MemoryColumnStore
from placement.data.columns.load_columns import LoadedColumns, load_columns, raw_column
from placement.data.columns.storage import IN_MEMORY, Allocation, Storage
from placement.data.formats.table_reader import Reader, WantsSheet, open_table
from placement.data.schema import matching_columns, same_column
from placement.data.table.build_table import Making, ReadNotes
from placement.data.table.column_roles import ColumnRequest
from placement.data.table.table import Table
from placement.data.target.label_join import Joined, join_labels, unique_identifiers
from placement.data.target.label_words import levels_of
from placement.data.target.labels import LabelRequest, read_labels
from placement.data.target.target_column import (
    choose_target,
    refuse_without_target,
    target_candidates,
    unlabelled,
)
from placement.errors import DataError

__all__ = ["Table", "matching_columns", "read_table", "unlabelled"]

LEAST_LABELLED = 2


def read_table(
    source: Any,
    *,
    target: str | None = None,
    positive: str | None = None,
    negative: str | None = None,
    ignore_label: Sequence[str] = (),
    features: Sequence[str] = (),
    drop: Sequence[str] = (),
    categorical: Sequence[str] = (),
    allow_leak: Sequence[str] = (),
    allow_sensitive: Sequence[str] = (),
    weight: str | None = None,
    names: Sequence[str] = (),
    sheet: str | None = None,
    labels: str | None = None,
    on: str | None = None,
    absent: str | None = None,
    missing: str = "fill",
    group: str | None = None,
    sensitive: Sequence[str] | None = None,
) -> Table:
    """Read a file, a glob, several files or a frame, and decide what its columns mean.

    The keywords are the fields of `TrainConfig` that say how a file is understood. Raises
    `DataError` where the table cannot be used, naming file, row, column and the next step.
    """
    given = dict(locals())
    return read_opened_table(open_labelled_table(given.pop("source"), given), given, IN_MEMORY)


def open_labelled_table(source: Any, how: Mapping[str, Any]) -> Reader:
    """Open a table with outcomes; `how` has all keywords of `read_table`."""
    wants = _wants_target(how["target"]) if how["labels"] is None else _wants_key(how["on"])
    return open_table(source, names=tuple(how["names"]), sheet=how["sheet"], wants_sheet=wants)


def read_opened_table(
    reader: Reader,
    how: Mapping[str, Any],
    storage: Storage,
    on_progress: Callable[[int, str], None] = lambda _rows, _detail: None,
) -> Table:
    """Read a table that was opened into a storage.

    `on_progress` hears how many rows were read, and then how many of them were checked.
    """
    place = storage.place(reader)
    data, joined, notes = _read(reader, how, place, lambda rows: on_progress(rows, ""))
    of_model = how.get("of_model", False)  # then nobody typed an option
    option = "the model's outcome" if of_model else "--target"
    name = joined.column.name if joined else _target(data, how["target"], option)
    own = _Spelling(data)
    asked = ColumnRequest(
        target=name,
        features=own.all("a column of the model" if of_model else "--features", how["features"]),
        drop=own.all("--drop", how["drop"]),
        allow_leak=own.all("--allow-leak", how["allow_leak"]),
        allow_sensitive=own.all("--allow-sensitive", how["allow_sensitive"]),
        weight=own.one("--weight", how["weight"]),
        group=own.one("--group", how["group"]),
        sensitive=(None if how["sensitive"] is None else own.all("--sensitive", how["sensitive"])),
        one_outcome=how.get("one_outcome", False),
    )
    words = own.all("--categorical", how["categorical"])
    outcome = read_labels(
        data.columns[name],
        data.places,
        LabelRequest(
            how["positive"],
            how["negative"],
            tuple(how["ignore_label"]),
            data.decimal,
            of_model=of_model,
        ),
        file=data.name,
    )
    columns = {n: infer_kind(read, categorical=n in words) for n, read in data.columns.items()}
    making = Making(data, columns, outcome, asked, reader.unnamed, place.store, on_progress)
    facts = _facts(reader, data, joined)
    facts = replace(facts, notes=(*facts.notes, *place.notes, *notes))
    return making.table(facts, drop_missing=how["missing"] == "drop")


def _read(
    reader: Reader, how: Mapping[str, Any], place: Allocation, on_progress: Callable[[int], None]
) -> tuple[LoadedColumns, Joined | None, tuple[str, ...]]:
    """Read all rows; with `--labels`, as they are written, and the outcome from the other file."""
    if how["labels"] is not None:
        every = frozenset(reader.names)
        data = load_columns(
            reader, place.store, every, most_words=sys.maxsize, on_progress=on_progress
        )
        return *_join(data, how), ()
    said = [*how["categorical"], *([] if how["target"] is None else [how["target"]])]
    asked = [n for n in reader.names if any(same_column(n, own) for own in said)]
    if how["target"] is None:
        asked += target_candidates(reader.names)
    data, notes = load_cached_columns(reader, place, frozenset(asked), on_progress)
    return data, None, notes


class _Spelling:
    """The file's own spelling of the columns a user names."""

    def __init__(self, data: LoadedColumns) -> None:
        self._data = data

    def all(self, option: str, wanted: Sequence[str]) -> tuple[str, ...]:
        found = matching_columns(
            self._data.columns, tuple(wanted), option=option, file=self._data.name
        )
        return tuple(found[name] for name in wanted)

    def one(self, option: str, wanted: str | None) -> str | None:
        return None if wanted is None else self.all(option, (wanted,))[0]


def _target(data: LoadedColumns, target: str | None, option: str) -> str:
    name = choose_target(data.columns, target=target, file=data.name, option=option)
    if name is None:
        identifiers = unique_identifiers(data.columns)
        refuse_without_target(data.columns, file=data.name, identifiers=identifiers)
    return name


def _join(data: LoadedColumns, how: Mapping[str, Any]) -> tuple[LoadedColumns, Joined]:
    """Add the outcome column of the `--labels` file."""
    labels, target = how["labels"], how["target"]
    reader = open_table(labels, wants_sheet=_wants_target(target))
    other = load_columns(
        reader, MemoryColumnStore(), frozenset(reader.names), most_words=sys.maxsize
    )
    joined = join_labels(data, other, target=target, on=how["on"], absent=how["absent"])
    if joined.column.name in data.columns:
        note = f"{joined.column.name} is taken from {other.name}, not from {data.name}"
        joined = replace(joined, notes=(*joined.notes, note))
    columns = {**data.columns, joined.column.name: joined.column}
    return replace(data, columns=columns), joined


def _facts(reader: Reader, data: LoadedColumns, joined: Joined | None) -> ReadNotes:
    blank = (f"blank lines dropped: {data.blank_lines:,}",) if data.blank_lines else ()
    if joined is None:
        return ReadNotes((*reader.notes, *blank), reader.warnings)
    return ReadNotes((*reader.notes, *blank, *joined.notes), (*reader.warnings, *joined.warnings))


def _wants_target(target: str | None) -> WantsSheet:
    """Want a sheet with the outcome by name and at least two labelled rows."""

    def wants(names: tuple[str, ...], cells: Mapping[str, Any]) -> bool:
        if target is None:
            columns = {name: raw_column(name, cells[name]) for name in names}
            try:
                name = choose_target(columns, target=None, file="")
            except DataError:
                return True  # two outcomes: the sheet is meant, the error comes when it is read
        else:
            name = next((own for own in names if same_column(own, target)), None)
        if name is None:
            return False
        levels = levels_of(raw_column(name, np.asarray(cells[name])))
        return sum(level.rows for level in levels) >= LEAST_LABELLED

    return wants


def _wants_key(on: str | None) -> WantsSheet:
    """Want a sheet that can be joined: the one with the key, or any that has an identifier."""

    def wants(names: tuple[str, ...], cells: Mapping[str, Any]) -> bool:
        if on is not None:
            return any(same_column(name, on) for name in names)
        return bool(unique_identifiers({name: raw_column(name, cells[name]) for name in names}))

    return wants

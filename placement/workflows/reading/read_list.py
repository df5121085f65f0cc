"""Read a list with seats, and what was kept beside it; refuse one that is not what it was."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from placement.arrays import Document, ObjectArray, UInt64Array
from placement.config.file_options import FileOptions
from placement.data.columns.column_store import MemoryColumnStore
from placement.data.columns.load_columns import LoadedColumns, load_columns
from placement.data.columns.raw_column import CategoricalColumn
from placement.data.formats.table_reader import open_table
from placement.data.schema import PROBABILITY, RANK, SEAT, Target
from placement.data.splits.list_digests import cell_hashes, column_digests
from placement.errors import DataError, listed
from placement.model.scorer import Coded, fold, match_columns
from placement.runtime.progress import ProgressListener
from placement.workflows.reading.about_file import about_path
from placement.workflows.scoring.seats import list_id, whose


@dataclass(frozen=True)
class ReadList:
    """A list: its cells as they are written, and what is kept of it; None where nothing is.

    `altered` are columns whose cells are not those that were written, none of which says who had a
    seat.
    """

    name: str
    columns: LoadedColumns
    about: Document | None
    altered: tuple[str, ...] = ()

    @property
    def lottery(self) -> Document | None:
        """The lottery that was held, if one was."""
        return None if self.about is None else self.about["list"]["lottery"]

    @property
    def target(self) -> Target:
        """The outcome that the list's model predicts."""
        return Target(**(self.about or {})["target"])

    def cells(self, column: str) -> ObjectArray:
        """Return the cells (n,) of a column, as two are compared."""
        raw = self.columns.columns[column]
        if not isinstance(raw, CategoricalColumn):
            raise TypeError(f"{column} was not read as it is written")
        return Coded(raw.codes, _folded(raw.texts)).to_numpy()


def _folded(texts: ObjectArray) -> ObjectArray:
    folded = texts.copy()
    folded[:] = [fold(text) for text in texts.tolist()]
    return folded


def read_list(path: str, options: FileOptions, listener: ProgressListener) -> ReadList:
    """Read a list and its about file; `DataError` where one was altered, or is another's."""
    reader = open_table(path, options)
    listener.notes(reader.notes)
    names = frozenset(reader.names)
    columns = load_columns(reader, MemoryColumnStore(), names, max_texts=sys.maxsize)
    beside = about_path(Path(path))
    about = {} if beside is None else _read_about(beside)
    if beside is None or "list" not in about:
        if match_columns(reader.names, [SEAT]):
            lacking = (
                f"{path}.about.json is not beside it (was the list renamed? rename that as well)"
                if beside is None
                else (f"{beside.name} keeps no seats: it is another list's, or was altered")
            )
            raise DataError(
                f"{path}: {lacking}; predict wrote both, and without it nobody can tell whether "
                "the seats are still those that were drawn"
            )
        return ReadList(path, columns, None)
    altered = _altered(path, beside.name, columns, about["list"])
    return ReadList(path, columns, about, altered)


def _read_about(path: Path) -> Document:
    try:
        about: Document = json.loads(path.read_text("utf-8"))
        kept = about.get("list")
        intact = kept is None or kept["id"] == list_id(kept)
    except OSError as problem:
        raise DataError(f"{path}: cannot be read ({problem.strerror})") from problem
    except (ValueError, KeyError, AttributeError, TypeError) as problem:
        raise DataError(
            f"{path}: is not what predict wrote beside a list, or not all of it; take the file as "
            "it was written"
        ) from problem
    if not intact:
        raise DataError(
            f"{path}: was altered after predict wrote it: its digest differs; take the file as it "
            "was written"
        )
    return about


def _altered(path: str, about: str, columns: LoadedColumns, kept: Document) -> tuple[str, ...]:
    """Return altered columns; `DataError` where one of them says who had a seat."""
    rows = len(columns.locations)
    if rows != kept["rows"]:
        raise DataError(
            f"{path}: has {rows:,} students, and {about} says {kept['rows']:,}: rows were added or "
            "taken away, or it is another list; take the file as it was written"
        )
    written: Mapping[str, str] = kept["column_digests"]
    by = kept["by"]
    needed = [name for name in (SEAT, RANK, PROBABILITY, by) if name is not None]
    spelled = match_columns(columns.columns, list(written))
    if missing := [name for name in needed if name not in spelled]:
        raise DataError(f"{path}: lacks {listed(missing)}; take the file as it was written")
    hashes = {name: _hashes(columns, spelling) for name, spelling in spelled.items()}
    digests = column_digests(hashes, whose(hashes, by))
    altered = [name for name, digest in digests.items() if digest != written[name]]
    if PROBABILITY in altered and _in_order(columns, spelled, by, kept["rank"]):
        needed.remove(PROBABILITY)  # a spreadsheet shortened or respelled its numbers
    if grave := [name for name in altered if name in needed]:
        raise DataError(
            f"{path}: its cells of {listed(grave)} are not those that {about} keeps: they were "
            "changed after the list was written, or that file is of another list (another model's, "
            "or another draw). Write the list again under another name, with the same options and "
            "--seed, and copy your own columns over"
        )
    return tuple(altered)


def _in_order(
    columns: LoadedColumns, spelled: Mapping[str, str], by: str | None, rank: str
) -> bool:
    """Whether the chances still stand in the order of the ranks, within each group."""
    cells = {
        name: ReadList("", columns, None).cells(spelled[name]).tolist()
        for name in (PROBABILITY, RANK, by)
        if name is not None
    }
    try:
        chance = np.array([float(text.replace(",", ".")) for text in cells[PROBABILITY] if text])
        place = np.array([float(text) for text in cells[RANK] if text])
    except ValueError:
        return False
    group = [""] * len(place) if by is None else cells[by]
    if not len(chance) == len(place) == len(group):
        return False
    sign = 1 if rank == "risk" else -1
    for one in set(group):
        rows = np.flatnonzero(np.array(group, dtype=object) == one)
        if np.any(np.diff(sign * chance[rows][np.argsort(place[rows])]) < 0):
            return False
    return bool(np.all((chance >= 0) & (chance <= 1)))


def _hashes(columns: LoadedColumns, name: str) -> UInt64Array:
    raw = columns.columns[name]
    if not isinstance(raw, CategoricalColumn):
        raise TypeError(f"{name} was not read as it is written")
    return cell_hashes(Coded(raw.codes, raw.texts))

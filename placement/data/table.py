"""The understood table, put together from read columns, labels and the parts columns play."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from placement.data.kinds import (
    Column,
    count_cells,
    infer_scale,
    refuse_infinity,
    warn_of_words,
    warn_off_scale,
)
from placement.data.labels import Labels
from placement.data.leakage import separates
from placement.data.raw import Places, RawTable
from placement.data.roles import Asked, Roles, assign
from placement.data.schema import Feature, Kind, Schema
from placement.errors import DataError

FEW_ROWS = 30
FEW_OF_CLASS = 10

Floats = npt.NDArray[np.float64]
Cells = npt.NDArray[Any]


@dataclass(frozen=True)
class Table:
    """A table that was understood: its labelled rows, and the meaning of its columns.

    `columns` has every column of the file: a number as float64 (NaN missing), a category as
    objects of text | None. `rows` are 1-based data rows within their file. `label` (n,) is in
    [0, 1], `weight` (n,) is 1 without `--weight`. `identifiers` are left out of the split's hash,
    `sensitive` are for fairness figures. `left_out` counts rows by reason. `digest` is the SHA-256
    of names, kinds and cells, the same for every format the table may be kept in.
    """

    name: str
    columns: dict[str, Cells]
    kinds: dict[str, Kind]
    rows: npt.NDArray[np.int64]
    label: Floats
    weight: Floats
    schema: Schema
    identifiers: tuple[str, ...]
    sensitive: tuple[str, ...]
    batch: str | None
    left_out: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    digest: str

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: npt.NDArray[np.integer]) -> "Table":
        """Return the table of the rows at these positions; what was stated of the whole stays."""
        return replace(
            self,
            columns={name: cells[rows] for name, cells in self.columns.items()},
            rows=self.rows[rows],
            label=self.label[rows],
            weight=self.weight[rows],
        )


@dataclass(frozen=True)
class Facts:
    """What reading stated and warned of before the columns were judged."""

    notes: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Making:
    """All that is known once the outcome was read."""

    data: RawTable
    columns: Mapping[str, Column]
    labels: Labels
    asked: Asked
    unnamed: frozenset[str]

    def table(self, facts: Facts, *, drop_missing: bool) -> Table:
        """Choose rows and columns, check the cells, and put the table together."""
        rows = np.flatnonzero(~np.isnan(self.labels.values))
        left_out = list(self.labels.left_out)
        _check_classes(self.data.name, self.labels.values[rows])
        roles = self._roles(rows)
        if drop_missing:
            gaps = np.any([self.columns[f].take(rows).missing() for f in roles.features], axis=0)
            rows = rows[~gaps]
            if gaps.any():
                left_out.append(("a feature is missing (--missing drop)", int(gaps.sum())))
            _check_classes(self.data.name, self.labels.values[rows])
            # What is constant among the rows that stay is no feature either.
            roles = self._roles(rows)
        used = {name: column.take(rows) for name, column in self.columns.items()}
        places, label = self.data.places.take(rows), self.labels.values[rows]
        chosen = [used[name] for name in roles.features]
        refuse_infinity(chosen, places)
        scales = {column.name: infer_scale(column) for column in chosen}
        cells_of = {name: column.cells() for name, column in used.items()}
        kinds = {name: column.kind for name, column in used.items()}
        schema = Schema(
            self.labels.target,
            tuple(Feature(c.name, c.kind, scales[c.name]) for c in chosen),
            roles.dropped,
        )
        weight = _weights(self.asked.weight, used, places)
        _check_classes(self.data.name, label[weight > 0])
        return Table(
            name=self.data.name,
            columns=cells_of,
            kinds=kinds,
            rows=places.rows,
            label=label,
            weight=weight,
            schema=schema,
            identifiers=roles.identifiers,
            sensitive=roles.sensitive,
            batch=roles.batch,
            left_out=tuple(left_out),
            notes=(*facts.notes, *self.labels.notes, *roles.notes, *_stated(roles, used, scales)),
            warnings=(
                *facts.warnings,
                *self.labels.warnings,
                *_doubts(chosen, scales, label, places),
            ),
            digest=digest_of(cells_of, kinds),
        )

    def _roles(self, rows: npt.NDArray[np.intp]) -> Roles:
        labelled = {name: column.take(rows) for name, column in self.columns.items()}
        label = self.labels.values[rows]
        try:
            places = self.data.places
            files = [np.flatnonzero(places.file_of == n) for n in range(len(places.files))]
            return assign(self.columns, labelled, label, self.asked, self.unnamed, files)
        except DataError as problem:
            raise DataError(f"{self.data.name}: {problem}") from problem


def digest_of(columns: Mapping[str, Cells], kinds: Mapping[str, Kind]) -> str:
    """Return the SHA-256 of names, kinds and cells in order."""
    digest = hashlib.sha256()
    for name, cells in columns.items():
        digest.update(f"{name}\x1f{kinds[name]}\x1f{len(cells)}\x1e".encode())
        if kinds[name] == "number":
            # One NaN, one zero: their other bit patterns mean the same.
            plain = np.where(np.isnan(cells), np.nan, cells + 0.0)
            digest.update(plain.astype("<f8").tobytes())
        else:
            text = "\x1f".join("\x00" if cell is None else cell for cell in cells)
            digest.update(text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _check_classes(file: str, label: Floats) -> None:
    """Raise `DataError` unless there is at least one row of each outcome."""
    positive = int((label >= 0.5).sum())
    if len(label) < 2:
        raise DataError(
            f"{file}: {len(label)} row{'' if len(label) == 1 else 's'} with a known outcome; at "
            "least two are needed, one of each outcome"
        )
    if positive in (0, len(label)):
        raise DataError(
            f"{file}: all {len(label):,} rows with a known outcome have the same one; both are "
            "needed, so add students of the other"
        )


def _weights(name: str | None, used: Mapping[str, Column], places: Places) -> Floats:
    """Return the frequency weights (n,): ones, or the checked `--weight` column."""
    if name is None:
        return np.ones(len(places))
    column = used[name]
    values = column.raw.numbers[column.raw.codes]
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(wrong):
        text = column.raw.text(int(wrong[0]))
        raise DataError(
            f"{places.of(int(wrong[0]))}, column {name}: weight {text or 'missing'} "
            f"({count_cells(len(wrong))}); weights are finite numbers of 0 or more"
        )
    return values


def _stated(
    roles: Roles, used: Mapping[str, Column], scales: Mapping[str, float | None]
) -> list[str]:
    """Return the facts about scales and the batch column."""
    graded = ", ".join(f"{name} {scale:g}" for name, scale in scales.items() if scale)
    notes = [f"grade scales (inferred): {graded}"] if graded else []
    if roles.batch is not None:
        column = used[roles.batch]
        values = column.levels[column.tally()[0] > 0]
        if len(values) > 1:
            latest = max(values)
            shown = f"{latest:g}" if column.kind == "number" else latest
            name = f"`{roles.batch}`" if " " in roles.batch else roles.batch
            notes.append(
                f"{roles.batch} is the batch; to test on the latest: --test-where '{name}=={shown}'"
            )
    return notes


def _doubts(
    chosen: list[Column], scales: Mapping[str, float | None], label: Floats, places: Places
) -> list[str]:
    """Return the warnings about cells, columns that know too much, and few rows."""
    warnings: list[str] = []
    for column in chosen:
        warnings += warn_of_words(column, places)
        scale = scales[column.name]
        if scale is not None:
            warnings += warn_off_scale(column, scale, places)
        found = separates(column, label)
        if found is not None:
            warnings.append(
                f"{column.name} alone predicts {100 * found:.3g} % (AUC {found:.4g}): a cut-off "
                "rule, or the answer in disguise?"
            )
    positive = int((label >= 0.5).sum())
    fewest = min(positive, len(label) - positive)
    if len(label) < FEW_ROWS or fewest < FEW_OF_CLASS:
        warnings.append(
            f"small sample: {len(label):,} rows, {fewest} of the rarer outcome; what is learnt "
            "from so few may not hold for the next student"
        )
    return warnings

"""From read columns and their outcome to the table: roles, checks, the rows that are used."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from placement.arrays import BoolArray, FloatArray
from placement.data.columns.column import (
    Column,
    count_cells,
    infer_scale,
    refuse_infinity,
    warn_of_words,
    warn_off_scale,
)
from placement.data.columns.column_store import (
    ChunkedArray,
    ColumnStore,
    ComputedArray,
    ConstantArray,
)
from placement.data.columns.column_summary import ColumnSummary, merged, summarize_columns
from placement.data.columns.load_columns import LoadedColumns
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.columns.raw_column import NumericColumn
from placement.data.columns.row_locations import MatchingRows, RowLocations
from placement.data.schema import Feature, Schema
from placement.data.table.column_roles import ColumnRequest, DataSummary, Roles, assign
from placement.data.table.leakage import ColumnEvidence, separates
from placement.data.table.table import Table, digest_of, take_used
from placement.data.target.labels import Labels
from placement.errors import DataError
from placement.runtime.ordered_map import in_order, usable_processors

FEW_ROWS = 30
FEW_OF_CLASS = 10


@dataclass(frozen=True)
class ReadNotes:
    """What reading stated and warned of before the columns were judged."""

    notes: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Making:
    """All that is known once the outcome was read."""

    data: LoadedColumns
    columns: Mapping[str, Column]
    labels: Labels
    asked: ColumnRequest
    unnamed: frozenset[str]
    store: ColumnStore
    on_progress: Callable[[int, str], None]

    def table(self, facts: ReadNotes, *, drop_missing: bool) -> Table:
        """Choose rows and columns, check the cells, and put the table together."""
        outcome, left_out = self.labels.outcome, list(self.labels.left_out)
        self._check_classes(*outcome.counts)
        seen = self._seen(outcome)
        roles = self._roles(seen)
        if drop_missing:
            fuller = outcome.without(self._gaps(roles.features))
            gaps = outcome.counts[0] - fuller.counts[0]
            if gaps:
                left_out.append(("a feature is missing (--missing drop)", gaps))
                outcome = fuller
                self._check_classes(*outcome.counts)
                # What is constant among the rows that stay is no feature either.
                seen = self._seen(outcome)
                roles = self._roles(seen)
        chosen = [self.columns[name] for name in roles.features]
        for column in chosen:
            if seen.used[column.name].low == -np.inf or seen.used[column.name].high == np.inf:
                refuse_infinity(column, outcome, self.data.places)
        scales = {c.name: _scale(c, seen.used[c.name]) for c in chosen}
        schema = Schema(
            self.labels.target,
            tuple(Feature(c.name, c.kind, scales[c.name]) for c in chosen),
            roles.dropped,
        )
        doubts = self._doubts(chosen, scales, seen)
        return self._settled(
            outcome,
            schema,
            roles,
            left_out=tuple(left_out),
            notes=(
                *facts.notes,
                *self.labels.notes,
                *roles.notes,
                *self._stated(roles, scales, seen),
            ),
            warnings=(*facts.warnings, *self.labels.warnings, *doubts),
        )

    def _check_classes(self, rows: int, positive: int) -> None:
        """Raise `DataError` unless there is at least one row of each outcome, or one of any."""
        file = self.data.name
        if self.asked.one_outcome:
            if not rows:
                raise DataError(f"{file}: no row with a known outcome")
            return
        if rows < 2:
            raise DataError(
                f"{file}: {rows} row{'' if rows == 1 else 's'} with a known outcome; at "
                "least two are needed, one of each outcome"
            )
        if positive in (0, rows):
            raise DataError(
                f"{file}: all {rows:,} rows with a known outcome have the same one; both are "
                "needed, so add students of the other"
            )

    def _seen(self, outcome: OutcomeCodes) -> DataSummary:
        """Summarize every column: over the rows that are used and, where others are, over all."""
        places = self.data.places
        rows, positive = outcome.counts
        used = []
        for seen in summarize_columns(self.columns, outcome, range(outcome.pieces)):
            used.append(seen)
            self.on_progress(len(places), f"{len(used) / outcome.pieces:.0%} of them checked")
        everywhere = used
        if rows < len(places):
            everyone = OutcomeCodes(
                lambda place: np.zeros(places.pieces[place][2], dtype=np.int64),
                np.array([False]),
                outcome.pieces,
            )
            everywhere = list(summarize_columns(self.columns, everyone, range(outcome.pieces)))
        files = [
            tuple(k for k, (file, _, _) in enumerate(places.pieces) if file == number)
            for number in range(len(places.files))
        ]
        whole = tuple(range(outcome.pieces))
        return DataSummary(
            self._sights(everywhere, whole),
            [self._sights(everywhere, own) for own in files],
            merged(used),
            np.array([rows - positive, positive]),
            outcome,
        )

    def _sights(
        self, parts: list[dict[str, ColumnSummary]], pieces: tuple[int, ...]
    ) -> dict[str, ColumnEvidence]:
        total = merged(parts[place] for place in pieces)
        return {
            name: ColumnEvidence(self.columns[name], seen, pieces) for name, seen in total.items()
        }

    def _roles(self, seen: DataSummary) -> Roles:
        try:
            return assign(seen, self.asked, self.unnamed)
        except DataError as problem:
            raise DataError(f"{self.data.name}: {problem}") from problem

    def _gaps(self, features: tuple[str, ...]) -> Callable[[int], BoolArray]:
        return lambda place: np.any([self.columns[f].missing(place) for f in features], axis=0)

    def _settled(
        self,
        outcome: OutcomeCodes,
        schema: Schema,
        roles: Roles,
        *,
        left_out: tuple[tuple[str, int], ...],
        notes: tuple[str, ...],
        warnings: tuple[str, ...],
    ) -> Table:
        """Keep the rows that are used, and no others."""
        store, whole = self.store, outcome.counts[0] == len(self.data.places)
        places, labels = self.data.places, store.new_array(np.float64)
        for place, used in enumerate(outcome.used()):
            labels.append(outcome.label(place)[used])
        columns = dict(self.columns)
        row_numbers: ChunkedArray = ComputedArray(
            np.int64, [rows for _, _, rows in places.pieces], places.numbers
        )
        if not whole:
            row_numbers = take_used(row_numbers, outcome, store)
            columns = {
                n: c.with_array(take_used(c.array, outcome, store)) for n, c in columns.items()
            }
        weights: ChunkedArray = ConstantArray(1.0, labels.sizes)
        if self.asked.weight is not None:
            column = self.columns[self.asked.weight]
            _check_weights(column, outcome, self.data.places)
            weights = store.new_array(np.float64)
            for place in range(len(labels)):
                weights.append(columns[self.asked.weight].as_numbers(place))
            weighed = [label[weight > 0] for label, weight in zip(labels, weights, strict=True)]
            self._check_classes(sum(map(len, weighed)), sum(int(own.sum()) for own in weighed))
        return Table(
            name=self.data.name,
            chunked_columns=columns,
            labels=labels,
            weights=weights,
            row_numbers=row_numbers,
            schema=schema,
            identifiers=roles.identifiers,
            sensitive=roles.sensitive,
            batch=roles.batch,
            left_out=left_out,
            notes=notes,
            warnings=warnings,
            digest=digest_of(columns),
            store=store,
        )

    def _stated(
        self, roles: Roles, scales: Mapping[str, float | None], seen: DataSummary
    ) -> list[str]:
        """Return the facts about scales and the batch column."""
        graded = ", ".join(f"{name} {scale:g}" for name, scale in scales.items() if scale)
        notes = [f"grade scales (inferred): {graded}"] if graded else []
        latest = (
            None
            if roles.batch is None
            else _latest(self.columns[roles.batch], seen.used[roles.batch])
        )
        if latest is not None:
            name = f"`{roles.batch}`" if " " in str(roles.batch) else roles.batch
            notes.append(
                f"{roles.batch} is the batch; "
                f"to test on the latest: --test-where '{name}=={latest}'"
            )
        return notes

    def _doubts(
        self, chosen: list[Column], scales: Mapping[str, float | None], seen: DataSummary
    ) -> list[str]:
        """Return the warnings about cells, columns that know too much, and few rows."""
        outcome, places = seen.outcome, self.data.places
        warnings: list[str] = []
        apart = in_order(
            chosen, lambda c: separates(c, seen.used[c.name], outcome), usable_processors()
        )
        for column, found in zip(chosen, apart, strict=True):
            if not isinstance(column.read, NumericColumn) or column.read.stray:
                warnings += warn_of_words(column, outcome, places)
            scale, own = scales[column.name], seen.used[column.name]
            if scale is not None and (own.low < 0 or own.high > scale):
                warnings += warn_off_scale(column, scale, outcome, places)
            if found is not None:
                warnings.append(
                    f"{column.name} alone predicts {100 * found:.3g} % (AUC {found:.4g}): "
                    "a cut-off rule, or the answer in disguise?"
                )
        rows, fewest = int(seen.rows_of.sum()), int(seen.rows_of.min())
        if rows < FEW_ROWS or fewest < FEW_OF_CLASS:
            warnings.append(
                f"small sample: {rows:,} rows, {fewest} of the rarer outcome; what is learnt "
                "from so few may not hold for the next student"
            )
        return warnings


def _scale(column: Column, seen: ColumnSummary) -> float | None:
    return infer_scale(column, seen.within, seen.high)


def _latest(column: Column, seen: ColumnSummary) -> str | None:
    """Return the last batch, where there are several."""
    if column.kind == "number":
        return None if seen.low >= seen.high else f"{seen.high:g}"
    if column.is_hashed or seen.levels is None:
        return None
    there = set(np.flatnonzero(seen.levels.any(axis=1)).tolist())
    named: dict[int, str] = {}
    for level, word in zip(column.level_of.tolist(), column.words, strict=True):
        if level in there:
            named.setdefault(level, str(word).strip().casefold())
    return max(named.values()) if len(named) > 1 else None


def _check_weights(column: Column, outcome: OutcomeCodes, places: RowLocations) -> None:
    """Raise `DataError` at a used row without a proper weight."""
    found = MatchingRows.among(
        ~_proper(column.as_numbers(place)) & used for place, used in enumerate(outcome.used())
    )
    if found:
        text = column.text(found.first[0], places)
        raise DataError(
            f"{places.of(found.first[0])}, column {column.name}: weight {text or 'missing'} "
            f"({count_cells(found.count)}; weights are finite numbers of 0 or more)"
        )


def _proper(values: FloatArray) -> BoolArray:
    return np.asarray(np.isfinite(values) & (values >= 0))

"""A list with seats: who has one for certain, who drew one, and what is kept to learn from it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from placement.arrays import CellArray, Document, IndexArray, UInt64Array
from placement.data.formats.blocks import Block
from placement.data.schema import PROBABILITY, RANK, SEAT
from placement.data.splits.list_digests import (
    cell_hashes,
    column_digests,
    row_digests,
    table_digest,
)
from placement.errors import DataError
from placement.evaluation.effect.lottery import (
    NONE,
    SEATS,
    Candidates,
    LotteryRequest,
    Seats,
    assign_seats,
)
from placement.evaluation.effect.power import Band, detectable_effect
from placement.model.scorer import Coded
from placement.reporting.results import ListBand, SeatedList
from placement.workflows.scoring.ranked_output import RankedSink

POOLED_YEARS = 3


@dataclass
class SeatSink(RankedSink):
    """Takes in scored blocks, gives the seats when it is closed, and hands the rows on.

    `names` are the columns of the table, by which its rows are known. Unless `everybody` is
    written, those who neither have a seat nor drew for one are not.
    """

    names: tuple[str, ...] = ()
    request: LotteryRequest = field(default_factory=lambda: LotteryRequest("risk", 1, 0, 0))
    everybody: bool = False
    _seats: Seats | None = None
    _about: Document = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        as_text = self.block_request.as_text | frozenset(self.names)
        self.block_request = replace(self.block_request, columns=None, as_text=as_text)

    def _hashes(self, block: Block, rows: IndexArray) -> Mapping[str, UInt64Array]:
        return {name: cell_hashes(block.columns[name])[rows] for name in self.names}

    def close(self) -> None:
        """Give the seats, and hand the rows on, in order."""
        super().close()
        if not self.everybody:
            beyond = f"not among the first {self.request.seats:,}"
            beyond += f" of their {self.ranking.by}" if self.ranking.by else ""
            beyond += ", nor near enough to draw" if self.request.students else ""
            self.left_out = {beyond: self._rows_in - self.rows_out}

    def _order(self) -> IndexArray:
        hashes = {
            name: np.concatenate([held.hashes[name] for held in self._held]) for name in self.names
        }
        group = self._group()
        if not len(group):
            return np.arange(0)
        self._refuse_small(np.bincount(group))
        digest = row_digests(hashes)
        limits = [
            np.concatenate([held.cells[name] for held in self._held])
            for name in ("placement_low", "placement_high")
            if name in self._held[0].cells
        ]
        interval = (limits[0], limits[1]) if limits else None
        candidates = Candidates(self._probability(), interval, group, digest)
        seats = self._seats = assign_seats(candidates, self.request)
        order = seats.order if self.everybody else seats.order[seats.seat[seats.order] != NONE]
        self._about = self._described(seats, order, hashes, digest)
        return order

    def _refuse_small(self, sizes: IndexArray) -> None:
        """Raise `DataError` where there is nothing to draw."""
        seats, reach = self.request.seats, self.request.students // 2
        if not reach:
            return
        if self.ranking.by is None and sizes[0] < seats + reach:
            raise DataError(
                f"{sizes[0]:,} students: {self.request.students} cannot draw for the last "
                f"{reach} of {seats:,} seats, which takes {seats + reach:,} students; ask for "
                "fewer: --top, --lottery"
            )
        if (sizes <= seats).all():
            raise DataError(
                f"every {self.ranking.by} has at most {seats:,} students, so everybody has a "
                "seat and there is nothing to draw; ask for fewer seats: --top"
            )

    def _added(self, rows: IndexArray) -> dict[str, CellArray | Coded]:
        if self._seats is None:
            raise ValueError("no seats were given")
        texts = np.array(SEATS, dtype=object)
        return {SEAT: Coded(self._seats.seat[rows], texts), RANK: self._seats.rank[rows]}

    def _described(
        self,
        seats: Seats,
        order: IndexArray,
        hashes: Mapping[str, UInt64Array],
        digest: UInt64Array,
    ) -> Document:
        """Return what `effect` needs to know of the list, once outcomes are known."""
        cells = {name: column[order] for name, column in hashes.items()}
        cells |= {name: cell_hashes(column) for name, column in self._added(order).items()}
        cells[PROBABILITY] = cell_hashes(self._probability()[order])
        lottery = {
            "students": self.request.students,
            "seed": self.request.seed,
            "bands": [
                {
                    "groups": list(self._words(band.groups)),
                    "students": band.students,
                    "drawn": band.seats,
                    "probability_low": band.low,
                    "probability_high": band.high,
                }
                for band in seats.bands
            ],
        }
        return {
            "rank": self.request.rank,
            "top": self.request.seats,
            "by": self.ranking.by,
            "everybody": self.everybody,
            "seats": {name: seats.count(code) for code, name in enumerate(SEATS)},
            "lottery": lottery if self.request.students else None,
            "rows": len(order),
            "source_digest": table_digest(digest),
            "column_digests": column_digests(cells, whose(cells, self.ranking.by)),
        }

    def seated(self, model_digest: str) -> SeatedList | None:
        """Return what came of it, once the sink is closed; None where there were no rows."""
        if self._seats is None:
            return None
        about = {"model_digest": model_digest, **self._about}
        bands = [Band(b.seats, b.students - b.seats, b.chance) for b in self._seats.bands]
        return SeatedList(
            seats=self._about["seats"],
            lottery=self.request if self.request.students else None,
            bands=tuple(ListBand(self._words(b.groups), b) for b in self._seats.bands),
            small=self._words(self._seats.small),
            full=self._words(self._seats.full),
            detectable=detectable_effect(bands) if bands else None,
            pooled=detectable_effect(bands * POOLED_YEARS) if bands else None,
            about={"id": list_id(about), **about},
        )

    def _words(self, groups: Sequence[int]) -> tuple[str, ...]:
        words = list(self._groups)
        return tuple(words[group] for group in groups)


def list_id(about: Document) -> str:
    """Return the name of a list: a digest of what is kept of it, the name aside."""
    rest = {name: value for name, value in about.items() if name != "id"}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def whose(hashes: Mapping[str, UInt64Array], by: str | None) -> UInt64Array:
    """Return the hash (n,) that tells whose the cells of a row are: the rank, within its group."""
    return row_digests({name: hashes[name] for name in (RANK, by) if name is not None})

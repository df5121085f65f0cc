"""Scored rows in the order of their probability: all of them, or those that a list begins with.

The rows to be written are held as they stood in the file until the last one is scored: with
`--top K` only those that may still be among the first K (of a group), else all.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np

from placement.arrays import CellArray, FloatArray, IndexArray, UInt64Array
from placement.data.formats.blocks import Block, BlockRequest, text_of
from placement.data.output import take_rows
from placement.data.schema import PREDICTION, PROBABILITY
from placement.evaluation.shortlist import Rank, shortlist
from placement.model.scorer import Coded, TableLike, fold
from placement.workflows.scoring.score_blocks import Scored

_BATCH_ROWS = 16_384
_SPARE_ROWS = 65_536


class Sink(ABC):
    """Where scored blocks go. `block_request`: what it needs to see of the table's rows.

    Once it is closed, `rows_out` counts the rows written, `positive` those of them predicted
    positive, and `left_out` the rows that were scored and not written, by the reason.
    """

    block_request: BlockRequest
    rows_out = positive = 0
    left_out: Mapping[str, int] = {}

    @abstractmethod
    def prepared(self, scored: Scored) -> Any:
        """Do what any thread may do for a block."""

    @abstractmethod
    def put(self, scored: Scored) -> None:
        """Take in a block that was prepared, in its turn."""

    @abstractmethod
    def close(self) -> None:
        """Write what is held back, and what ends the output."""

    def count(self, scored: Scored) -> None:
        """Count the rows of a block that is written."""
        self.rows_out += int(scored.keep.sum())
        self.positive += scored.positive


@dataclass(frozen=True)
class Ranking:
    """An order of rows: by `rank`, the first `top` of them, in each group of the column `by`."""

    rank: Rank
    top: int | None = None
    by: str | None = None

    @property
    def beyond(self) -> str:
        """Why a row is not written."""
        return f"not among the first {self.top:,}{f' of their {self.by}' if self.by else ''}"

    def __str__(self) -> str:
        order = f"{'lowest' if self.rank == 'risk' else 'highest'} probability first"
        return f"{order} in each {self.by}" if self.by else order


@dataclass(frozen=True)
class _Held:
    """Rows held back, (n,) in the order of the file: their block, new cells, group, and number.

    `hashes` are those of their cells, of the columns that a list is known by.
    """

    block: Block
    cells: TableLike
    group: IndexArray
    words: Sequence[str]
    numbers: IndexArray
    hashes: Mapping[str, UInt64Array]

    def __len__(self) -> int:
        return len(self.numbers)

    def only(self, rows: IndexArray) -> "_Held":
        """Hold only some of the rows."""
        return replace(
            self,
            block=take_rows.take(self.block, rows),
            cells={name: cells[rows] for name, cells in self.cells.items()},
            group=self.group[rows],
            numbers=self.numbers[rows],
            hashes={name: cells[rows] for name, cells in self.hashes.items()},
        )


@dataclass
class RankedSink(Sink):
    """Takes in scored blocks, and hands their rows on in the order of rank when it is closed.

    `chances` are the least and the greatest probability of the rows that were handed on.
    """

    sink: Sink
    ranking: Ranking
    chances: tuple[float, float] = (1.0, 0.0)
    _rows_in: int = 0
    _held: list[_Held] = field(default_factory=list)
    _groups: dict[str, int] = field(default_factory=dict)
    _least: int = 0  # the number of rows held when it was last looked which are needed

    def __post_init__(self) -> None:
        self.block_request, by = self.sink.block_request, self.ranking.by
        if by is not None:
            columns = self.block_request.columns
            self.block_request = replace(
                self.block_request,
                columns=None if columns is None else columns | {by},
                as_text=self.block_request.as_text | {by},
            )

    def prepared(self, scored: Scored) -> _Held:
        """Take out the rows of a block that may be written."""
        rows = np.flatnonzero(scored.keep)
        words, group = _grouped(scored.block, self.ranking.by, rows)
        first = self._first(scored.cells[PROBABILITY][rows], group)
        rows, group = rows[first], group[first]
        return _Held(
            take_rows.take(scored.block, rows, self.sink.block_request.columns),
            {name: cells[rows] for name, cells in scored.cells.items()},
            group,
            words,
            rows,
            self._hashes(scored.block, rows),
        )

    def _hashes(self, _block: Block, _rows: IndexArray) -> Mapping[str, UInt64Array]:
        """Return the hashes of some rows' cells, by column, where they are needed."""
        return {}

    def put(self, scored: Scored) -> None:
        """Hold the rows of a block, and drop those that are no longer among the first."""
        held: _Held = scored.written
        self._rows_in += int(scored.keep.sum())
        group_numbers = [self._groups.setdefault(word, len(self._groups)) for word in held.words]
        group = np.array(group_numbers, dtype=np.intp)[held.group]
        numbers = scored.block.row_numbers[held.numbers]
        self._held.append(replace(held, group=group, numbers=numbers))
        if self.ranking.top and sum(map(len, self._held)) > 2 * self._least + _SPARE_ROWS:
            self._drop_others()

    def _drop_others(self) -> None:
        ends = np.cumsum([0, *map(len, self._held)])
        first = self._first(self._probability(), self._group())
        cut = np.searchsorted(first, ends)
        pieces = zip(self._held, ends, pairwise(cut), strict=False)
        left = [held.only(first[a:b] - start) for held, start, (a, b) in pieces if a < b]
        self._held, self._least = left, len(first)

    def close(self) -> None:
        """Hand all rows on, in order."""
        if self._held:
            self._hand_all_on()
        self.sink.close()
        self.rows_out, self.positive = self.sink.rows_out, self.sink.positive
        if self.ranking.top is not None:
            self.left_out = {self.ranking.beyond: self._rows_in - self.rows_out}

    def _hand_all_on(self) -> None:
        order = self._order()
        ends = np.cumsum([0, *map(len, self._held)])
        piece = np.searchsorted(ends, order, side="right") - 1
        row = order - ends[piece]
        kinds = [take_rows.storage_kind(held.block) for held in self._held]
        number = np.array([kinds.index(kind) for kind in kinds])[piece]
        # Rows that stand in their files in different ways cannot be put together.
        turns = np.flatnonzero(np.diff(number)) + 1
        cuts = sorted({0, len(order), *turns.tolist(), *range(0, len(order), _BATCH_ROWS)})
        for start, end in pairwise(cuts):
            added = self._added(order[start:end])
            self._hand_on(piece[start:end], row[start:end], added)

    def _order(self) -> IndexArray:
        """Return the indices of the rows to write, in order."""
        return shortlist(
            self._probability(), self.ranking.rank, top=self.ranking.top, group=self._group()
        )

    def _added(self, _rows: IndexArray) -> dict[str, CellArray | Coded]:
        """Return the cells of some rows that are known only now, by column."""
        return {}

    def _hand_on(
        self, piece: IndexArray, row: IndexArray, added: Mapping[str, CellArray | Coded]
    ) -> None:
        used, number = np.unique(piece, return_inverse=True)
        chosen = [row[piece == index] for index in used.tolist()]
        turn = take_rows.inverse_order(number)

        def in_order(parts: Sequence[Any]) -> Any:
            pairs = zip(used.tolist(), chosen, strict=True)
            return take_rows.concatenate_cells([parts[index][rows] for index, rows in pairs])[turn]

        cells = {
            name: in_order([held.cells[name] for held in self._held])
            for name in self._held[0].cells
        }
        cells |= added
        least, most = self.chances
        probability = cells[PROBABILITY]
        self.chances = float(probability.min(initial=least)), float(probability.max(initial=most))
        scored = Scored(
            block=take_rows.gather([held.block for held in self._held], piece, row),
            keep=np.ones(len(row), dtype=bool),
            cells=cells,
            problems=(),
            left_out={},
            positive=int(cells[PREDICTION].sum()),
            numbers=in_order([held.numbers for held in self._held]),
        )
        self.sink.put(replace(scored, written=self.sink.prepared(scored)))

    def _first(self, probability: FloatArray, group: IndexArray) -> IndexArray:
        """The indexes of the rows that may be written, in the order of the file."""
        if self.ranking.top is None:
            return np.arange(len(probability))
        return np.sort(shortlist(probability, self.ranking.rank, top=self.ranking.top, group=group))

    def _probability(self) -> FloatArray:
        return np.concatenate([held.cells[PROBABILITY] for held in self._held])

    def _group(self) -> IndexArray:
        return np.concatenate([held.group for held in self._held])


def _grouped(block: Block, by: str | None, rows: IndexArray) -> tuple[list[str], IndexArray]:
    """Return the words of the groups in the order of their first rows, and each row's number.

    Words are the same after trimming and case-folding; blank cells are a group as well.
    """
    if by is None:
        return [""], np.zeros(len(rows), dtype=np.intp)
    cells = block.columns[by][rows]
    if isinstance(cells, Coded):
        texts = [fold(text_of(text)) for text in cells.texts.tolist()]
        words = [texts[code] for code in cells.codes.tolist()]
    else:
        words = [fold(text_of(cell)) for cell in cells.tolist()]
    number_of_word: dict[str, int] = {}
    group = [number_of_word.setdefault(word, len(number_of_word)) for word in words]
    return list(number_of_word), np.array(group, dtype=np.intp)

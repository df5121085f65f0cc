"""Score the blocks of a table: any thread scores one, and one tally adds them up in order."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from placement.arrays import BoolArray, CellArray, Document, IndexArray
from placement.data.columns.left_out import RowsLeftOut, describe_rows
from placement.data.columns.row_rules import Rule
from placement.data.formats.blocks import NO_STUDENT, LeftOutRow
from placement.data.formats.faulty_rows import REASON as FAULTY
from placement.data.formats.faulty_rows import answer_each
from placement.data.formats.table_reader import Block, Reader
from placement.data.output.writer import NOTES
from placement.data.schema import matching_columns
from placement.data.target.target_column import labelled, unlabelled
from placement.errors import DataError, too_many_doubts
from placement.evaluation.explanation.contributions import REASONS
from placement.model.scorer import Coded, Formats, Problem, Scores, TableLike, notes
from placement.workflows.reading.find_model import Model
from placement.workflows.reading.number_formats import FileFormats
from placement.workflows.scoring.predict_one import phrase

ANSWER = ("placement_probability", "placement_prediction", "placement_label")
INTERVAL = ("placement_low", "placement_high")
REASON = tuple(f"placement_reason_{number}" for number in range(1, REASONS + 1))

if TYPE_CHECKING:
    from placement.model.fitted import Fitted


@dataclass(frozen=True)
class Scored:
    """A block with its answers: the added cells (n,), of which only those in `keep` count.

    `with_others`: rows that are no students are written as well, without an answer. `left_out` are
    the students that are not scored, masks (n,) by reason. `numbers` (n,) are those of the rows in
    their file, where they do not follow one another. `decided` counts the scored ones whose
    outcome is known, where that is looked at.
    """

    block: Block
    keep: BoolArray
    cells: TableLike
    problems: tuple[Problem, ...]
    left_out: Mapping[str, BoolArray]
    positive: int
    with_others: bool = False
    written: Any = None
    numbers: IndexArray | None = None
    decided: int = 0

    def rows_left_out(self) -> Iterator[LeftOutRow]:
        """Yield the students that are not scored, with why."""
        for reason, mask in self.left_out.items():
            for row in np.flatnonzero(mask).tolist():
                yield self.block.left_out_row(row, reason)

    @property
    def rows(self) -> BoolArray:
        """Which rows (n,) are written."""
        return self.keep | ~self.block.is_student if self.with_others else self.keep


@dataclass(frozen=True)
class BlockScorer:
    """Which rows are scored, and how: those of a `rule`, those without an outcome (`unknown`).

    With `fitted`, the model in full, the reasons are added. `counts_decided`: the scored students
    whose outcome is known are counted.
    """

    model: Model
    threshold: float
    formats: FileFormats
    unknown: bool
    rule: Rule | None
    fitted: "Fitted | None" = None
    counts_decided: bool = False

    @property
    def added(self) -> tuple[str, ...]:
        """The columns that are added to the table's own."""
        interval = () if self.model.scorer.factor is None else INTERVAL
        return (*ANSWER, *interval, *(REASON if self.fitted is not None else ()), NOTES)

    @property
    def columns(self) -> frozenset[str]:
        """The columns that are looked at, in the model's spelling or the user's."""
        columns = set(self.model.scorer.feature_columns)
        if self.unknown or self.counts_decided:
            columns.add(self.model.schema.target.name)
        return frozenset(columns | ({str(self.rule.column)} if self.rule else set()))

    def score(self, block: Block) -> Scored:
        """Score the rows that are meant."""
        keep, left_out = self._selection(block)
        everything = bool(keep.all())
        spellings = match(block, self.model).items()
        given = {name: block.columns[spelling] for name, spelling in spellings}
        if not everything:
            given = {name: cells[keep] for name, cells in given.items()}
        formats = self.formats[block.file]
        scores = self.model.scorer.score(given, formats, errors=True)
        cells = self._answer(scores)
        if self.fitted is not None:
            cells |= _reasons(self.fitted, given, formats)
        if not everything:
            cells = {name: _spread(column, keep) for name, column in cells.items()}
        cells |= {NOTES: _notes(block, keep, scores.problems)}
        positive = int((scores.probability >= self.threshold).sum())
        with_others = self.rule is None and not self.unknown
        decided = 0
        if self.counts_decided:
            decided = int((keep & labelled(self.model.schema.target, block.columns)).sum())
        return Scored(
            block,
            keep,
            cells,
            scores.problems,
            left_out,
            positive,
            with_others,
            decided=decided,
        )

    def _answer(self, scores: Scores) -> Document:
        """Return probability, prediction and label (n,), and the probability's 95 % limits."""
        prediction = (scores.probability >= self.threshold).astype(np.int64)
        target = self.model.schema.target
        words = np.array([target.negative, target.positive], dtype=object)
        label = Coded(prediction, words)
        cells = dict(zip(ANSWER, (scores.probability, prediction, label), strict=True))
        return cells | dict(zip(INTERVAL, scores.interval or (), strict=False))

    def _selection(self, block: Block) -> tuple[BoolArray, dict[str, BoolArray]]:
        keep, left_out = block.is_student, {}
        if self.unknown:
            blank = unlabelled(self.model.schema.target, block.columns)
            left_out["the outcome is known"] = keep & ~blank
            keep = keep & blank
        if self.rule is not None:
            meant = self.rule.mask(block.columns, formats=self.formats[block.file], file=block.file)
            left_out[f"not {self.rule}"] = keep & ~meant
            keep = keep & meant
        return keep, left_out


def _reasons(fitted: "Fitted", given: TableLike, formats: Formats) -> Document:
    """Return the reasons (n,) in words."""
    from placement.evaluation.explanation.contributions import explain, reasons

    reasons_by_row = reasons(fitted, explain(fitted, given, formats), given, formats)
    return {
        name: np.array(
            [texts[index] if index < len(texts) else None for texts in reasons_by_row], object
        )
        for index, name in enumerate(REASON)
    }


def _notes(block: Block, keep: BoolArray, problems: tuple[Problem, ...]) -> Coded:
    """Say of each row (n,) which cells are in doubt, or why it is no student's.

    The problems are numbered among the rows in `keep`.
    """
    of_scored = notes(problems, int(keep.sum()))
    codes, texts = np.zeros(len(block), dtype=np.int64), of_scored.texts.tolist()
    codes[keep] = of_scored.codes
    for row, reason in block.not_students.items():
        codes[row] = len(texts)
        texts.append(f"{NO_STUDENT}: {reason}")
    return Coded(codes, np.array(texts, dtype=object))


def _spread(cells: CellArray | Coded, keep: BoolArray) -> CellArray | Coded:
    """Spread the cells of the rows in `keep` over all rows; the others are not written."""
    scored = cells.codes if isinstance(cells, Coded) else cells
    column = np.zeros(len(keep), dtype=scored.dtype)
    column[keep] = scored
    return Coded(column, cells.texts) if isinstance(cells, Coded) else column


def match(block: Block, model: Model) -> dict[str, str]:
    """Map the model's columns to the block's own names."""
    return matching_columns(block.names, list(model.scorer.feature_columns), file=block.file)


@dataclass
class ScoringWarnings:
    """Cells scored with a stand-in, gathered over blocks: the first row and how many more."""

    first: dict[tuple[str, str], str] = field(default_factory=dict)
    count: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, problems: tuple[Problem, ...], where: Callable[[int], str]) -> None:
        """Count the problems of some rows; `where` says in words where a row (0-based) is."""
        for problem in problems:
            key = (problem.column, problem.what)
            if key not in self.first:
                first = where(int(problem.rows[0]))
                self.first[key] = f"{first}, column {problem.column}: {phrase(problem)}"
            self.count[key] = self.count.get(key, 0) + len(problem.rows)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The first row of each kind of problem, and how many more there are."""
        return tuple(
            text + (f" (and {self.count[key] - 1:,} more rows)" if self.count[key] > 1 else "")
            for key, text in self.first.items()
        )


@dataclass
class ScoringCounts:
    """Counts over blocks that come in order."""

    rows_in: int = 0
    scored: int = 0
    in_doubt: int = 0
    blank_lines: int = 0
    decided: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    problems: ScoringWarnings = field(default_factory=ScoringWarnings)
    rows_left_out: RowsLeftOut = field(default_factory=RowsLeftOut)

    def add(self, scored: Scored) -> None:
        """Count a block whose rows are numbered."""
        self.rows_in += len(scored.block) - len(scored.block.not_students)
        self.scored += int(scored.keep.sum())
        self.blank_lines += scored.block.blank_lines
        self.decided += scored.decided
        self.rows_left_out.add(scored.block)
        for why, mask in scored.left_out.items():
            self.left_out[why] = self.left_out.get(why, 0) + int(mask.sum())
        doubtful = [problem.rows for problem in scored.problems if problem.what != "missing"]
        self.in_doubt += len(np.unique(np.concatenate(doubtful))) if doubtful else 0
        if scored.problems:
            rows = np.flatnonzero(scored.keep)
            self.problems.add(scored.problems, lambda row: scored.block.where(int(rows[row])))

    def refuse_doubts(self, name: str) -> None:
        """Raise `DataError` where a column is in doubt in so many rows that it means another thing.

        A blank cell is nothing that anyone doubts.
        """
        doubtful = Counter[str]()
        for (column, what), rows in self.problems.count.items():
            doubtful[column] += 0 if what == "missing" else rows
        for column, rows in doubtful.items():
            if too_many_doubts(rows, self.scored):
                first = next(
                    text
                    for (of, what), text in self.problems.first.items()
                    if of == column and what != "missing"
                )
                raise DataError(
                    f"{name}: {column} is in doubt in {rows:,} of {self.scored:,} rows, so "
                    f"no answer is given: {first}; correct the column, or have every "
                    "row answered all the same, with a note, by --accept-doubts"
                )

    def settle_faulty(self, reader: Reader) -> tuple[str, ...]:
        """Count the faulty rows as left out, with a warning; raise `FaultyRows` if not wished.

        Warn of the rows that are no students as well.
        """
        faulty, others = self.rows_left_out.faulty, self.rows_left_out.others
        total = self.rows_in + len(faulty)
        warnings = answer_each(faulty, total, reader.bad_rows, reader.name)
        self.left_out[FAULTY] = len(faulty)
        return (*warnings, *describe_rows(others, "without an answer"))

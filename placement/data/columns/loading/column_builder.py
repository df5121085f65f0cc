"""Builds a column block by block: as numbers, as coded text, or as hashes of free text."""

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from placement.arrays import IntArray, ObjectArray, UInt64Array
from placement.data.columns.column_store import ChunkedArrayBuilder, ColumnStore
from placement.data.columns.raw_column import (
    MAX_TEXTS,
    NUMBER_SHARE,
    UNPARSABLE,
    CategoricalColumn,
    HashedColumn,
    NumericColumn,
    RawColumn,
    factorize,
)
from placement.data.formats.blocks import Cells
from placement.data.schema import means_mark
from placement.errors import counted
from placement.model.scorer import (
    Coded,
    LearntNumbers,
    NumberFormat,
    WrittenNumbers,
    are_codes,
    fold,
    parse_numbers,
    plain,
)

_EXAMPLES = 1_000
_HASH_KEY = "placement: words"


@dataclass(frozen=True)
class Reading:
    """How to read a column: as text or as numbers, None where its first cells are to decide.

    `as_written`: its cells come as they are written, even where they are numbers. `form`: how the
    numbers are written, None where that is still to be seen.
    """

    as_text: bool | None = None
    as_written: bool = False
    form: NumberFormat | None = None


class ColumnBuilder:
    """Builds one column, block by block; without `as_text`, the first block decides its dtype."""

    def __init__(
        self,
        name: str,
        store: ColumnStore,
        prior: NumberFormat,
        reading: Reading = Reading(),
        max_texts: int = MAX_TEXTS,
        learnt: LearntNumbers | None = None,
    ) -> None:
        self._name, self._store = name, store
        self.prior, self._reading, self._learnt = prior, reading, learnt
        self.written = WrittenNumbers()
        self._formats_used: set[NumberFormat] = set()
        self._typed = False  # some of the numbers came as such, not as text
        self._as_text, self._is_requested = reading.as_text, reading.as_text is not None
        self._lost_spelling = False  # some text came as numbers, and lost its spelling
        self._max_texts = max_texts
        self._cells: ChunkedArrayBuilder | None = None
        self._number_count = self._unparsable_count = self._rows = 0
        self._examples: dict[int, str] = {}
        self._code_of: defaultdict[str, int] = defaultdict()
        self._code_of.default_factory = self._code_of.__len__
        self._counts = np.zeros(0, dtype=np.int64)
        self._cleaned_count, self._cleaned_example = 0, ""

    def add(self, cells: Cells) -> None:
        """Append cells (n,)."""
        numbers = isinstance(cells, np.ndarray) and cells.dtype.kind in "fiu"
        if self._as_text is None:
            self._as_text = not numbers and self._are_texts(factorize(cells))
        if not self._as_text:
            self._add_numbers(cells)
        elif self._cells is not None and self._cells.array.dtype == np.uint64:
            self._add_hashes(factorize(cells))
        else:
            self._add_texts(factorize(cells))
        self._lost_spelling |= self._as_text and numbers and not self._is_requested
        self._rows += len(cells)

    def _are_texts(self, cells: Coded) -> bool:
        """Whether a first piece looks like a column of text; blank cells do not count."""
        counts = np.bincount(cells.codes, minlength=len(cells.texts))
        if not means_mark(self._name) and are_codes(cells.texts):
            return True
        form = self._format_of(WrittenNumbers.of(cells))
        numbers, unparsable = parse_numbers(cells.texts, form)
        parsed, unparsed = int(counts[~np.isnan(numbers)].sum()), int(counts[unparsable].sum())
        return bool(unparsed) and parsed < NUMBER_SHARE * (parsed + unparsed)

    def end_of_file(self) -> None:
        """End the piece: none reaches over the end of a file."""
        if self._cells is not None:
            self._cells.end_piece()

    def _add_numbers(self, cells: Cells) -> None:
        self._cells = self._cells or ChunkedArrayBuilder(self._store, np.float64)
        if isinstance(cells, np.ndarray) and cells.dtype.kind in "fiu":
            written = WrittenNumbers.of(cells)
            self.written = self.written.merge(written)
            self._number_count += written.kinds["number"]
            self._cells.add(cells)
            self._typed = True
            return
        texts = factorize(cells)
        self._count_cleaned(texts)
        self.written = self.written.merge(WrittenNumbers.of(texts))
        form = self.form
        self._formats_used.add(form)
        values, unparsable = parse_numbers(texts, form)
        self._number_count += len(values) - int(np.count_nonzero(np.isnan(values)))
        if unparsable.any():
            values[unparsable] = UNPARSABLE
            self._unparsable_count += int(np.count_nonzero(unparsable))
            for index in np.flatnonzero(unparsable)[: _EXAMPLES - len(self._examples)].tolist():
                self._examples[self._rows + index] = str(texts[index])
        self._cells.add(values)

    def _add_texts(self, cells: Coded) -> None:
        self._cells = self._cells or ChunkedArrayBuilder(self._store, np.int32)
        code_map = np.array([self._code_of[plain(text or "")] for text in cells.texts], np.int32)
        codes = code_map[cells.codes]
        self._count_cleaned(cells)
        counts = np.bincount(codes, minlength=len(self._code_of))
        counts[: len(self._counts)] += self._counts
        self._counts = counts
        self._cells.add(codes)
        if len(self._code_of) > self._max_texts:
            self._cells = self._to_hashes(self._cells)

    def _count_cleaned(self, cells: Coded) -> None:
        """Count the cells of which something is read away that is no part of them."""
        cleaned = [i for i, text in enumerate(cells.texts) if text and plain(text) != text.strip()]
        if cleaned:
            counts = np.bincount(cells.codes, minlength=len(cells.texts))
            self._cleaned_count += int(counts[cleaned].sum())
            self._cleaned_example = self._cleaned_example or cells.texts[cleaned[0]]

    @property
    def _cleaned(self) -> str:
        """Say of how many cells something is read away, and what of the first."""
        if not self._cleaned_count:
            return ""
        example, cells = self._cleaned_example, counted(self._cleaned_count, "cell")
        return f"{example!a} is read as {plain(example)!r} ({cells})"

    def _add_hashes(self, cells: Coded) -> None:
        self._count_numbers(cells.texts, np.bincount(cells.codes, minlength=len(cells.texts)))
        if self._cells is not None:
            self._cells.add(_hashes(cells))

    def _count_numbers(self, texts: ObjectArray, counts: IntArray) -> None:
        # Most free text begins as no number does (inf) and no missing one (NA, null).
        is_text = [bool(text) and text[0].isalpha() and text[0] not in "iInN" for text in texts]
        may_be_number = ~np.array(is_text, dtype=bool)
        numbers, unparsable = parse_numbers(texts[may_be_number], self.form)
        self._number_count += int(counts[may_be_number][~np.isnan(numbers)].sum())
        self._unparsable_count += int(counts[~may_be_number].sum())
        self._unparsable_count += int(counts[may_be_number][unparsable].sum())

    @property
    def form(self) -> NumberFormat:
        """How the numbers are written, as far as was read."""
        return self._reading.form or self._format_of(self.written)

    def _format_of(self, written: WrittenNumbers) -> NumberFormat:
        if self._learnt is None:
            form = written.number_format(self.prior)
            # Where no cell says what it is out of, the name alone does not tell 0.78 from 78.
            return form if written.maxima else replace(form, scale=None)
        return replace(self._learnt.format_of(written, self.prior.grouping), mixed=None)

    @property
    def reread(self) -> Reading | None:
        """How to read the column again; None where it was read right.

        All rows decide, not the first: so their order does not matter.
        """
        non_missing = self._number_count + self._unparsable_count
        numbers = not self._unparsable_count or self._number_count >= NUMBER_SHARE * non_missing
        dtype = None if self._cells is None else self._cells.array.dtype
        if dtype == np.uint64 and numbers:
            return Reading(as_text=False)
        if self._lost_spelling or (dtype == np.float64 and not numbers):
            return Reading(as_text=True, as_written=True)
        if dtype == np.float64 and self._formats_used - {self.form}:
            misread = self._typed and "." in self.form.grouping
            return Reading(as_text=False, as_written=misread, form=self.form)
        return None

    def _to_hashes(self, codes: ChunkedArrayBuilder) -> ChunkedArrayBuilder:
        """Store hashes from here on: there are too many distinct texts to keep."""
        texts = self._texts()
        self._count_numbers(texts, self._counts)
        hash_of_text = _hashes(Coded(np.arange(len(texts)), texts))
        hashes = ChunkedArrayBuilder(self._store, np.uint64)
        ended = len(codes.array)
        codes.end_piece()
        for piece, piece_codes in enumerate(codes.array):
            hashes.add(hash_of_text[piece_codes])
            if piece < ended:
                hashes.end_piece()  # a piece that ended with its file still does
        codes.array.discard()
        self._code_of.clear()
        return hashes

    def _texts(self) -> ObjectArray:
        texts = np.empty(len(self._code_of), dtype=object)
        texts[:] = list(self._code_of)
        return texts

    def look_at_texts(self) -> None:
        """See how the numbers of coded text are written, now that all of it is there."""
        if self._cells is None or self._cells.array.dtype != np.int32:
            return
        texts = self._texts()
        if not np.isnan(parse_numbers(texts, self.prior)[0]).all():
            rows = zip(texts, self._counts.tolist(), strict=True)
            self.written = WrittenNumbers.of_texts(rows)

    def build(self) -> RawColumn:
        """Return the column of all cells."""
        array = (self._cells or ChunkedArrayBuilder(self._store, np.int32)).array
        if array.dtype == np.float64:
            counts = self._number_count, self._unparsable_count
            return NumericColumn(
                self._name,
                array,
                *counts,
                self._examples,
                self.form,
                self.written.notes(self.form),
                self._cleaned,
            )
        if array.dtype == np.uint64:
            return HashedColumn(self._name, array)
        texts, form = self._texts(), self.form
        numbers, unparsable = parse_numbers(texts, form)
        columns = array, texts, numbers, unparsable, self._counts
        notes = self.written.notes(form)
        return CategoricalColumn(self._name, *columns, form, notes, self._cleaned)


def _hashes(cells: Coded) -> UInt64Array:
    """Return a hash of each cell's text (n,), the same whatever its case; 0 where blank."""
    from pandas.util import hash_array

    folded = np.empty(len(cells.texts), dtype=object)
    folded[:] = [fold(text or "") for text in cells.texts]
    hashes = hash_array(folded, hash_key=_HASH_KEY, categorize=False)
    hashes[folded == ""] = 0
    cell_hashes: UInt64Array = hashes[cells.codes]
    return cell_hashes

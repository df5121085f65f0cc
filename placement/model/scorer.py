"""Score students with a bundle: standard library, numpy and safetensors, nothing of ours.

The command line, the logged MLflow model and training itself encode and score through this
one file, so they cannot drift apart. A copy of it travels with each logged model, alone: that is
why it is one file, and longer than others.

A column of people's cells may come as text, numbers, booleans, nullable or categorical pandas
columns; `parse_numbers` and `words` are the only places that decide what a cell means.
"""

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load as load_safetensors

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 4
DOCUMENT = "fitted.json"
WEIGHTS = "weights.safetensors"
Z95 = 1.959963984540054
SPARSE = 0.25  # a column of fewer cells other than 0 is worth looking at row by row
MISSING_NUMBERS = frozenset({"", "na", "n/a", "nan", "null", "#n/a", "-", "?"})

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?(?!0)\d{1,3}(,\d{2,3})*,\d{3}(\.\d*)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")

Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]
Array = npt.NDArray[Any]
Cell = Any  # one of anybody's table: text, a number, a missing value of pandas
Document = dict[str, Any]  # JSON, as it is read


class ColumnLike(Protocol):
    """A column of anybody's table: an array, a pandas column of any dtype, a list, `Coded`."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any, /) -> Any: ...


TableLike = Mapping[str, ColumnLike]


class ScorerError(ValueError):
    """A bundle or a table cannot be used. `reason`: bundle, format or column."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Problem:
    """Cells of one column that were scored with a stand-in: which rows (0-based), and why."""

    column: str
    what: str  # "unseen level" | "not a number" | "far outside training" | "missing"
    rows: npt.NDArray[np.intp]
    example: str


@dataclass(frozen=True)
class Scores:
    """What the model says of each row: arrays of shape (n,), and the cells it had doubts about.

    `logit` is the linear predictor; `probability` is its sigmoid, or what the model's calibration
    makes of it. `interval` are the 95 % limits (n,) of the probability, about the average of such
    students; None where they were not asked for or are not known.
    """

    probability: Floats
    logit: Floats
    problems: tuple[Problem, ...]
    interval: tuple[Floats, Floats] | None = None


@dataclass(frozen=True, eq=False)
class Coded:
    """Cells as `texts[codes]`: a distinct text is looked at once, however many rows have it.

    `codes: (n,)` of whole numbers, `texts: (k,)` objects of text, or None where missing.
    """

    codes: npt.NDArray[np.integer]
    texts: Objects

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Any) -> Any:
        """Return the text of one row, or the cells of some rows."""
        codes = self.codes[rows]
        return Coded(codes, self.texts) if isinstance(codes, np.ndarray) else self.texts[codes]

    @property
    def dtype(self) -> np.dtype[np.object_]:
        """That of the cells when they are written out."""
        return self.texts.dtype

    def to_numpy(self) -> Objects:
        """Return every cell's text, (n,)."""
        cells: Objects = self.texts[self.codes]
        return cells

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        """Let numpy write the cells out."""
        return self.to_numpy().astype(dtype or object, copy=False)

    def tolist(self) -> list[str | None]:
        """Return every cell's text."""
        return list(self.to_numpy())


def parse_numbers(cells: ColumnLike, decimal: str = ".") -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return the numbers in `cells` (n,) and a mask of cells that are neither number nor missing.

    Blank cells, the words of `MISSING_NUMBERS` and bad cells are NaN. Percent signs and
    thousands separators are dropped; `7,5` is 7.5; with `decimal=","` so is `7,125` 7.125.
    """
    if isinstance(cells, Coded):
        values, bad_texts = parse_numbers(cells.texts, decimal)
        return values[cells.codes], bad_texts[cells.codes]
    array = _as_array(cells)
    if array.dtype.kind in "fiub":
        return array.astype(np.float64, copy=False), np.zeros(len(array), dtype=bool)
    numbers: dict[Cell, float] = {}
    bad: set[Cell] = set()
    values = np.empty(len(array))
    for row, cell in enumerate(array):
        value = numbers.get(cell)
        if value is None:
            value, good = _number(cell, decimal)
            numbers[cell] = value
            if not good:
                bad.add(cell)
        values[row] = value
    if not bad:
        return values, np.zeros(len(array), dtype=bool)
    return values, np.fromiter((cell in bad for cell in array), dtype=bool, count=len(array))


def _number(cell: Cell, decimal: str) -> tuple[float, bool]:
    """Return the number in a cell, NaN where there is none, and whether the cell is in order."""
    if isinstance(cell, str):
        return _number_of_text(cell, decimal)
    try:
        return (math.nan if _is_missing(cell) else float(cell)), True
    except (TypeError, ValueError, OverflowError):
        return math.nan, False


def _number_of_text(cell: str, decimal: str) -> tuple[float, bool]:
    if _NUMBER.fullmatch(cell):
        return float(cell), True  # by far the most cells are plain numbers
    text = cell.strip().removesuffix("%").rstrip()
    if text.casefold() in MISSING_NUMBERS:
        return math.nan, True
    if "," in text:
        if decimal != "," and _THOUSANDS.fullmatch(text):
            text = text.replace(",", "")
        elif _DECIMAL_COMMA.fullmatch(text):
            text = text.replace(",", ".")
    if _NUMBER.fullmatch(text):
        return float(text), True
    return math.nan, False


def words(cells: ColumnLike) -> Objects:
    """Return each cell's trimmed text (n,), None where it is blank or missing; 7.0 is `"7"`."""
    if isinstance(cells, Coded):
        return Coded(cells.codes, words(cells.texts)).to_numpy()
    array = _as_array(cells)
    trimmed: dict[str, str | None] = {}
    result = np.empty(len(array), dtype=object)
    for row, cell in enumerate(array.astype(object)):
        # True == 1 == 1.0 share a dictionary slot, so only text is remembered.
        if isinstance(cell, str):
            if cell not in trimmed:
                trimmed[cell] = cell.strip() or None
            result[row] = trimmed[cell]
        else:
            result[row] = None if _is_missing(cell) else _text(cell)
    return result


def fold(word: str) -> str:
    """Return the form in which two spellings of a word are the same."""
    return word.strip().casefold()


_DOTTED_LETTERS = re.compile(r"\b([^\W\d_])\.\s*(?=[^\W\d_]\b)")
_DOT = re.compile(r"(?<=[^\W\d_])\.(?=[^\W\d_]|\s|$)")


def fold_level(word: str) -> str:
    """Return the form in which two spellings of a level are the same: `cse.`, `C.S.E`, ` CSE`."""
    if not word.isascii():
        word = unicodedata.normalize("NFKC", word)
    if "." in word:
        word = _DOT.sub("", _DOTTED_LETTERS.sub(r"\1", word))
    return " ".join(word.rstrip(" .,;:").split()).casefold()


def fold_name(name: str) -> str:
    """Return the form in which two spellings of a column's name are the same.

    A heading may be broken over lines; any white space in it is one blank.
    """
    return " ".join(name.split()).casefold()


def _text(cell: Cell) -> str:
    if isinstance(cell, (float, np.floating)) and float(cell).is_integer():
        return str(int(cell))
    return str(cell).strip()


def _is_missing(cell: Cell) -> bool:
    if cell is None or type(cell).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(cell, (float, np.floating)) and math.isnan(cell)


def _as_array(cells: Any) -> Array:
    """Return a one-dimensional numpy array; pandas columns of any dtype are taken as they are."""
    dtype = getattr(cells, "dtype", None)
    if dtype is not None and not isinstance(dtype, np.dtype):
        return np.asarray(cells.astype(object).to_numpy(dtype=object))
    if isinstance(cells, np.ndarray) or hasattr(cells, "to_numpy"):
        return np.asarray(cells)
    values = list(cells)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


@dataclass(frozen=True)
class NumberColumn:
    """A standardised number: `(v - mean) / std`, and a 0/1 indicator where training had gaps.

    `low` and `high` are the range of training, rounded outwards; `missing` is the share of
    missing training cells, None where there were none. `whole`: training knew whole numbers only.
    """

    column: str
    mean: float
    std: float
    low: float
    high: float
    grade_scale: float | None
    missing: float | None
    whole: bool = field(default=False, kw_only=True)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the encoded columns."""
        return (self.column,) + ((f"{self.column}=(missing)",) if self.missing is not None else ())

    @property
    def averages(self) -> tuple[float, ...]:
        """Mean of each encoded column over the training rows."""
        return (0.0,) + ((self.missing,) if self.missing is not None else ())

    def standardised(self, values: Floats) -> list[Floats]:
        """Return the encoded columns of numbers (n,), none of them missing; each has mean 0."""
        return [(values - self.mean) / self.std]

    def encode(self, cells: ColumnLike, decimal: str = ".") -> tuple[list[Floats], list[Problem]]:
        """Return one contiguous array per encoded column, and the cells in doubt."""
        if isinstance(cells, Coded):
            return _of_distinct(self, cells, decimal)
        values, bad = parse_numbers(cells, decimal)
        if self._is_plain(values):
            gaps = [np.zeros(len(values))] if self.missing is not None else []
            return [*self.standardised(values), *gaps], []
        bad |= np.isinf(values)
        gap = np.isnan(values) | bad
        encoded = self.standardised(np.where(gap, self.mean, values))
        columns = [np.where(gap, 0.0, column) for column in encoded]
        columns += [gap.astype(np.float64)] if self.missing is not None else []
        low, high = self._near
        far = ~gap & ((values < low) | (values > high))
        unexpected = gap & ~bad if self.missing is None else np.zeros(len(gap), dtype=bool)
        return columns, [
            *_problem(self.column, "not a number", bad, cells),
            *_problem(self.column, "missing", unexpected, cells),
            *_problem(self.column, "far outside training", far, cells),
        ]

    @property
    def _near(self) -> tuple[float, float]:
        """Between which numbers a cell is not far outside training."""
        margin = (self.high - self.low) / 2
        if self.grade_scale is None:
            return self.low - margin, self.high + margin
        return max(self.low - margin, 0.0), min(self.high + margin, self.grade_scale)

    def _is_plain(self, values: Floats) -> bool:
        """Whether all values (n,) are finite numbers that training knew the like of."""
        low, high = self._near
        return len(values) > 0 and bool(low <= values.min() and values.max() <= high)


@dataclass(frozen=True)
class SplineColumn(NumberColumn):
    """A number and its curve: a restricted cubic spline, straight beyond the outer of K `knots`.

    The first encoded column is the standardised number; K - 2 others follow, `cgpa.spline2` and so
    on, of mean 0 and deviation 1, each being what its function has that the columns before it lack.
    `means: (K-2,)` are those of the functions (`restricted_cubic`). Each row of `transform` makes
    one encoded column: factors of the centred number, then of the centred functions up to its own.
    """

    knots: tuple[float, ...]
    means: tuple[float, ...]
    transform: tuple[tuple[float, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the encoded columns."""
        first, *gap = super().names
        curved = tuple(f"{self.column}.spline{k}" for k in range(2, len(self.knots)))
        return (first, *curved, *gap)

    @property
    def averages(self) -> tuple[float, ...]:
        """Mean of each encoded column over the training rows."""
        return (0.0,) * (len(self.knots) - 2) + super().averages

    def standardised(self, values: Floats) -> list[Floats]:
        """Return the encoded columns of numbers (n,), none of them missing; each has mean 0."""
        functions = restricted_cubic(values, self.knots)
        centred = [values - self.mean]
        centred += [curve - mean for curve, mean in zip(functions, self.means, strict=True)]
        columns = [centred[0] / self.std]
        for factors in self.transform:
            column = factors[0] * centred[0]
            for factor, curve in zip(factors[1:], centred[1:], strict=False):
                column += factor * curve
            columns.append(column)
        return columns


def restricted_cubic(values: Floats, knots: Sequence[float]) -> list[Floats]:
    """Return the K - 2 functions of values (n,) that bend a line between its K `knots`.

    Harrell, Regression Modeling Strategies (2015), section 2.4.5: truncated cubes over the squared
    distance of the outer knots; 0 before the first knot, straight after the last.
    """
    first, before, last = knots[0], knots[-2], knots[-1]
    square = (last - first) * (last - first)
    # Beyond the last knot cubes would only cancel: the straight line is written out instead.
    inside, beyond = np.clip(values, first, last), np.maximum(values - last, 0.0)
    end = _cube(inside - before)
    functions = []
    for knot in knots[:-2]:
        share = (last - knot) / (last - before)
        slope = 3.0 * (last - knot) * (before - knot) / square
        functions.append((_cube(inside - knot) - end * share) / square + beyond * slope)
    return functions


def _cube(values: Floats) -> Floats:
    positive = np.maximum(values, 0.0)
    return positive * positive * positive


@dataclass(frozen=True)
class StepColumn:
    """A 0/1 column for each threshold: is the number at least so much?

    It stands beside the number's own column, which tells of cells in doubt. `averages` are the
    shares of the observed training cells at or above: what a missing cell is scored as.
    """

    column: str
    thresholds: tuple[float, ...]
    averages: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the encoded columns."""
        shown = (int(t) if t.is_integer() and abs(t) < 1e15 else t for t in self.thresholds)
        return tuple(f"{self.column}>={threshold!r}" for threshold in shown)

    def encode(self, cells: ColumnLike, decimal: str = ".") -> tuple[list[Floats], list[Problem]]:
        """Return one contiguous array per encoded column, and no cell in doubt."""
        if isinstance(cells, Coded):
            return _of_distinct(self, cells, decimal)
        values, _ = parse_numbers(cells, decimal)
        gap = ~np.isfinite(values)
        pairs = zip(self.thresholds, self.averages, strict=True)
        return [np.where(gap, average, values >= threshold) for threshold, average in pairs], []


@dataclass(frozen=True)
class InteractionColumn:
    """Products of encoded columns that stand before it: `pairs` are their indices, from 0.

    `column` is the two file columns as `A:B`, `averages` the products' means over the training
    rows. A cell that is missing or unseen counts as in the columns that are multiplied.
    """

    column: str
    names: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]
    averages: tuple[float, ...]

    def encode(self, before: Sequence[Floats]) -> list[Floats]:
        """Return one array (n,) per product of the encoded columns before it."""
        return [before[one] * before[other] for one, other in self.pairs]


@dataclass(frozen=True)
class CategoryColumn:
    """Treatment-coded levels; the first slot of `levels`, `(rare)`, `(missing)` is the reference.

    `shares` are the slots' shares of training: an unseen level scores as `(rare)` where there is
    one, else as the average student. `numeric`: the levels are numbers, so `2.0` is `2`, and
    what is no number is missing. `same` are further spellings, each with its level.
    `ignores_dots`: spellings are one by `fold_level`; to formats before 4, `cse.` was not `CSE`.
    """

    column: str
    levels: tuple[str, ...]
    rare: bool
    missing: bool
    shares: tuple[float, ...]
    numeric: bool
    same: tuple[tuple[str, str], ...] = field(default=(), kw_only=True)
    ignores_dots: bool = field(default=False, kw_only=True)

    @property
    def slots(self) -> tuple[str, ...]:
        """All levels, the reference first."""
        others = {"(rare)": self.rare, "(missing)": self.missing}
        return (*self.levels, *(slot for slot, is_there in others.items() if is_there))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the encoded columns."""
        return tuple(f"{self.column}={slot}" for slot in self.slots[1:])

    @property
    def averages(self) -> tuple[float, ...]:
        """Mean of each encoded column over the training rows."""
        return self.shares[1:]

    def encode(self, cells: ColumnLike, decimal: str = ".") -> tuple[list[Floats], list[Problem]]:
        """Return one contiguous array per encoded column, and the cells in doubt."""
        if isinstance(cells, Coded):
            return _of_distinct(self, cells, decimal)
        bad = np.zeros(len(cells), dtype=bool)
        if self.numeric:
            numbers, bad = parse_numbers(cells, decimal)
            spelled = words(numbers)
        else:
            spelled = words(cells)
        slots = self._slot_of_each(spelled)
        unseen = slots < 0
        gap = unseen & (spelled == None)  # noqa: E711 - elementwise on an object array
        if self.rare:
            slots[unseen & ~gap] = len(self.levels)
        columns = []
        for slot in range(1, len(self.slots)):
            column = (slots == slot).astype(np.float64)
            column[slots < 0] = self.shares[slot]
            columns.append(column)
        return columns, [
            *_problem(self.column, "unseen level", unseen & ~gap, cells),
            *_problem(self.column, "not a number", bad, cells),
            *_problem(self.column, "missing", gap & ~bad, cells),
        ]

    def _slot_of_each(self, spelled: Objects) -> npt.NDArray[np.intp]:
        folded = fold_level if self.ignores_dots else fold
        slot_of_level: dict[str | None, int] = {folded(w): k for k, w in enumerate(self.levels)}
        slot_of_level |= {
            folded(other): slot_of_level[folded(level)]
            for other, level in self.same
            if folded(level) in slot_of_level
        }
        if self.missing:
            slot_of_level[None] = len(self.slots) - 1
        slot_of = {
            word: slot_of_level.get(None if word is None else folded(word), -1)
            for word in set(spelled.tolist())
        }
        return np.fromiter((slot_of[word] for word in spelled), dtype=np.intp, count=len(spelled))


CellColumn = NumberColumn | CategoryColumn | StepColumn
Column = CellColumn | InteractionColumn
# What a column is called in the bundle's document.
KINDS: Mapping[str, type[Column]] = {
    "number": NumberColumn,
    "spline": SplineColumn,
    "step": StepColumn,
    "category": CategoryColumn,
    "interaction": InteractionColumn,
}


def file_columns(columns: Iterable[Column]) -> tuple[str, ...]:
    """Return the columns of the file that encoded columns are made of, in order."""
    names = [item.column for item in columns if not isinstance(item, InteractionColumn)]
    return tuple(dict.fromkeys(names))


def encode_in_order(
    columns: Sequence[Column], table: TableLike, decimal: str = "."
) -> Iterator[tuple[list[Floats], list[Problem]]]:
    """Yield the arrays (n,) of each column, and its cells in doubt, from file columns by name."""
    keep = any(isinstance(column, InteractionColumn) for column in columns)
    before: list[Floats] = []
    for column in columns:
        doubts: list[Problem] = []
        if isinstance(column, InteractionColumn):
            encoded = column.encode(before)
        else:
            encoded, doubts = column.encode(table[column.column], decimal)
        if keep:
            before += encoded
        yield encoded, doubts


def _of_distinct(
    column: CellColumn, cells: Coded, decimal: str
) -> tuple[list[Floats], list[Problem]]:
    """Encode each distinct text once, and hand the result to the rows that have it."""
    encoded, doubts = column.encode(cells.texts, decimal)
    problems: list[Problem] = []
    for doubt in doubts:
        mask = np.zeros(len(cells.texts), dtype=bool)
        mask[doubt.rows] = True
        problems += _problem(column.column, doubt.what, mask[cells.codes], cells)
    return [values[cells.codes] for values in encoded], problems


def _problem(
    column: str, what: str, mask: npt.NDArray[np.bool_], cells: ColumnLike
) -> list[Problem]:
    if not mask.any():
        return []
    rows = np.flatnonzero(mask)
    example = cells[rows[0]] if isinstance(cells, Coded) else _as_array(cells)[rows[0]]
    return [Problem(column, what, rows, str(example))]


def column_from_document(entry: Document) -> Column:
    """Build an encoded column from its entry in the bundle's document."""
    kind = KINDS[entry["kind"]]
    # Format 1 knew nothing of some fields, which have defaults.
    names = [field.name for field in fields(kind) if field.name in entry]
    column: Column = kind(**{name: _as_tuples(entry[name]) for name in names})
    return column


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value


def match_columns(names: Iterable[str], columns: Sequence[str]) -> dict[str, str]:
    """Map each of some columns to the name in the table, forgiving case and white space."""
    present = list(names)
    exact, folded = set(present), {fold_name(str(name)): name for name in reversed(present)}
    return {
        name: name if name in exact else folded[fold_name(name)]
        for name in columns
        if name in exact or fold_name(name) in folded
    }


@dataclass(frozen=True)
class Platt:
    """Platt's calibration: `sigmoid(slope * logit + intercept)`, with a slope above 0."""

    slope: float
    intercept: float

    def apply(self, logit: Floats) -> Floats:
        """Return the calibrated probability (n,) of each logit (n,), elementwise."""
        return sigmoid(logit * self.slope + self.intercept)

    @property
    def document(self) -> Document:
        """The JSON-able form."""
        return {"kind": "platt", **asdict(self)}


@dataclass(frozen=True)
class Isotonic:
    """A rising line: through `probability` (k,) at `logit` (k,), level outside, straight between.

    Each of the k points is the mean of at least 5 training rows.
    """

    logit: tuple[float, ...]
    probability: tuple[float, ...]

    def apply(self, logit: Floats) -> Floats:
        """Return the calibrated probability (n,) of each logit (n,), elementwise."""
        return np.interp(logit, self.logit, self.probability)

    @property
    def document(self) -> Document:
        """The JSON-able form."""
        return {"kind": "isotonic", **asdict(self)}


Calibration = Platt | Isotonic


def calibration_from_document(entry: Document | None) -> Calibration | None:
    """Build a calibration from its entry in the bundle's document; None where there is none."""
    if entry is None:
        return None
    kind: type[Calibration] = {"platt": Platt, "isotonic": Isotonic}[entry["kind"]]
    return kind(**{field.name: _as_tuples(entry[field.name]) for field in fields(kind)})


@dataclass(frozen=True)
class Scorer:
    """A trained perceptron over its columns: `sigmoid(intercept + sum of x_j * w_j)`.

    Where there is a `calibration`, it stands in the place of the sigmoid. `factor` (d + 1, d + 1)
    is lower triangular; times its transpose it is the covariance of the weights and, last, the
    intercept.
    """

    columns: tuple[Column, ...]
    weights: Floats
    intercept: float
    factor: Floats | None = None
    calibration: Calibration | None = None

    @property
    def feature_columns(self) -> tuple[str, ...]:
        """The file columns that must be there."""
        return file_columns(self.columns)

    def score(self, table: TableLike, decimal: str = ".", *, errors: bool = False) -> Scores:
        """Score a table (a data frame or a mapping of columns, each (n,)).

        `errors`: with the standard errors of the logits, where the bundle knows the covariance.
        """
        spelling = match_columns(table.keys(), self.feature_columns)
        lacking = [name for name in self.feature_columns if name not in spelling]
        if lacking:
            raise ScorerError("column", f"the table lacks the column {', '.join(lacking)}")
        cells = {name: table[spelling[name]] for name in self.feature_columns}
        lengths = {len(one) for one in cells.values()}
        if len(lengths) != 1:
            # numpy would stretch a column of one cell over all rows.
            raise ScorerError("column", "the columns are not of one length, or there are none")
        logit = np.full(lengths.pop(), self.intercept)
        problems: list[Problem] = []
        spread = None if self.factor is None or not errors else _Spread(self.factor)
        index = 0
        for encoded, doubts in encode_in_order(self.columns, cells, decimal):
            problems += doubts
            for values in encoded:
                # Never `@`: BLAS gives other bits for one row than for a batch.
                logit += values * self.weights[index]
                if spread is not None:
                    spread.add(values)
                index += 1
        interval = None
        if spread is not None:
            reach = Z95 * spread.error(len(logit))
            interval = self.probability(logit - reach), self.probability(logit + reach)
        return Scores(self.probability(logit), logit, tuple(problems), interval)

    def probability(self, logit: Floats) -> Floats:
        """Return the probability (n,) of each logit (n,), elementwise."""
        return sigmoid(logit) if self.calibration is None else self.calibration.apply(logit)


class _Spread:
    """The standard error of x·β: the length of xF, F being lower triangular (delta method)."""

    def __init__(self, factor: Floats) -> None:
        self._factor = factor
        self._columns: list[tuple[Floats, npt.NDArray[np.intp] | None]] = []

    def add(self, values: Floats) -> None:
        """Take in the next encoded column (n,)."""
        rows = np.flatnonzero(values)
        sparse = len(rows) < SPARSE * len(values)  # adding 0 would change no bit, and cost as much
        self._columns.append((values[rows], rows) if sparse else (values, None))

    def error(self, rows: int) -> Floats:
        """Return the standard errors (n,)."""
        square = np.zeros(rows)
        for index in range(len(self._factor)):
            part = np.full(rows, self._factor[-1, index])
            for (values, filled), share in zip(
                self._columns[index:], self._factor[index:-1, index], strict=True
            ):
                if filled is None:
                    part += values * share
                else:
                    part[filled] += values * share
            square += part * part
        return np.sqrt(square)


def sigmoid(logit: Floats) -> Floats:
    """Return 1 / (1 + exp(-logit)) without overflow, elementwise."""
    small = np.exp(-np.abs(logit))
    return np.where(logit >= 0, 1.0, small) / (1.0 + small)


@dataclass(frozen=True)
class Bundle:
    """A bundle as read: its document and the scorer made from it."""

    document: Document
    scorer: Scorer

    @property
    def threshold(self) -> float:
        """Probability from which a row is predicted positive."""
        return float(self.document["threshold"])


def digest_of(document: Document) -> str:
    """Return the SHA-256 of a document, its own `digest` field left out."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def read_bundle(directory: str | Path) -> Bundle:
    """Read and verify a bundle directory; raises `ScorerError` when it cannot be used."""
    folder = Path(directory)
    try:
        document = json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))
        raw = (folder / WEIGHTS).read_bytes()
    except (OSError, ValueError) as problem:
        raise ScorerError(
            "bundle", f"{folder}: not a readable model bundle ({problem})"
        ) from problem
    if not isinstance(document, dict) or not isinstance(document.get("format"), int):
        raise ScorerError("bundle", f"{folder / DOCUMENT}: not the document of a model bundle")
    if document["format"] > FORMAT:
        raise ScorerError(
            "format",
            f"{folder}: written in format {document['format']}, this program reads {FORMAT}",
        )
    if document.get("digest") != digest_of(document):
        raise ScorerError("bundle", f"{folder / DOCUMENT}: damaged, its digest does not match")
    if document.get("weights_digest") != hashlib.sha256(raw).hexdigest():
        raise ScorerError("bundle", f"{folder / WEIGHTS}: damaged, its digest does not match")
    tensors = load_safetensors(raw)
    columns = tuple(column_from_document(entry) for entry in document["encoder"])
    weights = np.ascontiguousarray(tensors["weights"], dtype=np.float64)
    factor = tensors.get("covariance_factor")
    calibration = calibration_from_document(document.get("calibration"))
    intercept = float(tensors["intercept"][0])
    return Bundle(document, Scorer(columns, weights, intercept, factor, calibration))


class _PyfuncModel:
    """What MLflow calls: a frame in, probability and prediction out."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def predict(self, model_input: Any, params: Document | None = None) -> "pd.DataFrame":  # noqa: ARG002
        import pandas as pd  # only MLflow's road needs it

        frame: Any = model_input if hasattr(model_input, "keys") else pd.DataFrame(model_input)
        probability = self._bundle.scorer.score(frame).probability
        return pd.DataFrame(
            {
                "placement_probability": probability,
                "placement_prediction": (probability >= self._bundle.threshold).astype(np.int64),
            },
            index=getattr(frame, "index", None),
        )


def _load_pyfunc(path: str) -> _PyfuncModel:
    return _PyfuncModel(read_bundle(path))

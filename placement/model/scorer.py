"""Score students with a bundle: standard library, numpy and safetensors, nothing of ours.

The command line, the logged MLflow model and training itself encode and score through this
one file, so they cannot drift apart. A copy of it travels with each logged model, alone: that is
why it is one file, and longer than others.

A column of people's cells may come as text, numbers, booleans, nullable or categorical pandas
columns; `parse_numbers` and `words` are the only places that decide what a cell means, and
`WrittenNumbers` how the numbers of a column are written.
"""

import hashlib
import html
import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 4
DOCUMENT = "fitted.json"
WEIGHTS = "weights.safetensors"
_MOST_BYTES = 1 << 31  # of a file of a bundle
Z95 = 1.959963984540054
SPARSE = 0.25  # a column of fewer cells other than 0 is worth looking at row by row
DASHES = frozenset({"-", "--", "---", "–", "—"})
MISSING_NUMBERS = frozenset({"", "na", "n/a", "nan", "null", "#n/a", "?", *DASHES})

# `1E2` is a code, as `1e-2` or `1.0E2` is not; a plus before so many digits begins a telephone.
_NUMBER = re.compile(
    r"(?!\+\d{8})[+-]?(\d+\.?\d*|\.\d+)|[+-]?(\d+\.\d*|\.\d+)e[+-]?\d+"
    r"|[+-]?\d+e[+-]\d+|[+-]\d+e\d+|[+-]?inf(inity)?",
    re.IGNORECASE | re.ASCII,
)
_CELL = re.compile(
    r"(?P<before>[^\d+,-]{0,12}?)"
    r"(?P<digits>(?!\+\d{8})[+-]?(?:\d[\d.,' ]*|(?<![^\W\d_])[.,]\d[\d.,]*)(?:e[+-]?\d+)?)"
    r"(?P<more>\+?) *(?:(?:/|(?:\(? *out )? *of) *(?P<maximum>\d+(?:\.\d+)?))?(?P<after>\D*)"
)
_GROUPED = {
    mark: re.compile(rf"[+-]?(?!0)\d{{1,3}}(?:{mark}{middle})*{mark}\d{{3}}")
    for mark, middle in {",": r"\d{2,3}", ".": r"\d{3}", " ": r"\d{2,3}", "'": r"\d{2,3}"}.items()
}
_SPACED = re.compile(r"([+-]?(?!0)\d{1,3}(?:([ '])\d{2,3})*[ ']\d{3})((?:[.,]\d+)?)")
_MOST_LONE = 200

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
    """A bundle or a table cannot be used. `reason`: bundle, format, column or threshold."""

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


_TRANSLATED = str.maketrans(
    dict.fromkeys("\u00a0\u1680\u2000\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u3000", " ")
    | dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2066\u2069\ufeff", "")
    | dict.fromkeys("’‘`´\u066c", "'")  # an Arabic separator parts thousands, whatever stands by it
    | {"−": "-", "－": "-", "—": "–", "\u066b": ".", "．": ".", "·": ".", "，": ",", "／": "/"}
    | {"＋": "+", "٪": "%", "％": "%"}
)
_COUNTED = (
    "backlog backlogs arrear arrears kt kts internship internships project projects paper papers "
    "subject subjects course courses certification certifications certificate certificates "
    "publication publications times "
)
_UNITS = {
    spelling: unit
    for unit, spellings in {
        "": _COUNTED + "only pa perannum peryear annually point points pts pt mark marks nos",
        "%": "% percent percentage pct perc prozent pourcent porciento",
        "CGPA": "cgpa gpa sgpa ugpa cpi spi gradepoint gradepoints pointer",
        "lakh": "lpa lakh lakhs lac lacs lakhpa lakhspa lacpa lacspa lakhsperannum lakhperannum "
        "lacsperannum lacperannum l",
        "crore": "crore crores cr",
        "thousand": "k thousand thousands",
        "a month": "permonth pm month months mth mths monat monate mois",
        "years": "year years yr yrs jahr jahre ans an años anos tahun",
        "days": "day days tage jours",
        "hours": "hour hours hr hrs h stunden",
        "minutes": "minute minutes min mins",
        "km": "km kms kilometer kilometre kilometers kilometres",
        "kg": "kg kgs",
        "cm": "cm cms",
        "INR": "₹ rs inr rupee rupees rs₹ ₹rs रु रुपये",
        "USD": "$ usd us$ dollar dollars",
        "EUR": "€ eur euro euros",
        "GBP": "£ gbp pound pounds",
        "other money": "¥ 元 円 jpy cny rmb ₩ ₽ ₺ tl try ₫ ₦ ₱ php ฿ thb ৳ bdt pkr npr lkr rp idr "
        "rm myr r$ brl aed dhs sar sgd chf fr kr zł pln",
    }.items()
    for spelling in spellings.split()
}
_CURRENCIES = frozenset({"INR", "USD", "EUR", "GBP", "other money"})
_MULTIPLES = {"thousand": 3, "lakh": 5, "crore": 7}  # as powers of ten
_POWERS = _MULTIPLES | dict.fromkeys((*_CURRENCIES, ""), 0)
_NO_UNIT = "none"  # of a column whose cells state none, but for a few
_LEAST_STATED = 0.05  # of the numbers: `7.2l` alone among grades is a slip, not 7.2 lakhs
_SCALES = (4.0, 5.0, 10.0, 20.0, 100.0)
_LARGE = 10_000.0  # a number from here on is written out, not in thousands, lakhs or crores
_NOTHING = (
    "nil nill none no zero nothing aucun aucune kein keine ninguno ninguna nenhum nenhuma nada "
    "nihil tidak शून्य नहीं لا صفر 无 没有 零"
)
_COUNT_WORDS = dict.fromkeys(_NOTHING.split(), 0.0) | {
    "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0,
}  # fmt: skip
_AFTER_COUNT = frozenset((_COUNTED + "any active current pending standing yet ada يوجد").split())
_YES = re.compile(r"(?:yes|y|ja|oui|si|sí|sim)\b[ ,;:(-]*")
YES_WORDS = frozenset("1 yes y true t sí si sim ya oui ja हाँ हां haan 是".split())  # noqa: SIM905
NO_WORDS = frozenset(
    "0 no n false f não nao tidak non nein नहीं nahi nahin 否".split()  # noqa: SIM905
)
_DIGIT = re.compile(r"\d")
_SQUASHED = re.compile(r"[\s.,:;()/_'\"–-]+")


@dataclass(frozen=True)
class NumberFormat:
    """How the numbers of one column are written in one file.

    `grouping`: the marks that part thousands where a cell alone could mean either: with "," is
    `12,500` twelve thousand five hundred, with "." is `12.500`; any other mark is decimal there.
    `unit`: cells that state another one are no numbers, None where any may be stated; "" where
    numbers are written out, so that only money may be, and lakhs are so many times 100000.
    `scale`: what the numbers are out of, where that is stated: `450/500` is brought to it; 0 where
    cells that state it are no numbers, as the scale of the others is not known.
    `mixed`: cells up to it (where `scale` is below it: cells above that) are out of so much, and
    are brought to `scale`. `counts`: the column counts things, so Nil is 0 and `3+` is 3.
    `dash_is_zero`: so is "-".
    """

    grouping: str = ","
    unit: str | None = None
    scale: float | None = None
    mixed: float | None = None
    counts: bool = False
    dash_is_zero: bool = False

    def rescaled(self, values: Floats) -> Floats:
        """Return numbers (n,) with those of the other scale brought to this one."""
        if self.mixed is None or self.scale is None:
            return values
        other = values <= self.mixed
        if self.scale < self.mixed:
            other &= values > self.scale
        return np.where(other, values * (self.scale / self.mixed), values)


PLAIN = NumberFormat()
Formats = Mapping[str, NumberFormat]
READ: Formats = MappingProxyType({})  # of a table whose numbers were read before
_ANY = NumberFormat(grouping="", counts=True)


@dataclass(frozen=True)
class _Cell:
    """A cell taken apart: its digits with their marks, and what else it says."""

    digits: str
    unit: str
    maximum: float | None
    vague: bool  # `3+`, `Yes, 3`

    def number(self, form: NumberFormat) -> float | None:
        """Return the number; None where the cell is none in a column so written."""
        if self._is_other(form):
            return None
        digits = _without_marks(self.digits, form.grouping)
        if digits is None:
            return None
        power = self._power(form)
        exact = power and "e" not in digits  # 3.25532 lakhs are 325532
        value = float(f"{digits}e{power}") if exact else float(digits) * 10.0**power
        if self.maximum is None:
            scale = form.scale if self.unit == "%" and form.scale else 100.0
            # Grade points are no share of their scale.
            return value * scale / 100.0 if scale == 1 or 20 < scale != 100 else value
        if not 0 <= value <= self.maximum or not _is_maximum(self.maximum):
            return None  # 17/5 is a day of May, or a ratio
        if form.scale is None or form.scale == self.maximum:
            return value
        return value * form.scale / self.maximum

    def _power(self, form: NumberFormat) -> int:
        """Return by which power of ten the cell's unit is that of the column."""
        if self.unit not in _MULTIPLES or form.unit not in _POWERS:
            return 0
        return _POWERS[self.unit] - _POWERS[form.unit]

    def _is_other(self, form: NumberFormat) -> bool:
        """Whether the cell says what no number of a column so written does."""
        fitting = {"", form.unit} if form.unit else {"", *_CURRENCIES}
        is_multiple = self.unit in _MULTIPLES and form.unit in _POWERS
        other_unit = form.unit is not None and self.unit not in fitting and not is_multiple
        other_scale = form.scale == 0 and self.maximum is not None
        return other_unit or other_scale or (self.vague and not form.counts)


def _is_maximum(number: float) -> bool:
    """Whether marks are given out of so many: 4, 10, 75, 500."""
    return number == 4 or (number >= 5 and number % 5 == 0)


def _without_marks(digits: str, grouping: str) -> str | None:
    """Return digits as Python reads them: `4,50,000.5` is `450000.5`; None where they are none."""
    digits, power, exponent = digits.partition("e")
    if spaced := _SPACED.fullmatch(digits):
        digits = spaced[1].replace(" ", "").replace("'", "") + spaced[3].replace(",", ".")
    elif "," in digits and "." in digits:
        decimal = "," if digits.rfind(",") > digits.rfind(".") else "."
        whole, _, rest = digits.rpartition(decimal)
        mark = "." if decimal == "," else ","
        if not _GROUPED[mark].fullmatch(whole) or "," in rest or "." in rest:
            return None
        digits = f"{whole.replace(mark, '')}.{rest}"
    elif mark := "," if "," in digits else "." if "." in digits else "":
        grouped = _GROUPED[mark].fullmatch(digits) is not None
        if digits.count(mark) > 1 or (grouped and mark in grouping):
            if not grouped:
                return None
            digits = digits.replace(mark, "")
        elif digits.endswith(","):
            return None
        digits = digits.replace(",", ".")
    whole_text = digits + power + exponent
    return whole_text if _NUMBER.fullmatch(whole_text) else None


def _tidied(cell: str) -> str:
    """Return a cell case-folded, its spaces plain and its digits those of ASCII."""
    cell = plain(cell)
    if not cell.isascii():
        cell = cell.translate(_TRANSLATED)
        cell = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in cell)
    return cell.strip().casefold()


@lru_cache(1 << 16)
def _taken_apart(text: str) -> _Cell | None:
    """Take a tidied cell apart; None where it is no number with a unit."""
    if not _DIGIT.search(text) or text[0] == "(":  # (500) are 500 owed
        return None
    rest = _YES.sub("", text, count=1) if text[0] in "yjos" else text
    match = _CELL.fullmatch(rest)
    if match is None:
        return None
    if match["after"].strip() in DASHES:  # `14-` is 14 to one, and -14 to another
        return None
    before, after = _unit(match["before"]), _unit(match["after"])
    if before is None or after is None or (before and after and before not in _CURRENCIES):
        return None
    vague = bool(match["more"]) or rest != text
    maximum = float(match["maximum"]) if match["maximum"] else None
    return _Cell(match["digits"].strip(), after or before, maximum, vague)


def _unit(text: str) -> str | None:
    """Return the unit that stands beside digits, "" where none does, None where it is no unit."""
    squashed = _SQUASHED.sub("", text)
    return _UNITS.get(squashed) if squashed else ""


def _counted(text: str) -> float | None:
    """Return what a word counts: `No active backlogs` is 0; None where it is no number."""
    first, *rest = text.rstrip(".").split() or [""]
    return _COUNT_WORDS.get(first) if _AFTER_COUNT.issuperset(rest) else None


def parse_numbers(
    cells: ColumnLike, form: NumberFormat = PLAIN
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return the numbers in `cells` (n,) and a mask of cells that are neither number nor missing.

    Blank cells, the words of `MISSING_NUMBERS` and bad cells are NaN. Units, currencies, percent
    signs and thousands separators are dropped; `7,5` is 7.5. See `NumberFormat` for the rest.
    """
    if isinstance(cells, Coded):
        values, bad_texts = parse_numbers(cells.texts, form)
        return values[cells.codes], bad_texts[cells.codes]
    array = _as_array(cells)
    if array.dtype.kind in "fiub":
        typed = array.astype(np.float64, copy=False)
        return form.rescaled(typed), np.zeros(len(array), dtype=bool)
    numbers: dict[Cell, float] = {}
    bad: set[Cell] = set()
    values = np.empty(len(array))
    for row, cell in enumerate(array):
        value = numbers.get(cell)
        if value is None:
            value, good = _number(cell, form)
            numbers[cell] = value
            if not good:
                bad.add(cell)
        values[row] = value
    values = form.rescaled(values)
    if not bad:
        return values, np.zeros(len(array), dtype=bool)
    return values, np.fromiter((cell in bad for cell in array), dtype=bool, count=len(array))


def _number(cell: Cell, form: NumberFormat) -> tuple[float, bool]:
    """Return the number in a cell, NaN where there is none, and whether the cell is in order."""
    if isinstance(cell, str):
        return _number_of_text(cell, form)
    try:
        return (math.nan if _is_missing(cell) else float(cell)), True
    except (TypeError, ValueError, OverflowError):
        return math.nan, False


def _number_of_text(cell: str, form: NumberFormat) -> tuple[float, bool]:
    if _NUMBER.fullmatch(cell) and ("." not in form.grouping or "." not in cell):
        return float(cell), True  # by far the most cells are plain numbers
    text = _tidied(cell)
    if text in MISSING_NUMBERS:
        return (0.0 if form.dash_is_zero and text in DASHES else math.nan), True
    value = _counted(text) if form.counts else None
    if value is None:
        parts = _taken_apart(text)
        value = parts.number(form) if parts else None
    return (math.nan, False) if value is None else (value, True)


def are_codes(texts: Iterable[str | None]) -> bool:
    """Whether numbers are codes: `007`, `012`, all of as many digits, and of three or more."""
    widths, padded = set(), False
    for text in texts:
        if text and text.strip().casefold() not in MISSING_NUMBERS:
            if not (text.isascii() and text.isdigit()):
                return False
            widths.add(len(text))
            padded |= text[0] == "0"
            if len(widths) > 1:
                return False
    return padded and min(widths) > 2


_SAID = ("unit", "digits", "out of", "groups", "word", "dash", "vague")  # kinds worth a note


@dataclass(frozen=True)
class WrittenNumbers:
    """In which ways the cells of a column are written; two merge into those of both parts.

    `kinds` counts cells by kind ("number", "zero", "dash", "yes", "other", …), `units` those that
    state a unit, `maxima` those out of so many; `lone` has numbers such as `12.500` and `12,500`,
    whose mark may mean either. `examples` has a cell of each kind, `high` is the largest number
    of those that say no more.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    maxima: Counter[float] = field(default_factory=Counter)
    lone: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    high: float = 0.0

    @staticmethod
    def of(cells: ColumnLike) -> "WrittenNumbers":
        """Look at the distinct texts of some cells; numbers that have a type are plain."""
        if isinstance(cells, Coded):
            rows = np.bincount(cells.codes, minlength=len(cells.texts))
            return WrittenNumbers.of_texts(zip(cells.texts, rows.tolist(), strict=True))
        array = _as_array(cells)
        if array.dtype.kind in "fiub":
            return WrittenNumbers._of_numbers(array)
        texts = Counter(text for text in words(array) if text is not None)
        return WrittenNumbers.of_texts(texts.items())

    @staticmethod
    def _of_numbers(array: "npt.NDArray[Any]") -> "WrittenNumbers":
        high = max(float(array.max(initial=0)), -float(array.min(initial=0)))
        if math.isnan(high):
            return WrittenNumbers._of_numbers(array[~np.isnan(array)])
        zero = len(array) - int(np.count_nonzero(array))
        large = int(np.count_nonzero(np.abs(array) >= _LARGE)) if high >= _LARGE else 0
        return WrittenNumbers(
            +Counter({"number": len(array), "zero": zero, "large": large}), high=high
        )

    @staticmethod
    def of_texts(rows: Iterable[tuple[str | None, int]]) -> "WrittenNumbers":
        """Look at distinct texts, each of which so many rows have."""
        written = WrittenNumbers()
        point, high = False, 0.0
        for text, number in rows:
            if not text or not number:
                continue
            if not _NUMBER.fullmatch(text):
                written._add(text, number)
                continue
            written.kinds["number"] += number
            size = abs(float(text))
            high = max(high, size)
            if size >= _LARGE:
                written.kinds["large"] += number
            if "." in text and not point and "decimal ." in written._add_marks(text, number):
                point = True  # one is enough to know
                written.kinds["decimal ."] += number
            if text[-1] in "0." and not text.strip("+-0."):
                written.kinds["zero"] += number
        return replace(written, high=high)

    def _add(self, cell: str, rows: int) -> None:
        """Count the rows of a text that is no plain number."""
        text = _tidied(cell)
        count, parts = _counted(text), _taken_apart(text)
        number = None if parts is None else parts.number(_ANY)
        if text in MISSING_NUMBERS:
            kinds = ["dash"] if text in DASHES else []
        elif count is not None:
            kinds = ["word"] if count else ["word", "zero"]
        elif parts is None or number is None:
            kinds = ["other", "yes"] if _YES.fullmatch(text) else ["other"]
        else:
            kinds = ["number", *_kinds(parts, cell, text)]
            if parts.unit not in _MULTIPLES:
                kinds += self._add_marks(parts.digits, rows)
                kinds += ["large"] if abs(number) >= _LARGE else []
            if parts.unit:
                self.units[parts.unit] += rows
            if maximum := parts.maximum or (100.0 if parts.unit == "%" else 0.0):
                self.maxima[maximum] += rows
        for kind in kinds:
            self.kinds[kind] += rows
            self.examples.setdefault(kind, cell)

    def _add_marks(self, digits: str, rows: int) -> list[str]:
        """Return what the marks of digits say of the column's: `1,234` may be either."""
        kinds = ["groups"] if " " in digits or "'" in digits else []
        marks = sorted({",", "."}.intersection(digits), key=digits.rfind)
        grouped = [
            mark
            for mark in marks
            if digits.count(mark) > 1 or (len(marks) > 1 and mark == marks[0])
        ]
        if len(marks) == 1 and not grouped and not kinds and _GROUPED[marks[0]].fullmatch(digits):
            if len(self.lone) < _MOST_LONE or digits in self.lone:
                self.lone[digits] += rows
            return ["groups"] if marks == [","] else []
        kinds += ["groups"] if grouped else []
        return kinds + [f"{'group' if mark in grouped else 'decimal'} {mark}" for mark in marks]

    def merge(self, other: "WrittenNumbers") -> "WrittenNumbers":
        """Return those of both parts."""
        return WrittenNumbers(
            self.kinds + other.kinds,
            self.units + other.units,
            self.maxima + other.maxima,
            self.lone + other.lone,
            {**other.examples, **self.examples},
            max(self.high, other.high),
        )

    def number_format(
        self, prior: NumberFormat = PLAIN, learnt: "LearntRange | None" = None
    ) -> NumberFormat:
        """Decide how the column is written; `learnt`: the numbers of it that a model knows.

        `prior` is what is known without these cells: of the file, of the column's name or model.
        """
        kinds = self.kinds
        marks = [mark for mark in ",." if self._parts_thousands(mark, prior, learnt)]
        counts = prior.counts and kinds["yes"] <= kinds["number"]
        zero = (
            bool(kinds["dash"])
            and not kinds["zero"]
            and bool(prior.dash_is_zero or kinds["number"])
        )
        return replace(
            prior,
            grouping="".join(marks),
            unit=self._unit(learnt) if prior.unit in (None, "", _NO_UNIT) else prior.unit,
            scale=prior.scale or self._scale(learnt),
            counts=counts,
            dash_is_zero=counts and zero,
        )

    def _unit(self, learnt: "LearntRange | None") -> str | None:
        """Return the unit that most cells state; lakhs beside numbers written out are none."""
        learnt_large = learnt is not None and learnt.high >= _LARGE
        units = [unit for unit, _ in self.units.most_common()]
        if learnt_large or self.kinds["large"]:
            fitting = [unit for unit in units if unit not in _MULTIPLES]
            return fitting[0] if fitting else "" if units or learnt_large else None
        least = _LEAST_STATED * self.kinds["number"]
        fitting = [u for u in units if u not in _MULTIPLES or self.units[u] >= least]
        return fitting[0] if fitting else _NO_UNIT if units else None

    def _scale(self, learnt: "LearntRange | None") -> float | None:
        """Return what most cells are out of, 0 where the other numbers are not out of that."""
        if not self.maxima:
            return None if learnt is None else 0.0
        scale, stated = self.maxima.most_common(1)[0][0], self.maxima.total()
        high = self.high if learnt is None else learnt.high
        if learnt is None and 2 * stated >= self.kinds["number"]:
            return scale if high <= scale else 0.0
        return scale if min(s for s in (*_SCALES, scale, math.inf) if high <= s) == scale else 0.0

    def _parts_thousands(
        self, mark: str, prior: NumberFormat, learnt: "LearntRange | None"
    ) -> bool:
        """Whether a mark parts thousands where a cell alone could mean either."""
        lone = {digits: rows for digits, rows in self.lone.items() if mark in digits}
        if not lone:
            return mark == ","
        if self.kinds[f"group {mark}"] or self.kinds[f"decimal {mark}"]:
            return bool(self.kinds[f"group {mark}"])
        usual = mark in prior.grouping or (mark == "." and bool(self.kinds["decimal ,"]))
        if learnt is None:
            return usual
        readings = {True: "", False: "."}  # a mark that parts thousands is dropped
        expected = {
            parts: sum(
                rows
                for digits, rows in lone.items()
                if learnt.expects(float(digits.replace(mark, point)))
            )
            for parts, point in readings.items()
        }
        # Only where most of what it usually means is not like training is the other one meant.
        if 2 * expected[usual] >= sum(lone.values()) or expected[usual] >= expected[not usual]:
            return usual
        return not usual

    def notes(self, form: NumberFormat) -> tuple[str, ...]:
        """Say of each way worth saying how a cell is read, and how many are written so."""
        shown = [
            (kind, self.examples[kind], self.kinds[kind]) for kind in _SAID if self.kinds[kind]
        ]
        points = {digits: rows for digits, rows in self.lone.items() if "." in digits}
        if points and ("." in form.grouping or any(digits.endswith("0") for digits in points)):
            shown.append(("lone", max(points, key=lambda d: d.endswith("0")), sum(points.values())))
        said: dict[str, str] = {}
        for kind, cell, rows in shown:
            number, good = _number_of_text(cell, form)
            if good and not math.isnan(number):
                more = ", as no 0 is written" if kind == "dash" else ""
                more += f" of {form.scale:g}" if kind == "out of" else ""
                cells = f"{rows:,} cell{'' if rows == 1 else 's'}"
                said.setdefault(cell, f"'{cell}' is read as {number:.12g}{more} ({cells})")
        return tuple(said.values())


@dataclass(frozen=True)
class LearntRange:
    """The numbers of a column that a model knows; `whole`: there were no others among them."""

    low: float
    high: float
    whole: bool = False

    def expects(self, value: float) -> bool:
        """Whether a number is like those."""
        return self.low <= value <= self.high and (not self.whole or value.is_integer())


def writes_decimal_commas(columns: Iterable[WrittenNumbers]) -> bool:
    """Whether columns of one file have decimal commas only: then `12.500` is 12500 in all."""
    kinds = [written.kinds for written in columns]
    commas = any(k["decimal ,"] and not k["decimal ."] for k in kinds)
    others = any(k["group ,"] or (k["decimal ."] and not k["decimal ,"]) for k in kinds)
    return commas and not others


def _kinds(parts: _Cell, cell: str, text: str) -> list[str]:
    """Return what is worth saying of a cell taken apart."""
    named = not parts.vague and not parts.maximum and text.strip("0123456789.,' +-%e")
    return [
        *(["unit"] if named else []),
        *(["out of"] if parts.maximum else []),
        *(["vague"] if parts.vague else []),
        *(["digits"] if any(c.isdecimal() and not c.isascii() for c in cell) else []),
    ]


_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
_ENTITY = re.compile(r"&#?\w+;")
_TEXT_FORMULA = re.compile(r'="([^"]*)"')


def plain(cell: str) -> str:
    """Return a cell's text trimmed, and without what is no part of it.

    Which is: signs that no one sees, HTML's entities, Excel's `="…"` and `'` before text.
    """
    if cell.isprintable() and "&" not in cell and not cell.startswith(("'", "=", " ")):
        return cell.rstrip()
    text = _UNSEEN.sub("", _ENTITY.sub(lambda entity: html.unescape(entity[0]), cell)).strip()
    if formula := _TEXT_FORMULA.fullmatch(text):
        text = formula[1].strip()
    elif text.startswith("'") and text.count("'") == 1:
        text = text[1:].strip()
    return text if text == cell else plain(text)  # so that nothing is left for a second time


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
                trimmed[cell] = plain(cell) or None
            result[row] = trimmed[cell]
        else:
            result[row] = None if _is_missing(cell) else _text(cell)
    return result


def fold(word: str) -> str:
    """Return the form in which two spellings of a word are the same."""
    return plain(word).casefold()


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
    `written` is how the cells of training were.
    """

    column: str
    mean: float
    std: float
    low: float
    high: float
    grade_scale: float | None
    missing: float | None
    whole: bool = field(default=False, kw_only=True)
    written: NumberFormat = field(default=PLAIN, kw_only=True)

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

    def encode(
        self, cells: ColumnLike, form: NumberFormat = PLAIN
    ) -> tuple[list[Floats], list[Problem]]:
        """Return one contiguous array per encoded column, and the cells in doubt."""
        if isinstance(cells, Coded):
            return _of_distinct(self, cells, form)
        values, bad = parse_numbers(cells, form)
        if self._is_plain(values):
            gaps = [np.zeros(len(values))] if self.missing is not None else []
            return [*self.standardised(values), *gaps], []
        bad |= np.isinf(values)
        gap = np.isnan(values) | bad
        encoded = self.standardised(np.where(gap, self.mean, values))
        columns = [np.where(gap, 0.0, column) for column in encoded]
        columns += [gap.astype(np.float64)] if self.missing is not None else []
        low, high = self.near
        far = ~gap & ((values < low) | (values > high))
        unexpected = gap & ~bad if self.missing is None else np.zeros(len(gap), dtype=bool)
        return columns, [
            *_problem(self.column, "not a number", bad, cells),
            *_problem(self.column, "missing", unexpected, cells),
            *_problem(self.column, "far outside training", far, cells),
        ]

    def format_of(self, written: WrittenNumbers, grouping: str | None = None) -> NumberFormat:
        """Decide how cells to be scored are written, given what training knew of the column.

        `grouping` is that of their file; without one, that of training.
        """
        marks = self.written.grouping if grouping is None else grouping
        prior = replace(self.written, scale=self.scale, grouping=marks)
        return written.number_format(prior, LearntRange(self.low, self.high, self.whole))

    @property
    def scale(self) -> float | None:
        """What its numbers are out of, where that is known."""
        if self.low >= 0 and self.high <= 1 and not self.whole:
            return 1.0  # shares
        share = 100.0 if self.written.unit == "%" else None
        return self.written.scale or self.grade_scale or share

    @property
    def near(self) -> tuple[float, float]:
        """Between which numbers a cell is not far outside training."""
        margin = (self.high - self.low) / 2
        if self.grade_scale is None:
            return self.low - margin, self.high + margin
        return max(self.low - margin, 0.0), min(self.high + margin, self.grade_scale)

    def _is_plain(self, values: Floats) -> bool:
        """Whether all values (n,) are finite numbers that training knew the like of."""
        low, high = self.near
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

    def encode(
        self, cells: ColumnLike, form: NumberFormat = PLAIN
    ) -> tuple[list[Floats], list[Problem]]:
        """Return one contiguous array per encoded column, and no cell in doubt."""
        if isinstance(cells, Coded):
            return _of_distinct(self, cells, form)
        values, _ = parse_numbers(cells, form)
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
    `written` is how the numbers of training were, where levels are `numeric`.
    """

    column: str
    levels: tuple[str, ...]
    rare: bool
    missing: bool
    shares: tuple[float, ...]
    numeric: bool
    same: tuple[tuple[str, str], ...] = field(default=(), kw_only=True)
    ignores_dots: bool = field(default=False, kw_only=True)
    written: NumberFormat = field(default=PLAIN, kw_only=True)

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

    def encode(
        self, cells: ColumnLike, form: NumberFormat = PLAIN
    ) -> tuple[list[Floats], list[Problem]]:
        """Return one contiguous array per encoded column, and the cells in doubt."""
        codes, problems = self.codes(cells, form)
        columns = []
        for slot, share in enumerate(self.shares[1:], 1):
            column = (codes == slot).astype(np.float64)
            column[codes == len(self.slots)] = share
            columns.append(column)
        return columns, problems

    def codes(
        self, cells: ColumnLike, form: NumberFormat = PLAIN
    ) -> tuple[npt.NDArray[np.intp], list[Problem]]:
        """Return each row's slot (n,), `len(slots)` where unseen, and the cells in doubt."""
        if isinstance(cells, Coded):
            of_texts, doubts = self.codes(cells.texts, form)
            return of_texts[cells.codes], _of_rows(doubts, cells)
        bad = np.zeros(len(cells), dtype=bool)
        if self.numeric:
            numbers, bad = parse_numbers(cells, form)
            spelled = words(numbers)
        else:
            spelled = words(cells)
        codes = self._slot_of_each(spelled)
        unseen = codes < 0
        gap = unseen & (spelled == None)  # noqa: E711 - elementwise on an object array
        codes[unseen] = len(self.slots)
        if self.rare:
            codes[unseen & ~gap] = len(self.levels)
        return codes, [
            *_problem(self.column, "unseen level", unseen & ~gap, cells),
            *_problem(self.column, "not a number", bad, cells),
            *_problem(self.column, "missing", gap & ~bad, cells),
        ]

    def format_of(self, written: WrittenNumbers, grouping: str | None = None) -> NumberFormat:
        """Decide how numbers to be scored are written, as that of a `NumberColumn` does."""
        marks = self.written.grouping if grouping is None else grouping
        return written.number_format(replace(self.written, grouping=marks))

    @property
    def slot_of_spelling(self) -> dict[str | None, int]:
        """The slot of each folded spelling that is known; of None, the slot of a blank cell."""
        folded = fold_level if self.ignores_dots else fold
        slot_of_level: dict[str | None, int] = {folded(w): k for k, w in enumerate(self.levels)}
        slot_of_level |= {
            folded(other): slot_of_level[folded(level)]
            for other, level in self.same
            if folded(level) in slot_of_level
        }
        slot_of_level = _yes_and_no(slot_of_level) | slot_of_level
        if self.missing:
            slot_of_level[None] = len(self.slots) - 1
        return slot_of_level

    def _slot_of_each(self, spelled: Objects) -> npt.NDArray[np.intp]:
        folded, slot_of_level = fold_level if self.ignores_dots else fold, self.slot_of_spelling
        slot_of = {
            word: slot_of_level.get(None if word is None else folded(word), -1)
            for word in set(spelled.tolist())
        }
        return np.fromiter((slot_of[word] for word in spelled), dtype=np.intp, count=len(spelled))


def _yes_and_no(slot_of_level: Mapping[str | None, int]) -> dict[str | None, int]:
    """Return the slots of all words for yes and for no, where one of each is all that is known."""
    if len(set(slot_of_level.values())) != 2:
        return {}
    pairs = ((said & slot_of_level.keys(), said) for said in (YES_WORDS, NO_WORDS))
    known = [(slot_of_level[next(iter(one))], said) for one, said in pairs if len(one) == 1]
    return {word: slot for slot, said in known for word in said} if len(known) == 2 else {}


LearntNumbers = NumberColumn | CategoryColumn  # a column of numbers that a model knows
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
    columns: Sequence[Column], table: TableLike, formats: Formats = READ
) -> Iterator[tuple[list[Floats], list[Problem]]]:
    """Yield the arrays (n,) of each column, and its cells in doubt, from file columns by name.

    `formats`: how the numbers of a file column are written, where not plainly.
    """
    keep = any(isinstance(column, InteractionColumn) for column in columns)
    before: list[Floats] = []
    for column in columns:
        doubts: list[Problem] = []
        if isinstance(column, InteractionColumn):
            encoded = column.encode(before)
        else:
            encoded, doubts = column.encode(table[column.column], formats.get(column.column, PLAIN))
        if keep:
            before += encoded
        yield encoded, doubts


def _of_distinct(
    column: NumberColumn | StepColumn, cells: Coded, form: NumberFormat
) -> tuple[list[Floats], list[Problem]]:
    """Encode each distinct text once, and hand the result to the rows that have it."""
    encoded, doubts = column.encode(cells.texts, form)
    return [values[cells.codes] for values in encoded], _of_rows(doubts, cells)


def _of_rows(doubts: Iterable[Problem], cells: Coded) -> list[Problem]:
    """Turn doubts about distinct texts into such about the rows that have them."""
    problems: list[Problem] = []
    for doubt in doubts:
        mask = np.zeros(len(cells.texts), dtype=bool)
        mask[doubt.rows] = True
        problems += _problem(doubt.column, doubt.what, mask[cells.codes], cells)
    return problems


def _problem(
    column: str, what: str, mask: npt.NDArray[np.bool_], cells: ColumnLike
) -> list[Problem]:
    if not mask.any():
        return []
    rows = np.flatnonzero(mask)
    example = cells[rows[0]] if isinstance(cells, Coded) else _as_array(cells)[rows[0]]
    return [Problem(column, what, rows, str(example))]


def doubts(problems: Iterable[Problem]) -> str | None:
    """Name the cells of a row that are in doubt, and why; None where none is."""
    return "; ".join(f"{problem.column}: {problem.what}" for problem in problems) or None


def notes(problems: Iterable[Problem], rows: int) -> Coded:
    """Say of each of some rows (rows,) which of its cells are in doubt; None where none is."""
    codes, of_code = np.zeros(rows, dtype=np.int64), list[tuple[Problem, ...]]([()])
    for problem in problems:
        before, index = np.unique(codes[problem.rows], return_inverse=True)
        codes[problem.rows] = len(of_code) + index
        of_code += [(*of_code[code], problem) for code in before.tolist()]
    return Coded(codes, np.array(list(map(doubts, of_code)), dtype=object))


def column_from_document(entry: Document) -> Column:
    """Build an encoded column from its entry in the bundle's document."""
    kind = KINDS[entry["kind"]]
    # Format 1 knew nothing of some fields, which have defaults.
    names = [field.name for field in fields(kind) if field.name in entry]
    given = {name: _as_tuples(entry[name]) for name in names}
    if isinstance(given.get("written"), dict):
        given["written"] = NumberFormat(**given["written"])
    column: Column = kind(**given)
    return column


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value


def match_columns(names: Iterable[str], columns: Sequence[str]) -> dict[str, str]:
    """Map each of some columns to the name in the table, forgiving case and white space.

    Where a heading has groups, as in `Academic Record: XII`, the name without its group will do if
    there is but one.
    """
    present = list(names)
    exact, folded = set(present), {fold_name(str(name)): name for name in reversed(present)}
    parts: dict[str, list[str]] = {}
    for name in present:
        parts.setdefault(_without_group(str(name)), []).append(name)
    matches, requested = {}, set(map(fold_name, columns))
    for name in columns:
        alone = parts.get(_without_group(name), [])
        if name in exact:
            matches[name] = name
        elif fold_name(name) in folded:
            matches[name] = folded[fold_name(name)]
        elif len(alone) == 1 and fold_name(alone[0]) not in requested:
            matches[name] = alone[0]
    return matches


def _without_group(name: str) -> str:
    return fold_name(name.rpartition(": ")[2])


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
        points = {"logit": list(self.logit), "probability": list(self.probability)}
        return {"kind": "isotonic", **points}


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

    @property
    def numbers(self) -> dict[str, LearntNumbers]:
        """The columns of numbers by name, those of numbers as levels too."""
        return {
            column.column: column
            for column in self.columns
            if isinstance(column, NumberColumn)
            or (isinstance(column, CategoryColumn) and column.numeric)
        }

    def formats(self, table: TableLike) -> dict[str, NumberFormat]:
        """Decide by the cells of a table how its columns of numbers are written."""
        written = {name: WrittenNumbers.of(table[name]) for name in self.numbers}
        grouping = "." if writes_decimal_commas(written.values()) else None
        return {n: column.format_of(written[n], grouping) for n, column in self.numbers.items()}

    def score(
        self, table: TableLike, formats: Formats | None = None, *, errors: bool = False
    ) -> Scores:
        """Score a table (a data frame or a mapping of columns, each (n,)).

        `formats`: how the numbers of a column are written where not plainly; None to decide that
        by the cells. `errors`: with the standard errors of the logits, where the bundle knows the
        covariance.
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
        if formats is None:
            formats = self.formats(cells)
        for encoded, doubts in encode_in_order(self.columns, cells, formats):
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
        text = _read_file(folder / DOCUMENT).decode()
        document = json.loads(text, object_pairs_hook=_without_duplicates)
        raw = _read_file(folder / WEIGHTS)
    except (OSError, ValueError, RecursionError) as problem:
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
    try:
        tensors = load_safetensors(raw)
    except SafetensorError as problem:
        raise ScorerError("bundle", f"{folder / WEIGHTS}: no tensors ({problem})") from problem
    columns = tuple(column_from_document(entry) for entry in document["encoder"])
    width = sum(len(column.names) for column in columns)
    shapes = {"weights": (width,), "intercept": (1,), "covariance_factor": (width + 1, width + 1)}
    for name, tensor in tensors.items():
        if tensor.shape != shapes.get(name) or not np.isfinite(tensor).all():
            raise ScorerError("bundle", f"{folder / WEIGHTS}: the {name} do not fit the columns")
    if not width:
        raise ScorerError("bundle", f"{folder / DOCUMENT}: a model without columns")
    weights = np.ascontiguousarray(tensors["weights"], dtype=np.float64)
    factor = tensors.get("covariance_factor")
    calibration = calibration_from_document(document.get("calibration"))
    intercept = float(tensors["intercept"][0])
    return Bundle(document, Scorer(columns, weights, intercept, factor, calibration))


def _read_file(path: Path) -> bytes:
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:  # /dev/zero has no end
        raise OSError(f"{path.name} is no file, or too large")
    return path.read_bytes()


def _without_duplicates(pairs: list[tuple[str, Any]]) -> Document:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError("a name stands twice in it")
    return document


class _PyfuncModel:
    """What MLflow calls: a frame in; probability, prediction and cells in doubt out."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def predict(self, model_input: Any, params: Document | None = None) -> "pd.DataFrame":
        """Score a frame, a mapping of columns (a cell alone is one row's) or a list of records.

        `params` may give another `threshold`. Raises `MlflowException`, whose words a server hands
        on: it would answer another error with a stack trace.
        """
        import pandas as pd  # only MLflow's road needs the two
        from mlflow.exceptions import MlflowException

        try:
            frame: Any = model_input if hasattr(model_input, "keys") else pd.DataFrame(model_input)
            if isinstance(frame, dict):
                frame = {name: _cells_of(column) for name, column in frame.items()}
            threshold = self._threshold(params or {})
            scores = self._bundle.scorer.score(frame)
        except (TypeError, ValueError) as error:
            raise MlflowException.invalid_parameter_value(str(error)) from error
        doubtful = notes(scores.problems, len(scores.probability)).tolist()
        index = getattr(frame, "index", None)
        return pd.DataFrame(
            {
                "placement_probability": scores.probability,
                "placement_prediction": (scores.probability >= threshold).astype(np.int64),
                # As text it would have NaN for None, which is no JSON.
                "placement_notes": pd.Series(doubtful, index=index, dtype=object),
            },
            index=index,
        )

    def _threshold(self, params: Document) -> float:
        given = params.get("threshold")
        threshold = self._bundle.threshold if given is None else float(given)
        # The model's is just above 1 where it calls nobody positive.
        if threshold != self._bundle.threshold and not 0 <= threshold <= 1:
            raise ScorerError("threshold", f"threshold {given}: must be between 0 and 1")
        return threshold


def _cells_of(column: Any) -> Array:
    """Return a column of a mapping, (n,).

    Of `instances`, MLflow's server makes an array of no dimension of each cell.
    """
    cells: Array = np.atleast_1d(column)
    if cells.dtype != object:
        return cells
    bare = [cell.item() if isinstance(cell, np.ndarray) else cell for cell in cells]
    return np.array(bare, dtype=object)


def _load_pyfunc(path: str) -> _PyfuncModel:
    return _PyfuncModel(read_bundle(path))

"""What a table is made of: its columns, their kinds and scales, the target, what was dropped.

Plain, frozen and JSON-able: the schema travels in the bundle, so it holds no cell of a row.
Which names mean a grade or a batch is decided here too; others in `names`.
"""

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from placement.data.names.phrases import name_words
from placement.errors import DataError, did_you_mean, listed
from placement.model.scorer import PLAIN, NumberFormat, fold_name, match_columns, parse_numbers

Kind = Literal["number", "category"]
FEWEST = 5  # students that a figure may be of: one of fewer could point at one of them


@dataclass(frozen=True)
class Target:
    """The outcome column and the words it was read by.

    `rule` is the `--positive` rule where one was given (`">=3"`), else None.
    """

    name: str
    positive: str
    negative: str
    rule: str | None = None

    @property
    def outcome(self) -> str:
        """The positive outcome as a sentence names it: `'Placed'`, or `PlacedOrNot = 1`."""
        return f"{self.name} {self.rule}" if self.rule else self._named(self.positive)

    @property
    def other_outcome(self) -> str:
        """The negative outcome as a sentence names it."""
        is_rule = self.rule and self.negative[:1] in "<>=!"
        return f"{self.name} {self.negative}" if is_rule else self._named(self.negative)

    def _named(self, value: str) -> str:
        is_word = parse_numbers([value])[1][0]
        return f"'{value}'" if is_word else f"{self.name} = {value}"


@dataclass(frozen=True)
class Feature:
    """One file column the model uses.

    `scale` is the inferred grade scale (4, 5, 10, 20 or 100), None for anything else; `written` is
    how its numbers are. `same` are spellings of a category with the level that each of them is
    (`--same`).
    """

    name: str
    kind: Kind
    scale: float | None = None
    written: NumberFormat = field(default=PLAIN, kw_only=True)
    same: tuple[tuple[str, str], ...] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class Dropped:
    """A column that is no feature, and why, in words."""

    column: str
    reason: str


COUNTED_BY = "the weights of the rows (--weight)"


@dataclass(frozen=True)
class Schema:
    """The meaning of a table's columns, as the model was trained on it."""

    target: Target
    features: tuple[Feature, ...]
    dropped: tuple[Dropped, ...]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The file columns used, in file order."""
        return tuple(feature.name for feature in self.features)

    @property
    def weight(self) -> str | None:
        """The column of frequency weights, None where every line was one row."""
        return next((item.column for item in self.dropped if item.reason == COUNTED_BY), None)


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


_GRADE_WORDS = word_set(
    "cgpa gpa sgpa ugpa cpi spi grade grades percentage percent perc marks mark ssc hsc tenth "
    "twelfth 10th 12th xth xiith masters"
)
PROBABILITY, PREDICTION = "placement_probability", "placement_prediction"
SEAT, RANK = "placement_seat", "placement_rank"
# The sheets of a list as a workbook: what it says, its rows, what it was made by.
SUMMARY, LIST, ABOUT = "Summary", "List", "About"
OVERRIDE, OVERRIDE_REASON = "override", "override_reason"  # an adviser writes them into a list
# What `predict` appends: an earlier model's opinion is no property of the student, nor is a seat.
PREDICTED_NAMES = word_set(
    "placement_probability placement_prediction placement_label placement_low placement_high "
    "placement_reason_1 placement_reason_2 placement_reason_3 placement_notes placement_seat "
    "placement_rank override override_reason"
)
_MARK_WORDS = _GRADE_WORDS | word_set("score scores aptitude attendance")
_BATCH_NAMES = word_set(
    "batch cohort passingyear yearofpassing passoutyear yearofpassout graduationyear "
    "yearofgraduation batchyear"
)


def letters(name: str) -> str:
    """Return the letters of a name, case-folded: how a target's whole name is compared."""
    return "".join(character for character in name if character.isalpha()).casefold()


def means_grade(name: str) -> bool:
    """Whether a name speaks of a grade: CGPA, gpa, degree_p, SSC_Marks."""
    words = name_words(name)
    return bool(_GRADE_WORDS.intersection(words)) or words[-1:] == ["p"]


def means_mark(name: str) -> bool:
    """Whether a name speaks of a grade, a score or a percentage, which only numbers can be."""
    return means_grade(name) or "%" in name or bool(_MARK_WORDS.intersection(name_words(name)))


def means_batch(name: str) -> bool:
    """Whether the whole name says batch, cohort or year of passing."""
    return letters(name) in _BATCH_NAMES


def matching_columns(
    names: Iterable[str], requested: Sequence[str], *, option: str = "", file: str = ""
) -> dict[str, str]:
    """Map each requested column to the file's own name, forgiving case and padding.

    Raises `DataError` with the nearest name where one is not there.
    """
    available = list(names)
    matches = match_columns(available, requested)
    for name in requested:
        if name not in matches:
            hint = did_you_mean(name, available) or f": it has {listed(available, 12)}"
            where = f"{file}: " if file else ""
            option_text = f" ({option})" if option else ""
            raise DataError(f"{where}there is no column {name!r}{option_text}{hint}")
    return matches


def matching_column(names: Iterable[str], requested: str, *, option: str, file: str) -> str:
    """Return the file's own name of one requested column, as `matching_columns` does."""
    return matching_columns(names, [requested], option=option, file=file)[requested]


def quoted(word: str) -> str:
    """Return a word as one types it on a command line."""
    if re.search(r'["$`\\!]', word):  # a shell would read more into these between double quotes
        return shlex.quote(word)
    return word if re.fullmatch(r"[\w.+:/=-]+", word) else f'"{word}"'


def same_column(name: str, other: str | None) -> bool:
    """Whether two spellings name the same column."""
    return other is not None and fold_name(name) == fold_name(other)

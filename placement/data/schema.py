"""What a table is made of: its columns, their kinds and scales, the target, what was dropped.

Plain, frozen and JSON-able: the schema travels in the bundle, so it holds no cell of a row.
What a column's name means (grade, person, sensitive, after the event) is decided here too.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from placement.errors import DataError, did_you_mean
from placement.model.scorer import fold, match_columns, parse_numbers

Kind = Literal["number", "category"]


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
        if self.rule:
            return f"{self.name} {self.rule}"
        is_word = parse_numbers([self.positive])[1][0]
        return f"'{self.positive}'" if is_word else f"{self.name} = {self.positive}"


@dataclass(frozen=True)
class Feature:
    """One file column the model uses.

    `scale` is the inferred grade scale (4, 5, 10, 20 or 100), None for anything else.
    """

    name: str
    kind: Kind
    scale: float | None = None


@dataclass(frozen=True)
class Dropped:
    """A column that is no feature, and why, in words."""

    column: str
    reason: str


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


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


TARGET_NAMES = word_set(
    "placed placement placementstatus placedornot placedornotplaced isplaced admit admitted hired "
    "selected target label outcome"
)
SECOND_TARGET_NAMES = frozenset({"status"})

_GRADE_WORDS = word_set(
    "cgpa gpa sgpa ugpa cpi spi grade grades percentage percent perc marks mark ssc hsc tenth "
    "twelfth 10th 12th xth xiith masters"
)
_IDENTIFIER_WORDS = word_set(
    "id no sl sno serial roll reg regno register registration enrolment enrollment usn prn index "
    "obs rollno slno srno rollnumber"
)
_IDENTIFIER_PAIRS = (("hall", "ticket"), ("admission", "no"))
_PERSON_NAMES = word_set(
    "name fullname firstname lastname middlename surname studentname candidatename email emailid "
    "emailaddress mail mobile mobileno mobilenumber phone phoneno phonenumber contact contactno "
    "contactnumber telephone whatsapp"
)
_PERSON_FILLERS = word_set(
    "student students candidate applicant person personal official primary parent parents father "
    "fathers mother mothers guardian guardians s of the no number id address full first last "
    "middle given family whatsapp"
)
_AFTER_WORDS = word_set(
    "salary salaries package packages ctc lpa stipend offer offers offered company companies "
    "employer employers recruiter designation joining joined"
)
_SENSITIVE_WORDS = word_set(
    "gender sex male female caste subcaste religion disability disabilities disabled pwd marital "
    "nationality nacionality ethnicity"
)
_SENSITIVE_NAMES = word_set(
    "category socialcategory castecategory studentcategory reservationcategory community race"
)
_PARENT_WORDS = word_set(
    "father fathers mother mothers parent parents parental guardian guardians family"
)
_LIVELIHOOD_WORDS = word_set("occupation occupations income job profession salary")
# What `predict` appends: an earlier model's opinion is no property of the student.
PREDICTED_NAMES = word_set(
    "placement_probability placement_prediction placement_label placement_low placement_high "
    "placement_reason_1 placement_reason_2 placement_reason_3 placement_notes"
)
_BATCH_NAMES = word_set(
    "batch cohort passingyear yearofpassing passoutyear yearofpassout graduationyear "
    "yearofgraduation batchyear"
)


def name_words(name: str) -> list[str]:
    """Return the words of a column name: `StudentID` and `student_id` are `student`, `id`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return re.findall(r"[^\W_]+", spaced.casefold())


def letters(name: str) -> str:
    """Return the letters of a name, case-folded: how a target's whole name is compared."""
    return "".join(character for character in name if character.isalpha()).casefold()


def means_grade(name: str) -> bool:
    """Whether a name speaks of a grade: CGPA, gpa, degree_p, SSC_Marks."""
    words = name_words(name)
    return bool(_GRADE_WORDS.intersection(words)) or words[-1:] == ["p"]


def means_identifier(name: str) -> bool:
    """Whether a word of the name speaks of a serial, roll or register number."""
    words = name_words(name)
    pairs = set(pairwise(words))
    return bool(_IDENTIFIER_WORDS.intersection(words)) or any(p in pairs for p in _IDENTIFIER_PAIRS)


def means_person(name: str) -> bool:
    """Whether the name is a person's name, e-mail or phone (`college_name` is not)."""
    words = [word.rstrip("0123456789") for word in name_words(name)]
    rest = [word for word in words if word and word not in _PERSON_FILLERS]
    return "".join(rest) in _PERSON_NAMES or "".join(words) in _PERSON_NAMES


def means_after_the_event(name: str) -> bool:
    """Whether the name speaks of what is known only after the outcome (salary, company …)."""
    return bool(_AFTER_WORDS.intersection(name_words(name)))


def means_sensitive(name: str) -> bool:
    """Whether the name speaks of a protected trait, or of the parents' occupation or income."""
    words = set(name_words(name))
    of_parents = bool(words & _PARENT_WORDS) and bool(words & _LIVELIHOOD_WORDS)
    needs = {"special", "needs"} <= words
    return (
        bool(words & _SENSITIVE_WORDS) or letters(name) in _SENSITIVE_NAMES or of_parents or needs
    )


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
            hint = did_you_mean(name, available) or f": it has {', '.join(available[:12])}"
            where = f"{file}: " if file else ""
            option_text = f" ({option})" if option else ""
            raise DataError(f"{where}there is no column {name!r}{option_text}{hint}")
    return matches


def matching_column(names: Iterable[str], requested: str, *, option: str, file: str) -> str:
    """Return the file's own name of one requested column, as `matching_columns` does."""
    return matching_columns(names, [requested], option=option, file=file)[requested]


def quoted(word: str) -> str:
    """Return a word as one types it on a command line."""
    return word if re.fullmatch(r"[\w.+:/-]+", word) else f'"{word}"'


def same_column(name: str, other: str | None) -> bool:
    """Whether two spellings name the same column."""
    return other is not None and fold(name) == fold(other)

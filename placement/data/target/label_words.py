"""The values of an outcome column, and the words that every file uses for them."""

import unicodedata
from dataclasses import dataclass

import numpy as np

from placement.arrays import BoolArray
from placement.data.columns.raw_column import CategoricalColumn
from placement.data.schema import word_set
from placement.model.scorer import NO_WORDS, YES_WORDS, fold, parse_numbers

# The outcome of those of whom a list of outcomes says nothing; numpy would drop a null character.
ABSENT = "\ue000"
BLANK_WORD = "blank"  # as the value of `--negative`

_PLACED = word_set(
    "placed selected hired recruited employed admitted admit offered colocado colocada contratado "
    "contratada seleccionado seleccionada selecionado selecionada empleado empleada empregado "
    "empregada diterima bekerja ditempatkan embauché embauchée recruté recrutée नियुक्त चयनित "
    "就业 录用"
)
_NOT = word_set("not notyet non un no não nao tidak belum yettobe pas 未")
# Of one who was placed, whatever the heading says; `normalize_word` is how they are compared.
PLACED_WORDS = _PLACED | word_set(
    "gotplaced isplaced joboffered gotoffer gotjob offerreceived receivedoffer 已就业 已录用"
)
NOT_PLACED_WORDS = frozenset(no + word for no in _NOT for word in _PLACED) | word_set(
    "notplacedyet rejected reject nooffer nojob desempleado desempleada desempregado desempregada "
    "ditolak नियुक्तनहीं चयनितनहीं अचयनित"
)
POSITIVE_WORDS = (
    PLACED_WORDS | YES_WORDS | word_set("pass passed accepted success successful positive")
)
NEGATIVE_WORDS = (
    NOT_PLACED_WORDS
    | NO_WORDS
    | word_set("fail failed notaccepted refused denied unsuccessful negative")
)
_NOT_IN_THE_RACE = word_set(
    "higherstud highereducation notinterest optedout optout optingout noteligible ineligible "
    "notapplied notregistered withdr debarred notparticipat notwilling"
)


@dataclass(frozen=True)
class Level:
    """One value of the outcome. `is_spelling` marks its spellings; `name` is the most frequent."""

    key: str
    name: str
    rows: int
    is_spelling: BoolArray
    number: float | None


def normalize_word(word: str) -> str:
    """Return letters and digits, case-folded: `Not-Placed` is `notplaced`."""
    # The vowel signs of Indian scripts are marks, not letters.
    said = unicodedata.normalize("NFC", word)
    kept = (c for c in said if c.isalnum() or unicodedata.category(c).startswith("M"))
    return "".join(kept).casefold() or fold(word)


def level_key(text: str, number: float) -> str:
    """Return what makes two spellings one value."""
    if np.isnan(number):
        return normalize_word(text)
    return f"{number:.17g}"


def levels_of(raw: CategoricalColumn) -> list[Level]:
    """Return the distinct values, most frequent spelling each, in order of appearance."""
    counts = raw.counts
    blank = (raw.texts == "") | (raw.texts == ABSENT)
    if not raw.unparsable[counts > 0].any():
        blank = blank | np.isnan(raw.numbers)  # NA beside 0 and 1 is missing, beside words a word
    members: dict[str, list[int]] = {}
    for code in np.flatnonzero((counts > 0) & ~blank):
        key = level_key(raw.texts[code], raw.numbers[code])
        members.setdefault(key, []).append(int(code))
    levels = []
    for key, codes in members.items():
        name = min(codes, key=lambda p: (-counts[p], raw.texts[p]))
        spelling = np.zeros(len(raw.texts), dtype=bool)
        spelling[codes] = True
        number = None if np.isnan(raw.numbers[name]) else float(raw.numbers[name])
        levels.append(Level(key, raw.texts[name], int(counts[codes].sum()), spelling, number))
    return levels


def find_level(word: str, levels: list[Level]) -> Level | None:
    """Return the level a user's word means: `not placed` is `NotPlaced`, `1` is `1.0`."""
    numbers, bad = parse_numbers([word])
    key = level_key(word, float("nan") if bad[0] else float(numbers[0]))
    return next((level for level in levels if level.key == key), None)


def opposite_word(positive: str) -> str:
    """Return the word for what the file has no single word for."""
    opposites = {"1": "0", "1.0": "0.0", "yes": "No", "y": "N", "true": "False"}
    opposites |= {fold(no): yes.title() for yes, no in opposites.items()}
    is_negative = fold(positive).startswith("not ")
    return opposites.get(fold(positive), positive[4:] if is_negative else f"Not {positive}")


def may_be_outcome(level: Level) -> bool:
    """Whether a value may be an outcome: not higher studies, opted out, not eligible."""
    return not any(word in level.key for word in _NOT_IN_THE_RACE)

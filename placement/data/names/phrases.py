"""Words in the names of columns, however they are written: split, glued, accented, in any script.

`PlaceofBirth`, `place_of_birth` and `NationalITy` are found by comparing what neighbouring words
give when they are written as one.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_LONGEST_RUN = 5
_LEAST_GLUED = 6  # letters: shorter words come about by chance where others are joined


def plain(text: str) -> str:
    """Return a text case-folded and without accents, so that `Gênero` is `genero`."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn")


def name_words(name: str) -> list[str]:
    """Return the words of a column name: `StudentID` and `student_id` are `student`, `id`."""
    return list(_words(name))


@lru_cache(1 << 14)  # a name is looked at for many meanings
def _words(name: str) -> tuple[str, ...]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    if spaced.isascii():
        return tuple(re.findall(r"[^\W_]+", spaced.casefold()))
    # A vowel sign of an Indian script is no letter to `re`, though it is part of the word.
    return tuple("".join(c if _is_of_word(c) else " " for c in plain(spaced)).split())


def _is_of_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def phrases(text: str) -> frozenset[str]:
    """Return the phrases of a text, one a comma, each glued to one word as `runs` are."""
    return frozenset(plain(phrase).replace(" ", "") for phrase in " ".join(text.split()).split(","))


def runs(words: list[str]) -> frozenset[str]:
    """Return some words, and what up to five neighbouring ones give when written as one."""
    glued = {
        "".join(words[start:stop])
        for start in range(len(words))
        for stop in range(start + 2, min(start + _LONGEST_RUN, len(words)) + 1)
    }
    return frozenset(words) | {run for run in glued if len(run) >= _LEAST_GLUED}


def whole(words: Iterable[str]) -> str:
    """Return words as one, without digits: `Category 2` is `category`."""
    return "".join(c for word in words for c in word if not c.isdigit())

"""Letters of any script: which installed fonts have them, and what stands for a name none has."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FONT = "DejaVu Sans"  # comes with matplotlib: the same letters everywhere
_NO_LETTERS = ("Last Resort", "Emoji")  # boxes for every letter, and pictures that no text needs


class Png(bytes):
    """A picture; `names` are those in a script that no font here has, by what stands for each."""

    names: dict[str, str]

    def __new__(cls, png: bytes, names: dict[str, str]) -> Self:
        """Make a picture of its bytes."""
        picture = super().__new__(cls, png)
        picture.names = names
        return picture

    def __reduce__(self) -> tuple[type[Self], tuple[bytes, dict[str, str]]]:
        """Let a picture be sent to another process."""
        return type(self), (bytes(self), self.names)

    @property
    def caption(self) -> str:
        """The names that could not be drawn: `name 1: अंक; name 2: மதிப்பெண்`."""
        return "; ".join(f"{short}: {name}" for short, name in self.names.items())


def draw_in_any_script(figure: "Figure") -> dict[str, str]:
    """Have every text of a figure drawn in fonts that have its letters.

    Return the names in scripts that none has, by what is drawn in their place: `name 1` and so on.
    """
    import matplotlib as mpl
    from matplotlib.text import Text

    texts: list[Text | _Tick] = [*figure.findobj(Text), *_ticks(figure)]
    letters = "".join(text.get_text() for text in texts)
    lacking = frozenset(letter for letter in letters if _is_shown(letter)) - _letters_of(FONT)
    if not lacking:
        return {}
    families = fonts_for(lacking)
    mpl.rcParams["font.family"] = [FONT, *families]  # ticks become texts later
    unknown = "".join(sorted(lacking.difference(*map(_letters_of, families))))
    names: dict[str, str] = {}
    for text in texts:
        if isinstance(text, Text):
            text.set_fontfamily([FONT, *families])
        if unknown:
            text.set_text(_with_stand_ins(text.get_text(), unknown, names))
    return {short: name for name, short in names.items()}


def _with_stand_ins(text: str, unknown: str, names: dict[str, str]) -> str:
    """Replace the words with letters that are unknown, neighbours and numbers between as one."""
    word = rf"[^\s(),]*[{re.escape(unknown)}][^\s(),]*"

    def stand_in(match: re.Match[str]) -> str:
        return names.setdefault(match.group(), f"name {len(names) + 1}")

    return re.sub(rf"{word}(?:\s+(?:\d+\s+)?{word})*", stand_in, text)


def _is_shown(letter: str) -> bool:
    return letter.isprintable() and not letter.isspace()


class _Tick:
    """The label of a tick that is fixed, before it is a text."""

    def __init__(self, labels: list[str], index: int) -> None:
        self._labels, self._index = labels, index

    def get_text(self) -> str:
        return self._labels[self._index]

    def set_text(self, text: str) -> None:
        self._labels[self._index] = text


def _ticks(figure: "Figure") -> Iterator[_Tick]:
    from matplotlib.ticker import FixedFormatter

    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            formatter = axis.get_major_formatter()
            if isinstance(formatter, FixedFormatter):
                formatter.seq = list(formatter.seq)
                yield from (_Tick(formatter.seq, k) for k in reversed(range(len(formatter.seq))))


@lru_cache
def fonts_for(letters: frozenset[str]) -> tuple[str, ...]:
    """Return the fewest installed fonts that have as many of some letters as all of them have."""
    from matplotlib.font_manager import fontManager

    having = {
        entry.name: letters & _letters_in(entry.fname)
        for entry in fontManager.ttflist
        if (entry.style, entry.weight) in {("normal", 400), ("normal", "normal")}
        and not any(word in entry.name for word in _NO_LETTERS)
    }
    chosen, left = list[str](), letters
    while best := max(sorted(having), key=lambda name: len(having[name] & left), default=""):
        if not having[best] & left:
            break
        chosen.append(best)
        left -= having[best]
    return tuple(chosen)


def _letters_of(family: str) -> frozenset[str]:
    from matplotlib.font_manager import FontProperties, findfont

    return _letters_in(findfont(FontProperties(family=[family])))


@lru_cache
def _letters_in(file: str) -> frozenset[str]:
    """Return the characters that a font has, none where it cannot be drawn with."""
    from matplotlib.font_manager import get_font

    try:
        return frozenset(map(chr, get_font(file).get_charmap()))
    except (OSError, RuntimeError):  # of pictures, damaged, or gone since
        return frozenset()

"""Sentences for a terminal: wrapped at 80 columns, while a line that someone copies never is."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from placement.credentials import masked

WIDTH = 80
MOST_LINES = 15
LONGEST_NAME = 34
# Options with their values, one after the other, are copied together; so is what is in backticks.
_VALUE = r"""(?:'[^']*'|"[^"]*"|[^\s'",;)]+)+"""
_OPTION = rf"--[a-z][\w-]*(?:[ =](?!--){_VALUE})?"
_UNBROKEN = re.compile(rf"\S*?(?:`[^`]*`|{_OPTION}(?:\s+{_OPTION})*)\S*|\S+")

_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Paste(str):
    """A line to copy into a terminal: it never wraps, and does not count in width."""

    __slots__ = ()


def screen(lines: Iterable[str]) -> str:
    """Return sentences, the most important first, as at most 15 lines of at most 80 columns.

    Where they are too many, those before the last go: that says what to do next.
    """
    wrapped = [wrap(sentence) for sentence in lines]
    if sum(map(len, wrapped)) > MOST_LINES:
        last = wrapped.pop()
        while wrapped and sum(map(len, wrapped)) + len(last) >= MOST_LINES:
            wrapped.pop()
        wrapped += [["More: -v"], last]
    return "\n".join(line for part in wrapped for line in part)


def printable(text: str) -> str:
    """Return a text as it may be shown: without passwords, and with nothing that steers a terminal.

    Names and cells may hold control characters, and those that turn the direction of writing: they
    are written as JSON escapes them.
    """
    return _STEERING.sub(lambda match: f"\\u{ord(match.group()):04x}", masked(text))


def wrap(text: str, hanging: int = 2) -> list[str]:
    """Return the lines of a text; lines that go on are moved in by `hanging` columns more."""
    if isinstance(text, Paste) or _cells(text) <= WIDTH:
        return [text]
    indent = text[: len(text) - len(text.lstrip(" "))]
    lines, line, hanging = list[str](), "", hanging + len(indent)
    for word in _words(text, WIDTH - hanging):
        longer = f"{line} {word}" if line else f"{'' if lines else indent}{word}"
        if line and _cells(longer) > WIDTH - hanging * bool(lines):
            lines.append(line)
            longer = word
        line = longer
    lines.append(line)
    return [lines[0], *(" " * hanging + line for line in lines[1:])]


def _words(text: str, most: int) -> Iterator[str]:
    """Yield what is not to be broken; a word that is longer than a line is folded."""
    for match in _UNBROKEN.finditer(text):
        word = match.group()
        if " " in word or _cells(word) <= most or "--" in word or "/" in word:
            yield word
        else:
            yield from _folded(word, most)


def _folded(word: str, most: int) -> list[str]:
    from rich.cells import chop_cells

    return chop_cells(word, most)


def _cells(text: str) -> int:
    """Return how many columns a text takes: a Chinese letter takes two, a vowel sign none."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def name_list(names: Sequence[str], columns: int = WIDTH) -> str:
    """Name as many as fit into so many columns, one at least: `a, b, c and 7 more`."""
    shown = list[str]()
    for index, name in enumerate(names):
        rest = len(names) - index - 1
        more = f" and {rest:,} more" if rest else ""
        longer = [*shown, name]
        if shown and _cells(", ".join(longer) + more) > columns:
            break
        shown = longer
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest:,} more" if rest else "")


def shortened(name: str, longest: int = LONGEST_NAME) -> str:
    """Return a name that fits: its beginning and its end, where names differ."""
    half = longest // 2
    return name if len(name) <= longest else f"{name[: half - 1]}…{name[-half:]}"


def distinct(names: Iterable[str]) -> dict[str, str]:
    """Shorten names, but for those that would then be told apart no more."""
    short = {name: shortened(name) for name in names}
    uses = Counter(short.values())
    return {name: text if uses[text] == 1 else name for name, text in short.items()}

"""Sentences of the commands for a page or a sheet: without what speaks of options and terminals."""

import re
from collections.abc import Iterable, Iterator

from placement.reporting.format.prose import Paste

# Not what stands in quotes, as a cell may, nor the words of a file's name: results -final.xlsx.
_OPTION = re.compile(r"(?<![\w'-])(?:--[a-z][\w-]*|-[a-z](?![\w-]))|`placement ")
_OF_OPTION = re.compile(r"--[a-z][\w-]* (?=(?:'[^']*'|[^\s:]+): )")
_ASIDE = re.compile(r" \([^()]*--[a-z][^()]*\)")
_SENTENCE = re.compile(r"(?<=\.) ")


def plain(text: str) -> str:
    """Leave out of a text which option would help: who reads it has no command line."""
    without = _ASIDE.sub("", text)
    if start := _OF_OPTION.match(without):
        without = without[start.end() :]  # its value stays
    kept = []
    for sentence in _SENTENCE.split(without):
        parts = [part for part in sentence.split("; ") if not _OPTION.search(part)]
        if parts and not parts[-1].endswith(":"):
            kept.append("; ".join(parts))
    if kept:
        return " ".join(kept)
    before = _OPTION.split(without, maxsplit=1)[0]
    return (before.rpartition(": ")[0] or before).rstrip(" ;:")


def plain_sentences(sentences: Iterable[str]) -> Iterator[str]:
    """Yield sentences without lines to copy and the next step at a terminal."""
    for sentence in sentences:
        is_for_terminal = isinstance(sentence, Paste) or sentence.startswith("Next:")
        if not is_for_terminal and not (_OPTION.search(sentence) and not _keeps(sentence)):
            yield plain(sentence)


def _keeps(sentence: str) -> bool:
    """Whether anything is left of a sentence without its options."""
    whole = _SENTENCE.split(_ASIDE.sub("", sentence))
    return any(not _OPTION.search(part) for one in whole for part in one.split("; "))

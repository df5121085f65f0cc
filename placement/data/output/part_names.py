"""Names of sheets and files for the groups of a list: fit for every system, no two the same."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from placement.data.schema import ABOUT, LIST, SUMMARY
from placement.model.scorer import fold

_SHEET_UNITS = 31  # of UTF-16, which Excel counts
_FILE_BYTES = 200  # of 255, as names of temporary files are longer
_FEWEST_BYTES = 24
_NOT_IN_FILES = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e]')
_NOT_IN_SHEETS = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f-\x9f]")


@dataclass
class PartNames:
    """Gives each group a name that none has yet, whatever its case and its accents are made of."""

    taken: set[str] = field(default_factory=set)

    def sheet(self, word: str) -> str:
        """Return the name of the sheet of a group."""
        name = _NOT_IN_SHEETS.sub("_", word).strip(" '") or "(blank)"
        return self._unique(name, _sheet_cut)

    def file(self, out: Path, word: str) -> Path:
        """Return the file of a group, beside that of the whole list: list-CSE.csv."""
        ending = "".join(out.suffixes[-2:]) if out.suffix.casefold() == ".gz" else out.suffix
        stem = out.name.removesuffix(ending)
        room = max(_FEWEST_BYTES, _FILE_BYTES - len(f"{stem}-{ending}".encode()))

        def cut(name: str, end: str) -> str:
            kept = name.encode()[: room - len(end)].decode(errors="ignore")
            return f"{stem}-{kept.rstrip(' .')}{end}{ending}"

        name = unicodedata.normalize("NFC", _NOT_IN_FILES.sub("_", word)).strip(" .")
        return out.with_name(self._unique(name or "blank", cut))

    def _unique(self, name: str, cut: Callable[[str, str], str]) -> str:
        for number in range(1, len(self.taken) + 2):
            made = cut(name, "" if number == 1 else f" ({number})")
            if _key(made) not in self.taken:
                break
        self.taken.add(_key(made))
        return made


def sheet_names() -> PartNames:
    """Return the names of a workbook, where our own sheets and one of Excel's are taken."""
    return PartNames({_key(name) for name in (SUMMARY, LIST, ABOUT, "History")})


def file_names(out: Path) -> PartNames:
    """Return the names of a folder, where that of the whole list is taken."""
    return PartNames({_key(out.name)})


def _sheet_cut(name: str, end: str) -> str:
    while len((name + end).encode("utf-16-le")) > 2 * _SHEET_UNITS:
        name = name[:-1]
    return name.rstrip(" '") + end


def _key(name: str) -> str:
    return fold(unicodedata.normalize("NFC", name))

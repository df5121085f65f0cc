"""Levels that the user says are one: `--same 'Branch:Civil=Civil Engg'`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from placement.data.schema import matching_column
from placement.errors import DataError, UsageError, did_you_mean
from placement.model.scorer import fold_level, fold_name

OPTION = "--same"
_EXAMPLE = f"write it like {OPTION} 'Branch:Civil=Civil Engg'"


@dataclass(frozen=True)
class SameLevels:
    """The level that each of some others is, by `fold_level` of these."""

    level_of: Mapping[str, str]

    def level(self, text: str | None) -> str | None:
        """Return a text, or the level that it is to be."""
        return text if text is None else self.level_of.get(fold_level(text), text)

    def unknown(self, texts: Sequence[str]) -> list[str]:
        """Describe the others that no row has."""
        there = {fold_level(text) for text in texts}
        lacking = [other for other in self.level_of if other not in there]
        return [f"{other!r}{did_you_mean(other, texts)}" for other in lacking]


def check_same(text: str) -> None:
    """Raise `UsageError` where the value of `--same` names no column or no two levels."""
    column, _, levels = text.partition(":")
    if not column.strip() or len([level for level in levels.split("=") if level.strip()]) < 2:
        raise UsageError(f"{OPTION} {text!r}: {_EXAMPLE}")


def same_levels(options: Sequence[str], columns: Sequence[str], file: str) -> dict[str, SameLevels]:
    """Return for each column named by options which of its levels are one."""
    levels: dict[str, dict[str, str]] = {}
    for text in options:
        check_same(text)
        column, (level, *others) = _parts(text, columns, file)
        of_column = levels.setdefault(column, {})
        level = of_column.get(fold_level(level), level)
        of_column |= {other: level for other, to in of_column.items() if to in others}
        of_column |= {fold_level(other): level for other in others}
        if fold_level(level) in of_column:
            raise DataError(f"{file}: {OPTION} {text!r}: {level!r} was to be another level before")
    return {column: SameLevels(level_of) for column, level_of in levels.items()}


def _parts(text: str, columns: Sequence[str], file: str) -> tuple[str, list[str]]:
    """Return the column and its levels; a column's name may have a colon too."""
    colons = [index for index, character in enumerate(text) if character == ":"]
    there = {fold_name(column) for column in columns}
    colon = next((k for k in reversed(colons) if fold_name(text[:k]) in there), colons[0])
    column = matching_column(columns, text[:colon], option=f"{OPTION} {text!r}", file=file)
    return column, [level.strip() for level in text[colon + 1 :].split("=") if level.strip()]

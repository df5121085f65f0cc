"""The refusals of an outcome column whose words do not say who was placed."""

from dataclasses import dataclass

import numpy as np

from placement.data.columns.raw_column import CategoricalColumn
from placement.data.columns.row_locations import MatchingRows, RowLocations
from placement.data.names.phrases import name_words, runs
from placement.data.schema import quoted
from placement.data.target.label_words import (
    NEGATIVE_WORDS,
    NOT_PLACED_WORDS,
    PLACED_WORDS,
    POSITIVE_WORDS,
    Level,
    find_level,
    may_be_outcome,
)
from placement.errors import DataError, did_you_mean, listed

MOST_LISTED = 6
_NO = [["no"], ["not"], ["nil"], ["none"], ["yet"], ["pending"]]  # as a first word


@dataclass(frozen=True)
class LabelErrors:
    """The errors about an outcome column and its levels, each with what to type instead."""

    raw: CategoricalColumn
    locations: RowLocations
    file: str
    levels: list[Level]

    def named(self, option: str, word: str) -> Level:
        """Return the level that `word` means; `DataError` where there is none."""
        level = find_level(word, self.levels)
        if level is None:
            hint = did_you_mean(word, [level.name for level in self.levels])
            raise DataError(
                f"{self.file}: no row of {self.raw.name} says {word!r} ({option}){hint}; "
                f"it has {self.listed()}"
            )
        return level

    def listed(self) -> str:
        """Return the most frequent values with their rows."""
        texts = [f"{level.name} ({level.rows:,})" for level in _by_rows(self.levels)]
        return listed(texts, MOST_LISTED)

    def odd_numbers(self) -> DataError:
        """Refuse numbers that are not 1 and 0."""
        numbers = sorted(level.number for level in self.levels if level.number is not None)
        unexpected = [level for level in self.levels if level.number not in (0.0, 1.0)]
        unexpected_rows = sum(level.rows for level in unexpected)
        expected_rows = sum(level.rows for level in self.levels) - unexpected_rows
        middle = f"{numbers[len(numbers) // 2]:g}"
        advice = f'say what counts as placed, such as --positive ">={middle}"'
        if {0.0, 1.0} <= set(numbers) and expected_rows > unexpected_rows:
            counts = numbers == [float(number) for number in range(len(numbers))]
            line = "--positive '>=1' where it counts offers; else " if counts else ""
            return self.unexpected(unexpected, "neither 1 nor 0", line)
        if len(numbers) > 2 and numbers[0] >= 0 and numbers[-1] <= 1:
            return DataError(
                f"{self.file}: {self.raw.name} holds probabilities, not two outcomes; {advice}"
            )
        if len(numbers) > MOST_LISTED:
            return DataError(
                f"{self.file}: {self.raw.name} goes from {numbers[0]:g} to {numbers[-1]:g}, "
                f"outside [0, 1] and not two outcomes; {advice}"
            )
        return self.refusal(f"has {self.listed()}, not 1 and 0")

    def unexpected(self, unexpected: list[Level], why: str, first: str = "") -> DataError:
        """Refuse some values, with their rows and the way to leave these out."""
        chosen = np.any([level.is_spelling for level in unexpected], axis=0)
        listed = [level.name for level in unexpected[:MOST_LISTED]]
        names = ", ".join(repr(name) for name in listed)
        ignore = " ".join(f"--ignore-label {quoted(name)}" for name in listed)
        rows = self.locations.describe_rows(
            MatchingRows.from_masks(chosen[codes] for codes in self.raw.array)
        )
        return DataError(
            f"{self.file}: {rows}: column {self.raw.name} has {names}, {why}; {first}correct it, "
            f"or leave such rows out: {ignore}"
        )

    def refusal(self, why: str, request: str = "") -> DataError:
        """Refuse, with the line to type; of two words that say nothing, with one for each."""
        request = request or f"say which counts as placed: {self._line()}"
        return DataError(f"{self.file}: column {self.raw.name} {why}; {request}")

    def negated(self, yes: Level, no: Level) -> DataError:
        """Refuse yes and no below a heading that says the opposite of being placed."""
        lines = [f"--positive {quoted(level.name)}" for level in (no, yes)]
        return self.refusal(
            f"has {self.listed()}, and its heading speaks of not being placed",
            f"say which counts as placed: {' or '.join(lines)}",
        )

    def blank_line(self) -> str:
        """Return what to type where blank means not placed; "" where no cell is blank."""
        blank = bool(self.raw.counts[self.raw.texts == ""].sum())
        return "where blank means not placed, --negative blank" if blank else ""

    def _line(self) -> str:
        """Return what to type: which word counts as placed, or which as not."""
        ranked = sorted(self.levels, key=_order)
        lines = [f"--positive {quoted(level.name)}" for level in ranked]
        orders = [_order(level)[0] for level in ranked]
        blank = self.blank_line()
        if len(ranked) == 2 and not (blank and orders == [0, 0]):
            return " or ".join(lines) if orders[0] == orders[1] else lines[0]
        ignored = [level for level in self.levels if not may_be_outcome(level)]
        ignore = "".join(f" --ignore-label {quoted(level.name)}" for level in ignored)
        if orders.count(2) == 1:
            return f"--negative {quoted(ranked[-1].name)}{ignore} (all others count as placed)"
        if orders.count(0) == 1:
            return f"{lines[0]}{ignore} (all others count as not placed)"
        if blank and 2 not in orders:
            return f"{blank}{ignore}; else {lines[0]} (all others count as not placed)"
        negative = ranked[-1 if 2 in orders else 1]
        return f"{lines[0]} [--negative {quoted(negative.name)}]"


def _by_rows(levels: list[Level]) -> list[Level]:
    return sorted(levels, key=lambda level: (-level.rows, level.name))


def _order(level: Level) -> tuple[int, int]:
    """Sort words that count as placed to the front, and those that do not to the end.

    Of codes such as 1 and 2 nobody knows which it is.
    """
    if level.number is not None:
        return 1, -level.rows
    said = name_words(level.name)
    negative = level.key in NEGATIVE_WORDS or runs(said) & NOT_PLACED_WORDS
    if negative or said[:1] in _NO:
        return 2, -level.rows
    placed = level.key in POSITIVE_WORDS or not PLACED_WORDS.isdisjoint(said)
    return 0 if placed else 1, -level.rows

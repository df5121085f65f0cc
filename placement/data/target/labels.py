"""The words of the outcome column: which mean placed, which not, which are left out."""

from dataclasses import dataclass

import numpy as np

from placement.arrays import BoolArray, IntArray
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.columns.raw_column import (
    MAX_TEXTS,
    CategoricalColumn,
    NumericColumn,
    RawColumn,
    is_unparsable,
)
from placement.data.columns.row_locations import MatchingRows, RowLocations
from placement.data.columns.row_rules import Rule, is_rule, parse_rule
from placement.data.schema import (
    Target,
    quoted,
)
from placement.data.target.label_words import (
    ABSENT,
    NEGATIVE_WORDS,
    POSITIVE_WORDS,
    Level,
    find_level,
    in_the_race,
    levels_of,
)
from placement.errors import DataError, did_you_mean
from placement.model.scorer import fold

MOST_OUTCOMES = 20
_SHOWN = 6


@dataclass(frozen=True)
class Labels:
    """The outcome of each row, and how it was read."""

    outcome: OutcomeCodes
    target: Target
    left_out: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class LabelRequest:
    """What the user said of the outcome; `of_model`: the words are those of a trained model.

    Then a file need not have them both.
    """

    positive: str | None = None
    negative: str | None = None
    ignore: tuple[str, ...] = ()
    decimal: str = "."
    of_model: bool = False


def read_labels(
    read: RawColumn, places: RowLocations, wanted: LabelRequest, *, file: str
) -> Labels:
    """Turn the words of the outcome column into positive, negative and left out (counted)."""
    ruled = wanted.positive is not None and is_rule(wanted.positive)
    rule = (
        parse_rule(str(wanted.positive), option="--positive", column_needed=False)
        if ruled
        else None
    )
    if not isinstance(read, CategoricalColumn):
        return _of_many(read, places, rule, wanted, file)
    reading = _Reading(read, places, wanted, file)
    return reading.by_words() if rule is None else reading.by_rule(rule)


def _of_many(
    read: RawColumn, places: RowLocations, rule: Rule | None, wanted: LabelRequest, file: str
) -> Labels:
    """Read an outcome of so many different values that only a rule of numbers gives it meaning."""
    if not isinstance(read, NumericColumn) or rule is None or rule.number is None:
        raise DataError(
            f"{file}: {read.name} has more than {MAX_TEXTS:,} different values; say what counts "
            'as placed by a rule of numbers, such as --positive ">=3"'
        )
    if wanted.negative is not None or wanted.ignore:
        raise DataError(
            f"{file}: {read.name} has more than {MAX_TEXTS:,} different values: --negative and "
            "--ignore-label name single ones; leave them out"
        )
    strays = MatchingRows.among(is_unparsable(own) for own in read.array)
    if strays:
        said = read.examples[strays.first[0]]
        raise DataError(
            f"{file}: {places.several(strays)}: column {read.name} has {said!r}, not a number, as "
            f"--positive {rule} needs; correct it"
        )

    def codes(place: int) -> IntArray:
        own = read.array.piece(place)
        return np.where(np.isnan(own), -1, rule.matches(own).astype(np.int64))

    blank = len(read) - read.known
    left_out = ((f"{read.name} is blank: not yet known", blank),) if blank else ()
    negative = rule.negated()
    note = f"{read.name} {rule} counts as positive, {negative} as negative"
    outcome = OutcomeCodes(codes, np.array([False, True]), len(read.array))
    target = Target(read.name, str(rule), negative, str(rule))
    return Labels(outcome, target, left_out, (note,), ())


@dataclass
class _Decision:
    """Which levels mean 1 and which 0; what is neither is left out."""

    positive: list[Level]
    negative: list[Level]
    rest_is_negative: bool = False


class _Reading:
    """One reading of an outcome column; its methods share what is known of the file."""

    def __init__(
        self, raw: CategoricalColumn, places: RowLocations, wanted: LabelRequest, file: str
    ) -> None:
        self.raw, self.places, self.wanted, self.file = raw, places, wanted, file
        self.absent = raw.texts == ABSENT
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self.left_out: list[tuple[str, int]] = []
        self.levels = self._without_ignored(levels_of(raw))

    def _without_ignored(self, levels: list[Level]) -> list[Level]:
        """Take out the values of `--ignore-label`, counted."""
        for word in self.wanted.ignore:
            level = find_level(word, levels)
            if level is None:
                hint = did_you_mean(word, [level.name for level in levels])
                self.warnings.append(
                    f"{self.file}: no row of {self.raw.name} says {word!r} (--ignore-label){hint}"
                )
                continue
            levels = [other for other in levels if other.key != level.key]
            self.left_out.append(
                (f"{self.raw.name} is {level.name!r} (--ignore-label)", level.rows)
            )
        return levels

    def _named(self, option: str, word: str) -> Level:
        level = find_level(word, self.levels)
        if level is None:
            hint = did_you_mean(word, [level.name for level in self.levels])
            raise DataError(
                f"{self.file}: no row of {self.raw.name} says {word!r} ({option}){hint}; "
                f"it has {self._listed()}"
            )
        return level

    def _listed(self) -> str:
        shown = sorted(self.levels, key=lambda level: (-level.rows, level.name))[:_SHOWN]
        more = len(self.levels) - len(shown)
        text = ", ".join(f"{level.name} ({level.rows:,})" for level in shown)
        return text + (f" and {more:,} more values" if more else "")

    def by_rule(self, rule: Rule) -> Labels:
        """Rows that meet the rule are positive, the rest negative (or as `--negative` says)."""
        if rule.column is not None and fold(rule.column) != fold(self.raw.name):
            raise DataError(f"{self.file}: --positive {rule} must be of the target {self.raw.name}")
        met = rule.matches(self.raw.texts, self.wanted.decimal)
        values = [level for level in self.levels if rule.number is None or level.number is not None]
        stray = [level for level in self.levels if level not in values]
        if stray and values:
            raise self._stray(stray, f"not a number, as --positive {rule} needs")
        if not values:
            raise DataError(
                f"{self.file}: {self.raw.name} has no numbers for --positive {rule}; "
                f"it has {self._listed()}"
            )
        yes = [level for level in values if (level.texts & met).any()]
        no = [level for level in values if not (level.texts & met).any()]
        negative = rule.negated()
        if self.wanted.negative is not None:
            no = [self._named("--negative", self.wanted.negative)]
            negative = no[0].name
        self.notes.append(f"{self.raw.name} {rule} counts as positive, {negative} as negative")
        return self._labels(_Decision(yes, no), str(rule), negative, rule=str(rule))

    def by_words(self) -> Labels:
        """Decide by what the user named, else by the words' known meanings."""
        if not self.levels:
            raise DataError(
                f"{self.file}: no row has an outcome in {self.raw.name}; "
                "fill it in for the students whose outcome is known"
            )
        if self.wanted.of_model and self.wanted.positive and self.wanted.negative:
            return self._by_model(self.wanted.positive, self.wanted.negative)
        if self.wanted.positive is not None:
            decision = self._by_positive(self._named("--positive", self.wanted.positive))
        elif self.wanted.negative is not None:
            decision = self._by_negative(self._named("--negative", self.wanted.negative))
        else:
            decision = self._by_meaning()
        return self._named_labels(decision)

    def _by_model(self, positive: str, negative: str) -> Labels:
        """Decide as a model was taught, whichever of its words are there.

        Where it learnt one word against all others, `negative` stands for those.
        """
        yes, no = (find_level(word, self.levels) for word in (positive, negative))
        rest = [level for level in self.levels if level not in (yes, no)]
        if no is None and rest and negative == _opposite(positive):
            self._note_rest(positive, rest)
            decision = _Decision([yes] if yes else [], rest)
        else:
            decision = _Decision([yes] if yes else [], [no] if no else [])
        if not decision.positive and not decision.negative:
            raise DataError(
                f"{self.file}: no row of {self.raw.name} says {positive!r} or {negative!r}, as the "
                f"model knows them; it has {self._listed()}"
            )
        return self._labels(decision, positive, negative, rule=None)

    def _note_rest(self, positive: str, rest: list[Level]) -> None:
        names = ", ".join(repr(other.name) for other in rest[:_SHOWN])
        self.notes.append(f"{positive!r} counts as positive, everything else ({names}) as negative")

    def _by_positive(self, level: Level) -> _Decision:
        others = [other for other in self.levels if other.key != level.key]
        if self.wanted.negative is not None:
            return _Decision([level], [self._named("--negative", self.wanted.negative)])
        if len(others) > 1:
            self._note_rest(level.name, others)
        return _Decision([level], others, rest_is_negative=len(others) > 1)

    def _by_negative(self, level: Level) -> _Decision:
        others = [other for other in self.levels if other.key != level.key]
        known = [other for other in others if other.key in POSITIVE_WORDS]
        chosen = known if len(known) == 1 else others
        if len(chosen) != 1:
            raise self._refusal(f"has {self._listed()}")
        return _Decision(chosen, [level])

    def _by_meaning(self) -> _Decision:
        """Use the words every file uses; refuse whatever is not plain."""
        numbers = [level.number for level in self.levels]
        if all(number is not None for number in numbers) and not set(numbers) <= {0.0, 1.0}:
            raise self._odd_numbers()
        yes = [level for level in self.levels if level.key in POSITIVE_WORDS]
        no = [level for level in self.levels if level.key in NEGATIVE_WORDS]
        rest = [level for level in self.levels if level not in yes and level not in no]
        if not rest:
            self._state_mixed(yes)
            self._state_mixed(no)
            return _Decision(yes, no)
        apart = [level for level in rest if not in_the_race(level)]
        if apart and len(rest) == len(apart):
            ignore = " ".join(f"--ignore-label {quoted(level.name)}" for level in apart)
            raise self._refusal(
                f"has {self._listed()}", f"leave out who was not in the race: {ignore}"
            )
        if yes and no:
            raise self._stray(rest, f"neither {yes[0].name!r} nor {no[0].name!r}")
        if len(self.levels) == 1:
            return _Decision(rest, [])
        raise self._refusal(f"has {self._listed()}")

    def _state_mixed(self, levels: list[Level]) -> None:
        """Say which words were taken for one another (`Y` beside `Yes`)."""
        if len(levels) > 1:
            listed = ", ".join(f"{level.name!r} ({level.rows:,} rows)" for level in levels)
            self.warnings.append(f"{self.file}: {self.raw.name}: {listed} were read as one outcome")

    def _odd_numbers(self) -> DataError:
        numbers = sorted(level.number for level in self.levels if level.number is not None)
        stray = [level for level in self.levels if level.number not in (0.0, 1.0)]
        proper = sum(level.rows for level in self.levels) - sum(level.rows for level in stray)
        middle = f"{numbers[len(numbers) // 2]:g}"
        asked = f'say what counts as placed, such as --positive ">={middle}"'
        if {0.0, 1.0} <= set(numbers) and proper > sum(level.rows for level in stray):
            return self._stray(stray, "neither 1 nor 0")
        if len(numbers) > 2 and numbers[0] >= 0 and numbers[-1] <= 1:
            return DataError(
                f"{self.file}: {self.raw.name} holds probabilities, not two outcomes; {asked}"
            )
        if len(numbers) > _SHOWN:
            return DataError(
                f"{self.file}: {self.raw.name} goes from {numbers[0]:g} to {numbers[-1]:g}, "
                f"outside [0, 1] and not two outcomes; {asked}"
            )
        return self._refusal(f"has {self._listed()}, not 1 and 0")

    def _stray(self, stray: list[Level], why: str) -> DataError:
        chosen = np.any([level.texts for level in stray], axis=0)
        names = ", ".join(repr(level.name) for level in stray[:_SHOWN])
        ignore = " ".join(f"--ignore-label {quoted(level.name)}" for level in stray[:_SHOWN])
        rows = self.places.several(MatchingRows.among(chosen[codes] for codes in self.raw.array))
        return DataError(
            f"{self.file}: {rows}: column {self.raw.name} has {names}, {why}; correct it, or leave "
            f"such rows out: {ignore}"
        )

    def _refusal(self, why: str, request: str = "") -> DataError:
        """Refuse, with the line to type."""
        ranked = sorted(
            self.levels, key=lambda level: (level.key not in POSITIVE_WORDS, -level.rows)
        )
        line = f"--positive {quoted(ranked[0].name)}"
        if len(ranked) > 2:
            line += f" [--negative {quoted(ranked[1].name)}]"
        request = request or f"say which counts as placed: {line}"
        return DataError(f"{self.file}: column {self.raw.name} {why}; {request}")

    def _named_labels(self, decision: _Decision) -> Labels:
        yes = max(decision.positive, key=lambda level: level.rows, default=None)
        no = max(decision.negative, key=lambda level: level.rows, default=None)
        absent = bool(self.absent.any())
        if yes is None or (no is None and not absent):
            only = yes or no
            said = f"says {only.name!r}" if only else "is blank"
            raise DataError(
                f"{self.file}: every row with an outcome {said} in {self.raw.name}: both outcomes "
                "are needed; add students of the other outcome"
            )
        negative = no.name if no is not None and not decision.rest_is_negative else None
        return self._labels(decision, yes.name, negative or _opposite(yes.name), rule=None)

    def _labels(
        self, decision: _Decision, positive: str, negative: str, *, rule: str | None
    ) -> Labels:
        used = [*decision.positive, *decision.negative]
        of_text = np.full(len(self.raw.texts), -1, dtype=np.int64)
        meaning = np.arange(len(used) + 1) < len(decision.positive)
        for code, level in enumerate(used):
            of_text[level.texts] = code
        of_text[self.absent] = len(used)
        neither = [x for x in self.levels if x not in used]
        if neither:
            reason = f"{self.raw.name} is neither {positive!r} nor {negative!r}"
            self.left_out.append((reason, sum(level.rows for level in neither)))
        blank = int(self.raw.counts[of_text < 0].sum()) - sum(rows for _, rows in self.left_out)
        if blank:
            self.left_out.append((f"{self.raw.name} is blank: not yet known", blank))
        outcome = _outcome(self.raw, of_text, meaning)
        target = Target(self.raw.name, positive, negative, rule)
        return Labels(
            outcome, target, tuple(self.left_out), tuple(self.notes), tuple(self.warnings)
        )


def _outcome(raw: CategoricalColumn, of_text: IntArray, positive: BoolArray) -> OutcomeCodes:
    """Return each row's outcome: which level it is, or of many levels only what it means."""
    if len(positive) > MOST_OUTCOMES:
        of_text = np.where(of_text < 0, -1, positive[of_text].astype(np.int64))
        positive = np.array([False, True])
    return OutcomeCodes(lambda place: of_text[raw.array.piece(place)], positive, len(raw.array))


def _opposite(positive: str) -> str:
    """Return the word for what the file has no single word for."""
    known = {"1": "0", "1.0": "0.0", "yes": "No", "y": "N", "true": "False"}
    return known.get(fold(positive), f"Not {positive}")

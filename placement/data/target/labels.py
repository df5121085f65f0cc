"""The words of the outcome column: which mean placed, which not, which are left out."""

from dataclasses import dataclass

import numpy as np

from placement.arrays import BoolArray, IntArray, ObjectArray
from placement.data.columns.left_out import NOT_KNOWN
from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.columns.raw_column import (
    MAX_TEXTS,
    CategoricalColumn,
    NumericColumn,
    RawColumn,
    is_unparsable,
)
from placement.data.columns.row_locations import MatchingRows, RowLocations
from placement.data.columns.row_rules import NOT_BLANK, Rule, is_rule, parse_rule
from placement.data.names.outcome import negates_outcome
from placement.data.schema import Target, quoted, same_column
from placement.data.target.label_errors import MOST_LISTED, LabelErrors
from placement.data.target.label_words import (
    ABSENT,
    BLANK_WORD,
    NEGATIVE_WORDS,
    NOT_PLACED_WORDS,
    PLACED_WORDS,
    POSITIVE_WORDS,
    Level,
    find_level,
    levels_of,
    may_be_outcome,
    opposite_word,
)
from placement.errors import DataError, did_you_mean, listed
from placement.model.scorer import fold

MOST_OUTCOMES = 20


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

    Then a file need not have them both. `errors`: how many of its cells are errors of Excel.
    """

    positive: str | None = None
    negative: str | None = None
    ignore: tuple[str, ...] = ()
    of_model: bool = False
    errors: int = 0


def read_labels(
    raw: RawColumn, locations: RowLocations, request: LabelRequest, *, file: str
) -> Labels:
    """Turn the words of the outcome column into positive, negative and left out (counted)."""
    given = request.positive or ""
    rule = parse_rule(given, option="--positive", column_needed=False) if is_rule(given) else None
    if not isinstance(raw, CategoricalColumn):
        return _from_many_values(raw, locations, rule, request, file)
    reader = _LabelReader(raw, locations, request, file)
    return reader.by_words() if rule is None else reader.by_rule(rule)


def _from_many_values(
    raw: RawColumn, locations: RowLocations, rule: Rule | None, request: LabelRequest, file: str
) -> Labels:
    """Read an outcome of so many different values that only a rule of numbers gives it meaning."""
    if not isinstance(raw, NumericColumn) or rule is None or rule.number is None:
        raise DataError(
            f"{file}: {raw.name} has more than {MAX_TEXTS:,} different values; say what counts "
            'as placed by a rule of numbers, such as --positive ">=3"'
        )
    if request.negative is not None or request.ignore:
        raise DataError(
            f"{file}: {raw.name} has more than {MAX_TEXTS:,} different values: --negative and "
            "--ignore-label name single ones; leave them out"
        )
    unparsable = MatchingRows.from_masks(is_unparsable(values) for values in raw.array)
    if unparsable:
        text = raw.examples[unparsable.first[0]]
        raise DataError(
            f"{file}: {locations.describe_rows(unparsable)}: column {raw.name} has {text!r}, not a "
            f"number, as --positive {rule} needs; correct it"
        )

    def codes(piece: int) -> IntArray:
        values = raw.array.piece(piece)
        return np.where(np.isnan(values), -1, rule.matches(values).astype(np.int64))

    blank = len(raw) - raw.number_count
    blank_reason = f"{raw.name} is blank: {NOT_KNOWN}"
    left_out = ((blank_reason, blank),) if blank else ()
    negative = rule.negated()
    note = f"{raw.name} {rule} counts as positive, {negative} as negative"
    outcome = OutcomeCodes(
        codes,
        np.array([False, True]),
        len(raw.array),
        reasons=lambda piece: np.full(len(raw.array.piece(piece)), blank_reason, dtype=object),
    )
    target = Target(raw.name, str(rule), negative, str(rule))
    return Labels(outcome, target, left_out, (note,), ())


@dataclass
class _Decision:
    """Which levels mean 1 and which 0; what is neither is left out."""

    positive: list[Level]
    negative: list[Level]
    rest_is_negative: bool = False


class _LabelReader:
    """One reading of an outcome column; its methods share what is known of the file."""

    def __init__(
        self, raw: CategoricalColumn, locations: RowLocations, request: LabelRequest, file: str
    ) -> None:
        self.raw, self.request, self.file = raw, request, file
        self.absent = raw.texts == ABSENT
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self.left_out: list[tuple[str, int]] = []
        self.blank_reason = f"{raw.name} is blank: {NOT_KNOWN}"
        self.reason_of_text = np.full(len(raw.texts), self.blank_reason, dtype=object)
        self.levels = self._without_ignored(levels_of(raw))
        is_level = find_level(BLANK_WORD, self.levels) is not None
        self.blank_is_negative = fold(request.negative or "") == BLANK_WORD and not is_level
        if self.blank_is_negative or request.positive == NOT_BLANK:
            self.absent |= raw.texts == ""
        self.errors = LabelErrors(raw, locations, file, self.levels)

    def _without_ignored(self, levels: list[Level]) -> list[Level]:
        """Take out the values of `--ignore-label`, counted."""
        for word in self.request.ignore:
            level = find_level(word, levels)
            if level is None:
                hint = did_you_mean(word, [level.name for level in levels])
                self.warnings.append(
                    f"{self.file}: no row of {self.raw.name} says {word!r} (--ignore-label){hint}"
                )
                continue
            levels = [other for other in levels if other.key != level.key]
            reason = f"{self.raw.name} is {level.name!r} (--ignore-label)"
            self.left_out.append((reason, level.rows))
            self.reason_of_text[level.is_spelling] = reason
        return levels

    def by_rule(self, rule: Rule) -> Labels:
        """Rows that meet the rule are positive, the rest negative (or as `--negative` says)."""
        if rule.column is not None and not same_column(rule.column, self.raw.name):
            raise DataError(f"{self.file}: --positive {rule} must be of the target {self.raw.name}")
        satisfied = rule.matches(self.raw.texts, self.raw.form)
        values = [level for level in self.levels if rule.number is None or level.number is not None]
        unexpected = [level for level in self.levels if level not in values]
        if unexpected and values:
            raise self.errors.unexpected(unexpected, f"not a number, as --positive {rule} needs")
        if not values:
            raise DataError(
                f"{self.file}: {self.raw.name} has no numbers for --positive {rule}; "
                f"it has {self.errors.listed()}"
            )
        yes = [level for level in values if (level.is_spelling & satisfied).any()]
        no = [level for level in values if not (level.is_spelling & satisfied).any()]
        negative = rule.negated()
        if self.request.negative is not None and not self.blank_is_negative:
            no = [self.errors.named("--negative", self.request.negative)]
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
        if self.request.of_model and self.request.positive and self.request.negative:
            return self._by_model(self.request.positive, self.request.negative)
        if self.request.positive is not None:
            decision = self._by_positive(self.errors.named("--positive", self.request.positive))
        elif self.blank_is_negative:
            return self._all_but("", "Placed")
        elif self.request.negative is not None:
            level = self.errors.named("--negative", self.request.negative)
            others = [other for other in self.levels if other.key != level.key]
            if len(others) > 1:
                return self._all_but(level.name, opposite_word(level.name))
            decision = _Decision(others, [level])
        else:
            decision = self._by_meaning()
        return self._named_labels(decision)

    def _by_model(self, positive: str, negative: str) -> Labels:
        """Decide as a model was taught, whichever of its words are there.

        Where it learnt one word against all others, `negative` stands for those.
        """
        yes, no = (find_level(word, self.levels) for word in (positive, negative))
        rest = [level for level in self.levels if level not in (yes, no)]
        decision = _Decision([yes] if yes else [], [no] if no else [])
        if no is None and rest and negative == opposite_word(positive):
            self._note_rest(positive, rest)
            decision.negative = rest
        if not decision.positive and not decision.negative:
            raise DataError(
                f"{self.file}: no row of {self.raw.name} says {positive!r} or {negative!r}, as the "
                f"model knows them; it has {self.errors.listed()}"
            )
        return self._labels(decision, positive, negative, rule=None)

    def _note_rest(self, positive: str, rest: list[Level]) -> None:
        names = ", ".join(repr(other.name) for other in rest[:MOST_LISTED])
        self.notes.append(f"{positive!r} counts as positive, everything else ({names}) as negative")

    def _by_positive(self, level: Level) -> _Decision:
        others = [other for other in self.levels if other.key != level.key]
        if self.blank_is_negative:
            return _Decision([level], [])
        if self.request.negative is not None:
            return _Decision([level], [self.errors.named("--negative", self.request.negative)])
        if len(others) > 1:
            self._note_rest(level.name, others)
        return _Decision([level], others, rest_is_negative=len(others) > 1)

    def _all_but(self, negative: str, positive: str) -> Labels:
        """Count every word but one, or every one where that is blank, as positive: by a rule."""
        rule = f"!={negative}" if negative else NOT_BLANK
        no = find_level(negative, self.levels) if negative else None
        yes = [level for level in self.levels if level is not no]
        strangers = [level for level in yes if not may_be_outcome(level)]
        if strangers:
            ignore = " ".join(f"--ignore-label {quoted(level.name)}" for level in strangers)
            raise self.errors.refusal(
                f"has {self.errors.listed()}", f"leave out who was not in the race: {ignore}"
            )
        positive = yes[0].name if len(yes) == 1 else positive
        names = listed([repr(level.name) for level in yes], MOST_LISTED)
        self.notes.append(
            f"{names} {'counts' if len(yes) == 1 else 'count'} as positive, "
            f"{repr(negative) if negative else 'a blank cell'} as negative (--negative)"
        )
        decision = _Decision(yes, [] if no is None else [no])
        return self._labels(decision, positive, negative or opposite_word(positive), rule=rule)

    def _by_meaning(self) -> _Decision:
        """Use the words every file uses; refuse whatever is not plain."""
        numbers = [level.number for level in self.levels]
        if all(number is not None for number in numbers) and not set(numbers) <= {0.0, 1.0}:
            raise self.errors.odd_numbers()
        yes = [level for level in self.levels if level.key in POSITIVE_WORDS]
        no = [level for level in self.levels if level.key in NEGATIVE_WORDS]
        rest = [level for level in self.levels if level not in yes + no]
        if not rest:
            said = {level.key for level in self.levels} & (PLACED_WORDS | NOT_PLACED_WORDS)
            if yes and no and not said and negates_outcome(self.raw.name):
                raise self.errors.negated(yes[0], no[0])
            self._state_mixed(yes)
            self._state_mixed(no)
            return _Decision(yes, no)
        not_outcomes = [level for level in rest if not may_be_outcome(level)]
        if not_outcomes and len(rest) == len(not_outcomes):
            ignore = " ".join(f"--ignore-label {quoted(level.name)}" for level in not_outcomes)
            raise self.errors.refusal(
                f"has {self.errors.listed()}", f"leave out who was not in the race: {ignore}"
            )
        if yes and no:
            raise self.errors.unexpected(rest, f"neither {yes[0].name!r} nor {no[0].name!r}")
        if len(self.levels) == 1:
            return _Decision(rest, [])
        raise self.errors.refusal(f"has {self.errors.listed()}")

    def _state_mixed(self, levels: list[Level]) -> None:
        """Say which words were taken for one another (`Y` beside `Yes`)."""
        if len(levels) > 1:
            listed = ", ".join(f"{level.name!r} ({level.rows:,} rows)" for level in levels)
            self.warnings.append(f"{self.file}: {self.raw.name}: {listed} were read as one outcome")

    def _named_labels(self, decision: _Decision) -> Labels:
        yes = max(decision.positive, key=lambda level: level.rows, default=None)
        no = max(decision.negative, key=lambda level: level.rows, default=None)
        absent = bool(self.absent.any())
        if yes is None or (no is None and not absent):
            only = yes or no
            state = f"says {only.name!r}" if only else "is blank"
            blank = self.errors.blank_line() if only else ""
            raise DataError(
                f"{self.file}: every row with an outcome {state} in {self.raw.name}: both outcomes "
                f"are needed; add students of the other outcome{blank and f'; or, {blank}'}"
            )
        negative = no.name if no is not None and not decision.rest_is_negative else None
        return self._labels(decision, yes.name, negative or opposite_word(yes.name), rule=None)

    def _labels(
        self, decision: _Decision, positive: str, negative: str, *, rule: str | None
    ) -> Labels:
        used = [*decision.positive, *decision.negative]
        code_of_text = np.full(len(self.raw.texts), -1, dtype=np.int64)
        meaning = np.arange(len(used) + 1) < len(decision.positive)
        for code, level in enumerate(used):
            code_of_text[level.is_spelling] = code
        code_of_text[self.absent] = len(used)
        neither = [x for x in self.levels if x not in used]
        if neither:
            reason = f"{self.raw.name} is neither {positive!r} nor {negative!r}"
            self.left_out.append((reason, sum(level.rows for level in neither)))
            self.reason_of_text[np.any([level.is_spelling for level in neither], axis=0)] = reason
        unused = int(self.raw.counts[code_of_text < 0].sum())
        if self.request.errors:
            self.left_out.append((f"{self.raw.name} is an Excel error", self.request.errors))
        blank = unused - sum(rows for _, rows in self.left_out)
        if blank:
            self.left_out.append((self.blank_reason, blank))
        outcome = _outcome(self.raw, code_of_text, meaning, self.reason_of_text)
        target = Target(self.raw.name, positive, negative, rule)
        return Labels(
            outcome, target, tuple(self.left_out), tuple(self.notes), tuple(self.warnings)
        )


def _outcome(
    raw: CategoricalColumn, code_of_text: IntArray, positive: BoolArray, reason_of_text: ObjectArray
) -> OutcomeCodes:
    """Return each row's outcome: which level it is, or of many levels only what it means."""
    if len(positive) > MOST_OUTCOMES:
        code_of_text = np.where(code_of_text < 0, -1, positive[code_of_text].astype(np.int64))
        positive = np.array([False, True])
    rows = np.bincount(code_of_text + 1, raw.counts, len(positive) + 1)[1:].astype(np.int64)
    return OutcomeCodes(
        lambda piece: code_of_text[raw.array.piece(piece)],
        positive,
        len(raw.array),
        rows,
        lambda piece: reason_of_text[raw.array.piece(piece)],
    )

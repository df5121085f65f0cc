"""Which column is the outcome: by its whole name, by name and cells, or by its cells alone."""

from collections.abc import Iterator, Sequence
from textwrap import shorten
from typing import NoReturn

import numpy as np

from placement.arrays import BoolArray
from placement.data.columns.column import infer_kind
from placement.data.columns.raw_column import (
    CategoricalColumn,
    NumericColumn,
    RawColumn,
    RawColumns,
)
from placement.data.names.after_outcome import means_after_the_event
from placement.data.names.outcome import (
    SECOND_TARGET_NAMES,
    TARGET_NAMES,
    may_name_outcome,
    means_no_outcome,
    means_outcome,
)
from placement.data.names.phrases import name_words
from placement.data.names.sensitive import sensitive_trait
from placement.data.schema import PREDICTED_NAMES, Target, letters, matching_column, quoted
from placement.data.target.label_words import (
    NEGATIVE_WORDS,
    NOT_PLACED_WORDS,
    PLACED_WORDS,
    POSITIVE_WORDS,
    Level,
    levels_of,
    may_be_outcome,
)
from placement.errors import DataError, listed
from placement.model.scorer import NO_WORDS, YES_WORDS, Coded, TableLike, fold, parse_numbers, words

_CONTINUOUS_LEVELS = 20
MOST_WORDS = 100  # different cells of an outcome; with more they are not looked at
_MOSTLY = 0.9
_SHOWN = 40

_PLACED_OR_NOT = PLACED_WORDS | NOT_PLACED_WORDS
_YES_OR_NO = YES_WORDS | NO_WORDS


def target_names(names: Sequence[str]) -> list[str]:
    """Return the columns whose whole name means an outcome; `status` only where no other does."""
    first = [name for name in names if letters(name) in TARGET_NAMES]
    return first or [name for name in names if letters(name) in SECOND_TARGET_NAMES]


def may_be_target(name: str) -> bool:
    """Whether a name asks to look at its cells as they are written: 1 and 0 may mean yes and no."""
    return letters(name) in TARGET_NAMES | SECOND_TARGET_NAMES or means_outcome(name)


def choose_target(
    columns: RawColumns, *, target: str | None, file: str, option: str = "--target"
) -> str | None:
    """Return the outcome column: the one that `option` names, else that of the best evidence.

    A whole name goes before a name with yes/no cells, and that before cells that say who was
    placed. Candidates with continuous values do not count. `DataError` where two are left.
    """
    if target is not None:
        return matching_column(columns, target, option=option, file=file)
    for candidates in _candidates(columns):
        if len(candidates) > 1:
            lines = listed([f"--target {quoted(name)}" for name in candidates], last=" or ")
            raise DataError(
                f"{file}: {len(candidates)} columns may be the outcome; choose by {lines}"
            )
        if candidates:
            return candidates[0]
    return None


def evidence_of_target(columns: RawColumns, name: str) -> str | None:
    """Say why a column was chosen as the outcome, where its name alone is no reason."""
    levels = _outcome_levels(name, columns[name])
    if name in target_names([name]) or not levels:
        return None
    heading = "its heading speaks of it" if means_outcome(name) else "no heading names one"
    cells = listed([repr(level.name) for level in levels])
    return f"the outcome is {name}: {heading}, and its cells say {cells}"


def _candidates(columns: RawColumns) -> Iterator[list[str]]:
    """Yield the candidates of each kind of evidence, the strongest first."""
    yield target_names([name for name in columns if not is_continuous(columns[name])])
    levels = {name: _outcome_levels(name, raw) for name, raw in columns.items()}
    yield [name for name, said in levels.items() if said and means_outcome(name)]
    yield [name for name, said in levels.items() if _cells_speak_alone(name, said)]


def _outcome_levels(name: str, raw: RawColumn) -> list[Level]:
    """Return the values of a column where nearly all of them are outcomes, of both kinds."""
    if not isinstance(raw, CategoricalColumn) or fold(name) in PREDICTED_NAMES:
        return []
    if len(raw.texts) > MOST_WORDS or means_no_outcome(name):
        return []
    levels = [level for level in levels_of(raw) if may_be_outcome(level)]
    outcomes = [level for level in levels if level.key in _PLACED_OR_NOT | _YES_OR_NO]
    keys = {level.key for level in outcomes}
    rows = sum(level.rows for level in outcomes)
    mostly = rows >= _MOSTLY * sum(level.rows for level in levels)
    both = keys & POSITIVE_WORDS and keys & NEGATIVE_WORDS
    return outcomes if mostly and both and sensitive_trait(name) is None else []


def _cells_speak_alone(name: str, levels: list[Level]) -> bool:
    """Whether cells say who was placed; `selected` below "Hackathon" is of something else."""
    said = [level.key for level in levels if level.key in _PLACED_OR_NOT]
    return bool(said) and (may_name_outcome(name) or any("placed" in key for key in said))


def refuse_without_target(
    columns: RawColumns, *, file: str, identifiers: Sequence[str]
) -> NoReturn:
    """Raise the `DataError` of a table without outcome: suggestions, and the `--labels` way."""
    name = next(iter(columns), "")
    if len(columns) == 1 and len(name_words(name)) > 2:
        raise DataError(
            f"{file}: has one column only, {shorten(name, _SHOWN, placeholder=' …')!r}: its cells "
            "are not parted by a comma, a semicolon or a tab, or each line is quoted as a whole; "
            "save it anew as CSV or as a workbook"
        )
    two = [name for name, raw in columns.items() if _may_be_suggested(name, raw)]
    message = (
        f"{file}: no column is named as an outcome (placed, status, target …), and none says "
        "'Placed' and 'Not Placed' in its cells"
    )
    continuous = [n for n in target_names(list(columns)) if is_continuous(columns[n])]
    if continuous:
        message += f"; {continuous[0]} has continuous values"
    message += "; say which with --target COL"
    if two:
        message += f" (two-valued: {listed([quoted(name) for name in two])})"
    message += "".join(_after_lines(columns)[:1])
    if identifiers:
        on = quoted(identifiers[0])
        message += f"; or, if the outcomes are in another file, --labels FILE --on {on}"
    raise DataError(message)


def _after_lines(columns: RawColumns) -> list[str]:
    """Return lines for columns that are filled for the placed alone, or say so."""
    lines = []
    for name, raw in columns.items():
        if not isinstance(raw, CategoricalColumn) or len(raw.texts) > MOST_WORDS:
            continue
        levels = levels_of(raw)
        not_placed = [level for level in levels if level.key in NOT_PLACED_WORDS]
        line = f"; or, where it names the placed, --target {quoted(name)} --negative "
        if len(not_placed) == 1 and len(levels) > 1:
            lines.append(line + quoted(not_placed[0].name))
        elif means_after_the_event(name) and levels and raw.counts[raw.texts == ""].sum():
            lines.append(line + "blank")
    return lines


def is_continuous(raw: RawColumn) -> bool:
    """Whether a column holds measurements, or free text, rather than outcomes."""
    if not isinstance(raw, CategoricalColumn):
        return True
    column = infer_kind(raw)
    values = raw.numbers[(raw.counts > 0) & np.isfinite(raw.numbers)]
    distinct = np.unique(values)
    if column.kind != "number" or len(distinct) <= 2:
        return False
    return bool((distinct % 1 != 0).any() or len(distinct) > _CONTINUOUS_LEVELS)


def _may_be_suggested(name: str, raw: RawColumn) -> bool:
    """Whether a column has two values, and tells no protected trait."""
    if isinstance(raw, CategoricalColumn):
        if len(raw.texts) > MOST_WORDS or sensitive_trait(name, raw.texts) is not None:
            return False
        return len(levels_of(raw)) == 2
    if not isinstance(raw, NumericColumn) or sensitive_trait(name) is not None:
        return False
    values: set[float] = set()
    for cells in raw.array:
        values |= set(np.unique(cells[~np.isnan(cells)])[:3].tolist())
        if len(values) > 2:
            return False
    return len(values) == 2


def labelled(target: Target, columns: TableLike) -> BoolArray:
    """Return which rows (n,) of a table to be scored have one of the two outcomes, by its word."""
    name = matching_column(columns.keys(), target.name, option="--unknown", file="")
    cells, outcomes = columns[name], {fold(target.positive), fold(target.negative)}
    texts = words(cells.texts if isinstance(cells, Coded) else cells)
    is_outcome = np.array([text is not None and fold(text) in outcomes for text in texts], bool)
    return np.asarray(is_outcome[cells.codes] if isinstance(cells, Coded) else is_outcome)


def unlabelled(target: Target, columns: TableLike) -> BoolArray:
    """Return which rows (n,) of a table to be scored have no outcome yet (a blank status)."""
    name = matching_column(columns.keys(), target.name, option="--unknown", file="")
    cells = columns[name]
    if isinstance(cells, Coded):
        text_unlabelled = unlabelled(target, {target.name: cells.texts})
        return np.asarray(text_unlabelled[cells.codes], dtype=bool)
    blank = np.array([word is None for word in words(cells)], dtype=bool)
    if target.rule is None and parse_numbers([target.positive])[1][0]:
        return blank
    numbers, unparsable = parse_numbers(cells)
    return np.asarray(blank | (np.isnan(numbers) & ~unparsable), dtype=bool)

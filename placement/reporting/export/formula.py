"""A scorer as named steps: its cells, what each is encoded as, and the weight of each.

The steps are those of `model/scorer.py`, in its order. A format that can write cells and steps can
express every model; that it does so rightly is proved on rows, not believed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from placement.model.scorer import (
    Calibration,
    CategoryColumn,
    CellColumn,
    InteractionColumn,
    NumberColumn,
    NumberFormat,
    Scorer,
    SplineColumn,
    StepColumn,
    WrittenNumbers,
)
from placement.reporting.export.expressions import (
    AtLeastValue,
    AtMostValue,
    Binary,
    Choice,
    Exceeds,
    Expression,
    IsMissing,
    IsSlot,
    Name,
    PositiveCube,
    Reaches,
    difference,
    names_in,
    product,
    total,
)


@dataclass(frozen=True)
class NumberCell:
    """A cell of a file that holds a plain number or nothing."""

    name: str
    column: str


@dataclass(frozen=True)
class LevelCell:
    """A cell whose level is one of the `levels.slots`, or `unseen`, one slot further."""

    name: str
    column: str
    levels: CategoryColumn

    @property
    def unseen(self) -> int:
        """The slot of cells that training knew nothing of: they score as the average."""
        return len(self.levels.slots)

    @property
    def if_missing(self) -> int:
        """The slot of a blank cell."""
        return self.unseen - 1 if self.levels.missing else self.unseen

    @property
    def if_unknown(self) -> int:
        """The slot of a word that no level is spelled by."""
        return len(self.levels.levels) if self.levels.rare else self.unseen

    @property
    def numbers(self) -> tuple[float, ...]:
        """The levels, where they are numbers."""
        return tuple(map(float, self.levels.levels))

    @property
    def spellings(self) -> tuple[tuple[str, ...], ...]:
        """Of each level its spellings in small letters, as far as they can be listed."""
        slots = self.levels.slot_of_spelling
        words = dict.fromkeys(word for word in slots if word is not None)
        for level in (*self.levels.levels, *(other for other, _ in self.levels.same)):
            words |= dict.fromkeys((level.lower(), _small(level), _small(level.upper())))
            words |= dict.fromkeys(_dotted(level.lower()))
        known = tuple(word.strip() for word in words)
        codes, _ = self.levels.codes(np.array(known, dtype=object))
        spelled = dict(zip(known, codes.tolist(), strict=True))
        return tuple(
            tuple(word for word, code in spelled.items() if code == slot)
            for slot in range(len(self.levels.levels))
        )


Cell = NumberCell | LevelCell


@dataclass(frozen=True)
class Step:
    """A value by its name."""

    name: str
    value: Expression


@dataclass(frozen=True)
class Encoded:
    """An encoded column: the step that it is, its `feature` name, file column and weight.

    `average` is its mean over the rows of training.
    """

    step: str
    feature: str
    source: str
    weight: float
    average: float


@dataclass(frozen=True)
class Formula:
    """A model written out: the logit is the intercept and the sum of the encoded times weights."""

    cells: tuple[Cell, ...]
    steps: tuple[Step, ...]
    encoded: tuple[Encoded, ...]
    intercept: float
    calibration: Calibration | None


def formula_of(scorer: Scorer) -> Formula:
    """Write a scorer out as cells and steps."""
    columns = [c for c in scorer.columns if not isinstance(c, InteractionColumn)]
    cells: dict[str, Cell] = {}
    for column in columns:
        if column.column not in cells:
            cells[column.column] = _cell(column, len(cells) + 1)
    steps: list[Step] = []
    values = {name: _value(scorer, cell, steps) for name, cell in cells.items()}
    encoded: list[Encoded] = []
    for one in scorer.columns:
        if isinstance(one, InteractionColumn):
            made: Sequence[Expression] = [
                product(Name(encoded[a].step), Name(encoded[b].step)) for a, b in one.pairs
            ]
        else:
            made = list(_encoded(one, cells[one.column], values[one.column], steps))
        for feature, average, value in zip(one.names, one.averages, made, strict=True):
            index = len(encoded)
            steps.append(Step(f"e{index + 1}", value))
            weight = float(scorer.weights[index])
            encoded.append(Encoded(steps[-1].name, feature, one.column, weight, average))
    return Formula(
        tuple(cells.values()),
        tuple(steps),
        tuple(encoded),
        scorer.intercept,
        scorer.calibration,
    )


def layers_of(formula: Formula) -> list[list[Step]]:
    """Return the steps by layers: one needs cells and steps of earlier layers only."""
    depth = {cell.name: 0 for cell in formula.cells}
    layers: list[list[Step]] = []
    for step in formula.steps:
        depth[step.name] = 1 + max((depth[name] for name in names_in(step.value)), default=0)
        while len(layers) < depth[step.name]:
            layers.append([])
        layers[depth[step.name] - 1].append(step)
    return layers


def number_column(scorer: Scorer, name: str) -> NumberColumn:
    """Return the column of numbers of that name."""
    columns = (c for c in scorer.columns if isinstance(c, NumberColumn))
    return next(column for column in columns if column.column == name)


def usual_value(scorer: Scorer, cell: Cell) -> float | str:
    """Return a value that a cell often has: about the mean, or the most frequent level."""
    if isinstance(cell, NumberCell):
        column = number_column(scorer, cell.column)
        return float(round(column.mean) if column.whole else f"{column.mean:.3g}")
    levels = cell.levels.levels
    level = levels[int(np.argmax(cell.levels.shares[: len(levels)]))]
    return float(level) if cell.levels.numeric else level


def number_format_of(scorer: Scorer, column: str) -> NumberFormat:
    """Return how plain numbers of a column are read: a column may have grades of two scales."""
    return scorer.numbers[column].format_of(WrittenNumbers.of(np.array([1.0])))


def _cell(column: CellColumn, number: int) -> Cell:
    if isinstance(column, CategoryColumn):
        return LevelCell(f"s{number}", column.column, column)
    return NumberCell(f"x{number}", column.column)


def _value(scorer: Scorer, cell: Cell, steps: list[Step]) -> Name:
    """Return the name of a cell's value, grades of another scale brought to that of the model."""
    if isinstance(cell, LevelCell):
        return Name(cell.name)
    form = number_format_of(scorer, cell.column)
    if form.mixed is None or form.scale is None:
        return Name(cell.name)
    raw = Name(cell.name)
    scaled: Expression = product(raw, form.scale / form.mixed)
    if form.scale < form.mixed:
        scaled = Choice(Exceeds(cell.name, form.scale), scaled, raw)
    scaled = Choice(Exceeds(cell.name, form.mixed), raw, scaled)
    steps.append(Step(f"{cell.name}_scaled", Choice(IsMissing(cell.name), 0.0, scaled)))
    return Name(steps[-1].name)


def _encoded(
    column: CellColumn, cell: Cell, value: Name, steps: list[Step]
) -> Iterator[Expression]:
    """Yield what each encoded column of a file column is; a spline adds steps before it."""
    gap = IsMissing(cell.name)
    match column:
        case CategoryColumn():
            average = IsSlot(cell.name, len(column.slots))
            for slot, share in enumerate(column.shares[1:], 1):
                yield Choice(IsSlot(cell.name, slot), 1.0, Choice(average, share, 0.0))
            return
        case StepColumn():
            for threshold, share in zip(column.thresholds, column.averages, strict=True):
                yield Choice(gap, share, Choice(Reaches(value.name, threshold), 1.0, 0.0))
            return
        case SplineColumn():
            for curve in _spline(column, cell, value, steps):
                yield Choice(gap, 0.0, curve)
        case NumberColumn():
            centred = difference(value, column.mean)
            yield Choice(gap, 0.0, Binary("/", centred, column.std))
    if column.missing is not None:
        yield Choice(gap, 1.0, 0.0)


def _spline(
    column: SplineColumn, cell: Cell, value: Name, steps: list[Step]
) -> Iterator[Expression]:
    """Yield the encoded columns of a restricted cubic spline, as `restricted_cubic` has it."""
    first, before, last = column.knots[0], column.knots[-2], column.knots[-1]
    square = (last - first) * (last - first)
    number = Choice(IsMissing(cell.name), column.mean, value)
    steps.append(Step(f"{cell.name}_number", number))
    known = Name(steps[-1].name)
    steps.append(Step(f"{cell.name}_inside", AtMostValue(AtLeastValue(known, first), last)))
    inside = Name(steps[-1].name)
    steps.append(Step(f"{cell.name}_beyond", AtLeastValue(difference(known, last), 0.0)))
    beyond = Name(steps[-1].name)
    end = PositiveCube(difference(inside, before))
    centred: list[Expression] = [difference(known, column.mean)]
    for number_of, (knot, mean) in enumerate(zip(column.knots[:-2], column.means, strict=True), 2):
        share = (last - knot) / (last - before)
        slope = 3.0 * (last - knot) * (before - knot) / square
        bent = difference(PositiveCube(difference(inside, knot)), product(end, share))
        curve = total(Binary("/", bent, square), product(beyond, slope))
        steps.append(Step(f"{cell.name}_curve{number_of}", difference(curve, mean)))
        centred.append(Name(steps[-1].name))
    yield Binary("/", centred[0], column.std)
    for factors in column.transform:
        parts = [product(part, factor) for part, factor in zip(centred, factors, strict=False)]
        yield total(parts[0], *parts[1:])


def _small(word: str) -> str:
    """Return a word with the letters of ASCII made small: all that some databases can do."""
    return "".join(c.lower() if c.isascii() else c for c in word)


def _dotted(word: str) -> tuple[str, ...]:
    """Return how else a short word of letters is written: `c.s.e` for `cse`."""
    if word.isalpha() and 1 < len(word) < 6:
        return (".".join(word), ". ".join(word))
    return ()

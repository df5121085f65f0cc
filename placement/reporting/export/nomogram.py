"""A model on paper: a line a column, to read points from, and a line that turns them into a chance.

The picture is drawn in SVG, for one sheet of A4. Each tick says in its attributes what it stands
for, so that the drawing can be read back as a person with a ruler would, and be proved.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import numpy as np

from placement.errors import UsageError
from placement.model.scorer import Z95, InteractionColumn, Isotonic, Scorer, StepColumn
from placement.reporting.export.evaluate import step_values
from placement.reporting.export.formula import (
    Cell,
    Formula,
    LevelCell,
    formula_of,
    number_column,
    usual_value,
)
from placement.reporting.export.subject import Subject

_LEFT, _WIDTH, _RIGHT = 190.0, 760.0, 50.0
_LINE, _TEXT, _ROW = 15.0, 6.3, 12.0  # heights, and the width of a letter
_POINTS = 100.0  # of the column that moves the chance most
_CHANCES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
_MOST_TICKS = 9


@dataclass(frozen=True)
class _Tick:
    """A place on a line: its label, and what it stands for in the attribute `data-value`."""

    x: float
    label: str
    value: str


def nomogram(subject: Subject) -> str:
    """Return the drawing; raises UsageError where a model is no sum of its columns."""
    scorer = subject.scorer
    products = [c.column for c in scorer.columns if isinstance(c, InteractionColumn)]
    if products:
        raise UsageError(
            f"--to nomogram: the model multiplies columns ({', '.join(products)}), and a nomogram "
            "adds up one line a column: choose xlsx, or train without the product"
        )
    return _Drawing(subject, formula_of(scorer)).svg()


class _Drawing:
    """The lines of a model, of which `scale` says how long a log-odd is."""

    def __init__(self, subject: Subject, formula: Formula) -> None:
        self._subject, self._formula = subject, formula
        self._parts = {cell.column: self._parts_of(cell) for cell in formula.cells}
        self._lowest = {name: min(parts.values()) for name, parts in self._parts.items()}
        spans = [max(p.values()) - min(p.values()) for p in self._parts.values()]
        self._unit = max(spans) / _POINTS or 1.0  # log-odds a point
        self._total = sum(spans) / self._unit
        self._lines: list[str] = []
        self._y = 0.0

    def svg(self) -> str:
        """Return the text of the drawing."""
        target = self._subject.target
        self._say(f"How likely is {target.outcome}?", size=17, bold=True)
        self._say("Read the points of each value on the line at the top, and add them up.")
        self._scale("points", [(p, f"{p:.0f}") for p in np.linspace(0, _POINTS, 11)], _POINTS)
        for name, parts in self._parts.items():
            lowest = self._lowest[name]
            points = {value: (part - lowest) / self._unit for value, part in parts.items()}
            ticks = [_Tick(self._x(p, _POINTS), _label(v), v) for v, p in points.items()]
            self._axis(name, ticks, f"column {name}")
        most = _round_up(self._total)
        self._scale("all points", [(p, f"{p:.0f}") for p in np.linspace(0, most, 11)], most)
        self._chances(most)
        for line in self._remarks():
            self._say(line, size=10)
        height = self._y + 20
        width = _LEFT + _WIDTH + _RIGHT
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
            'width="277mm" font-family="DejaVu Sans, Arial, sans-serif" font-size="11" '
            f'role="img"><title>{escape(self._subject.title)}</title>'
            f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>\n'
            + "\n".join(self._lines)
            + "\n</svg>\n"
        )

    def _remarks(self) -> Iterator[str]:
        if self._subject.scorer.factor is not None:
            yield (
                "In brackets: there the average of students with so many points lies with 95 %, "
                "where they are as such students usually are."
            )
        yield "A value between two ticks is read between them; a level without one is unknown."
        yield self._subject.title

    def _parts_of(self, cell: Cell) -> dict[str, float]:
        """Return what each value of a column adds to the logit, by the value as text."""
        values = _values(self._subject.scorer, cell)
        scorer = self._subject.scorer
        table = {
            other.column: np.full(len(values), usual_value(scorer, other), dtype=object)
            for other in self._formula.cells
        }
        table[cell.column] = np.array(values, dtype=object)
        steps = step_values(self._formula, table)
        added = np.zeros(len(values))
        for one in self._formula.encoded:
            if one.source == cell.column:
                added += steps[one.step] * one.weight
        return {_written(v): float(part) for v, part in zip(values, added, strict=True)}

    def _x(self, points: float, most: float) -> float:
        return float(_LEFT + _WIDTH * points / most)

    def _scale(self, name: str, ticks: list[tuple[float, str]], most: float) -> None:
        self._axis(name, [_Tick(self._x(p, most), label, repr(float(p))) for p, label in ticks])

    def _chances(self, most: float) -> None:
        """Draw the line of chances below that of all points, each with its interval."""
        scorer = self._subject.scorer
        start = self._formula.intercept + sum(self._lowest.values())
        ticks = []
        for logit, chance in _marks(scorer, start, start + self._unit * self._total):
            x = self._x((logit - start) / self._unit, most)
            label = f"{chance:.0%}" if 0.01 <= chance <= 0.99 else f"{chance:.1%}"
            ticks.append(_Tick(x, label + self._interval(logit), repr(chance)))
        self._axis("chance", ticks)

    def _interval(self, logit: float) -> str:
        """Return the limits of the usual student with that logit, as far as columns are apart."""
        scorer = self._subject.scorer
        if scorer.factor is None:
            return ""
        average = np.array([one.average for one in self._formula.encoded])
        is_share = np.array(["=" in o.feature or ">=" in o.feature for o in self._formula.encoded])
        spread = np.where(is_share, np.abs(average * (1 - average)), 1.0) * scorer.weights
        ahead = logit - (self._formula.intercept + float(np.sum(average * scorer.weights)))
        usual = average + spread * (ahead / (float(np.sum(spread * scorer.weights)) or 1.0))
        reach = Z95 * float(np.linalg.norm(np.append(usual, 1.0) @ scorer.factor))
        low, high = scorer.probability(np.array([logit - reach, logit + reach]))
        return f" ({100 * low:.0f}–{100 * high:.0f})"

    def _axis(self, name: str, ticks: list[_Tick], called: str = "") -> None:
        """Draw a line with its ticks; labels that would touch stand in further rows."""
        ends: list[float] = []
        rows = {}
        for tick in sorted(ticks, key=lambda tick: tick.x):
            half = _TEXT * len(tick.label) / 2 + 3
            row = next((r for r, end in enumerate(ends) if end <= tick.x - half), len(ends))
            ends[row : row + 1] = [tick.x + half]
            rows[tick] = row
        self._y += _LINE
        left, right = min(t.x for t in ticks), max(t.x for t in ticks)
        y = self._y
        shown = escape(name if len(name) < 28 else name[:27] + "…")
        axis = escape(called or name, quote=True)
        self._lines.append(f'<text x="8" y="{y + 4:g}" font-weight="bold">{shown}</text>')
        self._lines.append(
            f'<path d="M{left!r} {y:g}H{right!r}" stroke="#1c2024" stroke-width="1.2"/>'
        )
        for tick, row in rows.items():
            low = y + 5 + _ROW * row
            self._lines.append(
                f'<g data-axis="{axis}" data-value="{escape(tick.value, quote=True)}" '
                f'data-x="{tick.x!r}"><path d="M{tick.x:.2f} {y:g}V{low:g}" stroke="#5b6570" '
                f'stroke-width="0.6"/><text x="{tick.x:.2f}" y="{low + 9:g}" '
                f'text-anchor="middle">{escape(tick.label)}</text></g>'
            )
        self._y += 8 + _ROW * max(len(ends), 1)

    def _say(self, text: str, *, size: int = 11, bold: bool = False) -> None:
        self._y += size + 7
        weight = ' font-weight="bold"' if bold else ""
        self._lines.append(
            f'<text x="8" y="{self._y:g}" font-size="{size}"{weight}>{escape(text)}</text>'
        )


def _values(scorer: Scorer, cell: Cell) -> list[float | str | None]:
    """Return the values that have a tick: round numbers, thresholds, levels, missing, unknown."""
    if isinstance(cell, LevelCell):
        levels: list[float | str | None] = list(
            cell.numbers if cell.levels.numeric else cell.levels.levels
        )
        unknown = max(cell.numbers) + 1.5 if cell.levels.numeric else "(unknown)"
        return [*levels, unknown, None]
    column = number_column(scorer, cell.column)
    steps = [c for c in scorer.columns if isinstance(c, StepColumn) and c.column == cell.column]
    at = [threshold for step in steps for threshold in step.thresholds]
    values: list[float | str | None] = [*_round_numbers(column.low, column.high), *at]
    return [*dict.fromkeys(values), None]


def _round_numbers(low: float, high: float) -> list[float]:
    """Return a few round numbers that reach from one to the other."""
    step = _round_up((high - low) / (_MOST_TICKS - 1) or 1.0)
    first, last = np.floor(low / step), np.ceil(high / step)
    return [float(f"{k * step:.12g}") for k in np.arange(first, last + 1)]


def _round_up(number: float) -> float:
    """Return the next of 1, 2, 2.5, 5, 10 … from a number on."""
    power = 10.0 ** np.floor(np.log10(number))
    return float(next(power * k for k in (1, 2, 2.5, 5, 10) if power * k >= number * (1 - 1e-12)))


def _marks(scorer: Scorer, low: float, high: float) -> list[tuple[float, float]]:
    """Return logits with their chances: round chances, or the corners of the calibration."""
    if isinstance(scorer.calibration, Isotonic):
        inner = [z for z in scorer.calibration.logit if low < z < high]
        logits = np.array([low, *inner, high])
        return list(zip(logits.tolist(), scorer.probability(logits).tolist(), strict=True))
    slope, intercept = 1.0, 0.0
    if scorer.calibration is not None:
        slope, intercept = scorer.calibration.slope, scorer.calibration.intercept
    logits = (np.log(np.array(_CHANCES) / (1 - np.array(_CHANCES))) - intercept) / slope
    kept = logits[(logits >= low) & (logits <= high)]
    if len(kept) < 2:
        kept = np.array([low, high])
    return list(zip(kept.tolist(), scorer.probability(kept).tolist(), strict=True))


def _label(value: str) -> str:
    return value or "(missing)"


def _written(value: float | str | None) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return value or ""

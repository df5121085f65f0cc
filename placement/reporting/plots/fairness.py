"""The rates of each group as a picture: predicted positive, true and false positives."""

from collections.abc import Sequence
from itertools import pairwise

from placement.evaluation.calibration.reliability import LEAST_ROWS
from placement.model.fairness_figures import Fairness, Group
from placement.reporting.format.prose import shortened
from placement.reporting.plots.canvas import BLUE, GREEN, GREY, VERMILION, Canvas, canvas
from placement.reporting.plots.fonts import Png
from placement.stats.figures import Estimate

MOST_GROUPS = 30
_RATES = {
    "selection_rate": ("predicted positive", BLUE, "o"),
    "tpr": ("true-positive rate", GREEN, "s"),
    "fpr": ("false-positive rate", VERMILION, "^"),
}
_APART = 0.22
_Shown = Sequence[tuple[str, Group]]  # a group and its column


def fairness_plot(fairness: Fairness) -> Png | None:
    """Draw the rates of each group of 5 rows or more, the largest groups where they are many.

    Groups that are too small to be compared are pale. None where there is no group to show.
    """
    groups = [
        (column.column, group)
        for column in fairness.columns
        for group in column.groups
        if group.rows >= LEAST_ROWS
    ]
    largest = sorted(groups, key=lambda entry: -entry[1].rows)[:MOST_GROUPS]
    shown = [entry for entry in groups if any(entry is one for one in largest)][::-1]
    if not shown:
        return None
    with canvas(height=1.5 + 0.5 * len(shown), fit=True) as page:
        for line, (rate, look) in enumerate(_RATES.items()):
            _draw(page, shown, rate, look, (1 - line) * _APART)
        for index, ((column, _), (following, _)) in enumerate(pairwise(shown)):
            if column != following:
                page.axes.axhline(index + 0.5, color=GREY, lw=1)
        page.name_rows([_label(*entry) for entry in shown])
        page.axes.set_ylim(-0.6, len(shown) - 0.4)
        page.axes.set_xlim(-0.02, 1.02)
        page.legend_below()
        few = f"; {len(shown)} of {len(groups)} groups" if len(shown) < len(groups) else ""
        pale = " (pale: too small to compare)" if any(group.small for _, group in shown) else ""
        page.name(f"Rates by group{few}", f"share, with 95 % limits{pale}", "")
    return page.png


def _draw(
    page: Canvas, groups: _Shown, name: str, look: tuple[str, str, str], above: float
) -> None:
    label, colour, marker = look
    page.axes.plot([], [], marker, color=colour, label=label)
    for index, (_, group) in enumerate(groups):
        rate: Estimate | None = getattr(group, name)
        if rate is None:
            continue
        page.axes.errorbar(
            rate.value,
            index + above,
            xerr=[[rate.value - rate.low], [rate.high - rate.value]],
            fmt=marker,
            ms=5,
            color=colour,
            elinewidth=1.3,
            alpha=0.35 if group.small else 1.0,
        )


def _label(column: str, group: Group) -> str:
    return f"{shortened(f'{column}: {group.name}')} ({group.rows:,})"

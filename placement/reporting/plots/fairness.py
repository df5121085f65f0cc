"""The rates of each group as a picture: predicted positive, true and false positives."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from placement.evaluation.calibration.reliability import LEAST_ROWS
from placement.reporting.plots.canvas import BLUE, GREEN, GREY, VERMILION, Canvas, canvas
from placement.reporting.plots.training_plots import shortened
from placement.reporting.text.fairness import group_rows

MOST_GROUPS = 30
_RATES = {
    "selection_rate": ("predicted positive", BLUE, "o"),
    "tpr": ("true-positive rate", GREEN, "s"),
    "fpr": ("false-positive rate", VERMILION, "^"),
}
_APART = 0.22


def fairness_plot(document: Mapping[str, Any]) -> bytes | None:
    """Draw the rates of each group of 5 rows or more, the largest groups where they are many.

    Groups that are too small to be compared are pale. None where there is no group to show.
    """
    groups = [group for group in group_rows(document) if group["rows"] >= LEAST_ROWS]
    largest = sorted(groups, key=lambda group: -group["rows"])[:MOST_GROUPS]
    shown = [group for group in groups if any(group is own for own in largest)][::-1]
    if not shown:
        return None
    with canvas(height=1.5 + 0.5 * len(shown), fit=True) as page:
        for line, (rate, (label, colour, marker)) in enumerate(_RATES.items()):
            _draw(page, shown, rate, (label, colour, marker), (1 - line) * _APART)
        for border in _borders(shown):
            page.axes.axhline(border, color=GREY, lw=1)
        page.axes.set_yticks(range(len(shown)), [_label(group) for group in shown])
        page.axes.set_ylim(-0.6, len(shown) - 0.4)
        page.axes.set_xlim(-0.02, 1.02)
        page.axes.tick_params(axis="y", length=0, labelsize=9)
        page.axes.grid(visible=False, axis="y")
        page.legend_below()
        few = f"; {len(shown)} of {len(groups)} groups" if len(shown) < len(groups) else ""
        pale = " (pale: too small to compare)" if any(group["small"] for group in shown) else ""
        page.name(f"Rates by group{few}", f"share, with 95 % limits{pale}", "")
    return page.png


def _draw(
    page: Canvas,
    groups: Sequence[Mapping[str, Any]],
    rate: str,
    look: tuple[str, str, str],
    above: float,
) -> None:
    label, colour, marker = look
    page.axes.plot([], [], marker, color=colour, label=label)
    for place, group in enumerate(groups):
        if group[rate] is None:
            continue
        page.axes.errorbar(
            group[rate],
            place + above,
            xerr=[[group[rate] - group[f"{rate}_low"]], [group[f"{rate}_high"] - group[rate]]],
            fmt=marker,
            ms=5,
            color=colour,
            elinewidth=1.3,
            alpha=0.35 if group["small"] else 1.0,
        )


def _borders(groups: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return where one column ends and the next begins."""
    return [
        place + 0.5
        for place, (own, following) in enumerate(pairwise(groups))
        if own["column"] != following["column"]
    ]


def _label(group: Mapping[str, Any]) -> str:
    name = f"{group['column']}: {group['group']}"
    return f"{shortened(name)} ({group['rows']:,})"

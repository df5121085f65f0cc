"""Lines over one axis as a picture."""

import math
from collections.abc import Mapping, Sequence

from placement.reporting.plots.canvas import BLUE, GREEN, ORANGE, VERMILION, canvas
from placement.reporting.plots.fonts import Png

_COLOURS = (BLUE, VERMILION, GREEN, ORANGE)


def draw_curves(
    title: str,
    axis: tuple[str, str],
    at: Sequence[float],
    lines: Mapping[str, Sequence[float | None]],
) -> Png:
    """Return the PNG of some lines over `at`; where there is no finite number a line is broken."""
    with canvas() as drawing:
        drawing.name(title, *axis)
        for index, (name, values) in enumerate(lines.items()):
            finite = [math.nan if v is None or not math.isfinite(v) else v for v in values]
            style = "-" if index % 2 == 0 else "--"
            drawing.axes.plot(at, finite, style, color=_COLOURS[index % 4], label=name)
        drawing.axes.legend()
    return drawing.png

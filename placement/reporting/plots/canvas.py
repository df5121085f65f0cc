"""The paper the pictures are drawn on: style, colours, and PNG bytes that never change.

No global state of pyplot is touched. Colours are from Okabe and Ito's palette, which survives
colour-blindness.
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from placement.reporting.plots.fonts import FONT, Png, draw_in_any_script

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.typing import RcKeyType

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
GREY, INK = "#7A7A7A", "#222222"
DOTS_PER_INCH = 144
WIDTH, HEIGHT = 6.4, 4.4
_MARGINS = (0.72, 0.58, 0.22, 0.48)  # left, bottom, right, top, in inches

_STYLE: "dict[RcKeyType, str | float | bool]" = {
    "font.family": FONT,
    "font.size": 10,
    "text.parse_math": False,  # a column may be called "fee ($)"
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#666666",
    "axes.labelcolor": INK,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.8,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 2.0,
    "lines.solid_capstyle": "round",
}


class Canvas:
    """One set of axes, and its PNG once the drawing is done."""

    def __init__(self, figure: "Figure") -> None:
        self.axes = figure.add_subplot()
        self.png = Png(b"", {})
        self._figure = figure

    def name(self, title: str, x: str, y: str) -> None:
        """Write the title and what the axes show."""
        self.axes.set_title(title)
        self.axes.set_xlabel(x)
        self.axes.set_ylabel(y)

    def name_rows(self, names: Sequence[str]) -> None:
        """Write names up the axis, at 0, 1 and so on."""
        from matplotlib.ticker import FixedFormatter, FixedLocator

        self.axes.yaxis.set_major_locator(FixedLocator(range(len(names))))
        self.axes.yaxis.set_major_formatter(FixedFormatter(names))
        self.axes.tick_params(axis="y", length=0, labelsize=9)
        self.axes.grid(visible=False, axis="y")

    def legend_below(self) -> None:
        """Explain the marks in one line below the axes; for a canvas that is fitted."""
        marks = len(self.axes.get_legend_handles_labels()[1])
        self._figure.legend(loc="outside lower center", ncols=marks)


@contextmanager
def canvas(height: float = HEIGHT, width: float = WIDTH, *, fit: bool = False) -> Iterator[Canvas]:
    """Yield a canvas to draw on; afterwards its `png` holds the picture.

    `fit` measures the texts for the margins; without it they are fixed, which is twice as fast.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # Letters that join are drawn one by one; that is no reason to stop a run.
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        figure = Figure((width, height), DOTS_PER_INCH, layout="constrained" if fit else None)
        if not fit:
            left, bottom, right, top = _MARGINS
            figure.subplots_adjust(
                left / width, bottom / height, 1 - right / width, 1 - top / height
            )
        drawing = Canvas(figure)
        yield drawing
        names = draw_in_any_script(figure)
        buffer = io.BytesIO()
        # matplotlib would write its version into the file.
        paper: Any = FigureCanvasAgg(figure)
        paper.print_png(buffer, metadata={"Software": None})
        drawing.png = Png(buffer.getvalue(), names)

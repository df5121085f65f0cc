"""Pictures of the pages, as SVG whose colours are the stylesheet's: nothing is fetched for them."""

import math
from collections.abc import Callable, Mapping, Sequence

from markupsafe import Markup

_WIDTH, _HEIGHT, _LEFT, _BELOW = 640, 220, 68, 28
Point = tuple[float, float]
Points = Sequence[Point]
Place = Callable[[float, float], Point]


def line_chart(lines: Mapping[str, Points], shows: str, axis: str) -> Markup:
    """Draw lines by name over a common axis; `shows` says what for who cannot see it."""
    every = [point for points in lines.values() for point in points]
    if not every:
        return Markup("")
    x_low, x_high = _span([x for x, _ in every])
    y_low, y_high = _span([y for _, y in every])

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - x_low) / (x_high - x_low) * (_WIDTH - _LEFT - 12) + _LEFT
        return across, (y_high - y) / (y_high - y_low) * (_HEIGHT - _BELOW - 14) + 10

    parts = [_axes(place, (x_low, x_high), (y_low, y_high), axis)]
    for index, (name, points) in enumerate(lines.items()):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
        parts.append(Markup('<polyline class="line line{}" points="{}"/>').format(index, path))
        parts.append(
            Markup('<text class="key line{}" x="{}" y="{}" text-anchor="end">{}</text>').format(
                index, _WIDTH - 14, 92 + 26 * index, name
            )
        )
    return _svg(_WIDTH, _HEIGHT, "chart", shows, parts)


def _axes(place: Place, xs: Point, ys: Point, axis: str) -> Markup:
    parts = []
    for value in ys:
        x, y = place(xs[0], value)
        parts.append(
            Markup('<path class="grid" d="M{:.1f} {:.1f}H{}"/>').format(x, y, _WIDTH - 12)
            + Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>').format(
                x - 6, y + 4, f"{value:.3g}"
            )
        )
    for value, anchor in zip(xs, ("start", "end"), strict=True):
        x, _ = place(value, ys[0])
        parts.append(
            Markup('<text x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(
                x, _HEIGHT - 8, anchor, f"{value:g}"
            )
        )
    middle = (_WIDTH + _LEFT) / 2
    parts.append(
        Markup('<text x="{:.0f}" y="{}" text-anchor="middle">{}</text>').format(
            middle, _HEIGHT - 8, axis
        )
    )
    return Markup("").join(parts)


def _span(values: Sequence[float]) -> tuple[float, float]:
    finite = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(finite), max(finite)
    return (low, high) if high > low else (low, low + 1.0)


def probability_bar(probability: float, low: float | None, high: float | None) -> Markup:
    """Draw a probability as a bar, with the line of its interval; the number stands beside it."""
    parts = [
        Markup('<rect class="track" width="100" height="12" rx="2"/>'),
        Markup('<rect class="fill" width="{:.1f}" height="12" rx="2"/>').format(100 * probability),
    ]
    if low is not None and high is not None:
        parts.append(
            Markup('<path class="limits" d="M{0:.1f} 6H{1:.1f}M{0:.1f} 3v6M{1:.1f} 3v6"/>').format(
                100 * low, 100 * high
            )
        )
    return _svg(100, 12, "bar", None, parts)


def contribution_bar(part: float, largest: float) -> Markup:
    """Draw by how much something raises (to the right) or lowers (to the left) a chance."""
    length = 50 * min(abs(part) / largest, 1.0) if largest else 0.0
    start = 50.0 if part >= 0 else 50 - length
    parts = [
        Markup('<rect class="{}" x="{:.1f}" y="1" width="{:.1f}" height="10"/>').format(
            "raises" if part >= 0 else "lowers", start, length
        ),
        Markup('<path class="grid" d="M50 0v12"/>'),
    ]
    return _svg(100, 12, "bar", None, parts)


def _svg(
    width: float, height: float, kind: str, shows: str | None, parts: Sequence[Markup]
) -> Markup:
    if shows:
        said = Markup('role="img" aria-label="{}"').format(shows)
    else:
        said = Markup('aria-hidden="true"')
    head = Markup('<svg class="{}" viewBox="0 0 {} {}" {}>').format(kind, width, height, said)
    return head + Markup("").join(parts) + Markup("</svg>")

"""Line charts as SVG, without a plotting package: linear or logarithmic axes and a legend."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

Series = Mapping[str, tuple[Sequence[float], Sequence[float]]]
"""Name of each line and its points: all x, all y."""

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 76, 190, 44, 58
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8a6d3b")
"""Colors that color-blind readers can tell apart (Okabe and Ito), and a brown."""
DASHES = ("", "7 3", "2 3")
MOST_DOTS = 15
"""Lines of no more points than these have a dot on each."""
TICKS = 6
"""About so many ticks on a linear axis."""
DECADES = 3
"""Logarithmic axes longer than this have ticks at powers of ten only."""


@dataclass(frozen=True)
class Axis:
    """A scale from values to pixels, with the values at which it has ticks."""

    ticks: tuple[float, ...]
    log: bool
    begin: float
    end: float

    @classmethod
    def around(cls, values: Sequence[float], log: bool, begin: float, end: float) -> Axis:
        """Return the axis from the last round number below all values to the first above."""
        low, high = min(values), max(values)
        marks = _log_marks(low, high) if log else _linear_marks(low, high)
        first = max((i for i, mark in enumerate(marks) if mark <= low), default=0)
        last = min((i for i, mark in enumerate(marks) if mark >= high), default=len(marks) - 1)
        return cls(tuple(marks[first : max(last, first + 1) + 1]), log, begin, end)

    def at(self, value: float) -> float:
        """Return the pixel of a value."""
        low, high, here = (
            math.log10(v) if self.log else v for v in (self.ticks[0], self.ticks[-1], value)
        )
        return self.begin + (self.end - self.begin) * (here - low) / (high - low)


def _log_marks(low: float, high: float) -> list[float]:
    exponents = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    digits = (1, 2, 5) if high <= low * 10**DECADES else (1,)
    return [float(f"{digit}e{exponent}") for exponent in exponents for digit in digits]


def _linear_marks(low: float, high: float) -> list[float]:
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / TICKS))
    step = next(k * power for k in (1, 2, 5, 10) if k * power >= span / TICKS * 0.999)
    first = math.floor(low / step)
    return [round(k * step, 12) for k in range(first, math.ceil(high / step) + 2)]


def line_chart(
    series: Series,
    title: str,
    x_label: str,
    y_label: str,
    *,
    log_x: bool = False,
    log_y: bool = False,
) -> str:
    """Return an SVG with one line for each of the series.

    Parameters
    ----------
    series
        Points in the order in which they are joined; those that are not finite, or not above zero
        on a logarithmic axis, are left out.
    title, x_label, y_label
        What is written above the chart and at its axes.
    log_x, log_y
        Logarithmic axes.

    Returns
    -------
    str
        The document; the names in its legend stand in the order in which the lines end, top first.
    """
    lines = {name: _drawable(*points, log_x, log_y) for name, points in series.items()}
    every = [point for line in lines.values() for point in line] or [(1.0, 1.0)]
    across = Axis.around([x for x, _ in every], log_x, LEFT, WIDTH - RIGHT)
    up = Axis.around([y for _, y in every], log_y, HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        _tag("rect", width=WIDTH, height=HEIGHT, fill="#ffffff"),
        _text((LEFT + WIDTH - RIGHT) / 2, 24, title, anchor="middle", size=15),
        *_frame(across, up),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, x_label, anchor="middle"),
        _text(18, (TOP + HEIGHT - BOTTOM) / 2, y_label, anchor="middle", turned=True),
    ]
    styles = {name: (COLORS[i % 8], DASHES[i // 8 % 3]) for i, name in enumerate(lines)}
    for name, line in lines.items():
        parts.extend(_line([(across.at(x), up.at(y)) for x, y in line], *styles[name]))
    names = sorted(lines, key=lambda name: -lines[name][-1][1] if lines[name] else math.inf)
    for i, name in enumerate(names):
        parts.extend(_legend(i, name if lines[name] else f"{name} (no data)", *styles[name]))
    return "\n".join([*parts, "</svg>", ""])


def _drawable(
    xs: Sequence[float], ys: Sequence[float], log_x: bool, log_y: bool
) -> list[tuple[float, float]]:
    return [
        (float(x), float(y))
        for x, y in zip(xs, ys, strict=True)
        if math.isfinite(x) and math.isfinite(y) and (x > 0 or not log_x) and (y > 0 or not log_y)
    ]


def _frame(across: Axis, up: Axis) -> Iterable[str]:
    """Yield the grid with its numbers, and the two axes."""
    for value in across.ticks:
        x = across.at(value)
        yield _tag("line", x1=x, x2=x, y1=up.begin, y2=up.end, stroke="#e3e3e3")
        yield _text(x, up.begin + 18, number(value), anchor="middle")
    for value in up.ticks:
        y = up.at(value)
        yield _tag("line", x1=across.begin, x2=across.end, y1=y, y2=y, stroke="#e3e3e3")
        yield _text(across.begin - 8, y + 4, number(value), anchor="end")
    path = f"M{across.begin},{up.end} V{up.begin} H{across.end}"
    yield _tag("path", d=path, fill="none", stroke="#444444")


def _line(points: list[tuple[float, float]], color: str, dash: str) -> Iterable[str]:
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    if points:
        yield _tag("polyline", points=joined, fill="none", stroke=color, stroke_width=2, **_d(dash))
    if len(points) <= MOST_DOTS:
        yield from (_tag("circle", cx=x, cy=y, r=3, fill=color) for x, y in points)


def _legend(row: int, name: str, color: str, dash: str) -> Iterable[str]:
    x, y = WIDTH - RIGHT + 14, TOP + 10 + 20 * row
    yield _tag("line", x1=x, x2=x + 22, y1=y, y2=y, stroke=color, stroke_width=2, **_d(dash))
    yield _text(x + 28, y + 4, name)


def _d(dash: str) -> dict[str, str]:
    return {"stroke_dasharray": dash} if dash else {}


def number(value: float) -> str:
    """Return a number as people write it: 1,000 or 0.05, no exponent but for the smallest."""
    return f"{value:,.0f}" if abs(value) >= 1 and value == round(value) else f"{value:g}"


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", size: int = 12, turned: bool = False
) -> str:
    turn = {"transform": f"rotate(-90 {x:g} {y:g})"} if turned else {}
    return _tag("text", text, x=x, y=y, text_anchor=anchor, font_size=size, fill="#222222", **turn)


def _tag(tag: str, content: str = "", **attributes: str | float) -> str:
    """Return an element; an underscore in an attribute's name stands for a hyphen."""
    told = "".join(
        f" {key.replace('_', '-')}={quoteattr(v if isinstance(v, str) else f'{v:.5g}')}"
        for key, v in attributes.items()
    )
    return f"<{tag}{told}>{escape(content)}</{tag}>" if content else f"<{tag}{told}/>"

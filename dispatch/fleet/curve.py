"""The price curve as a drawing: cost a day by the number of trucks of each type."""

from __future__ import annotations

import html
import statistics

from dispatch.fleet.study import FleetStudy
from scenarios.fleet.search import Judged, Step

WIDTH, HEIGHT = 250.0, 190.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 14.0, 16.0, 40.0
COLORS = {"better": "#17695a", "worse": "#c92a2a"}
CHOSEN, OTHER = "#1b242d", "#66727e"


def curves(study: FleetStudy) -> str:
    """Return one panel for each type of which the mix may hold more or fewer."""
    found = study.found
    every = [found.chosen, *(step.judged for step in found.curve)]
    costs = [cost for one in every for cost in one.values["cost"]]
    scale = _Scale(min(costs), max(costs))
    panels = []
    for t in sorted({step.type_idx for step in found.curve}):
        steps = [step for step in found.curve if step.type_idx == t]
        panels.append(_panel(study, t, steps, scale))
    return "".join(panels)


class _Scale:
    """Money to the drawing, alike in all panels."""

    def __init__(self, low: float, high: float) -> None:
        room = max(1.0, high - low) * 0.08
        self.low, self.high = low - room, high + room

    def y(self, cost: float) -> float:
        """Return the height of a cost."""
        share = (self.high - cost) / (self.high - self.low)
        return TOP + share * (HEIGHT - TOP - BOTTOM)

    def ticks(self) -> list[float]:
        """Return four costs to be written at the axis."""
        return [self.low + (self.high - self.low) * k / 4 for k in range(1, 4)]


def _panel(study: FleetStudy, t: int, steps: list[Step], scale: _Scale) -> str:
    chosen = study.found.chosen
    points = [(step.judged, step.judged.mix[t], _color(step)) for step in steps]
    points.append((chosen, chosen.mix[t], CHOSEN))
    points.sort(key=lambda point: point[1])
    first, last = points[0][1], points[-1][1]
    step_x = (WIDTH - LEFT - RIGHT) / (last - first + 1)

    def x(count: int) -> float:
        return LEFT + (count - first + 0.5) * step_x

    line = " ".join(f"{x(n):.1f},{scale.y(_mean(one)):.1f}" for one, n, _ in points)
    drawn = [
        *(_tick(scale, cost) for cost in scale.ticks()),
        f'<polyline points="{line}" fill="none" stroke="#c9d0d6" stroke-width="1.5"/>',
        *(_point(one, x(n), color, scale) for one, n, color in points),
        *(_label(one, x(n), n, is_chosen=one is chosen) for one, n, _ in points),
    ]
    name = html.escape(study.offer.types[t].type_id)
    return (
        f'<figure><figcaption>{name}</figcaption><svg class="curve" viewBox="0 0 {WIDTH:.0f}'
        f' {HEIGHT:.0f}" role="img">{"".join(drawn)}</svg></figure>'
    )


def _mean(one: Judged) -> float:
    return statistics.fmean(one.values["cost"])


def _color(step: Step) -> str:
    return COLORS.get(step.verdicts["cost"].word, OTHER)


def _tick(scale: _Scale, cost: float) -> str:
    y = scale.y(cost)
    return (
        f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#eef1f3"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{cost:,.0f}</text>'
    )


def _point(one: Judged, x: float, color: str, scale: _Scale) -> str:
    """Return mean and spread; hollow where the service is missed."""
    low, high = (scale.y(f(one.values["cost"])) for f in (min, max))
    fill = color if one.holds else "#fff"
    told = (
        f"{_mean(one):,.0f}; {one.served:.2%} served;"
        f" {statistics.fmean(one.values['overtime_h']):.1f} h overtime"
    )
    return (
        f'<g><title>{told}</title><line x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}"'
        f' stroke="{color}" stroke-width="1.5"/><circle cx="{x:.1f}" cy="{scale.y(_mean(one)):.1f}"'
        f' r="4.5" fill="{fill}" stroke="{color}" stroke-width="2"/></g>'
    )


def _label(one: Judged, x: float, count: int, *, is_chosen: bool) -> str:
    weight = "700" if is_chosen else "400"
    return (
        f'<text x="{x:.1f}" y="{HEIGHT - 22:.0f}" text-anchor="middle" font-weight="{weight}">'
        f'{count}</text><text class="soft" x="{x:.1f}" y="{HEIGHT - 7:.0f}" text-anchor="middle">'
        f"{one.served:.1%}</text>"
    )

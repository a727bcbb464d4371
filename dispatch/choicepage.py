"""The page of a choice of sites or places: map, choice and candidates, opened without internet."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dispatch.comparison.maps import WIDTH, Frame, street_symbol
from dispatch.comparison.page import HEAD, STYLE
from dispatch.fleet.page import table
from routing.network import Network

PAGE = (
    HEAD
    + """{streets}
<main>
<section><h2>地图 Map</h2><p class="legend">{legend}</p>{map}</section>
<section><h2>选址结果 The choice</h2><pre>{lines}</pre></section>
<section><h2>候选点 Candidates</h2><div class="scroll">{candidates}</div></section>
</main>
</body>
</html>
"""
)
COLORS = (
    *("#e8590c", "#1971c2", "#2f9e44", "#9c36b5", "#c2255c", "#0b9aa5", "#8a7a00", "#6d4c41"),
    *("#7cb518", "#364fc7", "#f2a900", "#f06595"),
)
"""Of what is built, in turn; with more than there are colors they begin again."""
REFUSED, EXISTING, NOWHERE = "#868e96", "#1b242d", "#ced4da"

LonLat = tuple[float, float]


@dataclass(frozen=True)
class Dot:
    """What is served: where, its radius, in words, and by what (empty: nothing that is drawn)."""

    at: LonLat
    radius: float
    text: str
    to: str


@dataclass(frozen=True)
class ChoicePage:
    """What the page shows.

    Attributes
    ----------
    built, refused, there
        Candidates that are built and those that are not, and what stands there already, by name.
    spokes
        Whether a line leads from each dot to what serves it.
    legend
        What the dots are.
    head, rows
        The table of candidates, cells as text.
    """

    title: str
    about: str
    network: Network
    built: Mapping[str, LonLat]
    refused: Mapping[str, LonLat]
    there: Mapping[str, LonLat]
    dots: Sequence[Dot]
    spokes: bool
    legend: str
    lines: Sequence[str]
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    @property
    def colors(self) -> dict[str, str]:
        """Color of everything that serves."""
        built = {name: COLORS[n % len(COLORS)] for n, name in enumerate(self.built)}
        return dict.fromkeys(self.there, EXISTING) | built


def choice_page(page: ChoicePage) -> str:
    """Return the page as text."""
    places = [*(dot.at for dot in page.dots), *page.built.values(), *page.refused.values()]
    frame = Frame(page.network, places)
    box = f"0 0 {WIDTH:.0f} {frame.height:.0f}"
    opening = f'<svg class="map" style="max-height:82vh" viewBox="{box}" role="img">'
    drawn = "".join((*_dots(frame, page), *_marks(frame, page)))
    return PAGE.format(
        title=html.escape(page.title),
        style=STYLE,
        about=html.escape(page.about),
        streets=street_symbol(page.network, frame),
        legend=_legend(page),
        map=f'{opening}<use href="#streets"/>{drawn}</svg>',
        lines="\n".join(map(html.escape, page.lines)),
        candidates=table(
            [html.escape(cell) for cell in page.head],
            [[html.escape(cell) for cell in row] for row in page.rows],
        ),
    )


def _legend(page: ChoicePage) -> str:
    parts = [(page.colors[name], f"{name} 建设 built") for name in page.built]
    parts += [(EXISTING, "□ 现有设施 there already")] if page.there else []
    parts += [(REFUSED, "◇ 未选 not built")]
    spans = (f'<span><i style="background:{c}"></i>{html.escape(text)}</span>' for c, text in parts)
    return "".join(spans) + f"<span>● {html.escape(page.legend)}</span>"


def _dots(frame: Frame, page: ChoicePage) -> Iterable[str]:
    """Yield what is served as dots in the color of what serves it, over their lines to it."""
    colors, ends = page.colors, {**page.there, **page.built}
    for dot in page.dots if page.spokes else ():
        if dot.to in ends:
            (x1, y1), (x2, y2) = frame.at(*dot.at), frame.at(*ends[dot.to])
            yield (
                f'<path class="way" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"'
                f' stroke="{colors[dot.to]}" stroke-width="1.5"/>'
            )
    for dot in page.dots:
        x, y = frame.at(*dot.at)
        title = html.escape(f"{dot.text} → {dot.to or '–'}")
        yield (
            f'<g><title>{title}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="{dot.radius:.1f}"'
            f' fill="{colors.get(dot.to, NOWHERE)}" fill-opacity=".45"/></g>'
        )


def _marks(frame: Frame, page: ChoicePage) -> Iterable[str]:
    """Yield what is there, what is not built small and gray, what is built large and in color."""
    square = f'<rect x="-8" y="-8" width="16" height="16" fill="{EXISTING}"/>'
    refused = f'<path d="M0-7L7 0L0 7L-7 0Z" fill="#fff" stroke="{REFUSED}" stroke-width="2"/>'
    for name, at in page.there.items():
        yield _mark(frame, at, name, square, "there")
    for name, at in page.refused.items():
        yield _mark(frame, at, name, refused, "not-built")
    for name, at in page.built.items():
        shape = (
            f'<circle r="11" fill="{page.colors[name]}" stroke="#fff" stroke-width="2.5"/>'
            f'<text y="28" text-anchor="middle">{html.escape(name)}</text>'
        )
        yield _mark(frame, at, name, shape, "built")


def _mark(frame: Frame, at: LonLat, name: str, shape: str, kind: str) -> str:
    x, y = frame.at(*at)
    title = f"<title>{html.escape(name)}</title>"
    return f'<g class="{kind}" transform="translate({x:.1f} {y:.1f})">{title}{shape}</g>'


def cheapest_with(ranking: Iterable[tuple[Iterable[int], float]]) -> dict[int, tuple[int, float]]:
    """Return in how many designs each candidate is, and the least cost of these.

    ``ranking`` has the candidates and the cost of each design.
    """
    found: dict[int, tuple[int, float]] = {}
    for candidates, cost in ranking:
        for c in candidates:
            count, least = found.get(c, (0, cost))
            found[c] = count + 1, min(least, cost)
    return found

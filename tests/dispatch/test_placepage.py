"""The page of a choice of places: what is built, whom it serves, what stays as it is."""

from __future__ import annotations

import re
from pathlib import Path

from dispatch.choicepage import EXISTING, NOWHERE, cheapest_with
from dispatch.placepage import place_page, write_choice
from dispatch.placing import Placed
from scenarios.city import read_city
from scenarios.paired import judge
from scenarios.placing.ground import PlaceGround
from scenarios.placing.search import JudgedDesign, Placing
from tests.cities import place
from tests.scenarios.edits.towns import town_city
from tests.scenarios.placing.test_placing import ground_of, table, town_of_bins

DOTS = re.compile(r"<title>([^<]*) → (\S+)</title><circle [^>]*fill=\"(#\w+)\"")


def placed(ground: PlaceGround, *designs: tuple[int, ...]) -> Placed:
    """A choice of designs, each a thousand dearer than the one before."""
    ranking = tuple(
        JudgedDesign(design, 900_000.0, 1_000_000.0 + 1_000_000 * k, (1.0,))
        for k, design in enumerate(designs)
    )
    verdict = judge([-1.0, -2.0], -1)
    return Placed(ground.city, ground, Placing(ranking, (1.0,), verdict, None, 1.0, 1, True))


def test_bins_have_the_color_of_their_point(tmp_path: Path) -> None:
    """Two of three points are built; four bins have lines to theirs, two stay and are gray."""
    city = town_of_bins(tmp_path / "town")
    spots = {"X": place(0.5, 0), "Y": place(2.5, 2), "Z": place(3.5, 4)}
    rows = [f"{name},point,{at},9000,0.1," for name, at in spots.items()]
    found = placed(ground_of(city, table(tmp_path, *rows)), (0, 1), (0, 2))
    page = place_page(found)
    assert page.count('class="built"') == 2
    assert page.count('class="not-built"') == 1
    assert page.count('class="there"') == 0
    assert page.count('class="way"') == 4
    dots = DOTS.findall(page)
    assert {bins: to for bins, to, _ in dots} == {
        "A0": "X", "A1": "X", "B0": "Y", "B1": "Y", "C0": "–", "C1": "–"
    }  # fmt: skip
    colors = {to: color for _, to, color in dots}
    assert colors["–"] == NOWHERE
    assert len(set(colors.values())) == 3
    # X is in both designs, the cheaper of which costs 1,000; Z in the other one
    assert re.search(r"<td>X</td><td>9,000</td><td>2</td><td>2</td><td>1,000</td>", page)
    assert re.search(r"<td>Z</td><td>9,000</td><td>–</td><td>1</td><td>2,000</td>", page)
    assert "http" not in page.replace("http-equiv", "")
    files = write_choice(found)
    assert [f.name for f in files] == ["places.html", "places_1.toml", "places_2.toml"]
    assert files[0].read_text(encoding="utf-8") == page


def test_a_water_point_that_is_there_is_drawn(tmp_path: Path) -> None:
    """The page of water points has streets as dots, without lines, and the point of today."""
    town_city(tmp_path / "town")
    city = read_city(tmp_path / "town")
    path = table(tmp_path, f"X,water,{place(2.5, 2)},0,0,", f"Q,water,{place(9, 2)},0,0,")
    page = place_page(placed(ground_of(city, path), (0,)))
    assert page.count('class="there"') == 1
    assert re.search(rf'<title>W1</title><rect [^>]*fill="{EXISTING}"', page)
    assert page.count('class="way"') == 0
    assert len(DOTS.findall(page)) > 1
    assert "取水点 water points" in page


def test_the_cheapest_design_with_each_candidate() -> None:
    """How many designs hold a candidate, and the least cost of these."""
    found = cheapest_with([((0, 1), 5.0), ((1, 2), 7.0)])
    assert found == {0: (1, 5.0), 1: (2, 5.0), 2: (1, 7.0)}

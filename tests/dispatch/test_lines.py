"""Lines of legs and worked streets, and their packed form on the page."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dispatch.lines import leg_line, pack_line, unpack_line, work_line
from tests.dispatch.plans import place, tiny_network, tiny_plan

LON = st.integers(-180_000_000, 180_000_000)
LAT = st.integers(-90_000_000, 90_000_000)


def test_packing_by_the_published_example() -> None:
    """The three points of the format's own description, in five digits."""
    line = [[-120.2, 38.5], [-120.95, 40.7], [-126.453, 43.252]]
    assert pack_line(line, 5) == "_p~iF~ps|U_ulLnnqC_mqNvxq`@"
    assert unpack_line("_p~iF~ps|U_ulLnnqC_mqNvxq`@", 5) == line


@given(st.lists(st.tuples(LON, LAT), max_size=30))
def test_packing_loses_nothing(points: list[tuple[int, int]]) -> None:
    """Any line of six digits comes back exactly, in characters that a script may hold."""
    line = [[lon / 1e6, lat / 1e6] for lon, lat in points]
    text = pack_line(line)
    assert all("?" <= char <= "~" for char in text)
    assert unpack_line(text) == line


def test_rounding_does_not_add_up() -> None:
    """Differences are taken between rounded points, so the end is exact after many points."""
    line = [[i * 0.0000014, 0.0] for i in range(1000)]
    assert unpack_line(pack_line(line, 6))[-1] == [round(999 * 0.0000014, 6), 0.0]


def test_leg_line_is_a_copy() -> None:
    """The driven line as the plan has it; nothing for the start and for a break."""
    route = tiny_plan()["routes"][0]
    assert leg_line(route["activities"][0]) == []
    activity = route["activities"][1]
    line = leg_line(activity)
    assert line == activity["leg"]["geometry"]
    line[0][0] = 0.0
    assert activity["leg"]["geometry"][0][0] != 0.0


def test_work_line_joins_pieces() -> None:
    """R1 works GH and HI: three junctions, the shared one once; without streets nothing."""
    sweep = tiny_plan()["routes"][2]["activities"][1]
    assert sweep["id"] == "R1"
    assert work_line(sweep, tiny_network()) == [list(place(node)) for node in "GHI"]
    assert work_line(sweep, None) == []
    assert work_line(tiny_plan()["routes"][0]["activities"][1], tiny_network()) == []

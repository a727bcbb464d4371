"""Line charts are well-formed, stand where their values are, and leave out what cannot be drawn."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from benchmarks.plots import HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, line_chart, number

SVG = "{http://www.w3.org/2000/svg}"


def texts(chart: str) -> list[str]:
    """All texts of a chart, in order."""
    return [found.text for found in ElementTree.fromstring(chart).iter(f"{SVG}text")]


def dots(chart: str) -> list[tuple[float, float]]:
    """Centres of all dots of a chart."""
    found = ElementTree.fromstring(chart).iter(f"{SVG}circle")
    return [(float(dot.get("cx")), float(dot.get("cy"))) for dot in found]


@pytest.mark.parametrize(
    ("values", "log", "ticks"),
    [
        ([0, 49], False, (0, 10, 20, 30, 40, 50)),
        ([-2.9, 3], False, (-3, -2, -1, 0, 1, 2, 3)),
        ([0.3, 0.9], False, (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)),
        ([100, 2000], True, (100, 200, 500, 1000, 2000)),
        ([0.0006, 3.2], True, (0.0001, 0.001, 0.01, 0.1, 1, 10)),
        ([7], True, (5, 10)),
    ],
)
def test_axes_end_at_round_numbers_around_the_values(values, log, ticks):
    """Steps of 1, 2 or 5; over more than three decades powers of ten."""
    assert Axis.around(values, log, 0, 1).ticks == pytest.approx(ticks)


@pytest.mark.parametrize("value", [5.0, 0.0, -4.0])
def test_an_axis_holds_a_single_value(value):
    """One value is enough for an axis that has a length."""
    axis = Axis.around([value], False, 0, 100)
    assert axis.ticks[0] <= value <= axis.ticks[-1]
    assert len(axis.ticks) >= 2
    assert 0 <= axis.at(value) <= 100


def test_pixels_follow_the_scale():
    """Linear axes halve by differences, logarithmic ones by ratios."""
    assert Axis((0, 5, 10), False, 0, 200).at(2.5) == pytest.approx(50)
    assert Axis((1, 10, 100), True, 300, 100).at(10) == pytest.approx(200)


def test_points_lie_where_their_values_are():
    """The corners of the frame are the least and the greatest values."""
    chart = line_chart({"a": ([1, 100], [10, 1000])}, "t", "x", "y", log_x=True, log_y=True)
    first, last = dots(chart)
    assert first == (pytest.approx(LEFT), pytest.approx(HEIGHT - 58, abs=0.1))
    assert last == (pytest.approx(WIDTH - RIGHT), pytest.approx(TOP))


def test_what_has_no_place_is_left_out():
    """Not a number, infinite, and not above zero on logarithmic axes."""
    points = [1, 2, 3, 4, 5], [1.0, float("nan"), float("inf"), 0.0, 2.0]
    assert len(dots(line_chart({"a": points}, "t", "x", "y"))) == 3
    assert len(dots(line_chart({"a": points}, "t", "x", "y", log_y=True))) == 2


def test_the_legend_names_all_lines_from_the_top():
    """In the order of their ends; names are escaped, lines without data come last."""
    chart = line_chart(
        {"low": ([1, 2], [1, 1]), "<high> & more": ([1, 2], [1, 9]), "none": ([], [])},
        "title",
        "across",
        "up",
    )
    assert texts(chart)[-3:] == ["<high> & more", "low", "none (no data)"]
    assert {"title", "across", "up"} <= set(texts(chart))


def test_ten_lines_can_be_told_apart():
    """When the colors are used up, dashes differ."""
    chart = line_chart({str(i): ([0, 1], [i, i]) for i in range(10)}, "t", "x", "y")
    lines = ElementTree.fromstring(chart).iter(f"{SVG}polyline")
    assert len({(line.get("stroke"), line.get("stroke-dasharray")) for line in lines}) == 10


def test_long_lines_have_no_dots():
    """A curve of many points is a line alone."""
    chart = line_chart({"a": (list(range(50)), list(range(50)))}, "t", "x", "y")
    assert not dots(chart)
    assert chart.count("<polyline") == 1


def test_a_chart_without_data_is_a_chart():
    """Axes alone, whatever the scale."""
    assert texts(line_chart({}, "nothing", "x", "y", log_x=True, log_y=True))


def test_as_many_x_as_y():
    """Points that lack half of themselves are no points."""
    with pytest.raises(ValueError, match="argument 2"):
        line_chart({"a": ([1, 2], [1])}, "t", "x", "y")


@pytest.mark.parametrize(
    ("value", "text"), [(1e6, "1,000,000"), (0.05, "0.05"), (2.5, "2.5"), (-3.0, "-3"), (0, "0")]
)
def test_numbers_are_written_as_people_do(value, text):
    """Thousands are parted, decimals kept, no exponents."""
    assert number(value) == text

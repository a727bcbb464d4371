"""Places against the streets of a small town."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from routing.errors import InputError
from routing.network import Network
from routing.reading import read_network
from scenarios.city import read_city
from scenarios.coordinates import wgs84_to_bd09, wgs84_to_gcj02
from scenarios.places import check_places
from tests.cities import place, replaced, write_good


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """The streets of the town."""
    return read_network(write_good(tmp_path_factory.mktemp("town")) / "map.osm")


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """The good city, to be spoiled."""
    return write_good(tmp_path / "city")


def moved(table: Path, forward) -> None:
    """Convert the places of a table."""
    rows = list(csv.reader(io.StringIO(table.read_text(encoding="utf-8"))))
    at = rows[0].index("lon")
    for row in rows[1:]:
        lon, lat = forward(float(row[at]), float(row[at + 1]))
        row[at : at + 2] = [f"{float(lon):.7f}", f"{float(lat):.7f}"]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    table.write_text(out.getvalue(), encoding="utf-8")


def all_moved(city: Path, forward) -> None:
    """Convert all places of a city."""
    for name in ("points", "facilities"):
        moved(city / f"{name}.csv", forward)


def test_good_city_is_quiet(city: Path, streets: Network) -> None:
    """Places beside streets give no warning."""
    assert check_places(read_city(city), streets) == []


@pytest.mark.parametrize(
    ("forward", "system"), [(wgs84_to_gcj02, "gcj02"), (wgs84_to_bd09, "bd09")]
)
def test_shift_is_found_and_mended(city: Path, streets: Network, forward, system: str) -> None:
    """Shifted points are refused with the remedy; the remedy makes them sound; once is enough."""
    all_moved(city, forward)
    with pytest.raises(InputError, match=rf"write coordinates = '{system}' into city.toml, or run"):
        check_places(read_city(city), streets)
    assert check_places(read_city(city), streets, fix=True) == [
        f"points read as {system.upper()} and rewritten as WGS-84: "
        "points.csv, facilities.csv, city.toml"
    ]
    assert check_places(read_city(city), streets) == []
    before = (city / "points.csv").read_bytes()
    assert check_places(read_city(city), streets, fix=True) == [
        "the coordinates fit the streets as they are; nothing was rewritten"
    ]
    assert (city / "points.csv").read_bytes() == before


def test_only_what_is_shifted_is_mended(city: Path, streets: Network) -> None:
    """Points from a web map beside stations surveyed in WGS-84: the stations stay in place."""
    moved(city / "points.csv", wgs84_to_gcj02)
    before = (city / "facilities.csv").read_bytes()
    assert check_places(read_city(city), streets, fix=True) == [
        "points read as GCJ02 and rewritten as WGS-84: points.csv, city.toml",
        "facilities.csv fits the streets as it is and was left alone",
    ]
    assert (city / "facilities.csv").read_bytes() == before
    assert check_places(read_city(city), streets) == []


def test_declared_system_can_be_rewritten(city: Path, streets: Network) -> None:
    """Tables rightly declared GCJ-02 are sound, and can be rewritten as WGS-84."""
    all_moved(city, wgs84_to_gcj02)
    replaced("city.toml", ("wgs84", "gcj02"))(city)
    assert check_places(read_city(city), streets) == []
    check_places(read_city(city), streets, fix=True)
    assert read_city(city).coordinates == "wgs84"
    assert check_places(read_city(city), streets) == []


def test_wrong_declaration(city: Path, streets: Network) -> None:
    """Tables in WGS-84 that are declared GCJ-02 are refused, and mended in the settings alone."""
    replaced("city.toml", ("wgs84", "gcj02"))(city)
    with pytest.raises(InputError, match="as WGS84 read as GCJ02 would be; write coordinates = 'w"):
        check_places(read_city(city), streets)
    check_places(read_city(city), streets, fix=True)
    assert check_places(read_city(city), streets) == []


def test_points_of_another_town(city: Path, streets: Network) -> None:
    """Where no point is near any street, the message shows both places."""
    all_moved(city, lambda lon, lat: (lon + 1, lat))
    with pytest.raises(InputError) as caught:
        check_places(read_city(city), streets)
    assert str(caught.value) == (
        "points.csv: no point is near a street of the map; the points lie around 113.0020, 31.0025,"
        " the map spans 112.0000 to 112.0210, 31.0000 to 31.0040; is it the map of this city, and "
        "are lon and lat in the right columns?"
    )


def test_all_swapped_on_a_map_that_allows_it(tmp_path: Path, streets: Network) -> None:
    """Where every row is swapped, the map betrays it."""
    city = write_good(tmp_path / "city")
    text = (
        (city / "map.osm").read_text().replace('lon="112', 'lon="8').replace('lat="31', 'lat="49')
    )
    (city / "map.osm").write_text(text)
    all_moved(city, lambda lon, lat: (lat + 18, lon - 104))
    with pytest.raises(InputError, match="lon and lat look swapped"):
        check_places(read_city(city), read_network(city / "map.osm"))


def test_each_far_place_is_named(city: Path, streets: Network) -> None:
    """Points, stations and cases off the streets are named with row and distance."""
    replaced("points.csv", (place(1.5, 1), place(1.5, 6)))(city)
    replaced("facilities.csv", (place(2.5, 1), place(2.5, 8)))(city)
    assert check_places(read_city(city), streets) == [
        "points.csv row 3: point_id = 'P2' is 228 m from the nearest street that a truck may drive",
        "facilities.csv row 4: facility_id = 'K1' is 450 m from the nearest street that a truck "
        "may drive",
    ]

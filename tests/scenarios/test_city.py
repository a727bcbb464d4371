"""Reading a whole city."""

from __future__ import annotations

from pathlib import Path

import pytest

from routing.errors import InputError
from routing.profiles import CITY_SPEEDS_KMH
from scenarios.city import City, Settings, read_city
from scenarios.coordinates import wgs84_to_bd09
from scenarios.defaults import load_defaults
from scenarios.schema import TABLES
from scenarios.tables import _default, parse_cell
from tests.scenarios.test_tables import GOOD, write_city


def test_every_schema_default_has_a_source() -> None:
    """Each default of the schema stands in the data file with the same value."""
    for table in TABLES.values():
        for column in table.columns:
            if column.default not in (None, ""):
                row = load_defaults()[f"table.{table.name}.{column.name}"]
                assert parse_cell(column, row.value) == _default(column)


def test_settings_defaults() -> None:
    """Defaults arrive in the units of the fields."""
    settings = Settings()
    assert (settings.meal_break_s, settings.max_driving_s, settings.min_rest_s) == (
        2400,
        14400,
        1200,
    )
    assert (settings.unload_transfer_s, settings.unload_plant_s) == (720, 900)
    assert settings.meal_window == (37_800, 48_600)
    assert settings.diesel_l_km == pytest.approx(0.707)
    assert tuple(settings.speeds.values()) == CITY_SPEEDS_KMH


def test_derived_defaults(tmp_path: Path) -> None:
    """Volume, bins, service time, unloading time, streams and body volume follow from the rest."""
    city = read_city(write_city(tmp_path))
    point = city.points.iloc[0]
    assert point["demand_m3"] == pytest.approx(500 / 250)
    assert point["bins"] == 10  # 2 m3 / (0.24 m3 * 0.85) = 9.8
    assert point["service_s"] == 40 + 10 * 32
    assert point["name"] == "P1"
    assert point["side"] is None
    assert point["window_start"] == 6 * 3600
    assert list(city.facilities["unload_s"]) == [0, 720]
    truck = city.trucks.iloc[0]
    assert truck["streams"] == ("other",)
    assert truck["capacity_m3"] == pytest.approx(5500 / 550)
    assert truck["end_depot_id"] == "D1"
    keys = {assumption.key for assumption in city.assumptions}
    assert {"density.in_bin.other", "time.unload.transfer_station", "bin.volume.240L"} <= keys
    assert not {"time.wash_station", "table.weather.rain_mm"} & keys


def test_settings_are_read(tmp_path: Path) -> None:
    """Values of city.toml come in, in seconds, and are no assumptions any more."""
    toml = """
name = "甲市"
osm = "Jingmen, Hubei"
[rules]
meal_break_min = 30
meal_window = ["11:00", "13:00"]
[density.in_bin]
other = 200
[energy.scale]
5 = 0.3
"""
    city = read_city(write_city(tmp_path, toml=toml))
    assert (city.name, city.osm) == ("甲市", "Jingmen, Hubei")
    assert city.settings.meal_break_s == 1800
    assert city.settings.meal_window == (39_600, 46_800)
    assert city.settings.density_in_bin["other"] == 200
    assert city.settings.energy_scale[5.0] == 0.3
    keys = {assumption.key for assumption in city.assumptions}
    assert not {"rules.meal_break", "rules.meal_window", "density.in_bin.other"} & keys


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("", "city.toml: osm is missing; expected a map file or a place name"),
        ('osm = "x"\nsede = 1', "city.toml: sede is unknown; did you mean seed?"),
        ('osm = "x"\nseed = -1', "city.toml: seed = -1; expected a whole number >= 0"),
        (
            'osm = "no.osm.pbf"',
            "city.toml: osm = 'no.osm.pbf'; expected a file; no.osm.pbf is not there",
        ),
        (
            'osm = "x"\ncoordinates = "mars"',
            "city.toml: coordinates = 'mars'; expected wgs84, cgcs2000, gcj02, bd09",
        ),
        (
            'osm = "x"\n[service]\nstop_s = "x"',
            "city.toml: service.stop_s = 'x'; expected a number >= 0",
        ),
        (
            'osm = "x"\n[density.in_bin]\nother = 0',
            "city.toml: density.in_bin.other = 0; expected a number > 0",
        ),
        (
            'osm = "x"\n[rules]\nmeal_window = ["13:00", "11:00"]',
            "city.toml: rules.meal_window = ['13:00', '11:00']; "
            'expected two times in order, such as ["10:30", "13:30"]',
        ),
    ],
)
def test_refuses_settings(tmp_path: Path, toml: str, message: str) -> None:
    """Each wrong setting gives its own message."""
    with pytest.raises(InputError) as caught:
        read_city(write_city(tmp_path, toml=toml))
    assert caught.value.faults == [message]


def test_broken_toml(tmp_path: Path) -> None:
    """A file that is no TOML, and one that is absent, are faults."""
    folder = write_city(tmp_path, toml="osm = ")
    with pytest.raises(InputError, match=r"city.toml cannot be read"):
        read_city(folder)
    (folder / "city.toml").unlink()
    with pytest.raises(InputError, match=r"city.toml is missing"):
        read_city(folder)


def test_coordinates_become_wgs84(tmp_path: Path) -> None:
    """Places of a city declared bd09 come out as WGS-84."""
    lon, lat = wgs84_to_bd09([112.2], [31.03])
    points = GOOD["points"].replace("112.20,31.03", f"{float(lon[0])!r},{float(lat[0])!r}")
    toml = 'osm = "x"\ncoordinates = "bd09"'
    city = read_city(write_city(tmp_path, toml=toml, points=points))
    assert city.points.loc[0, "lon"] == pytest.approx(112.2, abs=1e-7)
    assert city.points.loc[0, "lat"] == pytest.approx(31.03, abs=1e-7)


def test_hash_follows_the_content(tmp_path: Path) -> None:
    """The same tables give the same hash; one changed cell gives another."""

    def read(name: str, points: str) -> City:
        return read_city(write_city(tmp_path / name, points=points))

    one, two = read("a", GOOD["points"]), read("b", GOOD["points"])
    other = read("c", GOOD["points"].replace("500", "501"))
    assert one.tables_hash == two.tables_hash != other.tables_hash


def test_no_such_city(tmp_path: Path) -> None:
    """A path that is neither folder nor workbook is refused."""
    with pytest.raises(InputError, match="no such city"):
        read_city(tmp_path / "nowhere")

"""Reading a whole city."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from routing.errors import InputError
from routing.profiles import CITY_SPEEDS_KMH
from scenarios.city import BY_NAME_RANGES, City, Settings, read_city
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
        (
            'osm = "x"\nseed = -1',
            "city.toml: seed = -1; expected a whole number from 0 to 2147483647",
        ),
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
            "city.toml: service.stop_s = 'x'; expected a number from 0 to 3,600",
        ),
        (
            'osm = "x"\n[density.in_bin]\nother = 0',
            "city.toml: density.in_bin.other = 0; expected a number from 1 to 5,000",
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


TOO_FAR = [
    ("rules.meal_break_min", -1, 181),
    ("rules.max_driving_min", 9, 1441),
    ("rules.overtime_factor", 0.9, 11),
    ("rules.wet_min_temp_c", -41, 41),
    ("rules.wet_max_rain_mm", -1, 2001),
    ("service.bin_s", -1, 601),
    ("service.unload_plant_s", -1, 14_401),
    ("prices.unserved_base", -1, 1_000_001),
    ("density.in_truck.kitchen", 0.5, 5_001),
    ("speeds.residential", 0, 131),
    ("energy.diesel_l_km", -0.1, 11),
    ("energy.scale.8", 0, 11),
]


@pytest.mark.parametrize(("key", "below", "above"), TOO_FAR, ids=[row[0] for row in TOO_FAR])
def test_settings_have_a_range(tmp_path: Path, key: str, below: float, above: float) -> None:
    """A setting just outside what can be meant is refused on both sides, NaN as well."""
    for n, value in enumerate((below, above, "nan", "true")):
        with pytest.raises(InputError, match=rf"city.toml: {key} = .*expected a number from"):
            read_city(write_city(tmp_path / str(n), toml=f'osm = "x"\n{key} = {value}'))


def test_every_setting_has_a_range_that_holds_its_default() -> None:
    """No number of the settings is without bounds, and the defaults lie inside."""
    for item in dataclasses.fields(Settings):
        if item.metadata["type"] == "number":
            least, most = item.metadata["range"]
            value = getattr(Settings(), item.name) / item.metadata["scale"]
            assert least <= value <= most, item.name
        if item.metadata["type"] == "mapping":
            least, most = BY_NAME_RANGES[item.metadata["path"]]
            assert all(least <= v <= most for v in getattr(Settings(), item.name).values())


def test_free_leaving_out_is_a_warning(tmp_path: Path) -> None:
    """Prices of nothing are legal, and told."""
    toml = 'osm = "x"\n[prices]\nunserved_base = 0\nunserved_per_kg = 0\nunserved_street_km = 0'
    assert read_city(write_city(tmp_path, toml=toml)).warnings == [
        "city.toml: prices.unserved_base and prices.unserved_per_kg are 0: points may be left out "
        "for nothing",
        "city.toml: prices.unserved_street_km is 0: streets may be left out for nothing",
    ]


@pytest.mark.parametrize("osm", ["map", "maps.osm", "map.osm.pbf"])
def test_map_of_another_name(tmp_path: Path, osm: str) -> None:
    """A map that is not there is refused with the name of the one that is."""
    folder = write_city(tmp_path, toml=f'osm = "{osm}"')
    (folder / "map.osm").write_text("<osm/>")
    with pytest.raises(InputError, match=r"is not there; did you mean map\.osm\?"):
        read_city(folder)


def test_broken_toml(tmp_path: Path) -> None:
    """A file that is no TOML, and one that is absent, are faults."""
    folder = write_city(tmp_path, toml="osm = ")
    with pytest.raises(InputError, match=r"city.toml cannot be read"):
        read_city(folder)
    (folder / "city.toml").write_bytes('name = "小城"'.encode("gb18030"))
    with pytest.raises(InputError, match=r"city.toml cannot be read: byte 0xb3 is no UTF-8"):
        read_city(folder)
    (folder / "city.toml").rename(folder / "City.toml")
    with pytest.raises(InputError, match=r"city.toml is missing; rename City.toml"):
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

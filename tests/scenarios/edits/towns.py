"""The small good city with scenarios beside its tables."""

from __future__ import annotations

from pathlib import Path

from routing.network import Network
from routing.reading import read_network
from scenarios.city import City, read_city
from scenarios.edits.scenario import Edited, apply_scenario, read_scenario
from tests.cities import added, place, replaced, together, write_good, written

FACILITIES = (
    "facility_id,kind,lon,lat,streams,open,close,haul_to,storage_t\n"
    f"D1,depot,{place(0.5, 2)},,,,,\n"
    f"T1,transfer,{place(3.5, 2)},other;recyclable;sweepings,04:00,22:00,I1,1.2\n"
    f"I1,plant,{place(10, 1)},other,04:00,22:00,,\n"
    f"K1,plant,{place(2.5, 1)},kitchen,04:00,22:00,,\n"
    f"W1,water,{place(1.5, 2)},,,,,\n"
)
"""Collectors fill 1.2 t at T1; what is not recycled goes on over the bridge to I1."""


def town_with_hauls(folder: Path) -> Path:
    """The good city with a transfer truck that carries 600 kg at once from T1 to I1."""
    write_good(folder)
    together(
        written("facilities.csv", FACILITIES),
        replaced("trucks.csv", ("C1,collector,D1,3000", "C1,collector,D1,700")),
        added("trucks.csv", "X1,transfer,D1,600,,,,2.2,05:00,13:00"),
    )(folder)
    return folder


def town_city(folder: Path, **scenarios: str) -> City:
    """The good city with a file for each scenario."""
    write_good(folder)
    (folder / "scenarios").mkdir(exist_ok=True)
    for name, text in scenarios.items():
        (folder / "scenarios" / f"{name}.toml").write_text(text, encoding="utf-8")
    return read_city(folder)


def streets_of(city: City) -> Network:
    """The streets of a city, read from its map each time."""
    return read_network(city.osm)


def edited(folder: Path, text: str, name: str = "x") -> Edited:
    """What a scenario makes of the good city."""
    city = town_city(folder, **{name: text})
    return apply_scenario(city, read_scenario(city, name), lambda: streets_of(city))

"""The small good city with scenarios beside its tables."""

from __future__ import annotations

from pathlib import Path

from routing.network import Network
from routing.reading import read_network
from scenarios.city import City, read_city
from scenarios.edits.scenario import Edited, apply_scenario, read_scenario
from tests.cities import write_good


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

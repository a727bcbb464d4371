"""All tables of the sample city, laid on a map."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from routing.network import Network
from scenarios.sample.cleaning import classify_streets, operations, programmes
from scenarios.sample.facilities import place_facilities
from scenarios.sample.fleet import build_fleet
from scenarios.sample.ground import survey
from scenarios.sample.limits import closures, limits
from scenarios.sample.naming import Names
from scenarios.sample.osm_xml import Anchor, Point
from scenarios.sample.places import choose_places
from scenarios.sample.points import found_sites, point_rows, split_streams
from scenarios.sample.records import (
    calendar,
    case_catalogue,
    cases,
    fill_levels,
    weather,
    weighings,
)

DISTRICTS = ("中心城区", "城东片区", "城北片区", "城西片区", "城南片区")


@dataclass(frozen=True)
class Hints:
    """What the maker of a map knows about it: its core, places of facilities, names of districts.

    ``core`` is longitude, latitude, radius of the core and reach in meters; ``places`` are in
    degrees, by facility, as are the corners of the built-up city, ``outline``.
    """

    core: tuple[float, float, float, float] | None = None
    places: dict[str, Point] = field(default_factory=dict)
    town: Point | None = None
    districts: tuple[str, ...] = DISTRICTS
    outline: tuple[Point, ...] = ()


def build_tables(
    network: Network, points: int, rng: np.random.Generator, hints: Hints
) -> dict[str, pd.DataFrame]:
    """Return the tables of a city on a map.

    Parameters
    ----------
    network
        The streets.
    points
        Rows of points.csv.
    rng
        Source of chance.
    hints
        What is known about the map.
    """
    ground = survey(network, hints.core)
    anchor: Anchor = ground.anchor
    names = Names(rng)
    counts = split_streams(points)
    places = choose_places(ground, counts["other"], rng)
    sites = found_sites(places, names, rng)
    rows = point_rows(sites, counts, list(hints.districts), rng)
    known = {name: anchor.to_meters(*place) for name, place in hints.places.items()}
    facilities = place_facilities(ground, known, points)
    washes = facilities[facilities["kind"] == "wash"]
    entries = [
        anchor.to_meters(lon, lat) for lon, lat in zip(washes["lon"], washes["lat"], strict=False)
    ]
    town = anchor.to_meters(*hints.town) if hints.town else None
    return {
        "points": rows,
        "facilities": facilities,
        "trucks": build_fleet(points),
        "streets": classify_streets(ground, entries, town),
        "programmes": programmes(),
        "operations": operations(),
        "closures": closures(ground, {place.street for place in places}),
        "limits": limits(
            ground, facilities, tuple(anchor.to_meters(*corner) for corner in hints.outline)
        ),
        "fill": fill_levels(rows, rng),
        "weighings": weighings(rows, facilities, rng),
        "case_catalogue": case_catalogue(),
        "cases": cases(rows, rng),
        "calendar": calendar(),
        "weather": weather(rng),
    }

"""Small cities for which trucks are chosen."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np

from scenarios.city import City, read_city
from scenarios.defaults import Used
from scenarios.fleet.ground import FleetGround, build_ground
from scenarios.fleet.types import Offer, read_offer
from tests.cities import place
from tests.scenarios.edits.towns import streets_of, town_city

MONDAY, TUESDAY = dt.date(2024, 11, 25), dt.date(2024, 11, 26)
HEAD = (
    "type_id,kind,depot_id,capacity_kg,capacity_m3,width_m,weight_t,shift_start,shift_end,"
    "fixed_cost,cost_km,cost_h,energy,most,price,upkeep_year,range_km,charge_kw,noon_charge_min\n"
)
SMALL = "S,collector,D1,1500,4,2.0,4,05:00,07:30,150,2,40,,4,,,,,\n"
LARGE = "L,collector,D1,4000,9,2.2,9,05:00,07:30,260,4,60,,3,,,,,\n"
BATTERY = "E,collector,D1,3000,7,2.2,8,05:00,07:30,200,1.5,50,electric,2,,,4,,\n"


def quiet(text: str) -> None:
    """Say nothing."""


def by_chance(folder: Path, seed: int, points: int = 32) -> City:
    """The town with random points of one stream; the fleet of today stays as it is."""
    rng = np.random.default_rng(seed)
    town_city(folder)
    rows = ["point_id,lon,lat,stream,demand_kg,window_start,window_end,frequency\n"]
    for k in range(points):
        at = place(rng.uniform(0, 4), rng.uniform(0, 4))
        window = ("05:00,07:00", ",")[k % 3 > 0]
        often = ("daily", "mon,wed")[k % 5 == 0]
        rows.append(f'P{k},{at},other,{rng.integers(200, 900)},{window},"{often}"\n')
    (folder / "points.csv").write_text("".join(rows), encoding="utf-8")
    return read_city(folder)


def table(folder: Path, *rows: str, head: str = HEAD, name: str = "truck_types.csv") -> Path:
    """A table beside the city's."""
    path = folder / name
    path.write_text(head + "".join(rows), encoding="utf-8")
    return path


def grounded(city: City, types: Path | None, **how: object) -> tuple[FleetGround, Offer]:
    """The ground and the offer of a city."""
    offer = read_offer(city, types, None, Used(), **how)  # type: ignore[arg-type]
    return build_ground(city, streets_of(city), offer), offer

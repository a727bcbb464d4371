"""Small cities in which sites are chosen."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np

from scenarios.city import City, read_city
from scenarios.defaults import Used
from scenarios.siting.candidates import read_candidates
from scenarios.siting.ground import Ground, build_ground
from tests.cities import place
from tests.scenarios.edits.towns import streets_of, town_city

MONDAY = dt.date(2024, 11, 25)
HEAD = "candidate_id,lon,lat,streams,sizes_t_day,build_cost,operating_day,free_m,haul_to\n"


def quiet(text: str) -> None:
    """Say nothing."""


def by_chance(folder: Path, seed: int, sites: int = 6, sizes: str = "12") -> tuple[City, Path]:
    """The town with random points of one stream and random candidates; its station is far off."""
    rng = np.random.default_rng(seed)
    town_city(folder)
    rows = ["point_id,lon,lat,district,stream,demand_kg,window_start,window_end\n"]
    for k in range(24):
        at = place(rng.uniform(0, 4), rng.uniform(0, 4))
        window = ("05:00,12:00", ",")[k % 2]
        rows.append(f"P{k},{at},{'东西'[k % 2]}区,other,{rng.integers(200, 900)},{window}\n")
    (folder / "points.csv").write_text("".join(rows), encoding="utf-8")
    text = (folder / "facilities.csv").read_text(encoding="utf-8")
    text = text.replace(f"T1,transfer,{place(3.5, 2)}", f"T1,transfer,{place(9, 0.5)}")
    (folder / "facilities.csv").write_text(text, encoding="utf-8")
    trucks = (folder / "trucks.csv").read_text(encoding="utf-8")
    more = "".join(f"C{k},collector,D1,3000,7,,,2.2,05:00,13:00\n" for k in (2, 3))
    (folder / "trucks.csv").write_text(trucks + more, encoding="utf-8")
    lines = [
        f"S{k},{place(rng.uniform(0, 4), rng.uniform(0, 4))},other,{sizes},"
        f"{';'.join(str(rng.integers(1, 15) * 100000) for _ in sizes.split(';'))},,,T1\n"
        for k in range(sites)
    ]
    path = folder / "candidates.csv"
    path.write_text(HEAD + "".join(lines), encoding="utf-8")
    return read_city(folder), path


def ground_of(city: City, path: Path, radius_km: float | None = None) -> Ground:
    """The ground of a city and its candidates."""
    used = Used()
    candidates, _ = read_candidates(path, city, used)
    return build_ground(
        city,
        candidates,
        MONDAY,
        streets_of(city),
        life_years=20,
        radius_km=radius_km,
        used=used,
        say=quiet,
    )

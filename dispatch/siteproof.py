"""Siting on a whole map beside simpler ways to choose: forty candidates, eight to be built."""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dispatch.siting import Sited, SitingRequest, site_city, site_lines
from scenarios.city import City, read_city
from scenarios.edits.scenario import Edit, Scenario, apply_scenario
from scenarios.edits.writing import write_edited
from scenarios.run import load_network
from scenarios.sample import write_sample
from scenarios.siting.location import Rules
from scenarios.siting.search import Effort

Say = Callable[[str], None]
DATE = dt.date(2024, 11, 25)
CANDIDATES, BUILD = 40, 8
SIZES_T = (8, 16)
BUILD_COST, OPERATING = (2_500_000, 4_000_000), (420, 640)
"""Currency units to build a station of each size, and a day to run it; a site varies by half."""
NEAR = 0.1
"""How far the last fit may be from what is routed."""


@dataclass(frozen=True)
class SiteProof:
    """The choice, and the seconds it took: on the clock, and of all processors."""

    sited: Sited
    wall_s: float
    cpu_s: float

    @property
    def beaten(self) -> list[str]:
        """Names of the simpler designs that came out cheaper than the choice."""
        return [r.name for r in self.sited.found.rivals if r.routed < r.chosen]

    def lines(self) -> list[str]:
        """Return the outcome in sentences."""
        error = self.sited.found.fitted_error
        beaten = ", ".join(self.beaten) or "none"
        return [
            *site_lines(self.sited),
            "",
            f"{self.wall_s:.0f} s on the clock, {self.cpu_s:.0f} CPU seconds, rivals included",
            f"simpler designs cheaper than the choice: {beaten}",
            f"last fit off by at most {error:.1%}, {NEAR:.0%} allowed:"
            f" {'kept' if error <= NEAR else 'missed'}",
        ]


def prove_sites(
    osm: Path | None, folder: Path, effort: Effort, crew: tuple[str | None, int | None], say: Say
) -> SiteProof:
    """Choose eight of forty candidates on a map, or on that of the sample city where it is None."""
    path = site_city_on(osm, folder, say)
    request = SitingRequest(path, DATE, Rules(BUILD), effort)
    wall_s, cpu_s = time.monotonic(), time.process_time()
    sited = site_city(path.parent, request, crew, say)
    return SiteProof(sited, time.monotonic() - wall_s, time.process_time() - cpu_s)


def site_city_on(osm: Path | None, folder: Path, say: Say, points: int = 400) -> Path:
    """Write a sample city without transfer stations, with candidates; return their table."""
    if folder.exists():
        shutil.rmtree(folder)
    first = folder / "with-stations"
    write_sample(first, osm=osm, points=points, seed=7, progress=lambda text: None)
    city = read_city(first)
    stations = city.facilities.loc[city.facilities["kind"] == "transfer", "facility_id"]
    closed = tuple(
        Edit("close_facility", {"facility_id": name}, f"station {name}") for name in stations
    )
    bare = Scenario("no-stations", "without transfer stations", closed)
    edited = apply_scenario(city, bare, lambda: load_network(city, say))
    write_edited(edited, folder / "city")
    path = folder / "city" / "candidates.csv"
    path.write_text(_candidates(edited.city), encoding="utf-8")
    return path


def _candidates(city: City) -> str:
    """Return the table of candidates: beside points by chance, each with prices of its own."""
    rng = np.random.default_rng(1)
    places = city.points[["lon", "lat"]].drop_duplicates().to_numpy()
    chosen = rng.choice(len(places), CANDIDATES, replace=False)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = "candidate_id,lon,lat,streams,sizes_t_day,build_cost,operating_day,haul_to"
    writer.writerow(head.split(","))
    for k, (lon, lat) in enumerate(places[chosen], 1):
        dearer = rng.uniform(0.5, 1.5)
        costs = (";".join(f"{dearer * c:.0f}" for c in each) for each in (BUILD_COST, OPERATING))
        sizes = ";".join(map(str, SIZES_T))
        writer.writerow([f"S{k:02d}", f"{lon:.7f}", f"{lat:.7f}", "other", sizes, *costs, "I1"])
    return out.getvalue()

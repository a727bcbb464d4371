"""One day of very many streets on a real map: posed, planned, written and audited.

The streets nearest to the middle of the map are swept until there are as many runs as asked for.
Water points, stations and depots are spread over them in proportion to the work, so that what is
left out is left out by the search and not by a city that nobody could sweep.
"""

from __future__ import annotations

import datetime as dt
import math
import resource
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely.affinity import scale
from shapely.geometry import Point

from dispatch.audit import audit_plan
from dispatch.proof import LEGS, deadhead_by_leg, driven_m
from dispatch.record import plan_record
from routing.errors import InputError
from routing.profiles import weigh
from scenarios.city import City, read_city
from scenarios.cleaning.stored import streets_only
from scenarios.corridors import truck_groups
from scenarios.day import plan_day
from scenarios.files import write_whole
from scenarios.run import DayPlan, due_streets, load_network, run_day
from scenarios.sample import write_sample
from scenarios.street_tasks import StreetTask
from solvers.evaluate import evaluate_plan
from solvers.parts.grouping import bisect
from solvers.solve import Options, Progress
from solvers.stop import Stop

Say = Callable[[str], None]
DATE = dt.date(2024, 11, 25)
CLASSES = ("primary", "secondary", "tertiary", "unclassified", "residential", "living_street")
SHIFTS = ("04:00,12:00", "21:00,29:00")
SWEEPER_H = 3.5
"""Hours of sweeping that a sweeper is counted on for a shift; the rest is driving and water."""
WATER_KM, STATION_KM, DEPOT_SWEEPERS = 25.0, 150.0, 25
"""Kilometres of curb for each water point and each station, and sweepers for each depot."""
DEGREE_M = 111_195.0
NOT_USED = ("weather", "cases", "fill", "limits", "closures", "weighings")

PROGRAMME = (
    "cleaning_class,template,frequency,window_start,window_end\n1,wash_sweep,daily,04:00,29:00\n"
)


@dataclass(frozen=True)
class StreetProof:
    """What became of one day: seconds from the tables to the plan and of all, peak in bytes."""

    done: DayPlan
    planned_s: float
    written_s: float
    peak: int
    audit: Sequence[str]
    ok: bool

    def lines(self) -> list[str]:
        """Return the outcome in sentences."""
        problem, plan = self.done.posed.problem, self.done.plan
        judged = evaluate_plan(problem, plan)
        worked, besides = driven_m(problem, judged.driven)
        left = len(plan.unserved)
        reasons = Counter(one.reason for one in plan.unserved)
        legs = Counter(dict.fromkeys(LEGS, 0))
        for route in judged.driven:
            legs.update(deadhead_by_leg(problem, route))
        return [
            f"{len(problem.tasks):,} street tasks, {len(problem.vehicles)} sweepers, "
            f"{len(plan.routes)} of them out",
            f"swept {len(problem.tasks) - left:,}, left out {left:,}"
            + "".join(f"; {reason} {count:,}" for reason, count in sorted(reasons.items())),
            f"{worked / 1000:,.1f} km of work, deadhead {besides / 1000:,.1f} km, "
            f"{besides / max(1, besides + worked):.1%}",
            "of it " + ", ".join(f"{name} {m / 1000:,.1f} km" for name, m in legs.items()),
            f"planned in {self.planned_s:.0f} s from the tables on, written and audited in "
            f"{self.written_s:.0f} s, {self.peak / 1e9:.2f} GB at most",
            *self.audit,
        ]


def street_city(osm: Path, folder: Path, tasks: int, say: Say) -> Path:
    """Write a city in which about so many runs of street are to be swept in a day.

    Raises
    ------
    InputError
        When the map has fewer streets than that.
    """
    if folder.exists():
        shutil.rmtree(folder)
    write_sample(folder, osm=osm, points=1, seed=7, progress=say)
    for name in NOT_USED:
        (folder / f"{name}.csv").unlink(missing_ok=True)
    write_whole(folder / "programmes.csv", PROGRAMME)
    _write_streets(folder, "")
    _write_trucks(folder, 1, ["D1"])
    runs = _runs(read_city(folder), say)
    if len(runs) < tasks:
        raise InputError([f"{osm.name}: {tasks:,} street tasks asked for, it has {len(runs):,}"])
    places = np.array([(run.lon, run.lat) for run in runs])
    middle = np.median(places, axis=0)
    east = math.cos(math.radians(middle[1]))
    metres = (places - middle) * (DEGREE_M * east, DEGREE_M)
    far = np.hypot(*metres.T)
    chosen = np.argsort(far, kind="stable")[:tasks]
    circle = Point(*middle).buffer(float(far[chosen[-1]]) / DEGREE_M)
    _write_streets(folder, scale(circle, 1 / east, 1).wkt)
    _provide(folder, [runs[k] for k in chosen], places[chosen], metres[chosen])
    return folder


def _runs(city: City, say: Say) -> list[StreetTask]:
    """Return all runs of street of the day."""
    network = load_network(city, say)
    day = plan_day(streets_only(city), DATE)
    groups, _ = truck_groups(city, network, day)
    weights = [weigh(network, group.profile, group.blocked) for group in groups]
    return due_streets(city, day, network, groups, weights)[0]


def _write_streets(folder: Path, area: str) -> None:
    rows = [{"street_id": f"s-{name}", "osm_class": name, "area": area} for name in CLASSES]
    table = pd.DataFrame(rows).assign(cleaning_class=1, category="main")
    write_whole(folder / "streets.csv", table.to_csv(index=False))


def _write_trucks(folder: Path, count: int, depots: Sequence[str]) -> None:
    head = "truck_id,kind,depot_id,capacity_kg,capacity_m3,tank_l,height_m,width_m,weight_t,"
    head += "shift_start,shift_end,max_overtime_min,permits\n"
    rows = [
        f"S{k + 1:04d},sweeper,{depots[k // 2 % len(depots)]},4200,7,9000,2.9,2.4,16,"
        f"{SHIFTS[k % 2]},60,sanitation\n"
        for k in range(count)
    ]
    write_whole(folder / "trucks.csv", head + "".join(rows))


def _provide(
    folder: Path,
    runs: Sequence[StreetTask],
    places: NDArray[np.float64],
    metres: NDArray[np.float64],
) -> None:
    """Write the sweepers that the work takes, and where they are kept, filled and emptied."""
    work = np.array([float(run.modes[0].service_s) for run in runs])
    km = sum(run.modes[0].length_m for run in runs) / 1000
    sweepers = math.ceil(work.sum() / 3600 / SWEEPER_H)
    rows: list[dict[str, Any]] = []
    for mark, kind, count, open_to in (
        ("D", "depot", math.ceil(sweepers / DEPOT_SWEEPERS), ""),
        ("T", "transfer", math.ceil(km / STATION_KM), "sweepings"),
        ("F", "water", math.ceil(km / WATER_KM), ""),
    ):
        label = bisect(metres, work, count, len(rows))
        for k in range(count):
            own = np.flatnonzero(label == k)
            lon, lat = places[own[np.argmin(np.hypot(*(metres[own] - metres[own].mean(0)).T))]]
            row = {"facility_id": f"{mark}{k + 1}", "name": f"{mark}{k + 1}", "kind": kind}
            rows.append(row | {"lon": lon, "lat": lat, "streams": open_to, "bays": 2})
    write_whole(folder / "facilities.csv", pd.DataFrame(rows).to_csv(index=False))
    depots = [row["facility_id"] for row in rows if row["kind"] == "depot"]
    _write_trucks(folder, sweepers, depots)


def prove_streets(
    folder: Path, stop: Callable[[], Stop], *, say: Say, progress: Progress, options: Options
) -> StreetProof:
    """Plan the day of a city written by `street_city`, write its record and audit it."""
    begin = time.monotonic()
    city = streets_only(read_city(folder))
    done = run_day(city, DATE, stop, say=say, progress=progress, options=options)
    planned = time.monotonic()
    say("writing and auditing")
    report = audit_plan(plan_record(city, done), city, done.network)
    return StreetProof(
        done,
        planned - begin,
        time.monotonic() - planned,
        1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        report.lines()[:3],
        report.ok,
    )

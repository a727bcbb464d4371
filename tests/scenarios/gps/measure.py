"""How long a real map's log takes and how near its figures come: run by hand, with a map.

``python -m tests.scenarios.gps.measure MAP [TRUCKS] [HOURS] [SECONDS BETWEEN FIXES]``
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np
import pandas as pd

from routing.matching import driven_pieces, match_tracks
from routing.network import CLASS_INDEX, Network
from routing.profiles import TRUCK, weigh
from routing.roads import build_roads
from scenarios.city import City, read_city
from scenarios.gps.calibration import Calibration, calibrate_speeds, read_settings
from scenarios.gps.log import read_log
from scenarios.run import load_network
from scenarios.sample import write_sample
from tests.routing.drives import share_recovered
from tests.scenarios.gps.logs import MadeLog, make_log, true_factor


def city_with_trucks(folder: Path, osm: Path | None, trucks: int, seed: int = 7) -> City:
    """A sample city in which as many collectors as wanted are on shift."""
    write_sample(folder, osm=osm, points=400, seed=seed)
    table = pd.read_csv(folder / "trucks.csv", dtype=str)
    one = table[table["kind"] == "collector"].iloc[[0]]
    more = [one.assign(truck_id=f"X{number:02d}") for number in range(trucks)]
    pd.concat([table, *more]).to_csv(folder / "trucks.csv", index=False)
    return read_city(folder)


def shares_recovered(network: Network, made: MadeLog) -> list[float]:
    """Of each truck, the share of the length driven that is found on the right arcs."""
    weights = weigh(network, TRUCK)
    found = []
    for name, fixes in made.seen.items():
        matched = match_tracks(network, weights, fixes.tracks(), threads=1)
        driven = driven_pieces(network, weights, matched)
        lengths = share_recovered(network, made.drives[name], driven.arc, driven.length_cm)
        found.append(lengths)
    return found


def errors(calibration: Calibration) -> pd.DataFrame:
    """Each cell that was driven beside the truth."""
    rows = []
    for row in calibration.factors:
        name, hours, profile = row.cell
        if row.n and name in CLASS_INDEX:
            clock = 3600 * (calibration.borders[hours] + 1)
            truth = true_factor(CLASS_INDEX[name], clock)
            rows.append((name, hours, profile, row.factor, truth, row.plus_minus, row.hours, row.n))
    columns = ["road_class", "range", "profile", "factor", "truth", "plus_minus", "hours", "n"]
    return pd.DataFrame(rows, columns=columns)


def main(osm: Path, trucks: int, hours: float, every_s: float) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        city = city_with_trucks(folder / "city", osm, trucks)
        network = load_network(city, lambda text: None)
        roads = build_roads(network)
        span = (5.0, 5.0 + hours)
        made = make_log(city, network, roads, seed=1, trucks=trucks, hours=span, every_s=every_s)
        path = made.write(folder / "gps.csv")
        reading = read_settings(city, None, "Asia/Shanghai")
        # once before the clock runs, so that compiling is no part of it
        calibrate_speeds(city, network, read_log(path, city, reading), threads=1)
        begin = time.process_time()
        log = read_log(path, city, reading)
        read = time.process_time()
        found = calibrate_speeds(city, network, log, threads=1)
        done = time.process_time()
        shares = shares_recovered(network, made)
    table = errors(found)
    off = (table["factor"] / table["truth"] - 1).to_numpy()
    bars = ((table["factor"] - table["truth"]) / table["plus_minus"]).abs()
    stood = sum(len(done.stood_s) for done in made.drives.values())
    by_hours = table["hours"]
    for line in (
        f"{found.num_fixes:,} fixes, {found.driven_km:,.0f} km, {found.num_trips} trips, "
        f"{found.num_stands} stands of {stood}",
        f"CPU seconds: reading {read - begin:.1f}, all else {done - read:.1f}",
        f"length on the right arcs: mean {np.mean(shares):.4f}, worst truck {min(shares):.4f}",
        f"factors: mean error by hours driven {np.average(off, weights=by_hours):+.4f}, "
        f"mean absolute {np.average(abs(off), weights=by_hours):.4f}",
        f"within one bar {np.mean(bars < 1):.2f}, within two {np.mean(bars < 2):.2f}",
        table.round(3).to_string(index=False),
    ):
        click.echo(line)


if __name__ == "__main__":
    osm, *figures = sys.argv[1:]
    given = [float(figure) for figure in figures]
    trucks, hours, every_s = [*given, *(50.0, 8.0, 15.0)[len(given) :]]
    main(Path(osm), int(trucks), hours, every_s)

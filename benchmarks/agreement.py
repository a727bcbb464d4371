"""Our times and lengths beside OSRM's on the same map: ``huanwei bench osrm MAP --python PYTHON``.

Both engines read the same file by their own rules. A car with the speeds of OSRM's ``car.lua``
stands in for the truck, since OSRM brings no truck. What differs afterwards is the reading, the
snapping and the cost of turns, and the report says how much.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.cache import load_or_build, load_or_build_roads
from routing.errors import InputError
from routing.network import HIGHWAY_CLASSES, Network
from routing.profiles import SMALL_TRUCK, Profile, Weights, weigh
from routing.roads import RoadMetric
from routing.snapping import snap

CAR_KMH = {
    "motorway": 90.0, "motorway_link": 45.0, "trunk": 85.0, "trunk_link": 40.0, "primary": 65.0,
    "primary_link": 30.0, "secondary": 55.0, "secondary_link": 25.0, "tertiary": 40.0,
    "tertiary_link": 20.0, "unclassified": 25.0, "residential": 25.0, "living_street": 10.0,
    "service": 15.0, "track": 0.0,
}  # fmt: skip
"""Speeds of OSRM's car profile; it drives on no track."""
NO_STOPS = ("motorway", "motorway_link", "trunk", "trunk_link")
SHORTEST_M = 500
"""Shorter trips are left out: where a trip begins weighs more there than how it goes."""
SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def car() -> Profile:
    """Return a car with OSRM's speeds that stays out of private streets."""
    speeds = tuple(CAR_KMH[name] for name in HIGHWAY_CLASSES)
    small = replace(SMALL_TRUCK, name="car", height_cm=150, width_cm=180, weight_kg=1500)
    return replace(small, private_access=False, speeds_kmh=speeds)


def sample_places(
    network: Network, weights: Weights, num: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitude and latitude of points in the middle of random streets.

    Motorways and ramps are left out: our snapping puts no stop there, OSRM's does.
    """
    usable = weights.routable & (network.arc_base == np.arange(network.num_arcs))
    usable &= ~np.isin(network.arc_class, [HIGHWAY_CLASSES.index(name) for name in NO_STOPS])
    arcs = np.random.default_rng(seed).choice(np.flatnonzero(usable), num)
    places = []
    for arc in arcs.tolist():
        shape = network.shape(arc)
        k = len(shape) // 2
        places.append((shape[k - 1] + shape[k]) / 2)
    lon, lat = np.asarray(places).T
    return np.ascontiguousarray(lon), np.ascontiguousarray(lat)


def our_tables(
    network: Network, metric: RoadMetric, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return seconds, metres (nan = no way) and CPU seconds; each side of a street may be used.

    Shapes (n, n). OSRM too leaves and reaches a place in either direction.
    """
    snaps = snap(network, metric.weights, lon, lat, np.zeros(len(lon), dtype=np.bool_))
    begin = time.process_time()
    table = metric.travel_table(snaps.positions, snaps.positions, threads=1)
    spent = time.process_time() - begin
    # one number to compare by: time first, then length
    label = np.where(table.time < 0, np.iinfo(np.int64).max, 0)
    label = np.maximum(label, (table.time.astype(np.int64) << 32) + table.length)
    first = snaps.first_out[:-1]
    best = np.minimum.reduceat(np.minimum.reduceat(label, first, axis=0), first, axis=1)
    lost = best == np.iinfo(np.int64).max
    seconds = np.where(lost, np.nan, best >> 32)
    metres = np.where(lost, np.nan, best & 0xFFFFFFFF)
    return seconds, metres, spent


def osrm_tables(
    python: Path, osm: Path, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return OSRM's seconds, metres and CPU seconds, from the Python of its own environment.

    Raises
    ------
    InputError
        When it cannot be run; the message holds what it said.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(folder / "places.npz", lon=lon, lat=lat)
        script = Path(__file__).with_name("agreement_osrm.py")
        command = [str(python), str(script), str(osm.resolve()), str(folder)]
        try:
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as fault:
            raise InputError(f"--python {python}: cannot be run ({fault.strerror})") from fault
        if ended.returncode:
            raise InputError(f"--python {python}: OSRM failed: {ended.stderr.strip()[-500:]}")
        with np.load(folder / "tables.npz") as found:
            return found["time"], found["length"], float(found["cpu"])


def compare(osm: Path, python: Path, num: int, seed: int = 1) -> list[str]:
    """Return how far both engines agree among random places of a map, as Markdown lines.

    Raises
    ------
    InputError
        When OSRM cannot be run.
    NetworkError
        When the map cannot be read.
    """
    network, _ = load_or_build(osm)
    weights = weigh(network, car())
    metric = load_or_build_roads(network).weigh(weights)
    lon, lat = sample_places(network, weights, num, seed)
    our_tables(network, metric, lon[:2], lat[:2])  # compiles
    ours = our_tables(network, metric, lon, lat)
    theirs = osrm_tables(python, osm, lon, lat)
    return [f"{osm.name}, {num:,} places", "", *agreement(ours, theirs)]


Tables = tuple[NDArray[np.float64], NDArray[np.float64], float]


def agreement(ours: Tables, theirs: Tables) -> list[str]:
    """Return quantiles of the ratios ours to theirs, and the share of pairs that nearly agree."""
    both = np.isfinite(ours[1]) & np.isfinite(theirs[1]) & (theirs[1] >= SHORTEST_M)
    one_way = int((np.isfinite(ours[1]) != np.isfinite(theirs[1])).sum())
    ratios = {
        "length": ours[1][both] / theirs[1][both],
        "time": ours[0][both] / np.maximum(theirs[0][both], 1),
    }
    lines = ["| ours / OSRM | " + " | ".join(f"{100 * s:g} %" for s in SHARES) + " |"]
    lines.append("|---" * (len(SHARES) + 1) + "|")
    for name, ratio in ratios.items():
        cells = np.quantile(ratio, SHARES) if len(ratio) else np.full(len(SHARES), np.nan)
        lines.append(f"| {name} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |")
    near = [float((np.abs(ratios["length"] - 1) <= part).mean()) for part in (0.01, 0.05, 0.2)]
    return [
        *lines,
        "",
        f"{int(both.sum()):,} pairs; {one_way:,} have a way in one engine only",
        "lengths within 1, 5, 20 %: " + ", ".join(f"{100 * share:.1f} %" for share in near),
        f"CPU seconds of the table: {ours[2]:.4f} ours, {theirs[2]:.4f} OSRM (snapping included)",
    ]

"""Our times and lengths beside OSRM's or Valhalla's: ``huanwei bench osrm|valhalla MAP``.

Both engines read the same file by their own rules. Beside OSRM, which brings no truck, a car with
the speeds of its ``car.lua`` stands in for one; Valhalla gets the measures of our truck, and ours
the speeds that Valhalla gives to classes of streets. What differs afterwards is the reading, the
snapping and the cost of turns, and the report says how much. Shortest ways, which Valhalla finds
too, are free of speeds and costs: there the engines differ by what they hold open to a truck.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import osmium
from numpy.typing import NDArray

from benchmarks.peers import python_of, why_missing
from routing.cache import load_or_build, load_or_build_roads
from routing.errors import InputError
from routing.network import HIGHWAY_CLASSES, Network
from routing.profiles import SMALL_TRUCK, TRUCK, Profile, Weights, weigh
from routing.roads import RoadMetric
from routing.snapping import snap

CAR_KMH = {
    "motorway": 90.0, "motorway_link": 45.0, "trunk": 85.0, "trunk_link": 40.0, "primary": 65.0,
    "primary_link": 30.0, "secondary": 55.0, "secondary_link": 25.0, "tertiary": 40.0,
    "tertiary_link": 20.0, "unclassified": 25.0, "residential": 25.0, "living_street": 10.0,
    "service": 15.0, "track": 0.0,
}  # fmt: skip
"""Speeds of OSRM's car profile; it drives on no track."""
VALHALLA_KMH = {
    "motorway": 90.0, "motorway_link": 60.0, "trunk": 73.0, "trunk_link": 50.0, "primary": 57.0,
    "primary_link": 45.0, "secondary": 49.0, "secondary_link": 40.0, "tertiary": 40.0,
    "tertiary_link": 35.0, "unclassified": 35.0, "residential": 30.0, "living_street": 10.0,
    "service": 20.0, "track": 5.0,
}  # fmt: skip
"""About what Valhalla takes in towns for streets that have no signed limit."""
NO_STOPS = ("motorway", "motorway_link", "trunk", "trunk_link")
SHORTEST_M = 500
"""Shorter trips are left out: where a trip begins weighs more there than how it goes."""
SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def car() -> Profile:
    """Return a car with OSRM's speeds that stays out of private streets."""
    speeds = tuple(CAR_KMH[name] for name in HIGHWAY_CLASSES)
    small = replace(SMALL_TRUCK, name="car", height_cm=150, width_cm=180, weight_kg=1500)
    return replace(small, private_access=False, speeds_kmh=speeds)


def valhalla_truck() -> Profile:
    """Return our truck with Valhalla's speeds."""
    speeds = tuple(VALHALLA_KMH[name] for name in HIGHWAY_CLASSES)
    return replace(TRUCK, name="valhalla_truck", private_access=False, speeds_kmh=speeds)


@dataclass(frozen=True)
class Rival:
    """An engine to be compared with: its name, its peer, its script, and our vehicle for it."""

    name: str
    peer: str
    script: str
    profile: Callable[[], Profile]


OSRM = Rival("OSRM", "osrm-bindings", "agreement_osrm.py", car)
VALHALLA = Rival("Valhalla", "pyvalhalla", "agreement_valhalla.py", valhalla_truck)


def shortest(weights: Weights, network: Network) -> Weights:
    """Return weights whose fastest ways are the shortest: a millisecond for each centimeter."""
    closed, banned = weights.arc_time_ms < 0, weights.turn_cost_ms < 0
    time_ms = np.where(closed, -1, np.maximum(network.arc_length_cm, 1)).astype(np.int32)
    turn_ms = np.where(banned, -1, 0).astype(np.int32)
    return replace(weights, arc_time_ms=time_ms, turn_cost_ms=turn_ms)


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


def their_tables(
    rival: Rival,
    python: Path,
    osm: Path,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """Return a rival's ``time``, ``length`` and ``cpu`` (Valhalla: ``shortest`` too).

    Parameters
    ----------
    rival
        The engine.
    python
        Python of its own environment.
    osm
        Map file.
    lon, lat
        Places.

    Raises
    ------
    InputError
        When it cannot be run; the message holds what it said.
    """
    vehicle = rival.profile()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(
            folder / "places.npz",
            lon=lon,
            lat=lat,
            height=vehicle.height_cm / 100,
            width=vehicle.width_cm / 100,
            weight=vehicle.weight_kg / 1000,
        )
        source = as_pbf(osm, folder) if rival is VALHALLA else osm
        script = Path(__file__).with_name(rival.script)
        command = [str(python), str(script), str(source.resolve()), str(folder)]
        try:
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as fault:
            raise InputError(f"--python {python}: cannot be run ({fault.strerror})") from fault
        if ended.returncode:
            said = ended.stderr.strip()[-500:]
            raise InputError(f"--python {python}: {rival.name} failed: {said}")
        with np.load(folder / "tables.npz") as found:
            return dict(found)


def as_pbf(osm: Path, folder: Path) -> Path:
    """Return the map as a ``.osm.pbf`` file, written into the folder if it is none."""
    if osm.name.endswith(".pbf"):
        return osm
    path = folder / "map.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for item in osmium.FileProcessor(str(osm)):
            writer.add(item)
    return path


def compare(rival: Rival, osm: Path, python: Path | None, num: int, seed: int = 1) -> list[str]:
    """Return how far both engines agree among random places of a map, as Markdown lines.

    Parameters
    ----------
    rival
        `OSRM` or `VALHALLA`.
    osm
        Map file.
    python
        Python that has it; by default that of the peer's environment.
    num, seed
        How many places, and which.

    Raises
    ------
    InputError
        When the rival is not there or cannot be run.
    NetworkError
        When the map cannot be read.
    """
    if python is None and why_missing(rival.peer):
        raise InputError(f"{rival.peer}: {why_missing(rival.peer)}")
    network, _ = load_or_build(osm)
    weights = weigh(network, rival.profile())
    roads = load_or_build_roads(network)
    lon, lat = sample_places(network, weights, num, seed)
    metric = roads.weigh(weights)
    our_tables(network, metric, lon[:2], lat[:2])  # compiles
    ours = our_tables(network, metric, lon, lat)
    theirs = their_tables(rival, python or python_of(rival.peer), osm, lon, lat)
    fastest = theirs["time"], theirs["length"], float(theirs["cpu"])
    lines = [f"{osm.name}, {num:,} places", "", *agreement(ours, fastest, rival.name)]
    if "shortest" in theirs:
        plain = our_tables(network, roads.weigh(shortest(weights, network)), lon, lat)[1]
        lines += ["", "Shortest ways:", "", *length_agreement(plain, theirs["shortest"])]
    return lines


Tables = tuple[NDArray[np.float64], NDArray[np.float64], float]


def agreement(ours: Tables, theirs: Tables, name: str) -> list[str]:
    """Return quantiles of the ratios ours to theirs, and the share of pairs that nearly agree."""
    both = _long_enough(ours[1], theirs[1])
    ratios = {
        "length": ours[1][both] / theirs[1][both],
        "time": ours[0][both] / np.maximum(theirs[0][both], 1),
    }
    lines = [f"| ours / {name} | " + " | ".join(f"{100 * s:g} %" for s in SHARES) + " |"]
    lines.append("|---" * (len(SHARES) + 1) + "|")
    for what, ratio in ratios.items():
        cells = np.quantile(ratio, SHARES) if len(ratio) else np.full(len(SHARES), np.nan)
        lines.append(f"| {what} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |")
    return [
        *lines,
        "",
        *length_agreement(ours[1], theirs[1]),
        f"CPU seconds of the table: {ours[2]:.4f} ours, {theirs[2]:.4f} {name} (snapping included)",
    ]


def length_agreement(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> list[str]:
    """Return how many pairs there are, and the share of those whose lengths nearly agree."""
    both = _long_enough(ours, theirs)
    alone = int((np.isfinite(ours) & ~np.isfinite(theirs)).sum())
    foreign = int((np.isfinite(theirs) & ~np.isfinite(ours)).sum())
    ratio = ours[both] / theirs[both]
    near = [float((np.abs(ratio - 1) <= part).mean()) for part in (0.01, 0.05, 0.2)]
    longer, shorter = float((ratio > 1.01).mean()), float((ratio < 0.99).mean())
    return [
        f"{int(both.sum()):,} pairs; {alone + foreign:,} have a way in one engine only "
        f"({alone:,} in ours)",
        "lengths within 1, 5, 20 %: " + ", ".join(f"{100 * share:.1f} %" for share in near),
        f"ours more than 1 % longer: {100 * longer:.1f} %, shorter: {100 * shorter:.1f} %",
    ]


def _long_enough(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Pairs that both engines can drive and that are no short trips."""
    return np.isfinite(ours) & np.isfinite(theirs) & (theirs >= SHORTEST_M)

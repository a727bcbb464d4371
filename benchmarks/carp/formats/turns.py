"""Problems with turn penalties: a street file, and what it costs to turn from way to way."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.campaign.library import read_text
from benchmarks.carp.formats.streets import (
    Arc,
    Point,
    Site,
    Street,
    StreetFile,
    ends,
    keyed_lines,
)

SEVERAL = "multi-vehicle"
"""Folder of the files of refuse collection that take more than one vehicle."""
STRAIGHT, BACK = 45.0, 135.0
"""Degrees below which a turn is straight on, and above which it is a U-turn."""


@dataclass(frozen=True, eq=False)
class TurnFile:
    """Streets with turns.

    Attributes
    ----------
    turn
        What it costs to turn from one way into the next.
    free_depot
        Whether ways may lead through the depot, where every turn is free.
    plain_home
        Whether the way from a facility to the depot counts no turns.
    """

    file: StreetFile
    turn: Callable[[Arc, Arc], float]
    free_depot: bool
    plain_home: bool


def parse_mcgrp_turns(path: Path) -> TurnFile:
    """Return what stands in a file of Vidal's format.

    A required node is served at the end of a way that leads to it. Turns that are not listed are
    free; those between parallel streets are meant for the last of them.
    """
    text = read_text(path)
    keys = keyed_lines(text)
    corners: dict[int, float] = {}
    streets: list[Street] = []
    listed: dict[tuple[int, int, int], float] = {}
    section = ""
    for line in text.splitlines():
        words = line.split()
        if line.startswith("---"):
            section = line.strip().strip("-")
        elif not section or not words or not words[0].isdigit():
            continue
        elif section == "NODES" and words[2] == "1":
            corners[int(words[0])] = float(words[1])
        elif section in ("EDGES", "ARCS"):
            streets.append(_street(section == "EDGES", words, len(streets) + 1))
        elif section == "TURNS":
            listed[int(words[0]), int(words[1]), int(words[2])] = float(words[3])
    fleet = int(keys["#VEHICLES"])
    file = StreetFile(
        tuple(streets),
        depot=int(keys["DEPOT"]),
        capacity=float(keys["CAPACITY"]),
        corners=corners,
        num_vehicles=fleet if fleet > 0 else None,
    )
    return TurnFile(file, _listed_turns(file, listed), free_depot=True, plain_home=False)


def _street(two_way: bool, words: list[str], number: int) -> Street:
    tail, head, load, required, drive = words[:5]
    name = f"{'e' if two_way else 'a'}{number}"
    serve = float(drive) if required == "1" else None
    return Street(name, int(tail), int(head), two_way, float(drive), serve, float(load))


def _listed_turns(
    file: StreetFile, listed: dict[tuple[int, int, int], float]
) -> Callable[[Arc, Arc], float]:
    last = {ends(file.streets[k])[way]: (k, way) for k, way in file.arcs}

    def turn(before: Arc, after: Arc) -> float:
        tail, node = ends(file.streets[before[0]])[before[1]]
        _, head = ends(file.streets[after[0]])[after[1]]
        if last[tail, node] != before or last[node, head] != after:
            return 0.0
        return listed.get((tail, node, head), 0.0)

    return turn


def parse_rwcp(path: Path) -> TurnFile:
    """Return what stands in a file of residential waste collection with turn penalties.

    One vehicle serves all, but for the files of the folder of several. No turn counts at the depot
    or a facility, nor on the way from a facility to the depot. Service takes no less than driving,
    which a few streets without a load state otherwise.
    """
    text = read_text(path)
    keys: dict[str, list[str]] = {}
    streets: list[Street] = []
    section = ""
    for line in text.splitlines():
        words = line.rstrip().split("\t")
        if line.startswith("LIST_"):
            section = line
        elif words[0].isupper():
            keys[words[0]] = words[1:]
        elif len(words) >= 7:
            streets.append(_shaped_street(section, words, len(streets) + 1))
    volume, weight = (float(word) for word in keys["CAPACITY"])
    costs = [float(word) for word in keys["DUMPING_COST"]]
    file = StreetFile(
        _aligned(streets),
        depot=int(keys["DEPOT"][0]),
        capacity=weight,
        volume=volume,
        corners={},
        num_vehicles=None if path.parent.name == SEVERAL else 1,
        sites=tuple(Site(int(n), c) for n, c in zip(keys["DUMPING_SITES"], costs, strict=True)),
        max_time=float(keys["MAX_DURATION"][0]),
    )
    penalties = [float(word) for word in keys["TURN_PENALTY"]]
    return TurnFile(file, _angled_turns(file, penalties), free_depot=False, plain_home=True)


def _shaped_street(section: str, words: list[str], number: int) -> Street:
    serve, drive, volume, weight = (float(word) for word in words[2:6])
    shape = tuple(_point(pair) for pair in words[6].split(","))
    two_way, required = "EDGES" in section, "NOREQ" not in section
    return Street(
        f"{'e' if two_way else 'a'}{number}",
        int(words[0]),
        int(words[1]),
        two_way,
        drive,
        max(serve, drive) if required else None,
        weight,
        volume,
        shape,
    )


def _point(pair: str) -> Point:
    x, y = pair.split()
    return float(x), float(y)


def _aligned(streets: list[Street]) -> tuple[Street, ...]:
    """Return the streets with every shape from tail to head; some are written the other way.

    Where a node lies is told by the other streets that end there.
    """
    seen: dict[int, Counter[Point]] = defaultdict(Counter)
    for street in streets:
        for node in (street.tail, street.head):
            seen[node].update({street.shape[0], street.shape[-1]})

    def agree(street: Street, shape: tuple[Point, ...]) -> int:
        return seen[street.tail][shape[0]] + seen[street.head][shape[-1]]

    return tuple(
        street
        if agree(street, street.shape) >= agree(street, street.shape[::-1])
        else replace(street, shape=street.shape[::-1])
        for street in streets
    )


def _angled_turns(file: StreetFile, penalties: list[float]) -> Callable[[Arc, Arc], float]:
    straight, right, left, back = penalties
    first, last = {}, {}
    for k, way in file.arcs:
        shape = file.streets[k].shape[:: -1 if way else 1]
        first[k, way] = _heading(shape, range(len(shape) - 1))
        last[k, way] = _heading(shape, range(len(shape) - 2, -1, -1))

    def turn(before: Arc, after: Arc) -> float:
        angle = (first[after] - last[before] + 180.0) % 360.0 - 180.0
        if abs(angle) <= STRAIGHT:
            return straight
        if abs(angle) >= BACK:
            return back
        return left if angle > 0 else right

    return turn


def _heading(shape: tuple[Point, ...], pieces: range) -> float:
    """Return the heading in degrees of the first of some pieces of a shape that has a length."""
    for k in pieces:
        (x, y), (to_x, to_y) = shape[k], shape[k + 1]
        if (x, y) != (to_x, to_y):
            return math.degrees(math.atan2(to_y - y, to_x - x))
    return 0.0

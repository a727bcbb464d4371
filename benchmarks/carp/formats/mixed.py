"""Mixed arc routing in the format of Belenguer et al. and Willemse and Joubert, with facilities."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.campaign.library import read_text
from benchmarks.carp.formats.streets import Site, Street, StreetFile, keyed_lines

LINE = re.compile(r"\(\s*(-?\d+)\s*,\s*(-?\d+)\s*\)\s*(.*)")
REQUIRED = re.compile(r"serv_cost\s+(\d+)\s+trave?_cost\s+(\d+)\s+demand\s+(\d+)")


def parse_mixed(path: Path) -> StreetFile:
    """Return what stands in an instance file.

    Where there is no facility, unloading costs once a route and the limit on trips is left aside,
    as in the classic mixed problem; a capacity or limit of 0 is none.
    """
    text = read_text(path)
    keys = keyed_lines(text)
    dump = float(keys["DUMPING_COST"])
    nodes = [int(word) for word in keys.get("DUMPING_SITES", "").split(",") if word.strip()]
    return StreetFile(
        _streets(text),
        depot=int(keys["DEPOT"]),
        capacity=_limit(keys["CAPACITY"]),
        corners={},
        sites=tuple(Site(node, dump) for node in nodes),
        route_cost=0 if nodes else dump,
        max_time=_limit(keys["MAX_TRIP"]) if nodes else float("inf"),
    )


def _limit(text: str) -> float:
    return float(text) or float("inf")


def _streets(text: str) -> tuple[Street, ...]:
    streets: list[Street] = []
    two_way = True
    for line in text.splitlines():
        if line.startswith("LIST_"):
            two_way = "EDGES" in line
        found = LINE.match(line.strip())
        if found is None:
            continue
        tail, head, rest = int(found[1]), int(found[2]), found[3]
        name = f"{'e' if two_way else 'a'}{len(streets) + 1}"
        required = REQUIRED.match(rest)
        if required is None:
            streets.append(Street(name, tail, head, two_way, float(rest.split()[1])))
        else:
            serve, drive, load = (float(word) for word in required.groups())
            streets.append(Street(name, tail, head, two_way, drive, serve, load))
    return tuple(streets)

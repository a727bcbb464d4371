"""Streets, corners and places of an arc routing problem, as all formats state them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

Point = tuple[float, float]
Arc = tuple[int, int]
"""Index of a street, and the way it is driven: 0 from tail to head, 1 from head to tail."""


@dataclass(frozen=True)
class Street:
    """An edge (two ways) or an arc; ``serve`` is the cost of serving it, driving included.

    A street that is not required has no ``serve``. ``volume`` is a second load where there is one.
    """

    name: str
    tail: int
    head: int
    two_way: bool
    drive: float
    serve: float | None = None
    load: float = 0
    volume: float = 0
    shape: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Site:
    """An intermediate facility: its node, and what unloading there costs (and takes)."""

    node: int
    cost: float


@dataclass(frozen=True, eq=False)
class StreetFile:
    """An instance.

    Attributes
    ----------
    corners
        Load of each required node.
    capacity, volume
        What a vehicle holds, by load and by the second load (infinite = no limit).
    num_vehicles
        Most routes (None = any number).
    sites
        Where vehicles unload on the way, and before they come home; empty = at the depot.
    route_cost
        What each route costs besides (unloading at the depot).
    max_time
        Most that a route may cost, its unloading included (infinite = no limit).
    last_wins
        Of streets that join the same nodes, the last in the file is driven; else the cheapest.
    """

    streets: tuple[Street, ...]
    depot: int
    capacity: float
    corners: dict[int, float]
    volume: float = float("inf")
    num_vehicles: int | None = None
    sites: tuple[Site, ...] = ()
    route_cost: float = 0
    max_time: float = float("inf")
    last_wins: bool = False

    @property
    def required(self) -> list[Street]:
        """Return the streets to be served."""
        return [street for street in self.streets if street.serve is not None]

    @cached_property
    def total_load(self) -> float:
        """Return the load of all streets and corners."""
        return sum(street.load for street in self.streets) + sum(self.corners.values())

    @cached_property
    def drives(self) -> dict[tuple[int, int], float]:
        """Return the cost of driving from node to node along one street."""
        found: dict[tuple[int, int], float] = {}
        for street in self.streets:
            for pair in ends(street):
                if self.last_wins or street.drive < found.get(pair, float("inf")):
                    found[pair] = street.drive
        return found

    @cached_property
    def arcs(self) -> list[Arc]:
        """Return the ways of all streets in the order of the file."""
        return [(k, way) for k, street in enumerate(self.streets) for way in range(ways(street))]


def ways(street: Street) -> int:
    """Return in how many ways a street may be driven."""
    return 2 if street.two_way else 1


def ends(street: Street) -> list[tuple[int, int]]:
    """Return (from, to) of each way of a street."""
    pairs = [(street.tail, street.head), (street.head, street.tail)]
    return pairs[: ways(street)]


def corner_name(node: int) -> str:
    """Return the name of the task of a required node."""
    return f"n{node}"


def keyed_lines(text: str) -> dict[str, str]:
    """Return the ``KEY : value`` lines of a text, keys in upper case."""
    pairs = re.findall(
        r"^[ \t]*([\w#][\w# \-]*?)\s*:[ \t]*(\S[^\r\n]*?)[ \t]*$", text, re.MULTILINE
    )
    return {key.upper(): value for key, value in pairs}

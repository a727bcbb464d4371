"""Text of Cordeau's periodic instances, and of the solutions beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PeriodicCustomer:
    """A customer and the patterns of days (from 0) on which it may be visited."""

    number: int
    x: float
    y: float
    service: float
    demand: float
    patterns: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class CordeauFile:
    """``max_duration`` and ``capacity`` are by day; 0 = no limit on duration."""

    num_vehicles: int
    num_days: int
    max_duration: tuple[float, ...]
    capacity: tuple[float, ...]
    depot: tuple[float, float]
    customers: tuple[PeriodicCustomer, ...]


def parse_cordeau(path: Path) -> CordeauFile:
    """Return what stands in an instance file."""
    rows = [[float(word) for word in line.split()] for line in path.read_text().splitlines()]
    rows = [row for row in rows if row]
    _, num_vehicles, num_customers, num_days = (int(value) for value in rows[0])
    limits, places = rows[1 : 1 + num_days], rows[1 + num_days :]
    return CordeauFile(
        num_vehicles,
        num_days,
        tuple(row[0] for row in limits),
        tuple(row[1] for row in limits),
        (places[0][1], places[0][2]),
        tuple(_customer(row, num_days) for row in places[1 : 1 + num_customers]),
    )


def _customer(row: list[float], num_days: int) -> PeriodicCustomer:
    number, x, y, service, demand, _, num_patterns = row[:7]
    masks = [int(mask) for mask in row[7 : 7 + int(num_patterns)]]
    patterns = tuple(
        tuple(day for day in range(num_days) if mask >> (num_days - 1 - day) & 1) for mask in masks
    )
    return PeriodicCustomer(int(number), x, y, service, demand, patterns)


def parse_res(path: Path) -> tuple[list[tuple[int, list[int]]], float]:
    """Return (day from 0, customers) of each route of a solution file, and the cost it states."""
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    routes = [(int(words[0]) - 1, [int(w) for w in words[4:] if w != "0"]) for words in lines[1:]]
    return routes, float(lines[0][0])

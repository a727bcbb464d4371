"""The routes of all parts together, and what each part may use of what they share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from solvers.checkpoint import State
from solvers.cut import cut
from solvers.native import first_modes, task_of
from solvers.parts.improve import Found, Sequences, booked
from solvers.problem import Facility, Problem
from solvers.roster import Roster

Begins = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Share:
    """What a part consists of, and its routes before it is searched.

    Attributes
    ----------
    facilities
        What the part may use of each.
    modes
        From the part's modes to those of the whole.
    cost
        That of the routes and of the ``left_out`` tasks that they do not serve.
    """

    tasks: tuple[int, ...]
    vehicles: tuple[int, ...]
    facilities: tuple[Facility, ...]
    modes: tuple[int, ...]
    sequences: Sequences
    cost: int
    left_out: int

    def problem(self, whole: Problem) -> Problem:
        """Return the part as a problem of its own; its matrices are made here."""
        return cut(whole, self.tasks, self.vehicles, self.facilities).problem


@dataclass
class Joined:
    """The present routes of the whole problem: modes, and -f - 1 for a visit to facility f.

    Attributes
    ----------
    costs
        What each route costs, by vehicle.
    begins, received
        By vehicle the (facility, begin) of its visits, and the kilograms that it brings to each
        facility; empty where routes need not be booked.
    """

    problem: Problem
    routes: dict[int, list[int]] = field(default_factory=dict)
    costs: dict[int, int] = field(default_factory=dict)
    begins: dict[int, Begins] = field(default_factory=dict)
    received: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Number the modes of all tasks."""
        self.first_mode = first_modes(self.problem)

    def state(self) -> State:
        """Return all routes and bookings as arrays, by name."""
        vehicles = sorted(self.routes)
        booked = sorted(self.begins)
        visits = [(v, f, begin) for v in booked for f, begin in self.begins[v]]
        num_facilities = len(self.problem.facilities)
        return {
            "vehicles": np.asarray(vehicles, np.int64),
            "sizes": np.asarray([len(self.routes[v]) for v in vehicles], np.int64),
            "codes": np.asarray([code for v in vehicles for code in self.routes[v]], np.int64),
            "costs": np.asarray([self.costs[v] for v in vehicles], np.int64),
            "booked": np.asarray(booked, np.int64),
            "visits": np.asarray(visits, np.int64).reshape(-1, 3),
            "received": np.asarray([self.received[v] for v in booked], np.int64).reshape(
                len(booked), num_facilities
            ),
        }

    def restore(self, arrays: State) -> None:
        """Take over the routes and bookings of a state."""
        ends = np.cumsum(arrays["sizes"])[:-1]
        codes = np.split(arrays["codes"], ends) if len(arrays["sizes"]) else []
        vehicles, booked = arrays["vehicles"].tolist(), arrays["booked"].tolist()
        self.routes = {v: part.tolist() for v, part in zip(vehicles, codes, strict=True)}
        self.costs = dict(zip(vehicles, arrays["costs"].tolist(), strict=True))
        kg = arrays["received"].tolist()
        self.received = {v: tuple(row) for v, row in zip(booked, kg, strict=True)}
        visits: dict[int, list[tuple[int, int]]] = {v: [] for v in booked}
        for v, f, begin in arrays["visits"].tolist():
            visits[v].append((f, begin))
        self.begins = {v: tuple(found) for v, found in visits.items()}

    def task_of(self, mode: int) -> int:
        """Return the task of a mode."""
        return task_of(self.first_mode, mode)

    def tasks_of(self, vehicle: int) -> list[int]:
        """Return the tasks that a vehicle serves, in order."""
        return [self.task_of(code) for code in self.routes.get(vehicle, ()) if code >= 0]

    def unserved(self) -> list[int]:
        """Return the tasks that no route serves."""
        served = {t for vehicle in self.routes for t in self.tasks_of(vehicle)}
        return [t for t in range(len(self.problem.tasks)) if t not in served]

    def cost(self) -> tuple[int, int]:
        """Return what all routes and the tasks left out cost, and the number of the latter."""
        left = self.unserved()
        prices = sum(self.problem.tasks[t].price for t in left)
        return prices + sum(self.costs.values()), len(left)

    def share(
        self, tasks: Sequence[int], vehicles: Sequence[int], facilities: tuple[Facility, ...]
    ) -> Share:
        """Return a part with the present routes of its vehicles."""
        first = self.first_mode
        modes = tuple(mode for t in tasks for mode in range(first[t], first[t + 1]))
        part_of = {whole: mode for mode, whole in enumerate(modes)}
        sequences = {
            k: [part_of[code] if code >= 0 else code for code in self.routes[v]]
            for k, v in enumerate(vehicles)
            if self.routes.get(v)
        }
        served = {t for v in vehicles for t in self.tasks_of(v)}
        left = [t for t in tasks if t not in served]
        cost = sum(self.problem.tasks[t].price for t in left)
        cost += sum(self.costs.get(v, 0) for v in vehicles)
        part = tuple(tasks), tuple(vehicles), facilities
        return Share(*part, modes, sequences, cost, len(left))

    def sites(self, vehicles: Sequence[int], share: Fraction) -> tuple[Facility, ...]:
        """Return what some vehicles may use of each facility beside the routes of all others.

        Bays that others have booked are taken. Of the tonnage they have what they bring already,
        and a ``share`` of what nobody brings.
        """
        return tuple(
            self._site(f, facility, set(vehicles), share)
            for f, facility in enumerate(self.problem.facilities)
        )

    def _site(self, f: int, facility: Facility, own: set[int], share: Fraction) -> Facility:
        capacity = facility.capacity_kg
        if capacity is not None:
            free = capacity - sum(kg[f] for kg in self.received.values())
            capacity = sum(self.received[v][f] for v in own & self.received.keys())
            capacity += int(free * share)
        booked = (*facility.booked, *sorted(self._booked(f, own)))
        return replace(facility, booked=booked, capacity_kg=capacity)

    def _booked(self, facility: int, own: set[int]) -> list[int]:
        """Return when the vehicles that are not one's own begin to unload at a facility."""
        return [b for v in self.begins if v not in own for f, b in self.begins[v] if f == facility]

    def take(self, share: Share, found: Found) -> bool:
        """Let a part's vehicles drive what was found for it; return whether they do.

        Where routes are booked, bays that another part has taken in the meantime are looked for
        anew; what is dearer then than the routes of before is not taken.
        """
        if found.begins and self._crowded(share, found.begins):
            found = self._rebooked(share, found)
        if found.cost > share.cost:
            return False
        self.replace(share, found)
        return True

    def replace(self, share: Share, found: Found) -> None:
        """Let a part's vehicles drive what was found for it, whatever it costs."""
        for k, vehicle in enumerate(share.vehicles):
            for of_all in (self.routes, self.costs, self.begins, self.received):
                of_all.pop(vehicle, None)
            if found.sequences.get(k):
                self.routes[vehicle] = [
                    share.modes[code] if code >= 0 else code for code in found.sequences[k]
                ]
                self.costs[vehicle] = found.costs[k]
            if k in found.begins:
                self.begins[vehicle] = found.begins[k]
                self.received[vehicle] = found.received[k]

    def _crowded(self, share: Share, begins: Mapping[int, Begins]) -> bool:
        """Whether a part's visits leave some facility with more vehicles inside than bays."""
        own = set(share.vehicles)
        visits: dict[int, list[int]] = defaultdict(list)
        for f, begin in (b for found in begins.values() for b in found):
            visits[f].append(begin)
        for f, found in visits.items():
            facility = self.problem.facilities[f]
            everyone = [*found, *facility.booked, *self._booked(f, own)]
            if most_inside(everyone, facility.unload_s) > facility.bays:
                return True
        return False

    def _rebooked(self, share: Share, found: Found) -> Found:
        """Return what is found for a part, booked beside all others as they are now."""
        own = set(share.vehicles)
        facilities = tuple(
            replace(
                site, booked=(*self.problem.facilities[f].booked, *sorted(self._booked(f, own)))
            )
            for f, site in enumerate(share.facilities)
        )
        part = replace(share, facilities=facilities).problem(self.problem)
        roster = Roster(part, 0, present=share.sequences)
        roster.load(found.sequences)
        roster.insert_all(roster.unserved)
        return replace(booked(roster), steps=found.steps)


def most_inside(begins: Sequence[int], unload_s: int) -> int:
    """Return how many visits of equal length overlap at most."""
    inside = most = 0
    for _, change in sorted([(b, 1) for b in begins] + [(b + unload_s, -1) for b in begins]):
        inside += change
        most = max(most, inside)
    return most

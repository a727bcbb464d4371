"""What all routed days of a fleet study share: one truck of each type, multiplied by a mix."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from routing.errors import InputError
from routing.network import Network
from scenarios.city import City
from scenarios.edits.draft import Draft
from scenarios.findings import Findings
from scenarios.fleet.types import Offer, TruckType
from scenarios.problem import DayProblem
from scenarios.runs.days import Desk
from solvers.problem import DAY_END_S, Problem, Vehicle

Mix = tuple[int, ...]
"""How many trucks of each type, in the order of the types."""

STUDY = "types"
"""Name of the city in which there is one truck of each type."""


@dataclass
class FleetGround:
    """City, streets and types; the days themselves are made in each worker.

    ``desk`` holds the city with one truck of each type, named as the type.
    """

    desk: Desk
    types: tuple[TruckType, ...]

    @property
    def city(self) -> City:
        """The city with one truck of each type."""
        return self.desk.cities[STUDY]

    @cached_property
    def fingerprint(self) -> str:
        """Of all that a routed result depends on beside the task."""
        rest = {name: frame for name, frame in self.city.tables.items() if name != "trucks"}
        # snapping looks at all types, whether a mix holds them or not
        return " ".join(
            (
                replace(self.city, tables=rest).tables_hash,
                self.city.settings_hash,
                self.desk.network.fingerprint,
                *(repr(one.key) for one in self.types),
            )
        )

    def posed(self, date: dt.date) -> DayProblem:
        """Return a day with one truck of each type."""
        return self.desk.problem(STUDY, date)

    def fixed_day(self, mix: Mix) -> int:
        """Return what having the trucks of a mix costs a day, in thousandths."""
        return sum(n * one.fixed_day for n, one in zip(mix, self.types, strict=True))


def build_ground(city: City, network: Network, offer: Offer) -> FleetGround:
    """Return the ground for choosing a mix.

    Raises
    ------
    InputError
        When a row of trucks that results has faults.
    """
    faults = Findings()
    draft = Draft.of(city, _no_streets, faults)
    draft.label = "truck types"
    draft.tables["trucks"] = draft.frame("trucks").iloc[:0]
    given = [{**_filled(one), "truck_id": one.type_id} for one in offer.types]
    draft.add("trucks", given)
    if faults:
        raise InputError(faults.told())
    # sweeping has vehicles of its own, which no mix replaces
    programmes = draft.frame("programmes").iloc[:0]
    tables = {**draft.tables, "programmes": programmes}
    return FleetGround(Desk({STUDY: replace(city, tables=tables)}, network), offer.types)


def _filled(one: TruckType) -> dict[str, str]:
    return {name: text for name, text in one.row.items() if text}


def _no_streets() -> Network:
    raise AssertionError("trucks are added without a look at the streets")


def mixed_problem(
    problem: Problem,
    types: Sequence[TruckType],
    mix: Mix,
    *,
    priced: bool,
    overtime_s: int | None = None,
) -> tuple[Problem, list[tuple[int, int]]]:
    """Return a day with the trucks of a mix, and type and number of the truck behind each vehicle.

    A truck that charges at noon is two vehicles, one a half of its shift. A type whose depot is
    closed on the date has no vehicle.

    Parameters
    ----------
    problem
        With one vehicle of each type.
    priced
        Whether using a truck costs what having it costs; else having it is paid already.
    overtime_s
        Most overtime of each truck, if its own limit is not less.
    """
    most_s = DAY_END_S if overtime_s is None else overtime_s
    models = {
        v.vehicle_id: replace(
            v, max_overtime_s=min(most_s, v.max_overtime_s), loaded_kg=0, loaded_l=0
        )
        for v in problem.vehicles
    }
    vehicles: list[Vehicle] = []
    trucks: list[tuple[int, int]] = []
    for t, (one, count) in enumerate(zip(types, mix, strict=True)):
        model = models.get(one.type_id)
        for k in range(count if model is not None else 0):
            assert model is not None
            parts = _shifts(model, one, priced=priced)
            vehicles += [
                replace(part, vehicle_id=f"{one.type_id}-{k + 1:02d}{mark}")
                for part, mark in zip(parts, "ab" if len(parts) > 1 else ("",), strict=True)
            ]
            trucks += [(t, k)] * len(parts)
    return replace(problem, vehicles=tuple(vehicles)), trucks


def _shifts(model: Vehicle, one: TruckType, *, priced: bool) -> list[Vehicle]:
    """Return a truck's shift, or its halves around the time at which it charges."""
    fixed = one.fixed_day if priced else 0
    if one.reach is None:
        return [replace(model, fixed_cost=fixed)]
    if not one.reach.noon_s:
        return [replace(model, fixed_cost=fixed, max_length_m=one.reach.morning_m)]
    noon_s = (model.shift_start + model.shift_end - one.reach.noon_s) // 2
    return [
        replace(
            model,
            fixed_cost=fixed // 2,
            end=model.start,  # it charges where it set out
            shift_end=noon_s,
            max_overtime_s=0,
            max_length_m=one.reach.morning_m,
        ),
        replace(
            model,
            fixed_cost=fixed - fixed // 2,
            shift_start=noon_s + one.reach.noon_s,
            max_length_m=one.reach.afternoon_m,
        ),
    ]

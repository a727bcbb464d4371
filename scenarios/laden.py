"""Trucks that begin with a load aboard which no facility takes in their shift.

Such a truck stays at its depot with its load, instead of refusing the day of all others.
"""

from __future__ import annotations

from dataclasses import replace

from routing.errors import InfeasibleError
from scenarios.problem import DayProblem
from solvers.cut import cut
from solvers.problem import Problem
from solvers.roster import Roster


def without_stuck_loads(posed: DayProblem) -> DayProblem:
    """Return the day without the trucks that cannot put down, alone, what they begin with.

    Where no truck would be left the day stays as it is, and the search refuses it with the name of
    one.
    """
    vehicles = posed.problem.vehicles
    goes = [not v.starts_loaded or _puts_down(posed.problem, k) for k, v in enumerate(vehicles)]
    if all(goes) or not any(goes):
        return posed
    laden = tuple(t for t, out in zip(posed.trucks, goes, strict=True) if not out)
    notes = [
        f"{t.truck_id} stays at {t.depot_id}: no facility takes the {t.loaded_kg} kg of"
        f" {t.loaded_stream} aboard in its shift"
        for t in laden
    ]
    return replace(
        posed,
        problem=replace(
            posed.problem, vehicles=tuple(v for v, out in zip(vehicles, goes, strict=True) if out)
        ),
        trucks=tuple(t for t, out in zip(posed.trucks, goes, strict=True) if out),
        laden=laden,
        notes=(*posed.notes, *notes),
    )


def _puts_down(problem: Problem, vehicle: int) -> bool:
    """Whether a truck that does nothing else can put down its load and come home."""
    try:
        Roster(cut(problem, [], [vehicle]).problem, 0)
    except InfeasibleError:
        return False
    return True

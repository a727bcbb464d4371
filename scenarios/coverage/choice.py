"""Which units reach the target at least cost: exact by CP-SAT for given costs of each unit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ortools.sat.python import cp_model

from routing.errors import InfeasibleError
from scenarios.coverage.kpis import counting, needed
from scenarios.coverage.units import KINDS, Unit, candidates

Chosen = tuple[int, ...]
"""Indices of units that begin to sort, in order."""


@dataclass(frozen=True)
class Need:
    """So many of these units must begin to sort, at least or exactly."""

    units: tuple[int, ...]
    count: int
    exactly: bool


def needs_of(
    units: Sequence[Unit],
    target: float,
    compound_districts: Collection[str],
    *,
    each_district: bool,
) -> list[Need]:
    """Return what must be chosen for each kind to reach the target.

    With ``each_district`` the target holds in every district too; then a kind may need more units
    than the whole asks for.
    """
    index = {id(one): k for k, one in enumerate(units)}
    free = set(candidates(units))
    needs: list[Need] = []
    for kind in KINDS:
        counted = counting(units, kind, compound_districts)
        whole = needed(len(counted), sum(one.sorts for one in counted), target)
        floors = 0
        for district in sorted({one.district for one in counted}) if each_district else ():
            inside = [one for one in counted if one.district == district]
            count = needed(len(inside), sum(one.sorts for one in inside), target)
            floors += count
            members = tuple(index[id(one)] for one in inside if index[id(one)] in free)
            needs.append(Need(members, count, exactly=False))
        members = tuple(index[id(one)] for one in counted if index[id(one)] in free)
        needs.append(Need(members, max(whole, floors), exactly=True))
    return needs


def cheapest(
    costs: Sequence[int], needs: Sequence[Need], forbidden: Collection[Chosen] = ()
) -> Chosen | None:
    """Return the cheapest choice that meets the needs, proven so; None where there is none.

    Parameters
    ----------
    costs
        Thousandths a day of each unit; routing may make one cheaper than nothing.
    forbidden
        Choices that are not to be returned.

    Raises
    ------
    InfeasibleError
        When the solver gives up before its proof (a fault of the program).
    """
    model = cp_model.CpModel()
    usable = sorted({k for need in needs for k in need.units})
    chosen = {k: model.new_bool_var(f"u{k}") for k in usable}
    for need in needs:
        count = sum(chosen[k] for k in need.units)
        model.add(count == need.count if need.exactly else count >= need.count)
    for other in forbidden:
        inside = set(other)
        model.add(
            sum(chosen[k] for k in other) - sum(chosen[k] for k in usable if k not in inside)
            <= len(other) - 1
        )
    # a thousandth of a thousandth for the order of the list makes equal costs no matter of chance
    tie = len(usable) + 1
    model.minimize(sum((costs[k] * tie * tie + rank) * chosen[k] for rank, k in enumerate(usable)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return None
    if status != cp_model.OPTIMAL:
        raise InfeasibleError(f"the choice of units was not proven: {solver.status_name(status)}")
    return tuple(k for k in usable if solver.value(chosen[k]))

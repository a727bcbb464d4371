"""Convoys: which vehicles work the passes of a template together, and what they are to the solver.

A convoy is planned as one vehicle that has the tightest tank, hopper, shift and reach of its
members and goes at the pace of the slowest pass. Were every member to follow the lead at a
constant distance in time, the plan of that vehicle would be theirs; `convoy` times them exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scenarios.cleaning.chains import Chain
from solvers.problem import Facility, Mode, Problem, Task, Vehicle

SAFETY = 0.99
"""Part of a tank or hopper that is planned with: amounts are rounded pass by pass."""
DAY_END_S = 48 * 3600


@dataclass(frozen=True)
class Team:
    """Vehicles of a problem in the order of the passes that they work.

    ``offset_s`` is how long after the lead each of them begins at the least on any run.
    """

    template: str
    vehicles: tuple[int, ...]
    offset_s: tuple[int, ...]


def form_teams(problem: Problem, chains: Sequence[Chain]) -> list[Team]:
    """Return the convoys that the vehicles on shift make up for the linked chains.

    Teams are formed one by one for the template with most work a team, among all templates and the
    kinds of vehicle that work alone, each of which has one before any has two; what is left over
    works alone.
    """
    work_s: dict[tuple[str, tuple[str, ...]], int] = defaultdict(int)
    for chain in chains:
        name = chain.template if chain.linked else ""
        slowest = max(problem.tasks[t].modes[0].service_s for t in chain.tasks)
        work_s[name, chain.kinds] += slowest
    free = set(range(len(problem.vehicles)))
    formed: dict[tuple[str, tuple[str, ...]], list[tuple[int, ...]]] = defaultdict(list)
    open_sorts = sorted(work_s)
    while open_sorts:
        sort = max(open_sorts, key=lambda s: (not formed[s], work_s[s] / (len(formed[s]) + 1)))
        members = _members(problem, sort[1], free)
        if members is None:
            open_sorts.remove(sort)
            continue
        formed[sort].append(members)
        free -= set(members)
    return [
        Team(name, members, _offsets(problem, chains, name, kinds))
        for (name, kinds), teams in sorted(formed.items())
        for members in teams
        if name
    ]


def _members(problem: Problem, kinds: Sequence[str], free: set[int]) -> tuple[int, ...] | None:
    """Return free vehicles of these kinds whose shifts overlap most; None if there are none.

    A meal is taken together, so either all of them have one or none has.
    """
    best: tuple[tuple[int, int], tuple[int, ...]] | None = None
    for lead in sorted(free):
        if problem.vehicles[lead].kind != kinds[0]:
            continue
        chosen = [lead]
        for kind in kinds[1:]:
            mates = [v for v in sorted(free - set(chosen)) if _fits(problem, lead, v, kind)]
            if not mates:
                break
            chosen.append(max(mates, key=lambda v: (_overlap(problem, [*chosen, v]), -v)))
        if len(chosen) == len(kinds):
            key = _overlap(problem, chosen), -lead
            if key[0] > 0 and (best is None or key > best[0]):
                best = key, tuple(chosen)
    return None if best is None else best[1]


def _fits(problem: Problem, lead: int, mate: int, kind: str) -> bool:
    one, other = problem.vehicles[lead], problem.vehicles[mate]
    meals = {problem.rules.meal_applies(v) for v in (one, other)}
    return other.kind == kind and len(meals) == 1


def _overlap(problem: Problem, members: Sequence[int]) -> int:
    """Return the time that vehicles are on shift together, a little more from one depot."""
    shifts = [problem.vehicles[v] for v in members]
    common = min(v.shift_end for v in shifts) - max(v.shift_start for v in shifts)
    return common + 600 * (len({v.start for v in shifts}) == 1)


def _offsets(
    problem: Problem, chains: Sequence[Chain], template: str, kinds: tuple[str, ...]
) -> tuple[int, ...]:
    """Return how far behind the lead each pass stays so that no run brings it too near."""
    own = [c for c in chains if c.linked and c.template == template and c.kinds == kinds]
    offsets = [0]
    for p in range(1, len(kinds)):
        gains = (_service(problem, c.tasks[p - 1]) - _service(problem, c.tasks[p]) for c in own)
        offsets.append(offsets[-1] + max(c.min_lag_s[p] for c in own) + max(0, *gains, 0))
    return tuple(offsets)


def _service(problem: Problem, task: int) -> int:
    return problem.tasks[task].modes[0].service_s


@dataclass(frozen=True)
class ConvoyProblem:
    """The problem of the convoys: a task stands for a chain, a vehicle for a team."""

    problem: Problem
    chains: tuple[Chain, ...]
    teams: tuple[Team, ...]


def convoy_problem(
    problem: Problem,
    chains: Sequence[Chain],
    teams: Sequence[Team],
    not_before: Mapping[int, int],
    received_kg: Mapping[int, int],
) -> ConvoyProblem:
    """Return the problem in which each team is one vehicle and each chain one task.

    Parameters
    ----------
    not_before
        Earliest begin of tasks that wait for the bins of their street.
    received_kg
        What other trucks put down at each facility.
    """
    offsets = {(t.template, tuple(problem.vehicles[v].kind for v in t.vehicles)): t.offset_s
               for t in teams}  # fmt: skip
    tasks = [_task(problem, c, offsets.get((c.template, c.kinds)), not_before) for c in chains]
    sets = sorted({_profiles(problem, team) for team in teams})
    time_s = [_slowest(problem, profiles) for profiles in sets]
    length_m = [problem.length_m[profiles[0]] for profiles in sets]
    vehicles = [
        _vehicle(problem, team, [c for c in chains if c.template == team.template],
                 sets.index(_profiles(problem, team)))
        for team in teams
    ]  # fmt: skip
    facilities = _facilities(problem, chains, teams, received_kg)
    early, late = problem.rules.meal_window
    latest = max((t.offset_s[-1] for t in teams), default=0)
    rules = replace(problem.rules, meal_window=(early, max(early + 60, late - latest)))
    whole = Problem(
        tuple(tasks),
        tuple(vehicles),
        facilities,
        np.stack(time_s),
        np.stack(length_m),
        rules,
        where=problem.where,
    )
    return ConvoyProblem(whole, tuple(chains), tuple(teams))


def team_kind(template: str, kinds: Sequence[str]) -> str:
    """Return the kind of vehicle as which a convoy is planned."""
    return f"{template}: {' + '.join(kinds)}"


def _profiles(problem: Problem, team: Team) -> tuple[int, ...]:
    return tuple(dict.fromkeys(problem.vehicles[v].profile for v in team.vehicles))


def _slowest(problem: Problem, profiles: Sequence[int]) -> NDArray[np.int32]:
    """Return the longest time that any profile takes at any hour; -1 where one of them cannot go.

    A way that is closed for some hours counts as it is in the others.
    """
    times = np.stack([_slowest_hour(problem, profile) for profile in profiles])
    return np.where((times < 0).any(axis=0), -1, times.max(axis=0)).astype(np.int32)


def _slowest_hour(problem: Problem, profile: int) -> NDArray[np.int32]:
    return np.maximum.reduce([time_s for time_s, _ in problem.layers_of(profile)])


def _task(
    problem: Problem,
    chain: Chain,
    offsets: tuple[int, ...] | None,
    not_before: Mapping[int, int],
) -> Task:
    parts = [problem.tasks[t] for t in chain.tasks]
    lead = parts[0]
    modes = tuple(
        Mode(mode.entry, mode.exit, max(p.modes[k].service_s for p in parts), mode.length_m)
        for k, mode in enumerate(lead.modes)
    )
    shifts = offsets or (0,) * len(parts)
    allowed = [
        _shifted(p.windows, not_before.get(t, 0), shift)
        for p, t, shift in zip(parts, chain.tasks, shifts, strict=True)
    ]
    return Task(
        task_id=lead.task_id,
        modes=modes,
        stream=lead.stream,
        mass_kg=sum(p.mass_kg for p in parts),
        volume_l=sum(p.volume_l for p in parts),
        water_l=sum(p.water_l for p in parts),
        windows=common_windows(allowed),
        price=sum(p.price for p in parts),
        kinds=frozenset({team_kind(chain.template, chain.kinds)}),
    )


def _shifted(
    windows: tuple[tuple[int, int], ...], not_before_s: int, offset_s: int
) -> list[tuple[int, int]]:
    """Return when the lead may begin so that a pass that follows begins inside its windows."""
    own = windows or ((0, DAY_END_S),)
    return [
        (max(0, max(a, not_before_s) - offset_s), b - offset_s)
        for a, b in own
        if max(a, not_before_s, offset_s) <= b
    ]


def common_windows(allowed: Sequence[Sequence[tuple[int, int]]]) -> tuple[tuple[int, int], ...]:
    """Return what all the lists of windows have in common; a window that is past if nothing."""
    common = list(allowed[0])
    for windows in allowed[1:]:
        pairs = [(max(a, c), min(b, d)) for a, b in common for c, d in windows]
        common = [(a, b) for a, b in pairs if a <= b]
    # a task without windows may begin at any time; one that never may needs a window nobody meets
    return tuple(sorted(common)) or ((0, 0),)


def _vehicle(problem: Problem, team: Team, chains: Sequence[Chain], profile: int) -> Vehicle:
    members = [problem.vehicles[v] for v in team.vehicles]
    lead = members[0]
    kinds = tuple(m.kind for m in members)
    parts = list(zip(members, _totals(problem, chains, kinds), strict=True))
    whole = tuple(sum(t[k] for _, t in parts) for k in range(3))
    stream = problem.tasks[chains[0].tasks[0]].stream
    behind = list(zip(members, team.offset_s, strict=True))
    ends = [m.shift_end - late for m, late in behind]
    overtime = [m.shift_end + m.max_overtime_s - late for m, late in behind]
    start = max(max(0, m.shift_start - late) for m, late in behind)
    if problem.rules.meal_applies(lead):
        start = min(start, problem.rules.meal_window[0])
    return replace(
        lead,
        kind=team_kind(team.template, kinds),
        profile=profile,
        capacity_kg=_tightest([(m.capacity_kg, t[0]) for m, t in parts], whole[0]),
        capacity_l={stream: _tightest([(m.capacity_l.get(stream, 0), t[1]) for m, t in parts],
                                      whole[1])},
        tank_l=_tightest([(m.tank_l, t[2]) for m, t in parts], whole[2]),
        shift_start=start,
        shift_end=max(start + 1, min(ends)),
        compartments=1,
        max_overtime_s=max(0, min(overtime) - min(ends)),
        max_trips=min(m.max_trips for m in members),
        fixed_cost=sum(m.fixed_cost for m in members),
        cost_km=sum(m.cost_km for m in members),
        cost_h=sum(m.cost_h for m in members),
    )  # fmt: skip


def _totals(
    problem: Problem, chains: Sequence[Chain], kinds: tuple[str, ...]
) -> list[tuple[int, int, int]]:
    """Return mass, volume and water of each pass over all chains."""
    own = [c for c in chains if c.kinds == kinds]
    totals = []
    for p in range(len(kinds)):
        tasks = [problem.tasks[c.tasks[p]] for c in own]
        amounts = ([t.mass_kg, t.volume_l, t.water_l] for t in tasks)
        kg, litres, water = (sum(column) for column in zip(*amounts, strict=True))
        totals.append((kg, litres, water))
    return totals


def _tightest(parts: Sequence[tuple[int, int]], whole: int) -> int:
    """Return how much of all passes together may be done until the first member is full or dry.

    ``parts`` holds each member's capacity and its share of the whole.
    """
    alone = sum(share > 0 for _, share in parts) <= 1
    limits = [capacity * whole / share for capacity, share in parts if share > 0]
    return int(min(limits, default=0.0) * (1.0 if alone else SAFETY))


def _facilities(
    problem: Problem, chains: Sequence[Chain], teams: Sequence[Team], received_kg: Mapping[int, int]
) -> tuple[Facility, ...]:
    """Return facilities at which a convoy stays as long as its members take one after the other.

    Of the members only the one whose tank or hopper is the tightest calls at every visit.
    """
    callers = [_callers(problem, chains, team) for team in teams]
    full = max((kg for kg, _ in callers), default=1.0)
    wet = max((water for _, water in callers), default=1.0)
    made = []
    for idx, facility in enumerate(problem.facilities):
        rounds = max(1.0, (wet if facility.refills else full) / facility.bays)
        left = facility.capacity_kg
        if left is not None:
            left = max(0, left - received_kg.get(idx, 0))
        stay_s = int(rounds * facility.unload_s + 0.5)
        made.append(replace(facility, unload_s=stay_s, capacity_kg=left))
    return tuple(made)


def _callers(problem: Problem, chains: Sequence[Chain], team: Team) -> tuple[float, float]:
    """Return how many members call on average where the tightest unloads, and where it refills."""
    members = [problem.vehicles[v] for v in team.vehicles]
    kinds = tuple(m.kind for m in members)
    totals = _totals(problem, [c for c in chains if c.template == team.template], kinds)
    full = [kg / max(1, m.capacity_kg) for m, (kg, _, _) in zip(members, totals, strict=True)]
    dry = [water / max(1, m.tank_l) for m, (_, _, water) in zip(members, totals, strict=True)]
    return _relative(full), _relative(dry)


def _relative(shares: Sequence[float]) -> float:
    return sum(shares) / max(shares) if max(shares) > 0 else 1.0

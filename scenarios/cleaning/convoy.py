"""The exact timetable of a convoy: its members follow one plan, each with visits of its own.

The steps of the plan are taken in order. On a run every member begins as early as its own way,
the hours of work and the lags to the passes before and behind it allow: a pass waits for the one
before, and the one before waits where it would run too far ahead. All of these are lower bounds on
the begins, so going forward finds the earliest timetable there is (a max-plus recursion). Members
refill and unload only where they need it, at bays that nobody else has booked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from scenarios.cleaning.bays import Bays, Booking
from scenarios.cleaning.chains import CONVOY, Chain
from scenarios.cleaning.teams import Team
from solvers.evaluate import drive
from solvers.plan import Route, Step
from solvers.problem import Mode, Problem, Task, Vehicle

Windows = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Broken:
    """A chain that the convoy cannot work where the plan has it, and the rule that stops it."""

    chain: int
    reason: str


@dataclass
class _Member:
    """A vehicle of the convoy on its way through the plan."""

    vehicle: Vehicle
    idx: int
    place: int
    clock: int
    tank_l: int
    mass_kg: int = 0
    volume_l: int = 0
    start_s: int = -1
    steps: list[Step] = field(default_factory=list)


def common_begins(
    ready: Sequence[int],
    service_s: Sequence[int],
    windows: Sequence[Windows],
    min_lag_s: Sequence[int],
    max_lag_s: Sequence[int | None],
) -> list[int] | None:
    """Return the earliest begins of the passes over one run; None if windows or lags allow none.

    Parameters
    ----------
    ready
        When each pass could begin for its own part.
    min_lag_s, max_lag_s
        Bounds of the lag to the pass before, at begin and end of the run; the first mean nothing.
    """
    if any(_lag_is_empty(p, service_s, min_lag_s, max_lag_s) for p in range(1, len(ready))):
        return None
    begins = list(ready)
    while True:
        before = tuple(begins)
        for p, own in enumerate(windows):
            if p:
                slower = max(0, service_s[p - 1] - service_s[p])
                begins[p] = max(begins[p], begins[p - 1] + min_lag_s[p] + slower)
            if own:
                window = next((w for w in own if begins[p] <= w[1]), None)
                if window is None:
                    return None
                begins[p] = max(begins[p], window[0])
        for p in range(len(begins) - 1, 0, -1):
            most = max_lag_s[p]
            if most is not None:
                slower = max(0, service_s[p] - service_s[p - 1])
                begins[p - 1] = max(begins[p - 1], begins[p] + slower - most)
        if before == tuple(begins):
            return begins


def _lag_is_empty(
    p: int, service_s: Sequence[int], min_lag_s: Sequence[int], max_lag_s: Sequence[int | None]
) -> bool:
    """Whether no lag holds at both ends of a run, since one pass gains too much on the other."""
    most = max_lag_s[p]
    return most is not None and min_lag_s[p] + abs(service_s[p] - service_s[p - 1]) > most


class _Timetable:
    """The members of one convoy, step by step."""

    def __init__(
        self, problem: Problem, team: Team, bays: Bays, not_before: dict[int, int]
    ) -> None:
        self.problem = problem
        self.bays = bays
        self.not_before = not_before
        self.booked: list[Booking] = []
        self.members = [
            _Member(v, idx, v.start, v.shift_start, v.tank_l)
            for idx, v in ((i, problem.vehicles[i]) for i in team.vehicles)
        ]

    def ready(self, member: _Member, place: int) -> int | None:
        """Return when a member can be at a place; None if it cannot."""
        leg = self.problem.leg(member.vehicle.profile, member.place, place, member.clock)
        return None if leg is None else leg.arrive_s

    def work(self, chain: Chain, mode: int) -> str:
        """Let each member work its pass; return the rule that forbids it, or nothing."""
        tasks = [self.problem.tasks[t] for t in chain.tasks]
        ways = [task.modes[mode] for task in tasks]
        ready = [self.ready(m, way.entry) for m, way in zip(self.members, ways, strict=True)]
        if any(at is None for at in ready):
            return "unreachable"
        earliest = [
            max(at or 0, self.not_before.get(t, 0))
            for at, t in zip(ready, chain.tasks, strict=True)
        ]
        begins = common_begins(
            earliest,
            [way.service_s for way in ways],
            [task.windows for task in tasks],
            chain.min_lag_s,
            chain.max_lag_s,
        )
        if begins is None:
            return CONVOY
        for member, task_idx, task, way, begin in zip(
            self.members, chain.tasks, tasks, ways, begins, strict=True
        ):
            self._do(member, Step("task", task_idx, mode, begin), way, begin)
            if not _load(member, task):
                return CONVOY
        return ""

    def _do(self, member: _Member, step: Step, way: Mode, begin: int) -> None:
        if member.start_s < 0:
            # nobody leaves before it must: the first way leads straight to the first work
            member.start_s = self._latest_start(member, way.entry, begin)
        member.steps.append(step)
        member.place = way.exit
        member.clock = begin + way.service_s

    def _latest_start(self, member: _Member, place: int, begin: int) -> int:
        """Return the latest start that the leg as driven from the begin of the shift allows.

        Where travel changes by the hour a later start may take longer; then it is not later.
        """
        profile, earliest = member.vehicle.profile, member.vehicle.shift_start
        leg = self.problem.leg(profile, member.place, place, earliest)
        later = earliest if leg is None else max(earliest, begin - leg.time_s)
        again = self.problem.leg(profile, member.place, place, later)
        return later if again is not None and again.arrive_s <= begin else earliest

    def visit(self, idx: int, water_l: Sequence[int]) -> bool:
        """Let the members that need it call at a facility; False if it closes too early.

        ``water_l`` is what each member sprays until the next visit of the plan.
        """
        facility = self.problem.facilities[idx]
        callers = []
        for member, needed in zip(self.members, water_l, strict=True):
            unloads = "sweepings" in facility.streams and (member.mass_kg or member.volume_l)
            refills = facility.refills and member.tank_l < needed
            if unloads or refills:
                callers.append(member)
        arrivals = [(self.ready(m, facility.location), k, m) for k, m in enumerate(callers)]
        if any(at is None for at, _, _ in arrivals):
            return False
        for at, _, member in sorted(arrivals, key=lambda one: one[:2]):
            begin = self.bays.free_from(idx, at or 0, self.booked)
            if begin is None:
                return False
            self.booked.append((idx, begin, begin + facility.unload_s))
            way = Mode(facility.location, facility.location, facility.unload_s)
            self._do(member, Step("facility", idx, 0, begin), way, begin)
            if facility.refills:
                member.tank_l = member.vehicle.tank_l
            if "sweepings" in facility.streams:
                member.mass_kg = member.volume_l = 0
        return True

    def pause(self, step: Step) -> bool:
        """Let all members take a break; False if it would begin too late."""
        rules = self.problem.rules
        for member in self.members:
            begin = member.clock
            if step.kind == "meal":
                begin = max(begin, rules.meal_window[0])
                if begin > rules.meal_window[1]:
                    return False
            lasts = rules.meal_break_s if step.kind == "meal" else rules.min_rest_s
            if member.start_s < 0:
                member.start_s = member.vehicle.shift_start
            member.steps.append(Step(step.kind))
            member.clock = begin + lasts
        return True

    def routes(self) -> list[Route]:
        """Return the route of each member that does anything."""
        return [
            Route(m.idx, m.start_s, tuple(m.steps))
            for m in self.members
            if any(step.kind == "task" for step in m.steps)
        ]


def _load(member: _Member, task: Task) -> bool:
    """Take what a pass sweeps up and sprays; return whether it fits."""
    vehicle = member.vehicle
    member.mass_kg += task.mass_kg
    member.volume_l += task.volume_l
    member.tank_l -= task.water_l
    return (
        member.mass_kg <= vehicle.capacity_kg
        and member.volume_l <= vehicle.capacity_l.get(task.stream, 0)
        and member.tank_l >= 0
    )


def time_convoy(
    problem: Problem,
    team: Team,
    chains: Sequence[Chain],
    steps: Sequence[Step],
    bays: Bays,
    not_before: dict[int, int],
) -> tuple[list[Route], list[Broken]]:
    """Return the exact routes of a convoy's members, and the chains that had to be left out.

    Parameters
    ----------
    chains
        The chains behind the tasks of the plan.
    steps
        Of the convoy as one vehicle; the index of a task is that of its chain.
    bays
        What others have booked; takes the bookings of the convoy.
    not_before
        Earliest begin of tasks that wait for the bins of their street.
    """
    left, broken = list(steps), list[Broken]()
    while any(step.kind == "task" for step in left):
        table = _Timetable(problem, team, bays, not_before)
        fault = _follow(problem, chains, table, left) or _judge(problem, table, left)
        if fault is None:
            bays.book(table.booked)
            return table.routes(), broken
        at, reason = fault
        broken.append(Broken(left[at].idx, reason))
        del left[at]
    return [], broken


def _follow(
    problem: Problem, chains: Sequence[Chain], table: _Timetable, steps: Sequence[Step]
) -> tuple[int, str] | None:
    """Go through the steps; return the position of the task to leave out and why, if any."""
    last = -1
    for at, step in enumerate(steps):
        if step.kind == "task":
            reason = table.work(chains[step.idx], step.mode)
            if reason:
                return at, reason
            last = at
        elif step.kind == "facility":
            needed = _water_until_refill(problem, chains, steps[at + 1 :], len(table.members))
            if not table.visit(step.idx, needed):
                return _task_at(steps, last), CONVOY
        elif not table.pause(step):
            return _task_at(steps, last), "meal_break"
    return None


def _judge(problem: Problem, table: _Timetable, steps: Sequence[Step]) -> tuple[int, str] | None:
    """Return the last task of all to leave out if a member breaks a rule on the way."""
    if any(drive(problem, route).violations for route in table.routes()):
        return max(k for k, step in enumerate(steps) if step.kind == "task"), CONVOY
    return None


def _task_at(steps: Sequence[Step], last: int) -> int:
    """Return the position of the last task before a visit, or of the first of all."""
    return last if last >= 0 else next(k for k, s in enumerate(steps) if s.kind == "task")


def _water_until_refill(
    problem: Problem, chains: Sequence[Chain], steps: Sequence[Step], members: int
) -> list[int]:
    """Return what each member sprays on the runs before the next place where it can refill."""
    needed = [0] * members
    for step in steps:
        if step.kind == "facility" and problem.facilities[step.idx].refills:
            break
        if step.kind == "task":
            for p, task in enumerate(chains[step.idx].tasks):
                needed[p] += problem.tasks[task].water_l
    return needed

"""A day with linked passes: collection first, then convoys around it, all as one plan.

The search knows no lags between vehicles. So the vehicles that form convoys are planned apart, a
convoy as one vehicle (`teams`), and timed exactly afterwards (`convoy`), around the bays that the
others have booked and after the bins of the streets that wait for them. The plan that comes out is
one plan of the whole problem, judged by the slow evaluation and for every lag.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from routing.errors import InfeasibleError, InputError
from scenarios.cleaning.bays import Bays
from scenarios.cleaning.chains import BINS, NO_CONVOY, Chain, Span, chains_of, lag_faults
from scenarios.cleaning.convoy import time_convoy
from scenarios.cleaning.teams import ConvoyProblem, Team, convoy_problem, form_teams
from scenarios.day import DueStop
from scenarios.problem import DayProblem
from scenarios.street_tasks import StreetTask
from solvers.bound import lower_bound
from solvers.cut import Part, cut, thin_out
from solvers.evaluate import Driven, drive_all, evaluate_plan
from solvers.plan import Plan, Route, Step, Unserved
from solvers.problem import Problem
from solvers.solve import Options, Progress, solve
from solvers.stop import MaxIterations, Stop

NOTHING = Plan((), (), 0, 0, 0, "")
POINTS = "points"
"""Name of the first of the two searches."""
MOST_MATRIX_BYTES = 8_000_000_000
LEAST_SHARE = 0.2
"""Each of the two searches gets at least this part of the budget."""


@dataclass
class _ShareOfStop:
    """A stopping rule that gives a search its share of a budget, from one part to another."""

    whole: Stop
    begin: float
    end: float

    @property
    def max_iterations(self) -> int | None:
        """Return the share of the iterations."""
        most = self.whole.max_iterations
        return None if most is None else int(most * (self.end - self.begin))

    @property
    def max_seconds(self) -> float | None:
        """Return the share of the seconds."""
        most = self.whole.max_seconds
        return None if most is None else most * (self.end - self.begin)

    def used(self, iterations: int) -> float:
        """Return the share used of this part of the budget."""
        most = self.max_iterations
        if self.whole.used(0) >= 1.0:  # all is over, whatever this part has made
            return 1.0
        if most is not None:
            return iterations / max(1, most)
        return (self.whole.used(iterations) - self.begin) / max(1e-9, self.end - self.begin)


def is_linked(posed: DayProblem) -> bool:
    """Whether any street work of the day depends on the times of other work."""
    return any(isinstance(s, StreetTask) and (s.follows or s.after_bins) for s in posed.sources)


@dataclass
class Search:
    """How the two searches are made: budget, seed, backend and who is told.

    A signal that ends the first search leaves the second just a first plan.
    """

    stop: Stop
    seed: int
    solver: str
    progress: Progress
    options: Options
    say: Callable[[str], None]
    stopped: bool = False

    def solve(self, problem: Problem, share: tuple[float, float], name: str) -> Plan:
        """Return the plan of a part of the day."""
        options = replace(self.options, checkpoint=_named(self.options.checkpoint, name))
        if name != POINTS:  # a plan names trucks, not the convoys that they form
            options = replace(options, begin=None)
        rule: Stop = MaxIterations(0) if self.stopped else _ShareOfStop(self.stop, *share)
        return solve(problem, rule, self.seed, self.solver, self.tell, options)

    def tell(self, stage: str, used: float, cost: int, unserved: int) -> None:
        """Pass on a message, and note that a signal has ended a search."""
        self.stopped |= stage == "stopped"
        self.progress(stage, used, cost, unserved)


def _named(checkpoint: Path | None, name: str) -> Path | None:
    return None if checkpoint is None else checkpoint.with_stem(f"{checkpoint.stem}-{name}")


def _refuse_pins(problem: Problem, in_chain: set[int], in_team: set[int]) -> None:
    """Raise if a pin asks for work or a truck of a convoy, whose passes are timed together.

    Raises
    ------
    InputError
        With a line for each of them.
    """
    faults = []
    for pin in problem.pins:
        name = problem.tasks[pin.task].task_id
        if pin.task in in_chain:
            faults.append(f"{name} is pinned, and is a pass of a convoy or waits for bins")
        elif pin.vehicle in in_team:
            truck = problem.vehicles[pin.vehicle].vehicle_id
            faults.append(f"{name} is pinned to {truck}, which is part of a convoy on that day")
    if faults:
        raise InputError([f"{fault}; remove the pin" for fault in faults])


def solve_linked(posed: DayProblem, search: Search) -> Plan:
    """Return the plan of a day on which passes are linked.

    Raises
    ------
    InfeasibleError
        When the plan does not hold its own rules, lags included (a fault of the program).
    """
    problem = posed.problem
    chains = chains_of(posed.sources)
    linked = [c for c in chains if c.linked]
    teams = form_teams(problem, chains)
    in_chain = {task for chain in linked for task in chain.tasks}
    in_team = {v for team in teams for v in team.vehicles}
    _refuse_pins(problem, in_chain, in_team)
    part_of = cut if problem.travel is None else thin_out
    rest = part_of(
        problem,
        [t for t in range(len(problem.tasks)) if t not in in_chain],
        [v for v in range(len(problem.vehicles)) if v not in in_team],
    )
    share = max(LEAST_SHARE, min(1 - LEAST_SHARE, len(rest.tasks) / len(problem.tasks)))
    share = (share if teams else 1.0) if rest.tasks else 0.0  # chains need convoys
    first = search.solve(rest.problem, (0.0, share), POINTS) if rest.tasks else NOTHING
    routes = routes_of(rest, first.routes)
    search.say(f"three-in-one: {len(linked)} runs for {len(teams)} convoys")
    late = _Convoys(posed, linked, teams, drive_all(problem, tuple(routes)))
    more, left, iterations = late.plan(search, share)
    unserved = unserved_of(rest, first.unserved)
    plan = Plan(
        (*routes, *more),
        tuple(sorted([*unserved, *left], key=lambda u: u.task)),
        0,
        lower_bound(problem),
        first.iterations + iterations,
        search.solver,
    )
    return _judged(problem, chains, plan)


def routes_of(part: Part, routes: Iterable[Route]) -> list[Route]:
    """Return the routes of a part in terms of the whole problem."""
    return [
        Route(
            part.vehicles[route.vehicle],
            route.start_s,
            tuple(
                replace(s, idx=part.tasks[s.idx]) if s.kind == "task" else s for s in route.steps
            ),
        )
        for route in routes
    ]


def unserved_of(part: Part, unserved: Iterable[Unserved]) -> list[Unserved]:
    """Return the tasks that a part leaves out in terms of the whole problem."""
    return [replace(one, task=part.tasks[one.task]) for one in unserved]


class _Convoys:
    """The linked chains of a day and the convoys that work them, after all else is settled.

    They are a part of the day of their own, with matrices of their own places.
    """

    def __init__(
        self, posed: DayProblem, linked: list[Chain], teams: list[Team], settled: list[Driven]
    ) -> None:
        tasks = sorted(task for chain in linked for task in chain.tasks)
        vehicles = sorted(v for team in teams for v in team.vehicles)
        _refuse_too_many(posed.problem, tasks)
        self.part = cut(posed.problem, tasks, vehicles)
        self.problem = self.part.problem
        task_of = {task: k for k, task in enumerate(tasks)}
        vehicle_of = {v: k for k, v in enumerate(vehicles)}
        self.teams = [replace(t, vehicles=tuple(vehicle_of[v] for v in t.vehicles)) for t in teams]
        self.bays = Bays(self.problem.facilities)
        self.bays.note(settled)
        self.received_kg: dict[int, int] = defaultdict(int)
        for route in settled:
            for timing in route.timings:
                self.received_kg[timing.step.idx] += sum(timing.put_down_kg.values())
        not_before, never = _after_bins(posed, linked, settled)
        self.not_before = {task_of[task]: begin for task, begin in not_before.items()}
        self.never = {task_of[task] for task in never}
        self.left: list[Unserved] = []
        own = [replace(c, tasks=tuple(task_of[t] for t in c.tasks)) for c in linked]
        self.chains = [c for c in own if self._may_be_worked(c)]

    def _may_be_worked(self, chain: Chain) -> bool:
        """Note a chain that no convoy will work; return whether one may."""
        formed = {
            (t.template, tuple(self.problem.vehicles[v].kind for v in t.vehicles))
            for t in self.teams
        }
        if self.never & set(chain.tasks):
            self._leave(chain, BINS)
        elif (chain.template, chain.kinds) not in formed:
            self._leave(chain, NO_CONVOY)
        else:
            return True
        return False

    def _leave(self, chain: Chain, reason: str, proof: dict[str, int] | None = None) -> None:
        self.left += [Unserved(task, reason, proof or {}) for task in chain.tasks]

    def plan(self, search: Search, share: float) -> tuple[list[Route], list[Unserved], int]:
        """Return the routes of all members, what is left out, and the iterations made.

        Routes and tasks are those of the whole day.
        """
        routes, iterations = self._planned(search, share)
        return routes_of(self.part, routes), unserved_of(self.part, self.left), iterations

    def _planned(self, search: Search, share: float) -> tuple[list[Route], int]:
        """Return the routes of all members, timed exactly, and the iterations made."""
        if not self.chains:
            return [], 0
        posed = convoy_problem(
            self.problem, self.chains, self.teams, self.not_before, self.received_kg
        )
        part = cut(posed.problem, range(len(self.chains)), range(len(self.teams)))
        plan = search.solve(part.problem, (share, 1.0), "convoys")
        for unserved in plan.unserved:
            self._leave(self.chains[unserved.task], unserved.reason, unserved.proof)
        return self._timed(posed, plan.routes), plan.iterations

    def _timed(self, posed: ConvoyProblem, routes: Iterable[Route]) -> list[Route]:
        made: list[Route] = []
        for route in sorted(routes, key=lambda r: r.start_s):
            steps: Sequence[Step] = route.steps
            timed, broken = time_convoy(
                self.problem,
                posed.teams[route.vehicle],
                self.chains,
                steps,
                self.bays,
                self.not_before,
            )
            made += timed
            for one in broken:
                self._leave(self.chains[one.chain], one.reason)
        return made


def _refuse_too_many(problem: Problem, tasks: Sequence[int]) -> None:
    """Raise where the matrices of linked passes take more memory than a machine is asked for.

    Raises
    ------
    InputError
        When there are so many places among work whose passes are linked.
    """
    places = {p for t in tasks for mode in problem.tasks[t].modes for p in (mode.entry, mode.exit)}
    needed = 2 * 4 * problem.ways.num_layers * len(places) ** 2
    if needed > MOST_MATRIX_BYTES:
        raise InputError(
            f"passes that are linked need travel among all their {len(places):,} places at once,"
            f" which takes {needed / 1e9:.0f} GB for {problem.ways.num_layers} kinds of travel;"
            f" expected at most {MOST_MATRIX_BYTES / 1e9:.0f} GB. Spread the streets over a week"
            " (huanwei sweep), or divide the city"
        )


def _after_bins(
    posed: DayProblem, linked: Sequence[Chain], settled: Sequence[Driven]
) -> tuple[dict[int, int], set[int]]:
    """Return when waiting passes may begin, and those whose bins are not emptied at all."""
    waiting = {
        task: set(posed.sources[task].modes[0].arcs)  # type: ignore[union-attr]
        for chain in linked
        for task, waits in zip(chain.tasks, chain.after_bins, strict=True)
        if waits
    }
    if not waiting:
        return {}, set()
    emptied: dict[int, int] = {}
    for route in settled:
        for timing in route.timings:
            if timing.step.kind == "task":
                emptied[timing.step.idx] = timing.end_s
    bins_on = _bins_by_street(posed)
    not_before: dict[int, int] = {}
    never = set()
    for task, arcs in waiting.items():
        bins = {stop for arc in arcs for stop in bins_on.get(arc, ())}
        if bins - emptied.keys():
            never.add(task)
        not_before[task] = max((emptied[stop] for stop in bins & emptied.keys()), default=0)
    return not_before, never


def _bins_by_street(posed: DayProblem) -> dict[int, set[int]]:
    """Return the tasks of collection points that stand on each piece of street, either side."""
    network = posed.network
    bins: dict[int, set[int]] = defaultdict(set)
    for idx, (task, source) in enumerate(zip(posed.problem.tasks, posed.sources, strict=True)):
        if not isinstance(source, DueStop) or source.kind != "point":
            continue
        for mode in task.modes:
            arc = int(network.arc_base[posed.arc[mode.entry]])
            for piece in (arc, int(network.arc_reverse[arc])):
                bins[piece].add(idx)
    return bins


def _judged(problem: Problem, chains: Sequence[Chain], plan: Plan) -> Plan:
    judged = evaluate_plan(problem, plan)
    times: dict[int, Span] = {
        timing.step.idx: (timing.begin_s, timing.end_s)
        for route in judged.driven
        for timing in route.timings
        if timing.step.kind == "task"
    }
    faults = [*judged.violations, *lag_faults(chains, times)]
    if faults:
        raise InfeasibleError("\n".join(["the plan found breaks its own rules:", *faults]))
    return replace(plan, cost=judged.cost)

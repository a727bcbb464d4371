"""Round after round: cut into parts, search in each, join, and cut along other borders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from solvers.checkpoint import State
from solvers.estates import Estate, estates_of, sole_servers
from solvers.ground import needs_booking
from solvers.parts.crew import Crew, Errand
from solvers.parts.grouping import bisect, deal, workloads
from solvers.parts.improve import Order
from solvers.parts.joined import Joined, Share
from solvers.parts.places import Points, place_on_plane
from solvers.pins import first_tasks
from solvers.problem import Problem
from solvers.stop import Interruptible

PART_TASKS = 1_000
"""Tasks of a part, about."""
ROUNDS = 10
"""Rounds of a whole search."""
SEED_STEP = 7_919
"""Between the seeds of two parts."""

Keep = Callable[[State], None]
Tell = Callable[[float, int, int], None]
"""Takes the share of the budget used, the cost and the number of tasks left out."""


@dataclass(frozen=True)
class Scale:
    """How large parts are, and how often they are cut anew."""

    tasks: int = PART_TASKS
    rounds: int = ROUNDS


Group = tuple[list[int], list[int]]
"""Tasks and vehicles of a part."""


class Rounds:
    """The search in parts, round after round.

    ``warm`` is the share of the cooling that is left out, since the first routes are good already.
    """

    def __init__(self, problem: Problem, seed: int, scale: Scale, warm: float = 0.0) -> None:
        self.problem, self.seed, self.scale, self.warm = problem, seed, scale, warm
        self.joined = Joined(problem)
        self.points, self.starts = place_on_plane(problem)
        self.estates = estates_of(problem)
        self.sole = sole_servers(problem)
        at_work = {v for estate in self.estates for v in estate.vehicles}
        self.only_loaded = [
            v for v, x in enumerate(problem.vehicles) if x.starts_loaded and v not in at_work
        ]
        self.done = 0
        self.steps = 0
        self.cost, self.left_out = self.joined.cost()
        self.booked = needs_booking(problem)
        self.num_pinned = sum(map(len, first_tasks(problem).values()))

    @property
    def begun(self) -> bool:
        """Whether any task is served but for those that are pinned to the beginning of a route."""
        return self.left_out + self.num_pinned < len(self.problem.tasks)

    def state(self, stop: Interruptible) -> State:
        """Return what the next rounds depend on, and how far the search is, by name."""
        numbers = {
            "done": self.done,
            "steps": self.steps,
            "spent": stop.spent_after(self.steps),
            "cost": self.cost,
            "left_out": self.left_out,
        }
        return self.joined.state() | {name: np.asarray(n) for name, n in numbers.items()}

    def restore(self, arrays: State) -> None:
        """Go on where a search of the same problem had this state."""
        self.joined.restore(arrays)
        self.done, self.steps = int(arrays["done"]), int(arrays["steps"])
        self.cost, self.left_out = self.joined.cost()

    def run(self, stop: Interruptible, crew: Crew, tell: Tell, keep: Keep) -> None:
        """Make the rounds that are left of the budget; a first one is always begun.

        ``keep`` is given a state after each. Of a round that a signal ends the state before it is
        kept, so that a resumed search makes that round in full.
        """
        while self.done < self.scale.rounds and (stop.used(self.steps) < 1.0 or not self.begun):
            before = self.state(stop)
            self._round(stop, crew, tell)
            self.done += 1
            keep(before if stop.interrupted else self.state(stop))

    def _round(self, stop: Interruptible, crew: Crew, tell: Tell) -> None:
        shares = self.shares()
        begin, end = self.done / self.scale.rounds, (self.done + 1) / self.scale.rounds
        heat = self._heat(begin), self._heat(end)
        seed = self.seed + SEED_STEP * (1 + self.done * len(shares))

        def errand(k: int, share: Share) -> Errand:
            steps = self._steps(stop, share)
            seconds = self._seconds(stop, share, crew.num_workers, end - begin)

            def make() -> Order:
                problem, sequences = share.problem(self.problem), share.sequences
                own = seed + SEED_STEP * k
                return Order(problem, sequences, own, heat, steps, seconds, self.booked)

            return Errand(len(share.tasks), steps, make)

        errands = [errand(k, share) for k, share in enumerate(shares)]
        found = {}

        def tick() -> None:
            tell(stop.used(self.steps), self.cost, self.left_out)

        for k, result in crew.carry_out(errands, end, stop, tick):
            found[k] = result
            self.steps += result.steps
            self.cost += result.cost - shares[k].cost
            self.left_out += result.left_out - shares[k].left_out
        for k, share in enumerate(shares):
            self.joined.take(share, found[k])
        self.cost, self.left_out = self.joined.cost()
        tick()

    def _heat(self, share: float) -> float:
        """Return how far the whole cooling is at a share of the rounds."""
        return self.warm + (1.0 - self.warm) * share

    def _steps(self, stop: Interruptible, share: Share) -> int | None:
        if stop.max_iterations is None:
            return None
        tasks = len(share.tasks) / len(self.problem.tasks)
        return int(stop.max_iterations / self.scale.rounds * tasks)

    def _seconds(
        self, stop: Interruptible, share: Share, workers: int, part: float
    ) -> float | None:
        if stop.max_seconds is None:
            return None
        tasks = len(share.tasks) / len(self.problem.tasks)
        return min(1.0, workers * tasks) * part * stop.max_seconds

    def shares(self) -> list[Share]:
        """Return the parts of the next round with their routes."""
        num, joined = len(self.problem.tasks), self.joined
        return [
            joined.share(tasks, trucks, joined.sites(trucks, Fraction(len(tasks), num)))
            for tasks, trucks in self.all_groups()
        ]

    def last_shares(self, groups: Sequence[Group] | None = None) -> Iterator[Share]:
        """Yield parts one by one, each with all that the routes of the others leave by then."""
        for tasks, trucks in self.all_groups() if groups is None else groups:
            yield self.joined.share(tasks, trucks, self.joined.sites(trucks, Fraction(1)))

    def all_groups(self) -> list[Group]:
        """Return the tasks and vehicles of each part of the next round.

        Trucks that serve nothing, but put down what is aboard in the morning, are one of them.
        """
        groups = [group for estate in self.estates for group in self.groups(estate)]
        return [*groups, ([], self.only_loaded)] if self.only_loaded else groups

    def groups(self, estate: Estate) -> Iterator[Group]:
        """Yield the tasks and vehicles of each part of an estate."""
        num = max(1, min(round(len(estate.tasks) / self.scale.tasks), len(estate.vehicles) // 2))
        items = self._items(estate)
        points = np.asarray([self.points[tasks].mean(axis=0) for tasks, _ in items])
        everywhere = [t for tasks, _ in items for t in tasks]
        load = dict(zip(everywhere, workloads(self.problem, everywhere), strict=True))
        weights = np.asarray([float(len(tasks)) for tasks, _ in items])
        label = np.unique(bisect(points, weights, num, self.done), return_inverse=True)[1]
        num = int(label.max()) + 1
        groups: list[Group] = [([], []) for _ in range(num)]
        lacks = np.zeros(num)
        for (tasks, vehicle), k in zip(items, label.tolist(), strict=True):
            groups[k][0].extend(tasks)
            if vehicle is None:
                lacks[k] += sum(load[t] for t in tasks)
            else:
                groups[k][1].append(vehicle)
        dealt = {vehicle for _, vehicle in items}
        idle = [v for v in estate.vehicles if v not in dealt]
        self._deal(idle, groups, lacks, load)
        for tasks, trucks in groups:
            yield sorted(tasks), sorted(trucks)

    def _items(self, estate: Estate) -> list[tuple[list[int], int | None]]:
        """Return what is not divided: the tasks of each route, and each task left out.

        Tasks that one vehicle alone may serve go with it, whether it serves them already or not.
        """
        items: list[tuple[list[int], int | None]] = []
        for v in estate.vehicles:
            tasks = self.joined.tasks_of(v)
            tasks += sorted(set(self.sole.get(v, ())).difference(tasks))
            if tasks:
                items.append((tasks, v))
        placed = {t for tasks, _ in items for t in tasks}
        return items + [([t], None) for t in estate.tasks if t not in placed]

    def _deal(
        self,
        idle: list[int],
        groups: list[Group],
        lacks: NDArray[np.float64],
        load: dict[int, float],
    ) -> None:
        """Give idle vehicles to the groups, to those with tasks left out before all others."""
        centres: Points = np.asarray([self.points[tasks].mean(axis=0) for tasks, _ in groups])
        needs = (
            lacks
            if not self.begun
            else lacks + 0.1 * np.asarray([sum(load[t] for t in tasks) for tasks, _ in groups])
        )
        strength = np.asarray([self.problem.vehicles[v].capacity_kg for v in idle], np.float64)
        for v, k in zip(idle, deal(self.starts[idle], strength, centres, needs), strict=True):
            groups[k][1].append(v)

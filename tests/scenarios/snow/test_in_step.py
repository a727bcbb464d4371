"""Loaders and tippers in step: by hand on a line, and by the slow evaluation in random nights."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from scenarios.snow.heaps import Heap, SnowLoad
from scenarios.snow.in_step import PAD_S, Played, Stage
from scenarios.street_tasks import StreetMode, StreetTask
from solvers.evaluate import evaluate_plan
from solvers.hours import Hours
from solvers.plan import Plan, Unserved
from solvers.problem import Facility, Mode, Problem, Rules, Task, Vehicle

H = 3600
NIGHT = (20 * H, 30 * H)
NO_BREAKS = Rules(meal_break_s=0, max_driving_s=10 * H)
RUN = StreetTask(
    "S", "", "", 1, "", False, (StreetMode((0,), 0, 0, (0, 0), (0, 0)),), (), 0, 0, 0, "loader", 0,
    0.0, 0.0,
)  # fmt: skip


def load(name: str, litres: int = 10_000, service_s: int = 240) -> SnowLoad:
    """A load of snow of 400 kg a cubic metre."""
    return SnowLoad(name, litres, litres * 2 // 5, service_s, 0.0, 0.0)


def heap(*loads: SnowLoad, ready_s: int = 0) -> Heap:
    """A heap of some loads."""
    return Heap(RUN, 1, ready_s, sum(x.litres for x in loads), loads)


def truck(name: str, litres: int, hours: tuple[int, int] = NIGHT, trips: int = 12) -> Vehicle:
    """A tipper of some volume, or a loader if it has none."""
    room = {"snow": litres} if litres else {"sweepings": 0}
    return Vehicle(name, "", 0, 0, 0, litres * 2 // 5, room, *hours, max_trips=trips)


def night(
    at: Sequence[int],
    heaps: Sequence[Heap],
    trucks: Sequence[Vehicle],
    dumps: Sequence[Facility],
    rules: Rules = NO_BREAKS,
) -> Problem:
    """Places on a line, in seconds of driving: depot, dumps, then all loads of one heap each."""
    places = [0, *(7 * 60 for _ in dumps)]
    tasks = []
    for place, own in zip(at, heaps, strict=True):
        for one in own.loads:
            tasks.append(
                Task(one.load_id, (Mode(len(places), len(places), one.service_s),), "snow",
                     one.mass_kg, one.litres, price=one.litres)
            )  # fmt: skip
            places.append(place)
    tasks += [
        Task(f"H{k}", (Mode(len(places) + k, len(places) + k, 0),), "sweepings")
        for k in range(len(heaps))
    ]
    places += at
    away = np.abs(np.subtract.outer(places, places)).astype(np.int32)
    return Problem(tuple(tasks), tuple(trucks), tuple(dumps), away[None], away[None], rules)


def judged(problem: Problem, heaps: Sequence[Heap], played: Played) -> list[str]:
    """What the slow evaluation finds against a play, with its slots and stays as windows."""
    first = len(problem.tasks) - len(heaps)
    tasks = [
        replace(t, windows=(played.slots[t.task_id],)) if t.task_id in played.slots else t
        for t in problem.tasks
    ]
    for k, (come_s, leave_s) in played.stays.items():
        mode = replace(tasks[first + k].modes[0], service_s=leave_s - come_s)
        tasks[first + k] = replace(tasks[first + k], modes=(mode,), windows=((come_s, come_s),))
    routes = (*played.tours, *played.routes)
    done = {s.idx for r in routes for s in r.steps if s.kind == "task"}
    assert {tasks[i].task_id for i in done if i < first} == set(played.slots)
    left = tuple(Unserved(t, "", {}) for t in range(len(tasks)) if t not in done)
    plan = Plan(routes, left, 0, 0, 0, "")
    return evaluate_plan(replace(problem, tasks=tuple(tasks)), plan).violations


def test_a_truck_stays_until_it_is_full():
    """Two loads of 10 m3 go with one truck of 20, which the loader waits for; the third with it."""
    heaps = [heap(load("a"), load("b"), load("c"))]
    dump = Facility("X", 1, frozenset({"snow"}), unload_s=600)
    problem = night([300], heaps, [truck("L", 0), truck("T", 20_000)], [dump])
    played = Stage(problem, heaps).play([[0]])
    begin = 20 * H + 300
    ready = begin + 240
    assert played.slots["a"] == (begin, begin)
    assert played.slots["b"] == (ready, ready)
    back = ready + 240 + 120 + 600 + 120
    assert played.slots["c"] == (back, back + PAD_S)
    assert [s.kind for s in played.routes[0].steps] == [
        "task",
        "task",
        "facility",
        "task",
        "facility",
    ]
    assert judged(problem, heaps, played) == []


def test_what_no_truck_can_bring_away_is_left():
    """A dump that takes 4 t, one load, leaves the others; no loader stays for them."""
    heaps = [heap(load("a")), heap(load("b"))]
    dump = Facility("X", 1, frozenset({"snow"}), unload_s=600, capacity_kg=4_000)
    problem = night([300, 400], heaps, [truck("L", 0), truck("T", 20_000)], [dump])
    played = Stage(problem, heaps).play([[0, 1]])
    assert set(played.slots) == {"a"}
    assert set(played.stays) == {0}
    assert judged(problem, heaps, played) == []


def test_a_loader_goes_home_in_time():
    """A heap that it could not load before its shift ends is none of its tour."""
    heaps = [heap(load("a", service_s=H)), heap(load("b", service_s=9 * H)), heap(load("c"))]
    dump = Facility("X", 1, frozenset({"snow"}), unload_s=600)
    problem = night([300, 400, 500], heaps, [truck("L", 0), truck("T", 20_000)], [dump])
    played = Stage(problem, heaps).play([[0, 1, 2]])
    assert set(played.slots) == {"a", "c"}
    assert judged(problem, heaps, played) == []


def random_night(rng: random.Random) -> tuple[Problem, list[Heap], list[list[int]]]:
    """Few bays, short shifts, rests, meals, tonnage, few trips; and any tours."""
    num, names = rng.randint(1, 12), iter(range(1000))
    heaps = [
        heap(
            *(
                load(f"l{next(names)}", litres, rng.randint(20, 600))
                for _ in range(rng.randint(1, 5))
            ),
            ready_s=rng.choice((0, 8 * H, 21 * H)),
        )
        for litres in (rng.randint(500, 10_000) for _ in range(num))
    ]
    by_day = rng.random() < 0.4
    hours = [(8 * H, rng.randint(11, 18) * H) if by_day else (20 * H, rng.randint(22, 31) * H)
             for _ in range(8)]  # fmt: skip
    trucks = [truck(f"L{k}", 0, hours[k]) for k in range(rng.randint(1, 3))]
    trucks += [
        truck(f"T{k}", rng.choice((10_000, 20_000)), hours[3 + k], rng.choice((2, 12)))
        for k in range(rng.randint(1, 4))
    ]
    dumps = [
        Facility(f"X{k}", 1 + k, frozenset({"snow"}), False, 0, rng.choice((26, 48)) * H,
                 rng.randint(1, 2), rng.randint(100, 1200), rng.choice((None, 20_000)))
        for k in range(rng.randint(1, 2))
    ]  # fmt: skip
    rules = Rules(max_driving_s=rng.choice((3000, 4 * H)), min_rest_s=1200)
    problem = night([rng.randint(0, 1500) for _ in range(num)], heaps, trucks, dumps, rules)
    order = rng.sample(range(num), num)
    loaders = sum(v.vehicle_id.startswith("L") for v in trucks)
    return problem, heaps, [order[k::loaders] for k in range(loaders)]


@pytest.mark.parametrize("seed", range(40))
def test_random_nights_hold_all_rules(seed):
    """The evaluation finds no fault, and a play is the same each time."""
    problem, heaps, tours = random_night(random.Random(seed))
    played = Stage(problem, heaps).play(tours)
    assert judged(problem, heaps, played) == []
    assert Stage(problem, heaps).play(tours) == played


def barred(problem: Problem, rng: random.Random, share: float) -> Problem:
    """The same night where a part of all ways is shut, or slower, for one to three hours."""
    usual = problem.time_s[0]
    begin = rng.choice((9, 21)) * H + rng.randint(0, H)
    borders = np.asarray([[begin, begin + rng.randint(1, 3) * H]])
    shut = rng.random() < 0.7
    hit = np.random.default_rng(rng.randint(0, 999)).random(usual.shape) < share
    then = np.where(hit & (usual > 0), -1 if shut else 2 * usual, usual).astype(np.int32)
    # across a border what suits both sides, and that is what holds between the borders
    hours = Hours(borders, np.asarray([[0, 1, 1, 1, 0]]), then[None], problem.length_m)
    return replace(problem, hours=hours)


@pytest.mark.parametrize("seed", range(40))
def test_random_nights_with_bans_hold_all_rules(seed):
    """Ways that are shut or slower for some hours: crews wait where they stand, or go round."""
    rng = random.Random(seed)
    problem, heaps, tours = random_night(rng)
    problem = barred(problem, rng, share=0.3)
    assert judged(problem, heaps, Stage(problem, heaps).play(tours)) == []


def test_a_truck_waits_until_a_ban_is_over():
    """All ways are shut until 22:00: who is asked for at 20:00 sets out then, and not before."""
    heaps = [heap(load("a"))]
    dump = Facility("X", 1, frozenset({"snow"}), unload_s=600)
    problem = night([300], heaps, [truck("L", 0), truck("T", 20_000)], [dump])
    shut = np.where(problem.time_s > 0, -1, 0).astype(np.int32)
    hours = Hours(np.asarray([[22 * H]]), np.asarray([[1, 1, 0]]), shut, problem.length_m)
    problem = replace(problem, hours=hours)
    played = Stage(problem, heaps).play([[0]])
    assert played.slots == {"a": (22 * H + 300, 22 * H + 300)}
    assert [r.start_s for r in (*played.tours, *played.routes)] == [22 * H, 22 * H]
    assert judged(problem, heaps, played) == []

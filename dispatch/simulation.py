"""Plans under noise in people's hands: a plan as made, and with more safety."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from dispatch.words import clock
from scenarios.city import City
from scenarios.hauling.hauls import hauled
from scenarios.paired import judge
from scenarios.periodic.usual import true_plan
from scenarios.problem import DayProblem
from scenarios.run import load_network, prepare_day
from scenarios.simulation import (
    Noise,
    Simulated,
    inflated,
    simulate_plan,
    spreads_from_weighings,
)
from solvers.plan import Plan
from solvers.solve import Options, solve
from solvers.stop import MaxIterations
from solvers.warmup import compile_ahead, warm_up

AS_PLANNED = "mean waste"
RISKIEST = 10


@dataclass(frozen=True)
class Trial:
    """What is tried: a day, its noise, how many days, which safeties, and the effort of search.

    Every plan is made with as many seeds, because one search alone tells little.
    """

    date: dt.date
    noise: Noise
    days: int
    safeties: tuple[float, ...]
    iterations: int
    seeds: int


Found = dict[str, list[Simulated]]
"""What was simulated by name of the plan, one a seed."""


def simulate_city(city: City, trial: Trial, say: Callable[[str], None]) -> Found:
    """Return how the plans for mean waste fare, and those for each safety.

    Raises
    ------
    PlanningError
        When the day cannot be planned.
    """
    compile_ahead()
    posed = prepare_day(city, trial.date, load_network(city, say), say)
    noise = replace(trial.noise, of_point=spreads_from_weighings(city))
    warm_up(say)
    found: Found = {}
    for seed in range(1, trial.seeds + 1):
        say(f"planning for mean waste, seed {seed} of {trial.seeds}")
        rule, options = MaxIterations(trial.iterations), Options(1, 1)
        plan = solve(posed.problem, rule, seed, options=options)
        one = _driven(city, posed, plan, noise, trial.days, seed)
        found.setdefault(AS_PLANNED, []).append(one)
        for safety in sorted(set(trial.safeties)):
            say(f"planning so that {safety:.1%} of the loads fit, seed {seed}")
            safer = inflated(posed, plan, noise, safety)
            other = solve(safer, MaxIterations(trial.iterations), seed, options=options)
            one = _driven(city, posed, other, noise, trial.days, seed)
            found.setdefault(f"{safety:.1%}", []).append(one)
    return found


def _driven(
    city: City,
    posed: DayProblem,
    plan: Plan,
    noise: Noise,
    days: int,
    seed: int,
) -> Simulated:
    """Return how a plan fares; with its hauls where transfer trucks are on shift."""
    whole, made = hauled(posed, true_plan(posed.problem, plan), city.settings, seed)
    return simulate_plan(whole, whole.problem, made, noise, days, seed)


def _mean(runs: list[Simulated], name: str) -> float:
    return statistics.fmean(getattr(run, name) for run in runs)


def simulation_lines(found: Found, currency: str) -> list[str]:
    """Return the comparison of safeties, and the riskiest routes of a plan for mean waste."""
    head = "loads fit    planned  simulated  95 % day  overflow  detours   late  missed  left kg"
    lines = [f"cost in {currency} a day, mean over {len(found[AS_PLANNED])} seeds", head]
    for name, runs in found.items():
        keys = ("planned_cost", "mean_cost", "cost_95")
        costs = "".join(f"{_mean(runs, key) / 1000:>10,.0f}" for key in keys)
        counts = f"{_mean(runs, 'detours'):>9.1f}{_mean(runs, 'late'):>7.1f}"
        counts += f"{_mean(runs, 'missed'):>8.1f}{_mean(runs, 'left_kg'):>9,.0f}"
        lines.append(f"{name:<10}{costs}{_mean(runs, 'overflow'):>10.1%}{counts}")
    lines += _price_lines(found, currency)
    plan = found[AS_PLANNED][0]
    lines += ["", f"riskiest routes over {plan.days:,} days, planned for mean waste with seed 1"]
    for r in sorted(plan.routes, key=lambda r: (-r.overflow, r.truck_id))[:RISKIEST]:
        home = clock(round(r.mean_end_s)), clock(round(r.late_end_s))
        lines.append(
            f"  {r.truck_id}: {r.stops} stops, overflow on {r.overflow:.0%} of days, late on"
            f" {r.late:.0%}, stops left on {r.missed:.0%}; home {home[0]},"
            f" on one day in twenty after {home[1]}"
        )
    return lines


def _price_lines(found: Found, currency: str) -> list[str]:
    """Return what the highest safety costs more than the lowest, pairs of one seed each."""
    safer = [name for name in found if name != AS_PLANNED]
    if len(safer) < 2:
        return []
    low, high = found[safer[0]], found[safer[-1]]
    pairs = [b.mean_cost - a.mean_cost for a, b in zip(low, high, strict=True)]
    verdict = judge(pairs, -1)
    between = f"{verdict.low / 1000:+,.0f} to {verdict.high / 1000:+,.0f} over {len(pairs)} seeds"
    return [
        f"{safer[-1]} instead of {safer[0]}: {verdict.mean / 1000:+,.0f} {currency} a day"
        f" ({between}), {_mean(high, 'detours') - _mean(low, 'detours'):+.1f} detours,"
        f" {_mean(high, 'left_kg') - _mean(low, 'left_kg'):+,.0f} kg left"
    ]


def simulation_record(found: Found) -> dict[str, Any]:
    """Return the same as ``--json`` prints it; costs in thousandths, one entry a seed."""
    return {
        name: [{**asdict(run), "overflow": run.overflow} for run in runs]
        for name, runs in found.items()
    }

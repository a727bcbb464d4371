"""Cities with rules switched on and off by chance, each planned and its written plan audited."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from dispatch.audit import audit_plan
from dispatch.planfile import load_plan, save_plan
from dispatch.record import plan_record
from dispatch.ruleproof.switches import SWITCHES
from dispatch.ruleproof.tables import DATE, read_sample
from routing.errors import InfeasibleError, InputError, NetworkError
from scenarios.city import read_city
from scenarios.run import run_day
from scenarios.sample import write_sample
from solvers.solve import OWN_RULES
from solvers.stop import MaxIterations

Say = Callable[[str], None]
SIZES = (14, 26, 40)
"""Rows of points.csv of the samples that cities are made of."""
MOST_TOLD = 3
"""Findings of one audit that the report repeats."""
PASSED, FAILED, REFUSED = "passed", "failed", "refused"


@dataclass(frozen=True)
class Trial:
    """One city: its number, the sample it is made of, and the names of its rules."""

    number: int
    sample: Path
    osm: Path
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a city: passed, failed (with findings) or refused (with the reason).

    ``taken_back`` counts promises that could not be held.
    """

    trial: Trial
    verdict: str
    text: str = ""
    checks: int = 0
    left_out: int = 0
    taken_back: int = 0

    def line(self, seed: int) -> str:
        """Return what is to be said of a city whose audit did not pass."""
        rules = ", ".join(self.trial.rules) or "none"
        again = f"--seed {seed} --city {self.trial.number}"
        return f"{self.verdict} ({again}; rules: {rules}): {self.text}"


def trials(samples: Sequence[tuple[Path, Path]], count: int, seed: int) -> list[Trial]:
    """Return ``count`` cities: each rule alone, each left out alone, then rules by chance.

    The order is that of `SWITCHES`, alone and left out by turns; where the count is smaller than
    all of them, they are spread over all rules. The first city has no rule, the second all.
    """
    names = tuple(SWITCHES)
    sets: list[tuple[str, ...]] = [(), names]
    for name in names:
        sets += [(name,), tuple(n for n in names if n != name)]
    if count < len(sets):
        chosen = np.linspace(0, len(sets) - 1, count).round().astype(int)
        sets = [sets[k] for k in chosen]
    rng = np.random.default_rng(seed)
    while len(sets) < count:
        drawn = rng.random(len(names)) < rng.uniform(0.15, 0.85)
        sets.append(tuple(n for n, on in zip(names, drawn, strict=True) if on))
    return [Trial(k, *samples[k % len(samples)], rules) for k, rules in enumerate(sets)]


def lay_samples(
    maps: Sequence[Path], folder: Path, seed: int, say: Say, sizes: Sequence[int] = SIZES
) -> list[tuple[Path, Path]]:
    """Write the samples that cities are made of; return each one's folder and map.

    Without a map each is laid on a map of its own.
    """
    found = []
    for k, (osm, points) in enumerate([(m, p) for p in sizes for m in (maps or (None,))]):
        where = folder / "samples" / f"{k}-{points}"
        say(f"laying a sample of {points} points on {osm.name if osm else 'a map of its own'}")
        write_sample(where, osm=osm, points=points, seed=seed + k)
        found.append((where, where / (osm.name if osm else "map.osm")))
    return found


def write_city(trial: Trial, folder: Path, seed: int) -> Path:
    """Write the city of a trial; the same seed gives the same city."""
    city = read_sample(trial.sample, trial.osm, 1)
    for k, (name, lay) in enumerate(SWITCHES.items()):
        if name in trial.rules:
            lay(city, np.random.default_rng((seed, trial.number, k)))
    return city.write(folder / f"city-{trial.number:03d}")


def try_city(trial: Trial, folder: Path, seed: int, iterations: int) -> Outcome:
    """Return what the audit says of a city's plan, read back from the file it was written to.

    Promises are made by chance, and many cannot be held. Those that a refusal names are taken back,
    and the city is planned again, so that such a day is no day less.
    """
    where, taken_back = write_city(trial, folder, seed), 0
    while True:
        outcome = _tried(trial, where, seed, iterations)
        named = _take_back(where, outcome.text) if outcome.verdict == REFUSED else 0
        if not named:
            return replace(outcome, taken_back=taken_back)
        taken_back += named


def _take_back(where: Path, refusal: str) -> int:
    """Take the promises that a refusal names out of a city; return how many there were."""
    file = where / "pins.csv"
    if not file.exists():
        return 0
    pins = pd.read_csv(file, dtype=str, keep_default_na=False)
    named = np.zeros(len(pins), np.bool_)
    for column in pins.columns.intersection(["id", "truck_id"]):
        if not named.any():
            named = np.asarray([name != "" and name in refusal for name in pins[column]], np.bool_)
    if named.all():
        file.unlink()
    else:
        pins[~named].to_csv(file, index=False)
    return int(named.sum())


def _tried(trial: Trial, where: Path, seed: int, iterations: int) -> Outcome:
    """Return what the audit says of a city as it lies in its folder."""
    try:
        city = read_city(where)
        done = run_day(
            city, dt.date.fromisoformat(DATE), partial(MaxIterations, iterations), seed=seed
        )
        record = load_plan(save_plan(where / "plan", plan_record(city, done)))
        report = audit_plan(record, city, done.network)
    except (InputError, NetworkError) as error:
        return Outcome(trial, REFUSED, str(error))
    except InfeasibleError as error:  # a contradiction in the tables, or a fault of the search
        verdict = FAILED if OWN_RULES in str(error) else REFUSED
        return Outcome(trial, verdict, str(error))
    except Exception as error:  # whatever a rule breaks is what is looked for
        return Outcome(trial, FAILED, f"{type(error).__name__}: {error}")
    told = "; ".join(f"{f.line()}" for f in report.findings[:MOST_TOLD])
    more = f" ({len(report.findings)} in all)" if len(report.findings) > MOST_TOLD else ""
    verdict = PASSED if report.ok else FAILED
    return Outcome(trial, verdict, told + more, report.num_checks, len(record["unserved"]))


@dataclass(frozen=True)
class RuleProof:
    """The outcomes of all cities, and the seed that makes them again."""

    outcomes: tuple[Outcome, ...]
    seed: int

    @property
    def not_passed(self) -> list[Outcome]:
        """Cities that failed or were refused."""
        return [o for o in self.outcomes if o.verdict != PASSED]

    def lines(self) -> list[str]:
        """Return the table by rule, the sums, and each city that did not pass."""
        head = f"{'rule':24} {'on':>4} {'passed':>7} {'off':>5} {'passed':>7}"
        rows = [self._row(name) for name in SWITCHES]
        count = Counter(o.verdict for o in self.outcomes)
        checks = sum(o.checks for o in self.outcomes)
        left = sum(o.left_out for o in self.outcomes)
        back = sum(o.taken_back for o in self.outcomes)
        sums = (
            f"{len(self.outcomes)} cities: audit passed {count[PASSED]}, failed {count[FAILED]},"
            f" refused {count[REFUSED]}; {checks:,} checks, {left:,} left out with a reason,"
            f" {back} promises taken back"
        )
        return [head, *rows, "", sums, *(o.line(self.seed) for o in self.not_passed)]

    def _row(self, name: str) -> str:
        on = [o for o in self.outcomes if name in o.trial.rules]
        off = [o for o in self.outcomes if name not in o.trial.rules]
        passed = [sum(o.verdict == PASSED for o in part) for part in (on, off)]
        return f"{name:24} {len(on):4} {passed[0]:7} {len(off):5} {passed[1]:7}"


def prove_rules(
    maps: Sequence[Path],
    folder: Path,
    effort: tuple[int, int, int],
    say: Say,
    *,
    sizes: Sequence[int] = SIZES,
    workers: int = 1,
    only: int | None = None,
) -> RuleProof:
    """Plan cities with rules switched on and off, and audit each plan.

    Parameters
    ----------
    maps
        To lay the cities on by turns; none for maps of their own.
    effort
        Number of cities, seed, and iterations of each plan.
    sizes
        Rows of points.csv of the samples that the cities are made of, by turns.
    workers
        Processes that plan side by side; they do not change what is found.
    only
        Number of the one city to be tried.
    """
    count, seed, iterations = effort
    if folder.exists():
        shutil.rmtree(folder)
    chosen = trials(lay_samples(maps, folder, seed, say, sizes), count, seed)
    chosen = chosen if only is None else [t for t in chosen if t.number == only]
    work = partial(try_city, folder=folder, seed=seed, iterations=iterations)
    outcomes = []
    for outcome in _carried_out(work, chosen, workers):
        outcomes.append(outcome)
        words = f"{outcome.verdict} {outcome.text}" if outcome.text else outcome.verdict
        say(f"city {outcome.trial.number}, {len(outcome.trial.rules)} rules: {words}")
    return RuleProof(tuple(outcomes), seed)


def _carried_out(
    work: Callable[[Trial], Outcome], chosen: Sequence[Trial], workers: int
) -> Iterator[Outcome]:
    if workers == 1:
        yield from map(work, chosen)
        return
    # begun anew, since a process that is copied may hold locks of the compiler's threads
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from pool.map(work, chosen)

"""The sample's day on real maps by two backends at the same time, both plans audited."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dispatch.audit import audit_plan
from dispatch.record import plan_record
from scenarios.city import City, read_city
from scenarios.run import run_day
from scenarios.sample import write_sample
from solvers.stop import MaxSeconds

Say = Callable[[str], None]
DATE = dt.date(2024, 11, 25)
OURS = "native"


@dataclass(frozen=True)
class Score:
    """One plan: thousandths of the currency, pieces of work left out, and CPU seconds.

    The seconds are those of the solver from its begin, the day's hauls included.
    """

    cost: int
    left_out: int
    cpu_s: float
    audited: bool

    def words(self) -> str:
        """Return the figures of a plan for the table."""
        verdict = "" if self.audited else ", AUDIT FAILED"
        return f"{self.cost / 1000:,.0f} ({self.left_out} out, {self.cpu_s:.0f} CPU s{verdict})"


@dataclass(frozen=True)
class CityProof:
    """The scores of both backends on each map."""

    peer: str
    scores: tuple[tuple[str, Score, Score], ...]

    @property
    def cheaper(self) -> int:
        """On how many maps our plan costs less, both plans being sound."""
        return sum(ours.audited and ours.cost < peer.cost for _, ours, peer in self.scores)

    def lines(self) -> list[str]:
        """Return a row a map, and the sum."""
        width = max((len(name) for name, _, _ in self.scores), default=0)
        rows = [
            f"{name:{width}}  {OURS} {ours.words()}  {self.peer} {peer.words()}"
            f"  {ours.cost / max(1, peer.cost) - 1:+.1%}"
            for name, ours, peer in self.scores
        ]
        return [*rows, f"{OURS} costs less on {self.cheaper} of {len(self.scores)} maps"]


def prove_cities(
    maps: Sequence[Path],
    folder: Path,
    effort: tuple[int, float, int],
    say: Say,
    peer: str = "ortools",
) -> CityProof:
    """Lay the sample on each map, and plan its Monday with both backends, one thread each.

    Parameters
    ----------
    effort
        Rows of points.csv, seconds of each search, and seed.

    Raises
    ------
    InputError
        When there is no such map, or the peer cannot hold a rule of the sample.
    """
    points, seconds, seed = effort
    if folder.exists():
        shutil.rmtree(folder)
    scores = []
    for k, osm in enumerate(maps):
        where = write_sample(folder / f"{k}-{osm.name}", osm=osm, points=points, seed=seed)
        city = read_city(where)
        ours, theirs = (_score(city, name, seconds, seed) for name in (OURS, peer))
        scores.append((osm.name, ours, theirs))
        say(f"{osm.name}: {OURS} {ours.words()}, {peer} {theirs.words()}")
    return CityProof(peer, tuple(scores))


def _score(city: City, solver: str, seconds: float, seed: int) -> Score:
    begin = 0.0

    def stop() -> MaxSeconds:
        nonlocal begin
        begin = time.process_time()
        return MaxSeconds(seconds)

    done = run_day(city, DATE, stop, seed=seed, solver=solver)
    cpu_s = time.process_time() - begin
    record = plan_record(city, done)
    report = audit_plan(record, city, done.network)
    return Score(record["bound"]["cost"], len(record["unserved"]), cpu_s, report.ok)

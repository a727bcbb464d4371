"""The choice of a mix against trying every mix by routing."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from routing.errors import InfeasibleError
from scenarios.fleet.ground import FleetGround, Mix
from scenarios.fleet.search import Effort, FleetChoice, Judged, MixSearch, Service, choose_mix
from scenarios.fleet.types import Offer
from scenarios.runs.days import Budget
from scenarios.runs.family import ThreadCrew
from scenarios.runs.store import Store
from tests.scenarios.fleet.fleets import (
    BATTERY,
    HEAD,
    LARGE,
    MONDAY,
    SMALL,
    TUESDAY,
    by_chance,
    grounded,
    quiet,
    table,
)

CITIES = 12
DAYS = (MONDAY, TUESDAY)
EFFORT = Effort(Budget(iterations=60), seeds=1, final_seeds=1)
SERVICE = Service(0.98)


def tiny(folder: Path, seed: int) -> tuple[FleetGround, Offer]:
    """A small city, all of whose trucks are bought anew: small, large or electric."""
    city = by_chance(folder, seed)
    return grounded(city, table(folder, SMALL, LARGE, BATTERY), keep=False)


def chosen(
    ground: FleetGround, offer: Offer, folder: Path, service: Service = SERVICE
) -> FleetChoice:
    """The choice, with results kept in a folder."""
    return choose_mix(ground, offer, DAYS, service, EFFORT, ThreadCrew(2), Store(folder), quiet)


def enumerated(ground: FleetGround, offer: Offer, folder: Path) -> dict[Mix, Judged]:
    """What routing says of every mix."""
    mixes = list(itertools.product(*(range(n + 1) for n in offer.most)))
    search = MixSearch(ground, DAYS, SERVICE, EFFORT, ThreadCrew(2), Store(folder), quiet)
    return dict(zip(mixes, search.judged(mixes, 1), strict=True))


def test_choice_is_that_of_full_enumeration(tmp_path: Path) -> None:
    """Of 12 small cities the mix is the cheapest that holds the service in at least 10."""
    hits, tried = 0, 0
    for seed in range(CITIES):
        ground, offer = tiny(tmp_path / str(seed), seed)
        found = chosen(ground, offer, tmp_path / "runs")
        every = enumerated(ground, offer, tmp_path / "runs")
        best = min(every.values(), key=lambda one: one.key)
        assert best.holds
        assert found.chosen.holds
        hits += found.chosen.cost <= best.cost
        tried += len(found.tried) < len(every)
    assert hits >= 10
    assert tried >= 10


def test_what_is_said_of_the_choice(tmp_path: Path) -> None:
    """The curve has one truck more and less of each type, none of them better; ranges are kept."""
    ground, offer = tiny(tmp_path / "city", 3)
    found = chosen(ground, offer, tmp_path / "runs")
    for step in found.curve:
        assert step.judged.key > found.chosen.key
        assert step.judged.mix[step.type_idx] == found.chosen.mix[step.type_idx] + step.change
        assert step.judged.size == found.chosen.size + step.change
        change = step.judged.cost - found.chosen.cost
        assert step.verdicts["cost"].mean == pytest.approx(change / 1000)
    pairs = list(zip(found.chosen.mix, offer.most, strict=True))
    wanted = sum(0 <= n + d <= m for n, m in pairs for d in (-1, 1))
    assert len(found.curve) == wanted
    assert found.smallest.size <= found.chosen.size
    battery = [one.type_id for one in offer.types].index("E")
    with_battery = [j for j in found.tried if j.mix[battery]]
    longest = [run["longest_m"].get("E", 0) for judged in with_battery for run in judged.runs]
    assert 0 < max(longest) <= 4000


def test_a_choice_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    """After an interruption the choice is that of one go, and finished runs are not made again."""
    ground, offer = tiny(tmp_path / "city", 4)
    once = chosen(ground, offer, tmp_path / "whole")
    said: list[str] = []

    def stop_later(text: str) -> None:
        said.append(text)
        if len(said) == 20:
            raise KeyboardInterrupt

    store = Store(tmp_path / "cut")
    crew = ThreadCrew(1)
    with pytest.raises(KeyboardInterrupt):
        choose_mix(ground, offer, DAYS, SERVICE, EFFORT, crew, store, stop_later)
    kept = {path: path.stat().st_mtime_ns for path in store.folder.rglob("*.json")}
    assert kept
    again = choose_mix(ground, offer, DAYS, SERVICE, EFFORT, crew, store, quiet)
    assert all(path.stat().st_mtime_ns == at for path, at in kept.items())
    assert (again.chosen.mix, again.chosen.cost) == (once.chosen.mix, once.chosen.cost)
    assert [j.mix for j in again.tried] == [j.mix for j in once.tried]


def test_overtime_counts_as_service(tmp_path: Path) -> None:
    """With overtime allowed in the rows but not by the study, no plan of any mix has any."""
    city = by_chance(tmp_path, 5)
    rows = [row.rstrip("\n") + ",120\n" for row in (SMALL, LARGE, BATTERY)]
    path = table(tmp_path, *rows, head=HEAD.replace("\n", ",max_overtime_min\n"))
    ground, offer = grounded(city, path, keep=False)
    free = chosen(ground, offer, tmp_path / "runs")
    bound = chosen(ground, offer, tmp_path / "runs", replace(SERVICE, overtime_min=0))
    assert max(max(one.values["overtime_h"]) for one in bound.tried) == 0
    assert max(free.chosen.values["overtime_h"]) > 0
    assert bound.chosen.cost >= free.chosen.cost


def test_what_no_mix_can_do_is_told(tmp_path: Path) -> None:
    """One small truck at most cannot serve the town: how far it comes is told."""
    city = by_chance(tmp_path, 6)
    path = table(tmp_path, SMALL.replace(",4,,,,,", ",1,,,,,"))
    ground, offer = grounded(city, path, keep=False)
    with pytest.raises(InfeasibleError, match=r"of 1 trucks, serves [0-9.]+% .*may be had.*S"):
        chosen(ground, offer, tmp_path / "runs")


def test_empty_fleet_serves_nothing(tmp_path: Path) -> None:
    """A mix without trucks is judged like any other: all is left, and nothing costs anything."""
    ground, offer = tiny(tmp_path / "city", 7)
    search = MixSearch(ground, DAYS, SERVICE, EFFORT, ThreadCrew(1), Store(tmp_path), quiet)
    (none,) = search.judged([(0,) * len(offer.types)], 1)
    assert (none.cost, none.served, none.holds) == (0, 0, False)


@pytest.mark.parametrize(("by", "share"), [("tonnes", 0.5), ("points", 0.75)])
def test_a_light_stream_counts_as_much_as_a_heavy_one(by: str, share: float) -> None:
    """Half of the hazardous waste is left out: that is the service, whatever else is served."""
    heavy = {"due_kg": 10_000, "left_kg": 0, "due_stops": 20, "left_stops": 0}
    light = {"due_kg": 40, "left_kg": 20, "due_stops": 4, "left_stops": 1}
    run = {"streams": {"other": heavy, "hazardous": light}}
    assert Service(by=by).served(run) == share

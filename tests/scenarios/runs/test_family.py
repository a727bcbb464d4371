"""Families of runs: resumed, stopped, spread over processes that die."""

from __future__ import annotations

import datetime as dt
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from routing.errors import InfeasibleError, InputError
from scenarios.runs.days import Budget, DayTask, Desk, plan_task
from scenarios.runs.family import (
    ClusterCrew,
    Family,
    Tally,
    ThreadCrew,
    crew_at_work,
    run_family,
)
from scenarios.runs.store import Store, content_hash
from tests.scenarios.edits.towns import streets_of, town_city


def quiet(text: str) -> None:
    """Say nothing."""


def doubled(shared: int, task: int, cancel: threading.Event) -> dict[str, Any]:
    """Return a number that needs both the shared and the own value."""
    return {"value": shared * task}


def failing(shared: int, task: int, cancel: threading.Event) -> dict[str, Any]:
    """Fail for one task."""
    if task == 3:
        raise InfeasibleError("no truck on shift")
    return {"value": task}


def test_every_task_is_run_once(tmp_path: Path) -> None:
    """All results come back in the order of the tasks, and none is run again."""
    family = Family(doubled, 2, {str(k): k for k in range(9)})
    store = Store(tmp_path)
    found, tally = run_family(family, ThreadCrew(3), store, quiet)
    assert [r["value"] for r in found.values()] == list(range(0, 18, 2))
    again, second = run_family(family, ThreadCrew(3), store, quiet)
    assert again == found
    assert (tally.done, tally.kept, second.done, second.kept) == (9, 0, 0, 9)


def test_what_is_finished_survives_a_failure(tmp_path: Path) -> None:
    """A task that cannot be done ends the family; the others' results are kept."""
    store = Store(tmp_path)
    family = Family(failing, 1, {str(k): k for k in range(5)})
    with pytest.raises(InfeasibleError, match="no truck"):
        run_family(family, ThreadCrew(1), store, quiet)
    assert [store.get(str(k)) for k in range(3)] == [{"value": k} for k in range(3)]
    assert store.get("3") is None


def test_a_result_cut_short_is_run_again(tmp_path: Path) -> None:
    """A damaged file counts as no result."""
    store = Store(tmp_path)
    store.put("ab", {"value": 1})
    (path,) = tmp_path.rglob("*.json")
    path.write_text(path.read_text()[:-3])
    assert store.get("ab") is None


def test_names_hold_all_that_matters() -> None:
    """Other seeds, dates and budgets have other names; the order of a record does not matter."""
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    assert content_hash({"a": 1}) != content_hash({"a": 2})


def town_days(folder: Path) -> Family:
    """Two days of the good city and of one with more waste, two seeds each."""
    grown = '[[edit]]\ndo = "grow_demand"\npercent = 30\n'
    city = town_city(folder, grown=grown)
    desk = Desk({"base": city}, streets_of(city))
    tasks = [
        DayTask("base", dt.date(2024, 11, day), seed, Budget(iterations=30))
        for day in (25, 26)
        for seed in (1, 2)
    ]
    return Family(plan_task, desk, {desk.key(task): task for task in tasks})


def numbers(found: dict[str, Any]) -> list[Any]:
    """All that must be the same wherever a run was made."""
    times = ("prepare_s", "solve_s", "after_s")
    return [{k: v for k, v in r.items() if k not in times} for r in found.values()]


def test_a_family_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    """After an interruption only what is missing is run, and the numbers are those of one go."""
    family, store = town_days(tmp_path / "city"), Store(tmp_path / "runs")
    said: list[str] = []

    def stop_after_two(text: str) -> None:
        said.append(text)
        if len(said) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_family(family, ThreadCrew(1), store, stop_after_two)
    found, tally = run_family(family, ThreadCrew(1), store, quiet)
    assert (tally.kept, tally.done) == (2, 2)
    once, _ = run_family(family, ThreadCrew(2), Store(tmp_path / "other"), quiet)
    assert numbers(found) == numbers(once)


def test_a_cluster_gives_the_same_numbers_when_a_worker_dies(tmp_path: Path) -> None:
    """Two processes, one of which is killed: its task is run again, the numbers are the same."""
    distributed = pytest.importorskip("dask.distributed")
    family = town_days(tmp_path / "city")
    killed: list[int] = []

    def kill_one(text: str) -> None:
        if not killed:
            pids = list(cluster_client.run(os.getpid).values())
            killed.append(pids[0])
            os.kill(pids[0], signal.SIGKILL)

    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0
        ) as cluster,
        distributed.Client(cluster.scheduler_address, set_as_default=False) as cluster_client,
    ):
        crew = ClusterCrew(cluster.scheduler_address)
        found, tally = run_family(family, crew, Store(tmp_path / "runs"), kill_one)
        crew.close()
    assert tally.done == 4
    assert len(killed) == 1
    once, _ = run_family(family, ThreadCrew(1), Store(tmp_path / "other"), quiet)
    assert numbers(found) == numbers(once)


def placed(shared: int, task: int, cancel: threading.Event) -> dict[str, Any]:
    """Tell which process did a task."""
    time.sleep(0.1)
    return {"need": tens(task), "process": os.getpid()}


def tens(task: int) -> int:
    """Return what tasks with the same tens need."""
    return task // 10


def test_what_tasks_need_is_made_ready_by_one_worker(tmp_path: Path) -> None:
    """Two processes divide eight kinds of tasks among them; only a last one may help the other."""
    distributed = pytest.importorskip("dask.distributed")
    tasks = {f"{kind}{k}": 10 * kind + k for kind in range(8) for k in range(3)}
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0
    ) as cluster:
        crew = ClusterCrew(cluster.scheduler_address)
        family = Family(placed, 1, tasks, tens)
        found, tally = run_family(family, crew, Store(tmp_path), quiet)
        crew.close()
    assert tally.done == 24
    assert len({r["process"] for r in found.values()}) == 2
    assert len({(r["need"], r["process"]) for r in found.values()}) <= 9


def test_a_tally_tells_what_was_not_solving() -> None:
    """Of 20 seconds of two workers 16 were solving, 3 went into days made ready."""
    tally = Tally(done=4, wall_s=10.0, solve_s=16.0, prepare_s=3.0, workers=2)
    assert tally.outside == pytest.approx(0.2)
    assert tally.preparing == pytest.approx(0.15)
    assert Tally().outside == Tally().preparing == 0.0


def test_a_crew_is_let_go_of_and_tells_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an address threads work; an interrupt says that finished runs are kept."""
    warmed: list[Any] = []
    monkeypatch.setattr("scenarios.runs.family.warm_up", warmed.append)
    said: list[str] = []
    with crew_at_work((None, 3), said.append) as crew:
        assert crew.num_workers == 3
    assert len(warmed) == 1
    assert said == []
    with pytest.raises(KeyboardInterrupt), crew_at_work((None, 1), said.append):
        raise KeyboardInterrupt
    assert said == ["finished runs are kept: the same command goes on from here"]


def test_no_scheduler_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address at which nobody answers is an error of input."""
    pytest.importorskip("dask.distributed")
    monkeypatch.setattr("scenarios.runs.family.CONNECT_S", 0.5)
    with pytest.raises(InputError, match="no scheduler answers"):
        ClusterCrew("tcp://127.0.0.1:1")

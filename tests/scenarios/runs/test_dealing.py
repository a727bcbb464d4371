"""Dealing of tasks: who prepared a day goes on with it, nobody is idle, the lost are forgotten."""

from __future__ import annotations

from itertools import groupby

from scenarios.runs.dealing import Dealer


def days(num_days: int, seeds: int) -> Dealer:
    """Return a dealer of days with so many seeds each, named such as 2.1."""
    keys = [f"{day}.{seed}" for day in range(num_days) for seed in range(seeds)]
    return Dealer({key: key.split(".")[0] for key in keys})


def carried_out(dealer: Dealer, workers: list[str]) -> dict[str, list[str]]:
    """Return what each worker gets that is as fast as the others, in its order."""
    queue: list[tuple[str, str | None]] = []
    got: dict[str, list[str]] = {name: [] for name in workers}
    while True:
        queue += dealer.fill(dict.fromkeys(workers, 1), [place for _, place in queue])
        if not queue:
            return got
        for name in workers:
            mine = next((one for one in queue if one[1] == name), None)
            if mine is not None:
                queue.remove(mine)
                got[name].append(mine[0])


def test_each_day_is_made_ready_once() -> None:
    """Two workers share six days of three seeds: each day is planned by one of them alone."""
    got = carried_out(days(6, 3), ["a", "b"])
    assert sorted(got["a"] + got["b"]) == sorted(f"{d}.{s}" for d in range(6) for s in range(3))
    turns = [key for keys in got.values() for key, _ in groupby(k.split(".")[0] for k in keys)]
    assert sorted(turns) == sorted(map(str, range(6)))
    assert len(got["a"]) == len(got["b"])


def test_workers_without_a_day_of_their_own_help() -> None:
    """Three workers, one day: all of them plan it."""
    got = carried_out(days(1, 6), ["a", "b", "c"])
    assert [len(keys) for keys in got.values()] == [2, 2, 2]


def test_help_goes_where_most_is_left() -> None:
    """A third worker takes from the day with more seeds left."""
    dealer = Dealer({"x1": "x", "x2": "x", **{f"y{k}": "y" for k in range(5)}})
    assert [dealer.deal("a"), dealer.deal("b"), dealer.deal("c")] == ["x1", "y0", "y1"]


def test_one_task_waits_at_each_worker_while_there_are_plenty() -> None:
    """Each has one more than it can do at once, but the last ones are dealt singly."""
    dealer = days(10, 1)
    assert [place for _, place in dealer.fill({"a": 1, "b": 1}, [])] == ["a", "a", "b", "b"]
    assert dealer.fill({"a": 1, "b": 1}, ["a", "a", "b", "b"]) == []
    few = days(4, 1)
    assert [place for _, place in few.fill({"a": 1, "b": 1}, [])] == ["a", "b"]


def test_the_day_of_a_lost_worker_is_taken_over() -> None:
    """What a lost worker has begun is begun by the next one before other days."""
    dealer = days(3, 3)
    assert [dealer.deal("a"), dealer.deal("b")] == ["0.0", "1.0"]
    dealt = dealer.fill({"b": 1, "c": 1}, ["b"])
    assert ("0.1", "c") in dealt
    assert {key[0] for key, place in dealt if place == "b"} == {"1"}


def test_without_a_worker_one_task_waits() -> None:
    """It waits for whoever comes first; nothing more is dealt meanwhile."""
    dealer = days(5, 1)
    assert dealer.fill({}, []) == [("0.0", None)]
    assert dealer.fill({}, [None]) == []
    assert len(dealer) == 4

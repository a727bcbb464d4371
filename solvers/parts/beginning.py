"""The routes that the first round goes on from, where some are given, pinned or loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from solvers.given import Given, given_modes, load_given
from solvers.native import first_modes
from solvers.parts.improve import Found, booked
from solvers.parts.rounds import Group, Rounds
from solvers.pins import first_tasks
from solvers.problem import Problem
from solvers.roster import Roster


def begin_with(rounds: Rounds, given: Given) -> int:
    """Let the rounds go on from pinned and given routes; return how many of their tasks hold.

    The routes alone say at first which tasks and trucks belong together. Then they are booked part
    after part, each beside the others: what is pinned or aboard from the start in all parts before
    what is only given in any. What does not fit is left to the first round.
    """
    joined, pinned = rounds.joined, _pinned(rounds.problem)
    joined.routes = given_modes(rounds.problem, pinned, given)
    groups = [group for group in rounds.all_groups() if group[1]]
    joined.routes = {}
    kept = _book(rounds, groups, given, lambda roster: 0)
    if given:
        kept = _book(rounds, groups, given, lambda roster: load_given(roster, given))
    rounds.cost, rounds.left_out = joined.cost()
    return kept


def _book(
    rounds: Rounds, groups: Sequence[Group], given: Given, load: Callable[[Roster], int]
) -> int:
    """Book the routes that are loaded in each part beside its pins; return how many tasks hold."""
    kept = 0
    for share in rounds.last_shares(groups):
        part = share.problem(rounds.problem)
        present = share.sequences or given_modes(part, {}, given)
        roster = Roster(part, rounds.seed, present=present)
        kept += load(roster)
        found = booked(roster)
        rounds.joined.replace(share, found if rounds.booked else _unbooked(found))
    return kept


def _pinned(problem: Problem) -> dict[int, list[int]]:
    """Return by vehicle the first modes of the tasks that stand first on its route."""
    first_mode = first_modes(problem)
    return {v: [first_mode[t] for t in tasks] for v, tasks in first_tasks(problem).items()}


def _unbooked(found: Found) -> Found:
    return replace(found, begins={}, received={})

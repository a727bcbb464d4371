"""Checkers name every rule that is broken, and only those, on instances solved by hand."""

from __future__ import annotations

import pytest

from benchmarks.campaign.plain import FACILITY, TASK, PlainRoute, Visit
from benchmarks.carp.library import check_routes
from tests.benchmarks.carp import tiny


def route(text, vehicle="1"):
    """Return a route: names are tasks, ``'`` behind one its second way, ``F0`` facility 0."""
    visits = []
    for word in text.split():
        if word[0] == "F":
            visits.append(Visit(FACILITY, word[1:]))
        else:
            visits.append(Visit(TASK, word.rstrip("'"), word.count("'")))
    return PlainRoute(vehicle, tuple(visits))


def check(folder, kind, *texts):
    """Return the verdict on routes of the tiny instance of a kind."""
    routes = [route(text, str(k)) for k, text in enumerate(texts)]
    return check_routes(tiny.write(folder, kind), routes, "distance")


def test_carp_counts_every_street_driven(tmp_path):
    """1-2-3 served and home by the dearer edge is 2+3+9; to 4, serving to 3 and home is 5+4+9."""
    good = check(tmp_path, "carp", "e1 e2", "e3'")
    assert (good.value, good.vehicles, good.faults) == ((2 + 3 + 9) + (5 + 4 + 9), 2, ())
    assert check(tmp_path, "carp", "e1 e2", "e3").value == 14 + (9 + 4 + 5)


@pytest.mark.parametrize(
    ("kind", "texts", "fault"),
    [
        ("carp", ["e1 e2"], "customer e3: visited 0 times"),
        ("carp", ["e1 e2", "e3 e3"], "customer e3: visited 2 times"),
        ("carp", ["e1 e2", "e3", "e9"], "customer e9: unknown"),
        ("carp", ["e1 e3", "e2"], "7 aboard"),
        ("carp", ["e1 e2''", "e3"], "task e2: cannot be served in way 2"),
        ("mixed", ["e1", "a3'"], "task a3: cannot be served in way 1"),
        ("carp", ["e1 F0 e2", "e3"], "facility 0: unknown"),
        ("site", ["e1 a3"], "11 aboard"),
        ("site", ["e1 F0 a3"], "comes home with a load"),
        ("site", ["e1 F0 a3 F0 F0 F0"], "over 150"),
        ("mcgrp", ["e1 n3 a3"], None),
        ("mcgrp", ["e1 n3 a3 e1"], "customer e1: visited 2 times"),
        ("turns", ["e1", "n3"], "2 vehicles, 1 allowed"),
        ("rwcp", ["e1 a4 F0"], "second load 11"),
        ("rwcp", ["e1 F0", "a4 F0"], "2 vehicles, 1 allowed"),
        ("rwcp", ["e1 F0 a4"], "comes home with a load"),
    ],
)
def test_faults(tmp_path, kind, texts, fault):
    """Each broken rule is named."""
    faults = check(tmp_path, kind, *texts).faults
    assert any(fault in line for line in faults) if fault else not faults, faults


def test_mixed_costs_unloading_once_a_route(tmp_path):
    """-1 to 7 serving (20), 7 to 8 driving (2) and home (1), unloading 30; the arc alone 4+12+1."""
    good = check(tmp_path, "mixed", "e1", "a3")
    assert (good.value, good.faults) == ((30 + 20 + 3) + (30 + 4 + 12 + 1), ())


def test_facilities_are_paid_at_each_visit(tmp_path):
    """Serving 20, 2 to the site, 30 there, 3 back to 7, serving 12, 30 at the site, 1 home."""
    good = check(tmp_path, "site", "e1 F0 a3 F0")
    assert (good.value, good.faults) == (20 + 2 + 30 + 3 + 12 + 30 + 1, ())


def test_general_routing_leaves_service_out(tmp_path):
    """1 to 2 is 4, the arc 1, the corner nothing, home 6."""
    good = check(tmp_path, "mcgrp", "e1 a3 n3")
    assert (good.value, good.faults) == (4 + 1 + 6, ())


def test_turns_cost(tmp_path):
    """1-2, left, 2-3 and the arc home is 5+7+2+4; the other way costs the turn at 2 as well."""
    good = check(tmp_path, "turns", "e1 n3")
    assert (good.value, good.faults) == (5 + 7 + 2 + 4, ())
    # to 3 first, a U-turn there, and from 2 straight on, which is not listed, home
    assert check(tmp_path, "turns", "n3 e1'").value == (5 + 7) + (2 + 20 + 2) + 5


def test_waste_collection_counts_turns_but_not_at_places(tmp_path):
    """Serve east, right to the site, back north straight on, U-turn, to the site and home."""
    good = check(tmp_path, "rwcp", "e1 F0 a4 F0")
    out = 12 + 5.25 + 6 + 30.5
    north = 6 + 8.5
    # 3 is left by the edge to 1 only: on to 1 (left), east (left), right at 2
    back = 10 + 9 + 10 + 2 + 5.25 + 6 + 30.5
    assert good.value == pytest.approx(out + north + back + (6 + 2))
    assert good.faults == ()

"""Which vehicles form convoys, and what a convoy is to the solver."""

from __future__ import annotations

from dataclasses import replace

from scenarios.cleaning.teams import Team, common_windows, convoy_problem, form_teams
from tests.scenarios.cleaning.convoys import HOUR, chain, street_problem, truck


def test_as_many_convoys_as_the_kinds_allow():
    """Four water trucks and three sweepers are two convoys; a sweeper is left."""
    problem = street_problem()
    more = (
        *problem.vehicles,
        truck("F3", "flusher"), truck("F4", "flusher"), truck("S2", "sweeper"),
        truck("S3", "sweeper"),
    )  # fmt: skip
    teams = form_teams(replace(problem, vehicles=more), [chain(0)])
    assert [t.vehicles for t in teams] == [(0, 1, 2), (3, 5, 4)]
    # flushing, sweeping 60 s later, finishing 60 s later and the 50 s that it gains on sweeping
    assert teams[0].offset_s == (0, 60, 170)


def test_each_kind_of_work_has_a_crew_before_any_has_two():
    """Much sweeping alone does not take both sweepers; with one sweeper it does."""
    problem = street_problem()
    alone = [replace(chain(0), template="sweep", tasks=(k,), kinds=("sweeper",), min_lag_s=(0,),
                     max_lag_s=(None,), after_bins=(False,)) for k in (1, 4, 7)]  # fmt: skip
    more = replace(problem, vehicles=(*problem.vehicles, truck("S2", "sweeper")))
    assert len(form_teams(more, [chain(0), *alone])) == 1
    assert form_teams(problem, [chain(0), *alone]) == []


def test_a_convoy_is_on_shift_together():
    """The sweeper of the night does not join trucks of the day."""
    problem = street_problem()
    night = truck("S0", "sweeper", 250, (21, 29))
    vehicles = (problem.vehicles[0], night, *problem.vehicles[1:])
    (team,) = form_teams(replace(problem, vehicles=vehicles), [chain(0)])
    assert [vehicles[v].vehicle_id for v in team.vehicles] == ["F1", "S1", "F2"]
    alone = (problem.vehicles[0], night, problem.vehicles[2])
    assert form_teams(replace(problem, vehicles=alone), [chain(0)]) == []


def test_the_tightest_of_each():
    """Flushing 400 of 600 L empties 1,000 L after 2.5 runs; the hopper of 250 kg holds as many."""
    problem = street_problem()
    made = convoy_problem(problem, [chain(0)], [Team("three", (0, 1, 2), (0, 60, 170))], {}, {})
    task, (vehicle,) = made.problem.tasks[0], made.problem.vehicles
    assert (task.water_l, task.mass_kg, task.modes[0].service_s) == (600, 100, 200)
    assert vehicle.tank_l == 1485  # 1,000 L x 600 / 400, one in a hundred kept back
    assert vehicle.capacity_kg == 250
    assert (vehicle.shift_start, vehicle.shift_end) == (6 * HOUR, 12 * HOUR - 170)
    assert vehicle.fixed_cost == 300
    # the others take water every fourth time that the first does; only one unloads
    assert [f.unload_s for f in made.problem.facilities] == [450, 600]


def test_windows_of_all_passes_together():
    """What suits every pass; a chain that suits none keeps a window that nobody can meet."""
    assert common_windows([[(0, 10), (20, 30)], [(5, 25)]]) == ((5, 10), (20, 25))
    assert common_windows([[(0, 10)], [(11, 25)]]) == ((0, 0),)


def test_the_lead_begins_so_that_the_last_pass_is_in_time():
    """A finish that may begin until 1,000 s and 170 s behind lets the flush begin until 830 s."""
    problem = street_problem()
    tasks = list(problem.tasks)
    tasks[2] = replace(tasks[2], windows=((300, 1000),))
    made = convoy_problem(
        replace(problem, tasks=tuple(tasks)),
        [chain(0, after_bins=True)],
        [Team("three", (0, 1, 2), (0, 60, 170))],
        {1: 700},
        {},
    )
    assert made.problem.tasks[0].windows == ((640, 830),)

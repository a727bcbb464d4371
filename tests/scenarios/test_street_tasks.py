"""Streets to sweep: hours, classes and runs on hand-made streets of 100 m pieces."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.network import ArcFlag, Network
from routing.profiles import SWEEPER, Weights, weigh
from scenarios.city import City, read_city
from scenarios.cleaning.runs import NO_CLASS, cleaning_classes, run_middle
from scenarios.cleaning.work import Weather, begin_windows, street_work
from scenarios.day import plan_day
from scenarios.frequency import due
from scenarios.street_tasks import (
    StreetTask,
    street_tasks,
)
from tests.scenarios.test_access import Street, arc_names, spot, town
from tests.scenarios.test_tables import write_city

H = 3600
MONDAY = dt.date(2024, 11, 25)

# A - B - C - D - E    人民路 (primary, four pieces of 100 m, both directions)
# |       |            一街 A-F, 二街 C-G (one-way north), unnamed way 40 F-G
# F - - - G
PLACES = {"A": (0, 0), "B": (1, 0), "C": (2, 0), "D": (3, 0), "E": (4, 0), "F": (0, 1), "G": (2, 1)}
PLACES["H"] = (0, -1)
STREETS = [
    Street("ABC", 10, "人民路", "primary"),
    Street("CDE", 11, "人民路", "primary"),
    Street("AF", 20, "一街"),
    Street("CG", 30, "二街", one_way=True),
    Street("FG", 40),
]
# the same with 二街 in both directions and a dead end south of A, where everyone can turn back
TWO_WAY = [*STREETS[:3], Street("CG", 30, "二街"), STREETS[4], Street("AH", 50)]
STREET_HEADER = "street_id,osm_class,name,area,cleaning_class,category,key_area\n"
PROGRAMME_HEADER = (
    "cleaning_class,template,times_per_day,frequency,window_start,window_end,"
    "no_work_start,no_work_end,no_work2_start,no_work2_end\n"
)
OPERATION_HEADER = (
    "template,pass_no,vehicle_kind,speed_kmh,water_l_m2,swept_width_m,sweepings_kg_km,wet,sides\n"
)
SWEEP = "sweep,1,sweeper,8,0.5,3.5,150,true,both\n"


def make_city(
    folder: Path,
    streets: str = "S1,primary,,,1,main,false\n",
    programmes: str = "1,sweep,1,daily,,,,,,\n",
    operations: str = SWEEP,
    **tables: str,
) -> City:
    """Return a city whose street tables hold the given rows."""
    return read_city(
        write_city(
            folder,
            streets=STREET_HEADER + streets,
            programmes=PROGRAMME_HEADER + programmes,
            operations=OPERATION_HEADER + operations,
            weather="date,min_temp_c\n2024-11-25,12\n2024-11-26,3.9\n2024-11-27,4\n",
            **tables,
        )
    )


def plan(
    city: City,
    network: Network,
    *,
    date: dt.date = MONDAY,
    weights: Weights | None = None,
    max_run_m: int = 1200,
) -> tuple[list[StreetTask], list[str]]:
    """Return street tasks and notes of a date."""
    weights = weigh(network, SWEEPER) if weights is None else weights
    return street_tasks(network, weights, plan_day(city, date), city, max_run_m)


def worked(tasks: list[StreetTask], streets: list[Street]) -> dict[str, list[str]]:
    """Return the modes of each task as the junctions that they pass."""
    names = arc_names(streets)
    return {
        task.task_id: [
            "".join([names[m.arcs[0]][0], *(names[arc][1] for arc in m.arcs)]) for m in task.modes
        ]
        for task in tasks
    }


def test_each_direction_of_a_two_way_street_is_a_task(tmp_path: Path):
    """Two ways of one name make one run a direction: 400 m, 180 s, 700 L, 60 kg, 100 L."""
    tasks, notes = plan(make_city(tmp_path), town(PLACES, STREETS))
    assert worked(tasks, STREETS) == {"W10-1R": ["ABCDE"], "W11-4R": ["EDCBA"]}
    task = tasks[0]
    assert (task.name, task.cleaning_class, task.category) == ("人民路（一街 – …）", 1, "main")
    mode = task.modes[0]
    assert (mode.length_m, mode.service_s) == (400, 180)  # 400 m at 8 km/h
    assert (mode.entry, mode.exit) == ((mode.arcs[0], 0), (mode.arcs[-1], 10_000))
    assert task.water_l == 700  # 400 m x 3.5 m x 0.5 L/m2
    assert (task.sweepings_kg, task.sweepings_l) == (60, 100)  # 150 kg/km, 600 kg/m3
    assert task.price == 800_000  # 0.4 km at 2,000 CNY
    assert (task.windows, task.vehicle_kind) == ((), "sweeper")
    assert (task.lon, task.lat) == pytest.approx(spot(2, 0))
    assert notes == ["streets: 0.4 km have no cleaning class"]  # 100 + 100 + 200 m


def test_work_takes_the_next_full_second(tmp_path: Path):
    """400 m at 7 km/h are 205.7 s; the plan allows 206."""
    operations = SWEEP.replace(",8,", ",7,")
    tasks, _ = plan(make_city(tmp_path, operations=operations), town(PLACES, STREETS))
    assert tasks[0].modes[0].service_s == 206


def test_both_curbs_of_a_one_way_street(tmp_path: Path):
    """A one-way street is worked twice in its direction, right and left; "right" is once."""
    rows = "S1,,二街,,1,main,false\n"
    tasks, _ = plan(make_city(tmp_path / "a", rows), town(PLACES, STREETS))
    assert worked(tasks, STREETS) == {"W30-1R": ["CG"], "W30-1L": ["CG"]}
    right = SWEEP.replace("both", "right")
    tasks, _ = plan(make_city(tmp_path / "b", rows, operations=right), town(PLACES, STREETS))
    assert worked(tasks, STREETS) == {"W30-1R": ["CG"]}


def test_the_full_width_is_worked_in_tracks(tmp_path: Path):
    """14 m at 3.5 m: two tracks a direction, four on a one-way street; 7 m where none is given."""
    full = SWEEP.replace("both", "full")
    city = make_city(tmp_path, operations=full)
    header = STREET_HEADER.replace("key_area", "key_area,width_m")
    rows = "S1,primary,,,1,main,false,14\nS2,,二街,,1,main,false,14\nS3,,一街,,1,main,false,\n"
    (tmp_path / "streets.csv").write_text(header + rows, encoding="utf-8")
    tasks, _ = plan(read_city(city.folder), town(PLACES, STREETS))
    names = [t.task_id for t in tasks]
    assert [n for n in names if n.startswith("W1")] == ["W10-1R", "W10-1M1", "W11-4R", "W11-4M1"]
    assert [n for n in names if n.startswith("W30")] == ["W30-1R", "W30-1M1", "W30-1M2", "W30-1L"]
    assert [n for n in names if n.startswith("W20")] == ["W20-1R", "W20-2R"]
    assert {t.task_id[-2:]: t.side for t in tasks if t.task_id.startswith("W30")} == {
        "1R": "right", "M1": "middle", "M2": "middle", "1L": "left",
    }  # fmt: skip


def test_left_hand_traffic_works_the_left_curb_first(tmp_path: Path):
    """Where one drives on the left, the near curb is the left one."""
    network = town(PLACES, STREETS, drive_on_right=False)
    tasks, _ = plan(make_city(tmp_path), network)
    assert [task.task_id for task in tasks] == ["W10-1L", "W11-4L"]


def test_once_offers_both_directions(tmp_path: Path):
    """One task, two modes; a one-way street keeps one."""
    once = SWEEP.replace("both", "once")
    rows = "S1,primary,,,1,main,false\nS2,,二街,,1,main,false\n"
    tasks, _ = plan(make_city(tmp_path, rows, operations=once), town(PLACES, STREETS))
    assert worked(tasks, STREETS) == {"W10-1": ["ABCDE", "EDCBA"], "W30-1": ["CG"]}


def test_once_keeps_one_direction_where_turning_back_is_forbidden(tmp_path: Path):
    """Without the turn D-C-B the run A to E cannot be worked from E to A."""
    once = SWEEP.replace("both", "once")
    network = town(PLACES, TWO_WAY, no_turns=("DCB",))
    tasks, _ = plan(make_city(tmp_path, operations=once), network)
    assert worked(tasks, TWO_WAY) == {"W10-1": ["ABCDE"]}


def test_runs_follow_permitted_turns_only(tmp_path: Path):
    """Without the turn D-C-B the way back consists of two tasks."""
    network = town(PLACES, TWO_WAY, no_turns=("DCB",))
    tasks, _ = plan(make_city(tmp_path), network)
    assert sorted(worked(tasks, TWO_WAY).values()) == [["ABCDE"], ["CBA"], ["EDC"]]


def test_runs_are_cut_evenly(tmp_path: Path):
    """400 m under a limit of 300 m are 200 + 200, not 300 + 100; 50 m cannot cut a piece."""
    network, city = town(PLACES, STREETS), make_city(tmp_path)
    tasks, _ = plan(city, network, max_run_m=300)
    assert sorted(worked(tasks, STREETS).values()) == [["ABC"], ["CBA"], ["CDE"], ["EDC"]]
    tasks, _ = plan(city, network, max_run_m=50)
    assert len(tasks) == 8
    assert {task.modes[0].length_m for task in tasks} == {100}


def test_a_street_is_followed_round_its_bends(tmp_path: Path):
    """A bend is followed where it is the only way on; at a fork the street goes straight on."""
    places = {"A": (0, 0), "B": (1, 0), "C": (1, 1), "D": (1, 2), "E": (2, 1)}
    streets = [Street("ABCD", 10, "弯街"), Street("CE", 11, "弯街")]
    network = town(places, streets)
    tasks, _ = plan(make_city(tmp_path, "S1,,弯街,,1,main,false\n"), network)
    runs = sorted(mode for modes in worked(tasks, streets).values() for mode in modes)
    assert runs == ["ABCD", "CE", "DCBA", "EC"]


def test_a_ring_is_opened_once(tmp_path: Path):
    """A one-way ring has no end; it is worked whole, from its first piece on."""
    places = {"A": (0, 0), "B": (1, 0), "C": (1, 1), "D": (0, 1)}
    streets = [Street("ABCDA", 10, "环路", one_way=True)]
    right = SWEEP.replace("both", "right")
    city = make_city(tmp_path, "S1,,环路,,1,main,false\n", operations=right)
    tasks, _ = plan(city, town(places, streets))
    assert worked(tasks, streets) == {"W10-1R": ["ABCDA"]}


def test_a_run_is_named_by_its_cross_streets(tmp_path: Path):
    """Between two named streets both are told, from the begin to the end of the run."""
    streets = [
        Street("AB", 10, "人民路", "primary"),
        Street("AF", 20, "一街"),
        Street("BG", 30, "二街", "tertiary"),
        Street("BH", 40, "小巷"),
    ]
    places = {"A": (0, 0), "B": (1, 0), "F": (0, 1), "G": (1, 1), "H": (1, -1)}
    tasks, _ = plan(make_city(tmp_path), town(places, streets))
    assert {t.name for t in tasks} == {"人民路（一街 – 二街）", "人民路（二街 – 一街）"}


def test_unnamed_ways_are_streets_of_their_own(tmp_path: Path):
    """Unnamed pieces of different ways do not join; the way's number stands for a name."""
    streets = [Street("ABC", 10), Street("CDE", 11)]
    places = {name: PLACES[name] for name in "ABCDE"}
    city = make_city(tmp_path, "S1,residential,,,1,main,false\n")
    tasks, _ = plan(city, town(places, streets))
    assert sorted(worked(tasks, streets).values()) == [["ABC"], ["CBA"], ["CDE"], ["EDC"]]
    assert {task.name for task in tasks} == {"W10", "W11"}


def test_highest_class_holds_and_key_areas_raise(tmp_path: Path):
    """Class 2 beats 3; a key area of class 3 counts as 2 and comes second; all else has none."""
    rows = (
        "S1,residential,,,3,main,false\n"
        "S2,,一街,,2,back_street,false\n"
        "S3,,一街,,3,main,true\n"
        "S4,primary,,,1,main,true\n"
        "S5,track,,,1,main,false\n"
    )
    network, city = town(PLACES, STREETS), make_city(tmp_path, rows)
    classes = cleaning_classes(city, network)
    by_name = dict(zip(arc_names(STREETS), classes.number.tolist(), strict=True))
    assert (by_name["AB"], by_name["AF"], by_name["CG"], by_name["FG"]) == (1, 2, 3, 3)
    assert classes.row[arc_names(STREETS).index("AF")] == 1
    assert classes.notes == ("streets.csv row 6: S5 matches no street of the map",)


def test_a_key_area_cuts_out_its_part_of_a_street(tmp_path: Path):
    """The pieces inside an area of class 1 part from the rest of the street, which is class 2."""
    area = "POLYGON((112.202 30.9,112.21 30.9,112.21 31.1,112.202 31.1,112.202 30.9))"
    rows = f'S1,primary,,,2,main,false\nS2,primary,,"{area}",2,main,true\n'
    city = make_city(tmp_path, rows, "1,sweep,1,daily,,,,,,\n2,sweep,1,daily,,,,,,\n")
    tasks, _ = plan(city, town(PLACES, STREETS))
    found = {(t.cleaning_class, *worked([t], STREETS)[t.task_id]) for t in tasks}
    assert found == {(1, "CDE"), (1, "EDC"), (2, "ABC"), (2, "CBA")}
    assert {t.key_area for t in tasks if t.cleaning_class == 1} == {True}


def test_no_streets_table_means_no_class(tmp_path: Path):
    """Without rows nothing is swept, and the report says how much that is."""
    city = make_city(tmp_path, "")
    network = town(PLACES, STREETS)
    assert set(cleaning_classes(city, network).number.tolist()) == {NO_CLASS}
    assert plan(city, network) == ([], ["streets: 0.8 km have no cleaning class"])


def test_private_streets_need_a_name(tmp_path: Path):
    """A class of the map does not ask for a compound's own streets; a name does."""
    private = int(ArcFlag.PRIVATE)
    streets = [Street("ABC", 10, "人民路"), Street("CDE", 11, "院内路", flags=private)]
    network = town({name: PLACES[name] for name in "ABCDE"}, streets)
    tasks, notes = plan(make_city(tmp_path / "a", "S1,residential,,,1,main,false\n"), network)
    assert sorted(worked(tasks, streets).values()) == [["ABC"], ["CBA"]]
    assert notes == [
        "streets: 0.2 km have a class but are private; only a row with a name asks for them"
    ]
    tasks, notes = plan(make_city(tmp_path / "b", "S1,,院内路,,1,main,false\n"), network)
    assert sorted(worked(tasks, streets).values()) == [["CDE"], ["EDC"]]


def test_only_streets_that_the_sweeper_may_drive(tmp_path: Path):
    """A piece closed to the sweeper is left out and named with its length."""
    network = town(PLACES, TWO_WAY)
    names = arc_names(TWO_WAY)
    blocked = np.array([names.index("DE"), names.index("ED")])
    tasks, notes = plan(
        make_city(tmp_path), network, weights=weigh(network, SWEEPER, blocked_arcs=blocked)
    )
    assert sorted(worked(tasks, TWO_WAY).values()) == [["ABC"], ["CBA"]]
    assert "streets: 0.2 km have a class but cannot be driven by the sweeper" in notes


def test_the_identifier_stays_when_a_street_is_closed(tmp_path: Path):
    """What begins with the same piece has the same identifier, however long it is today."""
    network, city = town(PLACES, TWO_WAY), make_city(tmp_path)
    names = arc_names(TWO_WAY)
    blocked = np.array([names.index("DE"), names.index("ED")])
    full, _ = plan(city, network)
    less, _ = plan(city, network, weights=weigh(network, SWEEPER, blocked_arcs=blocked))
    assert full[0].task_id == less[0].task_id == "W10-1R"


def test_frequency_spreads_streets_over_the_week(tmp_path: Path):
    """A street is due when the hash of its name says so, its curbs on the same day."""
    rows = "S1,residential,,,1,main,false\n"
    city = make_city(tmp_path, rows, "1,sweep,1,2/week,,,,,,\n")
    network = town(PLACES, STREETS)
    seen: dict[str, int] = {"一街": 0, "二街": 0, "W40": 0}
    for shift in range(7):
        date = MONDAY + dt.timedelta(days=7 + shift)
        tasks, _ = plan(city, network, date=date)
        names = {task.name.partition("（")[0] for task in tasks}
        assert names == {name for name in seen if due("2/week", name, date)}
        assert len(tasks) == 2 * len(names)
        for name in names:
            seen[name] += 1
    assert set(seen.values()) == {2}


def test_several_times_a_day_share_the_hours(tmp_path: Path):
    """Twice in 8 h of work with a pause: each time has 4 h, and its own identifier."""
    programmes = "1,sweep,2,daily,04:00,14:00,07:00,09:00,,\n"
    tasks, _ = plan(make_city(tmp_path, programmes=programmes), town(PLACES, STREETS))
    assert [task.task_id for task in tasks] == ["W10-1R", "W10-1R#2", "W11-4R", "W11-4R#2"]
    assert tasks[0].windows == ((4 * H, 7 * H - 180), (9 * H, 10 * H - 180))
    assert tasks[1].windows == ((10 * H, 14 * H - 180),)
    assert {task.side for task in tasks} == {"right"}


def test_two_programmes_of_a_class_have_tasks_of_their_own(tmp_path: Path):
    """Identifiers of the second programme differ and still end with the side."""
    flush = "flush,1,flusher,10,1,3.5,0,true,both\n"
    city = make_city(
        tmp_path,
        programmes="1,sweep,1,daily,,,,,,\n1,flush,1,daily,,,,,,\n",
        operations=SWEEP + flush,
    )
    tasks, _ = plan(city, town(PLACES, STREETS))
    assert [t.task_id for t in tasks] == ["W10-1R", "W11-4R", "W10-1p2R", "W11-4p2R"]
    assert [t.vehicle_kind for t in tasks] == ["sweeper", "sweeper", "flusher", "flusher"]


def test_passes_follow_one_another_on_the_same_run(tmp_path: Path):
    """The pass of the lowest number leads, wherever it stands; the next follows on its pieces."""
    operations = "sweep,2,flusher,10,1,3.5,0,true,both\n" + SWEEP
    tasks, _ = plan(make_city(tmp_path, operations=operations), town(PLACES, STREETS))
    lead, second = tasks[:2]
    assert (lead.task_id, lead.vehicle_kind, lead.follows) == ("W10-1R", "sweeper", "")
    assert (second.task_id, second.vehicle_kind) == ("W10-1R@2", "flusher")
    assert (second.follows, second.side, second.pass_no) == ("W10-1R", "right", 2)
    assert second.modes[0].arcs == lead.modes[0].arcs
    assert second.modes[0].service_s == 144  # 400 m at 10 km/h
    assert (second.water_l, second.sweepings_kg) == (1400, 0)


def test_runs_are_cut_where_a_lag_could_not_hold(tmp_path: Path):
    """8 and 16 km/h part by 22.5 s on 100 m: 60 s of room, less rounding, allow 257 m."""
    header = OPERATION_HEADER.replace("sides", "sides,min_lag_min,max_lag_min")
    operations = header + SWEEP.replace("both", "both,,")
    operations += "sweep,2,flusher,16,1,3.5,0,true,both,1,2\n"
    city = make_city(tmp_path)
    (tmp_path / "operations.csv").write_text(operations, encoding="utf-8")
    tasks, notes = plan(read_city(city.folder), town(PLACES, STREETS))
    assert {task.modes[0].length_m for task in tasks} == {200}
    assert (tasks[1].min_lag_s, tasks[1].max_lag_s) == (60, 120)
    (tmp_path / "operations.csv").write_text(
        operations.replace(",1,2\n", ",2,2\n"), encoding="utf-8"
    )
    tasks, notes = plan(read_city(city.folder), town(PLACES, STREETS))
    assert tasks == []
    assert any("so long that the lag between their passes cannot hold" in note for note in notes)


def test_a_class_without_programme_is_named(tmp_path: Path):
    """Streets that nobody asks for today are reported with their length."""
    rows = "S1,primary,,,1,main,false\nS2,,一街,,3,main,false\n"
    _, notes = plan(make_city(tmp_path, rows), town(PLACES, STREETS))
    assert "streets of class 3 (0.1 km) have no work on this date" in notes


def test_cold_turns_wet_work_off(tmp_path: Path):
    """At 3.9 °C the wet pass is off and the dry one leads; at 4 °C all is as usual."""
    operations = SWEEP + "sweep,2,sweeper,6,0,2.5,150,false,both\n"
    city = make_city(tmp_path, operations=operations)
    cold = plan_day(city, dt.date(2024, 11, 26))
    assert [(p.number, p.wet) for w in cold.street_work for p in w.passes] == [(2, False)]
    assert "3.9 °C is below 4 °C: wet work is off" in cold.notes
    assert "class 1, template sweep: wet work is off; pass 1 is left out" in cold.notes
    mild = plan_day(city, dt.date(2024, 11, 27))
    assert [p.number for w in mild.street_work for p in w.passes] == [1, 2]
    wet_only = make_city(tmp_path)
    assert street_work(wet_only, MONDAY, Weather(wet_allowed=False))[0] == []


def test_rain_turns_wet_work_off(tmp_path: Path):
    """Above 5 mm nothing is flushed; at 5 mm all is as usual."""
    city = make_city(tmp_path)
    weather = "date,min_temp_c,rain_mm\n2024-11-25,12,5.1\n2024-11-26,12,5\n"
    (tmp_path / "weather.csv").write_text(weather, encoding="utf-8")
    city = read_city(city.folder)
    wet = plan_day(city, MONDAY)
    assert wet.street_work == ()
    assert "5.1 mm of rain are more than 5 mm: wet work is off" in wet.notes
    assert len(plan_day(city, dt.date(2024, 11, 26)).street_work) == 1


def test_sprinkling_on_hot_days_only(tmp_path: Path):
    """From 30 °C on the second programme is due; without a forecast it is not."""
    city = make_city(tmp_path)
    header = PROGRAMME_HEADER.replace("frequency", "frequency,above_temp_c")
    rows = "1,sweep,1,daily,,,,,,,\n1,sweep,2,daily,30,,,,,,\n"
    (tmp_path / "programmes.csv").write_text(header + rows, encoding="utf-8")
    weather = "date,min_temp_c,max_temp_c\n2024-11-25,20,30\n2024-11-26,20,29.9\n"
    (tmp_path / "weather.csv").write_text(weather, encoding="utf-8")
    city = read_city(city.folder)
    assert [w.times_per_day for w in plan_day(city, MONDAY).street_work] == [1, 2]
    cool = plan_day(city, dt.date(2024, 11, 26))
    assert [w.times_per_day for w in cool.street_work] == [1]
    assert "class 1, template sweep: only from 30 °C on; it is not due" in cool.notes
    assert len(plan_day(city, dt.date(2024, 11, 27)).street_work) == 1


def test_a_market_is_swept_after_it_has_closed(tmp_path: Path):
    """The street's own window cuts the programme's hours; where nothing is left, it is told."""
    city = make_city(tmp_path, programmes="1,sweep,1,daily,04:00,22:00,,,,\n")
    header = STREET_HEADER.replace("key_area", "key_area,window_start,window_end")
    for window, hours in (("20:00,26:00", (20, 22)), ("23:00,26:00", None)):
        rows = f"S1,primary,,,1,main,false,{window}\n"
        (tmp_path / "streets.csv").write_text(header + rows, encoding="utf-8")
        tasks, notes = plan(read_city(city.folder), town(PLACES, STREETS))
        if hours:
            assert {t.windows for t in tasks} == {((hours[0] * H, hours[1] * H - 180),)}
        else:
            assert tasks == []
            assert "2 street runs take longer than their hours" in notes[-1]


def test_a_side_is_swept_when_no_cars_stand_there(tmp_path: Path):
    """The right sides are free on Tuesdays only; the left side of the one-way street always."""
    city = make_city(tmp_path)
    header = STREET_HEADER.replace("key_area", "key_area,free_right")
    rows = "S1,primary,,,1,main,false,tue\nS2,,二街,,1,main,false,tue\n"
    (tmp_path / "streets.csv").write_text(header + rows, encoding="utf-8")
    city = read_city(city.folder)
    tasks, notes = plan(city, town(PLACES, STREETS))
    assert [t.task_id for t in tasks] == ["W30-1L"]
    assert any("3 street runs are due on a day of parked cars" in note for note in notes)
    tuesday = dt.date(2024, 11, 19)
    tasks, _ = plan(city, town(PLACES, STREETS), date=tuesday)
    assert len(tasks) == 4


HOURS = [
    ((), [(0, 48)]),
    (("06:00", "18:00"), [(6, 18)]),
    (("06:00", "18:00", "07:00", "09:00"), [(6, 7), (9, 18)]),
    (("06:00", "18:00", "07:00", "09:00", "16:00", "18:00"), [(6, 7), (9, 16)]),
    (("21:00", "33:00", "07:00", "09:00"), [(21, 31)]),
    (("00:00", "12:00", "22:00", "29:00"), [(5, 12)]),
    ((None, None, "12:00", "36:00"), []),
    (("07:00", "08:00", "06:00", "09:00"), []),
]


@pytest.mark.parametrize(("cells", "hours"), HOURS)
def test_hours_without_work_are_taken_out(tmp_path: Path, cells, hours):
    """Rest returns each day, over midnight too; what is left are the hours of work."""
    row = ",".join(cell or "" for cell in (*cells, *[None] * (6 - len(cells))))
    works, notes = street_work(make_city(tmp_path, programmes=f"1,sweep,1,daily,{row}\n"), MONDAY)
    if hours:
        assert [works[0].windows] == [tuple((a * H, b * H) for a, b in hours)]
    else:
        assert works == []
        assert notes == [
            "class 1, template sweep: hours without work leave none of its window; "
            "it is not planned"
        ]


def test_work_must_end_within_its_hours(tmp_path: Path):
    """180 s of work may begin until 06:57 before rest at 07:00; a stretch of 2 min is too short."""
    programmes = "1,sweep,1,daily,06:00,09:02,07:00,09:00,,\n"
    tasks, _ = plan(make_city(tmp_path / "a", programmes=programmes), town(PLACES, STREETS))
    assert tasks[0].windows == ((6 * H, 7 * H - 180),)
    short = make_city(tmp_path / "b", programmes="1,sweep,1,daily,09:00,09:02,,,,\n")
    tasks, notes = plan(short, town(PLACES, STREETS))
    assert tasks == []
    assert notes[-1] == (
        "2 street runs take longer than their hours and are not planned, such as W10-1R"
    )


def test_begin_windows_by_hand():
    """Exactly as long as the work is long enough; the whole two days are no window at all."""
    assert begin_windows(((100, 200), (300, 500)), 100) == ((100, 100), (300, 400))
    assert begin_windows(((100, 200),), 101) is None
    assert begin_windows(((0, 48 * H),), 500) == ()


def test_middle_of_a_run_lies_on_it():
    """Half of 300 m over pieces of 100 and 200 m lies 50 m into the second."""
    places = {"A": (0, 0), "B": (1, 0), "C": (1, 2)}
    streets = [Street("ABC", 10, "街")]
    network = town(places, streets)
    run = [arc_names(streets).index(name) for name in ("AB", "BC")]
    assert run_middle(network, run) == pytest.approx(spot(1, 0.5))


def test_no_work_no_tasks(tmp_path: Path):
    """A city without programmes sweeps nothing and says nothing about it."""
    city = read_city(write_city(tmp_path))
    assert plan(city, town(PLACES, STREETS)) == ([], [])


NODES = "ABCDEFGHI"
GRID = {name: (k % 3, k // 3) for k, name in enumerate(NODES)}
EDGES = ["AB", "BC", "DE", "EF", "GH", "HI", "AD", "BE", "CF", "DG", "EH", "FI"]


@given(
    st.lists(st.tuples(st.sampled_from(["甲", "乙", ""]), st.booleans()), min_size=12, max_size=12),
    st.sampled_from([100, 250, 1000]),
    st.sampled_from(["both", "right", "once"]),
)
def test_every_curb_is_swept_exactly_once(tmp_path_factory, kinds, max_run_m, sides):
    """On any grid: curbs covered once, runs of one street, by permitted turns, within the limit."""
    streets = [
        Street(edge, 100 + k // 2, name, one_way=one_way)
        for k, (edge, (name, one_way)) in enumerate(zip(EDGES, kinds, strict=True))
    ]
    network = town(GRID, streets)
    city = make_city(
        tmp_path_factory.mktemp("grid"),
        "S1,residential,,,1,main,false\n",
        operations=SWEEP.replace("both", sides),
    )
    weights = weigh(network, SWEEPER)
    tasks, _ = plan(city, network, weights=weights, max_run_m=max_run_m)
    assert len({task.task_id for task in tasks}) == len(tasks)
    count = np.zeros(network.num_arcs, dtype=int)
    for task in tasks:
        count[list(task.modes[0].arcs)] += 1
        for mode in task.modes:
            assert mode.length_m <= max(max_run_m, 100)
            _check_run(network, weights, mode.arcs)
    _check_cover(network, weights, count, sides)


def _check_run(network: Network, weights: Weights, arcs: tuple[int, ...]) -> None:
    assert weights.routable[list(arcs)].all()
    assert len({network.name(arc) for arc in arcs}) == 1
    if not network.name(arcs[0]):
        assert len({int(network.arc_way_id[arc]) for arc in arcs}) == 1
    for before, after in pairwise(arcs):
        first, last = network.turn_first_out[before : before + 2]
        assert after in network.turn_head[first:last]
        assert after != network.arc_reverse[before]


def _check_cover(network: Network, weights: Weights, count: np.ndarray, sides: str) -> None:
    one_way = network.arc_reverse < 0
    expected = weights.routable.astype(int)
    if sides == "both":
        expected[one_way] *= 2
    if sides == "once":
        twin = np.where(one_way, np.arange(len(count)), network.arc_reverse)
        both_ways = count + np.where(one_way, 0, count[twin])
        either = weights.routable | weights.routable[twin]
        assert np.array_equal(both_ways, either.astype(int))
    else:
        assert np.array_equal(count, expected)

"""What is due on a date."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from routing.errors import InfeasibleError, InputError
from scenarios.city import read_city
from scenarios.day import Day, WorkCalendar, plan_day, visit_windows
from tests.cities import Breakage, added, place, replaced, together, write_good, written

MONDAY = dt.date(2024, 11, 25)
HOUR = 3600
CATALOGUE = written(
    "case_catalogue.csv", "case_code,name,deadline_working_h,service_s\n01,x,4,600\n"
)
CASE = "case_id,case_code,lon,lat,reported_date,reported_time,closed_date\n"


def day_of(folder: Path, *breakages: Breakage, date: dt.date = MONDAY) -> Day:
    """The day of the good city after changes."""
    write_good(folder)
    together(*breakages)(folder)
    return plan_day(read_city(folder), date)


def test_good_day(tmp_path: Path) -> None:
    """All daily points are due once, with the masses and litres of their rows."""
    day = day_of(tmp_path)
    assert [stop.stop_id for stop in day.stops] == [f"P{n}" for n in range(1, 9)]
    first = day.stops[0]
    assert (first.mass_kg, first.volume_l) == (400, 1600)  # 250 kg/m3
    assert first.windows == ((5 * HOUR, 12 * HOUR),)
    assert first.price == 1000 * (1000 + 2 * 400) * 3
    assert [truck.truck_id for truck in day.trucks] == ["C1", "F1", "R1", "S1"]


def test_storage_alone_hauls_nothing(tmp_path: Path) -> None:
    """What a station holds may be known in a city without transfer trucks of its own."""
    day = day_of(
        tmp_path,
        replaced(
            "facilities.csv",
            ("active_to\n", "active_to,haul_to,storage_t\n"),
            ("04:00,22:00,,\n", "04:00,22:00,,,I1,20\n"),
        ),
        added("facilities.csv", f"I1,plant,{place(2, 2)},other;recyclable;sweepings,,,,,,"),
    )
    assert [facility.haul for facility in day.facilities if facility.facility_id == "T1"] == [None]


def test_visits_share_the_amount(tmp_path: Path) -> None:
    """Two visits a day share window and amount to the last kilogram."""
    day = day_of(
        tmp_path, replaced("points.csv", ("400,05:00,12:00,daily", "401,05:00,12:00,2/day"))
    )
    pair = [stop for stop in day.stops if stop.point_id == "P1"]
    assert [stop.stop_id for stop in pair] == ["P1", "P1#2"]
    assert [stop.mass_kg for stop in pair] == [200, 201]
    assert [stop.windows for stop in pair] == [
        ((5 * HOUR, 8 * HOUR + 1800),),
        ((8 * HOUR + 1800, 12 * HOUR),),
    ]


def test_visit_windows() -> None:
    """Several visits take windows of their own while there are enough, else parts of them."""
    two = ((0, 100), (200, 300))
    assert visit_windows(two, 1) == [two]
    assert visit_windows(two, 2) == [((0, 100),), ((200, 300),)]
    assert visit_windows(two, 3) == [((0, 50),), ((50, 100),), ((200, 300),)]
    morning, evening = visit_windows((), 2)
    assert morning == ((0, 12 * HOUR + 1800),)
    assert evening == ((12 * HOUR + 1800, 48 * HOUR),)


def test_dated_rows(tmp_path: Path) -> None:
    """A point counts on both ends of its period, not the day after; the note names it."""
    header = replaced(
        "points.csv", ("frequency\n", "active_to\n"), ("12:00,daily", "12:00,2024-11-24")
    )
    rest = [("daily", "2024-11-25")] * 7
    day = day_of(tmp_path, header, replaced("points.csv", *rest))
    assert [stop.stop_id for stop in day.stops] == [f"P{n}" for n in range(2, 9)]
    assert "not active on 2024-11-25: points P1" in day.notes


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            replaced(
                "facilities.csv",
                (f"D1,depot,{place(0.5, 2)},,,,,", f"D1,depot,{place(0.5, 2)},,,,,2024-11-24"),
            ),
            "trucks left out because their depot D1 is not active: C1, F1, R1, S1",
        ),
        (
            written(
                "trucks.csv",
                "truck_id,kind,depot_id,capacity_kg,shift_start,shift_end\n"
                "X,transfer,D1,9000,05:00,13:00\n",
            ),
            "trucks left out because hauls between stations are not planned: X",
        ),
    ],
    ids=["depot closed", "only haulers"],
)
def test_no_truck_says_why(tmp_path: Path, change: Breakage, why: str) -> None:
    """A day without any truck is refused with the reason of each."""
    with pytest.raises(InfeasibleError) as caught:
        day_of(tmp_path, change)
    assert str(caught.value) == (
        f"trucks.csv: no truck is on shift on 2024-11-25 ({why}); add shifts or choose another date"
    )


def test_names_that_would_collide(tmp_path: Path) -> None:
    """A point called as another's second visit is refused."""
    twice = replaced("points.csv", ("12:00,daily", "12:00,2/day"), ("P2,", "P1#2,"))
    with pytest.raises(InputError, match="'P1#2' would name 2 stops of the day; rename the point"):
        day_of(tmp_path, twice)


def test_cases(tmp_path: Path) -> None:
    """An open case is due with its clock, a closed or future one is not, an overdue one at once."""
    rows = (
        f"A,01,{place(1, 1)},2024-11-25,04:00,\n"  # from 08:00, four hours of work
        f"B,01,{place(1, 1)},2024-11-20,09:00,2024-11-25\n"
        f"C,01,{place(1, 1)},2024-11-26,09:00,\n"
        f"D,01,{place(1, 1)},2024-11-20,09:00,\n"
    )
    day = day_of(tmp_path, CATALOGUE, written("cases.csv", CASE + rows))
    found = {stop.point_id: stop.windows for stop in day.stops if stop.kind == "case"}
    assert found == {"A": ((4 * HOUR, 12 * HOUR - 600),), "D": ()}
    assert "cases past their deadline, due at any time: D" in day.notes


def test_working_time_passes_over_the_weekend(tmp_path: Path) -> None:
    """Friday 16:00 and four working hours end on Monday at 10:00; a holiday moves it on."""
    friday = dt.date(2024, 11, 22)
    write_good(tmp_path)
    plain = WorkCalendar(read_city(tmp_path).calendar)
    # three days on is beyond the 48 hours that a plan looks ahead
    assert plain.deadline(friday, 16 * HOUR, 4 * HOUR) == 48 * HOUR
    assert plain.deadline(MONDAY, (16 - 72) * HOUR, 4 * HOUR) == 10 * HOUR
    added("calendar.csv", "date,kind\n2024-11-25,holiday")(tmp_path)
    moved = WorkCalendar(read_city(tmp_path).calendar)
    assert moved.deadline(MONDAY, (16 - 72) * HOUR, 4 * HOUR) == 34 * HOUR


def test_cold_turns_wet_work_off(tmp_path: Path) -> None:
    """Below the limit the wet pass is off and noted; at the limit it is on."""
    weather = "date,min_temp_c\n2024-11-25,{}\n"
    cold = day_of(tmp_path / "a", written("weather.csv", weather.format(3.9)))
    assert cold.street_work == ()
    assert "3.9 °C is below 4 °C: wet work is off" in cold.notes
    mild = day_of(tmp_path / "b", written("weather.csv", weather.format(4)))
    assert [work.lead.vehicle_kind for work in mild.street_work] == ["sweeper"]

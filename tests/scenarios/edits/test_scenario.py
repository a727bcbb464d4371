"""Files of edits: read, stacked, applied, refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from routing.errors import InputError
from scenarios.city import read_city
from scenarios.day import plan_day
from scenarios.edits.actions import ACTIONS
from scenarios.edits.scenario import apply_scenario, read_scenario, scenario_names
from scenarios.edits.writing import write_edited
from tests.cities import place
from tests.scenarios.edits.towns import edited, streets_of, town_city

LON, LAT = place(1.5, 3).split(",")
OPEN = f"""title = "A second station"
[[edit]]
do = "open_facility"
facility_id = "T2"
kind = "transfer"
lon = {LON}
lat = {LAT}
streams = ["other"]
capacity_t_day = 60
active_from = 2024-12-01
"""


def edit(do: str, **values: object) -> str:
    """One edit as text."""
    words = {
        name: f'"{value}"' if isinstance(value, str) else str(value)
        for name, value in values.items()
    }
    return f'[[edit]]\ndo = "{do}"\n' + "".join(f"{n} = {v}\n" for n, v in words.items())


def row(frame: pd.DataFrame, key: str, value: str) -> pd.Series:
    """The one row that a key names."""
    found = frame[frame[key] == value]
    assert len(found) == 1
    return found.iloc[0]


def test_the_city_itself_stays(tmp_path: Path) -> None:
    """Edits make another city; the tables of the first are as they were."""
    city = town_city(tmp_path, x=OPEN + edit("grow_demand", percent=50))
    before = city.tables_hash
    done = apply_scenario(city, read_scenario(city, "x"), lambda: streets_of(city))
    assert city.tables_hash == before != done.city.tables_hash


def test_base_is_the_city(tmp_path: Path) -> None:
    """``base`` has no edits and needs no file."""
    city = town_city(tmp_path)
    assert apply_scenario(city, read_scenario(city, "base"), lambda: streets_of(city)).city is city


def test_a_facility_opens_on_its_date(tmp_path: Path) -> None:
    """The new station is there with defaults filled in, and works from its date on."""
    done = edited(tmp_path, OPEN)
    station = row(done.city.facilities, "facility_id", "T2")
    assert station["unload_s"] > 0
    assert station["bays"] == 1
    open_on = {
        day: {f.facility_id for f in plan_day(done.city, dt.date(2024, *day)).facilities}
        for day in ((11, 30), (12, 1))
    }
    assert "T2" not in open_on[11, 30]
    assert "T2" in open_on[12, 1]
    assert done.told[0].en == "transfer T2 opens on 2024-12-01 with 60 t a day"


def test_a_facility_closes_on_its_date(tmp_path: Path) -> None:
    """From the date on the station is shut; the day before it still works."""
    done = edited(tmp_path, edit("close_facility", facility_id="K1") + "from = 2024-11-26\n")
    for day, there in ((25, True), (26, False)):
        names = {f.facility_id for f in plan_day(done.city, dt.date(2024, 11, day)).facilities}
        assert ("K1" in names) == there


def test_what_was_weighed_at_a_closed_facility_stays(tmp_path: Path) -> None:
    """A station that is gone leaves its weighings behind, which name none then."""
    city = town_city(tmp_path, x=edit("close_facility", facility_id="K1"))
    text = "date,facility_id,stream,mass_kg\n2024-11-20,K1,kitchen,500\n2024-11-20,T1,other,90\n"
    (tmp_path / "weighings.csv").write_text(text)
    city = read_city(tmp_path)
    done = apply_scenario(city, read_scenario(city, "x"), lambda: streets_of(city))
    assert list(done.city.weighings["facility_id"]) == [None, "T1"]
    assert list(done.city.weighings["mass_kg"]) == [500, 90]


def test_a_facility_changes_on_its_date(tmp_path: Path) -> None:
    """A station that grows on a date has two rows, one for each time."""
    text = edit("change_facility", facility_id="T1", bays=3) + "from = 2024-11-26\n"
    done = edited(tmp_path, text)
    for day, bays in ((25, 1), (26, 3)):
        found = [
            f.bays for f in plan_day(done.city, dt.date(2024, 11, day)).facilities if "T1" in f.name
        ]
        assert found == [bays]


def test_a_facility_moves(tmp_path: Path) -> None:
    """Its place is the new one, all else stays."""
    done = edited(tmp_path, edit("move_facility", facility_id="T1", lon=float(LON), lat=float(LAT)))
    moved = row(done.city.facilities, "facility_id", "T1")
    assert (moved["lon"], moved["lat"]) == (float(LON), float(LAT))
    assert moved["streams"] == ("other", "recyclable", "sweepings")


def test_trucks_join_leave_and_change(tmp_path: Path) -> None:
    """Two trucks like C1 join with another shift, F1 leaves, the sweeper starts later."""
    text = (
        edit("add_trucks", like="C1", count=2, shift_start="06:00")
        + edit("remove_trucks", trucks="F1")
        + edit("change_trucks", kinds="sweeper", shift_start="05:00")
    )
    trucks = edited(tmp_path, text).city.trucks
    assert list(trucks["truck_id"]) == ["C1", "R1", "S1", "C1-new1", "C1-new2"]
    assert row(trucks, "truck_id", "C1-new1")["shift_start"] == 6 * 3600
    assert row(trucks, "truck_id", "C1-new1")["capacity_kg"] == 3000
    assert row(trucks, "truck_id", "S1")["shift_start"] == 5 * 3600


def test_waste_grows_from_a_date_on(tmp_path: Path) -> None:
    """A tenth more of one stream from a date on; the day before is as it was."""
    text = edit("grow_demand", percent=10, streams="other") + "from = 2024-11-26\n"
    done = edited(tmp_path, text)
    masses = [
        {s.point_id[:2]: s.mass_kg for s in plan_day(done.city, dt.date(2024, 11, day)).stops}
        for day in (25, 26)
    ]
    assert [m["P1"] for m in masses] == [400, 440]
    assert [m["P6"] for m in masses] == [300, 300]


def test_another_frequency_keeps_the_weeks_waste(tmp_path: Path) -> None:
    """Collected every second weekday, a point has more waste at each visit."""
    done = edited(tmp_path, edit("change_points", points="P2", frequency="mon,thu"))
    point = row(done.city.points, "point_id", "P2")
    assert point["demand_kg"] * 2 == pytest.approx(300 * 7)
    assert point["demand_m3"] * 2 == pytest.approx(300 / 250 * 7)


def test_sorting_moves_waste_between_streams(tmp_path: Path) -> None:
    """Kitchen gains what other loses, place by place; a place without a kitchen bin gets one."""
    text = edit("set_sorting", stream="kitchen", participation=0.5, capture=0.6, potential=0.5)
    done = edited(tmp_path, text)
    before, after = read_city(tmp_path).points, done.city.points
    assert after["demand_kg"].sum() == pytest.approx(before["demand_kg"].sum(), abs=0.01)
    new = row(after, "point_id", "P1-K")
    assert new["demand_kg"] == pytest.approx(400 * 0.5 * 0.5 * 0.6)
    assert row(after, "point_id", "P1")["demand_kg"] == pytest.approx(400 - new["demand_kg"])
    assert (new["window_start"], new["bins"]) == (5 * 3600, 1)


def test_rural_mode_keeps_kitchen_in_the_village(tmp_path: Path) -> None:
    """One pit, two bins, three visits: what rots is not collected any more."""
    city = town_city(tmp_path, x=edit("rural_mode", composted=0.6))
    text = (tmp_path / "points.csv").read_text().replace("frequency\n", "frequency,kind\n")
    (tmp_path / "points.csv").write_text(text.replace("daily\n", "daily,village\n"))
    city = read_city(tmp_path)
    points = apply_scenario(city, read_scenario(city, "x"), lambda: streets_of(city)).city.points
    assert "kitchen" not in set(points["stream"])
    assert row(points, "point_id", "P1")["demand_kg"] == pytest.approx(160)
    assert row(points, "point_id", "P8")["demand_kg"] == 80


def test_door_to_door_stops_at_each_household(tmp_path: Path) -> None:
    """400 kg of residual waste a day at 0.588 kg a head are 252 households of 2.7."""
    done = edited(tmp_path, edit("door_to_door", points="P1", household_s=20))
    assert row(done.city.points, "point_id", "P1")["service_s"] == 252 * 20


def test_streets_close(tmp_path: Path) -> None:
    """A closure and a limit of a what-if are rows like any other."""
    text = edit("close_street", closure_id="Z", name="大桥") + edit(
        "set_limit", limit_id="L", kind="max_weight_t", value=3, name="大桥"
    )
    done = edited(tmp_path, text)
    assert list(done.city.closures["name"]) == ["大桥"]
    assert list(done.city.limits["value"]) == [3]


def test_points_come_and_go(tmp_path: Path) -> None:
    """A point is added with defaults filled in; others are no longer served."""
    text = edit("remove_points", streams="kitchen") + edit(
        "add_point", point_id="N", lon=float(LON), lat=float(LAT), stream="other", demand_kg=102
    )
    points = edited(tmp_path, text).city.points
    assert list(points["point_id"]) == ["P1", "P2", "P3", "P4", "P5", "P8", "N"]
    assert row(points, "point_id", "N")["bins"] == 2


def test_scenarios_stack(tmp_path: Path) -> None:
    """``based_on`` and ``+`` put one scenario on another, each file once."""
    grown = 'based_on = ["station"]\n' + edit("grow_demand", percent=100)
    city = town_city(tmp_path, station=OPEN, grown=grown)
    done = apply_scenario(city, read_scenario(city, "station+grown"), lambda: streets_of(city))
    assert len(done.told) == 2
    assert done.name == "station+grown"
    assert done.city.points["demand_kg"].sum() == 2 * city.points["demand_kg"].sum()
    assert scenario_names(city) == ["grown", "station"]


def test_a_circle_is_refused(tmp_path: Path) -> None:
    """Two scenarios that are based on each other are an error, not an endless loop."""
    one = 'based_on = "b"\n' + edit("grow_demand", percent=1)
    city = town_city(tmp_path, a=one, b=one.replace('"b"', '"a"'))
    with pytest.raises(InputError, match="goes in a circle: a -> b -> a"):
        read_scenario(city, "a")


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Unknown kinds and keys, values out of range and unknown names are all told together."""
    text = (
        edit("add_trucks", like="C1", count=0)
        + edit("close_facility")
        + edit("merge_points", walk=5)
        + edit("grow_demand", percent="much")
    )
    with pytest.raises(InputError) as caught:
        edited(tmp_path, text)
    assert str(caught.value).split("\n") == [
        "scenarios/x.toml edit 1 (add_trucks): count = '0'; expected a whole number >= 1",
        "scenarios/x.toml edit 2 (close_facility): facility_id is missing; expected an identifier",
        "scenarios/x.toml edit 3 (merge_points): walk is unknown; did you mean walk_m?",
        "scenarios/x.toml edit 4 (grow_demand): percent = 'much'; expected a number >= -100",
    ]


def test_what_the_tables_say_is_blamed_on_the_edit(tmp_path: Path) -> None:
    """Names that no table has, and rows that do not fit together, name the edit that made them."""
    text = (
        edit("change_trucks", kinds="collector", depot_id="T1")
        + edit("close_facility", facility_id="D1")
        + edit("grow_demand", percent=5, districts="nowhere")
    )
    with pytest.raises(InputError) as caught:
        edited(tmp_path, text)
    told = str(caught.value)
    assert "edit 1 (change_trucks): depot_id = 'T1'; expected a facility of kind depot" in told
    assert "edit 2 (close_facility): facility_id = 'D1'; 3 trucks are at home there" in told
    assert "edit 3 (grow_demand): districts = 'nowhere'; expected one of points.csv" in told
    assert "after the edits" not in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("edit = 3", "has no edit"),
        ("[[edit]", "cannot be read"),
        ('[[edit]]\ndo = "merge_point"', "did you mean merge_points?"),
        ('titel = "x"\n[[edit]]\ndo = "rural_mode"', "titel is unknown; did you mean title?"),
    ],
)
def test_broken_files(tmp_path: Path, text: str, told: str) -> None:
    """A file that is no list of edits is explained."""
    city = town_city(tmp_path, x=text)
    with pytest.raises(InputError, match=r"scenarios/x\.toml") as caught:
        read_scenario(city, "x")
    assert told in str(caught.value)


def test_an_unknown_scenario_is_named(tmp_path: Path) -> None:
    """A scenario that is not there comes with the one that was meant."""
    city = town_city(tmp_path, station=OPEN)
    with pytest.raises(InputError, match="did you mean station"):
        read_scenario(city, "staton")


def test_written_city_reads_back(tmp_path: Path) -> None:
    """An edited city on disk has the same tables and settings as the one in memory."""
    done = edited(tmp_path / "a", OPEN)
    write_edited(done, tmp_path / "b")
    again = read_city(tmp_path / "b")
    assert again.tables_hash == done.city.tables_hash
    assert again.settings == done.city.settings


def test_a_flusher_needs_no_body(tmp_path: Path) -> None:
    """A truck that picks nothing up stays without fault in an edited city, and when written."""
    city = town_city(tmp_path / "a", x=edit("grow_demand", percent=1))
    with (tmp_path / "a" / "trucks.csv").open("a") as trucks:
        trucks.write("W9,flusher,D1,0,0,8000,,2.2,04:00,12:00\n")
    city = read_city(tmp_path / "a")
    done = apply_scenario(city, read_scenario(city, "x"), lambda: streets_of(city))
    write_edited(done, tmp_path / "b")
    assert row(read_city(tmp_path / "b").trucks, "truck_id", "W9")["capacity_kg"] == 0


def test_every_kind_says_what_it_is_for() -> None:
    """Each kind of edit has a purpose for its help, and parameters."""
    for action in ACTIONS.values():
        assert action.purpose.endswith(".")
        assert action.columns

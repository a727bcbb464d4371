"""Faults and suspicions that show only when cells are seen together."""

from __future__ import annotations

from pathlib import Path

import pytest

from routing.errors import InputError
from scenarios.city import read_city
from tests.cities import write_good, written
from tests.scenarios.test_tables import GOOD, faults_of, write_city

LIMIT = "limit_id,kind,value,way_id,area\n"
WASH = "limit_id,kind,way_id,wash_id,area\n"
CENTER = 'C1,center,,,"POLYGON((112 30, 113 30, 113 32, 112 32, 112 30))"\n'
WITH_WASH = GOOD["facilities"] + "W1,wash,112.19,31.02,,,\n"
HAUL = (
    "facility_id,kind,lon,lat,streams,haul_to\nD1,depot,112.18,31.01,,\n"
    "S1,transfer,112.19,31.02,other,{}\nS2,transfer,112.19,31.03,other,{}\n"
)
PASSES = "template,pass_no,vehicle_kind,speed_kmh,min_lag_min,max_lag_min\n"
STREET = "street_id,osm_class,cleaning_class\n"
CLASSES = (
    "motorway, motorway_link, trunk, trunk_link, primary, primary_link, secondary, secondary_link, "
    "tertiary, tertiary_link, unclassified, residential, living_street, service, track"
)
TWO = GOOD["points"].replace("window_end", "window_end,window2_start,window2_end", 1)


def _with(table: str, old: str, new: str) -> dict[str, str]:
    assert old in GOOD[table]
    return {table: GOOD[table].replace(old, new, 1)}


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            _with("points", "P2", "P1"),
            "points.csv row 3: point_id = 'P1'; expected each point_id once; row 2 has it already",
        ),
        (
            _with("points", "06:00,29:30", "22:00,05:00"),
            "points.csv row 2: window_end = '05:00'; expected a time after "
            "window_start = '22:00'; write 29:00 for 05:00 of the next day",
        ),
        (
            _with("points", "06:00,29:30", "06:00,"),
            "points.csv row 2: window_end = ''; expected a time, because window_start is given",
        ),
        (
            {"points": TWO.replace("29:30", "10:00,09:00,11:00").replace(",,,", ",,,,,")},
            "points.csv row 2: window2_start = '09:00'; expected windows that do not overlap; "
            "the first is 06:00-10:00",
        ),
        (
            _with("points", "112.20,31.03", "0,0"),
            "points.csv row 2: lon, lat = 0, 0; expected a place in the city",
        ),
        (
            _with("facilities", "05:00,22:00", "22:00,22:00"),
            "facilities.csv row 3: close = '22:00'; expected a time after open = '22:00'; "
            "write 46:00 for 22:00 of the next day",
        ),
        (
            _with("facilities", "other;kitchen", ""),
            "facilities.csv row 3: streams = ''; expected at least one stream, because a transfer "
            "that accepts nothing is of no use",
        ),
        (
            _with("trucks", "05:00,13:00", "13:00,05:00"),
            "trucks.csv row 2: shift_end = '05:00'; expected a time after shift_start = '13:00'; "
            "write 29:00 for 05:00 of the next day",
        ),
        (
            _with("trucks", "D1", "D9"),
            "trucks.csv row 2: depot_id = 'D9'; expected a facility_id of facilities.csv",
        ),
        (
            _with("trucks", "D1", "S1"),
            "trucks.csv row 2: depot_id = 'S1'; expected a facility of kind depot; "
            "it is of kind transfer",
        ),
        (
            {"closures": "closure_id,way_id,date_from,date_to\nC1,7,2024-11-02,2024-11-01\n"},
            "closures.csv row 2: date_to = '2024-11-01'; expected a date not before "
            "date_from = '2024-11-02'",
        ),
        (
            _with("points", "112.20,31.03", "31.03,31.03"),
            "points.csv row 2: lon, lat = 31.03, 31.03; expected a place near the others, which "
            "lie around 112.1850, 31.0250; it is 7,534 km away",
        ),
        (
            _with("trucks", "5500", "0"),
            "trucks.csv row 2: capacity_kg = '0'; expected a number > 0 for a collector truck",
        ),
        (
            _with("facilities", "112.18,31.01,", "112.18,31.01,other"),
            "facilities.csv row 2: streams = 'other'; expected none for a depot; "
            "only transfer, plant, landfill, snow_dump accept loads",
        ),
        (
            {"facilities": HAUL.format("S1", "")},
            "facilities.csv row 3: haul_to = 'S1'; expected another facility; it hauls to itself",
        ),
        (
            {"facilities": HAUL.format("", "D1")},
            "facilities.csv row 4: haul_to = 'D1'; expected one of kind transfer, plant, landfill; "
            "it is of kind depot",
        ),
        (
            {"streets": STREET + "A,,1\n"},
            "streets.csv row 2: osm_class, name and area are empty; expected at least one of them",
        ),
        (
            {"streets": STREET + "A,residental,1\n"},
            f"streets.csv row 2: osm_class = 'residental'; expected one of {CLASSES}; "
            "did you mean residential?",
        ),
        (
            {"operations": PASSES + "a,1,sweeper,8,,\nb,1,sweeper,8,,\na,1,sweeper,9,,\n"},
            "operations.csv row 4: pass_no = '1'; expected each pass once in a; "
            "row 2 has it already",
        ),
        (
            {"operations": PASSES + "a,1,sweeper,8,20,5\n"},
            "operations.csv row 2: max_lag_min = '5'; expected a number >= min_lag_min = 20",
        ),
        (
            {"limits": LIMIT + "L1,max_height_m,0,7,\n"},
            "limits.csv row 2: value = '0'; expected a number > 0; no truck could pass",
        ),
        (
            {"limits": WASH + CENTER + "L1,wash_corridor,7,,\n"},
            "limits.csv row 3: wash_id = ''; expected a facility of kind wash",
        ),
        (
            {"limits": WASH + "L1,wash_corridor,7,W1,\n", "facilities": WITH_WASH},
            "limits.csv row 2: kind = 'wash_corridor'; expected a row of kind center beside it, "
            "whose area is the center that the corridor leads into",
        ),
        (
            {"limits": WASH + "C1,center,7,,\n"},
            "limits.csv row 2: area = ''; expected the area of the center as a polygon",
        ),
        (
            {"limits": WASH + CENTER + "L1,wash_corridor,7,S1,\n"},
            "limits.csv row 3: wash_id = 'S1'; expected a facility of kind wash; "
            "it is of kind transfer",
        ),
        (
            {"weather": "date,min_temp_c,max_temp_c\n2024-11-25,12,5\n"},
            "weather.csv row 2: max_temp_c = '5'; expected a number >= min_temp_c = 12",
        ),
        (
            {"closures": "closure_id,reason\nC1,works\n"},
            "closures.csv row 2: way_id, name and area are empty; expected one of them",
        ),
        (
            {"limits": LIMIT + "L1,max_weight_t,,7,\n"},
            "limits.csv row 2: value = ''; expected a number for a limit of this kind",
        ),
        (
            {"limits": LIMIT + 'L1,truck_ban,,,"POLYGON((200 0, 201 0, 201 1, 200 0))"\n'},
            "limits.csv row 2: area = 'POLYGON((200 0, 201 0, 201 1, 200 0))'; expected a valid "
            "WKT polygon, such as POLYGON((lon lat, lon lat, lon lat, lon lat)), first place "
            "repeated last",
        ),
        (
            {"limits": LIMIT + 'L1,truck_ban,,,"POLYGON((0 0, 1 1))"\n'},
            "limits.csv row 2: area = 'POLYGON((0 0, 1 1))'; expected a valid WKT polygon, "
            "such as POLYGON((lon lat, lon lat, lon lat, lon lat)), first place repeated last",
        ),
    ],
)
def test_fault(tmp_path: Path, tables: dict[str, str], message: str) -> None:
    """Each fault alone gives exactly its message."""
    assert faults_of(write_city(tmp_path, **tables)) == [message]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            _with("points", "31.03,other", "31.03,kitchen"),
            "stream kitchen: no truck carries it; its 1 points cannot be served",
        ),
        (
            _with("facilities", "other;kitchen", "kitchen"),
            "stream other: no facility accepts it; its 2 points cannot be served",
        ),
        (
            _with("trucks", "5500", "12000"),
            "trucks.csv row 2: weight_t = 12 is not above what the truck loads (12000 kg); "
            "expected its gross weight",
        ),
        (
            _with("trucks", "05:00,13:00", "05:00,22:00"),
            "trucks.csv row 2: shift_end = '22:00' makes a shift of more than 16 h from '05:00'",
        ),
        (
            {
                "facilities": GOOD["facilities"]
                .replace("open,close", "capacity_t_day,haul_to")
                .replace("05:00,22:00", "0,")
            },
            "facilities.csv row 3: capacity_t_day = 0: nothing can be unloaded there; "
            "leave it empty for no limit",
        ),
        (
            _with("points", "112.20,31.03", "112.70,31.03"),
            "points.csv row 2: lon, lat = 112.7, 31.03 is 48 km from the middle of all places; "
            "check it",
        ),
        (
            _with("points", "500", "9000"),
            "points.csv row 2: demand_kg = 9000 is more than the largest truck for other holds "
            "(5500 kg); it cannot be served whole",
        ),
        (
            {"fill": "point_id,date,time,fill\nP1,2024-11-25,06:00,1.7\n"},
            "fill.csv row 2: fill = 1.7 is outside 0..1.2; the reading is not used",
        ),
        (
            {"points": GOOD["points"] + "P3,112.21,31.04,other,0,,,3/week\n"},
            "points.csv row 4 repeats an earlier row in all but its identifier",
        ),
    ],
)
def test_warning(tmp_path: Path, tables: dict[str, str], message: str) -> None:
    """What is legal but suspicious is a warning; the city still reads."""
    assert read_city(write_city(tmp_path, **tables)).warnings == [message]


def test_volume_alone_too_large(tmp_path: Path) -> None:
    """A point of little mass but more volume than a truck packs is named; two visits share it."""
    points = GOOD["points"].replace("demand_kg", "demand_kg,demand_m3").replace("500,", "500,30,")
    points = points.replace("other,0,", "other,0,,")
    city = read_city(write_city(tmp_path / "a", points=points))
    # 10 m3 of packed waste at 550 kg/m3 are 22 m3 at 250 kg/m3
    assert city.warnings == [
        "points.csv row 2: demand_m3 = 30 is more than the largest truck for other holds "
        "(22 m3 as it lies in the bin); it cannot be served whole"
    ]
    twice = points.replace("daily", "2/day")
    assert read_city(write_city(tmp_path / "b", points=twice)).warnings == []


def test_hauls_in_a_circle(tmp_path: Path) -> None:
    """Stations that haul to one another are each at fault; a chain that ends is not."""
    faults = faults_of(write_city(tmp_path / "a", facilities=HAUL.format("S2", "S1")))
    assert [fault.split(";")[0] for fault in faults] == [
        "facilities.csv row 3: haul_to = 'S2'",
        "facilities.csv row 4: haul_to = 'S1'",
    ]
    assert read_city(write_city(tmp_path / "b", facilities=HAUL.format("S2", ""))).warnings == []


def test_swapped_against_the_others(tmp_path: Path) -> None:
    """Where both numbers could be either, a swap shows against the other places."""
    europe = {
        name: GOOD[name].replace("112.", "8.").replace("31.", "49.")
        for name in ("points", "facilities")
    }
    europe["points"] = europe["points"].replace("8.20,49.03", "49.03,8.20")
    assert faults_of(write_city(tmp_path, **europe)) == [
        "points.csv row 2: lon, lat = 49.03, 8.2; expected a place near the others, which lie "
        "around 8.2000, 49.0150; it is 5,917 km away; lon and lat look swapped"
    ]


def test_sweeping_without_water_or_station(tmp_path: Path) -> None:
    """Wet sweeping without a water point, and sweepings that nobody takes, are warnings."""
    tables = {
        "trucks": GOOD["trucks"] + "S1,sweeper,D1,4000,05:00,13:00\n",
        "programmes": "cleaning_class,template\n1,w\n",
        "operations": "template,pass_no,vehicle_kind,speed_kmh,water_l_m2,sweepings_kg_km\n"
        "w,1,sweeper,8,0.2,100\n",
    }
    assert read_city(write_city(tmp_path, **tables)).warnings == [
        "stream sweepings: no facility accepts it; no street that yields any can be swept",
        "facilities.csv: no facility of kind water; a sweeper can use no more water than its tank "
        "holds",
    ]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("pointz.csv", "; did you mean points.csv?"),
        ("Trucks.CSV", "; did you mean trucks.csv?"),
        ("closures.geojson", "; did you mean closures.csv?"),
        ("notes.xlsx", ""),
    ],
)
def test_unknown_file_is_a_warning(tmp_path: Path, name: str, hint: str) -> None:
    """A table that no city has is named, with the one it is most like, and not read."""
    folder = write_city(tmp_path)
    (folder / name).write_text("a\n1\n")
    (folder / "points.csv.bak").write_text("old")
    (folder / "~$city.xlsx").write_text("lock of a spreadsheet")
    assert read_city(folder).warnings == [
        f"{name} is none of the city's tables and is not read{hint}"
    ]


def test_good_city_is_quiet(tmp_path: Path) -> None:
    """A good city has no warnings."""
    assert read_city(write_city(tmp_path)).warnings == []


def test_a_flusher_may_hold_nothing(tmp_path: Path):
    """It carries no sweepings away even where its row names them; a sweeper must hold some."""
    folder = write_good(tmp_path)
    head = "truck_id,kind,depot_id,streams,capacity_kg,tank_l,shift_start,shift_end\n"
    row = "X1,{},D1,sweepings,0,4000,04:00,12:00\n"
    written("trucks.csv", head + row.format("flusher"))(folder)
    assert len(read_city(folder).trucks) == 1
    written("trucks.csv", head + row.format("sweeper"))(folder)
    with pytest.raises(InputError, match="capacity_kg = '0'; expected a number > 0 for a sweeper"):
        read_city(folder)

"""Faults and suspicions that show only when cells are seen together."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.city import read_city
from tests.scenarios.test_tables import GOOD, faults_of, write_city

LIMIT = "limit_id,kind,value,way_id,area\n"
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
            {"closures": "closure_id,reason\nC1,works\n"},
            "closures.csv row 2: way_id, name and area are empty; expected one of them",
        ),
        (
            {"limits": LIMIT + "L1,max_weight_t,,7,\n"},
            "limits.csv row 2: value = ''; expected a number for a limit of this kind",
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


def test_unknown_file_is_a_warning(tmp_path: Path) -> None:
    """A table that no city has is named, not read."""
    folder = write_city(tmp_path)
    (folder / "pointz.csv").write_text("a\n1\n")
    assert read_city(folder).warnings == ["pointz.csv is none of the city's tables and is not read"]


def test_good_city_is_quiet(tmp_path: Path) -> None:
    """A good city has no warnings."""
    assert read_city(write_city(tmp_path)).warnings == []

"""Reading logs: moments in every form, faults all at once, trucks that nobody knows."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from routing.errors import InputError
from scenarios.city import City, Settings
from scenarios.coordinates import wgs84_to_gcj02
from scenarios.gps.calibration import parse_borders, read_settings
from scenarios.gps.log import Log, Reading, read_log

SHANGHAI = Reading("wgs84", ZoneInfo("Asia/Shanghai"))
HEADER = "truck_id,time,lon,lat,speed_kmh,heading\n"


def _city() -> City:
    trucks = pd.DataFrame({"truck_id": ["T1", "T2"]})
    return City(Path(), "c", "", "gcj02", {"trucks": trucks}, Settings(), [], [], Path())


def _read(folder: Path, text: str, reading: Reading = SHANGHAI) -> Log:
    path = folder / "gps.csv"
    path.write_text(text, encoding="utf-8")
    return read_log(path, _city(), reading)


@pytest.mark.parametrize(
    "text",
    [
        "2024-11-25 08:30:00",
        "2024/11/25 08:30:00",
        "2024-11-25T08:30:00.000",
        "2024-11-25T08:30:00+08:00",
        "2024-11-25 01:30:00+01:00",
        "2024-11-25T00:30:00Z",
        "1732494600",
        "1732494600.0",
        "1732494600000",
        "２０２４-11-25 08：30：00",
    ],
)
def test_moments_in_every_form(tmp_path: Path, text: str) -> None:
    """Local times, times with a zone, seconds and milliseconds name the same moment."""
    fixes = _read(tmp_path, f"{HEADER}T1,{text},112,31,,\n").fixes
    assert fixes["time_s"].tolist() == [1_732_494_600]
    assert fixes["day_s"].tolist() == [8.5 * 3600]


def test_another_zone(tmp_path: Path) -> None:
    """A plain time is the clock of the city, and its summer time is known."""
    reading = Reading("wgs84", ZoneInfo("Europe/Berlin"))
    text = f"{HEADER}T1,2024-07-01 08:00:00,8.7,49.4,,\nT1,2024-07-01T06:30:00Z,8.7,49.4,,\n"
    fixes = _read(tmp_path, text, reading).fixes
    assert fixes["day_s"].tolist() == [8 * 3600, 8.5 * 3600]
    assert fixes["time_s"].diff().iloc[1] == 1800


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Broken cells of several rows and columns each with row, column, value and expectation."""
    with pytest.raises(InputError) as error:
        _read(
            tmp_path,
            HEADER
            + "T1,soon,112,31,,\n"
            + "T1,2024-11-25 08:00:00,31.0,112.1,,\n"
            + ",2024-11-25 08:00:10,112,31,,\n"
            + "T1,2024-11-25 08:00:20,112,31,fast,400\n",
        )
    told = error.value.faults
    assert len(told) == 5
    assert "gps.csv row 2: time = 'soon'; expected a date and time" in told[0]
    assert told[1].startswith("gps.csv row 3: lat = '112.1'")
    assert "swapped" in told[1]
    assert told[2].startswith("gps.csv row 4: truck_id = ''")
    assert told[3].startswith("gps.csv row 5: speed_kmh = 'fast'")
    assert told[4].startswith("gps.csv row 5: heading = '400'")


def test_columns_that_are_missing_or_unknown(tmp_path: Path) -> None:
    """A header with another name for a column names both and the likely cause."""
    with pytest.raises(InputError) as error:
        _read(tmp_path, "truck_id,time,lon,latt\nT1,2024-11-25 08:00:00,112,31\n")
    assert "column 'latt' is unknown; did you mean lat?" in str(error.value)
    assert "column 'lat' is missing" in str(error.value)


def test_no_file_and_no_table(tmp_path: Path) -> None:
    """A file that is not there, or is a workbook, is named."""
    with pytest.raises(InputError, match=r"gone\.csv is missing"):
        read_log(tmp_path / "gone.csv", _city(), SHANGHAI)
    (tmp_path / "gps.csv").write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match=r"gps\.csv: not a text table"):
        read_log(tmp_path / "gps.csv", _city(), SHANGHAI)


def test_trucks_that_nobody_knows(tmp_path: Path) -> None:
    """Some strangers are left out and named; nothing but strangers is another city's log."""
    row = "2024-11-25 08:00:00,112,31,,\n"
    log = _read(tmp_path, f"{HEADER}T1,{row}B7,{row}")
    assert log.fixes["truck_id"].tolist() == ["T1"]
    assert "1 rows of trucks that trucks.csv does not know are left out: B7" in log.notes[0]
    with pytest.raises(InputError, match=r"truck_id = B7; expected trucks of trucks\.csv"):
        _read(tmp_path, f"{HEADER}B7,{row}")


def test_rows_in_any_order_and_twice(tmp_path: Path) -> None:
    """Fixes come in the order of trucks and time; a moment told twice counts once, with a note."""
    rows = "T2,{},112,31,,\nT1,{},112.1,31,,\nT1,{},112.2,31,,\nT1,{},112.3,31,,\n".format(
        *(f"2024-11-25 08:00:{s:02d}" for s in (0, 20, 10, 20))
    )
    log = _read(tmp_path, HEADER + rows)
    assert log.fixes["truck_id"].tolist() == ["T1", "T1", "T2"]
    assert log.fixes["lon"].tolist() == [112.2, 112.1, 112]
    assert "1 rows repeat the moment of an earlier one" in log.notes[0]


def test_coordinates_become_wgs84(tmp_path: Path) -> None:
    """A log in GCJ-02 is converted; what the file says is kept beside it."""
    lon, lat = wgs84_to_gcj02([112.2], [31.0])
    text = f"{HEADER}T1,1732494600,{lon[0]:.9f},{lat[0]:.9f},,\n"
    log = _read(tmp_path, text, Reading("gcj02", SHANGHAI.zone))
    assert log.fixes["lon"].tolist() == pytest.approx([112.2], abs=1e-8)
    assert log.raw["lon"].tolist() == pytest.approx(lon, abs=1e-8)


def test_settings_of_a_reading() -> None:
    """The city's coordinates unless told otherwise; a zone that does not exist is named."""
    assert read_settings(_city(), None, "Asia/Shanghai").coordinates == "gcj02"
    assert read_settings(_city(), "bd09", "UTC").coordinates == "bd09"
    for zone in ("Asia/Chujing", "", "../etc/passwd"):
        with pytest.raises(InputError, match="--zone"):
            read_settings(_city(), None, zone)


def test_borders_of_hours() -> None:
    """Borders rise from 0 to 24; anything else is refused with an example."""
    assert parse_borders("7, 9,17") == (0, 7, 9, 17, 24)
    assert parse_borders("") == (0, 24)
    for text in ("9,7", "7,7", "25", "7.5", "seven"):
        with pytest.raises(InputError, match="--hours"):
            parse_borders(text)

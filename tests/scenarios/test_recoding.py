"""Rewriting tables as WGS-84: every file or none, never twice, the old content kept."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import openpyxl
import pytest

from routing.errors import InputError
from scenarios import files
from scenarios.city import read_city
from scenarios.coordinates import wgs84_to_bd09, wgs84_to_gcj02
from scenarios.recoding import fix_coordinates
from tests.scenarios.test_tables import GOOD, write_city

AREA = "POLYGON ((112.2 31.03, 112.21 31.03, 112.21 31.04, 112.2 31.03))"
TOML = 'osm = "x"\n\n[rules]\nmeal_break_min = 30\n'


def _moved(text: str, forward=wgs84_to_gcj02) -> str:
    """A table with its places in another system."""
    rows = list(csv.reader(text.splitlines()))
    at = rows[0].index("lon")
    for row in rows[1:]:
        lon, lat = forward(float(row[at]), float(row[at + 1]))
        row[at : at + 2] = [f"{float(lon):.8f}", f"{float(lat):.8f}"]
    return "\n".join(",".join(row) for row in rows) + "\n"


def _shifted_city(folder: Path, toml: str = TOML) -> Path:
    """The good city with points and facilities in GCJ-02."""
    tables = {name: _moved(GOOD[name]) for name in ("points", "facilities")}
    return write_city(folder, toml=toml, **tables)


def _content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_tables_and_settings_are_rewritten(tmp_path: Path) -> None:
    """Places become WGS-84, the settings say so above their first table, copies hold the old."""
    folder = _shifted_city(tmp_path)
    before = _content(folder)
    assert fix_coordinates(folder, "gcj02") == ["points.csv", "facilities.csv", "city.toml"]
    city = read_city(folder)
    assert city.points["lon"].tolist() == pytest.approx([112.20, 112.21], abs=1e-7)
    assert city.facilities["lat"].tolist() == pytest.approx([31.01, 31.02], abs=1e-7)
    assert city.settings.meal_break_s == 1800
    settings = tomllib.loads((folder / "city.toml").read_text())
    assert settings["coordinates"] == "wgs84"
    for name in ("points.csv", "facilities.csv", "city.toml"):
        assert (folder / f"{name}.bak").read_bytes() == before[name]
    assert (folder / "trucks.csv").read_bytes() == before["trucks.csv"]


@pytest.mark.parametrize(
    "toml", [TOML, 'osm = "x"\ncoordinates = "gcj02" # old\n', 'coordinates="wgs84"\nosm = "x"\n']
)
def test_a_second_run_changes_nothing(tmp_path: Path, toml: str) -> None:
    """Whatever the settings said, tables that were rewritten are not shifted again."""
    folder = _shifted_city(tmp_path, toml)
    fix_coordinates(folder, "gcj02")
    before = _content(folder)
    with pytest.raises(InputError, match=r"city.toml: the tables are rewritten as WGS-84 already"):
        fix_coordinates(folder, "gcj02")
    assert _content(folder) == before


def test_areas_short_rows_and_other_signs(tmp_path: Path) -> None:
    """Areas move, rows shorter than the header too; separators and blank rows stay."""
    folder = _shifted_city(tmp_path)
    lon, lat = wgs84_to_gcj02([112.2], [31.03])
    points = f"point_id;lon;lat;stream;demand_kg;side\nP1;{lon[0]};{lat[0]};other;5\n\n"
    (folder / "points.csv").write_text(points)
    moved = [wgs84_to_gcj02(*map(float, p.split())) for p in AREA[10:-2].split(", ")]
    ring = ", ".join(f"{float(x)!r} {float(y)!r}" for x, y in moved)
    limit = f'limit_id,kind,area\nL1,truck_ban,"POLYGON (({ring}))"\n'
    (folder / "limits.csv").write_text(limit)
    fix_coordinates(folder, "gcj02")
    city = read_city(folder)
    assert city.points.loc[0, ["lon", "lat"]].tolist() == pytest.approx([112.2, 31.03], abs=1e-7)
    assert city.limits.loc[0, "area"].startswith("POLYGON ((112.2 31.03, 112.21 31.03")
    assert (folder / "points.csv").read_text(encoding="utf-8-sig").startswith("point_id;lon;lat")


def test_all_faults_stop_the_work(tmp_path: Path) -> None:
    """Cells that cannot be converted are named all at once, and no file is touched."""
    folder = _shifted_city(tmp_path)
    with (folder / "points.csv").open("a") as table:
        table.write("P3,x,31\nP4\n")
    (folder / "limits.csv").write_text('limit_id,area\nL1,"POINT 1"\n')
    before = _content(folder)
    with pytest.raises(InputError) as caught:
        fix_coordinates(folder, "bd09")
    assert caught.value.faults == [
        "points.csv row 4: lon, lat = 'x', '31'; expected coordinates in degrees",
        "points.csv row 5: lon, lat = '', ''; expected coordinates in degrees",
        "limits.csv row 2: area = 'POINT 1'; expected a WKT polygon",
    ]
    assert _content(folder) == before


@pytest.mark.parametrize("fails_at", range(1, 7))
def test_a_failure_halfway_is_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    """If the disk fails at any of the writes, every file is as it was and no copy is left."""
    whole, calls = files.write_whole, iter(range(1, 99))
    folder = _shifted_city(tmp_path)
    before = _content(folder)

    def failing(path: Path, data: bytes | str) -> None:
        if next(calls) == fails_at:
            raise OSError(28, "No space left on device")
        whole(path, data)

    monkeypatch.setattr(files, "write_whole", failing)
    with pytest.raises(InputError, match=r"No space left on device\); nothing was changed"):
        fix_coordinates(folder, "gcj02")
    assert _content(folder) == before


def test_copies_are_never_overwritten(tmp_path: Path) -> None:
    """The oldest content stays in .bak; a later copy takes another name."""
    path = tmp_path / "a.csv"
    for text in ("one", "two", "three"):
        if path.exists():
            files.replace_together({path: text})
        else:
            path.write_text(text)
    assert [(tmp_path / f"a.csv{end}").read_text() for end in ("", ".bak", ".bak2")] == [
        "three",
        "one",
        "two",
    ]


def test_workbook(tmp_path: Path) -> None:
    """A workbook is rewritten too, its settings sheet marks it, a copy of it is kept."""
    path = tmp_path / "city.xlsx"
    book = openpyxl.Workbook()
    for name, text in GOOD.items():
        moved = _moved(text, wgs84_to_bd09) if "lon" in text else text
        for row in csv.reader(moved.splitlines()):
            (book[name] if name in book.sheetnames else book.create_sheet(name)).append(row)
    settings = book.create_sheet("city")
    settings.append(("key", "value"))
    settings.append(("osm", "x"))
    book.save(path)
    old = path.read_bytes()
    assert fix_coordinates(path, "bd09") == ["city.xlsx"]
    city = read_city(path)
    assert city.points["lat"].tolist() == pytest.approx([31.03, 31.04], abs=1e-7)
    assert city.coordinates == "wgs84"
    assert (tmp_path / "city.xlsx.bak").read_bytes() == old
    with pytest.raises(InputError, match=r"city.xlsx sheet city row 3: the tables are rewritten"):
        fix_coordinates(path, "bd09")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "city.toml").unlink(), "city.toml is missing"),
        (lambda f: (f / "city.toml").write_text("osm = ["), "city.toml: cannot be changed; write"),
        (lambda f: [p.unlink() for p in f.glob("*.csv")], "no table with lon and lat"),
        (lambda f: (f / "points.csv").write_bytes(b"PK\x03\x04"), "points.csv: not a text table"),
    ],
)
def test_what_cannot_be_rewritten(tmp_path: Path, spoil, message: str) -> None:
    """A city that could not be marked or read is refused."""
    folder = _shifted_city(tmp_path)
    spoil(folder)
    with pytest.raises(InputError, match=message):
        fix_coordinates(folder, "gcj02")


def test_wrong_declaration_is_corrected(tmp_path: Path) -> None:
    """Tables that are WGS-84 already stay as they are; only the settings change."""
    folder = write_city(tmp_path, toml='osm = "x"\ncoordinates = "bd09"\n')
    before = (folder / "points.csv").read_bytes()
    assert fix_coordinates(folder, "wgs84") == ["city.toml"]
    assert read_city(folder).coordinates == "wgs84"
    assert (folder / "points.csv").read_bytes() == before


def test_refuses_other_systems(tmp_path: Path) -> None:
    """Only the systems that are known can be mended."""
    with pytest.raises(InputError, match="expected gcj02, bd09 or wgs84"):
        fix_coordinates(tmp_path, "mars")

"""A city cut down to the streams of a question."""

from __future__ import annotations

from pathlib import Path

from scenarios.city import read_city
from scenarios.narrow import narrowed
from tests.scenarios.edits.towns import town_city


def test_a_stream_keeps_what_shares_its_trucks_and_facilities(tmp_path: Path) -> None:
    """Kitchen waste stands alone; other waste shares its station with recyclables, not with K1."""
    city = town_city(tmp_path)
    alone = narrowed(city, ["kitchen"])
    assert set(alone.points["stream"]) == {"kitchen"}
    assert set(alone.trucks["truck_id"]) == {"F1"}
    assert len(alone.facilities) == len(city.facilities)
    joined = narrowed(city, ["other"])
    assert set(joined.points["stream"]) == {"other", "recyclable"}
    assert joined.tables["programmes"].empty
    assert len(city.tables["programmes"])


def test_sweepings_keep_the_cleaning_of_streets(tmp_path: Path) -> None:
    """Asked for sweepings, programmes and sweepers stay, with all that unloads at their station."""
    city = town_city(tmp_path)
    found = narrowed(city, ["sweepings"])
    assert len(found.tables["programmes"]) == len(city.tables["programmes"])
    assert set(found.trucks["truck_id"]) == {"C1", "R1", "S1"}


def test_tables_that_name_points_stay_whole(tmp_path: Path) -> None:
    """Readings of points that went go too, so that the city is still one that can be checked."""
    town_city(tmp_path)
    fill = "point_id,date,time,fill\nP6,2024-11-24,08:00,0.5\nP1,2024-11-24,08:00,0.5\n"
    (tmp_path / "fill.csv").write_text(fill, encoding="utf-8")
    found = narrowed(read_city(tmp_path), ["kitchen"])
    assert set(found.tables["fill"]["point_id"]) == {"P6"}

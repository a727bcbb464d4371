"""Merged points: limits, waste, windows, capacity."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.city import City, read_city
from scenarios.edits.capacity import due_days_a_week
from scenarios.edits.merging import ANY_TIME, common_windows, walks_to
from scenarios.edits.scenario import apply_scenario, read_scenario
from scenarios.run import load_network
from scenarios.sample import write_sample
from scenarios.walking import WalkingStreets, walking_table
from tests.cities import place
from tests.scenarios.edits.towns import edited, town_city

MERGE = '[[edit]]\ndo = "merge_points"\nwalk_m = 400\n'
spans = st.tuples(st.integers(0, 40), st.integers(1, 8)).map(lambda p: (p[0], p[0] + p[1]))


@settings(max_examples=60)
@given(st.lists(st.lists(spans, max_size=2).map(tuple), min_size=1, max_size=4))
def test_common_windows_hold_everywhere(many: list[tuple[tuple[int, int], ...]]) -> None:
    """A moment lies in the common windows exactly if it lies in a window of each."""
    common = common_windows(many)
    for moment in np.arange(0.25, 50, 0.5):
        inside = all(not w or any(a < moment < b for a, b in w) for w in many)
        assert any(a < moment < b for a, b in common) == inside


def test_without_windows_any_time_is_common() -> None:
    """Bins without windows can be emptied at any time, merged or not."""
    assert common_windows([(), ()]) == ANY_TIME


def two_bins(folder: Path, first: str, second: str) -> pd.Series:
    """The point that two bins of one street become; each is ``window,window,frequency``."""
    city = town_city(folder, x=MERGE)
    text = "point_id,lon,lat,stream,demand_kg,window_start,window_end,frequency\n"
    text += f"A,{place(0.4, 0)},other,400,{first}\nB,{place(0.6, 0)},other,100,{second}\n"
    (folder / "points.csv").write_text(text, encoding="utf-8")
    city = read_city(folder)
    points = apply_scenario(city, read_scenario(city, "x"), lambda: load_network(city, str)).city
    assert list(points.points["point_id"]) == ["A"]  # the heavier place is kept: less is walked
    return points.points.iloc[0]


def test_two_bins_become_one(tmp_path: Path) -> None:
    """Waste adds up, hours are those in common, bins follow the formula, service the emptied."""
    point = two_bins(tmp_path, "05:00,12:00,daily", "08:00,14:00,daily")
    assert point["demand_kg"] == 500
    assert (point["window_start"], point["window_end"]) == (8 * 3600, 12 * 3600)
    assert point["bins"] == 28  # by hand in test_capacity
    emptied = 10  # 500 kg / (250 kg/m3 x 0.204 m3) = 9.8
    settings_ = read_city(tmp_path).settings
    assert point["service_s"] == settings_.stop_s + emptied * settings_.bin_s


def test_frequencies_are_joined_by_the_week(tmp_path: Path) -> None:
    """A bin emptied twice a week gives two sevenths of its mass to each daily visit."""
    point = two_bins(tmp_path, ",,daily", ",,mon,thu".replace("mon,thu", '"mon,thu"'))
    assert point["frequency"] == "daily"
    assert point["demand_kg"] == pytest.approx(400 + 100 * 2 / 7)


def test_hours_without_overlap_are_the_heaviest(tmp_path: Path) -> None:
    """Where no moment suits all bins, the hours of the one with most waste hold."""
    point = two_bins(tmp_path, "05:00,08:00,daily", "09:00,14:00,daily")
    assert (point["window_start"], point["window_end"]) == (5 * 3600, 8 * 3600)


def test_far_bins_stay(tmp_path: Path) -> None:
    """Nothing is merged beyond the limit: at one metre every point keeps its row."""
    one = edited(tmp_path, MERGE.replace("400", "1"))
    before = read_city(tmp_path).points
    assert one.city.points.drop(columns="row").equals(before.drop(columns="row"))


def test_smart_points_are_spared(tmp_path: Path) -> None:
    """A smart point is merged only where its kind is named."""
    city = town_city(tmp_path, x=MERGE)
    text = "point_id,lon,lat,stream,demand_kg,kind\n"
    text += f"A,{place(0.4, 0)},other,400,smart\nB,{place(0.6, 0)},other,100,street\n"
    (tmp_path / "points.csv").write_text(text, encoding="utf-8")
    city = read_city(tmp_path)
    done = apply_scenario(city, read_scenario(city, "x"), lambda: load_network(city, str))
    assert list(done.city.points["point_id"]) == ["A", "B"]


def inner_points(city: City, count: int) -> City:
    """The city with the points around its middle alone: as dense as bins of a street are."""
    points = city.points
    off = (points["lon"] - points["lon"].median()).abs() + (
        points["lat"] - points["lat"].median()
    ).abs()
    inner = points.loc[off.sort_values(kind="stable").index[:count]].sort_index()
    none = {name: city.tables[name].iloc[:0] for name in ("fill", "weighings")}
    return replace(city, tables={**city.tables, **none, "points": inner.reset_index(drop=True)})


@pytest.mark.real_map
def test_nanshan_within_the_limit(shared_osm: Path, tmp_path: Path) -> None:
    """Of 300 bins of Nanshan none is carried farther than 120 m and no waste is lost.

    The bins of five merged points are those of the formula, written out here once more.
    """
    osm = shared_osm / "cn_shenzhen_nanshan.osm"
    folder = write_sample(tmp_path / "city", osm=osm, points=1500, seed=1)
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "m.toml").write_text('[[edit]]\ndo = "merge_points"\n')
    city = inner_points(read_city(folder), 300)
    network = load_network(city, str)
    done = apply_scenario(city, read_scenario(city, "m"), lambda: network)
    at = {row.point_id: row for row in city.points.itertuples()}
    now = {row.point_id: row for row in done.city.points.itertuples()}
    walks = [walk for walk in done.walks if walk.walk_m > 0]
    streets = WalkingStreets(network)
    for walk in walks:
        bin_, point = at[walk.point_id], now[walk.merged_id]
        spots = streets.spots([bin_.lon, point.lon], [bin_.lat, point.lat])
        assert walk.walk_m == pytest.approx(walking_table(streets, spots, 120.0)[0, 1])
    for stream, rows in city.points.groupby("stream"):
        kept = done.city.points[done.city.points["stream"] == stream]
        assert _daily(kept).sum() == pytest.approx(_daily(rows).sum())
    merged = [name for name in now if sum(w.merged_id == name for w in done.walks) > 1]
    for name in merged[:5]:
        row = now[name]
        daily = sum(w.mass_kg_day for w in done.walks if w.merged_id == name)
        density = {"other": 250, "kitchen": 600, "recyclable": 80, "hazardous": 200}[row.stream]
        gap = {"daily": 1, "3/week": 3, "2/week": 4, "mon": 7, "1/month": 31, "2/month": 16}
        volume = 1.3 * 1.035 * daily / (density * 0.8) * 1.65
        assert row.bins == int(np.ceil(gap[row.frequency] * volume / (0.240 * 0.85)))
    assert len(merged) >= 5


def _daily(rows: pd.DataFrame) -> pd.Series:
    return rows["demand_kg"] * rows["frequency"].map(due_days_a_week) / 7


def test_walks_to_a_place_are_those_between_places(tmp_path: Path) -> None:
    """From every bin to each place of another one: the same metres as in the table of all pairs."""
    city = town_city(tmp_path)
    streets = WalkingStreets(load_network(city, str))
    rows = city.points
    table = walking_table(streets, streets.spots(rows["lon"], rows["lat"]), 700)
    for k, (lon, lat) in enumerate(zip(rows["lon"], rows["lat"], strict=True)):
        assert walks_to(streets, rows, (lon, lat), 700) == pytest.approx(table[:, k])
    assert np.isfinite(table).sum() > len(rows)

"""Fill levels of smart points: prediction by hand, and every kind of doubt."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.city import read_city
from scenarios.fill_levels import (
    DUE_FILL,
    FALLS,
    HIGHEST_FILL,
    NO_READING,
    OUT_OF_RANGE,
    READ_UNTIL_S,
    SILENT,
    STUCK,
    TWO_LEVELS,
    FillVerdict,
    Reading,
    fill_rate,
    judge,
    judge_points,
    readings_of,
)
from tests.scenarios.test_tables import GOOD, write_city

H = 3600
NOON = 12 * H


def at(*pairs: tuple[float, float]) -> list[Reading]:
    """Return readings from (hour of the planned date, level)."""
    return [Reading(round(hour * H), fill) for hour, fill in pairs]


def test_level_is_carried_on_at_the_recent_rate():
    """0.3 to 0.5 in 10 h is 0.02 an hour: after 7 more hours the level is 0.64."""
    verdict = judge(at((-5, 0.3), (5, 0.5)), NOON)
    assert verdict.fill == pytest.approx(0.64)
    assert verdict.doubt == ""
    assert not verdict.is_due


def test_due_from_the_threshold_on():
    """The threshold itself is due, a hair below is not, doubt never is."""
    assert FillVerdict(DUE_FILL).is_due
    assert not FillVerdict(DUE_FILL - 1e-6).is_due
    assert not FillVerdict(None, SILENT).is_due


def test_emptyings_do_not_count_into_the_rate():
    """Up 0.4 in 20 h, emptied within an hour, up 0.1 in 4 h: 0.5 in 24 h."""
    readings = at((-20, 0.4), (0, 0.8), (1, 0.05), (5, 0.15))
    assert fill_rate(readings) * H == pytest.approx(0.5 / 24)
    assert judge(readings, 5 * H).fill == pytest.approx(0.15)


def test_old_readings_do_not_count_into_the_rate():
    """What lies more than seven days before the last reading is history."""
    readings = at((-24 * 9, 0.0), (-24 * 8, 0.9), (-5, 0.2), (5, 0.3))
    assert fill_rate(readings) * H == pytest.approx(0.01)


def test_prediction_never_passes_the_brim():
    """Filling stops at the highest level that a sensor may show."""
    assert judge(at((0, 0.2), (5, 0.9)), 40 * H).fill == HIGHEST_FILL


def test_a_single_reading_is_taken_as_it_is():
    """Without a second reading there is no rate; the level itself counts."""
    assert judge(at((3, 0.75)), NOON) == FillVerdict(0.75)


def test_a_visit_before_the_reading_predicts_nothing_backwards():
    """A visit just after midnight cannot un-fill the bin."""
    assert judge(at((0, 0.5), (5, 0.7)), 1 * H).fill == pytest.approx(0.7)


DOUBTS = [
    ([], NO_READING),
    (at((-31, 0.4)), SILENT),
    (at((-10, 0.4), (4, 1.3)), OUT_OF_RANGE),
    (at((-10, -0.1), (4, 0.3)), OUT_OF_RANGE),
    (at((-10, 0.4), (4, float("nan"))), OUT_OF_RANGE),
    (at((-8, 0.5), (-6, 0.52), (-4, 0.3), (-2, 0.32)), FALLS),
    (at((-8, 0.2), (4, 0.3), (4, 0.6)), TWO_LEVELS),
    (at((-80, 0.4), (-40, 0.4), (4, 0.4)), STUCK),
]


@pytest.mark.parametrize(("readings", "doubt"), DOUBTS)
def test_contradictions_are_named(readings, doubt):
    """Each way in which a sensor fails has its own word and no prediction."""
    assert judge(readings, NOON) == FillVerdict(None, doubt)


def test_borders_of_the_doubts():
    """36 h exactly is not silent, 72 h exactly not stuck, 1.2 exactly not out of range."""
    edge_h = READ_UNTIL_S / H - 36
    assert judge(at((edge_h, 0.4)), NOON).fill == 0.4
    assert judge([Reading(READ_UNTIL_S - 36 * H - 1, 0.4)], NOON).doubt == SILENT
    assert judge(at((-68, 0.4), (4, 0.4)), NOON).fill == 0.4
    assert judge(at((-68.01, 0.4), (4, 0.4)), NOON).doubt == STUCK
    assert judge(at((4, 1.2)), NOON).fill == HIGHEST_FILL


def test_wavering_and_emptying_are_no_contradiction():
    """A fall within the noise, and one down to an empty bin, are believed."""
    assert judge(at((-8, 0.50), (-4, 0.46), (4, 0.52)), 4 * H).fill == pytest.approx(0.52)
    assert judge(at((-8, 0.9), (-4, 0.1), (4, 0.3)), 4 * H).fill == pytest.approx(0.3)


def test_emptied_and_refilled_between_sparse_readings():
    """0.3 in 12 h before: after an emptying the bin may show up to 0.15 + 0.3 again."""
    rising = ((-36, 0.3), (-24, 0.6), (-12, 0.9))
    assert judge(at(*rising, (0, 0.44)), 0).fill == pytest.approx(0.44)
    assert judge(at(*rising, (0, 0.46)), 0).doubt == FALLS


def test_old_faults_are_forgiven():
    """A false value or fall of last week does not silence a sensor that works today."""
    assert judge(at((-60, 9.0), (-6, 0.4), (4, 0.5)), 4 * H).fill == pytest.approx(0.5)
    old_fall = at((-100, 0.6), (-98, 0.4), (-20, 0.5), (4, 0.6))
    assert judge(old_fall, 4 * H).fill == pytest.approx(0.6)


@given(
    st.lists(st.tuples(st.integers(-10 * 24 * H, READ_UNTIL_S), st.floats(-0.5, 2.0)), max_size=12),
    st.integers(0, 48 * H),
)
def test_every_history_gets_a_verdict(pairs, visit_s):
    """Whatever a sensor sends: either a level in range, or a doubt; never both, never neither."""
    readings = [Reading(*pair) for pair in sorted(pairs)]
    verdict = judge(readings, visit_s)
    assert (verdict.fill is None) == bool(verdict.doubt)
    assert verdict.fill is None or 0 <= verdict.fill <= HIGHEST_FILL


FILL = """point_id,date,time,fill
P1,2024-11-25,05:00,0.6
P1,2024-11-24,20:00,0.5
P1,2024-11-25,05:31,0.9
P1,2024-11-26,00:00,0.1
P2,2024-11-20,12:00,0.4
"""


def test_only_readings_up_to_the_morning_count(tmp_path: Path):
    """Readings of 20:00 the day before are at -4 h; 05:31 and tomorrow are not known yet."""
    city = read_city(write_city(tmp_path, fill=FILL))
    found = readings_of(city, dt.date(2024, 11, 25))
    assert found["P1"] == at((-4, 0.5), (5, 0.6))
    assert found["P2"] == at((-24 * 5 + 12, 0.4))


def test_points_are_judged_by_their_own_visit_time(tmp_path: Path):
    """P1 gains 0.1 in 9 h; P2 is silent; P3 never sent anything."""
    city = read_city(write_city(tmp_path, fill=FILL, points=GOOD["points"]))
    visits = {"P1": 14 * H, "P2": NOON, "P3": NOON}
    verdicts = judge_points(city, dt.date(2024, 11, 25), visits)
    assert verdicts["P1"].fill == pytest.approx(0.7)
    assert verdicts["P2"] == FillVerdict(None, SILENT)
    assert verdicts["P3"] == FillVerdict(None, NO_READING)


def test_a_city_without_readings(tmp_path: Path):
    """An absent fill.csv leaves every sensor without a reading."""
    city = read_city(write_city(tmp_path))
    assert readings_of(city, dt.date(2024, 11, 25)) == {}

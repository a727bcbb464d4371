"""Snow in heaps: volumes, masses, loading times and hours of duty, by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from routing.errors import InputError
from scenarios.cleaning.storm import Storm, read_storm
from scenarios.snow.crew import hours_on_duty
from scenarios.snow.heaps import litres_of, loading_s, mass_of

H = 3600
GOOD = (
    'date = 2024-11-25\nsnow_from = "01:00"\nsnow_to = "04:00"\ndepth_cm = 10\ntemp_c = -4\n'
    'shift = "00:00-14:00"\n'
)


def storm() -> Storm:
    """10 cm of snow, heaped to 0.4 of that, 3.5 m wide, 400 kg/m3, 150 m3/h."""
    return Storm(dt.date(2024, 11, 25), H, 4 * H, 10, -4, (0, 14 * H))


def test_volume_mass_and_time_by_hand():
    """100 m x 3.5 m x 0.1 m x 0.4 = 14 m3 of 5.6 t, which take 336 s."""
    assert litres_of(storm(), 100_00) == 14_000
    assert mass_of(storm(), 14_000) == 5_600
    assert loading_s(storm(), 14_000) == 336
    assert loading_s(storm(), 1) == 1


@pytest.mark.parametrize(
    ("shift", "haul", "expected"),
    [
        ((6 * H, 14 * H), (8 * H, 20 * H), (8 * H, 14 * H)),  # the same day
        ((6 * H, 14 * H), (20 * H, 32 * H), (30 * H, 32 * H)),  # again the next morning
        ((20 * H, 30 * H), (2 * H, 10 * H), (2 * H, 6 * H)),  # begun the evening before
        ((6 * H, 14 * H), (14 * H, 23 * H), None),
    ],
)
def test_shifts_are_the_same_every_day(shift, haul, expected):
    """The first part of a shift that lies within the hours of hauling."""
    assert hours_on_duty(*shift, haul) == expected


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('haul = "03:00-09:00"', "haul begins before snow_to; expected hours after the snow"),
        ('haul = "20:00"', "haul = '20:00'; expected two times in order"),
        ("haul_priorities = 1.5", "haul_priorities = 1.5; expected a whole number from 1 to 3"),
        ("cycle_min = 90.5", "cycle_min = 90.5; expected a whole number from 30 to 1440"),
        ("snow_kg_m3 = 5", "snow_kg_m3 = 5; expected a number from 50 to 900"),
        ('loader_m3_h = "fast"', "loader_m3_h = 'fast'; expected a number from 5 to 2000"),
    ],
)
def test_faults_of_hauling_are_told(tmp_path: Path, line, text):
    """Each with what is expected."""
    file = tmp_path / "storm.toml"
    file.write_text(GOOD + line + "\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_storm(file)
    assert text in str(error.value)

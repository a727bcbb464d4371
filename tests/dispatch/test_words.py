"""Words in both languages, times and street names as people read them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dispatch import words
from dispatch.kpis import HAUL_KEYS, KPI_KEYS, WASHES
from dispatch.planfile import ACTIVITY_KINDS
from scenarios.schema import ENERGIES, FACILITY_KINDS, STREAMS, SWEEPINGS, TRUCK_KINDS


@pytest.mark.parametrize("name", ["STREAMS", "TRUCK_KINDS", "FACILITY_KINDS", "ACTIVITIES", "KPIS"])
def test_pairs_are_chinese_and_english(name: str) -> None:
    """Each pair has Chinese characters first and none second, and no pair comes twice."""
    pairs = getattr(words, name)
    for chinese, english in pairs.values():
        assert re.search("[一-鿿]", chinese)
        assert re.fullmatch("[ -~]+", english)
    named = {key: pair for key, pair in pairs.items() if key not in ("rest", "break")}
    assert len({english for _, english in named.values()}) == len(named)


def test_every_kind_of_the_tables_has_a_word() -> None:
    """Whatever kind of truck, facility or stream a table may name is shown in both languages."""
    assert set(TRUCK_KINDS) <= set(words.TRUCK_KINDS)
    assert set(FACILITY_KINDS) <= set(words.FACILITY_KINDS)
    assert {*STREAMS, SWEEPINGS} <= set(words.STREAMS)
    assert set(ENERGIES) <= set(words.ENERGIES)
    assert set(ACTIVITY_KINDS) <= set(words.ACTIVITIES)
    assert set(words.KPIS) == {*KPI_KEYS, *HAUL_KEYS, WASHES}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "00:00"), (59, "00:00"), (3600, "01:00"), (86_399, "23:59"), (90_060, "25:01")],
)
def test_clock(seconds: int, text: str) -> None:
    """Seconds are cut off and hours run on past midnight."""
    assert words.clock(seconds) == text


def test_window_text() -> None:
    """A window reads as two times, no window as nothing."""
    assert words.window_text([18_000, 45_000]) == "05:00–12:30"
    assert words.window_text((79_200, 93_600)) == "22:00–26:00"
    assert words.window_text(None) == ""


def test_unknown_words_stand_for_themselves() -> None:
    """A key without a pair is shown as it is, once."""
    assert words.both(words.word_of(words.STREAMS, "glass")) == "glass"
    assert words.both(words.word_of(words.STREAMS, "other")) == "其他垃圾 Other waste"


def test_several_streams() -> None:
    """Streams put down together are named one after the other; none gives nothing."""
    assert words.stream_text("kitchen;glass") == "厨余垃圾 Kitchen waste / glass"
    assert words.stream_text("") == ""


@pytest.mark.parametrize(
    ("kind", "name", "truck", "english"),
    [
        ("break", "meal", "collector", "Meal"),
        ("break", "rest", "collector", "Rest"),
        ("break", "", "collector", "Break"),
        ("street", "meal", "sweeper", "Sweep"),
        ("street", "人民路", "flusher", "Flush"),
        ("street", "人民路", "plough", "Plough"),
        ("stop", "meal", "flusher", "Collect"),
        ("stop", "人民路 1/3", "tipper", "Load snow"),
        ("street", "人民路", "loader", "Load snow"),
    ],
)
def test_activity_words(kind: str, name: str, truck: str, english: str) -> None:
    """What a crew does depends on the kind of activity, of break, and of truck."""
    assert words.activity_word({"kind": kind, "name": name}, truck)[1] == english


def test_task_numbers_count_what_is_served() -> None:
    """Depots, stations and breaks have no number and do not interrupt the count."""
    kinds = ["start", "stop", "break", "stop", "unload", "refill", "street", "end"]
    assert words.task_numbers([{"kind": kind} for kind in kinds]) == [0, 1, 0, 2, 0, 0, 3, 0]


def leg(*streets: tuple[str, int]) -> dict[str, Any]:
    """Return a leg along streets."""
    return {"streets": [list(street) for street in streets]}


def test_main_streets_by_hand() -> None:
    """The longest named streets in driving order, neighbors of one name merged."""
    assert words.main_streets(None) == []
    assert words.main_streets(leg(("", 300), ("", 20))) == []
    assert words.main_streets(leg(("a", 10), ("", 900), ("b", 5))) == [("a", 10), ("b", 5)]
    driven = leg(("a", 50), ("b", 1), ("a", 70), ("c", 30))
    assert words.main_streets(driven, 3) == [("a", 120), ("c", 30)]
    assert words.main_streets(driven, 1) == [("a", 70)]
    ties = leg(("a", 5), ("b", 5), ("c", 5))
    assert words.main_streets(ties, 2) == [("a", 5), ("b", 5)]


def test_ploughs_and_loaders_do_not_clean_streets() -> None:
    """The work on streets has another name in winter; all other words stay."""
    assert words.words_of_streams(["sweeper", "collector"]) == words.STREAMS
    ploughed = words.words_of_streams(["plough", "plough"])
    assert ploughed["sweepings"] == ("除雪", "Ploughing")
    assert {k: w for k, w in ploughed.items() if k != "sweepings"} == {
        k: w for k, w in words.STREAMS.items() if k != "sweepings"
    }
    assert words.stream_text("sweepings", "loader") == "装雪 Loading snow"
    assert words.stream_text("sweepings", "sweeper") == "道路保洁 Street cleaning"

"""Tank and hopper over time, from a hand-made route."""

from __future__ import annotations

from dispatch.tanks import level, tanks_page

ACTIVITIES = [
    {"begin_s": 0, "end_s": 0, "tank_l": 1000, "load_kg": 0},
    {"begin_s": 600, "end_s": 1200, "tank_l": 400, "load_kg": 50},
    {"begin_s": 1800, "end_s": 2400, "tank_l": 1000, "load_kg": 50},
    {"begin_s": 3000, "end_s": 3000, "tank_l": 1000, "load_kg": 0},
]


def test_levels_change_while_work_is_done():
    """From full to 40 % while flushing, level on the way, full again at the water point."""
    assert level(ACTIVITIES, "tank_l", 1000) == [
        (0, 1.0), (0, 1.0), (600, 1.0), (1200, 0.4), (1800, 0.4), (2400, 1.0), (3000, 1.0),
        (3000, 1.0),
    ]  # fmt: skip


def test_the_page_has_a_line_for_what_a_vehicle_has():
    """A flusher has a tank and no hopper; a collector is no street vehicle; names are harmless."""
    route = {
        "truck_id": "F<1>", "truck_kind": "flusher", "start_s": 0, "end_s": 3000,
        "tank_l": 1000, "capacity_kg": 0, "activities": ACTIVITIES,
    }  # fmt: skip
    other = route | {"truck_id": "C1", "truck_kind": "collector"}
    page = tanks_page({"city": "小城", "date": "2024-11-25", "routes": [route, other]})
    assert page.count("<polyline") == 1
    assert "F&lt;1&gt; 洒水车 Flusher" in page
    assert "C1" not in page

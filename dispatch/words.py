"""The words that sheets, maps and tables show: each a pair of Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Pair = tuple[str, str]

STREAMS: dict[str, Pair] = {
    "recyclable": ("可回收物", "Recyclables"),
    "hazardous": ("有害垃圾", "Hazardous"),
    "kitchen": ("厨余垃圾", "Kitchen waste"),
    "other": ("其他垃圾", "Other waste"),
    "sweepings": ("道路保洁", "Street cleaning"),
    "snow": ("积雪", "Snow"),
}

TRUCK_KINDS: dict[str, Pair] = {
    "collector": ("压缩式收集车", "Collector"),
    "kitchen": ("厨余收集车", "Kitchen-waste truck"),
    "hazardous": ("有害垃圾车", "Hazardous-waste truck"),
    "recyclable": ("可回收物车", "Recyclables truck"),
    "hooklift": ("拉臂车", "Hook-lift truck"),
    "transfer": ("转运车", "Transfer truck"),
    "sweeper": ("洗扫车", "Sweeper"),
    "flusher": ("洒水车", "Flusher"),
    "plough": ("除雪车", "Plough"),
    "loader": ("装载机", "Loader"),
    "tipper": ("自卸车", "Tipper"),
}

WINTER_WORK: dict[str, Pair] = {
    "plough": ("除雪", "Ploughing"),
    "loader": ("装雪", "Loading snow"),
}
"""What trucks do on streets in winter, where others clean them."""

FACILITY_KINDS: dict[str, Pair] = {
    "depot": ("停车场", "Depot"),
    "transfer": ("转运站", "Transfer station"),
    "plant": ("处理厂", "Plant"),
    "landfill": ("填埋场", "Landfill"),
    "wash": ("洗车站", "Wash station"),
    "water": ("加水点", "Water point"),
    "salt": ("融雪剂站", "Salt store"),
    "snow_dump": ("雪堆场", "Snow dump"),
}

ACTIVITIES: dict[str, Pair] = {
    "start": ("出车", "Start"),
    "stop": ("收集", "Collect"),
    "exchange": ("换箱", "Exchange the container"),
    "street": ("清扫", "Sweep"),
    "load": ("装车", "Load"),
    "unload": ("卸料", "Unload"),
    "refill": ("加水", "Refill"),
    "wash": ("洗车", "Wash"),
    "change": ("换装品类", "Change of stream"),
    "meal": ("用餐", "Meal"),
    "rest": ("休息", "Rest"),
    "break": ("休息", "Break"),
    "end": ("收车", "End"),
    "flush": ("冲洗", "Flush"),
    "plough": ("除雪", "Plough"),
    "heap": ("装雪", "Load snow"),
}

SIDES: dict[str, Pair] = {
    "right": ("右侧", "right side"),
    "left": ("左侧", "left side"),
    "middle": ("中间车道", "middle lane"),
}

ENERGIES: dict[str, Pair] = {"diesel": ("柴油", "diesel"), "electric": ("电", "electricity")}

KPIS: dict[str, Pair] = {
    "stops": ("收集点", "Stops"),
    "streets": ("路段", "Streets"),
    "length_m": ("行驶里程", "Distance"),
    "swept_m": ("保洁里程", "Swept"),
    "driving_s": ("行驶", "Driving"),
    "service_s": ("作业", "Service"),
    "waiting_s": ("等候", "Waiting"),
    "mass_kg": ("收运量", "Mass"),
    "cost": ("成本", "Cost"),
    "co2_g": ("碳排放", "CO2"),
    "punctuality": ("准点率", "Punctuality"),
    "load_factor": ("装载率", "Load factor"),
    "trips": ("趟次", "Trips"),
    "trucks_used": ("出动车辆", "Trucks used"),
    "overtime_s": ("加班", "Overtime"),
    "unserved": ("未完成", "Unserved"),
    "unserved_kg": ("未收运量", "Unserved mass"),
    "washes": ("进城洗车", "Washes on entering"),
    "hauls": ("转运车次", "Hauls"),
    "hauled_kg": ("转运量", "Hauled"),
}

UNNAMED_STREET: Pair = ("无名路", "unnamed road")
FROM_HERE: Pair = ("就地", "from here")

_STREET_WORK = {"flusher": "flush", "plough": "plough", "loader": "heap"}


def word_of(words: Mapping[str, Pair], key: str) -> Pair:
    """Return the pair for ``key``; a key that has none stands for itself in both languages."""
    return words.get(key, (key, key))


def both(pair: Pair) -> str:
    """Return Chinese and English side by side, once if they are the same."""
    return pair[0] if pair[0] == pair[1] else f"{pair[0]} {pair[1]}"


def stream_text(streams: str, truck_kind: str = "") -> str:
    """Return one stream, or several with ``;`` between them, in both languages."""
    words = words_of_streams([truck_kind])
    return " / ".join(both(word_of(words, one)) for one in streams.split(";") if one)


def words_of_streams(truck_kinds: Iterable[str]) -> dict[str, Pair]:
    """Return the words of all streams on a day of some kinds of trucks."""
    work = [WINTER_WORK[kind] for kind in truck_kinds if kind in WINTER_WORK]
    return STREAMS | {"sweepings": work[0]} if work else STREAMS


def task_numbers(activities: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return the running number of each stop and street, as the map shows it; 0 for the rest."""
    served = 0
    numbers = []
    for activity in activities:
        is_task = activity["kind"] in ("stop", "street")
        served += is_task
        numbers.append(served if is_task else 0)
    return numbers


def activity_key(activity: Mapping[str, Any], truck_kind: str = "") -> str:
    """Return the key of ``ACTIVITIES`` that says what the crew does there."""
    kind = str(activity["kind"])
    if kind == "break" and activity.get("name") in ("meal", "rest"):
        return str(activity["name"])
    if kind == "stop" and truck_kind == "hooklift":
        return "exchange"
    if kind == "stop" and truck_kind == "tipper":
        return "heap"
    if kind == "street":
        return _STREET_WORK.get(truck_kind, kind)
    return kind


def activity_word(activity: Mapping[str, Any], truck_kind: str = "") -> Pair:
    """Return what the crew does there, in both languages."""
    return word_of(ACTIVITIES, activity_key(activity, truck_kind))


def clock(seconds: int) -> str:
    """Return a time of day as ``HH:MM``, seconds cut off; hours run on past midnight."""
    minutes = seconds // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def window_text(window: list[int] | tuple[int, int] | None) -> str:
    """Return a time window as ``HH:MM-HH:MM``, or nothing if there is none."""
    return f"{clock(window[0])}–{clock(window[1])}" if window else ""


def main_streets(leg: Mapping[str, Any] | None, limit: int = 5) -> list[tuple[str, int]]:
    """Return the streets that a driver follows on a leg, in driving order.

    Unnamed pieces are left out while a named one remains. Where more than ``limit`` names
    would be left, the shortest go first, and neighbors of one name are then merged.

    Returns
    -------
    list of (name, metres)
    """
    if not leg:
        return []
    named = [(str(name), int(length)) for name, length in leg.get("streets", []) if name]
    longest = sorted(range(len(named)), key=lambda i: (-named[i][1], i))[:limit]
    kept: list[tuple[str, int]] = []
    for i in sorted(longest):
        name, length = named[i]
        if kept and kept[-1][0] == name:
            kept[-1] = (name, kept[-1][1] + length)
        else:
            kept.append((name, length))
    return kept

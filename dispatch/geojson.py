"""A plan as GeoJSON (RFC 7946): legs, worked streets, places, stations and what is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatch.lines import leg_line, work_line
from dispatch.planfile import STANDING
from dispatch.words import clock, task_numbers
from scenarios.files import write_whole

if TYPE_CHECKING:
    from routing.network import Network

Feature = dict[str, Any]

_PLACE_KEYS = (
    "id",
    "name",
    "district",
    "stream",
    "arrive_s",
    "begin_s",
    "end_s",
    "mass_kg",
    "volume_l",
    "water_l",
    "load_kg",
    "tank_l",
    "trip",
)
_UNSERVED_KEYS = (
    "id",
    "name",
    "district",
    "stream",
    "mass_kg",
    "length_m",
    "reason",
    "text",
    "text_zh",
)
_FACILITY_KEYS = ("facility_id", "name", "kind", "bays", "received_kg", "capacity_kg_day")


def plan_features(plan: Mapping[str, Any], network: Network | None = None) -> dict[str, Any]:
    """Return the feature collection of a plan.

    ``properties.layer`` tells the features apart: ``leg``, ``work`` (worked streets, drawn only
    with a network), ``place`` (one for each activity with a place of its own), ``facility``,
    ``unserved``. Numbers keep the names and units of the plan.
    """
    features: list[Feature] = []
    for route in plan["routes"]:
        features.extend(_route_features(route, network))
    features.extend(
        _point(f, {"layer": "facility", **_pick(f, _FACILITY_KEYS)}) for f in plan["facilities"]
    )
    features.extend(
        _point(u, {"layer": "unserved", "task": u["kind"], **_pick(u, _UNSERVED_KEYS)})
        for u in plan["unserved"]
    )
    return {
        "type": "FeatureCollection",
        "name": f"{plan['city']} {plan['date']}",
        "attribution": "© OpenStreetMap contributors",
        "features": features,
    }


def write_geojson(path: Path, plan: Mapping[str, Any], network: Network | None = None) -> None:
    """Write the plan as one GeoJSON file, a feature a line."""
    collection = plan_features(plan, network)
    features = ",\n".join(_compact(feature) for feature in collection.pop("features"))
    head = _compact(collection)[:-1]
    write_whole(Path(path), f'{head},"features":[\n{features}\n]}}\n')


def _route_features(route: Mapping[str, Any], network: Network | None) -> Iterator[Feature]:
    truck = {"truck_id": route["truck_id"], "truck_kind": route["truck_kind"]}
    numbers = task_numbers(route["activities"])
    for seq, (number, activity) in enumerate(zip(numbers, route["activities"], strict=True), 1):
        seen = {**truck, "seq": seq, "number": number or None, "kind": activity["kind"]}
        leg = leg_line(activity)
        if any(point != leg[0] for point in leg):  # a line without length is no valid line
            yield _line(leg, {"layer": "leg", **seen, **_leg_facts(activity)})
        if activity["kind"] in STANDING:
            continue
        work = work_line(activity, network)
        if len(work) > 1:
            facts = {"side": activity["side"], "service_m": activity["service_m"]}
            yield _line(work, {"layer": "work", **seen, **facts, **_pick(activity, _PLACE_KEYS)})
        yield _point(activity, {"layer": "place", **seen, **_place_facts(activity)})


def _leg_facts(activity: Mapping[str, Any]) -> dict[str, Any]:
    leg = activity["leg"]
    return {
        "to": activity["id"],
        "stream": activity["stream"],
        "trip": activity["trip"],
        "leave_s": activity["arrive_s"] - leg["time_s"],
        "arrive_s": activity["arrive_s"],
        "time_s": leg["time_s"],
        "length_m": leg["length_m"],
        "streets": [name for name, _ in leg["streets"] if name],
    }


def _place_facts(activity: Mapping[str, Any]) -> dict[str, Any]:
    return {**_pick(activity, _PLACE_KEYS), "arrive": clock(activity["arrive_s"])}


def _pick(record: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {key: record[key] for key in keys}


def _line(line: list[list[float]], properties: dict[str, Any]) -> Feature:
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": line},
        "properties": properties,
    }


def _point(record: Mapping[str, Any], properties: dict[str, Any]) -> Feature:
    place = [round(record["lon"], 6), round(record["lat"], 6)]
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": place},
        "properties": properties,
    }


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

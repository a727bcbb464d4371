"""A GPX 1.1 file for each truck: its track and a waypoint for each activity, to be followed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from dispatch.lines import Line, leg_line, work_line
from dispatch.planfile import STANDING
from dispatch.words import (
    activity_word,
    both,
    clock,
    main_streets,
    stream_text,
    task_numbers,
)
from scenarios.files import write_whole

if TYPE_CHECKING:
    from routing.network import Network

NAMESPACE = "http://www.topografix.com/GPX/1/1"

# what XML 1.0 cannot hold at all, escaped or not
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def gpx_text(
    plan: Mapping[str, Any], route: Mapping[str, Any], network: Network | None = None
) -> str:
    """Return the GPX of one truck.

    Waypoint names carry number and instruction (``03 05:42 收集 Collect 人民路12号``; numbers as
    on the map and the sheet), descriptions the streets to follow and the load. Each trip is a
    track; the way home belongs to the last one.
    """
    root = ET.Element("gpx", {"xmlns": NAMESPACE, "version": "1.1", "creator": "huanwei"})
    title = f"{route['truck_id']} {stream_text(route['stream'])} {plan['date']}".replace("  ", " ")
    meta = _add(root, "metadata")
    _add(meta, "name", title)
    _add(meta, "desc", plan["city"])
    rights = _add(meta, "copyright")
    rights.set("author", "OpenStreetMap contributors")
    for number, activity in zip(
        task_numbers(route["activities"]), route["activities"], strict=True
    ):
        if activity["kind"] not in STANDING:
            _add_waypoint(root, number, activity, route["truck_kind"])
    for trip, line in trip_lines(route, network).items():
        track = _add(root, "trk")
        _add(track, "name", f"{route['truck_id']} 第 {trip} 趟 Trip {trip}")
        segment = _add(track, "trkseg")
        for lon, lat in line:
            ET.SubElement(segment, "trkpt", {"lat": f"{lat:.6f}", "lon": f"{lon:.6f}"})
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def write_gpx(folder: Path, plan: Mapping[str, Any], network: Network | None = None) -> list[Path]:
    """Write a GPX file for each truck into ``folder`` and return the files."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = file_names([route["truck_id"] for route in plan["routes"]])
    files = []
    for name, route in zip(names, plan["routes"], strict=True):
        file = folder / f"{name}.gpx"
        write_whole(file, gpx_text(plan, route, network))
        files.append(file)
    return files


def file_names(truck_ids: list[str]) -> list[str]:
    """Return a file stem for each truck: free of separators, different on every file system."""
    taken: set[str] = set()
    stems = []
    for truck_id in truck_ids:
        stem = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', "_", truck_id).strip(" .") or "truck"
        name, k = stem, 2
        while name.casefold() in taken:
            name, k = f"{stem}_{k}", k + 1
        taken.add(name.casefold())
        stems.append(name)
    return stems


def trip_lines(route: Mapping[str, Any], network: Network | None) -> dict[int, Line]:
    """Return the driven and worked line of each trip, in order, doubled points left out."""
    lines: dict[int, Line] = {}
    trip = 1
    for activity in route["activities"]:
        if activity["kind"] != "end":
            trip = int(activity["trip"])
        line = lines.setdefault(trip, [])
        for point in leg_line(activity) + work_line(activity, network):
            if not line or line[-1] != point:
                line.append(point)
    return {trip: line for trip, line in lines.items() if len(line) > 1}


def _add_waypoint(
    root: ET.Element, number: int, activity: Mapping[str, Any], truck_kind: str
) -> None:
    place = {"lat": f"{activity['lat']:.6f}", "lon": f"{activity['lon']:.6f}"}
    point = ET.SubElement(root, "wpt", place)
    what = both(activity_word(activity, truck_kind))
    target = activity["name"] or activity["id"]
    text = f"{clock(activity['arrive_s'])} {what} {target}"
    _add(point, "name", f"{number:02d} {text}" if number else text)
    _add(point, "desc", _description(activity))
    _add(point, "type", activity["kind"])


def _description(activity: Mapping[str, Any]) -> str:
    parts = []
    streets = [name for name, _ in main_streets(activity["leg"])]
    if streets:
        parts.append("沿 Follow " + " → ".join(streets))
    if activity["leg"]:
        parts.append(f"{activity['leg']['length_m'] / 1000:.2f} km")
    if activity["mass_kg"]:
        parts.append(f"{activity['mass_kg']} kg")
    if activity["service_m"]:
        parts.append(f"作业 Work {activity['service_m']} m")
    if activity["kind"] == "wash":
        parts.append("进城前洗车 Wash before entering the center")
    parts.append(f"装载 Load {activity['load_kg']} kg")
    return " · ".join(parts)


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    child = ET.SubElement(parent, name)
    if text is not None:
        child.text = _NOT_XML.sub("", text)
    return child

"""The columns of every table of a city: one specification for reading, checking and writing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from routing.network import HIGHWAY_CLASSES

Kind = Literal["id", "text", "float", "int", "time", "date", "bool", "list", "choice", "lon", "lat"]

STREAMS = ("recyclable", "hazardous", "kitchen", "other")
"""The four streams of GB/T 19095-2019; they never share a load."""

SWEEPINGS = "sweepings"
"""What sweepers pick up; unloaded like a stream, never collected at points."""

SNOW = "snow"
"""What tippers carry from heaps along streets to snow dumps; never collected at points."""

CONTAINER = "container"
"""Kind of point at which waste lies in a container that is taken away whole."""
POINT_KINDS = ("compound", "street", "market", "village", "eco_island", "smart", CONTAINER)
FACILITY_KINDS = ("depot", "transfer", "plant", "landfill", "wash", "water", "salt", "snow_dump")
HOOKLIFT = "hooklift"
"""Kind of truck that exchanges containers, and collects nothing else."""
COLLECTION_TRUCKS = ("collector", "kitchen", "hazardous", "recyclable", HOOKLIFT)
STREET_TRUCKS = ("sweeper", "flusher", "plough")
SNOW_TRUCKS = ("loader", "tipper")
"""They haul snow away after a storm, and are at home on all other days."""
TRUCK_KINDS = (*COLLECTION_TRUCKS, "transfer", *STREET_TRUCKS, *SNOW_TRUCKS)
STREET_CATEGORIES = (
    "main",
    "back_street",
    "industrial_park",
    "urban_fringe",
    "entry_corridor",
    "suburban_town",
)
ALL = "all"
"""In a column of names: whatever has no row of its own."""

PROFILES = ("truck", "small_truck", "sweeper")
"""Vehicles with speeds of their own: heavy ones, light ones, and those that work streets."""

ENERGIES = ("diesel", "electric")
SIDES = ("right", "either")


@dataclass(frozen=True)
class Column:
    """One column: its kind of value, whether it must be filled, its range and its default.

    ``default`` is a literal, or None for "left empty" (the reader gives NaN / None / -1 by kind).
    A ``choice`` holds one of ``choices``; a ``list`` holds several of them joined by ``;``
    (``,`` and ``|`` are read as well). Times are ``HH:MM`` and may run past midnight up to 48:00;
    they become integer seconds after 00:00 of the planned date.
    """

    name: str
    kind: Kind
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    default: str | float | bool | None = None
    refers_to: str | None = None  # "table.column" that must hold the value


@dataclass(frozen=True)
class Table:
    """One table: file stem (and sheet name), columns, key column and whether a city needs it."""

    name: str
    columns: tuple[Column, ...]
    key: str | None = None
    required: bool = False
    extra: dict[str, str] = field(default_factory=dict)


def _place() -> tuple[Column, Column]:
    return Column("lon", "lon", required=True), Column("lat", "lat", required=True)


def _dated() -> tuple[Column, Column]:
    return Column("active_from", "date"), Column("active_to", "date")


POINTS = Table(
    "points",
    (
        Column("point_id", "id", required=True),
        Column("name", "text"),
        *_place(),
        Column("district", "text", default=""),
        Column("kind", "choice", choices=POINT_KINDS, default="compound"),
        Column("stream", "choice", required=True, choices=STREAMS),
        Column("demand_kg", "float", required=True, minimum=0, maximum=50_000),
        Column("demand_m3", "float", minimum=0, maximum=500),
        Column("bins", "int", minimum=1, maximum=1_000),
        Column("service_s", "int", minimum=0, maximum=14_400),
        Column("window_start", "time"),
        Column("window_end", "time"),
        Column("window2_start", "time"),
        Column("window2_end", "time"),
        Column("frequency", "text", default="daily"),
        Column("side", "choice", choices=SIDES),
        Column("priority", "int", minimum=1, maximum=5, default=3),
        *_dated(),
    ),
    key="point_id",
    required=True,
)

FACILITIES = Table(
    "facilities",
    (
        Column("facility_id", "id", required=True),
        Column("name", "text"),
        Column("kind", "choice", required=True, choices=FACILITY_KINDS),
        *_place(),
        Column("streams", "list", choices=(*STREAMS, SWEEPINGS, SNOW)),
        Column("open", "time", default="00:00"),
        Column("close", "time", default="48:00"),
        Column("bays", "int", minimum=1, maximum=100, default=1),
        Column("unload_s", "int", minimum=0, maximum=14_400),
        Column("capacity_t_day", "float", minimum=0, maximum=50_000),
        Column("haul_to", "id", refers_to="facilities.facility_id"),
        Column("storage_t", "float", minimum=0.1, maximum=50_000),  # holds what waits to be hauled
        Column("load_s", "int", minimum=0, maximum=14_400),  # a transfer truck takes its load
        Column("clear_daily", "bool"),  # nothing may stay overnight
        *_dated(),
    ),
    key="facility_id",
    required=True,
)

TRUCKS = Table(
    "trucks",
    (
        Column("truck_id", "id", required=True),
        Column("kind", "choice", required=True, choices=TRUCK_KINDS),
        Column("depot_id", "id", required=True, refers_to="facilities.facility_id"),
        Column("end_depot_id", "id", refers_to="facilities.facility_id"),
        Column("streams", "list", choices=(*STREAMS, SWEEPINGS)),
        Column("capacity_kg", "float", required=True, minimum=0, maximum=60_000),
        Column("capacity_m3", "float", minimum=0, maximum=120),
        Column("compartments", "int", minimum=1, maximum=4, default=1),
        Column("containers", "int", minimum=1, maximum=2),  # that a hook-lift truck takes at once
        Column("changes_stream", "bool"),  # empty, it is made ready for another
        Column("tank_l", "float", minimum=0, maximum=40_000),
        Column("hopper_m3", "float", minimum=0, maximum=40),
        Column("salt_kg", "float", minimum=0, maximum=20_000),
        Column("height_m", "float", minimum=0.5, maximum=6, default=3.0),
        Column("width_m", "float", minimum=0.5, maximum=4, default=2.4),
        Column("weight_t", "float", minimum=0.3, maximum=60, default=12.0),
        Column("shift_start", "time", required=True),
        Column("shift_end", "time", required=True),
        Column("max_overtime_min", "int", minimum=0, maximum=600, default=0),
        Column("max_trips", "int", minimum=1, maximum=50, default=12),
        Column("fixed_cost", "float", minimum=0, maximum=100_000, default=300.0),
        Column("cost_km", "float", minimum=0, maximum=1_000, default=3.5),
        Column("cost_h", "float", minimum=0, maximum=10_000, default=59.0),
        Column("energy", "choice", choices=ENERGIES, default="diesel"),
        Column("permits", "list"),
        Column("loaded_kg", "float", minimum=0, maximum=60_000),  # aboard when the shift begins
        Column("loaded_stream", "choice", choices=STREAMS),
        Column("loaded_on", "date"),  # the morning on which it is aboard
    ),
    key="truck_id",
    required=True,
)

STREETS = Table(
    "streets",
    (
        Column("street_id", "id", required=True),
        Column("osm_class", "text"),
        Column("name", "text"),
        Column("area", "text"),  # WKT polygon, lon lat in the city's coordinate system
        Column("cleaning_class", "choice", required=True, choices=("1", "2", "3", "4")),
        Column("category", "choice", choices=STREET_CATEGORIES, default="main"),
        Column("key_area", "bool", default=False),
        Column("width_m", "float", minimum=1, maximum=100),
        Column("window_start", "time"),  # such as after a market has closed
        Column("window_end", "time"),
        Column("free_right", "text"),  # days without parked cars on the right side, as mon,thu
        Column("free_left", "text"),
    ),
    key="street_id",
)

PROGRAMMES = Table(
    "programmes",
    (
        Column("cleaning_class", "choice", required=True, choices=("1", "2", "3", "4")),
        Column("template", "id", required=True, refers_to="operations.template"),
        Column("times_per_day", "int", minimum=1, maximum=12, default=1),
        Column("frequency", "text", default="daily"),
        Column("window_start", "time"),
        Column("window_end", "time"),
        Column("no_work_start", "time"),
        Column("no_work_end", "time"),
        Column("no_work2_start", "time"),
        Column("no_work2_end", "time"),
        Column("above_temp_c", "float", minimum=-60, maximum=60),  # only on days as hot as this
    ),
)

OPERATIONS = Table(
    "operations",
    (
        Column("template", "id", required=True),
        Column("pass_no", "int", required=True, minimum=1, maximum=9),
        Column("vehicle_kind", "choice", required=True, choices=STREET_TRUCKS),
        Column("speed_kmh", "float", required=True, minimum=1, maximum=60),
        Column("water_l_m2", "float", minimum=0, maximum=10, default=0.0),
        Column("swept_width_m", "float", minimum=0.5, maximum=20, default=3.5),
        Column("sweepings_kg_km", "float", minimum=0, maximum=5_000, default=0.0),
        Column("wet", "bool", default=True),
        Column("sides", "choice", choices=("both", "right", "once", "full"), default="both"),
        Column("min_lag_min", "int", minimum=0, maximum=1_440),
        Column("max_lag_min", "int", minimum=0, maximum=1_440),
        Column("after_bins", "bool", default=False),  # begins when the street's bins are emptied
    ),
)

CLOSURES = Table(
    "closures",
    (
        Column("closure_id", "id", required=True),
        Column("way_id", "int", minimum=1),
        Column("name", "text"),
        Column("area", "text"),
        Column("date_from", "date"),
        Column("date_to", "date"),
        Column("from_time", "time"),
        Column("to_time", "time"),
        Column("reason", "text"),
    ),
    key="closure_id",
)

LIMITS = Table(
    "limits",
    (
        Column("limit_id", "id", required=True),
        Column(
            "kind",
            "choice",
            required=True,
            choices=(
                "truck_ban",
                "max_weight_t",
                "max_height_m",
                "max_width_m",
                "wash_corridor",
                "center",  # the area that wash corridors lead into
            ),
        ),
        Column("value", "float", minimum=0, maximum=100),
        Column("way_id", "int", minimum=1),
        Column("name", "text"),
        Column("area", "text"),
        Column("from_time", "time"),
        Column("to_time", "time"),
        Column("permit", "text"),  # trucks that hold this permit are free of the limit
        Column("wash_id", "id", refers_to="facilities.facility_id"),
    ),
    key="limit_id",
)

FILL = Table(
    "fill",
    (
        Column("point_id", "id", required=True, refers_to="points.point_id"),
        Column("date", "date", required=True),
        Column("time", "time", required=True),
        Column("fill", "float", required=True),  # share of capacity; out of 0..1.2 is a fault
    ),
)

WEIGHINGS = Table(
    "weighings",
    (
        Column("date", "date", required=True),
        Column("facility_id", "id", refers_to="facilities.facility_id"),
        Column("truck_id", "id"),
        Column("point_id", "id", refers_to="points.point_id"),
        Column("stream", "choice", required=True, choices=(*STREAMS, SWEEPINGS)),
        Column("mass_kg", "float", required=True, minimum=0, maximum=1_000_000),
    ),
)

CASE_CATALOGUE = Table(
    "case_catalogue",
    (
        Column("case_code", "id", required=True),
        Column("name", "text", required=True),
        Column("stream", "choice", choices=(*STREAMS, SWEEPINGS), default="other"),
        Column("deadline_working_h", "float", required=True, minimum=0, maximum=1_000),
        Column("service_s", "int", minimum=0, maximum=14_400, default=600),
        Column("mass_kg", "float", minimum=0, maximum=50_000, default=100),
    ),
    key="case_code",
)

CASES = Table(
    "cases",
    (
        Column("case_id", "id", required=True),
        Column("case_code", "id", required=True, refers_to="case_catalogue.case_code"),
        *_place(),
        Column("reported_date", "date", required=True),
        Column("reported_time", "time", required=True),
        Column("mass_kg", "float", minimum=0, maximum=50_000),
        Column("closed_date", "date"),
        Column("district", "text", default=""),
    ),
    key="case_id",
)

CALENDAR = Table(
    "calendar",
    (
        Column("date", "date", required=True),
        Column("kind", "choice", required=True, choices=("holiday", "workday")),
        Column("name", "text"),
    ),
    key="date",
)

WEATHER = Table(
    "weather",
    (
        Column("date", "date", required=True),
        Column("min_temp_c", "float", required=True, minimum=-60, maximum=60),
        Column("max_temp_c", "float", minimum=-60, maximum=60),
        Column("rain_mm", "float", minimum=0, maximum=2_000, default=0.0),
        Column("snow_cm", "float", minimum=0, maximum=1_000, default=0.0),
    ),
    key="date",
)

SPEEDS = Table(
    "speeds",
    (
        Column("road_class", "choice", required=True, choices=(*HIGHWAY_CLASSES, ALL)),
        Column("hour_from", "int", required=True, minimum=0, maximum=23),
        Column("hour_to", "int", required=True, minimum=1, maximum=24),
        Column("profile", "choice", required=True, choices=(*PROFILES, ALL)),
        Column("factor", "float", required=True, minimum=0.05, maximum=5),  # on the default speed
        Column("n", "int", minimum=0),  # trips of trucks behind the factor
        Column("plus_minus", "float", minimum=0),
    ),
)

PINS = Table(
    "pins",
    (
        Column("date", "date", required=True),
        Column("id", "id", required=True),  # a point, its second visit as P7#2, or a street run
        Column("truck_id", "id", refers_to="trucks.truck_id"),
        Column("place", "int", minimum=1, maximum=10_000),  # as how manieth of the truck's stops
        Column("begin_from", "time"),
        Column("begin_to", "time"),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        POINTS,
        FACILITIES,
        TRUCKS,
        STREETS,
        PROGRAMMES,
        OPERATIONS,
        CLOSURES,
        LIMITS,
        FILL,
        WEIGHINGS,
        CASE_CATALOGUE,
        CASES,
        CALENDAR,
        WEATHER,
        SPEEDS,
        PINS,
    )
}

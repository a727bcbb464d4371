"""The city's frames turned into the audit's own view of a date."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from dispatch.audit.tables import (
    DAY_END_S,
    Energy,
    Point,
    Rules,
    Station,
    Truck,
    World,
    half_up,
    is_active,
    windows_of,
)
from dispatch.audit.visits import read_cases
from scenarios.city import City, Settings
from scenarios.schema import CONTAINER, HOOKLIFT


def read_world(city: City, date: dt.date) -> World:
    """Return what the tables say about a date."""
    settings = city.settings
    points = (_point(row, settings, date) for row in city.points.itertuples(index=False))
    stations = (_station(row, settings, date) for row in city.facilities.itertuples(index=False))
    trucks = (_truck(row, settings, date) for row in city.trucks.itertuples(index=False))
    return World(
        date=date,
        rules=Rules(
            settings.meal_break_s,
            settings.meal_window,
            settings.max_driving_s,
            settings.min_rest_s,
            settings.overtime_factor,
            settings.stream_change_s,
            half_up(1000.0 * settings.price_balance_h2),
            half_up(1000.0 * settings.price_compact_km),
        ),
        points={p.point_id: p for p in (*points, *read_cases(city, date))},
        stations={s.facility_id: s for s in stations},
        trucks={t.truck_id: t for t in trucks},
        energy=_energy(settings),
    )


def _energy(settings: Settings) -> dict[str, Energy]:
    scale = tuple(sorted(settings.energy_scale.items()))
    return {
        "diesel": Energy(settings.diesel_l_km, scale, 1000.0 * settings.co2_kg_l),
        "electric": Energy(settings.electric_kwh_km, scale, 1000.0 * settings.co2_kg_kwh),
    }


def _text(value: Any, empty: str = "") -> str:
    return empty if value is None or pd.isna(value) else str(value)


def _whole(value: Any, empty: int = 0) -> int:
    return empty if pd.isna(value) else int(value)


def _point(row: Any, settings: Settings, date: dt.date) -> Point:
    volume_m3 = settings.container_m3 if row.kind == CONTAINER else row.demand_m3
    return Point(
        point_id=row.point_id,
        lon=float(row.lon),
        lat=float(row.lat),
        district=_text(row.district),
        kind=row.kind,
        stream=row.stream,
        demand_kg=float(row.demand_kg),
        demand_l=1000.0 * float(volume_m3),
        service_s=int(row.service_s),
        windows=windows_of(row.window_start, row.window_end, row.window2_start, row.window2_end),
        frequency=row.frequency,
        side=_text(row.side),
        active=is_active(row, date),
    )


def _station(row: Any, settings: Settings, date: dt.date) -> Station:
    tonnes, holds = row.capacity_t_day, row.storage_t
    return Station(
        facility_id=row.facility_id,
        kind=row.kind,
        lon=float(row.lon),
        lat=float(row.lat),
        streams=frozenset(row.streams),
        open_s=_whole(row.open),
        close_s=_whole(row.close, DAY_END_S),
        bays=int(row.bays),
        unload_s=int(row.unload_s),
        refill_s=int(row.unload_s),
        capacity_kg=None if pd.isna(tonnes) else half_up(1000.0 * float(tonnes)),
        active=is_active(row, date),
        haul_to=_text(row.haul_to),
        storage_kg=None if pd.isna(holds) else half_up(1000.0 * float(holds)),
        load_s=_whole(row.load_s),
        clear_daily=not pd.isna(row.clear_daily) and bool(row.clear_daily),
    )


def _loose_litres(row: Any, settings: Settings) -> dict[str, int]:
    """Return how many litres, as they lie in the bin, the truck packs of each stream.

    Containers are as large as the settings say, and are not pressed.
    """
    if row.kind == HOOKLIFT:
        number = 1 if pd.isna(row.containers) else int(row.containers)
        return dict.fromkeys(row.streams, half_up(1000.0 * settings.container_m3 * number))
    return {
        stream: half_up(
            1000.0
            * float(row.capacity_m3)
            * settings.density_in_truck[stream]
            / settings.density_in_bin[stream]
        )
        for stream in row.streams
    }


def _aboard(row: Any, settings: Settings, date: dt.date) -> tuple[str, int, int] | None:
    """Return what the table says is aboard on the morning of a date."""
    if pd.isna(row.loaded_kg) or pd.isna(row.loaded_on) or row.loaded_on != pd.Timestamp(date):
        return None
    stream = _text(row.loaded_stream) or next(iter(row.streams))
    mass = float(row.loaded_kg)
    litres = half_up(1000.0 * mass / settings.density_in_bin[stream])
    return (stream, half_up(mass), litres) if mass > 0 else None


def _truck(row: Any, settings: Settings, date: dt.date) -> Truck:
    return Truck(
        truck_id=row.truck_id,
        kind=row.kind,
        depot_id=row.depot_id,
        end_depot_id=row.end_depot_id,
        streams=frozenset(row.streams),
        capacity_kg=half_up(float(row.capacity_kg)),
        capacity_l=_loose_litres(row, settings),
        compartments=int(row.compartments),
        tank_l=0 if pd.isna(row.tank_l) else half_up(float(row.tank_l)),
        height_cm=half_up(100.0 * float(row.height_m)),
        width_cm=half_up(100.0 * float(row.width_m)),
        weight_kg=half_up(1000.0 * float(row.weight_t)),
        permits=frozenset(row.permits),
        shift_start=int(row.shift_start),
        shift_end=int(row.shift_end),
        max_overtime_s=60 * int(row.max_overtime_min),
        max_trips=int(row.max_trips),
        fixed_cost=half_up(1000.0 * float(row.fixed_cost)),
        cost_km=half_up(1000.0 * float(row.cost_km)),
        cost_h=half_up(1000.0 * float(row.cost_h)),
        energy=row.energy,
        loaded=_aboard(row, settings, date),
        changes_stream=bool(row.changes_stream),
    )

"""A log of fixes: read, checked row by row, and brought to WGS-84 and local time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from routing.errors import InputError
from scenarios.cells import narrow, nearest
from scenarios.city import City
from scenarios.coordinates import to_wgs84
from scenarios.defaults import Used
from scenarios.findings import Finding, Findings, at
from scenarios.schema import Column, Table
from scenarios.sources import Source, read_csv
from scenarios.tables import read_table

LOG = Table(
    "gps",
    (
        Column("truck_id", "id", required=True),
        Column("time", "text", required=True),
        Column("lon", "lon", required=True),
        Column("lat", "lat", required=True),
        Column("speed_kmh", "float", minimum=0, maximum=300),
        Column("heading", "float", minimum=0, maximum=360),
    ),
    required=True,
)
EPOCH = r"\d{9,10}(?:\.\d+)?|\d{12,13}"
"""Seconds since 1970, or milliseconds."""
ZONED = r"(?:Z|[+-]\d{2}:?\d{2})$"
EXPECTED = (
    "expected a date and time as 2024-11-25 08:30:00, with or without a zone, or seconds since 1970"
)
DAY_S = 86_400
NAMED = 5
"""A note names this many trucks and counts the rest."""


@dataclass(frozen=True)
class Reading:
    """How a log is to be understood: its coordinate system, and the zone of its city."""

    coordinates: str
    zone: ZoneInfo


@dataclass(frozen=True, eq=False)
class Log:
    """Fixes of the city's trucks, truck after truck, each in the order of time.

    ``fixes`` has the columns ``truck_id``, ``time_s`` (seconds since 1970), ``day_s`` (seconds
    after local midnight), ``lon``, ``lat`` (WGS-84), ``speed_kmh`` and ``heading`` (NaN = unknown).
    ``raw`` holds ``lon`` and ``lat`` as the file does, in the same rows.
    """

    name: str
    reading: Reading
    fixes: pd.DataFrame
    raw: pd.DataFrame
    notes: tuple[str, ...]


def read_log(path: Path, city: City, reading: Reading) -> Log:
    """Return the fixes of a log.

    Raises
    ------
    InputError
        When anything is at fault; it carries all faults at once.
    """
    if not path.is_file():
        raise InputError(f"{path} is missing; expected a CSV file of GPS fixes")
    try:
        cells = read_csv(path.read_bytes())
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from error
    source = Source(path, path.parent, {LOG.name: cells}, lambda _: path.name)
    faults = Findings()
    frame = read_table(LOG, source, faults, Used())
    moment, local = _moments(frame["time"], reading.zone)
    faults.add(_bad_times(frame, moment, path.name))
    if faults:
        raise InputError(faults.told())
    frame["time_s"] = moment
    frame["day_s"] = local % DAY_S
    frame, notes = _of_known_trucks(frame, city, path.name)
    frame = frame.sort_values(["truck_id", "time_s", "row"], kind="stable")
    twice = frame.duplicated(["truck_id", "time_s"])
    if twice.any():
        notes.append(f"{path.name}: {int(twice.sum())} rows repeat the moment of an earlier one")
    frame = frame[~twice].reset_index(drop=True)
    raw = frame[["lon", "lat"]].copy()
    frame["lon"], frame["lat"] = to_wgs84(frame["lon"], frame["lat"], reading.coordinates)
    columns = ["truck_id", "time_s", "day_s", "lon", "lat", "speed_kmh", "heading"]
    return Log(path.name, reading, frame[columns], raw, tuple(notes))


def _moments(texts: pd.Series, zone: ZoneInfo) -> tuple[np.ndarray, np.ndarray]:
    """Seconds since 1970 and the local clock in seconds, NaN where a text is no moment."""
    plain = texts.fillna("").map(narrow).str.strip()
    moment = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[ns, UTC]")
    epoch = plain.str.fullmatch(EPOCH)
    if epoch.any():
        number = pd.to_numeric(plain[epoch])
        seconds = number.where(number < 1e11, number / 1000)
        moment[epoch] = pd.to_datetime(seconds, unit="s", utc=True).astype(moment.dtype)
    zoned = ~epoch & plain.str.contains(ZONED)
    for chosen, is_zoned in ((zoned, True), (~epoch & ~zoned, False)):
        if not chosen.any():
            continue
        parsed = pd.to_datetime(plain[chosen], format="ISO8601", errors="coerce", utc=True)
        if not is_zoned:
            naive = parsed.dt.tz_localize(None)
            early = np.zeros(len(naive), dtype=np.bool_)
            parsed = naive.dt.tz_localize(zone, ambiguous=early, nonexistent="shift_forward")
            parsed = parsed.dt.tz_convert("UTC")
        moment[chosen] = parsed.astype(moment.dtype)
    local = moment.dt.tz_convert(zone).dt.tz_localize(None)
    return _seconds(moment.dt.tz_localize(None)), _seconds(local)


def _seconds(moments: pd.Series) -> np.ndarray:
    return np.asarray((moments - pd.Timestamp(0)).dt.total_seconds(), dtype=np.float64)


def _bad_times(frame: pd.DataFrame, moment: np.ndarray, where: str) -> Iterator[Finding]:
    for place in np.flatnonzero(np.isnan(moment)):
        text = frame["time"].iloc[place]
        if text is not None:
            yield at(where, frame["row"].iloc[place], f"time = {text!r}; {EXPECTED}")


def _of_known_trucks(frame: pd.DataFrame, city: City, where: str) -> tuple[pd.DataFrame, list[str]]:
    """Rows of the city's trucks, and a note on the others.

    Raises
    ------
    InputError
        When no truck is the city's.
    """
    known = set(city.trucks["truck_id"])
    strange = sorted(set(frame["truck_id"]) - known)
    if not strange:
        return frame, []
    shown = ", ".join(strange[:NAMED])
    rest = f" and {len(strange) - NAMED} more" if len(strange) > NAMED else ""
    close = nearest(strange[0], sorted(known))
    if not known & set(frame["truck_id"]):
        hint = f"; did you mean {close}?" if close else "; is it this city's log?"
        raise InputError(f"{where}: truck_id = {shown}{rest}; expected trucks of trucks.csv{hint}")
    count = int(frame["truck_id"].isin(strange).sum())
    note = f"{where}: {count} rows of trucks that trucks.csv does not know are left out"
    return frame[frame["truck_id"].isin(known)], [f"{note}: {shown}{rest}"]

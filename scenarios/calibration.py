"""Service times from a log of stops: seconds a stop and a bin, with their standard errors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from routing.errors import InputError
from scenarios.city import City
from scenarios.defaults import Used
from scenarios.findings import Findings, at
from scenarios.schema import Column, Table
from scenarios.sources import Source, read_csv
from scenarios.tables import read_table

STOPS = Table(
    "stops",
    (
        Column("truck_id", "id"),
        Column("point_id", "id", required=True),
        Column("arrive", "text", required=True),
        Column("depart", "text", required=True),
    ),
    required=True,
)
FEW = 30
"""Visits that weigh as much as the city's present setting."""
MOST_DEVIATIONS = 5.0
"""A visit farther from the median of its number of bins, in robust deviations, is left out."""
ALL = "all"


@dataclass(frozen=True)
class ServiceTime:
    """Service time of one kind of point, already shrunk towards the present setting.

    ``num_left_out`` visits lay too far off (a meal, a breakdown) and are not among ``n``;
    ``plus_minus`` figures, in seconds, join the standard error of the log and what shrinking moved;
    they are NaN where the log cannot tell.
    """

    kind: str
    stop_s: float
    stop_plus_minus: float
    bin_s: float
    bin_plus_minus: float
    n: int
    num_left_out: int

    @property
    def weight(self) -> float:
        """The share of the log in the figures; the rest is the present setting."""
        return self.n / (self.n + FEW)


def read_stops(path: Path, city: City) -> pd.DataFrame:
    """Return the visits of a log: ``kind``, ``bins`` and ``seconds`` of each.

    Raises
    ------
    InputError
        When anything is at fault; it carries all faults at once.
    """
    if not path.is_file():
        raise InputError(f"{path} is missing; expected a CSV file of stops")
    raw = read_csv(path.read_bytes())
    source = Source(path, path.parent, {STOPS.name: raw}, lambda _: path.name)
    faults = Findings()
    frame = read_table(STOPS, source, faults, Used())
    if faults:
        raise InputError(faults.told())
    for name in ("arrive", "depart"):
        texts = frame[name]
        frame[name] = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True)
        for place in np.flatnonzero(frame[name].isna()):
            text = f"{name} = {texts[place]!r}; expected a date and time as 2024-11-25 08:30:00"
            faults.add(at(path.name, frame["row"][place], text))
    points = city.tables["points"].drop_duplicates("point_id").set_index("point_id")
    for row, point in zip(frame["row"], frame["point_id"], strict=True):
        if point not in points.index:
            text = f"point_id = {point!r}; expected a point of points.csv; is it this city's log?"
            faults.add(at(path.name, row, text))
    frame["seconds"] = (frame["depart"] - frame["arrive"]).dt.total_seconds()
    for row, depart, seconds in frame[["row", "depart", "seconds"]].itertuples(index=False):
        if seconds <= 0:
            text = f"depart = '{depart:%F %T}'; expected later than arrive; are they swapped?"
            faults.add(at(path.name, row, text))
    if faults:
        raise InputError(faults.told())
    return frame.join(points[["kind", "bins"]], on="point_id")[["kind", "bins", "seconds"]]


def service_times(visits: pd.DataFrame, stop_s: float, bin_s: float) -> list[ServiceTime]:
    """Return the service times of all visits, then of each kind of point.

    Parameters
    ----------
    visits
        As `read_stops` gives them.
    stop_s, bin_s
        The present settings, towards which few observations are shrunk.
    """
    groups = [(ALL, visits), *((str(kind), part) for kind, part in visits.groupby("kind"))]
    return [_fit(kind, part, (stop_s, bin_s)) for kind, part in groups]


def _fit(kind: str, visits: pd.DataFrame, present: tuple[float, float]) -> ServiceTime:
    """Least squares of what the present setting leaves unexplained, shrunk by count."""
    kept = visits[_plausible(visits)]
    bins = kept["bins"].to_numpy(dtype=np.float64)
    rest = kept["seconds"].to_numpy(dtype=np.float64) - present[0] - present[1] * bins
    n = len(kept)
    known = np.column_stack([np.ones(n), bins])
    if np.unique(bins).size < 2:
        # one number of bins cannot tell stop from bin: all goes to the stop
        known = known[:, :1]
    shift, *_ = np.linalg.lstsq(known, rest, rcond=None)
    spare = n - known.shape[1]
    variance = float(np.sum((rest - known @ shift) ** 2)) / spare if spare > 0 else np.nan
    errors = np.sqrt(variance * np.diag(np.linalg.inv(known.T @ known)))
    weight = n / (n + FEW)
    shift, errors = (np.append(a, fill)[:2] for a, fill in ((shift, 0.0), (errors, np.nan)))
    stop, per_bin = np.asarray(present) + weight * shift
    # shrinking trades noise for bias, so the bar holds both
    errors = np.hypot(errors, (1 - weight) * shift)
    return ServiceTime(kind, stop, float(errors[0]), per_bin, float(errors[1]), n, len(visits) - n)


def _plausible(visits: pd.DataFrame) -> pd.Series:
    """Which visits lie near the median of their number of bins."""
    off = (visits["seconds"] - visits.groupby("bins")["seconds"].transform("median")).abs()
    return off <= MOST_DEVIATIONS * 1.4826 * max(float(off.median()), 1.0)

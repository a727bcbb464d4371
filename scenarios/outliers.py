"""Places seen together: what lies too far from all the rest to be meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scenarios.cells import rows_of
from scenarios.findings import Finding, at

Floats = NDArray[np.float64]
Tables = dict[str, pd.DataFrame]

EARTH_M = 6_371_009.0
MISPLACED_M = 200_000.0
"""No city is as wide as this: a place farther from the middle of all is a mistake."""
REMOTE_M = 30_000.0
REMOTE_TIMES = 8.0
"""A place this far out, and this many times as far as half of the others, is worth a warning."""
FEWEST = 4
WITH_PLACES = ("points", "facilities", "cases")


def distance_m(lon: Floats, lat: Floats, lon0: float, lat0: float) -> Floats:
    """Great-circle distance in meters from places in degrees to one place, shape (n,)."""
    x, y, x0, y0 = (np.radians(v) for v in (lon, lat, lon0, lat0))
    half = np.sin((y - y0) / 2) ** 2 + np.cos(y) * np.cos(y0) * np.sin((x - x0) / 2) ** 2
    return np.asarray(2 * EARTH_M * np.arcsin(np.sqrt(np.minimum(1.0, half))))


def _all_places(tables: Tables) -> pd.DataFrame:
    parts = [tables[name][["lon", "lat", "row"]].assign(table=name) for name in WITH_PLACES]
    places = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return places[places["lon"].notna() & places["lat"].notna()]


def _middle(places: pd.DataFrame) -> tuple[float, float]:
    return float(places["lon"].median()), float(places["lat"].median())


def misplaced(tables: Tables, label: Callable[[str], str]) -> Iterator[Finding]:
    """Find places at 0, 0 and places that cannot lie in the same city as the others."""
    places = _all_places(tables)
    for place in rows_of(places[(places["lon"] == 0) & (places["lat"] == 0)]):
        yield at(label(place.table), place.row, "lon, lat = 0, 0; expected a place in the city")
    if len(places) < FEWEST:
        return
    lon, lat = places["lon"].to_numpy(float), places["lat"].to_numpy(float)
    lon0, lat0 = _middle(places)
    far = distance_m(lon, lat, lon0, lat0)
    # a longitude beyond 90 cannot be a latitude
    turned = np.where(np.abs(lon) <= 90, distance_m(lat, lon, lon0, lat0), np.inf)
    for i in np.flatnonzero(far > MISPLACED_M):
        hint = "; lon and lat look swapped" if turned[i] <= MISPLACED_M else ""
        yield at(
            label(str(places["table"].iloc[i])),
            places["row"].iloc[i],
            f"lon, lat = {lon[i]:g}, {lat[i]:g}; expected a place near the others, which lie "
            f"around {lon0:.4f}, {lat0:.4f}; it is {far[i] / 1000:,.0f} km away{hint}",
        )


def remote(tables: Tables, label: Callable[[str], str]) -> Iterator[Finding]:
    """Find places that lie far outside the others, though they may be meant."""
    places = _all_places(tables)
    if len(places) < FEWEST:
        return
    lon, lat = places["lon"].to_numpy(float), places["lat"].to_numpy(float)
    far = distance_m(lon, lat, *_middle(places))
    limit = max(REMOTE_M, REMOTE_TIMES * float(np.median(far)))
    for i in np.flatnonzero(far > limit):
        yield at(
            label(str(places["table"].iloc[i])),
            places["row"].iloc[i],
            f"lon, lat = {lon[i]:g}, {lat[i]:g} is {far[i] / 1000:.0f} km from the middle of all "
            "places; check it",
        )

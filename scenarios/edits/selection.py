"""Which points an edit is about: by district, kind, stream, name or area."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from scenarios.cells import nearest
from scenarios.coordinates import area_to_wgs84
from scenarios.edits.draft import Draft, Mask
from scenarios.edits.parameters import Parameters
from scenarios.schema import POINT_KINDS, STREAMS, Column

FROM = Column("from", "date")
WHERE = (
    Column("points", "list"),
    Column("districts", "list"),
    Column("kinds", "list", choices=POINT_KINDS),
    Column("streams", "list", choices=STREAMS),
    Column("area", "text"),  # WKT polygon in the city's coordinates
)
"""Parameters that choose points; all that are given must hold, and none given means every point."""

_COLUMNS = {"points": "point_id", "districts": "district", "kinds": "kind", "streams": "stream"}


def select_points(draft: Draft, given: Parameters) -> Mask | None:
    """Return which points are meant, or None after noting why there are none."""
    frame = draft.frame("points")
    chosen = pd.Series(True, index=frame.index)
    unknown = False
    for name, column in _COLUMNS.items():
        if given.get(name):
            known = set(frame[column])
            if name in ("points", "districts"):
                unknown |= _note_unknown(draft, name, given[name], known)
            chosen &= frame[column].isin(given[name])
    if given.get("area"):
        inside = _inside(draft, given["area"])
        unknown |= inside is None
        chosen &= False if inside is None else inside
    if unknown:
        return None
    if not chosen.any():
        draft.fail(f"{_said(given)} = no point; expected conditions that some point meets")
        return None
    return chosen


def _note_unknown(draft: Draft, name: str, wanted: tuple[str, ...], known: set[str]) -> bool:
    missing = [value for value in wanted if value not in known]
    for value in missing:
        close = nearest(value, known)
        some = ", ".join(sorted(filter(None, known))[:6]) or "none"
        hint = f"did you mean {close}?" if close else f"known are {some}"
        draft.fail(f"{name} = {value!r}; expected one of points.csv; {hint}")
    return bool(missing)


def _inside(draft: Draft, wkt: str) -> np.ndarray | None:
    try:
        polygon = shapely.from_wkt(area_to_wgs84(wkt, draft.system))
    except shapely.errors.ShapelyError:
        polygon = None
    if polygon is None or polygon.geom_type not in ("Polygon", "MultiPolygon"):
        short = wkt if len(wkt) <= 40 else wkt[:37] + "..."
        draft.fail(f"area = {short!r}; expected a WKT polygon, such as POLYGON((lon lat, ...))")
        return None
    frame = draft.frame("points")
    return np.asarray(shapely.contains_xy(polygon, frame["lon"], frame["lat"]))


def _said(given: Parameters) -> str:
    named = [name for name in (*_COLUMNS, "area") if name in given.given]
    return " and ".join(named) or "points"


def in_words(given: Parameters, count: int) -> tuple[str, str]:
    """Return which points are meant, in English and in Chinese."""
    parts = [";".join(given[name]) for name in ("districts", "kinds", "streams") if given.get(name)]
    if given.get("area"):
        parts.append("in the area drawn")
    of = f" ({', '.join(parts)})" if parts else ""
    return f"{count} point{'s' if count != 1 else ''}{of}", f"{count} 个点{of}"

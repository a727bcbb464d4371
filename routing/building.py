"""Pieces and bans to the finished network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray

from routing.errors import NetworkError
from routing.geometry import bearing_deg, local_metres, shape_lengths_m, turn_angle_deg
from routing.network import (
    ARRAY_FIELDS,
    CLASS_INDEX,
    ArcFlag,
    Network,
    ReadingReport,
    Tally,
    fingerprint,
)
from routing.pieces import Junctions, Piece
from routing.turns import ArcEnds, Ban, TurnTable, turn_table

DUAL_REACH_M = 40.0
"""Opposite carriageways of one street lie at most this far apart."""

_DERIVED = ("arc_length_cm", "arc_base")
"""Arrays of arcs that `_arc_row` does not give."""

Columns = dict[str, NDArray]
Resolver = Callable[[Columns, Junctions, Tally], list[Ban]]


def build_network(
    pieces: list[Piece],
    junctions: Junctions,
    resolve: Resolver,
    tally: Tally,
    drive_on_right: bool,
) -> Network:
    """Arcs, turns and copies from pieces; ``resolve`` finds the bans once arcs have numbers.

    Raises
    ------
    NetworkError
        When there is not a single piece of street.
    """
    if not pieces:
        raise NetworkError(
            f"{tally.source}: no street that a motor vehicle may drive; "
            "expected ways tagged highway=residential, primary, ..."
        )
    columns, names = _arc_columns(pieces)
    columns.update(
        node_lon=junctions.lon,
        node_lat=junctions.lat,
        node_osm_id=junctions.osm_id,
        node_flags=junctions.flags,
    )
    _mark_dual(columns)
    bans = resolve(columns, junctions, tally)
    ends = ArcEnds(
        columns["arc_tail"],
        columns["arc_head"],
        columns["arc_reverse"],
        columns["arc_flags"],
        junctions.flags,
        columns["shape_first_out"],
        columns["shape_lon"],
        columns["shape_lat"],
    )
    turns = turn_table(ends, bans, drive_on_right)
    _add_copies(columns, turns)
    _add_bans(columns, bans)
    return make_network(columns, names, tally.report(), drive_on_right)


def make_network(
    arrays: Columns, names: tuple[str, ...], report: ReadingReport, drive_on_right: bool
) -> Network:
    """Cast all arrays to their types and print the content."""
    cast = {
        name: np.ascontiguousarray(arrays[name], dtype=dtype)
        for name, dtype in ARRAY_FIELDS.items()
    }
    digest = fingerprint(cast, names, drive_on_right)
    return Network(
        **cast, names=names, report=report, fingerprint=digest, drive_on_right=drive_on_right
    )


def _arc_columns(pieces: list[Piece]) -> tuple[Columns, tuple[str, ...]]:
    """Arrays of real arcs and the street names."""
    name_idx = {"": 0}
    rows: list[tuple[int, ...]] = []
    shapes: list[NDArray[np.float64]] = []
    for piece in pieces:
        both = piece.forward and piece.backward
        number = len(rows)
        name = name_idx.setdefault(piece.traits.name, len(name_idx))
        if piece.forward:
            rows.append(_arc_row(piece, True, name, number + 1 if both else -1))
            shapes.append(piece.coords)
        if piece.backward:
            rows.append(_arc_row(piece, False, name, number if both else -1))
            shapes.append(piece.coords[::-1])
    keys = [name for name in ARRAY_FIELDS if name.startswith("arc_") and name not in _DERIVED]
    table = np.asarray(rows, dtype=np.int64).reshape(-1, len(keys))
    columns: Columns = {key: table[:, i].astype(ARRAY_FIELDS[key]) for i, key in enumerate(keys)}
    sizes = np.asarray([len(shape) for shape in shapes], dtype=np.int64)
    coords = np.concatenate(shapes)
    first_out = np.concatenate(([0], np.cumsum(sizes)))
    columns["shape_first_out"] = first_out
    columns["shape_lon"] = np.ascontiguousarray(coords[:, 0])
    columns["shape_lat"] = np.ascontiguousarray(coords[:, 1])
    length_m = shape_lengths_m(columns["shape_lon"], columns["shape_lat"], first_out)
    length_cm = np.maximum(np.rint(length_m * 100), 1).astype(np.int32)
    # Both directions of a piece are equally long to the centimeter.
    pair = columns["arc_reverse"]
    twin = pair >= 0
    length_cm[twin] = np.minimum(length_cm[twin], length_cm[pair[twin]])
    columns["arc_length_cm"] = length_cm
    return columns, tuple(name_idx)


def _arc_row(piece: Piece, forward: bool, name: int, reverse: int) -> tuple[int, ...]:
    """One arc's values in the order of the arrays of `Network`."""
    traits, limits, flags = piece.traits, piece.limits, piece.flags
    if piece.lights[0] if forward else piece.lights[1]:
        flags |= ArcFlag.LIGHTS
    return (
        piece.tail if forward else piece.head,
        piece.head if forward else piece.tail,
        traits.arc_class,
        traits.way_id,
        name,
        reverse,
        traits.speed_forward if forward else traits.speed_backward,
        limits.weight_kg,
        limits.height_cm,
        limits.width_cm,
        int(flags),
        traits.lanes_forward if forward else traits.lanes_backward,
        traits.layer,
    )


def _mark_dual(columns: Columns) -> None:
    """Flag one-way arcs that have a carriageway of the same street and class going back."""
    flags = columns["arc_flags"]
    links = [idx for name, idx in CLASS_INDEX.items() if name.endswith("_link")]
    one_way = (flags & ArcFlag.ONEWAY > 0) & (flags & ArcFlag.ROUNDABOUT == 0)
    chosen = np.flatnonzero(
        one_way & ~np.isin(columns["arc_class"], [*links, CLASS_INDEX["service"]])
    )
    if len(chosen) < 2:
        return
    first, last = columns["shape_first_out"][chosen], columns["shape_first_out"][chosen + 1] - 1
    lon, lat = columns["shape_lon"], columns["shape_lat"]
    origin = (float(lon.mean()), float(lat.mean()))
    xy = local_metres(lon, lat, origin)
    heading = bearing_deg(lon[first], lat[first], lon[last], lat[last])
    lines = np.asarray(
        [shapely.LineString(xy[a : b + 1]) for a, b in zip(first, last, strict=True)]
    )
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    one, other = shapely.STRtree(lines).query(middle, predicate="dwithin", distance=DUAL_REACH_M)
    opposite = np.abs(turn_angle_deg(heading[one], heading[other])) > 150.0
    same = columns["arc_name_idx"][chosen[one]] == columns["arc_name_idx"][chosen[other]]
    same &= columns["arc_class"][chosen[one]] == columns["arc_class"][chosen[other]]
    flags[chosen[np.unique(one[opposite & same])]] |= np.uint16(ArcFlag.DUAL)


def _add_copies(columns: Columns, turns: TurnTable) -> None:
    """Lengthen all arrays of arcs by the copies that via-way bans need."""
    num_real = len(columns["arc_tail"])
    extra = turns.base[num_real:]
    first_out = columns["shape_first_out"]
    parts = [np.arange(first_out[arc], first_out[arc + 1]) for arc in extra]
    points = np.concatenate((np.arange(first_out[-1]), *parts)).astype(np.int64)
    sizes = np.diff(first_out)[turns.base]
    columns["shape_first_out"] = np.concatenate(([0], np.cumsum(sizes)))
    for key in ("shape_lon", "shape_lat"):
        columns[key] = columns[key][points]
    for key in [key for key in columns if key.startswith("arc_")]:
        columns[key] = columns[key][turns.base]
    columns["arc_base"] = turns.base
    columns["turn_first_out"] = turns.first_out
    columns["turn_head"] = turns.head
    columns["turn_cost_ms"] = turns.cost_ms
    columns["turn_flags"] = turns.flags


def _add_bans(columns: Columns, bans: list[Ban]) -> None:
    columns["ban_first_out"] = np.cumsum([0, *(len(ban.arcs) for ban in bans)])
    columns["ban_arc"] = np.asarray([arc for ban in bans for arc in ban.arcs], dtype=np.int32)
    columns["ban_kind"] = np.asarray([int(ban.kind) for ban in bans], dtype=np.uint8)

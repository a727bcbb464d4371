"""The way driven between two places: arcs, geometry, street names and instructions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from routing._kernels.search import ROOT, SearchGraph, Workspace, search
from routing.gates import GATE_MS
from routing.matrix import Ends, position_ends, search_graph
from routing.network import ArcFlag, Network, TurnFlag
from routing.profiles import Weights
from routing.snapping import Positions

Language = Literal["zh", "en"]


@dataclass(frozen=True, eq=False)
class Path:
    """One way through the streets.

    ``arcs`` begins with the source's arc and ends with the target's (which may be a copy of it:
    compare through ``Network.arc_base``); a single arc means straight on along it. No arcs and
    ``time_s`` = ``length_m`` = -1 mean that there is no way. Times and lengths equal the matrix.
    """

    arcs: NDArray[np.int32]
    from_offset_cm: int
    to_offset_cm: int
    time_s: int
    length_m: int


def find_paths(
    network: Network, weights: Weights, sources: Positions, targets: Positions
) -> list[Path]:
    """Fastest path from the i-th source to the i-th target, for every i.

    Raises
    ------
    ValueError
        When there are not as many sources as targets.
    """
    start = position_ends(network, weights, sources)
    goal = position_ends(network, weights, targets)
    if len(start.arc) != len(goal.arc):
        raise ValueError(f"{len(start.arc)} sources but {len(goal.arc)} targets")
    graph = search_graph(network, weights)
    work = _workspace(network.num_arcs)
    paths: list[Path | None] = [None] * len(start.arc)
    order = np.argsort(start.arc, kind="stable")
    cuts = np.flatnonzero(np.diff(start.arc[order])) + 1
    for group in np.split(order, cuts) if len(order) else []:
        for pair in group.tolist():
            if start.arc[pair] == goal.arc[pair] and goal.offset_cm[pair] >= start.offset_cm[pair]:
                paths[pair] = _straight_path(start, goal, pair)
        rest = np.asarray([pair for pair in group if paths[pair] is None], dtype=np.int64)
        _search_group(graph, work, start, goal, rest, paths, weights.gates is not None)
    return [path for path in paths if path is not None]


def _workspace(num_arcs: int) -> Workspace:
    return Workspace(
        np.empty(num_arcs, np.int64),
        np.empty(num_arcs, np.int32),
        np.empty(num_arcs, np.int32),
        np.empty(num_arcs, np.int32),
        np.full(num_arcs, -1, np.int32),
    )


def _straight_path(start: Ends, goal: Ends, pair: int) -> Path:
    if not start.drivable[pair]:
        return _no_path(start, goal, pair)
    return _path(
        [int(start.arc[pair])],
        start,
        goal,
        pair,
        int(goal.spent_ms[pair] - start.spent_ms[pair]),
        int(goal.offset_cm[pair] - start.offset_cm[pair]),
    )


def _no_path(start: Ends, goal: Ends, pair: int) -> Path:
    offsets = int(start.offset_cm[pair]), int(goal.offset_cm[pair])
    return Path(np.empty(0, np.int32), *offsets, -1, -1)


def _path(
    arcs: list[int], start: Ends, goal: Ends, pair: int, time_ms: int, length_cm: int
) -> Path:
    offsets = int(start.offset_cm[pair]), int(goal.offset_cm[pair])
    driven = np.asarray(arcs, dtype=np.int32)
    return Path(driven, *offsets, (time_ms + 500) // 1000, (length_cm + 50) // 100)


def _search_group(
    graph: SearchGraph,
    work: Workspace,
    start: Ends,
    goal: Ends,
    pairs: NDArray[np.int64],
    paths: list[Path | None],
    gates_count: bool,
) -> None:
    """One search for all pairs that leave from the same arc."""
    if not len(pairs):
        return
    source = int(start.arc[pairs[0]])
    is_target = np.zeros(len(graph.base), dtype=np.bool_)
    targets = np.unique(goal.arc[pairs])
    is_target[targets] = True
    search(graph, work, np.int32(source), is_target, len(targets))
    for pair in pairs.tolist():
        state = int(work.found[goal.arc[pair]])
        if state < 0 or not (start.drivable[pair] and goal.drivable[pair]):
            paths[pair] = _no_path(start, goal, pair)
            continue
        label = int(work.label[state])
        time_ms = (label >> 32) + int(start.rest_ms[pair]) + int(goal.spent_ms[pair])
        length_cm = (label & 0xFFFFFFFF) + int(start.rest_cm[pair]) + int(goal.offset_cm[pair])
        arcs = _trace(work, source, state)
        if gates_count:
            time_ms %= GATE_MS
        paths[pair] = _path(arcs, start, goal, pair, time_ms, length_cm)


def _trace(work: Workspace, source: int, state: int) -> list[int]:
    arcs = []
    while state != ROOT:
        arcs.append(state)
        state = int(work.parent[state])
    return [source, *reversed(arcs)]


def path_geometry(network: Network, path: Path) -> NDArray[np.float64]:
    """Longitude and latitude along a path, shape (k, 2); empty for no path."""
    parts = []
    last = len(path.arcs) - 1
    for i, arc in enumerate(path.arcs.tolist()):
        from_cm = path.from_offset_cm if i == 0 else 0
        to_cm = path.to_offset_cm if i == last else int(network.arc_length_cm[arc])
        part = arc_part(network, arc, from_cm, to_cm)
        parts.append(part if i == 0 else part[1:])
    return np.concatenate(parts) if parts else np.empty((0, 2))


def arc_part(network: Network, arc: int, from_cm: int, to_cm: int) -> NDArray[np.float64]:
    """Geometry of an arc between two distances along it, shape (k, 2) with k >= 2."""
    shape = network.shape(arc)
    length = int(network.arc_length_cm[arc])
    if from_cm <= 0 and to_cm >= length:
        return shape
    scale = np.cos(np.radians(shape[:, 1].mean()))
    steps = np.hypot(np.diff(shape[:, 0]) * scale, np.diff(shape[:, 1]))
    along = np.concatenate(([0.0], np.cumsum(steps)))
    along *= length / along[-1] if along[-1] > 0 else 0.0
    inside = (along > from_cm) & (along < to_cm)
    at = np.concatenate(([from_cm], along[inside], [to_cm]))
    return np.column_stack((np.interp(at, along, shape[:, 0]), np.interp(at, along, shape[:, 1])))


def coordinates(network: Network, positions: Positions) -> NDArray[np.float64]:
    """Longitude and latitude of places on the streets, shape (n, 2), all at once."""
    if not len(positions):
        return np.empty((0, 2))
    arcs, place = np.unique(positions.arc, return_inverse=True)
    first = network.shape_first_out[arcs]
    sizes = network.shape_first_out[arcs + 1] - first
    begin = np.cumsum(sizes) - sizes  # of each arc among the points of all
    owner = np.repeat(np.arange(len(arcs)), sizes)
    at = np.arange(len(owner)) - begin[owner] + first[owner]
    lon, lat = network.shape_lon[at], network.shape_lat[at]
    narrow = np.cos(np.radians(np.bincount(owner, lat, len(arcs)) / sizes))
    steps = np.hypot(np.diff(lon, prepend=0.0) * narrow[owner], np.diff(lat, prepend=0.0))
    steps[begin] = 0.0
    along = np.cumsum(steps)
    along -= along[begin][owner]
    whole = along[begin + sizes - 1]
    share = positions.offset_cm / np.maximum(1, network.arc_length_cm[arcs])[place]
    # arcs lie one behind the other on one line, so that one look-up serves all places
    far = np.cumsum(whole + 1.0) - whole - 1.0
    line = along + far[owner]
    wanted = far[place] + np.clip(share, 0.0, 1.0) * whole[place]
    return np.column_stack((np.interp(wanted, line, lon), np.interp(wanted, line, lat)))


def street_names(network: Network, path: Path) -> list[tuple[str, int]]:
    """Streets along a path as (name, metres), neighbors of one name merged."""
    merged: list[tuple[str, int]] = []
    for name, cm in _named_stretches(network, path):
        if merged and merged[-1][0] == name:
            merged[-1] = (name, merged[-1][1] + cm)
        else:
            merged.append((name, cm))
    return [(name, (cm + 50) // 100) for name, cm in merged]


def _driven_cm(network: Network, path: Path, i: int) -> int:
    """Centimeters of the i-th arc that are really driven."""
    begin = path.from_offset_cm if i == 0 else 0
    whole = int(network.arc_length_cm[path.arcs[i]])
    return (path.to_offset_cm if i == len(path.arcs) - 1 else whole) - begin


def _named_stretches(network: Network, path: Path) -> list[tuple[str, int]]:
    return [
        (network.name(arc), _driven_cm(network, path, i))
        for i, arc in enumerate(path.arcs.tolist())
    ]


_WORDS: dict[Language, dict[str, str]] = {
    "zh": {
        "unnamed": "无名道路",
        "start": "沿{street}行驶{metres}米",
        "left": "左转进入{street},行驶{metres}米",
        "right": "右转进入{street},行驶{metres}米",
        "straight": "直行进入{street},行驶{metres}米",
        "u_turn": "掉头,沿{street}行驶{metres}米",
        "roundabout": "进入环岛({street}),行驶{metres}米",
        "arrive": "到达",
    },
    "en": {
        "unnamed": "an unnamed street",
        "start": "Drive along {street} for {metres} m",
        "left": "Turn left into {street}, {metres} m",
        "right": "Turn right into {street}, {metres} m",
        "straight": "Straight on into {street}, {metres} m",
        "u_turn": "Turn round, along {street} for {metres} m",
        "roundabout": "Enter the roundabout ({street}), {metres} m",
        "arrive": "Arrive",
    },
}


def instructions(network: Network, path: Path, language: Language = "zh") -> list[str]:
    """Driving instructions: one line where the driver turns or the street changes its name."""
    if not len(path.arcs):
        return []
    words = _WORDS[language]
    steps: list[tuple[str, str, int]] = []
    for i, (name, cm) in enumerate(_named_stretches(network, path)):
        kind = "start" if i == 0 else _maneuver(network, int(path.arcs[i - 1]), int(path.arcs[i]))
        carries_on = kind in {"straight", "within"} and (kind == "within" or name == steps[-1][1])
        if steps and carries_on:
            steps[-1] = (*steps[-1][:2], steps[-1][2] + cm)
        else:
            steps.append((kind, name, cm))
    lines = [
        words[kind].format(street=name or words["unnamed"], metres=(cm + 50) // 100)
        for kind, name, cm in steps
    ]
    return [*lines, words["arrive"]]


def _maneuver(network: Network, arc: int, to: int) -> str:
    """What the driver does between two arcs."""
    circle = int(ArcFlag.ROUNDABOUT)
    if network.arc_flags[to] & circle:
        return "within" if network.arc_flags[arc] & circle else "roundabout"
    part = slice(int(network.turn_first_out[arc]), int(network.turn_first_out[arc + 1]))
    at = np.flatnonzero(network.turn_head[part] == to)
    flags = int(network.turn_flags[part][at[0]]) if len(at) else int(TurnFlag.STRAIGHT)
    for flag, word in (
        (TurnFlag.U_TURN, "u_turn"),
        (TurnFlag.LEFT, "left"),
        (TurnFlag.RIGHT, "right"),
    ):
        if flags & flag:
            return word
    return "straight"

"""Truck profiles: which streets and turns a vehicle may use and how long each takes it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing._kernels.components import strong_components
from routing.gates import gates_of_turns
from routing.network import HIGHWAY_CLASSES, ArcFlag, Network, TurnFlag

# Free-flow means of a laden truck in a Chinese city, km/h, in the order of HIGHWAY_CLASSES.
# Assumptions: mainland extracts carry hardly any maxspeed, so the class has to speak.
CITY_SPEEDS_KMH: tuple[float, ...] = (
    70.0,  # motorway
    40.0,  # motorway_link
    50.0,  # trunk
    35.0,  # trunk_link
    40.0,  # primary
    30.0,  # primary_link
    35.0,  # secondary
    28.0,  # secondary_link
    30.0,  # tertiary
    25.0,  # tertiary_link
    25.0,  # unclassified
    20.0,  # residential
    10.0,  # living_street
    12.0,  # service
    12.0,  # track
)
GENERAL_PERMIT = "*"
"""The permit that lifts every limit that the city's own tables set; physical limits stay."""


@dataclass(frozen=True)
class Profile:
    """A kind of vehicle as the streets see it.

    ``permits`` is not judged here: the city's tables name the limits from which a permit frees, and
    their arcs come in as ``blocked_arcs`` of `weigh`. A profile without ``private_access`` stays
    out of private streets and closed gates; one with ``last_mile`` uses these, and streets open to
    destinations only, for the first and the last mile, never as a way through. ``class_factors``
    are measured: real speeds as shares of the lower one of ``speeds_kmh`` and the signed limit,
    which they do not lift.
    """

    name: str
    height_cm: int = 300
    width_cm: int = 240
    weight_kg: int = 12_000
    hgv: bool = True
    speed_factor: float = 1.0
    permits: frozenset[str] = frozenset()
    private_access: bool = True
    speeds_kmh: tuple[float, ...] = field(default=CITY_SPEEDS_KMH)
    last_mile: bool = False
    class_factors: tuple[float, ...] = (1.0,) * len(HIGHWAY_CLASSES)

    def __post_init__(self) -> None:
        """Raise ValueError when a number is out of range."""
        if len(self.speeds_kmh) != len(HIGHWAY_CLASSES):
            raise ValueError(f"speeds_kmh needs {len(HIGHWAY_CLASSES)} values, one a class")
        if len(self.class_factors) != len(HIGHWAY_CLASSES) or min(self.class_factors) <= 0:
            raise ValueError(f"class_factors needs {len(HIGHWAY_CLASSES)} values > 0, one a class")
        if min(self.speeds_kmh) < 0 or self.speed_factor <= 0:
            raise ValueError("speeds must be >= 0 (0 = closed) and speed_factor > 0")


TRUCK = Profile("truck")
SMALL_TRUCK = Profile("small_truck", height_cm=220, width_cm=190, weight_kg=3_500, hgv=False)
SWEEPER = Profile("sweeper", height_cm=290, width_cm=240, weight_kg=16_000)


@dataclass(frozen=True, eq=False)
class Weights:
    """What each arc and turn costs one profile.

    Attributes
    ----------
    arc_time_ms
        Driving time in milliseconds, shape (num_arcs,); -1 = may not be driven.
    turn_cost_ms
        Shape (num_turns,); -1 = banned for this profile.
    routable
        Whether an arc lies in the largest strongly connected part, shape (num_arcs,).
    gates
        How many gates each turn passes for a profile that uses closed streets for the last mile
        only (`routing.gates`), shape (num_turns,); None = all are streets like others.
    """

    profile: Profile
    arc_time_ms: NDArray[np.int32]
    turn_cost_ms: NDArray[np.int32]
    routable: NDArray[np.bool_]
    gates: NDArray[np.uint8] | None = None


def weigh(
    network: Network, profile: Profile, blocked_arcs: NDArray[np.integer] | None = None
) -> Weights:
    """Times of all arcs and turns for one profile, and the part of the network it can use.

    Parameters
    ----------
    network
        The streets.
    profile
        The vehicle.
    blocked_arcs
        Indices of arcs closed to this vehicle on top of what the map says (closures, truck bans).

    Returns
    -------
    Weights
        With the largest strongly connected part marked.
    """
    time_ms = _arc_times(network, profile)
    closed = ~allowed_arcs(network, profile)
    if blocked_arcs is not None and len(blocked_arcs):
        blocked = np.zeros(network.num_arcs, dtype=np.bool_)
        blocked[network.arc_base[np.asarray(blocked_arcs, dtype=np.int64)]] = True
        closed |= blocked[network.arc_base]
    time_ms[closed] = -1
    turn_cost_ms = _turn_costs(network, profile)
    routable = _largest_part(network, time_ms, turn_cost_ms)
    gates = gates_of_turns(network) if profile.last_mile else None
    if gates is not None and not gates.any():
        gates = None  # most maps of the mainland tag no such street
    return Weights(profile, time_ms, turn_cost_ms, routable, gates)


def allowed_arcs(network: Network, profile: Profile) -> NDArray[np.bool_]:
    """Which arcs the map's own limits leave open to a profile, shape (num_arcs,)."""
    closing = ArcFlag.NO_MOTOR
    if profile.hgv:
        closing |= ArcFlag.NO_HGV
    if not profile.private_access:
        closing |= ArcFlag.PRIVATE
    allowed = (network.arc_flags & np.uint16(closing)) == 0
    for limit, value in (
        (network.arc_max_weight_kg, profile.weight_kg),
        (network.arc_max_height_cm, profile.height_cm),
        (network.arc_max_width_cm, profile.width_cm),
    ):
        allowed &= (limit == 0) | (limit >= value)
    return np.asarray(allowed & (np.asarray(profile.speeds_kmh)[network.arc_class] > 0))


def _arc_times(network: Network, profile: Profile) -> NDArray[np.int32]:
    speed = np.asarray(profile.speeds_kmh, dtype=np.float64)[network.arc_class]
    speed = speed * profile.speed_factor
    signed = network.arc_maxspeed_kmh.astype(np.float64)
    speed = np.where(signed > 0, np.minimum(speed, signed), speed)
    speed = speed * np.asarray(profile.class_factors, dtype=np.float64)[network.arc_class]
    speed = np.where(signed > 0, np.minimum(speed, signed), speed)
    # cm / (km/h) -> ms: 1 km/h is 1/36 cm per ms
    time_ms = np.rint(network.arc_length_cm * 36.0 / np.maximum(speed, 0.1))
    return np.maximum(time_ms, 1).astype(np.int32)


def _turn_costs(network: Network, profile: Profile) -> NDArray[np.int32]:
    banning = TurnFlag.HGV_ONLY_BAN if profile.hgv else TurnFlag.NON_HGV_BAN
    if not profile.private_access:
        banning |= TurnFlag.PRIVATE_GATE
    banned = (network.turn_flags & np.uint8(banning)) != 0
    return np.where(banned, -1, network.turn_cost_ms).astype(np.int32)


def _largest_part(
    network: Network, time_ms: NDArray[np.int32], turn_cost_ms: NDArray[np.int32]
) -> NDArray[np.bool_]:
    part = strong_components(
        np.ascontiguousarray(network.turn_first_out),
        np.ascontiguousarray(network.turn_head),
        turn_cost_ms,
        time_ms,
    )
    if not (part >= 0).any():
        return np.zeros(network.num_arcs, dtype=np.bool_)
    inside = part == np.argmax(np.bincount(part[part >= 0]))
    # A place on a via way may be reached on any copy of its arc, so one copy inside is enough.
    routable = np.zeros(network.num_arcs, dtype=np.bool_)
    routable[network.arc_base[inside]] = True
    return np.asarray((routable[network.arc_base] & (time_ms >= 0)) | inside)

"""From a log of fixes to ``speeds.csv``: the whole way, stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from routing.errors import InputError
from routing.matching import Matched, driven_pieces, match_tracks
from routing.network import HIGHWAY_CLASSES, Network
from routing.profiles import SMALL_TRUCK, Weights, weigh
from routing.telling import telling_if_slow
from scenarios.city import City
from scenarios.gps.fit import Factor, fit_factors
from scenarios.gps.log import Log, Reading
from scenarios.gps.misplaced import refuse_misplaced
from scenarios.gps.stands import Movement, movement
from scenarios.gps.stretches import Stretches, stretches
from scenarios.speeds import profiles_of

Say = Callable[[str], None]
Progress = Callable[[int, int], None]

BORDERS = (0, 7, 9, 17, 19, 24)
"""Hours at which ranges begin: the peaks of morning and evening, and what lies between."""
WORKING = 1.25
"""A sweeper this much faster than its work at most is taken to be working, not driving."""
FEW_MATCHED = 0.5
"""A log of which less lies on streets cannot be trusted."""
IN_SHIFTS = 0.5
"""A log of which less lies in the shifts is likely to be in another zone."""


@dataclass(frozen=True)
class Calibration:
    """Factors by class, hours and profile, and what they rest on.

    ``borders`` are the hours at which ranges begin and end; ``speeds_kmh`` the defaults by class.
    """

    factors: tuple[Factor, ...]
    borders: tuple[int, ...]
    num_fixes: int
    num_trucks: int
    num_stands: int
    num_trips: int
    share_matched: float
    noise_m: float
    driven_km: float
    driven_h: float
    notes: tuple[str, ...]

    def table(self) -> pd.DataFrame:
        """Return the rows of ``speeds.csv``."""
        rows = [
            {
                "road_class": f.cell[0],
                "hour_from": self.borders[f.cell[1]],
                "hour_to": self.borders[f.cell[1] + 1],
                "profile": f.cell[2],
                "factor": round(f.factor, 3),
                "n": f.n,
                "plus_minus": round(f.plus_minus, 3),
            }
            for f in self.factors
        ]
        return pd.DataFrame(rows)


def parse_borders(text: str) -> tuple[int, ...]:
    """Return the hours at which ranges begin and end, with 0 and 24.

    Raises
    ------
    InputError
        When the text is no rising list of hours.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    hours = [int(part) for part in parts if part.isascii() and part.isdecimal()]
    rising = hours == sorted(set(hours)) and all(0 <= hour <= 24 for hour in hours)
    if len(hours) != len(parts) or not rising:
        raise InputError(f"--hours {text!r}; expected rising hours from 0 to 24, as 7,9,17,19")
    return tuple(sorted({0, *hours, 24}))


def calibrate_speeds(
    city: City,
    network: Network,
    log: Log,
    borders: Sequence[int] = BORDERS,
    *,
    threads: int | None = None,
    say: Say = lambda text: None,
    progress: Progress | None = None,
) -> Calibration:
    """Return factors on the default speeds from a log.

    Parameters
    ----------
    borders
        Hours at which ranges begin and end, from 0 to 24.
    threads
        To match with; the result does not depend on it.

    Raises
    ------
    InputError
        When the log does not lie on the streets, or nothing in it can be used.
    """
    weights = _open_weights(city, network)
    say(f"{len(log.fixes):,} fixes: comparing them with the streets")
    refuse_misplaced(log, network, weights)
    moved = movement(log, city)
    say(f"{moved.num_stands:,} stands found; matching the drives between them to streets")
    with telling_if_slow(say, "compiling the matching kernels for this machine (once)"):
        matched = match_tracks(network, weights, moved.tracks, threads=threads, progress=progress)
    share = _share_matched(log, moved, matched)
    found = stretches(network, weights, moved, matched, driven_pieces(network, weights, matched))
    names = dict(zip(city.trucks["truck_id"], profiles_of(city.trucks), strict=True))
    of_truck = np.asarray([names[truck_id] for truck_id in moved.truck_ids], dtype=object)
    found, working_note = _without_work(city, found, of_truck)
    if not len(found):
        raise InputError(
            f"{log.name}: no truck drives from one fix to the next on streets; expected fixes at "
            "most 60 s apart, also between the stops"
        )
    profiles, profile = np.unique(of_truck[found.truck].astype(str), return_inverse=True)
    notes = [*log.notes, *working_note, *_shift_note(city, log, moved, found)]
    if moved.num_jumps:
        notes.append(f"{moved.num_jumps} fixes to which no truck could have come are left out")
    return Calibration(
        tuple(fit_factors(found, borders, profile, profiles.tolist())),
        tuple(borders),
        len(log.fixes),
        len(moved.truck_ids),
        moved.num_stands,
        len(np.unique(found.trip)),
        share,
        matched.sigma_m,
        float(found.length_m.sum() / 1000),
        float((found.taken_s.sum()) / 3600),
        tuple(notes),
    )


def _open_weights(city: City, network: Network) -> Weights:
    """Return default times with every street open: trucks drive where no table expects them."""
    slim = replace(
        SMALL_TRUCK,
        name="any truck",
        height_cm=1,
        width_cm=1,
        weight_kg=1,
        speeds_kmh=tuple(city.settings.speeds[name] for name in HIGHWAY_CLASSES),
    )
    weights = weigh(network, slim)
    return replace(weights, routable=weights.arc_time_ms >= 0)


def _share_matched(log: Log, moved: Movement, matched: Matched) -> float:
    """Return the share of moving fixes that were put on streets.

    Raises
    ------
    InputError
        When it is too small.
    """
    drives = ~moved.standing
    share = float(np.mean(matched.arc[drives] >= 0)) if drives.any() else 0.0
    if share < FEW_MATCHED:
        raise InputError(
            f"{log.name}: only {share:.0%} of the fixes of driving trucks could be put on streets; "
            f"expected {FEW_MATCHED:.0%} and more; is it the map of this city, and the right "
            "coordinate system (--coordinates)?"
        )
    return share


def _without_work(
    city: City, found: Stretches, of_truck: np.ndarray
) -> tuple[Stretches, list[str]]:
    """Leave out what sweepers drove at the pace of their work, and say how much that is."""
    fastest = city.operations["speed_kmh"].max()
    sweeps = of_truck[found.truck] == "sweeper"
    if not sweeps.any() or pd.isna(fastest):
        return found, []
    slow = found.length_m * 3.6 <= WORKING * float(fastest) * np.maximum(found.taken_s, 1e-9)
    working = sweeps & slow
    if not working.any():
        return found, []
    km = found.length_m[working].sum() / 1000
    text = f"{km:.1f} km of sweepers at up to {WORKING * float(fastest):.0f} km/h count as work"
    return found.where(~working), [text]


def _shift_note(city: City, log: Log, moved: Movement, found: Stretches) -> list[str]:
    """Warn where trucks drive at other hours than they are on shift: the zone may be wrong."""
    shifts = city.trucks.set_index("truck_id")[["shift_start", "shift_end"]]
    begin, end = (
        shifts.loc[list(moved.truck_ids), name].to_numpy(dtype=np.int64)[found.truck]
        for name in ("shift_start", "shift_end")
    )
    inside = np.zeros(len(found), dtype=np.bool_)
    for day in (0, 86_400):
        inside |= (found.day_s + day >= begin) & (found.day_s + day < end)
    share = float(np.mean(inside))
    if share >= IN_SHIFTS:
        return []
    return [
        f"only {share:.0%} of the driving lies in the shifts of trucks.csv; is {log.reading.zone} "
        "the zone of the city (--zone)?"
    ]


def read_settings(city: City, coordinates: str | None, zone: str) -> Reading:
    """Return how a log is to be understood.

    Raises
    ------
    InputError
        When the zone does not exist.
    """
    try:
        return Reading(coordinates or city.coordinates, ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f"--zone {zone!r}; expected a zone of the IANA list, as Asia/Shanghai or Europe/Berlin"
        ) from None

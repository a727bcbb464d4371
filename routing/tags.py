"""OSM tags to numbers and flags: limits, speeds, access, direction of a way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from routing.network import CLASS_INDEX, ArcFlag, NodeFlag, Tally

Tags = Mapping[str, str]

CLASS_ALIASES = {"road": "unclassified", "living_street_link": "living_street"}
"""Rare classes read as a usual one."""

NO_LIMIT = frozenset(
    {"none", "no", "default", "unsigned", "below_default", "unknown", "variable", "signals", "yes"}
)
"""Values of a limit that set no number."""

_NUMBER = r"([0-9]+(?:[.,][0-9]+)?)"
_PLAIN = re.compile(rf"^{_NUMBER}\s*([a-z'\"]*)$")
_FEET = re.compile(rf"^{_NUMBER}\s*(?:'|ft|feet)\s*(?:{_NUMBER}\s*(?:\"|''|in|inch|inches)?)?$")
_WEIGHT_UNITS = {
    "t": 1000.0,
    "tonnes": 1000.0,
    "kg": 1.0,
    "st": 907.18474,
    "tons": 907.18474,
    "lbs": 0.45359237,
    "lb": 0.45359237,
    "lt": 1016.0469,
}
_LENGTH_UNITS = {"m": 100.0, "meter": 100.0, "metres": 100.0, "cm": 1.0, "in": 2.54, '"': 2.54}
_SPEED_UNITS = {"": 1.0, "kmh": 1.0, "km/h": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
_SPEED_WORDS = {"walk": 7, "living_street": 7, "urban": 50, "rural": 80, "trunk": 100}
_SPEED = re.compile(rf"^{_NUMBER}\s*([a-z/]*)$")


class UnreadableValue(ValueError):  # noqa: N818 - it names the finding, which is counted
    """When a limit is no number in any of the usual ways of writing."""


class DoubtfulValue(UnreadableValue):
    """When a number has no unit and only another unit than the usual one makes sense."""

    def __init__(self, text: str, value: int) -> None:
        super().__init__(text)
        self.value = value


def parse_weight_kg(text: str) -> int:
    """Kilograms of ``3.5``, ``3.5 t``, ``7500 kg``, ``10 st``; 0 where the value sets no limit.

    Raises
    ------
    UnreadableValue
        When it is no weight; `DoubtfulValue` when a bare number can only be kilograms.
    """
    text = text.strip().lower()
    if text in NO_LIMIT:
        return 0
    match = _PLAIN.match(text)
    if match is None:
        raise UnreadableValue(text)
    number, unit = float(match[1].replace(",", ".")), match[2]
    if unit == "":
        if number > 100:
            raise DoubtfulValue(text, round(number))
        return round(number * 1000)
    if unit not in _WEIGHT_UNITS:
        raise UnreadableValue(text)
    return round(number * _WEIGHT_UNITS[unit])


def parse_length_cm(text: str) -> int:
    """Centimeters of ``4``, ``4,2 m``, ``15'0"``, ``13 ft 6 in``; 0 where no limit is set.

    Raises
    ------
    UnreadableValue
        When it is no length; `DoubtfulValue` when a bare number can only be centimeters.
    """
    text = text.strip().lower()
    if text in NO_LIMIT:
        return 0
    feet = _FEET.match(text)
    if feet is not None:
        inches = float(feet[1].replace(",", ".")) * 12 + float((feet[2] or "0").replace(",", "."))
        return round(inches * 2.54)
    match = _PLAIN.match(text)
    if match is None:
        raise UnreadableValue(text)
    number, unit = float(match[1].replace(",", ".")), match[2]
    if unit == "":
        if number >= 100:
            raise DoubtfulValue(text, round(number))
        return round(number * 100)
    if unit not in _LENGTH_UNITS:
        raise UnreadableValue(text)
    return round(number * _LENGTH_UNITS[unit])


def parse_speed_kmh(text: str) -> int:
    """Kilometers an hour of ``50``, ``30 mph``, ``CN:urban``, ``walk``; 0 where there is no limit.

    Raises
    ------
    UnreadableValue
        When it is no speed.
    """
    text = text.strip().lower()
    if text in NO_LIMIT or text.endswith(":motorway"):
        return 0
    word = text.rsplit(":", 1)[-1]
    if word in _SPEED_WORDS:
        return _SPEED_WORDS[word]
    match = _SPEED.match(word.removeprefix("zone"))
    if match is None or match[2] not in _SPEED_UNITS:
        raise UnreadableValue(text)
    return round(float(match[1].replace(",", ".")) * _SPEED_UNITS[match[2]])


def strictest(
    tags: Tags, keys: tuple[str, ...], parse: Callable[[str], int], tally: Tally, where: str
) -> int:
    """Smallest limit that the given keys set, 0 = none; ``a;b`` counts as both.

    Values that cannot be read are counted in ``tally``, with ``where`` as the place.
    """
    limits = []
    for key in keys:
        for part in tags.get(key, "").split(";"):
            if not part.strip():
                continue
            try:
                limits.append(parse(part))
            except DoubtfulValue as doubt:
                tally.add("values_doubtful", f"{where}: {key} = {part!r} read as {doubt.value}")
                limits.append(doubt.value)
            except UnreadableValue:
                tally.add("values_unreadable", f"{where}: {key} = {part!r}")
    return min((limit for limit in limits if limit > 0), default=0)


WEIGHT_KEYS = ("maxweight", "maxweight:hgv", "maxweightrating", "maxweightrating:hgv")
HEIGHT_KEYS = ("maxheight", "maxheight:physical")
WIDTH_KEYS = ("maxwidth", "maxwidth:physical")


@dataclass(frozen=True)
class Limits:
    """Physical and legal limits of a piece or of a barrier, 0 = none."""

    weight_kg: int = 0
    height_cm: int = 0
    width_cm: int = 0

    def both(self, other: Limits) -> Limits:
        """Limits of something that passes through both."""
        return Limits(
            _stricter(self.weight_kg, other.weight_kg),
            _stricter(self.height_cm, other.height_cm),
            _stricter(self.width_cm, other.width_cm),
        )


def _stricter(one: int, other: int) -> int:
    return min(one, other) if one and other else one or other


def limits_of(tags: Tags, tally: Tally, where: str) -> Limits:
    """Weight, height and width limits of a way or a node."""
    if not any(key.startswith("max") for key in tags):
        return Limits()
    return Limits(
        strictest(tags, WEIGHT_KEYS, parse_weight_kg, tally, where),
        strictest(tags, HEIGHT_KEYS, parse_length_cm, tally, where),
        strictest(tags, WIDTH_KEYS, parse_length_cm, tally, where),
    )


_CLOSED = frozenset({"no", "agricultural", "forestry", "military", "emergency", "psv", "bus"})
_PRIVATE = frozenset({"private", "permit", "residents"})
_DELIVERY = frozenset({"destination", "delivery", "customers", "local"})
_MOTOR_KEYS = ("motor_vehicle", "vehicle", "access")


def access_rank(value: str) -> int:
    """How strictly a value of an access tag binds: 3 closed, 2 private, 1 destination, 0 open."""
    groups = (_CLOSED, _PRIVATE, _DELIVERY)
    return next((3 - i for i, group in enumerate(groups) if value in group), 0)


def _first_value(tags: Tags, keys: tuple[str, ...]) -> str:
    return next((tags[key].split(";")[0].strip() for key in keys if tags.get(key)), "")


def access_flags(tags: Tags) -> ArcFlag:
    """What the access tags say about trucks; the key for the narrower group of vehicles wins."""
    motor = _first_value(tags, _MOTOR_KEYS)
    hgv = _first_value(tags, ("hgv", "goods"))
    flags = ArcFlag(0)
    if motor in _CLOSED and hgv not in {"yes", "designated", *_DELIVERY}:
        flags |= ArcFlag.NO_MOTOR
    elif motor in _PRIVATE:
        flags |= ArcFlag.PRIVATE
    elif motor in _DELIVERY:
        flags |= ArcFlag.DELIVERY
    if hgv in _CLOSED or hgv in {"private", "unsuitable"}:
        flags |= ArcFlag.NO_HGV
    elif hgv in _DELIVERY:
        flags |= ArcFlag.DELIVERY
    return flags


_ONE_WAY = {"yes": 1, "true": 1, "1": 1, "-1": -1, "reverse": -1, "no": 0, "false": 0, "0": 0}


def direction_of(tags: Tags) -> int | None:
    """Permitted direction along the way: 1, -1 or 0 for both; None = it changes with the hour."""
    value = tags.get("oneway:motor_vehicle", tags.get("oneway", "")).strip().lower()
    if value == "reversible":
        return None
    if value in _ONE_WAY:
        return _ONE_WAY[value]
    implied = is_roundabout(tags) or tags.get("highway") in {"motorway", "motorway_link"}
    return 1 if implied else 0


def is_roundabout(tags: Tags) -> bool:
    """Whether the way runs round a traffic circle."""
    return tags.get("junction") in {"roundabout", "circular"}


def highway_class(tags: Tags) -> int:
    """Index into HIGHWAY_CLASSES, -1 where no truck drives."""
    value = tags.get("highway", "")
    return CLASS_INDEX.get(CLASS_ALIASES.get(value, value), -1)


def street_name(tags: Tags) -> str:
    """What drivers call the street: name, else name:zh, else its number."""
    return next((tags[k] for k in ("name", "name:zh", "ref") if tags.get(k)), "")


def _small_int(text: str, low: int, high: int) -> int:
    try:
        return max(low, min(high, round(float(text))))
    except (ValueError, OverflowError):
        return 0


def lanes_of(tags: Tags, direction: int) -> tuple[int, int]:
    """Lanes along and against the way, 0 = unknown."""
    total = _small_int(tags.get("lanes", "").split(";")[0], 0, 20)
    if direction:
        return total, total
    half = max(1, total // 2) if total else 0
    forward, backward = (
        _small_int(tags[key], 0, 20) if key in tags else half
        for key in ("lanes:forward", "lanes:backward")
    )
    return forward, backward


@dataclass(frozen=True)
class Traits:
    """What the tags of one way say, shared by all its pieces."""

    way_id: int
    arc_class: int
    name: str
    direction: int
    flags: ArcFlag
    limits: Limits
    speed_forward: int
    speed_backward: int
    lanes_forward: int
    lanes_backward: int
    layer: int


def traits_of(way_id: int, tags: Tags, tally: Tally) -> Traits | None:
    """Everything a way's tags say, or None where trucks cannot use it (counted in ``tally``)."""
    arc_class = highway_class(tags)
    if arc_class < 0 or tags.get("area") == "yes":
        tally.add("ways_excluded")
        return None
    direction = direction_of(tags)
    if direction is None:
        tally.add("oneway_reversible", f"way {way_id}")
        return None
    if any(key.startswith(("access", "motor_vehicle", "hgv")) for key in _conditional_keys(tags)):
        tally.add("access_conditional", f"way {way_id}")
    where = f"way {way_id}"
    lanes = lanes_of(tags, direction)
    return Traits(
        way_id,
        arc_class,
        street_name(tags),
        direction,
        _way_flags(tags, direction),
        limits_of(tags, tally, where),
        _signed_speed(tags, "forward", tally, where),
        _signed_speed(tags, "backward", tally, where),
        *lanes,
        _small_int(tags.get("layer", ""), -9, 9),
    )


def _conditional_keys(tags: Tags) -> list[str]:
    return [key for key in tags if key.endswith(":conditional")]


def _signed_speed(tags: Tags, side: str, tally: Tally, where: str) -> int:
    keys = tuple(key for key in ("maxspeed", "maxspeed:hgv", f"maxspeed:{side}") if key in tags)
    return min(strictest(tags, keys, parse_speed_kmh, tally, where), 200) if keys else 0


def _way_flags(tags: Tags, direction: int) -> ArcFlag:
    flags = access_flags(tags)
    if direction:
        flags |= ArcFlag.ONEWAY
    if tags.get("bridge", "no") != "no":
        flags |= ArcFlag.BRIDGE
    if tags.get("tunnel", "no") not in {"no", "building_passage"}:
        flags |= ArcFlag.TUNNEL
    if is_roundabout(tags):
        flags |= ArcFlag.ROUNDABOUT
    if tags.get("dual_carriageway") == "yes" and direction:
        flags |= ArcFlag.DUAL
    return flags


_IMPASSABLE = frozenset(
    [
        "bollard",
        "block",
        "cycle_barrier",
        "stile",
        "jersey_barrier",
        "log",
        "debris",
        "kissing_gate",
        "chain",
        "full-height_turnstile",
        "turnstile",
        "motorcycle_barrier",
        "planter",
        "barrier_board",
        "wall",
        "fence",
        "horse_stile",
        "sump_buster",
    ]
)
_GATES = frozenset(
    {"gate", "hampshire_gate", "lift_gate", "swing_gate", "sliding_gate", "sliding_beam", "rope"}
)
_OPEN_TO_TRUCKS = frozenset({"yes", "designated", "permissive", "delivery", "destination"})


def node_flags(tags: Tags) -> NodeFlag:
    """Signals, turning places and barriers at a node."""
    flags = NodeFlag(0)
    highway = tags.get("highway", "")
    if highway == "traffic_signals":
        flags |= NodeFlag.SIGNALS
    if highway in {"turning_circle", "turning_loop", "mini_roundabout"}:
        flags |= NodeFlag.TURNING
    barrier = tags.get("barrier", "")
    access = _first_value(tags, ("hgv", *_MOTOR_KEYS))
    if barrier in _IMPASSABLE and access not in _OPEN_TO_TRUCKS:
        flags |= NodeFlag.BLOCKED
    elif barrier in _GATES:
        flags |= NodeFlag.GATE
        shut = access in _PRIVATE or access in _CLOSED or tags.get("locked") == "yes"
        flags |= NodeFlag.PRIVATE_GATE if shut else NodeFlag(0)
    return flags

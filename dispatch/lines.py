"""Lines on the map: what a leg drives, what a sweeper works, and how a page packs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from routing.network import Network

Line = list[list[float]]


def leg_line(activity: Mapping[str, Any]) -> Line:
    """Return the driven line to an activity as [[lon, lat], …]; empty without a leg."""
    leg = activity["leg"]
    return [list(point) for point in leg["geometry"]] if leg else []


def work_line(activity: Mapping[str, Any], network: Network | None) -> Line:
    """Return the line that a street activity works along, pieces joined in order.

    Without a network the line is the place of the activity alone, so it is empty.
    """
    line: Line = []
    if network is None:
        return line
    for arc in activity["service_arcs"]:
        for lon, lat in network.shape(arc).tolist():
            point = [round(lon, 6), round(lat, 6)]
            if not line or line[-1] != point:
                line.append(point)
    return line


def pack_line(line: Iterable[Sequence[float]], digits: int = 6) -> str:
    """Pack a line of lon lat into text: differences as base-32 numbers, lat before lon.

    This is the encoded polyline of web maps with a free number of digits; every character
    lies between ``?`` and ``~``.
    """
    scale = 10**digits
    chars: list[str] = []
    last_lat = last_lon = 0
    for lon, lat in line:
        new_lat, new_lon = round(lat * scale), round(lon * scale)
        _pack_number(new_lat - last_lat, chars)
        _pack_number(new_lon - last_lon, chars)
        last_lat, last_lon = new_lat, new_lon
    return "".join(chars)


def _pack_number(value: int, chars: list[str]) -> None:
    rest = ~(value << 1) if value < 0 else value << 1
    while rest >= 32:
        chars.append(chr((rest & 31 | 32) + 63))
        rest >>= 5
    chars.append(chr(rest + 63))


def unpack_line(text: str, digits: int = 6) -> Line:
    """Return the line that ``pack_line`` packed."""
    scale = 10**digits
    numbers: list[int] = []
    rest = shift = 0
    for char in text:
        part = ord(char) - 63
        rest |= (part & 31) << shift
        shift += 5
        if part < 32:
            numbers.append(~(rest >> 1) if rest & 1 else rest >> 1)
            rest = shift = 0
    line: Line = []
    lat = lon = 0
    for d_lat, d_lon in zip(numbers[::2], numbers[1::2], strict=True):
        lat, lon = lat + d_lat, lon + d_lon
        line.append([lon / scale, lat / scale])
    return line

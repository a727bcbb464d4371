"""Node, edge and arc routing in the format of SINTEF (Bach, Hasle and Wøhlk)."""

from __future__ import annotations

from pathlib import Path

from benchmarks.campaign.library import read_text
from benchmarks.carp.formats.streets import Street, StreetFile, keyed_lines

SECTIONS = ("REN.", "REE.", "EDGE", "REA.", "ARC")


def parse_mcgrp(path: Path) -> StreetFile:
    """Return what stands in an instance file; the cost of service is left out, as in its values."""
    text = read_text(path)
    keys = keyed_lines(text)
    corners: dict[int, float] = {}
    streets: list[Street] = []
    section = ""
    for line in text.splitlines():
        words = line.split()
        if words and words[0].upper() in SECTIONS:
            section = words[0].upper()
        elif not section or len(words) < 3 or not words[1].lstrip("-").isdigit():
            continue
        elif section == "REN.":
            corners[int(words[0].lstrip("Nn"))] = float(words[1])
        else:
            streets.append(_street(section, words, len(streets) + 1))
    fleet = int(keys["#VEHICLES"])
    return StreetFile(
        tuple(streets),
        depot=int(keys["DEPOT NODE"]),
        capacity=float(keys["CAPACITY"]),
        corners=corners,
        num_vehicles=fleet if fleet > 0 else None,
    )


def _street(section: str, words: list[str], number: int) -> Street:
    two_way = section in ("REE.", "EDGE")
    tail, head, drive = int(words[1]), int(words[2]), float(words[3])
    name = f"{'e' if two_way else 'a'}{number}"
    if section in ("REE.", "REA."):
        return Street(name, tail, head, two_way, drive, drive, float(words[4]))
    return Street(name, tail, head, two_way, drive)

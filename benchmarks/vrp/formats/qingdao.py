"""JSON of the 3,000 collection sites of Qingdao, with three depots and three facilities."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class QingdaoSite:
    """A place in degrees; load in liters, service in seconds, hours in seconds of the day."""

    site_id: str
    lon: float
    lat: float
    load: int = 0
    service: int = 0
    open: int = 0
    close: int = 0


@dataclass(frozen=True)
class QingdaoFile:
    """Depots, facilities and collection sites."""

    depots: tuple[QingdaoSite, ...]
    facilities: tuple[QingdaoSite, ...]
    sites: tuple[QingdaoSite, ...]


def parse_qingdao(folder: Path) -> QingdaoFile:
    """Return what stands in the three files of a folder."""
    return QingdaoFile(
        tuple(map(_place, json.loads((folder / "Depots.json").read_text())["depot"])),
        tuple(
            map(
                _place,
                json.loads((folder / "DisposalFacilities.json").read_text())["disposal_facility"],
            )
        ),
        tuple(map(_site, json.loads((folder / "WasteCollectionSites.json").read_text())["point"])),
    )


def _place(row: dict) -> QingdaoSite:
    return QingdaoSite(row["id"], row["lng"] / 1e6, row["lat"] / 1e6)


def _site(row: dict) -> QingdaoSite:
    (hours,) = row["workTimes"]
    opens, closes = (int(t[:2]) * 3600 + int(t[3:]) * 60 for t in hours)
    return QingdaoSite(
        row["id"],
        row["lng"] / 1e6,
        row["lat"] / 1e6,
        row["capacity"],
        row["stopLength"],
        opens,
        closes,
    )

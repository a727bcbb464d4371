"""From a file to its instance."""

from __future__ import annotations

from pathlib import Path

from benchmarks.campaign.instance import Instance, Objective
from benchmarks.campaign.library import opening
from benchmarks.carp.readers import plain, turning
from routing.errors import InputError

MARKS = {
    "carp": ("ARISTAS_REQ", "EDGE_REQ_LIST"),
    "rwcp": ("TURN_PENALTY",),
    "mixed": ("DUMPING_COST :",),
    "mcgrp-tp": ("#Nb-Turns",),
    "mcgrp": ("#Required N:",),
}
"""Words that only files of a format hold near their beginning."""


def format_of(path: Path) -> str | None:
    """Return in which format a file is written; None if it is no instance."""
    if path.suffix not in (".dat", ".txt") or path.stem.startswith(("SOURCE", "FORMAT")):
        return None
    text = opening(path)
    return next((kind for kind, marks in MARKS.items() if any(m in text for m in marks)), None)


def read(path: Path, kind: str, objective: Objective | None) -> Instance:
    """Return the instance of a file of a known format.

    Raises
    ------
    InputError
        When vehicles are to come first where they do not count.
    """
    if kind in plain.CONVENTIONS:
        return plain.read_plain(path, kind, objective)
    if objective == "vehicles":
        raise InputError(f"{path}: --objective vehicles is for sets without turns only")
    return turning.read_turning(path, kind)

"""The library of arc routing: what ``huanwei bench carp`` runs on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.campaign.library import Library
from benchmarks.campaign.plain import PlainRoute, Verdict
from benchmarks.carp.checks import nodes, turns
from benchmarks.carp.sets import format_of, read


def check_routes(path: Path, routes: Sequence[PlainRoute], objective: str) -> Verdict:
    """Return what the checker of the file's format says of some routes; only cost counts."""
    kind = format_of(path) or ""
    if kind in nodes.PARSERS:
        return nodes.check_nodes(path, kind, routes)
    return turns.check_turns(path, kind, routes)


LIBRARY = Library("carp", format_of, read, check_routes)
read_instance, find_instances = LIBRARY.instance, LIBRARY.find

"""The library of node routing: what ``huanwei bench vrp`` runs on."""

from __future__ import annotations

from benchmarks.campaign.library import Library
from benchmarks.vrp.checking import check_routes
from benchmarks.vrp.sets import format_of, read

LIBRARY = Library("vrp", format_of, read, check_routes)
read_instance, find_instances = LIBRARY.instance, LIBRARY.find

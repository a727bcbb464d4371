"""Behind gates: who is let in, who is left out with a reason, and what the audit says of both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dispatch.audit import audit_plan
from dispatch.audit.drive import Streets
from dispatch.audit.gates import open_part, through_fault
from dispatch.audit.record import Leg
from dispatch.record import plan_record
from routing.profiles import TRUCK, weigh
from scenarios.city import City, read_city
from scenarios.run import DayPlan, run_day
from solvers.stop import MaxIterations
from tests.cities import DAY, added, mapped, place, replaced, together, write_good
from tests.routing.maps import Map, arc
from tests.routing.test_gates import block

Planned = tuple[City, DayPlan, dict[str, Any]]


def compound(made: Map) -> None:
    """Add a private lane of 200 m west of the town's south-western corner."""
    made.node(501, -1, 0).node(502, -2, 0)
    made.way(910, 1, 501, 502, highway="service", access="private", name="小区路")


def spur(made: Map) -> None:
    """Add two public streets in a row instead."""
    made.node(501, -1, 0).node(502, -2, 0)
    made.way(910, 1, 501, name="一路").way(911, 501, 502, name="二路")


def plan(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    *changes: Any,
    lane: Callable[[Map], None] = compound,
) -> Planned:
    """Return the day of the town with one more point, of a kind, at the end of a lane."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path / "cache"))
    folder = write_good(tmp_path / "town")
    points = (folder / "points.csv").read_text(encoding="utf-8").splitlines()
    lines = [points[0] + ",kind", *(line + ",compound" for line in points[1:])]
    lines.append(f"G1,{place(-1.9, 0)},other,100,,,daily,{kind}")
    (folder / "points.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    together(mapped(lane), *changes)(folder)
    city = read_city(folder)
    done = run_day(city, dt.date.fromisoformat(DAY), lambda: MaxIterations(40))
    return city, done, plan_record(city, done)


def permits(**held: str) -> Any:
    """Breakage that gives permits to trucks."""

    def change(folder: Path) -> None:
        lines = (folder / "trucks.csv").read_text(encoding="utf-8").splitlines()
        given = [held.get(line.split(",")[0], "") for line in lines[1:]]
        table = [
            lines[0] + ",permits",
            *(f"{a},{b}" for a, b in zip(lines[1:], given, strict=True)),
        ]
        (folder / "trucks.csv").write_text("\n".join(table) + "\n", encoding="utf-8")

    return change


SECOND_TRUCK = added("trucks.csv", "C2,collector,D1,3000,7,,,2.2,05:00,13:00")


def truck_at(record: dict[str, Any], point: str) -> list[str]:
    """Return who serves a point."""
    return [r["truck_id"] for r in record["routes"] for a in r["activities"] if a["id"] == point]


def test_a_compounds_own_point_is_served(tmp_path, monkeypatch):
    """Its trucks are let in without any permit, and drive no farther than they must."""
    city, done, record = plan(tmp_path, monkeypatch, "compound")
    assert truck_at(record, "G1") == ["C1"]
    report = audit_plan(record, city, done.network)
    assert report.findings == []
    assert report.checked["gate"] > 10


@pytest.mark.parametrize("kind", ["street", "market"])
def test_who_may_not_pass_leaves_out_with_a_reason(tmp_path, monkeypatch, kind):
    """A street's or market's point behind the gate is left out, and told why in both languages."""
    city, done, record = plan(tmp_path, monkeypatch, kind)
    [left] = record["unserved"]
    assert (left["id"], left["reason"]) == ("G1", "gated")
    assert left["text"].startswith("It stands behind a gate that no truck of its stream may pass.")
    assert "permit compound" in left["text"]
    assert "门禁" in left["text_zh"]
    assert audit_plan(record, city, done.network).findings == []


@pytest.mark.parametrize("permit", ["compound", "*"])
def test_the_pass_opens_the_gate(tmp_path, monkeypatch, permit):
    """A truck with the pass serves the point of the market behind the gate."""
    city, done, record = plan(tmp_path, monkeypatch, "market", permits(C1=permit))
    assert record["unserved"] == []
    assert truck_at(record, "G1") == ["C1"]
    assert audit_plan(record, city, done.network).findings == []
    city.trucks["permits"] = [()] * len(city.trucks)
    record["fingerprint"]["tables"] = city.tables_hash
    assert set(audit_plan(record, city, done.network).codes()) >= {"gate-pass"}


def test_only_the_truck_with_the_pass_comes(tmp_path, monkeypatch):
    """Of two trucks of the stream the one with the pass serves it, in a profile of its own."""
    change = together(SECOND_TRUCK, permits(C2="compound"))
    city, done, record = plan(tmp_path, monkeypatch, "street", change)
    assert truck_at(record, "G1") == ["C2"]
    assert [g.truck_ids for g in done.posed.groups] == [("C2",), ("C1", "F1", "R1", "S1")]
    assert audit_plan(record, city, done.network).findings == []


def test_near_the_gate_it_is_served_from_outside(tmp_path, monkeypatch):
    """A street's point just inside the gate is served from the street that all may use."""
    near = replaced("points.csv", (place(-1.9, 0), place(-0.3, 0)))
    _, done, record = plan(tmp_path, monkeypatch, "street", near)
    assert record["unserved"] == []
    [stop] = [a for r in record["routes"] for a in r["activities"] if a["id"] == "G1"]
    assert done.network.arc_way_id[stop["position"]["arc"]] != 910


def test_without_outsiders_permits_split_nothing(tmp_path, monkeypatch):
    """Where every point is a compound's own, the pass tells no trucks apart."""
    change = together(SECOND_TRUCK, permits(C2="compound"))
    _, done, _ = plan(tmp_path, monkeypatch, "compound", change)
    assert len(done.posed.groups) == 1


def test_the_audit_refuses_a_way_through(tmp_path):
    """Driving through a private street is found; turning in there, and coming out, is not."""
    network = block({}, access="private").read(tmp_path)
    weights = weigh(network, replace(TRUCK, last_mile=True))
    is_open = open_part(network, weights, np.zeros(network.num_arcs, dtype=np.bool_))
    into, short = arc(network, 0, 1), [int(a) for a in np.flatnonzero(network.arc_way_id == 5)]
    first, second = (
        next(a for a in short if network.node_osm_id[network.arc_tail[a]] == tail)
        for tail in (5, 6)
    )
    to_gate, out, lane = arc(network, 1, 5), arc(network, 4, 8), arc(network, 6, 7)

    def fault(*arcs: int) -> str:
        return through_fault(Streets(network), is_open, Leg(arcs, None, None, None, None))

    # from the end of way 4 a truck gets on by the private street alone: it is behind the gate too
    assert fault(into, to_gate, first, second, out).startswith(f"drives through piece {to_gate}")
    assert fault(into, to_gate, first, lane) == ""
    assert fault(second, out) == ""
    assert fault(first, lane) == ""


def test_a_street_that_closes_behind_a_truck_is_no_compound(tmp_path, monkeypatch):
    """Where the only way there is closed as it works, it drives there unlawfully, by no gate."""
    _, done, record = plan(tmp_path, monkeypatch, "market", lane=spur)
    [work] = [a for r in record["routes"] for a in r["activities"] if a["id"] == "G1"]
    minutes = work["begin_s"] // 60, work["end_s"] // 60 + 1
    hours = [f"{m // 60:02d}:{m % 60:02d}" for m in minutes]
    closures = tmp_path / "town" / "closures.csv"
    closures.write_text(f"closure_id,way_id,from_time,to_time\nX,910,{','.join(hours)}\n")
    city = read_city(tmp_path / "town")
    assert city.tables_hash != record["fingerprint"]["tables"]
    record["fingerprint"]["tables"] = city.tables_hash
    codes = audit_plan(record, city, done.network).codes()
    assert codes
    assert "gate-pass" not in codes

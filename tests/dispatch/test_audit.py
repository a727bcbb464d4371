"""The audit passes a sound plan, and finds exactly what is broken in a broken one."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest

from dispatch.audit import AuditReport, audit_plan
from dispatch.audit.record import read_record
from dispatch.audit.visits import match_visits
from dispatch.audit.world import read_world
from routing.network import Network, TurnFlag
from scenarios.city import City
from tests.dispatch.audit_cases import (
    ARCS,
    DATE,
    H,
    Planner,
    grid,
    make_plan,
    make_route,
    settle,
    write_city,
)


@dataclass
class Case:
    """A sound plan with its city and streets, to be broken in one place."""

    plan: dict[str, Any]
    city: City
    network: Network

    def route(self, truck: str) -> dict[str, Any]:
        """Return a truck's route."""
        return next(r for r in self.plan["routes"] if r["truck_id"] == truck)

    def act(self, truck: str, ident: str, nth: int = 0) -> dict[str, Any]:
        """Return the nth activity of a truck at a point, street or facility, or a named break."""
        acts = self.route(truck)["activities"]
        return [a for a in acts if ident in (a["id"], a["name"])][nth]

    def facility(self, ident: str) -> dict[str, Any]:
        """Return a facility's day."""
        return next(f for f in self.plan["facilities"] if f["facility_id"] == ident)

    def table(self, name: str, key: str, column: str, value: Any) -> None:
        """Set a cell of the row whose first column is ``key``."""
        frame: Any = self.city.tables[name]
        row = frame.index[frame.iloc[:, 0] == key][0]
        frame.at[row, column] = value

    def drop(self, name: str, key: str) -> None:
        """Take the row out whose first column is ``key``."""
        frame = self.city.tables[name]
        self.city.tables[name] = frame[frame.iloc[:, 0] != key].reset_index(drop=True)

    def settings(self, **values: Any) -> None:
        """Change settings of the city."""
        changed = dataclasses.replace(self.city.settings, **values)
        self.city = dataclasses.replace(self.city, settings=changed)

    def streets(self, field: str, arc: str, value: int) -> None:
        """Set one arc's entry of an array of the network."""
        array = getattr(self.network, field).copy()
        array[ARCS[arc]] = value
        self.network = dataclasses.replace(self.network, **{field: array})

    def forbid(self, before: str, after: str) -> None:
        """Forbid a turn to trucks."""
        first, last = self.network.turn_first_out[ARCS[before] : ARCS[before] + 2]
        turn = next(t for t in range(first, last) if self.network.turn_head[t] == ARCS[after])
        flags = self.network.turn_flags.copy()
        flags[turn] = TurnFlag.HGV_ONLY_BAN
        self.network = dataclasses.replace(self.network, turn_flags=flags)

    def replan(self, planner: Planner) -> None:
        """Replace a truck's route by another."""
        routes = self.plan["routes"]
        spot = next(i for i, r in enumerate(routes) if r["truck_id"] == planner.truck)
        routes[spot] = make_route(planner)
        settle(self.plan)

    def audit(self) -> AuditReport:
        """Return the report on the case as it is."""
        self.plan["fingerprint"].setdefault("tables", self.city.tables_hash)
        return audit_plan(self.plan, self.city, self.network)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Return the sound case; never change it."""
    city, network = write_city(tmp_path_factory.mktemp("audit") / "city"), grid()
    return Case(make_plan(city, network), city, network)


@pytest.fixture
def case(sound: Case) -> Case:
    """Return a copy that a test may break; the hash of its tables is taken when it is audited."""
    tables = {name: frame.copy() for name, frame in sound.city.tables.items()}
    plan = copy.deepcopy(sound.plan)
    del plan["fingerprint"]["tables"]
    return Case(plan, dataclasses.replace(sound.city, tables=tables), sound.network)


Break = Callable[[Case], Any]
BEYOND = {"arc": ARCS["CD"], "offset_cm": 10**7}


def _set(place: Callable[[Case], dict[str, Any]], key: str, value: Any) -> Break:
    """Return a break that sets, or with a callable changes, one value of the plan."""

    def change(case: Case) -> None:
        record = place(case)
        record[key] = value(record[key]) if callable(value) else value

    return change


def _then_settle(change: Break) -> Break:
    """Return a break after which all sums of the plan are made to agree again."""

    def both(case: Case) -> None:
        change(case)
        settle(case.plan)

    return both


def _all(*changes: Break) -> Break:
    def each(case: Case) -> None:
        for change in changes:
            change(case)

    return each


def _act(truck: str, ident: str, nth: int = 0) -> Callable[[Case], dict[str, Any]]:
    return lambda case: case.act(truck, ident, nth)


def _leg(truck: str, ident: str, nth: int = 0) -> Callable[[Case], dict[str, Any]]:
    return lambda case: case.act(truck, ident, nth)["leg"]


def _route(truck: str) -> Callable[[Case], dict[str, Any]]:
    return lambda case: case.route(truck)


def _table(name: str, key: str, column: str, value: Any) -> Break:
    return lambda case: case.table(name, key, column, value)


def _add(amount: int) -> Callable[[Any], Any]:
    return lambda value: value + amount


def _twice(case: Case) -> None:
    idle = copy.deepcopy(case.route("T3"))
    acts = idle["activities"]
    first, last = acts[0], acts[-1]
    here = [first["lon"], first["lat"]]
    last |= {key: first[key] for key in ("arrive_s", "begin_s", "end_s")}
    last["leg"] = {
        "arcs": [first["position"]["arc"]],
        "time_s": 0,
        "length_m": 0,
        "geometry": [here, here],
        "streets": [],
    }
    idle["activities"] = [first, last]
    case.plan["routes"].append(idle)


def _second_depot(case: Case) -> None:
    frame = case.city.tables["facilities"]
    depot = frame[frame["facility_id"] == "D1"].assign(facility_id="D2")
    case.city.tables["facilities"] = pd.concat([frame, depot], ignore_index=True)
    case.route("T3")["activities"][-1]["id"] = "D2"


def _unserved_too(case: Case) -> None:
    case.plan["unserved"].append({**case.plan["unserved"][0], "id": "P5", "mass_kg": 700})


def _mixed(case: Case) -> None:
    case.table("trucks", "T1", "streams", ("other", "kitchen"))
    case.table("facilities", "Z1", "streams", ("other", "sweepings", "kitchen"))
    case.table("points", "P2", "stream", "kitchen")
    case.act("T1", "P2")["stream"] = "kitchen"
    settle(case.plan)
    case.facility("Z1")["received_kg"] = {
        **case.facility("Z1")["received_kg"],
        "other": 1500 + 800 + 900 + 700,
        "kitchen": 1200,
    }


def _never_unloads(case: Case) -> None:
    planner = Planner("T3", "kitchen", 8 * H + 900)
    planner.stop("P6")
    planner.stop("P7")
    planner.home()
    case.replan(planner)


def _jumps_the_queue(case: Case) -> None:
    planner = Planner("T2", "other", 7 * H + 2400, hgv=False)
    planner.stop("P5")
    planner.unload("Z1", 720)
    planner.pause("rest", 300)
    planner.home()
    case.replan(planner)


def _sweeps_again(case: Case) -> None:
    planner = Planner("S1", "sweepings", 8 * H + 1800, tank_l=2000)
    planner.sweep("R1")
    planner.sweep("R2")
    planner.sweep("R2")
    planner.unload("Z1", 720)
    planner.home()
    case.replan(planner)


def _dry(case: Case) -> None:
    case.table("trucks", "S1", "tank_l", 500)
    case.route("S1")["tank_l"] = 500
    for activity in case.route("S1")["activities"]:
        activity["tank_l"] -= 1500


def _short_meal(case: Case) -> None:
    case.settings(meal_break_s=1500)
    case.act("T1", "meal")["name"] = ""


def _early(case: Case) -> None:
    case.act("T1", "P2")["begin_s"] -= 5
    case.table("points", "P2", "service_s", 105)


def _back_and_forth(case: Case) -> None:
    arcs = case.act("T1", "P3")["leg"]["arcs"]
    arcs[1:1] = [arcs[0] ^ 1, arcs[0]]


def _without_queue_minute(case: Case) -> None:
    del case.facility("Z1")["queue"][0]


MUTATIONS: list[tuple[str, str, Break]] = [
    # who and what
    ("truck not in the tables", "unknown-truck", lambda c: c.drop("trucks", "T3")),
    ("a truck drives twice", "truck-twice", _then_settle(_twice)),
    ("kind of truck", "truck-kind", _set(_route("T3"), "truck_kind", "sweeper")),
    ("ends at a strange depot", "depot", _second_depot),
    ("depot of the route", "depot-stated", _set(_route("T3"), "depot_id", "Z1")),
    ("point not in the tables", "unknown-point", lambda c: c.drop("points", "P5")),
    (
        "point not yet open",
        "inactive-point",
        _table("points", "P5", "active_from", pd.Timestamp("2025-01-01")),
    ),
    ("stream of a stop", "point-stream", _then_settle(_set(_act("T2", "P5"), "stream", "kitchen"))),
    ("district", "point-district", _then_settle(_set(_act("T2", "P5"), "district", "?"))),
    ("coordinates of a stop", "place", _set(_act("T2", "P5"), "lon", 112.5)),
    ("facility not in the tables", "unknown-facility", lambda c: c.drop("facilities", "W1")),
    (
        "facility closed for good",
        "inactive-facility",
        _table("facilities", "W1", "active_to", pd.Timestamp("2020-01-01")),
    ),
    ("visited though not due", "served-too-often", _table("points", "P5", "frequency", "tue")),
    ("served and unserved", "served-and-unserved", _then_settle(_unserved_too)),
    ("a point is forgotten", "forgotten", _then_settle(lambda c: c.plan["unserved"].clear())),
    ("no words for a reason", "no-reason", _set(lambda c: c.plan["unserved"][0], "text", "")),
    (
        "stream of what is left out",
        "unserved-stated",
        _then_settle(_set(lambda c: c.plan["unserved"][0], "stream", "kitchen")),
    ),
    (
        "planned as a lower truck",
        "profile",
        lambda c: c.plan["profiles"]["heavy"].update(height_cm=310),
    ),
    (
        "planned with a permit it has not",
        "profile",
        lambda c: c.plan["profiles"]["light"].update(permits=["centre"]),
    ),
    # driving
    (
        "a piece that is not there",
        "leg-arcs",
        lambda c: c.act("T1", "P3")["leg"]["arcs"].insert(1, 999),
    ),
    ("starts elsewhere", "leg-start", lambda c: c.act("T1", "P3")["leg"]["arcs"].pop(0)),
    ("ends elsewhere", "leg-end", lambda c: c.act("T1", "P3")["leg"]["arcs"].pop()),
    (
        "a place beyond the end of its piece",
        "position",
        lambda c: c.act("T2", "P5").update(position=BEYOND, exit=BEYOND),
    ),
    ("turns on the spot", "turn", _back_and_forth),
    ("a turn forbidden to trucks", "turn", lambda c: c.forbid("AB", "BF")),
    (
        "street closed at that hour",
        "closed",
        _all(
            _table("closures", "X2", "from_time", 7 * H),
            _table("closures", "X2", "to_time", 9 * H),
        ),
    ),
    ("street closed that day", "closed", _table("closures", "X3", "date_from", pd.Timestamp(DATE))),
    ("trucks banned", "closed", _table("limits", "L1", "name", "建设路")),
    ("too high for a bridge", "access", lambda c: c.streets("arc_max_height_cm", "BC", 310)),
    ("time of a leg", "leg-time", _set(_leg("T1", "P3"), "time_s", _add(1))),
    ("length of a leg", "leg-length", _set(_leg("T1", "P3"), "length_m", _add(-1))),
    ("line drawn elsewhere", "geometry", lambda c: c.act("T1", "P3")["leg"]["geometry"].pop()),
    (
        "line drawn around the block",
        "geometry",
        lambda c: c.act("T1", "P3")["leg"]["geometry"].insert(1, [112.21, 31.04]),
    ),
    (
        "streets not driven",
        "street-names",
        lambda c: c.act("T1", "P3")["leg"]["streets"].append(["解放路", 0]),
    ),
    (
        "leaves from elsewhere",
        "exit",
        _set(_act("T1", "D1", -1), "exit", {"arc": ARCS["EA"], "offset_cm": 0}),
    ),
    (
        "served from across the street",
        "curb",
        _all(
            _table("points", "P5", "side", "right"),
            _table("points", "P5", "lat", 31.03 + 20 / 111_195),
        ),
    ),
    (
        "rests elsewhere",
        "break-place",
        lambda c: c.act("T1", "meal").update(position={"arc": 0, "offset_cm": 0}, exit=None),
    ),
    # clock
    ("arrives late", "arrival", _set(_act("T2", "Z1"), "arrive_s", _add(5))),
    ("begins before it arrives", "begin", _then_settle(_early)),
    ("works too fast", "service-time", _table("points", "P4", "service_s", 200)),
    ("unloads too fast", "unload-time", _table("facilities", "K1", "unload_s", 700)),
    ("rests too little", "break-length", lambda c: c.settings(min_rest_s=400)),
    (
        "begins after the window",
        "window",
        _then_settle(
            _all(
                _table("points", "P1", "window_end", 7 * H + 600),
                _set(_act("T1", "P1"), "window", [7 * H, 7 * H + 600]),
            )
        ),
    ),
    ("states another window", "window-stated", _set(_act("T1", "P1"), "window", [0, 80_000])),
    (
        "unloads after closing",
        "facility-hours",
        _all(
            _table("facilities", "K1", "close", 8 * H + 2400),
            _set(lambda c: c.facility("K1"), "close_s", 8 * H + 2400),
        ),
    ),
    ("leaves before its shift", "shift-start", _table("trucks", "T1", "shift_start", 7 * H + 1900)),
    ("too much overtime", "shift-end", _table("trucks", "T2", "max_overtime_min", 5)),
    ("no meal break", "meal", _short_meal),
    (
        "meal too early",
        "meal-window",
        lambda c: c.settings(meal_window=(8 * H + 300, 8 * H + 1800)),
    ),
    ("drives too long", "driving-limit", lambda c: c.settings(max_driving_s=1080)),
    ("start of the route", "route-times", _set(_route("T1"), "start_s", _add(60))),
    # loads
    (
        "too heavy",
        "overload-mass",
        _then_settle(
            _all(
                _table("trucks", "T1", "capacity_kg", 3400), _set(_route("T1"), "capacity_kg", 3400)
            )
        ),
    ),
    (
        "too bulky",
        "overload-volume",
        _all(_table("trucks", "T1", "capacity_m3", 6), _set(_route("T1"), "capacity_l", 13_200)),
    ),
    ("two streams in one load", "mixed-load", _mixed),
    (
        "a stream that the truck does not carry",
        "truck-stream",
        _table("trucks", "T3", "streams", ("other",)),
    ),
    (
        "a station that does not take it",
        "facility-stream",
        _table("facilities", "K1", "streams", ("other",)),
    ),
    ("puts down less", "put-down", _set(_act("T1", "Z1"), "mass_kg", _add(-10))),
    ("mass aboard", "load-mass", _set(_act("T1", "P2"), "load_kg", _add(1))),
    ("volume aboard", "load-volume", _set(_act("T1", "P2"), "load_l", _add(1))),
    ("water aboard", "tank-stated", _set(_act("S1", "R1"), "tank_l", _add(1))),
    ("number of the trip", "trip", _set(_act("T1", "P3"), "trip", 1)),
    ("comes home loaded", "ends-loaded", _never_unloads),
    ("too many trips", "max-trips", _table("trucks", "T1", "max_trips", 1)),
    ("runs dry", "tank", _dry),
    (
        "fills up where there is no water",
        "refill-place",
        _table("facilities", "W1", "kind", "wash"),
    ),
    ("water taken", "refill-amount", _set(_act("S1", "W1"), "water_l", _add(5))),
    # facilities
    ("two trucks in one bay", "bays", _jumps_the_queue),
    ("a bay that is not there", "bay-number", _set(_act("T2", "Z1"), "bay", 3)),
    (
        "more than a station takes",
        "tonnage",
        _all(
            _table("facilities", "Z1", "capacity_t_day", 5.0),
            _set(lambda c: c.facility("Z1"), "capacity_kg_day", 5000),
        ),
    ),
    ("received", "received", lambda c: c.facility("Z1")["received_kg"].update(other=1)),
    ("queue", "queue", _without_queue_minute),
    ("hours of a facility", "facility-stated", _set(lambda c: c.facility("Z1"), "open_s", 0)),
    ("a facility left out", "facility-missing", lambda c: c.plan["facilities"].pop()),
    # streets
    ("works on no piece", "street-arcs", _set(_act("S1", "R2"), "service_arcs", [999])),
    ("length worked", "street-length", _set(_act("S1", "R1"), "service_m", _add(1))),
    ("too fast a sweep", "street-time", _table("operations", "sweep", "speed_kmh", 10.0)),
    ("too little water", "street-water", _table("operations", "sweep", "water_l_m2", 0.5)),
    ("litres swept", "street-volume", _then_settle(_set(_act("S1", "R1"), "volume_l", _add(5)))),
    (
        "works in hours of rest",
        "no-work-hours",
        _table("programmes", "1", "no_work_end", 8 * H + 2400),
    ),
    ("no such pass", "street-due", _table("operations", "sweep", "vehicle_kind", "flusher")),
    ("works a street twice", "street-repeat", _sweeps_again),
    ("cars stand there", "street-rules", _table("streets", "C1", "free_right", "tue")),
    # figures
    ("cost", "cost", _set(_route("T1"), "cost", _add(1))),
    ("overtime", "overtime", _set(_route("T2"), "overtime_s", 0)),
    ("metres of the route", "route-figure", _set(_route("T1"), "length_m", _add(1))),
    ("waiting of the route", "route-figure", _set(_route("T2"), "waiting_s", _add(60))),
    ("capacity of the route", "route-figure", _set(_route("T2"), "capacity_l", _add(60))),
    ("energy", "energy", lambda c: c.route("T2")["energy"].update(amount=0.1)),
    ("kind of energy", "energy", lambda c: c.route("T2")["energy"].update(kind="diesel")),
    ("carbon", "co2", _set(_route("T1"), "co2_g", _add(50))),
    ("stops in all", "kpi", lambda c: c.plan["kpis"]["total"].update(stops=5)),
    ("cost of a district", "kpi", lambda c: c.plan["kpis"]["by_district"]["老城"].update(cost=9)),
    ("a truck without figures", "kpi", lambda c: c.plan["kpis"]["by_truck"].pop("T3")),
    ("punctuality", "kpi", lambda c: c.plan["kpis"]["total"].update(punctuality=0.99)),
    ("load factor", "kpi", lambda c: c.plan["kpis"]["by_stream"]["other"].update(load_factor=1)),
    ("what was required", "required", lambda c: c.plan["required"].update(stops=99)),
    ("mean day", "shape", lambda c: c.plan["shape"]["collector"].update(mean_s=1)),
    ("scatter", "shape", lambda c: c.plan["shape"]["collector"].update(scatter_m=10**6)),
    ("shape of no kind", "shape", lambda c: c.plan["shape"].pop("collector")),
    ("gap", "bound", lambda c: c.plan["bound"].update(gap=0.1)),
    ("bound above the cost", "bound", lambda c: c.plan["bound"].update(lower_bound=10**9)),
    ("another map", "map-hash", lambda c: c.plan["fingerprint"].update(map="0" * 64)),
    ("other tables", "tables-hash", lambda c: c.plan["fingerprint"].update(tables="0" * 64)),
]


def test_a_sound_plan_passes(sound: Case) -> None:
    """Nothing is found in the sound plan, nothing is left unchecked, and much is checked."""
    report = sound.audit()
    assert report.findings == []
    assert report.not_checked == {}
    assert report.ok
    assert report.num_checks > 800


@pytest.mark.parametrize(
    ("code", "change"),
    [pytest.param(code, change, id=f"{code}: {what}") for what, code, change in MUTATIONS],
)
def test_each_break_is_found_and_nothing_else(case: Case, code: str, change: Break) -> None:
    """One thing is broken, and the audit gives exactly the code of that rule."""
    change(case)
    report = case.audit()
    assert set(report.codes()) == {code}, "\n".join(report.lines())
    assert not report.ok


def test_mutations_touch_every_code_that_a_sound_plan_checks(sound: Case) -> None:
    """Each rule that is checked has a break in the table above, or is tested elsewhere."""
    untested = {
        "order",  # tested below: a start in the middle of a route
        "duration",  # tested below: time spent at the start
        "mass-taken", "volume-taken", "water-used",  # tested below: negative amounts
        "gate",  # tested with compounds
        "stream-change", "container",  # tested in files of their own
        "street-order", "street-closed", "street-ends", "street-mass",  # tested below with others
    }  # fmt: skip
    assert set(sound.audit().checked) - {code for _, code, _ in MUTATIONS} == untested


def test_an_idle_start(case: Case) -> None:
    """Time spent at the start is named, since nothing happens there."""
    case.route("T3")["activities"][0]["begin_s"] -= 60
    case.route("T3")["activities"][0]["arrive_s"] -= 60
    assert "duration" in case.audit().codes()


def test_a_start_in_the_middle(case: Case) -> None:
    """A route starts once."""
    acts = case.route("T3")["activities"]
    acts.insert(2, copy.deepcopy(acts[0]))
    assert "order" in case.audit().codes()


@pytest.mark.parametrize(
    ("key", "code"),
    [("mass_kg", "mass-taken"), ("volume_l", "volume-taken"), ("water_l", "water-used")],
)
def test_nothing_negative_is_taken(case: Case, key: str, code: str) -> None:
    """A negative amount would hide an overload."""
    case.act("T1", "P2")[key] = -100
    settle(case.plan)
    assert code in case.audit().codes()


def test_street_pieces_must_follow_one_another(case: Case) -> None:
    """Work that jumps from one street to another is named, and so are its false ends."""
    case.act("S1", "R1")["service_arcs"] = [ARCS["DC"], ARCS["BA"]]
    assert {"street-order", "street-ends"} <= set(case.audit().codes())


def test_a_closed_street_is_not_swept(case: Case) -> None:
    """Closing the street that is swept is named for the work as well as for the legs."""
    case.table("closures", "X3", "name", "人民路")
    case.table("closures", "X3", "date_from", pd.Timestamp(DATE))
    assert {"street-closed", "closed"} == set(case.audit().codes())


def test_more_is_swept_up_than_stated(case: Case) -> None:
    """Mass and volume of sweepings follow the operation."""
    case.table("operations", "sweep", "sweepings_kg_km", 400.0)
    assert {"street-mass", "street-volume"} == set(case.audit().codes())


def test_the_point_of_a_finding(case: Case) -> None:
    """A finding says which truck, which activity, what is stated and what is true."""
    case.act("T1", "P2")["load_kg"] = 1
    (finding,) = case.audit().findings
    assert (finding.code, finding.route, finding.activity_idx) == ("load-mass", "T1", 2)
    assert finding.text == "load_kg is stated as 1, recomputed as 2700"
    assert finding.line() == f"T1 activity 2: {finding.text} [load-mass]"


def test_the_audit_changes_nothing(case: Case) -> None:
    """Plan and tables are as they were."""
    plan, tables = copy.deepcopy(case.plan), case.city.tables_hash
    audit_plan(case.plan, case.city, case.network)
    assert case.plan == plan
    assert case.city.tables_hash == tables


def test_the_order_of_routes_does_not_matter(case: Case) -> None:
    """The same findings come from the same plan with its routes in another order."""
    case.act("T1", "P2")["load_kg"] = 1
    case.act("T3", "K1")["bay"] = 7
    forward = {finding.line() for finding in case.audit().findings}
    case.plan["routes"].reverse()
    assert {finding.line() for finding in case.audit().findings} == forward


def test_a_point_on_its_own_curb(case: Case) -> None:
    """P5 lies on the right of the way to the east: nothing is wrong, and the curb is checked."""
    case.table("points", "P5", "side", "right")
    case.table("points", "P5", "lat", 31.03 - 20 / 111_195)
    report = case.audit()
    assert report.ok, "\n".join(report.lines())
    assert report.checked["curb"] == 1


# ---------------------------------------------------------------- several visits and cases


def twice_a_day(case: Case, second: str) -> None:
    """Make P5 due twice, 350 kg each, and let T1 make the second visit late in its route."""
    case.table("points", "P5", "frequency", "2/day")
    planner = Planner("T1", "other", 7 * H + 1800)
    for ident in ("P1", "P2", "P4"):
        planner.stop(ident)
    planner.unload("Z1", 720)
    planner.pause("meal", 1200, 8 * H)
    planner.stop("P3")
    planner.pause("rest", 300)
    planner.stop("P5")
    planner.activities[-1] |= {"id": second, "begin_s": 12 * H + 1800, "window": None}
    planner.now_s = planner.activities[-1]["end_s"] = 12 * H + 1800 + 130
    planner.unload("Z1", 720)
    planner.home()
    case.table("trucks", "T1", "max_overtime_min", 120)
    case.replan(planner)
    for truck in ("T1", "T2"):
        case.act(truck, "P5" if truck == "T2" else second).update(mass_kg=350, volume_l=1400)
    settle(case.plan)


@pytest.mark.parametrize("second", ["P5", "P5#2"])
def test_a_point_visited_twice(case: Case, second: str) -> None:
    """Each visit gives half and has its half of the day, under one name or two."""
    twice_a_day(case, second)
    report = case.audit()
    assert report.ok, "\n".join(report.lines())


def test_a_second_visit_too_early(case: Case) -> None:
    """The second visit begins in its own half of the day, not in the first."""
    twice_a_day(case, "P5#2")
    case.act("T1", "P5#2")["begin_s"] -= 60
    assert "window" in case.audit().codes()


def test_a_smart_point_has_the_hours_of_the_visits_that_are_made(case: Case) -> None:
    """Its level, not its frequency, may ask for one visit, at any hour; two share the day."""
    case.table("points", "P5", "frequency", "2/day")
    case.table("points", "P5", "kind", "smart")
    world = read_world(case.city, dt.date.fromisoformat(DATE))
    one = match_visits(read_record(case.plan), world)
    assert [v.windows for v in one.values() if v.point.point_id == "P5"] == [()]
    case.plan["unserved"].append({**case.plan["unserved"][0], "id": "P5#2"})
    two = match_visits(read_record(case.plan), world)
    half = 12 * H + 1800
    assert [v.windows for v in two.values() if v.point.point_id == "P5"] == [((0, half),)]


def test_a_visit_made_twice(case: Case) -> None:
    """The same numbered visit cannot be both made and left out."""
    twice_a_day(case, "P5#2")
    case.plan["unserved"].append({**case.plan["unserved"][0], "id": "P5#2", "mass_kg": 350})
    assert {"visit-twice", "served-and-unserved"} <= set(case.audit().codes())


def open_case(case: Case, reported: str = "07:00") -> None:
    """Report rubbish where P5 stands, to be cleared within two working hours."""
    hour, minute = map(int, reported.split(":"))
    lon, lat = case.act("T2", "P5")["lon"], case.act("T2", "P5")["lat"]
    case.city.tables["case_catalogue"] = pd.DataFrame(
        [{"case_code": "E1", "name": "暴露垃圾", "stream": "other", "deadline_working_h": 2.0,
          "service_s": 130, "mass_kg": 700.0}]
    )  # fmt: skip
    case.city.tables["cases"] = pd.DataFrame(
        [{"case_id": "7", "case_code": "E1", "lon": lon, "lat": lat, "mass_kg": float("nan"),
          "reported_date": pd.Timestamp(DATE), "reported_time": hour * H + minute * 60,
          "closed_date": pd.NaT, "district": "新区"}]
    )  # fmt: skip


def test_an_open_case_must_be_dealt_with(case: Case) -> None:
    """A reported case that is neither served nor left out with a reason is forgotten."""
    open_case(case)
    assert case.audit().codes() == {"forgotten": 1}


def test_a_case_that_is_served(case: Case) -> None:
    """A stop at the case is judged by the case: place, stream, mass, time, hours."""
    open_case(case)
    case.drop("points", "P5")
    case.act("T2", "P5").update(id="case:7")
    case.act("T2", "case:7")["volume_l"] = 2800
    report = case.audit()
    assert report.ok, "\n".join(report.lines())


def test_a_case_served_before_it_was_reported(case: Case) -> None:
    """Nobody clears rubbish that is reported ten minutes later."""
    open_case(case, "07:50")
    case.drop("points", "P5")
    case.act("T2", "P5").update(id="case:7")
    assert "window" in case.audit().codes()

"""What is kept of each run, and where."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.campaign.engines import Engine, Order
from benchmarks.campaign.handover import routes_from_json
from benchmarks.campaign.instance import Instance
from benchmarks.campaign.library import library, set_name


@dataclass(frozen=True)
class Record:
    """One finished run.

    Attributes
    ----------
    value
        Cost by the checker, in the set's unit; None when no plan keeps all rules.
    trace
        (CPU seconds, value, vehicles) of each improvement that serves every task; vehicles are None
        where they do not count.
    routes
        Plain routes as JSON, so that every plan can be checked again.
    """

    set: str
    instance: str
    objective: str
    engine: str
    fingerprint: str
    seconds: float
    seed: int
    value: float | None
    vehicles: int
    faults: tuple[str, ...]
    refused: str
    iterations: int
    cpu: float
    bks: float | None
    bks_vehicles: int | None
    bks_source: str
    convention: str
    trace: list[tuple[float, float, int | None]] = field(default_factory=list)
    routes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def steps_per_s(self) -> float:
        """Iterations a CPU second."""
        return self.iterations / self.cpu if self.cpu else 0.0


def record_file(folder: Path, order: Order, engine: Engine) -> Path:
    """Return where a run is kept."""
    parts = [order.path.name.split(".geojson")[0].removesuffix(".vrp").removesuffix(".txt")]
    parts += [order.objective, engine.name, f"{order.seconds:g}s", str(order.seed)]
    name = "_".join(parts).replace(" ", "-")
    return folder / "runs" / set_name(order.path).replace(" ", "-") / f"{name}.json"


def load_record(file: Path, fingerprint: str) -> Record | None:
    """Return a kept run; None if there is none, or the code has changed since."""
    if not file.is_file():
        return None
    raw = json.loads(file.read_text(encoding="utf-8"))
    if raw["fingerprint"] != fingerprint:
        return None
    raw["faults"], raw["trace"] = tuple(raw["faults"]), [tuple(row) for row in raw["trace"]]
    return Record(**raw)


def save_record(file: Path, record: Record) -> None:
    """Keep a run; a half-written file never stands under its name."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(json.dumps(asdict(record)), encoding="utf-8")
    part.replace(file)


def judge_run(
    instance: Instance, order: Order, engine: Engine, fingerprint: str, result: dict[str, Any]
) -> Record:
    """Return the record of a run whose plan has been checked by the set's own checker."""
    refused = result.get("refused", "")
    routes = result.get("routes", [])
    verdict = library(order.library).check(
        instance.path, routes_from_json(routes), instance.objective
    )
    faults = () if refused else verdict.faults
    value = None if refused or faults else verdict.value
    cpu = result.get("cpu", 0.0)
    trace = _trace(instance, result["trace"])
    if value is not None:
        trace.append((cpu, value, verdict.vehicles if instance.vehicle_cost else None))
    return Record(
        set=set_name(order.path),
        instance=instance.name,
        objective=instance.objective,
        engine=engine.name,
        fingerprint=fingerprint,
        seconds=order.seconds,
        seed=order.seed,
        value=value,
        vehicles=verdict.vehicles,
        faults=faults,
        refused=refused,
        iterations=result["iterations"] if not refused else 0,
        cpu=cpu,
        bks=instance.bks,
        bks_vehicles=instance.bks_vehicles,
        bks_source=instance.bks_source,
        convention=instance.convention,
        trace=trace,
        routes=routes,
    )


def _trace(instance: Instance, rows: list[list[float]]) -> list[tuple[float, float, int | None]]:
    """Return the improvements that serve every task, in the set's unit."""
    unit = instance.vehicle_cost
    return [
        (seconds, instance.value(cost), int(cost // unit) if unit else None)
        for seconds, cost, unserved in rows
        if not unserved
    ]

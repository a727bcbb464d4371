"""Runs every instance with every seed and engine, keeps what is finished, and tells as it goes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from benchmarks.campaign.engines import Engine, Order, start
from benchmarks.campaign.handover import write_problem
from benchmarks.campaign.instance import Instance, Objective
from benchmarks.campaign.library import Library
from benchmarks.campaign.measures import EARLY_SECONDS, Summary, final_gap, references, summarize
from benchmarks.campaign.records import (
    Record,
    judge_run,
    load_record,
    record_file,
    save_record,
)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Campaign:
    """What is to be run, and where it is kept."""

    library: Library
    files: Sequence[Path]
    engines: Sequence[Engine]
    seconds: float
    seeds: int
    objective: Objective | None
    folder: Path
    jobs: int = 1


def run_campaign(campaign: Campaign, say: Say) -> list[Record]:
    """Return the records of all runs, finished earlier or now; the report is written at the end.

    Ctrl-C ends the campaign; what is finished is kept and reported, and found again next time.
    """
    records: list[Record] = []
    done, total = 0, len(campaign.files) * len(campaign.engines) * campaign.seeds
    try:
        for file in campaign.files:
            instance = campaign.library.instance(file, campaign.objective)
            found = _Bout(campaign, instance, say, done, total).run()
            done += len(campaign.engines) * campaign.seeds
            records += found
            for summary in summarize(found, min(EARLY_SECONDS, campaign.seconds)):
                say(summary_line(instance.name, summary))
    except KeyboardInterrupt:
        say(f"stopped; {len(records)} finished runs of whole instances are reported")
    if records:
        from benchmarks.campaign.report import write_report  # noqa: PLC0415 (only at the end)

        say(f"report: {write_report(records, campaign.folder)}")
    return records


class _Bout:
    """All engines and seeds on one instance, taking turns."""

    def __init__(
        self, campaign: Campaign, instance: Instance, say: Say, done: int, total: int
    ) -> None:
        self.campaign, self.instance, self.say = campaign, instance, say
        self.done, self.total = done, total
        self.fingerprints = {
            engine: engine.fingerprint(campaign.library.name) for engine in campaign.engines
        }

    def run(self) -> list[Record]:
        turns = [
            (engine, seed)
            for seed in range(1, self.campaign.seeds + 1)
            for engine in self.campaign.engines
        ]
        with tempfile.TemporaryDirectory() as place:
            handed = Path(place) / "problem"
            if any(e.peer and self.kept(e, s) is None for e, s in turns):
                write_problem(self.instance.problem, handed)
            with ThreadPoolExecutor(self.campaign.jobs) as pool:
                tasks = [pool.submit(self.one, *turn, handed) for turn in turns]
                try:
                    for task in as_completed(tasks):
                        self.tell(task.result())
                finally:
                    for task in tasks:
                        task.cancel()
        return [record for task in tasks if isinstance(record := task.result(), Record)]

    def order(self, seed: int) -> Order:
        """Return what a run with a seed is to do."""
        campaign, instance = self.campaign, self.instance
        name = campaign.library.name
        return Order(name, instance.path, instance.objective, campaign.seconds, seed)

    def kept(self, engine: Engine, seed: int) -> Record | None:
        """Return the record of an earlier run of the same code."""
        file = record_file(self.campaign.folder, self.order(seed), engine)
        return load_record(file, self.fingerprints[engine])

    def one(self, engine: Engine, seed: int, handed: Path) -> Record | str:
        """Return the record of one run, or why there is none."""
        found = self.kept(engine, seed)
        if found is not None:
            return found
        order = self.order(seed)
        out = handed.parent / f"{engine.solver}-{engine.peer}-{seed}.json"
        fault = start(engine.command(order, handed, out))
        if fault:
            return f"{self.instance.name} {engine.name} seed {seed} failed: {fault}"
        result = json.loads(out.read_text(encoding="utf-8"))
        record = judge_run(self.instance, order, engine, self.fingerprints[engine], result)
        save_record(record_file(self.campaign.folder, order, engine), record)
        return record

    def tell(self, outcome: Record | str) -> None:
        """Say how one run ended."""
        self.done += 1
        line = outcome if isinstance(outcome, str) else run_line(outcome)
        self.say(f"{self.done}/{self.total}  {line}")


def run_line(record: Record) -> str:
    """Return one line on one run."""
    head = f"{record.instance} {record.engine} seed {record.seed}: "
    if record.refused:
        return f"{head}cannot hold {record.refused}"
    if record.value is None:
        return f"{head}breaks rules: {'; '.join(record.faults[:2])}"
    reference = references([record])[record.set, record.instance]
    gap = f", gap {final_gap(record, reference):.2f} %" if record.bks is not None else ""
    return f"{head}{record.value:,.2f}{gap}, {record.vehicles} vehicles"


def summary_line(name: str, summary: Summary) -> str:
    """Return one line on one engine's runs."""
    if not summary.runs:
        return f"  {name:<20} {summary.engine:<16} cannot hold {summary.refused}"
    return (
        f"  {name:<20} {summary.engine:<16} gap {summary.gap:6.2f} %"
        f" ({summary.gap_best:.2f} to {summary.gap_worst:.2f}),"
        f" {summary.vehicles:.1f} vehicles, {summary.steps_per_s:,.0f} steps/s"
    )

"""The command line: parsing, progress and exit codes; every command hands over at once."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dispatch.commands.calibrate import calibrate
from dispatch.commands.coverage import coverage_command
from dispatch.commands.fleet import fleet_command
from dispatch.commands.scenario import scenario
from dispatch.commands.sweep import sweep
from dispatch.commands.visits import visits
from dispatch.commands.winter import winter
from dispatch.console import (
    Speaker,
    date_of,
    guarded,
    json_option,
    stop_rule,
    time_of,
    time_option,
)
from routing.errors import InputError

if TYPE_CHECKING:
    from dispatch.package import Planned

Command = Callable[..., Any]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="huanwei")
def main() -> None:
    """Plan a city's sorted-waste routes and street cleaning (环卫).

    \b
    Example:
      huanwei sample mycity
      huanwei plan mycity --date 2024-11-25
      huanwei show mycity/plans/2024-11-25
    """


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--osm", type=click.Path(path_type=Path), help="Lay the city on this map instead.")
@click.option(
    "--points",
    type=click.IntRange(1, 20_000),
    default=400,
    show_default=True,
    help="Rows of points.csv.",
)
@click.option("--seed", type=click.IntRange(0), default=7, show_default=True)
@json_option
@guarded
def sample(folder: Path, osm: Path | None, points: int, seed: int, as_json: bool) -> None:
    """Write a realistic city into FOLDER, on a map of its own or on a real one.

    \b
    Example:  huanwei sample mycity --osm heidelberg.osm.pbf --points 400 --seed 7
    """
    from scenarios.sample import write_sample

    speaker = Speaker(as_json)
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty; choose another folder")
    written = write_sample(folder, osm=osm, points=points, seed=seed, progress=speaker.say)
    speaker.result([f"city written to {written}"], {"folder": str(written)})


@main.command()
@click.argument("city", type=click.Path(path_type=Path))
@click.option(
    "--fix-coordinates", is_flag=True, help="Rewrite points of GCJ-02 or BD-09 as WGS-84."
)
@json_option
@guarded
def check(city: Path, fix_coordinates: bool, as_json: bool) -> None:
    """Check all tables of CITY and name every fault with file, row and column.

    \b
    Example:  huanwei check mycity
    """
    from scenarios.city import read_city
    from scenarios.places import check_places
    from scenarios.run import load_network

    speaker = Speaker(as_json)
    found = read_city(city)
    network = load_network(found, speaker.say)
    verdict = check_places(found, network, fix=fix_coordinates)
    counts = {name: len(frame) for name, frame in found.tables.items()}
    lines = [f"{name}: {count} rows" for name, count in counts.items() if count]
    lines += [f"warning: {text}" for text in [*found.warnings, *verdict]]
    speaker.result(
        [*lines, "no fault found"], {"rows": counts, "warnings": [*found.warnings, *verdict]}
    )


@main.command()
@click.argument("city", type=click.Path(path_type=Path))
@click.option("--date", required=True, callback=date_of, help="Day to plan, YYYY-MM-DD.")
@click.option(
    "--solver",
    type=click.Choice(["native", "ortools", "pyvrp"]),
    default="native",
    show_default=True,
)
@time_option
@click.option(
    "--iterations",
    type=click.IntRange(0),
    help="Instead of --time: the same plan on any machine.",
)
@click.option("--seed", type=click.IntRange(0), help="Default: the city's own.")
@click.option("--target", type=click.FloatRange(0), help="Also stop at this cost, in the currency.")
@click.option(
    "--searches",
    type=click.IntRange(1, 64),
    help="Side by side, exchanging routes; with --time one a core by default, else one.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 64),
    help="To carry them out, one a core by default; they do not change what is found.",
)
@click.option("--resume", is_flag=True, help="Go on with a search that was stopped or killed.")
@click.option(
    "--scheduler",
    help="Dask cluster that searches the parts of a day too large for one search, such as"
    " tcp://10.0.0.1:8786.",
)
@click.option(
    "--safety", type=float, help="Leave a reserve, so that a load fits with this chance: 0.95."
)
@click.option(
    "--from",
    "earlier",
    type=click.Path(path_type=Path),
    help="Begin with the routes of an earlier plan, of this day or another.",
)
@click.option(
    "--until",
    callback=time_of,
    help="With --from: what begins before this time, HH:MM, stays with its truck, in its order.",
)
@json_option
@guarded
def plan(
    city: Path,
    date: dt.date,
    solver: str,
    seconds: float,
    iterations: int | None,
    seed: int | None,
    target: float | None,
    searches: int | None,
    threads: int | None,
    resume: bool,
    scheduler: str | None,
    safety: float | None,
    earlier: Path | None,
    until: int | None,
    as_json: bool,
) -> None:
    """Plan the day: routes of all streams and the sweeping, with map and sheets.

    \b
    Example:  huanwei plan mycity --date 2024-11-25
    Ctrl-C keeps the best plan so far; --resume goes on from there, and after a crash.
    """
    from dispatch.package import plan_and_write
    from dispatch.planfile import load_plan
    from scenarios.run import Before
    from scenarios.runs.parts import parts_crew
    from solvers.solve import Options
    from solvers.team import num_cores

    if until is not None and earlier is None:
        raise click.UsageError("--until needs --from: which plan's work shall stay")
    before = None if earlier is None else Before(load_plan(earlier), until or 0)
    speaker = Speaker(as_json)
    with parts_crew(scheduler) as crew:
        done = plan_and_write(
            city,
            date,
            stop_rule(seconds, iterations),
            seed=seed,
            solver=solver,
            say=speaker.say,
            progress=speaker.progress,
            options=Options(
                searches or (num_cores() if iterations is None else 1),
                threads,
                None if target is None else round(1000 * target),
                resume=resume,
                crew=crew,
            ),
            safety=safety,
            before=before,
        )
    _tell_plan(speaker, done)


def _tell_plan(speaker: Speaker, done: Planned) -> None:
    """Print a planned day; exit with 4 if the audit finds fault with it."""
    document = {"folder": str(done.folder), "audit": done.report.as_dict()}
    document |= {key: done.record[key] for key in ("kpis", "bound", "unserved")}
    speaker.result(done.lines, document)
    if not done.report.ok:
        sys.exit(4)


@main.command()
@click.argument("plan_folder", type=click.Path(path_type=Path))
@click.option("--browser/--no-browser", default=True, help="Open the map.")
@json_option
@guarded
def show(plan_folder: Path, browser: bool, as_json: bool) -> None:
    """Print the key figures of a plan and open its map.

    \b
    Example:  huanwei show mycity/plans/2024-11-25
    """
    from dispatch.planfile import load_plan, plan_path
    from dispatch.summary import summary_lines

    record = load_plan(plan_folder)
    page = plan_path(plan_folder).parent / "map.html"
    Speaker(as_json).result([*summary_lines(record), f"map: {page}"], record["kpis"])
    if browser and not as_json and page.exists():
        click.launch(str(page))


@main.command()
@click.argument("plan_folder", type=click.Path(path_type=Path))
@click.option(
    "--city", type=click.Path(path_type=Path), help="Default: the city that holds the plan."
)
@json_option
@guarded
def audit(plan_folder: Path, city: Path | None, as_json: bool) -> None:
    """Re-check every rule and number of a plan against the tables and the streets.

    \b
    Example:  huanwei audit mycity/plans/2024-11-25
    Exits with 4 if a rule or number does not hold.
    """
    from dispatch.package import audit_folder

    speaker = Speaker(as_json)
    report = audit_folder(plan_folder, city, speaker.say)
    speaker.result(report.lines(), report.as_dict())
    if not report.ok:
        sys.exit(4)


@main.command()
@click.argument("plan_folder", type=click.Path(path_type=Path))
@click.option(
    "--city", type=click.Path(path_type=Path), help="Default: the city that holds the plan."
)
@click.option("--xlsx", is_flag=True, help="Driver sheets.")
@click.option("--geojson", is_flag=True)
@click.option("--gpx", is_flag=True, help="One track a truck.")
@click.option("--html", is_flag=True, help="Map that opens without internet.")
@click.option("--csv", "as_csv", is_flag=True, help="Key figures.")
@json_option
@guarded
def export(
    plan_folder: Path,
    city: Path | None,
    xlsx: bool,
    geojson: bool,
    gpx: bool,
    html: bool,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Write a plan's sheets, map, tracks and tables again; all of them if none is named.

    \b
    Example:  huanwei export mycity/plans/2024-11-25 --xlsx --gpx
    """
    from dispatch.package import export_folder

    speaker = Speaker(as_json)
    flags = {"xlsx": xlsx, "geojson": geojson, "gpx": gpx, "html": html, "csv": as_csv}
    kinds = [k for k, wanted in flags.items() if wanted] or list(flags)
    written = export_folder(plan_folder, city, kinds, speaker.say)
    speaker.result([f"written: {path}" for path in written], {"written": [str(p) for p in written]})


@main.command()
@click.argument("source")
@json_option
@guarded
def network(source: str, as_json: bool) -> None:
    """Read the streets of a map file or a place into the cache and report on them.

    \b
    Example:  huanwei network heidelberg.osm.pbf
    """
    from routing.cache import load_or_build

    speaker = Speaker(as_json)
    streets, cached = load_or_build(source, progress=speaker.say)
    lines = streets.report.lines()
    lines.append(
        f"{streets.num_nodes:,} junctions, {streets.num_arcs:,} directed pieces,"
        f" {streets.num_turns:,} turns{' (from the cache)' if cached else ''}"
    )
    record = {"nodes": streets.num_nodes, "arcs": streets.num_arcs, "turns": streets.num_turns}
    speaker.result(lines, {**record, "cached": cached, "report": streets.report.counts})


@main.command()
@click.option("--folder", type=click.Path(path_type=Path), default=Path("demo"), show_default=True)
@time_option
@json_option
@guarded
def demo(folder: Path, seconds: float, as_json: bool) -> None:
    """Plan the built-in sample city's day and say where map and sheets are.

    \b
    Example:  huanwei demo
    """
    from dispatch.package import plan_and_write
    from scenarios.sample import write_sample

    speaker = Speaker(as_json)
    city = folder / "city"
    if not (city / "city.toml").exists():
        speaker.say("writing the sample city")
        write_sample(city, progress=speaker.say)
    done = plan_and_write(
        city,
        dt.date(2024, 11, 25),
        stop_rule(seconds, None),
        say=speaker.say,
        progress=speaker.progress,
    )
    _tell_plan(speaker, done)


main.add_command(calibrate)
scenario.add_command(coverage_command)
scenario.add_command(fleet_command)
main.add_command(scenario)
main.add_command(sweep)
main.add_command(visits)
main.add_command(winter)


@main.group()
def bench() -> None:
    """Measure speed by hand, beside other engines.

    \b
    Example:  huanwei bench roads heidelberg.osm.pbf
    """


def folder_option(default: str, text: str) -> Callable[[Command], Command]:
    """Return the option of the folder that a proof writes."""
    kind = click.Path(path_type=Path)
    return click.option("--folder", type=kind, default=default, show_default=True, help=text)


@bench.command("roads")
@click.argument("maps", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--peers", "with_peers", is_flag=True, help="Also all other engines.")
@click.option("--peer", "names", multiple=True, help="Also this engine; repeatable.")
@click.option("--size", "sizes", type=click.IntRange(1), multiple=True, help="Places; repeatable.")
@click.option("--repeats", type=click.IntRange(1), default=5, show_default=True)
@click.option("--report", type=click.Path(path_type=Path), help="Folder of the report with plots.")
@guarded
def bench_roads(
    maps: tuple[Path, ...],
    with_peers: bool,
    names: tuple[str, ...],
    sizes: tuple[int, ...],
    repeats: int,
    report: Path | None,
) -> None:
    """Time travel tables on the turns and on the plain nodes of MAPS, in CPU seconds.

    \b
    Example:
      huanwei bench roads heidelberg.osm.pbf porto.osm.pbf
      python -m benchmarks.peers install roads
      huanwei bench roads heidelberg.osm.pbf --peers --report roads-report
    """
    from benchmarks.peers import choose
    from benchmarks.roads import ROAD_SIZES, measure_maps
    from benchmarks.roads_report import table, write_report

    peers = [peer.name for peer in choose("roads", names)] if with_peers or names else []
    findings = []
    for found in measure_maps(maps, sizes or ROAD_SIZES, repeats, peers, Speaker(False).say):
        findings.append(found)
        click.echo("\n".join([*table(found), ""]))
        if report is not None:
            write_report(findings, report)


@bench.command("osrm")
@click.argument("osm", type=click.Path(path_type=Path))
@click.option(
    "--python", type=click.Path(path_type=Path), help="Python that has osrm-bindings (3.12)."
)
@click.option("--places", type=click.IntRange(2), default=600, show_default=True)
@guarded
def bench_osrm(osm: Path, python: Path | None, places: int) -> None:
    """Compare times and lengths with OSRM's among random places of the map OSM.

    \b
    Example:
      python -m benchmarks.peers install roads osrm-bindings
      huanwei bench osrm heidelberg.osm.pbf
    """
    from benchmarks.agreement import OSRM, compare

    click.echo("\n".join(compare(OSRM, osm, python, places)))


@bench.command("valhalla")
@click.argument("osm", type=click.Path(path_type=Path))
@click.option(
    "--python", type=click.Path(path_type=Path), help="Python that has pyvalhalla (3.12)."
)
@click.option("--places", type=click.IntRange(2), default=200, show_default=True)
@guarded
def bench_valhalla(osm: Path, python: Path | None, places: int) -> None:
    """Compare times and lengths of a truck with Valhalla's among random places of the map OSM.

    \b
    Example:
      python -m benchmarks.peers install roads pyvalhalla
      huanwei bench valhalla heidelberg.osm.pbf
    """
    from benchmarks.agreement import VALHALLA, compare

    click.echo("\n".join(compare(VALHALLA, osm, python, places)))


@bench.command("sweep")
@click.argument("osm", type=click.Path(path_type=Path))
@folder_option("sweep-proof", "Where the city and its week are written anew.")
@time_option
@guarded
def bench_sweep(osm: Path, folder: Path, seconds: float) -> None:
    """Plan a week of three-in-one on the map OSM beside plain postman tours of the same work.

    \b
    Example:  huanwei bench sweep heidelberg.osm.pbf --time 60
    All upper classes and back streets, 6 sweepers and 8 water trucks; --time is for each day.
    """
    from benchmarks.postman import plain_tours
    from dispatch.proof import prove
    from solvers.solve import Options
    from solvers.team import num_cores

    speaker = Speaker(as_json=False)
    proof = prove(
        osm,
        folder,
        stop_rule(seconds, None),
        plain_tours,
        say=speaker.say,
        progress=speaker.progress,
        options=Options(num_cores()),
    )
    click.echo("\n".join(proof.lines()))


@bench.command("streets")
@click.argument("osm", type=click.Path(path_type=Path))
@folder_option("street-proof", "Where the city is written anew.")
@click.option("--tasks", type=click.IntRange(1, 200_000), default=20_000, show_default=True)
@time_option
@guarded
def bench_streets(osm: Path, folder: Path, tasks: int, seconds: float) -> None:
    """Plan one day of very many streets, the nearest to the middle of the map OSM.

    \b
    Example:  huanwei bench streets porto.osm.pbf --tasks 20000 --time 480
    Sweepers, water points and stations are as many as the work takes; the plan is audited.
    """
    from dispatch.streetproof import prove_streets, street_city
    from solvers.solve import Options
    from solvers.team import num_cores

    speaker = Speaker(as_json=False)
    proof = prove_streets(
        street_city(osm, folder, tasks, speaker.say),
        stop_rule(seconds, None),
        say=speaker.say,
        progress=speaker.progress,
        options=Options(num_cores()),
    )
    click.echo("\n".join(proof.lines()))
    if not proof.ok:
        sys.exit(4)


@bench.command("site")
@click.argument("osm", type=click.Path(path_type=Path), required=False)
@folder_option("site-proof", "Where the city and its candidates are written anew.")
@click.option("--iterations", type=click.IntRange(0), default=3000, show_default=True)
@click.option("--seeds", type=click.IntRange(1, 20), default=2, show_default=True)
@click.option("--rounds", type=click.IntRange(1, 50), default=6, show_default=True)
@click.option("--workers", type=click.IntRange(1, 256), help="One a core by default.")
@guarded
def bench_site(
    osm: Path | None, folder: Path, iterations: int, seeds: int, rounds: int, workers: int | None
) -> None:
    """Choose 8 of 40 sites on the map OSM, or the sample city's, beside simpler ways to choose.

    \b
    Example:  huanwei bench site heidelberg.osm.pbf
    Greedy, the median on straight lines and 20 designs by chance are routed with the same seeds.
    """
    from dispatch.siteproof import prove_sites
    from scenarios.runs.days import Budget
    from scenarios.siting.search import Effort

    speaker = Speaker(as_json=False)
    effort = Effort(Budget(iterations), seeds, rounds, rivals=True)
    proof = prove_sites(osm, folder, effort, (None, workers), speaker.say)
    click.echo("\n".join(proof.lines()))


@bench.command("rules")
@click.argument("maps", nargs=-1, metavar="[MAP...]", type=click.Path(path_type=Path))
@folder_option("rule-proof", "Where the cities and their plans are written anew.")
@click.option("--cities", type=click.IntRange(1, 10_000), default=200, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--iterations", type=click.IntRange(0), default=200, show_default=True)
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True)
@click.option("--city", type=click.IntRange(0), help="Only the city of this number.")
@click.option(
    "--points", type=click.IntRange(1, 20_000), help="Points of every city. [default: 14, 26, 40]"
)
@guarded
def bench_rules(
    maps: tuple[Path, ...],
    folder: Path,
    cities: int,
    seed: int,
    iterations: int,
    workers: int,
    city: int | None,
    points: int | None,
) -> None:
    """Plan cities with every rule switched on and off, on each MAP by turns, and audit each plan.

    \b
    Example:  huanwei bench rules --cities 20
    Each rule alone, all but one, and rules by chance; exit code 4 where an audit does not pass.
    """
    from dispatch.ruleproof.proof import SIZES, prove_rules

    speaker = Speaker(as_json=False)
    effort = (cities, seed, iterations)
    sizes = SIZES if points is None else (points,)
    proof = prove_rules(maps, folder, effort, speaker.say, sizes=sizes, workers=workers, only=city)
    click.echo("\n".join(proof.lines()))
    if proof.not_passed:
        sys.exit(4)


@bench.command("city")
@click.argument("maps", nargs=-1, required=True, metavar="MAP...", type=click.Path(path_type=Path))
@folder_option("city-proof", "Where the cities are written anew.")
@click.option(
    "--against",
    type=click.Choice(["ortools", "pyvrp"]),
    default="ortools",
    show_default=True,
)
@click.option("--points", type=click.IntRange(1, 20_000), default=200, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=7, show_default=True)
@time_option
@guarded
def bench_city(
    maps: tuple[Path, ...], folder: Path, against: str, points: int, seed: int, seconds: float
) -> None:
    """Plan the sample's Monday on each MAP with our own solver and another, one thread each.

    \b
    Example:  huanwei bench city heidelberg.osm.pbf porto.osm.pbf --time 20
    Costs include what is left out, by its price; both plans are audited.
    """
    from dispatch.cityproof import prove_cities

    speaker = Speaker(as_json=False)
    proof = prove_cities(maps, folder, (points, seconds, seed), speaker.say, against)
    click.echo("\n".join(proof.lines()))


def campaign_options(name: str) -> Callable[[Command], Command]:
    """Return what gives a command the options of all campaigns on public sets."""
    options = [
        click.argument("sets", nargs=-1, required=True, metavar="SET_OR_FILE..."),
        click.option(
            "--data",
            type=click.Path(path_type=Path),
            envvar=f"HUANWEI_{name.upper()}",
            default=Path(),
            help=f"Folder that holds the sets; also HUANWEI_{name.upper()}. [default: here]",
        ),
        click.option(
            "--time",
            "seconds",
            type=click.FloatRange(0.1),
            default=60.0,
            show_default=True,
            help="CPU seconds of a run.",
        ),
        click.option("--seeds", type=click.IntRange(1), default=5, show_default=True),
        click.option("--solver", default="native", show_default=True),
        click.option(
            "--objective",
            type=click.Choice(["distance", "vehicles"]),
            help="What comes first; by default as usual for the set.",
        ),
        click.option(
            "--limit", type=click.IntRange(1), help="Instances in all, spread over the sets."
        ),
        click.option(
            "--report",
            type=click.Path(path_type=Path),
            default=Path(f"{name}-report"),
            show_default=True,
            help="Folder of the report and of finished runs, which are not run again.",
        ),
        click.option("--jobs", type=click.IntRange(1), default=1, show_default=True),
    ]

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def run_bench(
    name: str,
    sets: tuple[str, ...],
    data: Path,
    limit: int | None,
    solver: str,
    peers: bool = False,
    **wanted: Any,
) -> None:
    """Run a campaign on sets of a library, telling as it goes."""
    from benchmarks.campaign.engines import choose_engines
    from benchmarks.campaign.library import library, spread
    from benchmarks.campaign.runner import Campaign, run_campaign

    known = library(name)
    files = spread(known.find(sets, data), limit)
    engines = choose_engines(solver, peers)
    folder = wanted.pop("report")
    run_campaign(Campaign(known, files, engines, folder=folder, **wanted), Speaker(False).say)


@bench.command("vrp")
@campaign_options("vrp")
@click.option("--peers", is_flag=True, help="Also PyVRP and OR-Tools, taking turns with ours.")
@guarded
def bench_vrp(**options: Any) -> None:
    """Compare plans for the instances of public sets with the best known ones.

    \b
    Example:
      huanwei bench vrp X solomon/R101.txt --data vrp --time 10 --seeds 3
      python -m benchmarks.peers install vrp && huanwei bench vrp X --data vrp --peers
    """
    run_bench("vrp", **options)


@bench.command("carp")
@campaign_options("carp")
@guarded
def bench_carp(**options: Any) -> None:
    """Compare plans for public sets of arc routing with the best known ones.

    \b
    Example:
      huanwei bench carp carp-egl mcarptif/Lpr_IF --data carp --time 10 --seeds 3
    """
    run_bench("carp", **options)


if __name__ == "__main__":
    main()

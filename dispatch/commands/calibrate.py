"""``huanwei calibrate``: service times from a log of stops, driving speeds from a log of fixes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dispatch.console import Speaker, guarded, json_option
from routing.errors import InputError

if TYPE_CHECKING:
    from scenarios.calibration import ServiceTime
    from scenarios.city import City
    from scenarios.gps.calibration import Calibration
    from scenarios.gps.fit import Factor


@click.command()
@click.argument("city", type=click.Path(path_type=Path))
@click.option(
    "--stops",
    "stops_file",
    type=click.Path(path_type=Path),
    help="CSV of truck_id, point_id, arrive, depart: service times.",
)
@click.option(
    "--gps",
    "gps_file",
    type=click.Path(path_type=Path),
    help="CSV of truck_id, time, lon, lat, and speed_kmh, heading if known: speeds.",
)
@click.option(
    "--coordinates",
    type=click.Choice(["wgs84", "cgcs2000", "gcj02", "bd09"]),
    help="Of the GPS log; default: the city's.",
)
@click.option(
    "--zone",
    default="Asia/Shanghai",
    show_default=True,
    help="Of the city's clocks, for times in seconds or with a zone.",
)
@click.option(
    "--hours",
    "hour_borders",
    default="7,9,17,19",
    show_default=True,
    help="Hours at which speeds may change.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write the table of speeds here.")
@click.option("--write", is_flag=True, help="Write speeds.csv into the city; the old one is kept.")
@json_option
@guarded
def calibrate(
    city: Path,
    stops_file: Path | None,
    gps_file: Path | None,
    coordinates: str | None,
    zone: str,
    hour_borders: str,
    out: Path | None,
    write: bool,
    as_json: bool,
) -> None:
    """Measure service times (--stops) or driving speeds (--gps), with error bars.

    Without --out and --write nothing is written. Service times come as lines for city.toml, speeds
    as the city's table speeds.csv, which plans then go by.

    \b
    Example:  huanwei calibrate mycity --stops stops.csv
              huanwei calibrate mycity --gps gps.csv --write
    """
    if (stops_file is None) == (gps_file is None):
        raise InputError("expected either --stops or --gps")
    speaker = Speaker(as_json)
    if stops_file is not None:
        if out is not None or write:
            raise InputError(
                "--out and --write go with --gps; put the lines into city.toml by hand"
            )
        _service_times(speaker, city, stops_file)
    elif gps_file is not None:
        reading = (coordinates, zone, hour_borders)
        _speeds(speaker, city, gps_file, reading, (out, write))


def _service_times(speaker: Speaker, city: Path, stops_file: Path) -> None:
    from scenarios.calibration import read_stops, service_times
    from scenarios.city import read_city

    read = read_city(city)
    settings = read.settings
    found = service_times(read_stops(stops_file, read), settings.stop_s, settings.bin_s)
    lines = [f"{'kind':<12} {'s a stop':>16} {'s a bin':>16} {'n':>6} left out  from the log"]
    lines += [_line(row) for row in found]
    lines += ["", "[service]", f"stop_s = {found[0].stop_s:.0f}", f"bin_s = {found[0].bin_s:.0f}"]
    record = [
        {key: None if _unknown(value) else value for key, value in asdict(row).items()}
        | {"weight": row.weight}
        for row in found
    ]
    speaker.result(lines, {"service_times": record})


def _speeds(
    speaker: Speaker,
    city: Path,
    gps_file: Path,
    reading: tuple[str | None, str, str],
    targets: tuple[Path | None, bool],
) -> None:
    from scenarios.city import read_city
    from scenarios.gps.calibration import calibrate_speeds, parse_borders, read_settings
    from scenarios.gps.log import read_log
    from scenarios.run import load_network

    coordinates, zone, hour_borders = reading
    borders = parse_borders(hour_borders)
    read = read_city(city)
    places = _targets(read, *targets)
    how = read_settings(read, coordinates, zone)
    speaker.say(f"reading {gps_file.name}")
    log = read_log(gps_file, read, how)
    network = load_network(read, speaker.say)
    found = calibrate_speeds(
        read, network, log, borders, say=speaker.say, progress=_counter(speaker)
    )
    written = _write(found, places)
    record = {
        "speeds": found.table().to_dict("records"),
        "written": [str(path) for path in written],
        "notes": list(found.notes),
    }
    record |= {
        name: getattr(found, name)
        for name in (
            "num_fixes",
            "num_trucks",
            "num_stands",
            "num_trips",
            "share_matched",
            "noise_m",
            "driven_km",
            "driven_h",
        )
    }
    speaker.result(_speed_lines(read, found, written), record)


def _targets(city: City, out: Path | None, write: bool) -> list[Path]:
    """Return the files to write, before anything takes long.

    Raises
    ------
    InputError
        When the city is a workbook, or no file can be written there.
    """
    if write and city.source is not None and city.source.is_file():
        raise InputError(
            f"{city.source.name}: a workbook is not written into; use --out speeds.csv and paste "
            "the table into a sheet named speeds"
        )
    if out is not None and out.is_dir():
        raise InputError(f"--out {out}: a folder; expected the name of a file, as speeds.csv")
    return [*([out] if out is not None else []), *([city.folder / "speeds.csv"] if write else [])]


def _write(found: Calibration, places: list[Path]) -> list[Path]:
    from scenarios.files import replace_together, write_whole
    from scenarios.tables import table_text

    text = table_text("speeds", found.table())
    for path in places:
        try:
            if path.exists():
                replace_together({path: text})
            else:
                write_whole(path, text)
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error
    return places


def _counter(speaker: Speaker) -> Callable[[int, int], None]:
    """Return what tells, about once a second, how many trucks are matched."""
    last = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= 1.0:
            last = time.monotonic()
            speaker.say(f"matched {done} of {total} trucks")

    return tell


def _speed_lines(city: City, found: Calibration, written: list[Path]) -> list[str]:
    lines = [
        f"{found.num_fixes:,} fixes of {found.num_trucks} trucks, {found.share_matched:.1%} of "
        f"those driving put on streets, noise {found.noise_m:.0f} m",
        f"{found.num_trips} trips, {found.driven_km:,.0f} km in {found.driven_h:,.1f} h of "
        f"driving, {found.num_stands:,} stands left out",
        "",
        f"{'profile':<12} {'road class':<15} {'hours':>7} {'factor':>14} {'km/h':>6} {'trips':>6}"
        f" {'hours driven':>13}",
    ]
    lines += [_speed_line(city, found, row) for row in found.factors if row.n]
    lines += ["", *(f"note: {text}" for text in found.notes)]
    if not written:
        lines.append("nothing was written; --write puts speeds.csv into the city")
    return [*lines, *(f"written: {path}" for path in written)]


def _speed_line(city: City, found: Calibration, row: Factor) -> str:
    name, hours, profile = row.cell
    begin, end = found.borders[hours], found.borders[hours + 1]
    kmh = row.factor * city.settings.speeds[name]
    span, figure = f"{begin}-{end}", f"{row.factor:.2f} ± {row.plus_minus:.2f}"
    return (
        f"{profile:<12} {name:<15} {span:>7} {figure:>14} {kmh:>6.0f} {row.n:>6} {row.hours:>13.1f}"
    )


def _line(row: ServiceTime) -> str:
    stop = _figure(row.stop_s, row.stop_plus_minus)
    per_bin = _figure(row.bin_s, row.bin_plus_minus)
    return (
        f"{row.kind:<12} {stop:>16} {per_bin:>16} {row.n:>6} {row.num_left_out:>8}"
        f"  {row.weight:.0%}, the rest is the present setting"
    )


def _figure(value: float, error: float) -> str:
    return f"{value:.1f} ± {'?' if _unknown(error) else f'{error:.1f}'}"


def _unknown(value: Any) -> bool:
    """Whether a figure is one that too few visits leave open."""
    return isinstance(value, float) and math.isnan(value)

"""``huanwei calibrate``: service times from a log of stops."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dispatch.console import Speaker, guarded, json_option

if TYPE_CHECKING:
    from scenarios.calibration import ServiceTime


@click.command()
@click.argument("city", type=click.Path(path_type=Path))
@click.option(
    "--stops",
    "stops_file",
    required=True,
    type=click.Path(path_type=Path),
    help="CSV of truck_id, point_id, arrive, depart.",
)
@json_option
@guarded
def calibrate(city: Path, stops_file: Path, as_json: bool) -> None:
    """Measure service times, with error bars, from a log of stops.

    Nothing is written: the lines for city.toml are printed.

    \b
    Example:  huanwei calibrate mycity --stops stops.csv
    """
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
    Speaker(as_json).result(lines, {"service_times": record})


def _line(row: ServiceTime) -> str:
    stop = _figure(row.stop_s, row.stop_plus_minus)
    per_bin = _figure(row.bin_s, row.bin_plus_minus)
    return (
        f"{row.kind:<12} {stop:>16} {per_bin:>16} {row.n:>6} {row.num_left_out:>8}"
        f"  {row.weight:.0%}, the rest is the present setting"
    )


def _figure(value: float, error: float) -> str:
    return f"{value:.1f} ± {'?' if _unknown(error) else f'{error:.1f}'}"


def _unknown(value: object) -> bool:
    """Whether a figure is one that too few visits leave open."""
    return isinstance(value, float) and math.isnan(value)

"""``huanwei winter``: ploughing and spreading in a storm, and hauling the snow away."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dispatch.console import Speaker, guarded, json_option, stop_rule, time_option


@click.command()
@click.argument("city", type=click.Path(path_type=Path))
@click.option(
    "--storm", "storm_file", required=True, type=click.Path(path_type=Path), help="TOML file."
)
@click.option("--drill", is_flag=True, help="Also play the storm through, half hour by half hour.")
@time_option
@click.option(
    "--iterations", type=click.IntRange(0), help="Instead of --time: the same on any machine."
)
@json_option
@guarded
def winter(
    city: Path,
    storm_file: Path,
    drill: bool,
    seconds: float,
    iterations: int | None,
    as_json: bool,
) -> None:
    """Plan ploughing and spreading in a storm, and say when each priority is clear.

    With hours of haul, loaders and tippers take the heaps to snow dumps afterwards.

    \b
    Example:  huanwei winter mycity --storm storm.toml --drill
    storm.toml:
      date = 2024-02-03
      snow_from = "01:00"
      snow_to = "07:00"
      depth_cm = 6
      temp_c = -4
      shift = "00:00-14:00"
      slopes = ["坡路"]
      haul = "20:00-30:00"
    """
    from dispatch.winter import winter_and_write
    from solvers.solve import Options
    from solvers.team import num_cores

    speaker = Speaker(as_json)
    done = winter_and_write(
        city,
        storm_file,
        stop_rule(seconds, iterations),
        play=drill,
        say=speaker.say,
        progress=speaker.progress,
        options=Options(num_cores() if iterations is None else 1),
    )
    speaker.result(done.lines, done.record | {"folder": str(done.folder)})
    if not done.ok:
        sys.exit(4)

"""What every command shares: progress on the terminal, results, exit codes, common options."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from routing.errors import PlanningError

if TYPE_CHECKING:
    from solvers.stop import Stop


class Speaker:
    """Progress on standard error, results on standard output; ``--json`` silences the former."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.live = sys.stderr.isatty() and not as_json
        self._begin = time.monotonic()
        self._last = 0.0

    def say(self, text: str) -> None:
        """Tell one stage of the work."""
        if not self.as_json:
            click.echo(f"[{time.monotonic() - self._begin:6.1f} s] {text}", err=True)

    def progress(self, stage: str, used: float, cost: int, unserved: int) -> None:
        """Tell the state of the search, about once a second."""
        now = time.monotonic()
        if self.as_json or (
            now - self._last < 1.0 and stage not in ("first plan", "resumed") and used < 1.0
        ):
            return
        self._last = now
        line = (
            f"{stage}: cost {cost / 1000:,.0f}, left out {unserved}, {min(used, 1):.0%} of the time"
        )
        if self.live:
            click.echo(f"\r{line:<78}", err=True, nl=used >= 1.0)
        else:
            self.say(line)

    def result(self, lines: list[str], record: Any) -> None:
        """Print the result: lines for people, or one JSON document."""
        if self.as_json:
            click.echo(json.dumps(record, ensure_ascii=False, indent=1))
        else:
            for line in lines:
                click.echo(line)


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Turn the family of errors into messages and exit codes."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except PlanningError as error:
            if kwargs.get("as_json"):
                click.echo(
                    json.dumps({"error": type(error).__name__, "faults": str(error).split("\n")})
                )
            for line in str(error).split("\n"):
                click.echo(f"error: {line}", err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("stopped; nothing was written", err=True)
            sys.exit(130)

    return run


json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON document instead of text."
)


time_option = click.option(
    "--time",
    "seconds",
    type=click.FloatRange(0),
    default=20.0,
    show_default=True,
    help="Seconds for the solver.",
)


def date_of(_context: click.Context, _option: click.Parameter, value: str | None) -> dt.date | None:
    """Return the date that an option gives."""
    if value is None:
        return None
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r}; expected YYYY-MM-DD") from None


def time_of(_context: click.Context, _option: click.Parameter, value: str | None) -> int | None:
    """Return the seconds after midnight that an option gives."""
    from scenarios.cells import parse_time  # noqa: PLC0415 (heavy packages come late)

    if value is None:
        return None
    try:
        return parse_time(value)
    except ValueError:
        raise click.BadParameter(f"{value!r}; expected HH:MM") from None


def stop_rule(seconds: float, iterations: int | None) -> Callable[[], Stop]:
    """Return what makes the stopping rule of these options."""
    from solvers.stop import MaxIterations, MaxSeconds  # noqa: PLC0415 (heavy packages come late)

    if iterations is not None:
        return lambda: MaxIterations(iterations)
    return lambda: MaxSeconds(seconds)

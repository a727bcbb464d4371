"""The passes over one run of street as a chain: their order, their lags, and whether they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scenarios.street_tasks import StreetTask

Span = tuple[int, int]

CONVOY, NO_CONVOY, BINS = "convoy", "no_convoy", "bins"
CHAIN_REASONS = (CONVOY, NO_CONVOY, BINS)
"""Why all passes over a run are left out, beside the solver's own reasons."""


@dataclass(frozen=True)
class Chain:
    """Passes over one run in order, as indices of the problem's tasks.

    ``min_lag_s`` and ``max_lag_s`` bound, pass by pass, how much later than the pass before it a
    pass begins and ends; the first entries mean nothing. ``after_bins`` marks the passes that wait
    until the bins of the street are emptied.
    """

    template: str
    tasks: tuple[int, ...]
    kinds: tuple[str, ...]
    min_lag_s: tuple[int, ...]
    max_lag_s: tuple[int | None, ...]
    after_bins: tuple[bool, ...]

    @property
    def linked(self) -> bool:
        """Whether its work depends on the times of other work."""
        return len(self.tasks) > 1 or any(self.after_bins)


def chains_of(sources: Sequence[object]) -> list[Chain]:
    """Return the chains among the sources of a problem's tasks, in order of their lead passes."""
    groups: list[list[tuple[int, StreetTask]]] = []
    at: dict[str, int] = {}
    for idx, source in enumerate(sources):
        if not isinstance(source, StreetTask):
            continue
        group = at.get(source.follows, len(groups))
        if group == len(groups):
            groups.append([])
        groups[group].append((idx, source))
        at[source.task_id] = group
    return [_chain(group) for group in groups]


def _chain(group: Sequence[tuple[int, StreetTask]]) -> Chain:
    return Chain(
        template=group[0][1].template,
        tasks=tuple(idx for idx, _ in group),
        kinds=tuple(source.vehicle_kind for _, source in group),
        min_lag_s=tuple(source.min_lag_s for _, source in group),
        max_lag_s=tuple(source.max_lag_s for _, source in group),
        after_bins=tuple(source.after_bins for _, source in group),
    )


def lag_faults(chains: Sequence[Chain], times: Mapping[int, Span]) -> list[str]:
    """Return a line for each chain that is worked in part, out of order or out of its lag.

    Parameters
    ----------
    times
        Begin and end of every task that is worked.
    """
    faults = []
    for chain in chains:
        done = [task for task in chain.tasks if task in times]
        if not done:
            continue
        if len(done) < len(chain.tasks):
            faults.append(f"tasks {chain.tasks}: only {tuple(done)} are worked")
            continue
        spans = [times[task] for task in chain.tasks]
        for p in range(1, len(spans)):
            lags = [after - before for before, after in zip(spans[p - 1], spans[p], strict=True)]
            most = chain.max_lag_s[p]
            if min(lags) < chain.min_lag_s[p] or (most is not None and max(lags) > most):
                faults.append(
                    f"task {chain.tasks[p]} lags {lags[0]} s at its begin and {lags[1]} s at its "
                    f"end; expected {chain.min_lag_s[p]} to {most} s"
                )
    return faults

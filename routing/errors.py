"""The family of errors that a user can meet, with one exit code each."""

from __future__ import annotations

from collections.abc import Iterable


class PlanningError(Exception):
    """Something stopped the work; the message says where, what came, what to do."""

    exit_code = 1


class InputError(PlanningError):
    """When tables, settings or arguments cannot be used; carries all faults at once."""

    exit_code = 2

    def __init__(self, faults: str | Iterable[str]) -> None:
        self.faults = [faults] if isinstance(faults, str) else list(faults)
        super().__init__("\n".join(self.faults))


class NetworkError(PlanningError):
    """When a map cannot be read or holds no street that a truck may drive."""

    exit_code = 3


class InfeasibleError(PlanningError):
    """When the rules contradict one another so that no plan can exist."""

    exit_code = 4

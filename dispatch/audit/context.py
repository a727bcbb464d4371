"""What every part of an audit shares: the plan, the tables, the streets and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field

from dispatch.audit.drive import Driven, Streets
from dispatch.audit.record import PlanRecord, Route
from dispatch.audit.report import Recorder
from dispatch.audit.tables import Rules, World
from dispatch.audit.visits import Visit


@dataclass
class Context:
    """The state of one audit.

    Attributes
    ----------
    visits
        The due visit behind each stop, by route and activity.
    driven
        Legs as driven again, else as stated, by route and activity.
    trips
        Number of the trip in which work is done, by route and activity.
    received
        Mass put down, by route and activity, then by stream.
    """

    plan: PlanRecord
    world: World
    streets: Streets
    found: Recorder
    visits: dict[tuple[int, int], Visit]
    driven: dict[tuple[int, int], Driven] = field(default_factory=dict)
    trips: dict[tuple[int, int], int] = field(default_factory=dict)
    received: dict[tuple[int, int], dict[str, int]] = field(default_factory=dict)

    @property
    def rules(self) -> Rules:
        """The rules of work."""
        return self.world.rules

    def check(self, holds: bool, code: str, text: str, route: str = "", idx: int = -1) -> bool:
        """Count a check and keep a finding unless it holds."""
        return self.found.check(holds, code, text, route, idx)

    def equal(
        self, stated: object, computed: object, code: str, what: str, route: str = "", idx: int = -1
    ) -> bool:
        """Check a stated number against the recomputed one."""
        return self.found.equal(stated, computed, code, what, route, idx)

    def skip(self, what: str) -> None:
        """Count a check that could not be made."""
        self.found.skip(what)

    def leg_time(self, route: Route, idx: int) -> int | None:
        """Return the time of the leg to an activity: recomputed, else as stated, else None."""
        driven = self.driven.get((route.number, idx))
        return None if driven is None else driven.time_s

    def leg_length(self, route: Route, idx: int) -> int | None:
        """Return the length of the leg to an activity: recomputed, else as stated, else None."""
        driven = self.driven.get((route.number, idx))
        return None if driven is None else driven.length_m

    def swept_m(self, route: Route, idx: int) -> int:
        """Return the metres worked by an activity: by its pieces, else as stated, else 0."""
        activity = route.activities[idx]
        arcs = activity.service_arcs or ()
        if activity.kind != "street" or not arcs or not all(map(self.streets.has, arcs)):
            return activity.service_m or 0
        lengths = self.streets.network.arc_length_cm
        return (sum(int(lengths[arc]) for arc in arcs) + 50) // 100

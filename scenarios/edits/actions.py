"""Every kind of edit by name: its parameters and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scenarios.edits import closures, demand, facilities, fleet, merging, modes, points
from scenarios.edits.draft import Draft, Told
from scenarios.edits.parameters import Parameters
from scenarios.schema import Column


@dataclass(frozen=True)
class Action:
    """One kind of edit."""

    name: str
    columns: tuple[Column, ...]
    carry_out: Callable[[Draft, Parameters], Told]

    @property
    def purpose(self) -> str:
        """The first line of its documentation."""
        return (self.carry_out.__doc__ or "").split("\n")[0]


ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        Action("open_facility", facilities.OPEN, facilities.open_facility),
        Action("close_facility", (facilities.ID, facilities.FROM), facilities.close_facility),
        Action(
            "move_facility",
            (facilities.ID, facilities.FROM, *facilities.PLACE),
            facilities.move_facility,
        ),
        Action("change_facility", facilities.CHANGE, facilities.change_facility),
        Action("merge_points", merging.MERGE, merging.merge_points),
        Action("merge_into", merging.MERGE_INTO, merging.merge_into),
        Action("add_point", points.ADD, points.add_point),
        Action("remove_points", points.REMOVE, points.remove_points),
        Action("change_points", points.CHANGE, points.change_points),
        Action("grow_demand", demand.GROWTH, demand.grow_demand),
        Action("set_sorting", demand.SORTING, demand.set_sorting),
        Action("set_spread", demand.SPREAD, demand.set_spread),
        Action("door_to_door", modes.DOORS, modes.door_to_door),
        Action("rural_mode", modes.RURAL, modes.rural_mode),
        Action("add_trucks", fleet.ADD, fleet.add_trucks),
        Action("remove_trucks", fleet.CHOOSE, fleet.remove_trucks),
        Action("change_trucks", fleet.CHANGE, fleet.change_trucks),
        Action("close_street", closures.CLOSE, closures.close_street),
        Action("set_limit", closures.LIMIT, closures.set_limit),
    )
}

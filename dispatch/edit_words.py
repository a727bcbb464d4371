"""What can be edited, in words: the kinds of edits and their parameters."""

from __future__ import annotations

from typing import Any

from routing.errors import InputError
from scenarios.cells import expected, nearest
from scenarios.edits.actions import ACTIONS, Action


def _chosen(kind: str | None) -> list[Action]:
    """Return one kind of edit, or all of them.

    Raises
    ------
    InputError
        When there is no such kind.
    """
    if kind is None:
        return list(ACTIONS.values())
    if kind not in ACTIONS:
        close = nearest(kind, ACTIONS)
        hint = f"did you mean {close}?" if close else f"one of {', '.join(ACTIONS)}"
        raise InputError(f"{kind!r} is no kind of edit; {hint}")
    return [ACTIONS[kind]]


def kind_lines(kind: str | None) -> list[str]:
    """Return a line for each kind of edit, or for each parameter of one."""
    actions = _chosen(kind)
    if kind is None:
        return [f"{action.name:<16} {action.purpose}" for action in actions]
    lines = [actions[0].purpose, "", "[[edit]]", f'do = "{kind}"']
    for column in actions[0].columns:
        tail = "" if column.default in (None, "") else f", {column.default} by default"
        need = "" if column.required else "# "
        lines.append(f"{need}{column.name} =   {expected(column)}{tail}")
    return lines


def kinds_record(kind: str | None) -> list[dict[str, Any]]:
    """Return the same as records."""
    return [
        {
            "do": action.name,
            "purpose": action.purpose,
            "parameters": [
                {
                    "name": column.name,
                    "kind": column.kind,
                    "required": column.required,
                    "choices": list(column.choices),
                    "default": column.default,
                }
                for column in action.columns
            ],
        }
        for action in _chosen(kind)
    ]

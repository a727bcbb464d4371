"""Scenarios: files of edits, stacked on one another, and the city that they make."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from routing.errors import InputError
from scenarios.cells import nearest
from scenarios.checks import check_tables
from scenarios.city import City
from scenarios.defaults import Assumption
from scenarios.edits.actions import ACTIONS
from scenarios.edits.draft import Draft, Streets, Told, Walk
from scenarios.edits.parameters import Parameters, read_parameters
from scenarios.findings import Findings, about

FOLDER = "scenarios"
"""Where a city keeps its files of edits."""
BASE = "base"
"""The name of the city as it is."""
HEAD = ("title", "based_on", "edit")


@dataclass(frozen=True)
class Edit:
    """One edit as written: the kind, its parameters as given, and how faults name it."""

    kind: str
    given: dict[str, Any]
    label: str


@dataclass(frozen=True)
class Scenario:
    """A named stack of edits; ``files`` are those that they stand in, in order."""

    name: str
    title: str
    edits: tuple[Edit, ...]
    files: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Edited:
    """A city after edits, an ordinary one, with what each edit did.

    Attributes
    ----------
    told
        A sentence an edit, in order.
    walks
        Where merged points make residents walk.
    """

    name: str
    title: str
    city: City
    told: tuple[Told, ...] = ()
    walks: tuple[Walk, ...] = ()


@dataclass
class _Reader:
    """Reads a file of edits and those that it is based on, each once."""

    city: City
    faults: Findings
    edits: list[Edit] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)

    def read(self, name: str, label: str) -> None:
        """Take the edits of a scenario; ``label`` is where its name was given."""
        path = scenario_path(self.city, name)
        if name in self.above:
            circle = " -> ".join([*self.above, name])
            self.faults.add(about(label, f"based_on = {name!r}; goes in a circle: {circle}"))
        elif path in self.files:
            return
        elif not path.is_file():
            known = scenario_names(self.city)
            close = nearest(name, known)
            have = f"did you mean {close}?" if close else f"known are {', '.join(known) or 'none'}"
            self.faults.add(about(label, f"scenario {name!r}; expected a file {path}; {have}"))
        else:
            self.above.append(name)
            self._take(path)
            self.above.pop()

    def _take(self, path: Path) -> None:
        label = _label(self.city, path)
        self.faults.expect(label)
        try:
            tree = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            self.faults.add(about(label, f"cannot be read: {error}; expected TOML in UTF-8"))
            return
        for key in tree:
            if key not in HEAD:
                close = nearest(key, HEAD)
                self.faults.add(about(label, f"{key} is unknown; did you mean {close or 'edit'}?"))
        based_on = tree.get("based_on", [])
        for other in [based_on] if isinstance(based_on, str) else based_on:
            self.read(str(other), label)
        self.files.append(path)
        self.titles.append(str(tree.get("title", path.stem)))
        self._take_edits(tree.get("edit"), label)

    def _take_edits(self, edits: Any, label: str) -> None:
        if not isinstance(edits, list) or not edits:
            self.faults.add(about(label, "has no edit; expected [[edit]] with do = and parameters"))
            return
        for number, edit in enumerate(edits, 1):
            given = dict(edit) if isinstance(edit, Mapping) else {}
            kind = str(given.pop("do", ""))
            here = f"{label} edit {number}"
            if kind in ACTIONS:
                self.edits.append(Edit(kind, given, f"{here} ({kind})"))
                continue
            close = nearest(kind, ACTIONS)
            hint = f"did you mean {close}?" if close else f"one of {', '.join(ACTIONS)}"
            self.faults.add(about(here, f"do = {kind!r}; expected a kind of edit; {hint}"))


def scenario_names(city: City) -> list[str]:
    """Return the names of the city's scenarios, in order."""
    folder = city.folder / FOLDER
    return sorted(p.stem for p in folder.glob("*.toml")) if folder.is_dir() else []


def scenario_path(city: City, name: str) -> Path:
    """Return the file of a scenario: a path as it is, a name in the city's folder."""
    return Path(name) if name.endswith(".toml") else city.folder / FOLDER / f"{name}.toml"


def _label(city: City, path: Path) -> str:
    inside = path.is_relative_to(city.folder)
    return str(path.relative_to(city.folder) if inside else path)


def read_scenario(city: City, name: str) -> Scenario:
    """Return the edits of a scenario, or of several stacked by ``+``; ``base`` has none.

    Raises
    ------
    InputError
        When a file is missing or cannot be read; all faults at once.
    """
    faults = Findings()
    reader = _Reader(city, faults)
    for part in name.split("+"):
        if part != BASE:
            reader.read(part, "scenario")
    if faults:
        raise InputError(faults.told())
    title = "; ".join(reader.titles) or "the city as it is"
    short = "+".join(Path(part).stem for part in name.split("+"))
    return Scenario(short, title, tuple(reader.edits), tuple(reader.files))


def apply_scenario(city: City, scenario: Scenario, streets: Streets) -> Edited:
    """Return the city that a scenario makes of another; that one stays as it is.

    Parameters
    ----------
    streets
        Gives the network; called only by edits that measure along streets.

    Raises
    ------
    InputError
        When an edit, or the city that results, has faults; all of them at once.
    """
    if not scenario.edits:
        return Edited(scenario.name, scenario.title, city)
    faults = Findings()
    faults.expect(*(edit.label for edit in scenario.edits))
    given = [_parameters(edit, faults) for edit in scenario.edits]
    if faults:
        raise InputError(faults.told())
    draft = Draft.of(city, streets, faults)
    told = []
    for edit, parameters in zip(scenario.edits, given, strict=True):
        draft.label = edit.label
        if parameters is not None:
            told.append(ACTIONS[edit.kind].carry_out(draft, parameters))
    _check(draft)
    if faults:
        raise InputError(faults.told())
    done = replace(
        city,
        name=f"{city.name} [{scenario.name}]",
        tables=draft.tables,
        settings=draft.settings,
        assumptions=_joined(city.assumptions, draft.used.assumptions()),
    )
    return Edited(scenario.name, scenario.title, done, tuple(told), tuple(draft.walks))


def _parameters(edit: Edit, faults: Findings) -> Parameters | None:
    return read_parameters(edit.kind, ACTIONS[edit.kind].columns, edit.given, edit.label, faults)


def _check(draft: Draft) -> None:
    """Find what the edited tables have wrong together, and name the edit that did it."""
    found = Findings()
    consequences = bool(draft.faults)
    check_tables(draft.tables, found, lambda name: f"{name}.csv")
    for finding in found.found:
        table = finding.where.removesuffix(".csv")
        label = draft.touched.get(table, {}).get(finding.row)
        if label is not None:
            draft.faults.add(about(label, finding.text))
        elif not consequences:
            draft.faults.add(replace(finding, where=f"after the edits, {finding.where}"))


def _joined(first: Sequence[Assumption], more: Sequence[Assumption]) -> list[Assumption]:
    return list({a.key: a for a in (*first, *more)}.values())

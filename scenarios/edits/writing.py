"""An edited city as a folder of its own, which every command reads as any other."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from routing.errors import InputError
from scenarios.city import TOML, City
from scenarios.edits.scenario import Edited
from scenarios.files import write_whole
from scenarios.tables import open_source, write_tables


def write_edited(edited: Edited, folder: Path) -> None:
    """Write an edited city as tables and city.toml; coordinates are WGS-84 then.

    Raises
    ------
    InputError
        When the folder holds anything already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty; choose another folder")
    city = edited.city
    tables = {name: frame for name, frame in city.tables.items() if len(frame)}
    write_tables(folder, tables)
    head = {"name": city.name, "osm": city.osm, "coordinates": "wgs84"}
    settings = {**_settings(city), **city.settings.aside(), **head}
    told = "".join(f"# {sentence.en}\n" for sentence in edited.told)
    lines = "".join(f"{_key(key)} = {_value(value)}\n" for key, value in settings.items())
    write_whole(folder / TOML, f"# {edited.title}\n{told}{lines}")


def _settings(city: City) -> dict[str, Any]:
    """Return the settings that the city was read with, by dotted key."""
    source = open_source(city.source or city.folder)
    if source.settings is not None:
        return source.settings
    tree = tomllib.loads((source.folder / TOML).read_text(encoding="utf-8-sig"))
    return _flat(tree, "")


def _flat(tree: dict[str, Any], prefix: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _key(dotted: str) -> str:
    return ".".join(json.dumps(part, ensure_ascii=False) for part in dotted.split("."))


def _value(value: Any) -> str:
    """Return a value as TOML; text, numbers, booleans and lists are written as JSON is."""
    return json.dumps(value, ensure_ascii=False)

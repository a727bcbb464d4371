"""Finished runs on disk, each under the hash of all that it depends on."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import routing
import scenarios
import solvers
from routing.cache import default_cache_dir
from scenarios.files import write_whole

Result = dict[str, Any]


@cache
def code_hash() -> str:
    """SHA-256 over the sources that a run's numbers come from, in hexadecimal."""
    digest = hashlib.sha256()
    for package in (routing, solvers, scenarios):
        root = Path(package.__path__[0])
        for source in sorted(root.rglob("*.py")):
            digest.update(f"{package.__name__}/{source.relative_to(root)}\n".encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()


def content_hash(record: Any) -> str:
    """Return the name of a run: the hash of a record of what it depends on, and of the code."""
    text = json.dumps(record, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{code_hash()}\n{text}".encode()).hexdigest()


class Store:
    """A folder of results; each is written whole or not at all."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_cache_dir() / "runs"

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"

    def get(self, key: str) -> Result | None:
        """Return a finished run, or None; one that cannot be read counts as not finished."""
        try:
            found = json.loads(self._path(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def put(self, key: str, result: Result) -> None:
        """Keep a finished run."""
        write_whole(self._path(key), json.dumps(result, ensure_ascii=False))

"""A kind of routing problems: which files are instances, how they are read and checked."""

from __future__ import annotations

import importlib
import lzma
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from benchmarks.campaign.instance import Instance, Objective
from benchmarks.campaign.known import best_known
from benchmarks.campaign.plain import PlainRoute, Verdict
from routing.errors import InputError

ARCHIVE = ".tar.xz"
OPENING = 2000
"""Characters of a file by which its format is told."""


@dataclass(frozen=True)
class Library:
    """The readers and checkers of a kind of problems, kept in ``benchmarks/<name>/library.py``."""

    name: str
    format_of: Callable[[Path], str | None]
    read: Callable[[Path, str, Objective | None], Instance]
    check: Callable[[Path, Sequence[PlainRoute], str], Verdict]

    def instance(self, path: Path, objective: Objective | None = None) -> Instance:
        """Return the instance of a file, with its best known value.

        Raises
        ------
        InputError
            When the file is in no format known here, or its set has no such objective.
        """
        kind = self.format_of(path)
        if kind is None:
            raise InputError(f"{path}: not an instance of a known set")
        instance = self.read(path, kind, objective)
        known = best_known(path, instance.objective)
        return replace(
            instance, bks=known.value, bks_vehicles=known.vehicles, bks_source=known.source
        )

    def find(self, names: Iterable[str], folder: Path) -> list[Path]:
        """Return the instance files of sets (folders inside ``folder``), folders and files.

        Raises
        ------
        InputError
            When a name is neither, or holds no instance.
        """
        found: list[Path] = []
        for name in names:
            place = next((p for p in (Path(name), folder / name) if _exists(p)), None)
            if place is None:
                raise InputError(f"{name}: no such file, nor a folder of that name in {folder}")
            instances = [p for p in _files(place) if self.format_of(p)]
            if not instances:
                raise InputError(f"{place}: holds no instance of a known set")
            found += instances
        return found


def library(name: str) -> Library:
    """Return the library of a kind of problems, "vrp" or "carp"."""
    found = importlib.import_module(f"benchmarks.{name}.library").LIBRARY
    assert isinstance(found, Library)
    return found


def set_name(path: Path) -> str:
    """Return the name of the set that a file belongs to: its folder, with the size if by size."""
    folder = path.resolve().parent
    return f"{folder.parent.name} {folder.name}" if folder.name.isdigit() else folder.name


def spread(files: Sequence[Path], limit: int | None) -> list[Path]:
    """Return at most so many of the files, at even steps through the list."""
    count = len(files) if limit is None else min(limit, len(files))
    return [files[k * len(files) // count] for k in range(count)]


def read_text(path: Path, limit: int = -1) -> str:
    """Return the text of a file, or of a member of an archive named as if it were a folder."""
    archive = _archive_of(path)
    if archive is None:
        with path.open(encoding="utf-8", errors="replace") as handle:
            return handle.read(limit)
    with _opened(archive) as members:
        member = members.extractfile(path.relative_to(archive).as_posix())
        assert member is not None
        return member.read(limit).decode("utf-8", errors="replace")


def opening(path: Path) -> str:
    """Return the first characters of a file."""
    return read_text(path, OPENING)


def _archive_of(path: Path) -> Path | None:
    return next((p for p in path.parents if p.name.endswith(ARCHIVE) and p.is_file()), None)


@lru_cache(maxsize=1)
def _unpacked(archive: Path) -> bytes:
    return lzma.decompress(archive.read_bytes())


def _opened(archive: Path) -> tarfile.TarFile:
    return tarfile.open(fileobj=BytesIO(_unpacked(archive)))


def _exists(path: Path) -> bool:
    return path.exists() or _archive_of(path) is not None


def _files(place: Path) -> Iterator[Path]:
    """Yield all files of a folder, with those inside archives, in order; or the one file."""
    for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
        if file.name.endswith(ARCHIVE) and file.is_file():
            with _opened(file) as members:
                yield from sorted(file / member.name for member in members if member.isfile())
        elif file.is_file() or _archive_of(file) is not None:
            yield file

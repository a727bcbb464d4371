"""Environments of the engines that we are measured against, one for each.

``python -m benchmarks.peers install roads`` makes them under ``$HUANWEI_CACHE/peers`` (by default
``~/.cache/huanwei/peers``), ``list`` shows which are there. None of them is needed to plan.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from routing.cache import default_cache_dir
from routing.errors import InputError, PlanningError

NEWEST_PYTHON = (3, 13)
ASK_VERSION = "import sys; print(*sys.version_info[:2])"


@dataclass(frozen=True)
class Peer:
    """An engine: the name of its package and environment, what else it needs, oldest Python."""

    name: str
    needs: tuple[str, ...] = ("numpy",)
    python: tuple[int, int] = (3, 11)


GROUPS: dict[str, tuple[Peer, ...]] = {
    "roads": (
        Peer("pyroutingkit"),
        Peer("routingkit-cch"),
        Peer("osrm-bindings", python=(3, 12)),
        Peer("pyvalhalla", python=(3, 12)),
        Peer("pandana"),
        Peer("scipy"),
        Peer("igraph"),
        Peer("networkit", needs=("numpy", "scipy")),
    ),
    "vrp": (Peer("pyvrp"), Peer("ortools")),
}


def peers_dir() -> Path:
    """Folder of all environments of peers."""
    return default_cache_dir() / "peers"


def python_of(name: str) -> Path:
    """Python of a peer's environment, whether it is there or not."""
    return peers_dir() / name / "bin" / "python"


def why_missing(name: str) -> str:
    """Why a peer cannot be run, in a sentence; empty when its environment is there."""
    if python_of(name).exists():
        return ""
    said = _failure(name)
    if said.exists():
        return f"could not be installed here: {said.read_text(encoding='utf-8').strip()}"
    group = next((group for group, peers in GROUPS.items() if _named(peers, name)), "GROUP")
    return f"not installed; python -m benchmarks.peers install {group} {name}"


def install(peer: Peer, python: Path | None = None) -> str:
    """Make the environment of a peer anew.

    Parameters
    ----------
    peer
        What to install.
    python
        Interpreter to use; by default the first of this machine that is new enough.

    Returns
    -------
    str
        Why it failed, in a sentence, which is also kept for reports; empty when it did not.
    """
    folder = peers_dir() / peer.name
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    _failure(peer.name).unlink(missing_ok=True)
    fault = _fill(folder, peer, python or find_python(peer.python))
    if fault:
        shutil.rmtree(folder, ignore_errors=True)
        _failure(peer.name).write_text(fault + "\n", encoding="utf-8")
    return fault


def find_python(oldest: tuple[int, int]) -> Path | None:
    """First interpreter of this machine from ``oldest`` to the newest that is supported."""
    for candidate in _interpreters():
        version = _version(candidate)
        if version is not None and oldest <= version <= NEWEST_PYTHON:
            return candidate
    return None


def _interpreters() -> Iterator[Path]:
    """Yield the interpreter that runs, those on the path by name, those that pyenv keeps."""
    yield Path(sys.executable)
    for minor in range(11, NEWEST_PYTHON[1] + 1):
        found = shutil.which(f"python3.{minor}")
        if found:
            yield Path(found)
    kept = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    yield from sorted(kept.glob("3.*/bin/python3"))


def _version(python: Path) -> tuple[int, int] | None:
    """Version of an interpreter; None if it does not run."""
    try:
        ended = subprocess.run(
            [str(python), "-c", ASK_VERSION], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    numbers = ended.stdout.split()
    return (int(numbers[0]), int(numbers[1])) if ended.returncode == 0 else None


def _fill(folder: Path, peer: Peer, python: Path | None) -> str:
    """Create an environment and install into it; why that failed, or nothing."""
    if python is None:
        return f"it needs Python {'.'.join(map(str, peer.python))} or later, and none was found"
    own = str(folder / "bin" / "python")
    pip = [own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    steps = ([str(python), "-m", "venv", str(folder)], [*pip, "--only-binary=:all:"])
    for step, more in zip(steps, ((), (*peer.needs, peer.name)), strict=True):
        try:
            ended = subprocess.run([*step, *more], capture_output=True, text=True, check=False)
        except OSError as fault:
            return f"{step[0]} cannot be run ({fault.strerror})"
        if ended.returncode:
            return (ended.stderr.strip() or ended.stdout.strip() or "no reason given")[-300:]
    return ""


def _failure(name: str) -> Path:
    return peers_dir() / f"{name}.failed"


def _named(peers: Iterable[Peer], name: str) -> Peer | None:
    return next((peer for peer in peers if peer.name == name), None)


def choose(group: str, names: Iterable[str]) -> list[Peer]:
    """Peers of a group by name; all of them when none is named.

    Raises
    ------
    InputError
        When there is no such group or peer.
    """
    if group not in GROUPS:
        raise InputError(f"group = {group!r}; expected one of {', '.join(GROUPS)}")
    known, wanted = {peer.name: peer for peer in GROUPS[group]}, list(names)
    strange = [name for name in wanted if name not in known]
    if strange:
        raise InputError(f"no peer {', '.join(strange)} in {group}; expected {', '.join(known)}")
    return [known[name] for name in wanted] if wanted else list(known.values())


def main(arguments: list[str] | None = None, say: Callable[[str], None] | None = None) -> int:
    """Install or list peers; 0 when all asked for are there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("verb", choices=("install", "list"))
    parser.add_argument("group", choices=tuple(GROUPS))
    parser.add_argument("names", nargs="*", metavar="NAME", help="by default all of the group")
    parser.add_argument("--python", type=Path, help="interpreter of the environments")
    told = parser.parse_args(arguments)
    tell = say or _to_screen
    faults = 0
    for peer in choose(told.group, told.names):
        if told.verb == "install":
            tell(f"{peer.name}: installing into {peers_dir() / peer.name}")
            install(peer, told.python)
        missing = why_missing(peer.name)
        faults += bool(missing)
        tell(f"{peer.name}: {missing or 'ready'}")
    return 1 if faults else 0


def _to_screen(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PlanningError as fault:
        sys.exit(str(fault))

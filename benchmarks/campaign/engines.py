"""The solvers that are compared: ours in this environment, each peer in its own."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import benchmarks
import solvers
from benchmarks.peers import GROUPS, python_of, why_missing
from routing.errors import InputError

GROUP = "vrp"
PEER_SCRIPT = Path(__file__).with_name("peer.py")


@dataclass(frozen=True)
class Order:
    """What one run is to do; the library is named."""

    library: str
    path: Path
    objective: str
    seconds: float
    seed: int


@dataclass(frozen=True)
class Engine:
    """A solver: its name in reports, and the name by which it is started."""

    name: str
    solver: str
    peer: bool

    def command(self, order: Order, handed: Path, out: Path) -> list[str]:
        """Return the command of a run; peers read the problem from the folder ``handed``."""
        limits = [str(order.seconds), str(order.seed), str(out)]
        if self.peer:
            python = str(python_of(self.solver))
            return [python, str(PEER_SCRIPT), self.solver, str(handed), *limits]
        module = [sys.executable, "-m", "benchmarks.campaign.own", order.library]
        return [*module, str(order.path), order.objective, self.solver, *limits]

    def fingerprint(self, library: str) -> str:
        """Return a hash of the code that a run of this engine on a library executes."""
        if self.peer:
            folders = python_of(self.solver).parent.parent.glob("lib/*/site-packages")
            names = [p.name for f in folders for p in f.glob(f"{self.solver}-*.dist-info")]
            return _hash([PEER_SCRIPT], *sorted(names))
        own = Path(solvers.__path__[0]).rglob("*.py")
        readers = (Path(benchmarks.__path__[0]) / library).rglob("readers/*.py")
        return _hash([*sorted(own), *sorted(readers)])


def _hash(files: Iterable[Path], *words: str) -> str:
    digest = hashlib.sha256("".join(words).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def choose_engines(solver: str, peers: bool) -> list[Engine]:
    """Return our engine, then the peers if wanted.

    Raises
    ------
    InputError
        When a peer is wanted that is not installed.
    """
    chosen = [Engine(f"huanwei {solver}", solver, peer=False)]
    if peers:
        faults = [why_missing(peer.name) for peer in GROUPS[GROUP]]
        if any(faults):
            raise InputError("\n".join(f"--peers: {fault}" for fault in faults if fault))
        chosen += [Engine(peer.name, peer.name, peer=True) for peer in GROUPS[GROUP]]
    return chosen


def start(command: list[str]) -> str:
    """Run a command to its end; return the last line of its complaint, empty when it went well."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode == 0:
        return ""
    lines = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
    return lines[-1]

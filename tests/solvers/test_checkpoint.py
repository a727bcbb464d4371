"""Checkpoints: a killed search ends where an undisturbed one does, and others' data are refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from routing.errors import InputError
from solvers import checkpoint
from solvers.checkpoint import Keeper, fingerprint
from solvers.evaluate import evaluate_plan
from solvers.plan import Plan
from solvers.problem import Problem
from solvers.solve import Options, solve
from solvers.stop import MaxIterations, MaxSeconds
from tests.solvers.problems import random_problem
from tests.solvers.test_pool import plain_problem

pytestmark = pytest.mark.compiled

STEPS, SECONDS = 120, 0.6
PROBLEMS: dict[str, Callable[[], Problem]] = {
    "links": lambda: plain_problem(1, 60),
    "booked": lambda: random_problem(5),
}


class KilledError(Exception):
    """Stands for the end of a process in the middle of a round."""


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a checkpoint after every round."""
    monkeypatch.setattr(checkpoint, "EVERY_S", 0.0)
    monkeypatch.setattr(checkpoint, "MOST_SHARE", 1e9)


def killed_at(share: float) -> Callable[[str, float, int, int], None]:
    """Progress that kills the search once this share is used, but not before a first checkpoint."""
    stages = []

    def tell(stage: str, used: float, cost: int, unserved: int) -> None:
        stages.append(stage)
        if used >= share and stage != "first plan" and len(stages) > 1:
            raise KilledError

    return tell


def searched(problem: Problem, file: Path, tell: object = None, **options: object) -> Plan:
    """The plan of a team of two that keeps checkpoints."""
    progress = tell or (lambda *_: None)
    chosen = Options(2, 2, checkpoint=file, **options)  # type: ignore[arg-type]
    return solve(problem, MaxIterations(STEPS), 3, progress=progress, options=chosen)  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("kind", PROBLEMS)
def test_resumed_search_ends_where_an_undisturbed_one_does(kind, share, tmp_path):
    """Killed in the draft or later, the resumed search gives the same plan, to the letter."""
    problem, file = PROBLEMS[kind](), tmp_path / "search.npz"
    whole = searched(problem, tmp_path / "other.npz")
    with pytest.raises(KilledError):
        searched(problem, file, killed_at(share))
    assert file.exists()
    assert searched(problem, file, resume=True) == whole
    assert not file.exists()


def test_killed_twice(tmp_path):
    """A resumed search that is killed as well can be resumed again."""
    problem, file = random_problem(5), tmp_path / "search.npz"
    whole = searched(problem, tmp_path / "other.npz")
    for share in (0.3, 0.7):
        with pytest.raises(KilledError):
            searched(problem, file, killed_at(share), resume=True)
    assert searched(problem, file, resume=True) == whole


def test_resumed_time_goes_on(tmp_path):
    """With seconds as budget, those spent before count: what is left is searched at most."""
    plain, file, told = plain_problem(1, 40), tmp_path / "search.npz", []
    problem = replace(plain, vehicles=plain.vehicles[:2])
    options = Options(checkpoint=file, resume=True)
    with pytest.raises(KilledError):
        solve(problem, MaxSeconds(SECONDS), 1, progress=killed_at(0.5), options=options)
    plan = solve(
        problem,
        MaxSeconds(SECONDS),
        1,
        progress=lambda stage, used, *_: told.append((stage, used)),
        options=options,
    )
    assert told[0][0] == "resumed"
    assert min(used for _, used in told) >= told[0][1] > 0.0
    assert evaluate_plan(problem, plan).feasible


@pytest.mark.parametrize(
    ("change", "seed", "searches"),
    [
        ({"tasks": plain_problem(1, 60).tasks[:-1]}, 3, 2),
        ({"length_m": plain_problem(1, 60).length_m + 1}, 3, 2),
        ({}, 4, 2),
        ({}, 3, 1),
    ],
    ids=("task", "way", "seed", "team"),
)
def test_other_data_are_refused(change, seed, searches, tmp_path):
    """One task or way changed, another seed or team: the message says so, and the file stays."""
    problem, file = plain_problem(1, 60), tmp_path / "search.npz"
    with pytest.raises(KilledError):
        searched(problem, file, killed_at(0.5))
    options = Options(searches, checkpoint=file, resume=True)
    with pytest.raises(InputError, match=r"search\.npz: .*other data.*without --resume"):
        solve(replace(problem, **change), MaxIterations(STEPS), seed, options=options)
    assert file.exists()


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_damaged_files_are_explained(content, tmp_path):
    """A file that is cut short or no checkpoint at all is an input error that names it."""
    problem, file = plain_problem(1, 60), tmp_path / "search.npz"
    with pytest.raises(KilledError):
        searched(problem, file, killed_at(0.5))
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2] if content is None else content)
    with pytest.raises(InputError, match=r"search\.npz: .*without --resume"):
        searched(problem, file, resume=True)


def test_without_resume_a_stopped_search_is_not_looked_at(tmp_path):
    """A file of other data is written over, and gone at the end."""
    file = tmp_path / "search.npz"
    file.write_bytes(b"of another day")
    assert searched(plain_problem(1, 60), file).iterations == STEPS
    assert not file.exists()


class Unwritable:
    """Stands for a disk that is full when the second array is written."""

    def __array__(self, *_: object, **__: object) -> np.ndarray:
        """Fail."""
        raise OSError("no space left")


def test_checkpoints_are_whole_or_absent(tmp_path):
    """When writing fails, the former checkpoint is left and no half-written file."""
    keeper = Keeper(tmp_path / "search.npz", "mark", resume=False)
    keeper.offer(lambda: {"a": np.arange(3)}, now=True)
    before = (tmp_path / "search.npz").read_bytes()

    with pytest.raises(OSError, match="no space"):
        keeper.offer(lambda: {"a": np.arange(3), "b": Unwritable()}, now=True)
    assert [p.name for p in tmp_path.iterdir()] == ["search.npz"]
    assert (tmp_path / "search.npz").read_bytes() == before


def test_fingerprint_is_the_same_in_every_process():
    """Sets and dictionaries of the problem have no order that could change the fingerprint."""
    program = (
        "from solvers.checkpoint import fingerprint;"
        "from tests.solvers.problems import random_problem;"
        "print(fingerprint(random_problem(4), 1, 'native', 2))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert found == {fingerprint(random_problem(4), 1, "native", 2)}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_the_state_too(number, tmp_path):
    """After Ctrl-C there is a plan, and a checkpoint from which the search can go on."""
    problem, file, told = random_problem(5), tmp_path / "search.npz", []

    def interrupt(stage: str, used: float, cost: int, unserved: int) -> None:
        told.append(stage)
        if stage == "improving" and told.count(stage) == 2:
            signal.raise_signal(number)

    plan = searched(problem, file, interrupt)
    assert evaluate_plan(problem, plan).feasible
    assert told[-1] == "stopped"
    assert searched(problem, file, resume=True) == searched(problem, tmp_path / "other.npz")

"""Compiling in processes of their own: what they leave is found, and what fails does no harm."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from routing._kernels import jit
from solvers import warmup
from solvers._kernels.exact import settle
from solvers._kernels.steps import run_steps

pytestmark = pytest.mark.compiled


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for machine code in which there is none."""
    monkeypatch.setattr(jit.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(warmup, "_helpers", [])
    monkeypatch.setattr(warmup, "num_cores", lambda: 2)
    return tmp_path


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands of all processes that were to be started; each fails instead."""
    commands: list[list[str]] = []
    popen = subprocess.Popen

    def start(command: list[str], **more: Any) -> subprocess.Popen[bytes]:
        commands.append(command[1:])
        return popen([sys.executable, "-c", "raise SystemExit(1)"], **more)

    monkeypatch.setattr(subprocess, "Popen", start)
    return commands


def test_each_part_is_compiled_by_itself_once(empty, started):
    """Two processes where nothing is kept, and none where the search is."""
    warmup.compile_ahead()
    warmup.compile_ahead()
    assert started == [["-m", "solvers.warmup", part] for part in ("search", "timetables")]
    (empty / "sub").mkdir()
    (empty / "sub" / "steps.run_steps-1.py311.nbi").touch()
    warmup._helpers.clear()
    warmup.compile_ahead()
    assert len(started) == 2


def test_one_core_compiles_by_itself(empty, started, monkeypatch):
    """A second process would only take the time of the first."""
    monkeypatch.setattr(warmup, "num_cores", lambda: 1)
    warmup.compile_ahead()
    assert started == []


def test_a_process_that_fails_does_no_harm(empty, started):
    """What it left undone is compiled, or loaded, here."""
    warmup.compile_ahead()
    warmup.warm_up(lambda _: None)
    assert warmup._helpers == []


def test_what_a_process_compiles_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The timetables are kept on disk under the name that is looked for; the search is not."""
    command = [sys.executable, "-m", "solvers.warmup", "timetables"]
    root = str(Path(warmup.__file__).parents[1])
    env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": root}
    subprocess.run(command, env=env, check=True)
    monkeypatch.setattr(jit.config, "CACHE_DIR", str(tmp_path))
    assert jit.is_kept(settle)
    assert not jit.is_kept(run_steps)

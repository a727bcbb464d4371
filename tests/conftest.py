"""Fixtures that several folders of tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # machines are noisy, and kernels compile
settings.load_profile("untimed")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where ``CI`` is set nothing may be skipped: a skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("CI") or reporter is None or hasattr(session.config, "workerinput"):
        return
    skipped = reporter.stats.get("skipped", [])
    if skipped and session.exitstatus == pytest.ExitCode.OK:
        reporter.ensure_newline()
        reporter.write_line(f"{len(skipped)} tests were skipped, which CI does not allow:")
        for report in skipped:
            reporter.write_line(f"  {report.nodeid}: {report.longrepr[-1]}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _shared(kind: str) -> Path:
    """Return a folder of shared data; ``HUANWEI_SHARED`` names another place than ``../shared``."""
    root = Path(__file__).resolve().parent.parent
    shared = Path(os.environ.get("HUANWEI_SHARED", root.parent / "shared"))
    folder = shared / "data" / kind
    if not folder.is_dir():
        pytest.skip(f"shared data is absent: {folder} not found (set HUANWEI_SHARED)")
    return folder


@pytest.fixture(scope="session")
def shared_osm() -> Path:
    """Folder of real extracts of OpenStreetMap."""
    return _shared("osm")


@pytest.fixture(scope="session")
def shared_vrp() -> Path:
    """Folder of the public sets of vehicle routing."""
    return _shared("vrp")


@pytest.fixture(scope="session")
def shared_carp() -> Path:
    """Folder of the public sets of arc routing."""
    return _shared("carp")

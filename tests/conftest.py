"""Fixtures that several folders of tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_osm() -> Path:
    """Folder of real extracts; ``HUANWEI_SHARED`` names another place than ``../shared``."""
    root = Path(__file__).resolve().parent.parent
    shared = Path(os.environ.get("HUANWEI_SHARED", root.parent / "shared"))
    folder = shared / "data" / "osm"
    if not folder.is_dir():
        pytest.skip(f"real extracts are absent: {folder} not found (set HUANWEI_SHARED)")
    return folder

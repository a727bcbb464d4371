"""The real sets, where they are there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_carp() -> Path:
    """Folder of the public sets; ``HUANWEI_SHARED`` names another place than ``../shared``."""
    root = Path(__file__).resolve().parents[3]
    shared = Path(os.environ.get("HUANWEI_SHARED", root.parent / "shared"))
    folder = shared / "data" / "carp"
    if not folder.is_dir():
        pytest.skip(f"public sets are absent: {folder} not found (set HUANWEI_SHARED)")
    return folder

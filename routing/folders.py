"""Where things are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path


def default_cache_dir() -> Path:
    """``$HUANWEI_CACHE``, else ``huanwei`` in the user's cache folder."""
    named = os.environ.get("HUANWEI_CACHE")
    if named:
        return Path(named)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "huanwei"

"""Writing a file whole or not at all, and several of them together or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def write_whole(path: str | Path, data: bytes | str) -> None:
    """Write ``data`` to ``path`` so that a reader sees the old content or the new, never a part.

    Text is written as UTF-8 without translating line ends; missing parent folders are made.

    Parameters
    ----------
    path
        File to write or to replace.
    data
        Its whole content.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    content = data.encode("utf-8") if isinstance(data, str) else data
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes the file private; a plan is meant to be read by others
        temporary.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o644)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def replace_together(contents: Mapping[Path, bytes | str]) -> list[Path]:
    """Replace existing files, all or none, and keep what they held beside them.

    Parameters
    ----------
    contents
        New content by file.

    Returns
    -------
    list of Path
        The copies of the old files: ``points.csv.bak``, or ``.bak2`` and so on where one exists
        already, so that the oldest content is never lost.

    Raises
    ------
    OSError
        When a file cannot be written; all files are then as they were before.
    """
    old = {path: path.read_bytes() for path in contents}
    copies: list[Path] = []
    touched: list[Path] = []
    try:
        for path, data in old.items():
            copy = _free_name(path)
            write_whole(copy, data)
            copies.append(copy)
        for path, new in contents.items():
            touched.append(path)
            write_whole(path, new)
    except OSError:
        for path in touched:
            if path.read_bytes() != old[path]:
                write_whole(path, old[path])
        for copy in copies:
            copy.unlink(missing_ok=True)
        raise
    return copies


def _free_name(path: Path) -> Path:
    number = 1
    while True:
        copy = path.with_name(f"{path.name}.bak{number if number > 1 else ''}")
        if not copy.exists():
            return copy
        number += 1

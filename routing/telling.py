"""A word to the user when something takes longer than expected."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE_S = 1.5


@contextmanager
def telling_if_slow(say: Callable[[str], None], text: str) -> Iterator[None]:
    """Say a text if the body takes longer than a moment, from a thread of its own.

    Compiling kernels on a machine for the first time is the case in mind: whether their machine
    code is there already is nothing that Numba tells beforehand.
    """
    timer = threading.Timer(PATIENCE_S, say, (text,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()

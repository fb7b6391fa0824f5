"""Where the C library takes memory from."""

from __future__ import annotations

import ctypes
import sys

_M_ARENA_MAX = -8
"""Of mallopt(3)."""


def allocate_in_one_arena() -> None:
    """Have all threads share one arena of glibc; call it before any is started. Does nothing with another C library.

    The arena that each thread else has of its own gives memory back to the system as soon as it is freed, and gets
    other pages for the next sound. With one arena hearing takes a tenth less processor time and 60 to 120 MB less
    memory: 5,000 page faults in place of 470,000 for twelve notes of 11 s. It is locked for well below a microsecond
    at a time, seldom enough that threads which hear do not wait for each other.
    """
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(_M_ARENA_MAX, 1)

"""Pipes that hold a whole note at once."""

from __future__ import annotations

from contextlib import suppress
from typing import IO

_PIPE_BYTES = 1 << 20
"""What Linux allows every user. A pipe of 64 KiB passes a note of 8 s in eight parts, and for each of them the reader
waits for the other threads."""


def widened(pipe: IO[bytes]) -> None:
    """Enlarge the buffer of ``pipe``, if the system can."""
    try:
        import fcntl
    except ImportError:
        return
    set_size = getattr(fcntl, "F_SETPIPE_SZ", None)
    if set_size is not None:
        with suppress(OSError):
            fcntl.fcntl(pipe, set_size, _PIPE_BYTES)

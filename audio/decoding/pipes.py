"""Pipes that take a whole note at once."""

from __future__ import annotations

from contextlib import suppress
from typing import IO

_PIPE_BYTES = 1 << 20
"""What Linux lets everybody have. Through one of 64 KiB a note of 8 s comes in eight parts, and who reads them waits as
often for the threads beside."""


def widened(pipe: IO[bytes]) -> None:
    """Let more into ``pipe`` at once, where the system can."""
    try:
        import fcntl
    except ImportError:
        return
    set_size = getattr(fcntl, "F_SETPIPE_SZ", None)
    if set_size is not None:
        with suppress(OSError):
            fcntl.fcntl(pipe, set_size, _PIPE_BYTES)

"""The rights that a process gives up before it works on what strangers sent.

Imports nothing of ours, so that other sealed processes can load this file by its path: importing the package takes five
times as long as they take to start.
"""

from __future__ import annotations

import math
import time
from contextlib import suppress


def confine(memory_bytes: int) -> None:
    """Give up opening any file or socket, writing any file and starting any process, and limit the address space to
    ``memory_bytes``. Windows has no such limits: there only the timeout of whoever waits for the process is left."""
    for kind, limit in (
        # No file descriptors beyond those already open: any attempt to open a file or a socket fails.
        ("RLIMIT_NOFILE", 0),
        ("RLIMIT_NPROC", 0),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_AS", memory_bytes),
    ):
        # macOS has the constant for the memory limit but refuses to set it.
        with suppress(ValueError, OSError):
            _limit(kind, limit, for_good=True)


def bound_processor_time(seconds: float, *, for_good: bool = False) -> None:
    """Have the kernel kill this process once it has used ``seconds`` more of processor time. Unless ``for_good``,
    another bound may be set later."""
    _limit("RLIMIT_CPU", math.ceil(time.process_time() + seconds), for_good=for_good)


def _limit(kind: str, limit: int, *, for_good: bool) -> None:
    try:
        import resource
    except ImportError:
        return
    number = getattr(resource, kind, None)
    if number is None:
        return
    _, hard = resource.getrlimit(number)
    soft = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(number, (soft, soft if for_good else hard))

"""What a process that works on what strangers sent gives up.

Imports nothing of ours, so that other sealed processes can load it by its path: the package itself takes five times as
long as they take to start.
"""

from __future__ import annotations

import math
import time
from contextlib import suppress


def confine(memory_bytes: int) -> None:
    """Give up opening any file or socket, writing any file and starting any process; ``memory_bytes``: of address
    space. Windows has no such limits: there only the clock of whoever waits is left."""
    for kind, limit in (
        # No file descriptor but those that are open: any attempt to open a file or a socket fails.
        ("RLIMIT_NOFILE", 0),
        ("RLIMIT_NPROC", 0),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_AS", memory_bytes),
    ):
        # macOS knows the name of the limit of memory, but refuses to set it.
        with suppress(ValueError, OSError):
            _limit(kind, limit, for_good=True)


def bound_processor_time(seconds: float, *, for_good: bool = False) -> None:
    """The kernel ends this process once it has taken so many more ``seconds``. Unless that is ``for_good``, another
    bound may be set later."""
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

"""A line every few seconds while something is slow, so that nobody thinks that it hangs."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

EVERY_S = 5.0


@contextlib.contextmanager
def still_working(what: str, tell: Callable[[str], None], *, every_s: float = EVERY_S) -> Iterator[Callable[[], None]]:
    """Report that ``what`` goes on, and for how long, until the block ends or calls the function that it is given.

    A thread reports it, because slow work may block the event loop.
    """
    began_s, ended = time.monotonic(), threading.Event()

    def go_on() -> None:
        while not ended.wait(every_s):
            tell(f"  still {what}, {time.monotonic() - began_s:.0f} s ...")

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield ended.set
    finally:
        ended.set()
        thread.join()

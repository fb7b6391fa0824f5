"""A bound on the long recordings that are in memory, decoded, at the same time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable

LONG_S = 60.0
"""Shorter recordings are not counted: one takes 3.8 MB at most."""


class LongRecordings:
    """Lets so many in, and calls the next one when one leaves."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._inside: set[Hashable] = set()
        self._waiting: deque[tuple[Hashable, Callable[[], None]]] = deque()

    def enter(self, owner: Hashable, call: Callable[[], None]) -> bool:
        """Whether ``owner`` may stay now; otherwise ``call`` is called, in any thread, when it may enter."""
        with self._lock:
            if owner in self._inside or len(self._inside) < self._most:
                self._inside.add(owner)
                return True
            self._waiting.append((owner, call))
            return False

    def leave(self, owner: Hashable) -> None:
        """Make room, or give up the place in the line; nothing when ``owner`` has neither."""
        with self._lock:
            self._waiting = deque(entry for entry in self._waiting if entry[0] != owner)
            if owner not in self._inside:
                return
            self._inside.remove(owner)
            if not self._waiting:
                return
            following, call = self._waiting.popleft()
            self._inside.add(following)
        call()

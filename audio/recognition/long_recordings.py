"""A bound on how much decoded sound of long recordings is in memory at the same time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable

LONG_S = 60.0
"""Recordings up to this duration are not counted: one takes 3.8 MB at most."""


class LongRecordings:
    """Admits a limited amount of sound, and calls the next in the queue when some leaves; a recording of any length is
    admitted when it is alone."""

    def __init__(self, max_s: float) -> None:
        """``max_s``: the total duration of all admitted recordings."""
        self._max_s = max_s
        self._lock = threading.Lock()
        self._inside: dict[Hashable, float] = {}
        self._waiting: deque[tuple[Hashable, float, Callable[[], None]]] = deque()

    def enter(self, owner: Hashable, duration_s: float, call: Callable[[], None]) -> bool:
        """Whether ``owner`` is admitted now; if not, ``call`` is called, in any thread, once it is.

        Those who wait are admitted in order; nobody overtakes them.
        """
        with self._lock:
            if owner in self._inside or (not self._waiting and self._has_room(duration_s)):
                self._inside[owner] = duration_s
                return True
            self._waiting.append((owner, duration_s, call))
            return False

    def leave(self, owner: Hashable) -> None:
        """Make room, or give up the place in the queue; does nothing if ``owner`` has neither."""
        calls: list[Callable[[], None]] = []
        with self._lock:
            self._waiting = deque(entry for entry in self._waiting if entry[0] != owner)
            self._inside.pop(owner, None)
            while self._waiting and self._has_room(self._waiting[0][1]):
                following, duration_s, call = self._waiting.popleft()
                self._inside[following] = duration_s
                calls.append(call)
        for call in calls:
            call()

    def _has_room(self, duration_s: float) -> bool:
        return not self._inside or sum(self._inside.values()) + duration_s <= self._max_s

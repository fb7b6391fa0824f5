"""A bound on the sound of long recordings that is in memory, decoded, at the same time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable

LONG_S = 60.0
"""Shorter recordings are not counted: one takes 3.8 MB at most."""


class LongRecordings:
    """Lets so much sound in, and calls the next ones when some leaves: one recording alone is let in at any length."""

    def __init__(self, max_s: float) -> None:
        """``max_s``: of all recordings inside together."""
        self._max_s = max_s
        self._lock = threading.Lock()
        self._inside: dict[Hashable, float] = {}
        self._waiting: deque[tuple[Hashable, float, Callable[[], None]]] = deque()

    def enter(self, owner: Hashable, duration_s: float, call: Callable[[], None]) -> bool:
        """Whether ``owner`` may stay now; otherwise ``call`` is called, in any thread, when it may enter.

        Nobody overtakes one who waits.
        """
        with self._lock:
            if owner in self._inside or (not self._waiting and self._has_room(duration_s)):
                self._inside[owner] = duration_s
                return True
            self._waiting.append((owner, duration_s, call))
            return False

    def leave(self, owner: Hashable) -> None:
        """Make room, or give up the place in the line; nothing when ``owner`` has neither."""
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

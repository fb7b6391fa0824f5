"""One after another, in the order in which they came."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from weakref import WeakValueDictionary


class KeyedLock:
    """Locks by what they are for; asyncio's let those who wait in by the order in which they came."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    def of(self, what: Hashable) -> asyncio.Lock:
        """The lock of ``what``, kept for as long as anyone holds it or waits for it."""
        lock = self._locks.get(what)
        if lock is None:
            lock = self._locks[what] = asyncio.Lock()
        return lock

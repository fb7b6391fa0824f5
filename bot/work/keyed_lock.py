"""Locks by key, held in order of arrival."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from weakref import WeakValueDictionary


class KeyedLock:
    """One lock for each key; asyncio's locks let waiters in by order of arrival."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    def of(self, what: Hashable) -> asyncio.Lock:
        """The lock for ``what``, kept for as long as anyone holds it or waits for it."""
        lock = self._locks.get(what)
        if lock is None:
            lock = self._locks[what] = asyncio.Lock()
        return lock

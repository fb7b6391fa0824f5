"""Limits how much of one source is under way at once: the rest waits here, and keeps no other source waiting."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Hashable


class SourceTurns:
    """Turns for each source, given in the order in which they were asked for."""

    def __init__(self, at_once: int) -> None:
        """``at_once``: how many turns of one source may be held at the same time; at least 1."""
        self._at_once = at_once
        self._turns: dict[Hashable, asyncio.Semaphore] = {}
        self._asked: dict[Hashable, int] = {}

    @contextlib.asynccontextmanager
    async def of(self, source: Hashable) -> AsyncIterator[None]:
        """Wait for a turn of ``source``, and hold it."""
        turns = self._turns.setdefault(source, asyncio.Semaphore(self._at_once))
        self._asked[source] = self._asked.get(source, 0) + 1
        try:
            async with turns:
                yield
        finally:
            self._asked[source] -= 1
            if not self._asked[source]:
                del self._asked[source], self._turns[source]

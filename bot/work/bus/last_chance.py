"""The last attempt at a task that workers have died of runs alone, so that no task beside it is suspected, too."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

ATTEMPTS = 3
"""A task is given up after this many attempts in which its worker died."""


class LastChance:
    """Turns for the tasks of one worker: many at once, or a last attempt alone."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._running = 0
        self._wanted = 0
        self._is_alone = False

    @property
    def is_wanted(self) -> bool:
        """Whether a last attempt runs, or waits for the others to end."""
        return self._wanted > 0

    @contextlib.asynccontextmanager
    async def turn(self, *, is_last: bool) -> AsyncIterator[None]:
        """Wait until the task may run, and hold its turn. Tasks that come after a last attempt wait for it."""
        self._wanted += is_last
        try:
            async with self._changed:
                if is_last:
                    await self._changed.wait_for(lambda: not self._running and not self._is_alone)
                    self._is_alone = True
                else:
                    await self._changed.wait_for(lambda: not self._wanted)
                    self._running += 1
            try:
                yield
            finally:
                if is_last:
                    self._is_alone = False
                else:
                    self._running -= 1
        finally:
            self._wanted -= is_last
            async with self._changed:
                self._changed.notify_all()

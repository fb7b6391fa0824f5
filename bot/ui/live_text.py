"""Text that changes constantly, shown by edits that are rare enough for Discord's limits."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

EVERY_S = 2.0


class LiveText:
    """Shows the latest text from time to time, one edit after another."""

    def __init__(
        self, show: Callable[[str], Awaitable[object]], *, after_s: float = EVERY_S, every_s: float = EVERY_S
    ) -> None:
        """``show`` is called with each text. ``after_s``: the delay before the first edit, so that work that is over
        sooner shows nothing. ``every_s``: the least time between two edits."""
        self._show = show
        self._every_s = every_s
        self._next_s = time.monotonic() + after_s
        self._showing: asyncio.Task[None] | None = None
        self._latest: str | None = None
        self._over = asyncio.Event()

    def tell(self, text: str, *, at_once: bool = False) -> None:
        """Show ``text`` when the next edit is due, unless a newer one comes first; to be called in the event loop.
        ``at_once``: the edit is due now."""
        # The recogniser reports its progress from a thread, so a call may come late.
        if self._over.is_set():
            return
        if at_once:
            self._next_s = time.monotonic()
        self._latest = text
        if self._showing is None or (self._showing.done() and self._showing.exception() is None):
            self._showing = asyncio.create_task(self._show_latest())

    async def end(self) -> None:
        """Wait for the edit that is under way; there are none after it. Raises what that edit raised."""
        self._over.set()
        if self._showing is not None:
            await self._showing

    async def _show_latest(self) -> None:
        while self._latest is not None:
            if (wait_s := self._next_s - time.monotonic()) > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._over.wait()
                if self._over.is_set():
                    return
            text, self._latest = self._latest, None
            self._next_s = time.monotonic() + self._every_s
            await self._show(text)

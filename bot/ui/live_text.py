"""Text that changes all the time, shown by edits that are seldom enough for Discord's limits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

EVERY_S = 2.0


class LiveText:
    """Shows the latest text now and then, one edit after another."""

    def __init__(
        self, show: Callable[[str], Awaitable[object]], *, after_s: float = EVERY_S, every_s: float = EVERY_S
    ) -> None:
        """``show`` is given each text. ``after_s``: what is over sooner is not shown. ``every_s``: at least so long
        between two."""
        self._show = show
        self._every_s = every_s
        self._next_s = time.monotonic() + after_s
        self._showing: asyncio.Future[object] | None = None
        self._is_over = False

    def tell(self, text: str) -> None:
        """Show ``text`` if it is time to; to be called in the event loop."""
        now_s = time.monotonic()
        if self._is_over or now_s < self._next_s or (self._showing is not None and not self._showing.done()):
            return
        self._next_s = now_s + self._every_s
        self._showing = asyncio.ensure_future(self._show(text))

    async def end(self) -> None:
        """Wait until the last edit is done; there is none after it. Raises what it raised."""
        # What hears tells of its progress from a thread, which may come late.
        self._is_over = True
        if self._showing is not None:
            await self._showing

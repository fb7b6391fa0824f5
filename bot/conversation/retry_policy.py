"""How long, and how often, to wait for an endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.conversation.refusals import Refusal

RETRIES = 2
"""Only before the first word: an answer that broke off is not started again."""
FIRST_RETRY_S = 0.5
QUIET_WAIT_S = 2.0
"""If the endpoint asks for a longer wait, people are told of it, or there is no further request."""
MAX_WAIT_S = 20.0
"""Nobody is left waiting longer than this in all: people are told when to ask again."""


OnWait = Callable[[float], Awaitable[None]]
"""Called before a wait of more than ``QUIET_WAIT_S`` that the endpoint asks for, with its length in seconds."""


class RetryPolicy:
    """Waits between requests for one answer, for no longer than anyone may be left waiting."""

    def __init__(self, on_wait: OnWait | None, *, quiet: bool) -> None:
        """``quiet``: never wait longer than ``QUIET_WAIT_S``, since another model can answer instead."""
        self._on_wait = None if quiet else on_wait
        self._waits = 0
        self._left_s = MAX_WAIT_S

    async def wait(self, refusal: Refusal | None) -> bool:
        """Wait before the next request; False if there should be none. ``refusal``: None if there is no connection."""
        if self._waits >= RETRIES or (refusal is not None and refusal.asks_no_retry):
            return False
        wait_s = None if refusal is None else refusal.retry_after_s
        if wait_s is None:
            wait_s = FIRST_RETRY_S * 2**self._waits
        if wait_s > QUIET_WAIT_S and (self._on_wait is None or wait_s > self._left_s):
            return False
        if wait_s > QUIET_WAIT_S and self._on_wait is not None:
            await self._on_wait(wait_s)
        self._waits += 1
        self._left_s -= wait_s
        await asyncio.sleep(wait_s)
        return True

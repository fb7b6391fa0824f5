"""Keeps all requests of a bot together below Discord's global rate limit.

Fifty requests a second are few for a bot on many servers. What somebody waits for, such as a reply's last words, a
voice message or the report of an error, waits its turn and is always sent. What only shows that something is going on
gives way first: when little of the limit is left, there is no typing indicator, and replies that are being written are
edited less and less often.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator

import hikari
from hikari.impl.buckets import RESTBucketManager
from hikari.internal import routes

from bot.work.metrics import DISCORD_LIMITS_MET, DISCORD_REQUESTS, DISCORD_WAITS_S

FOR_SIGNS, FOR_EDITS = 0.3, 0.1
"""The shares of the limit that must be left for signs of life, and for edits before a reply's last one."""
SLOWEST_EDIT_S = 10.0
"""The time between two edits of a reply when hardly enough is left for any."""

WINDOW_S = 1.0
"""The period over which Discord counts its limit."""
LONGEST_HELD_S = 2.0
"""A request without a response after this time is taken as counted: a slow Discord must not make Starling slower
still."""

EXEMPT = ("/interactions", "/webhooks")
"""Answers to commands, buttons and forms do not count against a bot's limit (Discord, Rate Limits)."""


class Pace:
    """Limits how many requests begin within a second."""

    def __init__(self, requests_per_s: float) -> None:
        """``requests_per_s``: above 0; below 1, there is one request every ``1 / requests_per_s`` seconds."""
        self._places = max(1, int(requests_per_s))
        self._window_s = WINDOW_S * max(1.0, 1 / requests_per_s)
        self._free = asyncio.Semaphore(self._places)
        self._taken = 0
        self._waiting = 0
        self._opens_s = 0.0

    @property
    def left(self) -> float:
        """The share of the limit that is unused, 0 to 1; 0 while a request is waiting."""
        return 0.0 if self._waiting else (self._places - self._taken) / self._places

    @property
    def has_room_for_signs(self) -> bool:
        """Whether requests that nobody would miss may be made."""
        return self.left >= FOR_SIGNS

    def edit_interval_s(self, usual_s: float) -> float:
        """The time between two edits of a reply, except before its last one: ``usual_s`` while enough of the limit is
        left, longer when little is, and infinity for no edits at all.
        """
        left = self.left
        if left >= FOR_SIGNS:
            return usual_s
        if left < FOR_EDITS:
            return math.inf
        scarcity = (FOR_SIGNS - left) / (FOR_SIGNS - FOR_EDITS)
        return max(usual_s, usual_s + (SLOWEST_EDIT_S - usual_s) * scarcity)

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until a request may be made, first come, first served; the block makes it and reads the response.

        A place is freed a second after the response: Discord has counted the request before it responds, so that no
        network delay, however uneven, brings more requests into one of its seconds than it allows.
        """
        began_s = time.monotonic()
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        self._taken += 1
        loop = asyncio.get_running_loop()
        leaving = loop.call_later(LONGEST_HELD_S + self._window_s, self._leave)
        try:
            await asyncio.sleep(max(0.0, self._opens_s - time.monotonic()))
            DISCORD_REQUESTS.inc()
            DISCORD_WAITS_S.inc(time.monotonic() - began_s)
            yield
        finally:
            if leaving.when() > loop.time() + self._window_s:
                leaving.cancel()
                loop.call_later(self._window_s, self._leave)

    def pause(self, pause_s: float) -> None:
        """Let no request begin for ``pause_s``: Discord has refused one, whatever was counted here."""
        self._opens_s = max(self._opens_s, time.monotonic() + pause_s)

    def _leave(self) -> None:
        self._taken -= 1
        self._free.release()


class PacedBuckets(RESTBucketManager):
    """hikari's rate limits by route, which all of its requests go through, with a limit for all of them together."""

    def __init__(self, max_rate_limit: float, pace: Pace) -> None:
        super().__init__(max_rate_limit)
        self.pace = pace

    def acquire_bucket(
        self, compiled_route: routes.CompiledRoute, authentication: str | None
    ) -> contextlib.AbstractAsyncContextManager[None]:
        bucket = super().acquire_bucket(compiled_route, authentication)
        return bucket if compiled_route.route.path_template.startswith(EXEMPT) else self._paced(bucket)

    @contextlib.asynccontextmanager
    async def _paced(self, bucket: contextlib.AbstractAsyncContextManager[None]) -> AsyncIterator[None]:
        # The route's own limit comes first: a request that waits for it takes up no place.
        async with bucket, self.pace.turn():
            yield

    def throttle(self, retry_after: float) -> None:
        """Pause everything after a response that says the global limit was hit. On routes whose limits it has not
        learned yet, hikari itself does not pause, and retries at once."""
        DISCORD_LIMITS_MET.inc()
        self.pace.pause(retry_after)
        super().throttle(retry_after)


def keep_pace(bot: hikari.GatewayBot, pace: Pace) -> None:
    """Make every request of ``bot``, which is not started yet, wait for its turn.

    hikari creates its REST client itself and does not let one replace its rate limits, so this sets a private
    attribute. All of its requests go through it, so none can be forgotten.
    """
    rest = bot.rest
    assert isinstance(rest, hikari.impl.RESTClientImpl)
    rest._bucket_manager = PacedBuckets(rest._bucket_manager.max_rate_limit, pace)


def pace_of(rest: hikari.api.RESTClient) -> Pace | None:
    """The pace that requests through ``rest`` keep; None if they keep none."""
    buckets = rest._bucket_manager if isinstance(rest, hikari.impl.RESTClientImpl) else None
    return buckets.pace if isinstance(buckets, PacedBuckets) else None

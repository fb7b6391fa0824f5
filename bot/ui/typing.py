"""Discord's "is typing" for as long as a person waits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import hikari

_INTERVAL_S = 8.0
"""Discord shows the sign for 10 s."""


@contextlib.asynccontextmanager
async def typing(rest: hikari.api.RESTClient, channel: hikari.Snowflakeish) -> AsyncIterator[None]:
    """Show the sign in ``channel`` until the block ends. That it may not be shown (no permission) does no harm.

    hikari's own context manager leaves the error of a refused request unread in a task of its own.
    """

    async def keep() -> None:
        with contextlib.suppress(hikari.HTTPError):
            while True:
                await rest.trigger_typing(channel)
                await asyncio.sleep(_INTERVAL_S)

    task = asyncio.create_task(keep())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})

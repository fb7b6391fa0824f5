"""Tasks that go on beside something else, and end with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, NoReturn

import structlog

log = structlog.get_logger()

StartTask = Callable[[Coroutine[Any, Any, object]], asyncio.Task[object]]


@contextlib.asynccontextmanager
async def background_tasks() -> AsyncIterator[StartTask]:
    """Starts tasks; what still runs at the end of this is cancelled and waited for."""
    tasks: list[asyncio.Task[object]] = []

    def start(work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        tasks.append(asyncio.create_task(work))
        return tasks[-1]

    try:
        yield start
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def every(interval_s: float, look: Callable[[], Awaitable[None]], failed: str) -> NoReturn:
    """Look, whatever comes of it, and again after so long; ends by being cancelled. ``failed``: what the log says of a
    look that came to nothing."""
    while True:
        try:
            await look()
        except Exception:
            log.exception(failed)
        await asyncio.sleep(interval_s)

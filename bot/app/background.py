"""Tasks that go on beside something else, and end with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, NoReturn

import structlog

log = structlog.get_logger()

MAX_CANCELS, CANCEL_S = 20, 1.0
"""A task is cancelled once more after so long: what it waits for may have swallowed that, as ``asyncio.wait_for`` does
until Python 3.12 where it ends in the same moment (CPython's issue 86296)."""

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
        for _time in range(MAX_CANCELS):
            if not (running := [task for task in tasks if not task.done()]):
                break
            for task in running:
                task.cancel()
            await asyncio.wait(running, timeout=CANCEL_S)
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

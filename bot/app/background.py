"""Tasks that run beside something else, and end with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, NoReturn

import structlog

log = structlog.get_logger()

MAX_CANCELS, CANCEL_S = 20, 1.0
"""How many times a task is cancelled at most, and the seconds in between: what it awaits may have swallowed a
cancellation, as ``asyncio.wait_for`` does before Python 3.12 if it completes at the same moment (CPython's issue
86296)."""

StartTask = Callable[[Coroutine[Any, Any, object]], asyncio.Task[object]]


@contextlib.asynccontextmanager
async def background_tasks() -> AsyncIterator[StartTask]:
    """Gives a function that starts tasks; those still running when the block ends are cancelled and waited for."""
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
    """Call ``look`` until cancelled, with a pause of ``interval_s`` after each call. Its exceptions are logged as
    ``failed``, and do not end this."""
    while True:
        try:
            await look()
        except Exception:
            log.exception(failed)
        await asyncio.sleep(interval_s)

"""Tasks that go on beside something else, and end with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

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

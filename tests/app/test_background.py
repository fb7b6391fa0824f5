"""Background tasks end together with what they belong to."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from bot.app.background import background_tasks


async def test_a_task_that_misses_its_end_is_told_again() -> None:
    begun = asyncio.Event()

    async def hard_of_hearing() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            begun.set()
            await asyncio.sleep(600)
        await asyncio.sleep(600)

    async with asyncio.timeout(60), background_tasks() as start:
        task = start(hard_of_hearing())
        await begun.wait()
    with pytest.raises(asyncio.CancelledError):
        await task

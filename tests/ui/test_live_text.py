"""Text that is updated now and then during a long task."""

from __future__ import annotations

import asyncio

from bot.ui.live_text import LiveText


async def test_what_comes_late_is_not_shown_over_the_end() -> None:
    shown: list[str] = []

    async def show(text: str) -> None:
        shown.append(text)

    live = LiveText(show, after_s=0.0, every_s=0.0)
    live.tell("half of it")
    await live.end()
    live.tell("three quarters of it, told by a thread that had not heard of the end")
    await live.end()
    assert shown == ["half of it"]


async def test_the_latest_is_shown_though_nothing_comes_after_it() -> None:
    shown: list[str] = []
    is_there = asyncio.Event()

    async def show(text: str) -> None:
        shown.append(text)
        if text == "the last for a long time":
            is_there.set()

    live = LiveText(show, after_s=0.0, every_s=0.05)
    for text in ("a", "b", "the last for a long time"):
        live.tell(text)
        await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await is_there.wait()
    assert shown == ["a", "the last for a long time"]
    await live.end()

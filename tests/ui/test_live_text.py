"""Text that is shown now and then, while something long is under way."""

from __future__ import annotations

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

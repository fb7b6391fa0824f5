"""What people see before an answer's first word, and while its voice message is being made.

Each sign is a request to Discord, so there is one only when nothing else shows that the bot is at work, and none when
Discord's global rate limit is near (``pace.py``).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import hikari

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.reply_target import ReplyGoneError
from bot.ui.streaming_reply import StreamingReply

WORKING = _("I am working on the answer …")

TYPING_AFTER_S = 0.5
"""Nobody misses a sign of life before that."""
TYPING_AGAIN_S = 8.0
"""Discord shows the typing indicator for 10 s."""
ANNOUNCED_AFTER_S = 4.0
"""Before that, Discord's typing indicator is enough."""
HEADING_AFTER_S = 2.0
"""A heading, such as a transcript, waits at least this long so that it can be shown with the beginning of the
answer."""
SPEAKING_AFTER_S = 4.0
"""The least time after the text before anybody misses the voice message."""
HEADING_SHARE, SPEAKING_SHARE = 0.5, 1.0
"""The same delays as shares of the time waited so far: if everything takes long, there are no more signs, but they come
further apart."""


@contextlib.asynccontextmanager
async def waiting_indicator(
    rest: hikari.api.RESTClient, channel: hikari.Snowflakeish, reply: StreamingReply
) -> AsyncIterator[None]:
    """Until the block ends, show in ``channel`` that ``reply`` is being worked on. If a sign is refused (no permission,
    a deleted question), nothing is raised here: the code that writes the reply gets that error itself."""
    began_s = time.monotonic()
    tasks = {
        asyncio.create_task(_typing(rest, channel, reply, began_s)),
        asyncio.create_task(_opening(reply, began_s)),
    }
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _typing(
    rest: hikari.api.RESTClient, channel: hikari.Snowflakeish, reply: StreamingReply, began_s: float
) -> None:
    """hikari's own context manager is not used, because it leaves the error of a refused request unread in a task of
    its own."""
    with contextlib.suppress(hikari.HTTPError):
        delay_s = TYPING_AFTER_S
        while not await _happens(reply.visible, delay_s):
            if reply.has_room_for_signs:
                await rest.trigger_typing(channel)
            delay_s = TYPING_AGAIN_S
        await reply.completed.wait()
        delay_s = max(SPEAKING_AFTER_S, SPEAKING_SHARE * (time.monotonic() - began_s))
        while True:
            await asyncio.sleep(delay_s)
            if reply.has_room_for_signs:
                await rest.trigger_typing(channel)
            delay_s = max(TYPING_AGAIN_S, SPEAKING_SHARE * (time.monotonic() - began_s))


async def _opening(reply: StreamingReply, began_s: float) -> None:
    with contextlib.suppress(hikari.HTTPError, ReplyGoneError):
        headed = await _happens(reply.headed, ANNOUNCED_AFTER_S)
        if not headed:
            await reply.announce(_sign(reply))
            await reply.headed.wait()
        within_s = max(HEADING_AFTER_S, HEADING_SHARE * (time.monotonic() - began_s))
        if not await _happens(reply.begun, within_s):
            await reply.announce(_sign(reply))


def _sign(reply: StreamingReply) -> str:
    return f"-# {translate(WORKING, reply.locale)}"


async def _happens(event: asyncio.Event, within_s: float) -> bool:
    """Whether ``event`` is set within that time."""
    try:
        async with asyncio.timeout(within_s):
            return await event.wait()
    except TimeoutError:
        return False

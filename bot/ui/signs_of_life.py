"""What people see of an answer before its first word, and of a voice message that is still being made.

Each sign is a request to Discord, so that there is one only where nothing else shows that somebody is at work, and none
where Discord's limit for all requests is near (``pace.py``).
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
"""Discord shows that somebody is typing for 10 s."""
ANNOUNCED_AFTER_S = 4.0
"""Before that, Discord's sign of typing is enough."""
HEADING_AFTER_S = 2.0
"""A heading, such as a transcript, waits at least so long for the beginning of the answer, to come with it."""
SPEAKING_AFTER_S = 4.0
"""How long after the text a voice message is not missed yet, at least."""
HEADING_SHARE, SPEAKING_SHARE = 0.5, 1.0
"""Of the time that was waited before: where all takes long, signs are no more in number, but further apart."""


@contextlib.asynccontextmanager
async def signs_of_life(
    rest: hikari.api.RESTClient, channel: hikari.Snowflakeish, reply: StreamingReply
) -> AsyncIterator[None]:
    """Show in ``channel``, until the block ends, that ``reply`` is being worked on. That it may not be shown (no
    permission, a deleted question) does no harm here: whoever writes the reply is told so."""
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
    """hikari's own context manager leaves the error of a refused request unread in a task of its own."""
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
    """Whether ``event`` is set by then."""
    try:
        async with asyncio.timeout(within_s):
            return await event.wait()
    except TimeoutError:
        return False

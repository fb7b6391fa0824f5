"""The latest messages of channels in which people talk to the bot without replies: read once, then kept up to date.

Otherwise each question of a conversation would cost one more request, and people would wait for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

import hikari
from cachetools import TTLCache

from bot.answering.own_cards import is_card
from bot.ui.page_of_messages import page_of_messages
from bot.work.keyed_lock import KeyedLock

KEPT_MESSAGES = 60
"""Per channel."""
KEPT_CHANNELS, KEPT_S = 200, 3600.0
"""How many channels' messages are cached, and for how long before they are read again."""


class RecentMessages:
    """Caches messages in memory only, and is notified of every change to them."""

    def __init__(self, rest: hikari.api.RESTClient) -> None:
        self._rest = rest
        self._kept: TTLCache[int, deque[hikari.Message]] = TTLCache(KEPT_CHANNELS, KEPT_S)
        """By channel, the oldest message first."""
        self._coming: dict[int, list[hikari.Message]] = {}
        """Messages that arrive in a channel while its messages are being read."""
        self._heads: TTLCache[int, hikari.Message | None] = TTLCache(KEPT_CHANNELS, KEPT_S)
        """The messages from which threads were started, by thread id, which is also the id of that message; None if
        there is none."""
        self._lock = KeyedLock()

    def came(self, message: hikari.Message) -> None:
        """Record a new message by anyone, including the bot's own."""
        channel = message.channel_id
        if (kept := self._kept.get(channel)) is not None:
            kept.append(message)
        elif channel in self._coming:
            self._coming[channel].append(message)

    def changed(self, message: hikari.PartialMessage, me: hikari.Snowflakeish) -> None:
        """Record that a message was edited. For the bot ``me``, only edits of its cards count: it edits its answers all
        the time, and their text is not read from here."""
        self._heads.pop(message.id, None)
        if not message.author or message.author.id != me or is_card(message):
            self._kept.pop(message.channel_id, None)

    def deleted(self, channel: hikari.Snowflakeish, messages: Collection[hikari.Snowflakeish]) -> None:
        """Record that ``messages`` were deleted."""
        for message_id in messages:
            self._heads.pop(message_id, None)
        if (kept := self._kept.get(channel)) is not None:
            for message in [one for one in kept if one.id in messages]:
                kept.remove(message)

    def lost(self) -> None:
        """Clear everything, because events may have been missed."""
        self._kept.clear()
        self._heads.clear()

    async def head(self, channel: hikari.Snowflakeish, thread: hikari.Snowflakeish) -> hikari.Message | None:
        """The message in ``channel`` from which ``thread`` was started; None if there is none that may be read."""
        if thread not in self._heads:
            try:
                self._heads[thread] = await self._rest.fetch_message(channel, thread)
            except (hikari.NotFoundError, hikari.ForbiddenError):
                self._heads[thread] = None
        return self._heads[thread]

    async def before(self, message: hikari.Message, limit: int) -> list[hikari.Message]:
        """Up to ``limit`` messages before ``message`` in its channel, the latest first.

        Raises:
            hikari.NotFoundError: the channel is gone.
            hikari.ForbiddenError: the bot may not read it.
        """
        channel = message.channel_id
        async with self._lock.of(channel):
            kept = self._kept.get(channel)
            if kept is None:
                kept = self._kept[channel] = await self._read(channel)
        found = [one for one in reversed(kept) if one.id < message.id][:limit]
        if len(kept) == KEPT_MESSAGES and len(found) < limit:
            found = await page_of_messages(self._rest, channel, KEPT_MESSAGES, before=message.id)
        return found[:limit]

    async def _read(self, channel: int) -> deque[hikari.Message]:
        self._coming[channel] = []
        try:
            found = await page_of_messages(self._rest, channel, KEPT_MESSAGES)
        finally:
            coming = self._coming.pop(channel)
        known = {one.id: one for one in (*found, *coming)}
        return deque((known[id_] for id_ in sorted(known)), KEPT_MESSAGES)

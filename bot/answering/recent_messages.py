"""The last messages of channels in which people talk to us without replies: read once, then kept up with as they come.

A conversation would otherwise cost a request more for each of its questions, and people would wait for it.
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
"""Of a channel."""
KEPT_CHANNELS, KEPT_S = 200, 3600.0
"""The channels whose messages are kept, and for how long before they are read anew."""


class RecentMessages:
    """Is told of all that happens to messages; keeps them in memory only."""

    def __init__(self, rest: hikari.api.RESTClient) -> None:
        self._rest = rest
        self._kept: TTLCache[int, deque[hikari.Message]] = TTLCache(KEPT_CHANNELS, KEPT_S)
        """By channel, the oldest message first."""
        self._coming: dict[int, list[hikari.Message]] = {}
        """What comes in a channel while it is read."""
        self._heads: TTLCache[int, hikari.Message | None] = TTLCache(KEPT_CHANNELS, KEPT_S)
        """What threads were begun from, by their ids, which are those of these messages; None: of nothing."""
        self._lock = KeyedLock()

    def came(self, message: hikari.Message) -> None:
        """Take note of a new message of anyone, our own too."""
        channel = message.channel_id
        if (kept := self._kept.get(channel)) is not None:
            kept.append(message)
        elif channel in self._coming:
            self._coming[channel].append(message)

    def changed(self, message: hikari.PartialMessage, me: hikari.Snowflakeish) -> None:
        """Take note that somebody's message was edited; of the bot ``me``, which edits its answers all the time,
        nobody asks what its messages say, but for its cards."""
        self._heads.pop(message.id, None)
        if not message.author or message.author.id != me or is_card(message):
            self._kept.pop(message.channel_id, None)

    def deleted(self, channel: hikari.Snowflakeish, messages: Collection[hikari.Snowflakeish]) -> None:
        """Take note that ``messages`` are gone."""
        for message_id in messages:
            self._heads.pop(message_id, None)
        if (kept := self._kept.get(channel)) is not None:
            for message in [one for one in kept if one.id in messages]:
                kept.remove(message)

    def lost(self) -> None:
        """Take note that events may have been missed."""
        self._kept.clear()
        self._heads.clear()

    async def head(self, channel: hikari.Snowflakeish, thread: hikari.Snowflakeish) -> hikari.Message | None:
        """The message that ``thread`` was begun from, which is in ``channel``; None where there is none that may be
        read."""
        if thread not in self._heads:
            try:
                self._heads[thread] = await self._rest.fetch_message(channel, thread)
            except (hikari.NotFoundError, hikari.ForbiddenError):
                self._heads[thread] = None
        return self._heads[thread]

    async def before(self, message: hikari.Message, limit: int) -> list[hikari.Message]:
        """Up to ``limit`` messages that came before ``message`` in its channel, the latest first.

        Raises:
            hikari.NotFoundError: the channel is gone.
            hikari.ForbiddenError: it may not be read.
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

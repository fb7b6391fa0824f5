"""The messages of all channels, of which the oldest are dropped when there are too many."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterator

from bot.sandbox.model.entities import Message


class MessageStore:
    """Keeps at most ``limit`` messages. Ids increase with time, so each channel's list is always sorted."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._messages: OrderedDict[int, Message] = OrderedDict()
        self._by_channel: dict[int, list[int]] = {}

    def get(self, message_id: int) -> Message | None:
        return self._messages.get(message_id)

    def put(self, message: Message) -> None:
        """Add a new message, or replace the one with the same id."""
        if message.id not in self._messages:
            self._by_channel.setdefault(message.channel_id, []).append(message.id)
        self._messages[message.id] = message
        while len(self._messages) > self._limit:
            self.remove(next(iter(self._messages)))

    def remove(self, message_id: int) -> Message | None:
        message = self._messages.pop(message_id, None)
        if message is not None:
            ids = self._by_channel[message.channel_id]
            del ids[bisect_left(ids, message_id)]
        return message

    def forget_channel(self, channel_id: int) -> None:
        for message_id in self._by_channel.pop(channel_id, []):
            del self._messages[message_id]

    def in_channel(self, channel_id: int) -> list[Message]:
        """Every message of the channel, oldest first."""
        return [self._messages[i] for i in self._by_channel.get(channel_id, ())]

    def before(self, channel_id: int, message_id: int | None) -> Iterator[Message]:
        """The messages before ``message_id`` (None: all of them), newest first."""
        ids = self._by_channel.get(channel_id, [])
        end = len(ids) if message_id is None else bisect_left(ids, message_id)
        return (self._messages[ids[i]] for i in range(end - 1, -1, -1))

    def after(self, channel_id: int, message_id: int) -> Iterator[Message]:
        """The messages after ``message_id``, oldest first."""
        ids = self._by_channel.get(channel_id, [])
        return (self._messages[ids[i]] for i in range(bisect_right(ids, message_id), len(ids)))

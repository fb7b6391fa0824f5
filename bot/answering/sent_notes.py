"""Voice notes that nobody has asked about yet: their sender may address the bot with the next message."""

from __future__ import annotations

import contextlib
from collections.abc import Collection

import hikari
from cachetools import TTLCache

from bot.answering.expected_notes import EXPECTED_S

_MOST = 10_000
MAX_NOTES = 10
"""Per person and channel, the latest."""


class SentNotes:
    """The ids of the messages with such notes from the last ``EXPECTED_S`` seconds; in memory only."""

    def __init__(self) -> None:
        self._sent: TTLCache[int, tuple[int, int]] = TTLCache(_MOST, EXPECTED_S)
        """The sender and the channel by message id, in the order of arrival."""

    def came(self, message: hikari.Message) -> None:
        """Record a person's voice note."""
        if not message.author.is_bot:
            self._sent[message.id] = message.author.id, message.channel_id

    def take(self, user: hikari.Snowflakeish, channel: hikari.Snowflakeish) -> tuple[int, ...]:
        """The messages with the notes that ``user`` recently sent in ``channel``, in order; each is returned only
        once."""
        whose = user, channel
        found = sorted(note for note, sent in list(self._sent.items()) if sent == whose)
        for note in found:
            self._sent.pop(note, None)
        return tuple(found[-MAX_NOTES:])


async def sent(
    rest: hikari.api.RESTClient, channel: hikari.Snowflakeish, notes: Collection[int]
) -> list[hikari.Message]:
    """The messages with the ids ``notes`` that still exist and may be read."""
    found: list[hikari.Message] = []
    for note in notes:
        with contextlib.suppress(hikari.NotFoundError, hikari.ForbiddenError):
            found.append(await rest.fetch_message(channel, note))
    return found

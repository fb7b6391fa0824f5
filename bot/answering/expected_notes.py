"""Expected voice notes: Discord's voice messages cannot contain a mention, so they follow a message that does."""

from __future__ import annotations

import hikari
from cachetools import TTLCache

from bot.answering.voice_notes import recordings_in

EXPECTED_S = 120.0
"""For this long after somebody has addressed the bot, a voice note of theirs in the same channel is for the bot."""
_MOST = 10_000


def is_note(message: hikari.PartialMessage) -> bool:
    """Whether ``message`` contains a recording, or a voice message that Discord hides from the bot."""
    return bool(recordings_in(message)) or bool((message.flags or 0) & hikari.MessageFlag.IS_VOICE_MESSAGE)


class ExpectedNotes:
    """Who has recently addressed the bot, and where; in memory only."""

    def __init__(self) -> None:
        self._expected: TTLCache[tuple[int, int], int | None] = TTLCache(_MOST, EXPECTED_S)

    def expect(self, user: int, channel: int, *, after: int | None = None) -> None:
        """Expect the next note of ``user`` in ``channel``, which continues from the message ``after``."""
        self._expected[user, channel] = after

    def take(self, message: hikari.Message) -> tuple[bool, int | None]:
        """Whether ``message`` is an expected note, and the message that it continues from; each is expected only
        once."""
        key = message.author.id, message.channel_id
        if message.author.is_bot or key not in self._expected or not is_note(message):
            return False, None
        return True, self._expected.pop(key)

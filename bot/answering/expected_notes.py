"""Voice notes that are expected: Discord's own can carry no mention, so they follow one."""

from __future__ import annotations

import hikari
from cachetools import TTLCache

from bot.answering.voice_notes import recordings_in

EXPECTED_S = 120.0
"""After somebody has turned to us, so long a note of theirs in the same place is for us."""
_MOST = 10_000


def is_note(message: hikari.PartialMessage) -> bool:
    """Whether there is a recording in ``message``, or one that Discord does not show us."""
    return bool(recordings_in(message)) or bool((message.flags or 0) & hikari.MessageFlag.IS_VOICE_MESSAGE)


class ExpectedNotes:
    """Who has turned to us lately, and where; in memory only."""

    def __init__(self) -> None:
        self._expected: TTLCache[tuple[int, int], int | None] = TTLCache(_MOST, EXPECTED_S)

    def expect(self, user: int, channel: int, *, after: int | None = None) -> None:
        """Take the next note of ``user`` in ``channel`` for one to us, which goes on from the message ``after``."""
        self._expected[user, channel] = after

    def take(self, message: hikari.Message) -> tuple[bool, int | None]:
        """Whether ``message`` is a note that is expected, and the message that it goes on from; expected once."""
        key = message.author.id, message.channel_id
        if message.author.is_bot or key not in self._expected or not is_note(message):
            return False, None
        return True, self._expected.pop(key)

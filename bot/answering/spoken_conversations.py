"""Voice notes that belong together: the one that a question replies to, those that it replies to in turn, and those
that came after it; or those that the asker sent just before the question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import hikari

from bot.answering.conversation_history import name_of
from bot.answering.recent_messages import KEPT_MESSAGES, RecentMessages
from bot.answering.request import AnswerRequest
from bot.answering.sent_notes import sent
from bot.answering.voice_notes import recordings_in

MAX_RECORDINGS = 10
"""Per conversation, counted from its first note."""
MAX_LINKS = 8
"""How many replies are followed back from a note."""
PAUSE = timedelta(hours=1)
"""After a pause of this length, the next note belongs to another conversation."""


@dataclass(frozen=True, slots=True)
class SpokenConversation:
    """People's voice notes, in order."""

    recordings: tuple[hikari.Attachment, ...] = ()
    speakers: tuple[str, ...] = ()
    """The name of each recording's sender; empty if the asker sent them all."""
    messages: frozenset[int] = frozenset()
    """The ids of the messages that contain them."""
    left_out: int = 0
    """The number of recordings beyond ``MAX_RECORDINGS``."""


class SpokenConversations:
    """Finds the voice notes that a question is about."""

    def __init__(self, rest: hikari.api.RESTClient, recent: RecentMessages) -> None:
        self._rest = rest
        self._recent = recent

    async def answered(self, request: AnswerRequest, me: hikari.Snowflakeish) -> SpokenConversation:
        """The voice notes that ``request`` asks about by replying to one of them: several, or a single one if nothing
        is written besides the mention. Empty if the request does not reply to a person's note, or has a recording of
        its own. A bare mention asks about the notes that its author has just sent."""
        question = request.message
        if question is not None and not (request.recordings or request.text or request.files):
            just_said = [one for one in await sent(self._rest, request.channel_id, request.notes) if recordings_in(one)]
            if just_said:
                recordings = tuple(recording for one in just_said for recording in recordings_in(one))
                return SpokenConversation(recordings, messages=frozenset(one.id for one in just_said))
        first = None if question is None or request.recordings else question.referenced_message
        if question is None or first is None or not first.author or first.author.id == me or not recordings_in(first):
            return SpokenConversation()
        notes = [*await self._before(first), first, *await self._after(first, question)]
        found = [(note, recording) for note in notes for recording in recordings_in(note)]
        if len(found) == 1 and request.text:
            return SpokenConversation()
        kept = found[:MAX_RECORDINGS]
        return SpokenConversation(
            tuple(recording for _note, recording in kept),
            tuple(name_of(note) or "" for note, _recording in kept),
            frozenset(note.id for note, _recording in kept),
            left_out=len(found) - len(kept),
        )

    async def _before(self, note: hikari.PartialMessage) -> list[hikari.PartialMessage]:
        """The notes that ``note`` replies to, the oldest first."""
        found: list[hikari.PartialMessage] = []
        for _ in range(MAX_LINKS):
            reference = note.message_reference
            # A forwarded note was said elsewhere.
            if not reference or reference.id is None or note.message_snapshots:
                break
            try:
                note = note.referenced_message or await self._rest.fetch_message(reference.channel_id, reference.id)
            except (hikari.NotFoundError, hikari.ForbiddenError):
                break
            if not note.author or note.author.is_bot or not recordings_in(note):
                break
            found.insert(0, note)
        return found

    async def _after(self, first: hikari.PartialMessage, question: hikari.Message) -> list[hikari.Message]:
        """People's voice notes between ``first`` and ``question``, each within ``PAUSE`` of the one before."""
        try:
            recent = await self._recent.before(question, KEPT_MESSAGES)
        except (hikari.NotFoundError, hikari.ForbiddenError):
            return []
        found: list[hikari.Message] = []
        last = first.id.created_at
        for message in reversed(recent):
            if message.id <= first.id or message.author.is_bot or not recordings_in(message):
                continue
            if message.timestamp - last > PAUSE:
                break
            found.append(message)
            last = message.timestamp
        return found

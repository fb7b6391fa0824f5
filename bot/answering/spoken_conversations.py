"""Voice notes that belong together: the one that a question replies to, what it replies to, and what came after it; or
those that its author sent just before it."""

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
"""Of one conversation, from the note on that is replied to."""
MAX_LINKS = 8
"""Replies that are followed from a note to the one before."""
PAUSE = timedelta(hours=1)
"""After so long without a note, the next one belongs to something else."""


@dataclass(frozen=True, slots=True)
class SpokenConversation:
    """Notes of people, in order."""

    recordings: tuple[hikari.Attachment, ...] = ()
    speakers: tuple[str, ...] = ()
    """The name of the one who sent each of the recordings; none where that is the one who asks."""
    messages: frozenset[int] = frozenset()
    """The ids of the messages that they are in."""
    left_out: int = 0
    """Recordings beyond ``MAX_RECORDINGS``."""


class SpokenConversations:
    """Finds them."""

    def __init__(self, rest: hikari.api.RESTClient, recent: RecentMessages) -> None:
        self._rest = rest
        self._recent = recent

    async def answered(self, request: AnswerRequest, me: hikari.Snowflakeish) -> SpokenConversation:
        """The notes that ``request`` asks about by replying to one of them: several, or a single one where nothing is
        written beside the mention; none where it replies to no note of a person, or brings a recording of its own. A
        bare mention asks about what its author has just said."""
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
            # What is forwarded was said elsewhere.
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
        """The notes of people between ``first`` and ``question``, each soon after the one before."""
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

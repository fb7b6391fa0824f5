"""The second stage: builds the prompt from the question and everything relevant to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from audio.language_tags import base_language
from bot.answering.conversation_history import ConversationHistory
from bot.answering.understanding import UnderstoodRequest
from bot.answering.unread_files import FileUnreadError
from bot.conversation.chat_message import ChatMessage, Picture
from bot.conversation.embedded import LANGUAGE
from bot.conversation.exchanges import Exchange
from bot.conversation.prompting import Prompt, build_prompt
from bot.corrections.correction import ApprovedCorrection
from bot.instructions.service import Instructions
from bot.recall.checking import RecallCheck
from bot.recall.facts import with_facts
from bot.recall.recall import Recall

EARLIER_FILES_SHARE, MAX_EARLIER_FILES_TOKENS = 0.25, 50_000
"""The files of one earlier message get at most this share of the model's context, and at most this many tokens."""
NO_OTHER_ANSWER_S = 60.0
"""How long to wait for recall when there is no other answer: the demonstration model speaks English only, and the model
that matches other languages may still be loading."""
GO_ON = "Go on exactly where your answer stopped. Repeat none of it, and say nothing about going on."


@dataclass(frozen=True, slots=True)
class AnswerPrompt:
    """Everything that a prompt is made from; how much of it is shown depends on the room in the context."""

    understood: UnderstoodRequest
    instruction: str
    """The guild's or the channel's."""
    history: tuple[ChatMessage, ...]
    """The earlier conversation, oldest first."""
    asked: ChatMessage
    """The question, including the recalled corrections."""
    parent: Exchange | None
    """The exchange that the question continues."""
    corrections: tuple[ApprovedCorrection, ...]
    """The recalled corrections, nearest first; in direct messages, what the asker has taught for themselves."""
    now: datetime
    thread_name: str | None = None
    """The title of the thread in which the question is asked."""
    unread: tuple[FileUnreadError, ...] = ()
    """Why files of the question, or of the message that it is about, were not read."""
    shortened: tuple[str, ...] = ()
    """The names of the files of which only the beginning is included."""

    @property
    def recalled(self) -> tuple[int, ...]:
        """The numbers of the recalled corrections."""
        return tuple(correction.number for correction in self.corrections)

    @property
    def taught(self) -> tuple[str, ...]:
        """The answers that were taught for the question, nearest first."""
        return tuple(correction.answer for correction in self.corrections)

    def fitted(self, room_tokens: int) -> Prompt:
        """As much of the prompt as fits in ``room_tokens``, as counted by ``count_tokens``."""
        history, asked = self.history, self.asked
        if continued := self.understood.request.continued:
            history = (*history, asked, ChatMessage("assistant", continued))
            asked = ChatMessage("user", GO_ON, asked.speaker)
        return build_prompt(
            self.instruction,
            history,
            asked,
            guild_name=self.understood.request.guild_name,
            thread_name=self.thread_name,
            now=self.now,
            room_tokens=room_tokens,
            brief=self.understood.model.is_demonstration,
        )

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures of the question, then those of the conversation."""
        return (*self.asked.pictures, *(picture for message in self.history for picture in message.pictures))

    def with_pictures(self, kept: Collection[Picture]) -> AnswerPrompt:
        """A copy of this prompt with only the ``kept`` pictures."""
        history = [_seen(message, kept) for message in self.history]
        shown = [message for message in history if message.text or message.pictures]
        return replace(self, asked=_seen(self.asked, kept), history=tuple(shown))


def _seen(message: ChatMessage, kept: Collection[Picture]) -> ChatMessage:
    return replace(message, pictures=tuple(picture for picture in message.pictures if picture in kept))


class Prompting:
    """Gathers the instruction, the conversation so far, and the corrections that apply to a question."""

    def __init__(
        self,
        history: ConversationHistory,
        instructions: Instructions,
        recall: Recall,
        check: RecallCheck,
        misfits: Callable[[int, str], Awaitable[Collection[str]]],
    ) -> None:
        """``misfits`` returns the ids of a guild's corrections that people have marked as unrelated to a question."""
        self._misfits = misfits
        self._history = history
        self._instructions = instructions
        self._recall = recall
        self._check = check

    async def prompt(self, understood: UnderstoodRequest) -> AnswerPrompt:
        """The prompt for ``understood``. Parts of the conversation that the bot may not read are left out."""
        request, model, attached = understood.request, understood.model, understood.attached
        parent = await self._history.parent(request)
        is_lost = model.is_demonstration and base_language(understood.language) != LANGUAGE
        patience_s = NO_OTHER_ANSWER_S if is_lost else None
        if request.is_direct:
            near = await self._recall.near_own(request.asker.id, understood.text, patience_s=patience_s)
        else:
            near = await self._recall.near(request.guild_id, understood.text, patience_s=patience_s)
        if near and request.guild_id is not None:
            misfits = await self._misfits(request.guild_id, understood.text)
            near = tuple(one for one in near if one.correction.id not in misfits)
        recalled = await self._check.applying(
            model, understood.text, near, user=request.asker.id, guild=request.guild_id
        )
        history = await self._history.before(
            request,
            parent,
            brief=model.is_demonstration,
            pictures=model.takes_pictures,
            room_tokens=min(int(model.prompt_tokens * EARLIER_FILES_SHARE), MAX_EARLIER_FILES_TOKENS),
        )
        said = "\n\n".join(part for part in (understood.text, attached.text_for_model) if part)
        text = with_facts(said, recalled, brief=model.is_demonstration, is_direct=request.is_direct)
        return AnswerPrompt(
            understood,
            instruction=(await self._instructions.of(request.guild_id, request.channel_id)).text,
            history=history.messages,
            asked=ChatMessage("user", text, request.speaker_name, attached.pictures),
            parent=parent,
            corrections=tuple(recalled),
            now=datetime.now(UTC),
            thread_name=self._history.thread_name(request),
            unread=(*attached.unread, *history.unread),
            shortened=(*attached.shortened, *history.shortened),
        )

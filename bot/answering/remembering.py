"""The fifth stage: stores the answer, so that a conversation can continue from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime

from bot.answering.attachments import AttachmentContent
from bot.answering.request import AnswerRequest
from bot.answering.streaming import StreamedAnswer
from bot.conversation.exchanges import Exchange, ExchangeStore

TaughtAnswers = Callable[[int, Collection[int]], Awaitable[Collection[str]]]
"""Called with a guild's id and numbers of corrections, or a person's id and numbers of what they have taught; returns
the answers of those that still hold."""


class Memory:
    """Stores what was asked and answered."""

    def __init__(self, exchanges: ExchangeStore, corrections: TaughtAnswers, own: TaughtAnswers) -> None:
        """``corrections`` looks up those of a guild, ``own`` what a person has taught for themselves; both wait for
        changes that are in progress when they are called."""
        self._exchanges = exchanges
        self._corrections = corrections
        self._own = own

    async def of_reply(self, message: int) -> tuple[Exchange | None, bool]:
        """The exchange whose answer begins with ``message``, if it is known, and whether only its asker may see it."""
        private = await self._exchanges.held(message)
        return private or await self._exchanges.by_reply(message), private is not None

    async def answered(self, request: AnswerRequest) -> Exchange | None:
        """The exchange that an earlier attempt at ``request`` stored, if its text was complete when it was
        interrupted."""
        shown = request.reply.message_ids
        return await self._exchanges.by_reply(shown[0]) if shown else None

    async def remember(self, answer: StreamedAnswer) -> bool:
        """Store ``answer`` under the first message of its reply; returns False if there is no such message yet. An
        answer that is not to be remembered is only held in memory, and only if it reached its limit and can be
        continued."""
        prompt, understood = answer.prompt, answer.prompt.understood
        request = understood.request
        if not request.reply.message_ids:
            return False
        if request.remembered or answer.is_at_limit:
            first, source = request.reply.message_ids[0], request.answered
            asked_by = request.message.id if request.message else first
            exchange = Exchange(
                reply_message_id=first,
                channel_id=request.channel_id,
                guild_id=request.guild_id,
                user_id=request.asker.id,
                prompt_message_id=asked_by if source is None else source.message_id,
                prompt=understood.text,
                reply=f"{request.continued.rstrip()} {answer.text}" if request.is_apart else answer.text,
                language=understood.language,
                parent_reply_id=prompt.parent.reply_message_id if prompt.parent else None,
                model=answer.model,
                created_at=datetime.now(UTC),
                has_files=understood.attached != AttachmentContent(),
                recalled=prompt.recalled if request.guild_id is not None or request.is_direct else (),
                is_given=request.is_given,
                words_by=source.user_id if source is not None and source.user_id != request.asker.id else None,
            )
            if request.remembered:
                await self._exchanges.remember(exchange, request.asked_at)
            else:
                self._exchanges.hold(exchange, request.asked_at)
        return True

    async def was_taken_back(self, answer: StreamedAnswer) -> bool:
        """Whether something that the model was taught for ``answer`` no longer holds; if so, the stored answer is
        withdrawn.

        To be called after ``remember``: whoever takes something back later finds the stored answer, and deletes it.
        """
        prompt, request = answer.prompt, answer.prompt.understood.request
        if not prompt.recalled:
            return False
        if request.is_direct:
            now = await self._own(request.asker.id, prompt.recalled)
        elif request.guild_id is not None:
            now = await self._corrections(request.guild_id, prompt.recalled)
        else:
            return False
        if set(prompt.taught) <= set(now):
            return False
        if request.reply.message_ids:
            await self._exchanges.withdraw(request.reply.message_ids[0])
        return True

"""The third stage: the model's reply, shown and spoken as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from bot.answering.prompting import AnswerPrompt
from bot.answering.speaking import SpokenAnswer
from bot.conversation.errors import ChatCannotSeeError, ContextTooLongError
from bot.conversation.prompting import Prompt
from bot.conversation.reply_stream import extended
from bot.conversation.tokens import TokenUse
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.streaming_reply import StreamingReply
from bot.usage.budgets import Budgets

WORKING = _("I am working on the answer …")
ANNOUNCED_AFTER_S = 4.0
"""Before that, Discord's sign of typing is enough."""


@dataclass(frozen=True, slots=True)
class StreamedAnswer:
    """What the model has said."""

    prompt: AnswerPrompt
    shown: Prompt
    """As much of ``prompt`` as the model was shown."""
    text: str
    """Whole, or what there was when a person stopped it."""
    pictures_left_out: bool = False
    """Whether there were pictures that the model could not look at."""


class Streaming:
    """Streams replies, and counts what they take."""

    def __init__(self, budgets: Budgets) -> None:
        self._budgets = budgets

    async def stream(self, prompt: AnswerPrompt, spoken: SpokenAnswer | None) -> StreamedAnswer:
        """The reply to ``prompt``, shown as it comes, and given to ``spoken``; what a person stops ends there.

        Where the model turns out not to take pictures, it is asked once more without them.

        Raises:
            ChatError: there is no answer, or no end of it; what was shown stays.
            ReplyGoneError: the reply was deleted.
            hikari.HTTPError: Discord refuses.
        """
        try:
            shown, text = await self._fitted(prompt, spoken)
        except ChatCannotSeeError:
            if not (prompt.understood.text or prompt.understood.attached.text):
                raise
            prompt = prompt.without_pictures()
            shown, text = await self._fitted(prompt, spoken)
            return StreamedAnswer(prompt, shown, text, pictures_left_out=True)
        return StreamedAnswer(prompt, shown, text)

    async def _fitted(self, prompt: AnswerPrompt, spoken: SpokenAnswer | None) -> tuple[Prompt, str]:
        """What the model was shown, and its reply. A prompt that is too long for the endpoint, which may count in
        another way, is cut to half and tried once more."""
        request, model = prompt.understood.request, prompt.understood.model
        shown, use = prompt.fitted(model.prompt_tokens), TokenUse()
        try:
            try:
                return shown, await self._streamed(prompt, shown, use, spoken)
            except ContextTooLongError:
                if use.reply_tokens:
                    raise
                shown = prompt.fitted(shown.tokens // 2)
                return shown, await self._streamed(prompt, shown, use, spoken)
        finally:
            await self._budgets.asked(request.asker.id, request.guild_id, model.model, use)

    async def _streamed(self, prompt: AnswerPrompt, shown: Prompt, use: TokenUse, spoken: SpokenAnswer | None) -> str:
        understood = prompt.understood
        request, stream = understood.request, understood.model.stream(shown.messages, use)
        parts = _announced(request.cancellation.until_cancelled(stream), request.reply)
        text = ""
        async with aclosing(parts):
            async for part in parts:
                text = extended(text, part)
                if spoken is not None:
                    spoken.write(part)
                await request.reply.show(understood.heading + text)
        return text.strip()


async def _announced(parts: AsyncGenerator[str, None], reply: StreamingReply) -> AsyncGenerator[str, None]:
    """``parts``; where the first keeps people waiting, it is shown that it is being worked on, and can be stopped."""
    async with aclosing(parts):
        first = asyncio.ensure_future(anext(parts, None))
        try:
            await asyncio.wait({first}, timeout=ANNOUNCED_AFTER_S)
            if not first.done():
                await reply.announce(f"-# {translate(WORKING, reply.locale)}")
            part = await first
        finally:
            # A generator that is being advanced cannot be closed.
            first.cancel()
            await asyncio.wait({first})
        while part is not None:
            yield part
            part = await anext(parts, None)

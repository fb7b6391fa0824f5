"""The third stage: the model's reply, shown and spoken as it comes."""

from __future__ import annotations

import math
import time
from contextlib import aclosing
from dataclasses import dataclass, replace

from bot.answering.prompting import AnswerPrompt
from bot.answering.speaking import SpokenAnswer
from bot.conversation.chat import ReplyReport
from bot.conversation.chunks import ReplyEnd
from bot.conversation.errors import ChatCannotSeeError, ChatError, ChatPictureRefusedError, ContextTooLongError
from bot.conversation.prompting import Prompt
from bot.conversation.reply_stream import extended
from bot.conversation.tokens import TokenUse
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.usage.budgets import Budgets
from bot.work.metrics import WAITS_S

WAITING = _("My chat model asks me to wait: I go on in {wait_s} s.")


@dataclass(frozen=True, slots=True)
class StreamedAnswer:
    """What the model has said."""

    prompt: AnswerPrompt
    shown: Prompt
    """As much of ``prompt`` as the model was shown."""
    text: str
    """Whole, or what there was when a person stopped it."""
    is_at_limit: bool = False
    """Whether it goes on beyond the limit of tokens."""
    stood_in: str | None = None
    """The model that answered in place of the one that could not."""
    pictures_left_out: type[ChatError] | None = None
    """Why the model was not shown the pictures that there were; None where there is nothing to tell."""

    @property
    def model(self) -> str:
        """The model that answered."""
        return self.stood_in or self.prompt.understood.model.model


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
            return await self._fitted(prompt, spoken)
        except (ChatCannotSeeError, ChatPictureRefusedError) as error:
            if not (prompt.understood.text or prompt.understood.attached.text):
                raise
            answer = await self._fitted(prompt.without_pictures(), spoken)
            return replace(answer, pictures_left_out=type(error))

    async def _fitted(self, prompt: AnswerPrompt, spoken: SpokenAnswer | None) -> StreamedAnswer:
        """The reply to as much of ``prompt`` as there is room for. A prompt that is too long for the endpoint, which
        may count in another way, is cut to half and tried once more."""
        request, model = prompt.understood.request, prompt.understood.model
        shown, use, report = prompt.fitted(model.prompt_tokens), TokenUse(), ReplyReport()
        try:
            try:
                text = await self._streamed(prompt, shown, use, report, spoken)
            except ContextTooLongError:
                if use.reply_tokens:
                    raise
                shown = prompt.fitted(shown.tokens // 2)
                text = await self._streamed(prompt, shown, use, report, spoken)
        finally:
            await self._budgets.count_tokens(request.asker.id, request.guild_id, report.stood_in or model.model, use)
        return StreamedAnswer(prompt, shown, text, is_at_limit=report.end is ReplyEnd.LIMIT, stood_in=report.stood_in)

    async def _streamed(
        self, prompt: AnswerPrompt, shown: Prompt, use: TokenUse, report: ReplyReport, spoken: SpokenAnswer | None
    ) -> str:
        understood = prompt.understood
        request, reply = understood.request, understood.request.reply
        begun = request.continued and f"{request.continued.rstrip()} "
        text, asked_s = "", time.monotonic()

        async def wait(wait_s: float) -> None:
            notice = translate(WAITING, reply.locale, wait_s=math.ceil(wait_s))
            await reply.show(f"{begun}{text}\n-# {notice}".lstrip(), at_once=True)

        stream = understood.model.stream(shown.messages, use, report=report, on_wait=wait)
        try:
            async with aclosing(request.cancellation.until_cancelled(stream)) as parts:
                async for part in parts:
                    if not text:
                        WAITS_S.labels("first_word").observe(time.monotonic() - asked_s)
                    text = extended(text, part).lstrip() if begun else extended(text, part)
                    if spoken is not None:
                        spoken.write(part)
                    await reply.show(f"{begun}{text}")
        except ChatError:
            # What came since the last edit stays as well, and what was said of waiting goes.
            if reply.begun.is_set():
                await reply.show(f"{begun}{text}", at_once=True)
            raise
        return f"{begun}{text}".strip()

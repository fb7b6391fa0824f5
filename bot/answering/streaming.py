"""The third stage: streams the model's reply, shown and spoken as it is written."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from cachetools import LRUCache

from bot.answering.demonstration import answer_without
from bot.answering.prompting import AnswerPrompt
from bot.answering.speaking import SpokenAnswer
from bot.conversation.chat import ReplyReport
from bot.conversation.chat_message import Picture
from bot.conversation.chunks import ReplyEnd
from bot.conversation.errors import ChatCannotSeeError, ChatError, ChatPictureRefusedError, ContextTooLongError
from bot.conversation.prompting import Prompt
from bot.conversation.reply_stream import extended
from bot.conversation.sources import Source
from bot.conversation.tokens import TokenUse
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.usage.budgets import Budgets
from bot.work.metrics import WAITS_S

REMEMBERED_REFUSALS = 1000
MAX_PROVEN = 2
"""If at most this many pictures were left out, each of them is known to be refused: of two, each was also tried without
the other."""
PAUSE_S = 0.5
"""After a pause of this length in the stream, the text so far is shown."""
WAITING = _("My chat model asks me to wait: I will continue in {wait_s} s.")


@dataclass(frozen=True, slots=True)
class StreamedAnswer:
    """The model's reply."""

    prompt: AnswerPrompt
    shown: Prompt
    """The part of ``prompt`` that the model was shown."""
    text: str
    """The whole reply, or the part that existed when a person stopped it."""
    is_at_limit: bool = False
    """Whether it was cut off at the token limit."""
    stood_in: str | None = None
    """The model that stood in for one that could not answer."""
    is_blind: bool = False
    """Whether there were pictures, and the model turned out not to see any."""
    refused: tuple[str, ...] = ()
    """The names of the question's pictures that the model refused."""
    sources: tuple[Source, ...] = ()
    """The pages that the answer is based on, if the model searched the web."""

    @property
    def model(self) -> str:
        """The model that answered."""
        return self.stood_in or self.prompt.understood.model.model


class Streaming:
    """Streams replies, and counts the tokens that they use."""

    def __init__(self, budgets: Budgets) -> None:
        self._budgets = budgets
        self._refused: LRUCache[tuple[str, bytes], bool] = LRUCache(REMEMBERED_REFUSALS)
        """Pictures that a model has refused, by the model's name and the picture's hash."""

    async def stream(self, prompt: AnswerPrompt, spoken: SpokenAnswer | None) -> StreamedAnswer:
        """The reply to ``prompt``, shown as it is written and passed to ``spoken``; it ends early if a person stops it.

        If the model turns out not to take pictures, it is asked once more without them. If it refuses a picture, each
        one is left out in turn to find out which; a refused picture is not shown to that model again.

        The demonstration model is not asked in other languages than its own: see ``demonstration.answer_without``.

        Raises:
            ChatError: there is no answer, or it is incomplete; what was shown stays.
            ReplyGoneError: the reply was deleted.
            hikari.HTTPError: Discord refuses.
        """
        if (text := answer_without(prompt)) is not None:
            if spoken is not None:
                spoken.write(text)
            return StreamedAnswer(prompt, prompt.fitted(prompt.understood.model.prompt_tokens), text)
        model = prompt.understood.model.model
        wanted = [picture for picture in prompt.pictures if (model, _digest(picture)) not in self._refused]
        has_words = bool(prompt.understood.text or prompt.understood.attached.text)
        refusal: ChatError = ChatPictureRefusedError()
        for kept in _attempts(wanted):
            if not has_words and not any(picture in kept for picture in prompt.asked.pictures):
                continue
            try:
                answer = await self._fitted(prompt.with_pictures(kept), spoken)
            except ChatPictureRefusedError as error:
                refusal = error
                continue
            except ChatCannotSeeError:
                if not has_words:
                    raise
                return replace(await self._fitted(prompt.with_pictures(()), spoken), is_blind=True)
            if len(left_out := {picture for picture in wanted if picture not in kept}) <= MAX_PROVEN:
                self._refused.update(((model, _digest(picture)), True) for picture in left_out)
            refused = (picture.name for picture in prompt.asked.pictures if picture not in kept)
            return replace(answer, refused=tuple(refused))
        raise refusal

    async def _fitted(self, prompt: AnswerPrompt, spoken: SpokenAnswer | None) -> StreamedAnswer:
        """The reply to as much of ``prompt`` as fits. If the prompt is too long for the endpoint, which may count
        tokens differently, it is cut to half and tried once more."""
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
            self._budgets.count_tokens(request.asker.id, request.guild_id, report.stood_in or model.model, use)
        is_at_limit = report.end is ReplyEnd.LIMIT
        return StreamedAnswer(
            prompt, shown, text, is_at_limit=is_at_limit, stood_in=report.stood_in, sources=report.sources
        )

    async def _streamed(
        self, prompt: AnswerPrompt, shown: Prompt, use: TokenUse, report: ReplyReport, spoken: SpokenAnswer | None
    ) -> str:
        understood = prompt.understood
        request, reply = understood.request, understood.request.reply
        begun = "" if request.is_apart else request.continued and f"{request.continued.rstrip()} "
        text, is_behind, asked_s = "", False, time.monotonic()

        async def wait(wait_s: float) -> None:
            nonlocal is_behind
            is_behind = False
            notice = translate(WAITING, reply.locale, wait_s=math.ceil(wait_s))
            await reply.show_progress(f"{begun}{text}\n-# {notice}".lstrip())

        stream = understood.model.stream(shown.messages, use, report=report, on_wait=wait)
        try:
            async with aclosing(request.cancellation.until_cancelled(stream, pause_s=PAUSE_S)) as parts:
                async for part in parts:
                    if part is None:
                        # The last part came too early to be shown, or was too short.
                        is_behind = is_behind and not await reply.show(f"{begun}{text}")
                        continue
                    if not text:
                        WAITS_S.labels("first_word").observe(time.monotonic() - asked_s)
                    text = extended(text, part).lstrip() if request.continued else extended(text, part)
                    if spoken is not None:
                        spoken.write(part)
                    is_behind = not await reply.show(f"{begun}{text}")
        except ChatError:
            # The text since the last edit is kept, and the notice about waiting is removed.
            if reply.begun.is_set():
                await reply.show(f"{begun}{text}", at_once=True)
            raise
        return f"{begun}{text}".strip()


def _attempts(pictures: Sequence[Picture]) -> Iterator[list[Picture]]:
    """The sets of pictures to try in turn until one is accepted: all, all but one (each in turn), none."""
    different = list(dict.fromkeys(pictures))
    yield list(pictures)
    if len(different) > 1:
        yield from ([picture for picture in pictures if picture != one] for one in different)
    if different:
        yield []


def _digest(picture: Picture) -> bytes:
    return hashlib.sha256(picture.jpeg).digest()

"""The third stage: the model's reply, shown and spoken as it comes."""

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
"""So many pictures that were left out are known to be refused: of two, each was tried without the other."""
PAUSE_S = 0.5
"""After so long without another word, what there is is shown."""
WAITING = _("My chat model asks me to wait: I will continue in {wait_s} s.")


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
    is_blind: bool = False
    """Whether the model turned out not to see pictures, of which there were some."""
    refused: tuple[str, ...] = ()
    """The names of the pictures of the question that the model does not take."""
    sources: tuple[Source, ...] = ()
    """The pages that the answer is taken from, where the model has searched the web."""

    @property
    def model(self) -> str:
        """The model that answered."""
        return self.stood_in or self.prompt.understood.model.model


class Streaming:
    """Streams replies, and counts what they take."""

    def __init__(self, budgets: Budgets) -> None:
        self._budgets = budgets
        self._refused: LRUCache[tuple[str, bytes], bool] = LRUCache(REMEMBERED_REFUSALS)
        """Pictures that a model has refused, by its name and what they are."""

    async def stream(self, prompt: AnswerPrompt, spoken: SpokenAnswer | None) -> StreamedAnswer:
        """The reply to ``prompt``, shown as it comes, and given to ``spoken``; what a person stops ends there.

        Where the model turns out not to take pictures, it is asked once more without them; where it refuses one, it is
        asked without that one, which is found by leaving out each in its turn, and is not shown to it again.

        The demonstration model is asked nothing in another language than its own: see ``demonstration.answer_without``.

        Raises:
            ChatError: there is no answer, or no end of it; what was shown stays.
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
                        # What came last was too early to be shown, or too little.
                        is_behind = is_behind and not await reply.show(f"{begun}{text}")
                        continue
                    if not text:
                        WAITS_S.labels("first_word").observe(time.monotonic() - asked_s)
                    text = extended(text, part).lstrip() if request.continued else extended(text, part)
                    if spoken is not None:
                        spoken.write(part)
                    is_behind = not await reply.show(f"{begun}{text}")
        except ChatError:
            # What came since the last edit stays as well, and what was said of waiting goes.
            if reply.begun.is_set():
                await reply.show(f"{begun}{text}", at_once=True)
            raise
        return f"{begun}{text}".strip()


def _attempts(pictures: Sequence[Picture]) -> Iterator[list[Picture]]:
    """What may be shown in turn, until it is taken: all, all but one of them, none."""
    different = list(dict.fromkeys(pictures))
    yield list(pictures)
    if len(different) > 1:
        yield from ([picture for picture in pictures if picture != one] for one in different)
    if different:
        yield []


def _digest(picture: Picture) -> bytes:
    return hashlib.sha256(picture.jpeg).digest()

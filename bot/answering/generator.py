"""One answer, in stages: understand, prompt, stream, speak, remember. Each stage takes the result of the one before."""

from __future__ import annotations

import structlog

from bot.answering.prompting import Prompting
from bot.answering.remembering import Memory
from bot.answering.request import AnswerGoneError, AnswerRequest
from bot.answering.small_print import SmallPrint
from bot.answering.speaking import Speaking, SpokenAnswer
from bot.answering.streaming import StreamedAnswer, Streaming
from bot.answering.teachers import Teachers
from bot.answering.understanding import Understanding, UnderstoodRequest
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.answer_buttons import STOPPED, answer_row, retry_row
from bot.work.cancellation import CancelledByUserError

log = structlog.get_logger()

MAX_ATTEMPTS = 4
"""Attempts at one answer; another is made each time a correction that the model was given is withdrawn meanwhile."""
TAKEN_BACK = _("Something that I was told to say here was just taken back: I answer anew.")


class AnswerGenerator:
    """Answers requests."""

    def __init__(
        self,
        understanding: Understanding,
        prompting: Prompting,
        streaming: Streaming,
        speaking: Speaking,
        memory: Memory,
        small_print: SmallPrint,
        teachers: Teachers,
    ) -> None:
        self._understanding = understanding
        self._prompting = prompting
        self._streaming = streaming
        self._speaking = speaking
        self._memory = memory
        self._small_print = small_print
        self._teachers = teachers

    async def answer(self, request: AnswerRequest) -> bool:
        """Answer ``request``: the transcript first, then the reply as it is written, then the spoken reply. Returns
        whether the whole question was known; False means that a person stopped the transcription.

        Raises:
            StarlingError: there is nothing to answer, or a stage failed; what was shown so far stays.
            ReplyGoneError: the answer was deleted while it was written.
            AnswerGoneError: the corrections that the model was given were withdrawn again and again.
            hikari.HTTPError: Discord refuses.
        """
        if not request.continued and (answered := await self._memory.answered(request)):
            await self._speaking.speak(request, answered.reply, language=answered.language)
            return True
        try:
            understood = await self._understanding.understand(request)
        except CancelledByUserError:
            await _finish_stopped(request, "")
            return False
        if understood is None:
            return True
        heading = request.reply.heading
        for _attempt in range(MAX_ATTEMPTS):
            if await self._written(understood):
                return True
            log.info("a recalled correction was taken back, answering again")
            request.reply.heading = heading
            # Replaces everything that is shown.
            await request.reply.show(f"-# {translate(TAKEN_BACK, request.reply.locale)}", at_once=True)
        raise AnswerGoneError

    async def _written(self, understood: UnderstoodRequest) -> bool:
        """Write the answer, show it and speak it; returns whether it stays. It does not stay if a correction that the
        model was given for it was withdrawn before the answer was complete and stored; the next attempt is not given
        that one."""
        request = understood.request
        async with self._speaking.beside(understood) as spoken:
            prompt = await self._prompting.prompt(understood)
            request.reply.heading += "".join(f"-# {line}\n" for line in self._small_print.above(prompt))
            answer = await self._streaming.stream(prompt, spoken)
            if spoken is not None:
                await spoken.end()
            if request.cancellation.is_cancelled:
                if answer.text:
                    await self._memory.remember(answer)
                is_gone = await self._memory.was_taken_back(answer)
                await _finish_stopped(request, "" if is_gone else answer.text)
                return True
            if not await self._finish(answer, spoken):
                return False
            if spoken is not None:
                await spoken.post(answer.text)
            return True

    async def _finish(self, answer: StreamedAnswer, spoken: SpokenAnswer | None) -> bool:
        """Show the whole ``answer`` with its small print and buttons, and store it. Returns False if it must not stay,
        see ``_written``."""
        understood = answer.prompt.understood
        request, reply = understood.request, understood.request.reply
        notes = await self._small_print.below(answer)
        if spoken is not None:
            notes += spoken.small_print(reply.locale)
        row = answer_row(
            request.job,
            reply.locale,
            aloud=spoken is None and request.remembered,
            votes=request.remembered,
            corrects=request.remembered and await self._teachers.may_correct(request),
            recalled=answer.prompt.recalled,
            goes_on=answer.is_at_limit,
            reply=reply.message_ids[0] if reply.message_ids else None,
        )
        # Stored before its last word is shown, if possible, so that an immediate reply finds it.
        is_remembered = await self._memory.remember(answer)
        if await self._memory.was_taken_back(answer):
            return False
        note = "\n".join(f"-# {line}" for line in notes)
        await reply.finish(answer.text, note=note, whole=answer.text, row=row)
        if not is_remembered:
            await self._memory.remember(answer)
            if await self._memory.was_taken_back(answer):
                return False
        log.info("answered in text", characters=len(answer.text), language=understood.language)
        return True


async def _finish_stopped(request: AnswerRequest, shown: str) -> None:
    reply = request.reply
    row = None if request.job is None else retry_row(request.job, reply.locale)
    await reply.finish(shown, note=f"-# {translate(STOPPED, reply.locale)}", row=row)
    log.info("stopped by a person")

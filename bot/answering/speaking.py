"""The fourth stage: posts the reply as a voice message, spoken while it is written."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable

import hikari
import structlog

from audio import NothingToSayError, Speech, SpeechSynthesizer, StreamingSynthesis
from bot.answering.outcomes import AnswerPart, Outcomes
from bot.answering.request import AnswerRequest
from bot.answering.understanding import UnderstoodRequest
from bot.conversation.reply_stream import Retraction
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import catalogues, language_of, translate, translate_error
from bot.preferences.choices import SpeakMode, SpokenLength
from bot.preferences.preferences import Preferences
from bot.preferences.voices import ChosenVoices
from bot.ui.error_report import concerns_host
from bot.usage.budgets import Budgets
from bot.work.cancellation import CancelledByUserError
from bot.work.metrics import FAILURES, SPOKEN

log = structlog.get_logger()

IN_TWO = _("🔊 Spoken in two voice messages: the second goes on where the first ends.")
REST_IS_WRITTEN = _("The rest is written.")
LONG_CHARS = 700
"""About three quarters of a minute: of longer answers only the beginning is spoken, unless a server wants them
whole."""
_SENTENCE_END = re.compile(r"[.!?…](?=\s)|\n|[。！？]")

NOT_SPOKEN = _("I may neither send voice messages nor attach files here, so I cannot answer aloud.")


class Speaking:
    """Speaks answers if that is wanted. The first of these that specifies it decides: the question, the channel, the
    guild, the settings."""

    def __init__(
        self,
        synthesizer: SpeechSynthesizer,
        voices: ChosenVoices,
        preferences: Preferences,
        budgets: Budgets,
        outcomes: Outcomes,
        *,
        default: SpeakMode,
    ) -> None:
        self._synthesizer = synthesizer
        self._voices = voices
        self._preferences = preferences
        self._budgets = budgets
        self._outcomes = outcomes
        self._default = default

    @contextlib.asynccontextmanager
    async def beside(self, understood: UnderstoodRequest) -> AsyncIterator[SpokenAnswer | None]:
        """Speak the answer to ``understood`` while it is written; yields None if it is not to be spoken. Leaving the
        block, for whatever reason, stops the speech that is still in progress."""
        request = understood.request
        if not await self._is_wanted(request):
            yield None
            return
        length = (await self._preferences.guild(request.guild_id)).spoken_length
        beginning = Beginning(self, request)
        # If long answers are not spoken, nothing is spoken until the length of this one is known.
        on_beginning = None if length is SpokenLength.OFF else beginning.is_spoken
        voice = await self._voice(request)
        stream = self._synthesizer.stream(
            hint=understood.language, voice=voice, on_beginning=on_beginning, source=_source(request)
        )
        try:
            async with stream as synthesis:
                beginning.synthesis = synthesis
                yield SpokenAnswer(self, request, synthesis, length, understood.language, beginning)
        finally:
            await beginning.end()

    async def speak(self, request: AnswerRequest, text: str, *, language: str | None) -> None:
        """Speak an answer whose text is complete, if it is to be spoken.

        Raises: as ``post``.
        """
        if await self._is_wanted(request):
            length = (await self._preferences.guild(request.guild_id)).spoken_length
            beginning = text if length is SpokenLength.WHOLE else beginning_of(text, language or request.reply.locale)
            if beginning != text and length is SpokenLength.OFF:
                return
            voice = await self._voice(request)
            speech = self._synthesizer.speak(beginning, hint=language, voice=voice, source=_source(request))
            await self.post(request, lambda: beginning, speech)

    async def post(self, request: AnswerRequest, said: Callable[[], str], speech: Awaitable[Speech]) -> None:
        """Post ``speech`` as a voice message; if that fails, say so below the text.

        ``said``: returns the spoken words, once ``speech`` is ready.

        Raises:
            ReplyGoneError: the reply was deleted.
            hikari.HTTPError: Discord refuses.
        """
        reply = request.reply
        try:
            spoken = await request.cancellation.unless_cancelled(speech)
        except (NothingToSayError, CancelledByUserError):
            return
        except StarlingError as error:
            log.warning("not spoken", error=type(error).__name__, why=str(error))
            FAILURES.labels(type(error).__name__, "host" if concerns_host(error) else "person").inc()
            if concerns_host(error):
                self._outcomes.fails(AnswerPart.VOICE, error)
            await reply.add_note(f"-# {translate_error(error, reply.locale)}")
            return
        self._outcomes.works(AnswerPart.VOICE)
        await self.count(request, spoken.engine, said())
        try:
            await request.on_spoken(await self.send(request, spoken))
        except hikari.ForbiddenError:
            await reply.add_note(f"-# {translate(NOT_SPOKEN, reply.locale)}")

    async def count(self, request: AnswerRequest, engine: str, text: str) -> None:
        self._budgets.count_speech(request.asker.id, request.guild_id, engine, text)

    async def send(self, request: AnswerRequest, spoken: Speech) -> int:
        """Post ``spoken``; returns the id of the message.

        Raises: as ``post``; ``hikari.ForbiddenError`` if voice messages may not be posted here.
        """
        SPOKEN.labels(spoken.engine, spoken.voice).inc()
        id_ = await request.reply.speak(spoken)
        log.info("answered aloud", engine=spoken.engine, voice=spoken.voice, duration_s=round(spoken.duration_s, 1))
        return id_

    async def _is_wanted(self, request: AnswerRequest) -> bool:
        """Whether the answer to ``request``, with or without recordings, is spoken."""
        chosen = await self._preferences.guild(request.guild_id)
        here = chosen.joined_channels.get(request.channel_id)
        speak = request.speak or here or chosen.speak or self._default
        return speak is SpeakMode.ALWAYS or (
            speak is SpeakMode.VOICE and bool(request.recordings) and not request.speakers
        )

    async def _voice(self, request: AnswerRequest) -> str | None:
        return await self._voices.of(request.asker.id, request.guild_id)


def _source(request: AnswerRequest) -> int:
    return request.guild_id or request.asker.id


class Beginning:
    """The first words of an answer that is still being written, posted at once as a voice message of their own."""

    def __init__(self, speaking: Speaking, request: AnswerRequest) -> None:
        self._speaking = speaking
        self._request = request
        self._posting: asyncio.Task[int] | None = None
        self._is_told = False
        self.synthesis: StreamingSynthesis | None = None
        """Speaks the rest of the answer."""
        self.text = ""
        """The words in it; empty if the whole answer is spoken as one message."""

    def is_spoken(self, text: str, speech: Speech) -> None:
        """Post ``speech``, which says ``text``; to be called once, in the event loop."""
        self.text = text
        self._posting = asyncio.create_task(self._post(speech))

    async def _post(self, speech: Speech) -> int:
        # The voice message replies to the text, which will be posted in a moment.
        await self._request.reply.begun.wait()
        await self._speaking.count(self._request, speech.engine, self.text)
        id_ = await self._speaking.send(self._request, speech)
        await self._request.on_first_words(id_)
        if self._request.reply.completed.is_set():
            await self.tell()
        return id_

    def small_print(self, locale: str) -> list[str]:
        """The note below the answer that it is spoken in two voice messages, if that is already known."""
        self._is_told = self._is_told or self._goes_on
        return [translate(IN_TWO, locale)] if self._is_told else []

    async def tell(self) -> None:
        """Add the note about two voice messages below the completed answer, unless it is there already.

        Raises: as ``StreamingReply.add_note``.
        """
        if self._goes_on and not self._is_told:
            self._is_told = True
            await self._request.reply.add_note(f"-# {translate(IN_TWO, self._request.reply.locale)}")

    @property
    def _goes_on(self) -> bool:
        return bool(self.text) and self.synthesis is not None and self.synthesis.goes_on

    async def end(self) -> None:
        """Wait until it is posted. An error is only logged: its cause affects the rest of the answer too, and is
        reported there."""
        if self._posting is not None:
            if not self._request.reply.begun.is_set():
                self._posting.cancel()
            try:
                await asyncio.wait({self._posting})
            except asyncio.CancelledError:
                self._posting.cancel()
                raise
            if not self._posting.cancelled() and (error := self._posting.exception()) is not None:
                log.info("the first words were not posted", why=str(error))

    async def withdraw(self) -> None:
        """Delete the voice message, because its words no longer hold."""
        await self.end()
        if self._posting is not None and not self._posting.cancelled() and self._posting.exception() is None:
            with contextlib.suppress(hikari.NotFoundError, hikari.ForbiddenError):
                await self._request.reply.delete_spoken(self._posting.result())


class SpokenAnswer:
    """One answer that is spoken while it is written."""

    def __init__(
        self,
        speaking: Speaking,
        request: AnswerRequest,
        synthesis: StreamingSynthesis,
        length: SpokenLength,
        language: str,
        beginning: Beginning,
    ) -> None:
        self._beginning = beginning
        self._speaking = speaking
        self._request = request
        self._synthesis = synthesis
        self._length = length
        self._language = language
        self._is_retracted = False
        self._written = ""
        self._is_cut = False

    def write(self, part: str) -> None:
        """Speak ``part`` after the previous parts; after a retraction, nothing more is spoken here."""
        self._is_retracted = self._is_retracted or isinstance(part, Retraction)
        if self._is_retracted or self._is_cut:
            return
        before, self._written = self._written, self._written + part
        end = None if self._length is SpokenLength.WHOLE else end_of_beginning(self._written)
        if end is None:
            self._synthesis.write(part)
            return
        self._is_cut = True
        self._synthesis.write(self._written[len(before) : end] + rest_is_written(self._language))

    async def end(self) -> None:
        """Signal that the text is complete, so that the last words are spoken while the answer is finished."""
        if not self._is_retracted:
            await self._synthesis.end()

    def small_print(self, locale: str) -> list[str]:
        """The notes on the speech below the answer."""
        return [] if self._is_retracted else self._beginning.small_print(locale)

    async def post(self, text: str) -> None:
        """Post the speech for ``text``, the whole answer.

        Raises: as ``Speaking.post``.
        """
        if self._is_retracted:
            # The speech so far has been retracted.
            await self._beginning.withdraw()
            await self._speaking.speak(self._request, text, language=None)
            return
        if self._is_cut and not text[end_of_beginning(text) or len(text) :].strip():
            # The text ended exactly where it was cut.
            self._is_cut = False
        if self._is_cut and self._length is SpokenLength.OFF:
            return
        spoken = text[: end_of_beginning(text)] if self._is_cut else text
        await self._speaking.post(self._request, lambda: spoken[len(self._beginning.text) :], self._rest())

    async def _rest(self) -> Speech:
        """The speech after the first words, which are posted before it."""
        speech = await self._synthesis.finish()
        await self._beginning.end()
        await self._beginning.tell()
        return speech


def end_of_beginning(text: str) -> int | None:
    """The end of the part of a long ``text`` that is spoken; None while it is short, or if no sentence ends beyond
    ``LONG_CHARS``."""
    if len(text) <= LONG_CHARS:
        return None
    for match in _SENTENCE_END.finditer(text, LONG_CHARS):
        # A code block is not spoken.
        if text.count("```", 0, match.end()) % 2 == 0:
            return match.end()
    return None


def beginning_of(text: str, language: str) -> str:
    """The part of ``text`` that is spoken, followed by a sentence that the rest is written, if there is a rest."""
    end = end_of_beginning(text)
    return text if end is None or not text[end:].strip() else text[:end] + rest_is_written(language)


def rest_is_written(language: str) -> str:
    """The sentence that the rest is written, in ``language``; empty if it has no translation."""
    known = language_of(language) in (*catalogues(), "en")
    return f"\n\n{translate(REST_IS_WRITTEN, language)}" if known else ""
